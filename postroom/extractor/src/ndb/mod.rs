//! The node database: pages, blocks, nodes (\[MS-PST\] 2.2).

mod block;
mod checksum;
mod column;
mod crypt;
mod data_tree;
mod header;
mod ids;
mod index;
mod layout;
mod page;
mod subnode;

pub use block::Reader;
pub use crypt::Encoding;
pub use data_tree::DataTree;
pub use header::{Header, PageRef};
pub use ids::{Bid, Nid, nid_type};
pub use index::{BlockIndex, BlockPlace, Node, NodeIndex};
pub use layout::{Format, Layout};
pub use subnode::{SubNode, SubNodes};

use crate::error::{OpenError, ReadError};
use crate::source::Source;

/// An open file: immutable, and readable by many threads at once.
pub struct Pst {
    pub source: Box<dyn Source>,
    pub header: Header,
    pub blocks: BlockIndex,
    pub nodes: NodeIndex,
}

impl Pst {
    /// Reads the header and both B-trees; damage that leaves something readable is in the list.
    ///
    /// # Errors
    /// If this is not a PST, or no node of it can be found.
    pub fn open(source: Box<dyn Source>) -> Result<(Self, Vec<ReadError>), OpenError> {
        let header = Header::read(source.as_ref())?;
        let mut findings = header.findings.clone();
        if header.declared_size > source.size() {
            findings.push(ReadError::structure(format!(
                "the file has {} bytes, its header says {}: it was cut",
                source.size(),
                header.declared_size
            )));
        }
        let layout = header.layout;
        let blocks = page::read_blocks(source.as_ref(), &layout, header.block_root, &mut findings);
        let nodes = page::read_nodes(source.as_ref(), &layout, header.node_root, &mut findings);
        if blocks.is_empty() || nodes.is_empty() {
            let tree = if blocks.is_empty() { "block" } else { "node" };
            let notes: Vec<_> = findings.iter().map(|f| f.reason.as_str()).collect();
            let notes = notes
                .get(..notes.len().min(3))
                .unwrap_or_default()
                .join("; ");
            let why = format!("the {tree} B-tree has no entry that can be read ({notes})");
            return Err(OpenError::NotReadable(why));
        }
        Ok((
            Self {
                source,
                header,
                blocks,
                nodes,
            },
            findings,
        ))
    }
}
