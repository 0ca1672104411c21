//! Blocks and nodes: what is written as it is made, and the two compact lists that the B-trees are made of at the end
//! (\[MS-PST\] 2.2.2.8).

use std::fs::File;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::btree;
use super::cipher::Encoding;
use super::crc::weak;
use super::header::Root;
use super::layout::Layout;
use super::page::signature;
use super::space::{Extent, Space};
use crate::error::{Result, SynthError};
use crate::hostile::Hostile;

/// The id of a block; zero is "no block".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bid(pub u64);

impl Bid {
    pub const NONE: Self = Self(0);
}

/// A block as the block B-tree will list it. Its id is its place in the list: 12 bytes a block keep 8 million
/// blocks under 100 MB.
#[derive(Clone, Copy)]
pub struct BlockRecord {
    /// Offset in the file, in slots.
    pub slot: u32,
    pub stored: u16,
    /// Size before compression.
    pub plain: u16,
    pub references: u16,
    pub is_internal: bool,
}

/// A node as the node B-tree will list it.
#[derive(Clone, Copy)]
pub struct NodeRecord {
    pub nid: u32,
    pub data: u32,
    pub subnodes: u32,
    pub parent: u32,
}

/// The node database while it is written.
pub struct Ndb {
    pub layout: Layout,
    encoding: Encoding,
    space: Space,
    blocks: Vec<BlockRecord>,
    nodes: Vec<NodeRecord>,
    scratch: Vec<u8>,
    /// Bytes of a stream that go into one block.
    piece: usize,
    /// What is wrong with this file on purpose.
    hostile: Option<Hostile>,
}

impl Ndb {
    pub fn create(
        out: File,
        layout: Layout,
        encoding: Encoding,
        hostile: Option<Hostile>,
    ) -> Result<Self> {
        let mut space = Space::new(out, layout)?;
        if hostile == Some(Hostile::TruncatedTail) {
            space.reserve(TREES_IN_FRONT)?;
        }
        Ok(Self {
            layout,
            encoding,
            space,
            blocks: Vec::new(),
            nodes: Vec::new(),
            scratch: Vec::new(),
            piece: layout.block_data(),
            hostile,
        })
    }

    /// Cuts streams into blocks of at most this many bytes, so that a small file has many blocks.
    pub fn cut_at(&mut self, piece: usize) {
        self.piece = piece.clamp(1, self.layout.block_data());
    }

