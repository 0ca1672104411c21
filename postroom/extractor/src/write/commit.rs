//! The one who writes: chunks in order, with the digests of what they become.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::attachment_row::ATTACHMENT_COLUMNS;
use super::chunk::{Chunk, Counts, TEXT_FILES};
use super::deflate::Deflate;
use super::email_row::EMAIL_COLUMNS;
use crate::error::{Fault, Kind};
use crate::identity::hash::{Hash, hex};
use crate::messaging::Folder;

const ERRORS: &str = "errors.ndjson";

/// One output file and its digests.
struct Output {
    name: &'static str,
    file: File,
    is_compressed: bool,
    digest: Sha256,
    raw_digest: Sha256,
    size: u64,
    raw_size: u64,
    records: u64,
}

impl Output {
    fn create(root: &Path, name: &'static str, is_compressed: bool) -> io::Result<Self> {
        Ok(Self {
            name,
            file: File::create(root.join(name))?,
            is_compressed,
            digest: Sha256::new(),
            raw_digest: Sha256::new(),
            size: 0,
            raw_size: 0,
            records: 0,
        })
    }

    fn write(&mut self, raw: &[u8], stored: &[u8], records: u64) -> io::Result<()> {
        self.file.write_all(stored)?;
        self.digest.update(stored);
        self.size += stored.len() as u64;
        if self.is_compressed {
            self.raw_digest.update(raw);
        }
        self.raw_size += raw.len() as u64;
        self.records += records;
        Ok(())
    }

    fn facts(self) -> (String, Value) {
        let digest = hex(&self.digest.finalize());
        let raw = if self.is_compressed {
            hex(&self.raw_digest.finalize())
        } else {
            digest.clone()
        };
        let facts = json!({
            "sha256": digest,
            "size_bytes": self.size,
            "uncompressed_sha256": raw,
            "uncompressed_size_bytes": self.raw_size,
            "records": self.records,
        });
        (self.name.to_owned(), facts)
    }
}

/// What was committed.
#[derive(Debug, Default)]
pub struct Committed {
    pub counts: Counts,
    /// Written and failed messages by folder; the last is that of the orphans.
    pub folders: Vec<(u64, u64)>,
    pub objects: u64,
    pub object_bytes: u64,
    pub read_bytes: u64,
    pub outputs: Vec<(String, Value)>,
    /// The limit that was reached, so that what came after is missing.
    pub cut: Option<String>,
}

/// What a run may write, and what it may read to do so: blocks that many nodes share are read
/// again and again.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub output_bytes: u64,
    pub read_bytes: u64,
}

impl Limits {
    /// Which of them is exceeded.
    fn exceeded(&self, output_bytes: u64, read_bytes: u64) -> Option<String> {
        if output_bytes > self.output_bytes {
            let limit = self.output_bytes;
            return Some(format!(
                "the outputs would exceed {limit} bytes (--max-output)"
            ));
        }
        let is_too_much = read_bytes > self.read_bytes;
        is_too_much.then(|| format!("more than {} bytes would be read", self.read_bytes))
    }
}

/// Writes the outputs of a run into a folder.
pub struct Committer {
    root: PathBuf,
    texts: Vec<Output>,
    errors: Output,
    seen: HashSet<[u8; 16]>,
    committed: Committed,
    spent: u64,
    limits: Limits,
    /// Objects may lie there that no record names.
    has_strays: bool,
}

