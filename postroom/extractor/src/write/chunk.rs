//! What a worker hands to the one who commits.

use std::collections::BTreeMap;

use crate::identity::hash::Hash;

/// The four text files with a gzip member per chunk.
pub const TEXT_FILES: [&str; 4] = [
    "emails.ndjson.gz",
    "emails.csv.gz",
    "attachments.ndjson.gz",
    "attachments.csv.gz",
];

/// A piece of one text file, as it is and compressed.
#[derive(Debug, Default)]
pub struct Part {
    pub raw: Vec<u8>,
    pub compressed: Vec<u8>,
    pub records: u64,
}

/// What was counted while a chunk was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub emails: u64,
    pub attachments: u64,
    pub errors: u64,
    pub findings: u64,
    pub failed: u64,
    /// Top-level messages written.
    pub written: u64,
    pub by_class: BTreeMap<String, u64>,
    pub by_origin: BTreeMap<&'static str, u64>,
}

impl Counts {
    /// Adds what another chunk counted.
    pub fn add(&mut self, other: &Self) {
        self.emails += other.emails;
        self.attachments += other.attachments;
        self.errors += other.errors;
        self.findings += other.findings;
        self.failed += other.failed;
        self.written += other.written;
        for (class, count) in &other.by_class {
            *self.by_class.entry(class.clone()).or_default() += count;
        }
        for (origin, count) in &other.by_origin {
            *self.by_origin.entry(origin).or_default() += count;
        }
    }
}

/// A piece of all outputs, in the order of its unit.
#[derive(Debug, Default)]
pub struct Chunk {
    pub unit: u64,
    /// Which folder its counts belong to; nothing for orphans.
    pub folder: Option<usize>,
    pub is_last: bool,
    pub parts: [Part; 4],
    pub faults: Vec<u8>,
    pub counts: Counts,
    pub stored: Vec<(Hash, u64)>,
    pub read_bytes: u64,
}

impl Chunk {
    /// Bytes that it holds in memory.
    pub fn weight(&self) -> usize {
        let parts = self
            .parts
            .iter()
            .map(|p| p.raw.len() + p.compressed.len())
            .sum::<usize>();
        parts + self.faults.len() + self.stored.len() * 40 + 1024
    }

    /// Bytes that its texts add to the outputs.
    pub fn output_bytes(&self) -> u64 {
        let texts = self
            .parts
            .iter()
            .map(|p| p.compressed.len() as u64)
            .sum::<u64>();
        texts + self.faults.len() as u64
    }
}