    /// Blocks written so far.
    pub fn blocks(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// Bytes written so far.
    pub fn position(&self) -> u64 {
        self.space.position()
    }

    /// The id that the next block gets.
    fn next_bid(&self, is_internal: bool) -> u64 {
        (self.blocks.len() as u64 + 1) * 4 + u64::from(is_internal) * 2
    }

    /// The id that the next list of blocks or nodes gets.
    pub fn next_internal(&self) -> Bid {
        Bid(self.next_bid(true))
    }

    /// Writes one block of at most `Layout::block_data` bytes; nothing becomes no block.
    pub fn block(&mut self, data: &[u8]) -> Result<Bid> {
        if data.is_empty() {
            return Ok(Bid::NONE);
        }
        let bid = self.next_bid(false);
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        bytes.extend_from_slice(data);
        self.encoding.apply(&mut bytes, bid as u32);
        if self.layout.is_4k() {
            bytes = compressed(bytes)?;
        }
        self.write(bid, &mut bytes, data.len(), false)?;
        self.scratch = bytes;
        Ok(Bid(bid))
    }

    /// Writes a block of block or node ids, which is never encoded.
    pub fn internal(&mut self, data: &[u8]) -> Result<Bid> {
        let bid = self.next_bid(true);
        let mut bytes = data.to_vec();
        self.write(bid, &mut bytes, data.len(), true)?;
        Ok(Bid(bid))
    }

    /// Places `bytes` with their trailer behind them.
    fn write(
        &mut self,
        bid: u64,
        bytes: &mut Vec<u8>,
        plain: usize,
        is_internal: bool,
    ) -> Result<()> {
        let stored = bytes.len() as u16;
        let mut crc = weak(bytes);
        if self.hostile == Some(Hostile::BadCrc) && self.blocks.len() % 7 == 6 {
            crc ^= 0xDEAD;
        }
        let whole = (bytes.len() + self.layout.block_trailer).next_multiple_of(self.layout.slot);
        let at = self.space.next(whole, self.layout.slot)?;
        self.check_offset(at)?;
        bytes.resize(whole - self.layout.block_trailer, 0);
        bytes.extend_from_slice(&stored.to_le_bytes());
        bytes.extend_from_slice(&signature(at, bid).to_le_bytes());
        if self.layout.is_wide {
            bytes.extend_from_slice(&crc.to_le_bytes());
            bytes.extend_from_slice(&bid.to_le_bytes());
        } else {
            bytes.extend_from_slice(&(bid as u32).to_le_bytes());
            bytes.extend_from_slice(&crc.to_le_bytes());
        }
        if self.layout.is_4k() {
            bytes.extend_from_slice(&[0; 2]);
            bytes.extend_from_slice(&(plain as u16).to_le_bytes());
            bytes.extend_from_slice(&[0; 4]);
        }
        self.space.place(bytes);
        let slot = u32::try_from(at / self.layout.slot as u64).map_err(|_| TOO_LARGE)?;
        self.blocks.push(BlockRecord {
            slot,
            stored,
            plain: plain as u16,
            references: 2,
            is_internal,
        });
        Ok(())
    }

    /// The narrow formats address two gigabytes.
    fn check_offset(&self, at: u64) -> Result<()> {
        if !self.layout.is_wide && at > 0x7FF0_0000 {
            Err(TOO_LARGE)
        } else {
            Ok(())
        }
    }

    /// Writes `data` as one block or as a tree of blocks.
    pub fn data(&mut self, data: &[u8]) -> Result<Bid> {
        let mut blocks = Vec::new();
        for piece in data.chunks(self.piece) {
            blocks.push(self.block(piece)?);
        }
        self.join(&blocks, data.len() as u64, self.piece)
    }

    /// Joins blocks that hold `total` bytes into one stream (\[MS-PST\] 2.2.2.8.3.2).
    pub fn tree(&mut self, blocks: &[Bid], total: u64) -> Result<Bid> {
        self.join(blocks, total, self.layout.block_data())
    }

    /// Joins blocks of which all but the last hold `full` bytes.
    fn join(&mut self, blocks: &[Bid], total: u64, full: usize) -> Result<Bid> {
        match blocks {
            [] => Ok(Bid::NONE),
            [only] => Ok(*only),
            _ => self.branch(blocks, total, full as u64),
        }
    }

    fn branch(&mut self, blocks: &[Bid], total: u64, full: u64) -> Result<Bid> {
        let fan_out = (self.layout.block_data() - 8) / self.layout.width();
        if blocks.len() <= fan_out {
            return self.branch_block(1, blocks, total);
        }
        if blocks.len().div_ceil(fan_out) > fan_out {
            return Err(TOO_LARGE);
        }
        let mut parts = Vec::new();
        let mut left = total;
        for group in blocks.chunks(fan_out) {
            let bytes = left.min(group.len() as u64 * full);
            parts.push(self.branch_block(1, group, bytes)?);
            left -= bytes;
        }
        self.branch_block(2, &parts, total)
    }

    /// Writes one list of blocks, or of lists.
    pub fn branch_block(&mut self, level: u8, children: &[Bid], total: u64) -> Result<Bid> {
        let mut total = u32::try_from(total).map_err(|_| TOO_LARGE)?;
        if self.hostile == Some(Hostile::AbsurdSize) {
            total = u32::MAX;
        }
        let mut data = vec![1, level];
        data.extend_from_slice(&(children.len() as u16).to_le_bytes());
        data.extend_from_slice(&total.to_le_bytes());
        for child in children {
            self.layout.put_id(&mut data, child.0);
        }
        self.internal(&data)
    }

    /// Lists a node.
    pub fn node(&mut self, nid: u32, parent: u32, data: Bid, subnodes: Bid) {
        self.nodes.push(NodeRecord {
            nid,
            parent,
            data: data.0 as u32,
            subnodes: subnodes.0 as u32,
        });
    }

    /// Writes both B-trees and ends the file; what is left is the header.
    pub fn finish(mut self, is_padded: bool) -> Result<(File, Root)> {
        if self.hostile == Some(Hostile::AbsurdSize) {
            self.exaggerate();
        }
        self.nodes.sort_unstable_by_key(|node| node.nid);
        let mut pages = btree::Pages::new(self.layout, &mut self.space);
        let node_tree = pages.node_tree(&self.nodes)?;
        let block_tree = pages.block_tree(&self.blocks)?;
        let next_page = pages.next_page();
        let next_block = (self.blocks.len() as u64 + 1) * 4;
        let highest_node = self.nodes.last().map_or(0, |node| node.nid >> 5) + 1;
        let (file, extent): (File, Extent) = self.space.finish(is_padded)?;
        let root = Root {
            extent,
            node_tree,
            block_tree,
            next_page,
            next_block,
            highest_node,
        };
        Ok((file, root))
    }

    /// Lets some blocks claim to be larger than any block, and some to lie behind the end of the file.
    fn exaggerate(&mut self) {
        for block in self.blocks.iter_mut().skip(EXAGGERATED_FROM).step_by(50) {
            block.stored = u16::MAX;
        }
        for block in self
            .blocks
            .iter_mut()
            .skip(EXAGGERATED_FROM + 20)
            .step_by(50)
        {
            block.slot = if self.layout.is_wide {
                u32::MAX
            } else {
                0x01FF_0000
            };
        }
    }

    pub fn encoding(&self) -> Encoding {
        self.encoding
    }
}

/// Pages in front that both B-trees of a small file fit into.
const TREES_IN_FRONT: usize = 600;
/// The blocks before belong to the store and to the first tables.
const EXAGGERATED_FROM: usize = 60;

const TOO_LARGE: SynthError = SynthError::TooMuch {
    what: "a file of this size",
};

/// The data deflated if that makes it smaller, as 4K files hold their blocks.
fn compressed(plain: Vec<u8>) -> Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(plain.len()), Compression::new(3));
    encoder.write_all(&plain)?;
    let deflated = encoder.finish()?;
    Ok(if deflated.len() < plain.len() {
        deflated
    } else {
        plain
    })
}