impl Committer {
    /// Creates the outputs with their header lines.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn create(root: &Path, folders: usize, limits: Limits) -> io::Result<Self> {
        let mut deflate = Deflate::default();
        let mut texts = Vec::new();
        for name in TEXT_FILES {
            let mut output = Output::create(root, name, true)?;
            let head = match name {
                "emails.csv.gz" => EMAIL_COLUMNS,
                "attachments.csv.gz" => ATTACHMENT_COLUMNS,
                _ => "",
            };
            if !head.is_empty() {
                let member = deflate.member(head.as_bytes(), &[], Vec::new());
                output.write(head.as_bytes(), &member, 0)?;
            }
            texts.push(output);
        }
        fs::create_dir_all(root.join("objects"))?;
        Ok(Self {
            root: root.to_owned(),
            texts,
            errors: Output::create(root, ERRORS, false)?,
            seen: HashSet::new(),
            committed: Committed {
                folders: vec![(0, 0); folders + 1],
                ..Committed::default()
            },
            spent: 0,
            limits,
            has_strays: false,
        })
    }

    /// Records faults that belong to no chunk.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn faults(&mut self, faults: &[Fault]) -> io::Result<()> {
        let mut lines = Vec::new();
        for fault in faults {
            super::fault_line(&mut lines, fault);
            if fault.kind.is_finding() {
                self.committed.counts.findings += 1;
            } else {
                self.committed.counts.errors += 1;
            }
        }
        self.errors.write(&lines, &lines, faults.len() as u64)
    }

    /// Writes a chunk; false if the limit of outputs forbids it and all that come after.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn chunk(&mut self, chunk: &Chunk) -> io::Result<bool> {
        self.spent = self
            .spent
            .saturating_add(chunk.output_bytes() + self.new_bytes(chunk));
        let read = self.committed.read_bytes.saturating_add(chunk.read_bytes);
        if let Some(reason) = self.limits.exceeded(self.spent, read) {
            self.committed.cut = Some(reason);
            self.has_strays = true;
            return Ok(false);
        }
        for (output, part) in self.texts.iter_mut().zip(&chunk.parts) {
            output.write(&part.raw, &part.compressed, part.records)?;
        }
        let faults = chunk.counts.errors + chunk.counts.findings;
        self.errors.write(&chunk.faults, &chunk.faults, faults)?;
        self.count(chunk);
        Ok(true)
    }

    /// Bytes of the objects that no chunk before had.
    fn new_bytes(&self, chunk: &Chunk) -> u64 {
        let mut found = HashSet::new();
        let fresh = chunk.stored.iter().filter(|(digest, _)| {
            let short = short(digest);
            !self.seen.contains(&short) && found.insert(short)
        });
        fresh.fold(0, |sum, (_, size)| sum.saturating_add(*size))
    }

    fn count(&mut self, chunk: &Chunk) {
        let committed = &mut self.committed;
        committed.counts.add(&chunk.counts);
        committed.read_bytes += chunk.read_bytes;
        self.has_strays |= chunk.counts.failed > 0;
        let last = committed.folders.len().saturating_sub(1);
        if let Some(folder) = committed.folders.get_mut(chunk.folder.unwrap_or(last)) {
            folder.0 += chunk.counts.written;
            folder.1 += chunk.counts.failed;
        }
        for (digest, size) in &chunk.stored {
            if self.seen.insert(short(digest)) {
                committed.objects += 1;
                committed.object_bytes += size;
            }
        }
    }

    /// If the limit of outputs cut something off: what is missing, by folder.
    ///
    /// # Errors
    /// If that cannot be written.
    pub fn tell_cut(&mut self, folders: &[Folder], failed_rows: &[u64]) -> io::Result<()> {
        let Some(reason) = self.committed.cut.clone() else {
            return Ok(());
        };
        let mut faults = vec![Fault::new(
            Kind::Limit,
            format!("{reason}: messages are left out"),
        )];
        let counts = self.committed.folders.iter().zip(failed_rows);
        for (folder, ((written, failed), bad)) in folders.iter().zip(counts) {
            let expected = (folder.rows.len() as u64).saturating_sub(*bad);
            let missing = expected.saturating_sub(written + failed);
            if missing > 0 {
                let fault = Fault::new(
                    Kind::Limit,
                    format!("{reason}: {missing} rows are left out"),
                );
                faults.push(Fault {
                    folder_nid: Some(folder.nid),
                    ..fault
                });
            }
        }
        self.faults(&faults)
    }

    /// Counts of what was committed so far.
    pub fn counts(&self) -> &Counts {
        &self.committed.counts
    }

    /// Ends the outputs; objects that no record names are removed.
    ///
    /// # Errors
    /// If the folder of objects cannot be cleaned.
    pub fn finish(mut self) -> io::Result<Committed> {
        if self.has_strays {
            self.sweep()?;
        }
        for text in self.texts.iter_mut().filter(|text| text.size == 0) {
            // A file without records is a gzip file too.
            text.write(&[], &Deflate::default().member(&[], &[], Vec::new()), 0)?;
        }
        let outputs = self
            .texts
            .into_iter()
            .chain([self.errors])
            .map(Output::facts);
        self.committed.outputs = outputs.collect();
        Ok(self.committed)
    }

    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join("objects"))? {
            for object in fs::read_dir(entry?.path())? {
                let object = object?;
                let name = object.file_name().to_string_lossy().into_owned();
                if !digest_of(&name).is_some_and(|digest| self.seen.contains(&digest)) {
                    fs::remove_file(object.path())?;
                }
            }
        }
        Ok(())
    }
}

/// Half of a digest tells objects apart and takes half the memory.
fn short(digest: &Hash) -> [u8; 16] {
    crate::bytes::array(digest, 0).unwrap_or_default()
}

fn digest_of(name: &str) -> Option<[u8; 16]> {
    let half = u128::from_str_radix(name.get(..32)?, 16).ok()?;
    Some(half.to_be_bytes())
}
