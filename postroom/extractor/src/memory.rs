//! An extraction without a disk: what tests and fuzzers watch.

use uuid::Uuid;

use crate::error::OpenError;
use crate::ndb::{
    Bid, BlockIndex, BlockPlace, Encoding, Format, Header, Layout, Nid, Node, NodeIndex, PageRef,
    Pst,
};
use crate::opened::Opened;
use crate::source::Source;
use crate::write::{Chunk, Extra, ObjectFolder, Plan, Pool, Shared, Worker};

/// Everything that came out: chunks in order, and what was found before the first message.
pub struct Extracted {
    pub chunks: Vec<Chunk>,
    pub early_faults: usize,
}

impl Extracted {
    /// Messages written, those inside others included.
    pub fn emails(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.counts.emails).sum()
    }

    /// Faults of any kind.
    pub fn faults(&self) -> u64 {
        let counted = self
            .chunks
            .iter()
            .map(|c| c.counts.errors + c.counts.findings);
        self.early_faults as u64 + counted.sum::<u64>()
    }

    /// The lines of `errors.ndjson` that belong to messages.
    pub fn fault_lines(&self) -> String {
        let lines = self
            .chunks
            .iter()
            .map(|chunk| String::from_utf8_lossy(&chunk.faults));
        lines.collect()
    }

    /// The records of all emails, as NDJSON.
    pub fn email_lines(&self) -> String {
        let parts = self.chunks.iter().filter_map(|chunk| chunk.parts.first());
        parts
            .map(|part| String::from_utf8_lossy(&part.raw))
            .collect()
    }
}

/// Reads all of a source and keeps the texts in memory; contents are hashed and let go.
///
/// # Errors
/// If this is no PST that can be read.
pub fn extract_in_memory(source: Box<dyn Source>, limit: u64) -> Result<Extracted, OpenError> {
    let mut chunks = Vec::new();
    let mut bytes = 0;
    let early_faults = each_chunk(source, limit, |chunk| {
        bytes += chunk.output_bytes();
        chunks.push(chunk);
        bytes <= limit
    })?;
    Ok(Extracted {
        chunks,
        early_faults,
    })
}

/// Reads a source as an extraction does until `take`, which gets every chunk, says false; how
/// many faults were found before the first message.
///
/// # Errors
/// If this is no PST that can be read.
pub fn each_chunk(
    source: Box<dyn Source>,
    limit: u64,
    mut take: impl FnMut(Chunk) -> bool,
) -> Result<usize, OpenError> {
    let opened = Opened::new(source)?;
    let objects = ObjectFolder::new(None, Extra::default(), limit);
    let shared = Shared {
        pst: &opened.pst,
        folders: &opened.folders.list,
        names: &opened.names,
        objects: &objects,
        pool: &Pool::default(),
        ingest: Uuid::nil(),
    };
    let mut worker = Worker::new(&shared, 0);
    for unit in Plan::new(&opened.pst, &opened.folders) {
        if !worker.run(&unit, &mut take) {
            break;
        }
    }
    Ok(opened.faults.len())
}

/// A Unicode file of nothing but these blocks, not encoded, and a root folder in block 4.
pub fn file_of_blocks(blocks: &[(Bid, Vec<u8>)]) -> Pst {
    let mut bytes = Vec::new();
    let mut index = BlockIndex::default();
    for (bid, data) in blocks {
        let size = u16::try_from(data.len()).unwrap_or(u16::MAX);
        let offset = bytes.len() as u64;
        index.push(*bid, BlockPlace { offset, size });
        bytes.extend(data.iter().take(usize::from(size)));
        bytes.resize((bytes.len() + 16).next_multiple_of(64), 0);
    }
    index.finish();
    let mut nodes = NodeIndex::default();
    let root = Nid::ROOT_FOLDER;
    nodes.push(Node {
        nid: root,
        data: Bid(4),
        sub: Bid(0),
        parent: root,
    });
    let nowhere = PageRef { bid: 0, offset: 0 };
    let header = Header {
        version: 23,
        layout: Layout::of(Format::Unicode),
        encoding: Encoding::None,
        node_root: nowhere,
        block_root: nowhere,
        declared_size: bytes.len() as u64,
        findings: Vec::new(),
    };
    Pst {
        source: Box::new(bytes),
        header,
        blocks: index,
        nodes,
    }
}
