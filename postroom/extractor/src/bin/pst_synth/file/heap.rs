//! The heap on a node and the B-tree on a heap (\[MS-PST\] 2.3.1, 2.3.2).

use super::ndb::{Bid, Ndb};
use crate::error::{Result, SynthError};

/// The largest item that a heap holds; what is larger goes to a node of its own.
pub const ITEM_MAX: usize = 3580;

/// A heap in the making. Full blocks are written at once, the first is kept: it says where the root is.
pub struct Heap {
    client: u8,
    first: Option<Vec<u8>>,
    later: Vec<Bid>,
    block: HeapBlock,
}

struct HeapBlock {
    data: Vec<u8>,
    items: Vec<u16>,
}

impl HeapBlock {
    /// Block `index` with its head: the heap's, one with fill levels, or the page map's offset alone.
    fn new(index: usize) -> Self {
        let head = match index {
            0 => 12,
            n if n % 128 == 8 => 66,
            _ => 2,
        };
        let mut data = vec![0; head];
        if head == 66 {
            data[2..].fill(0xFF);
        }
        Self {
            data,
            items: Vec::new(),
        }
    }

    /// Bytes that the block takes with another item of `length`.
    fn size_with(&self, length: usize) -> usize {
        (self.data.len() + length).next_multiple_of(2) + 4 + 2 * (self.items.len() + 2)
    }

    /// The block with its page map.
    fn seal(mut self) -> Vec<u8> {
        let end = self.data.len() as u16;
        if self.data.len() % 2 == 1 {
            self.data.push(0);
        }
        let map = self.data.len() as u16;
        self.data[..2].copy_from_slice(&map.to_le_bytes());
        self.data
            .extend_from_slice(&(self.items.len() as u16).to_le_bytes());
        self.data.extend_from_slice(&[0, 0]);
        for offset in self.items.iter().chain([&end]) {
            self.data.extend_from_slice(&offset.to_le_bytes());
        }
        self.data
    }
}

impl Heap {
    /// A heap for `client`: 0xBC a property context, 0x7C a table.
    pub fn new(client: u8) -> Self {
        Self {
            client,
            first: None,
            later: Vec::new(),
            block: HeapBlock::new(0),
        }
    }

    /// Stores an item and returns its id; an empty one needs no room and is id zero.
    pub fn add(&mut self, ndb: &mut Ndb, item: &[u8]) -> Result<u32> {
        if item.is_empty() {
            return Ok(0);
        }
        let bits = ndb.layout.heap_index_bits;
        let is_full = self.block.size_with(item.len()) > ndb.layout.block_data()
            || self.block.items.len() + 2 >= 1 << bits;
        if is_full {
            self.flush(ndb)?;
        }
        self.block.items.push(self.block.data.len() as u16);
        self.block.data.extend_from_slice(item);
        let index = self.block.items.len() as u32;
        let number = self.number() as u32;
        if number >= 1 << (32 - 5 - bits) {
            return Err(SynthError::TooMuch {
                what: "a table of so many rows",
            });
        }
        Ok((number << (5 + bits)) | (index << 5))
    }

    fn number(&self) -> usize {
        self.later.len() + usize::from(self.first.is_some())
    }

    fn flush(&mut self, ndb: &mut Ndb) -> Result<()> {
        let next = HeapBlock::new(self.number() + 1);
        let mut full = std::mem::replace(&mut self.block, next).seal();
        full.resize(ndb.layout.block_data(), 0);
        if self.first.is_none() {
            self.first = Some(full);
        } else {
            self.later.push(ndb.block(&full)?);
        }
        Ok(())
    }

    /// Writes what is left, with `root` as the item that a reader begins with.
    pub fn finish(mut self, ndb: &mut Ndb, root: u32) -> Result<Bid> {
        let last = std::mem::replace(&mut self.block, HeapBlock::new(1)).seal();
        let last_length = last.len() as u64;
        let (mut first, rest) = match self.first.take() {
            Some(first) => (first, Some(last)),
            None => (last, None),
        };
        first[2] = 0xEC;
        first[3] = self.client;
        first[4..8].copy_from_slice(&root.to_le_bytes());
        if rest.is_some() {
            first[8..12].fill(0xFF);
        }
        let mut blocks = vec![ndb.block(&first)?];
        blocks.append(&mut self.later);
        if let Some(rest) = rest {
            blocks.push(ndb.block(&rest)?);
        }
        let full = ndb.layout.block_data() as u64;
        ndb.tree(&blocks, (blocks.len() as u64 - 1) * full + last_length)
    }

    /// Stores `records` of `key_size` bytes of key and the rest data, sorted by key, as a B-tree on this heap; returns
    /// the id of its header.
    pub fn btree(
        &mut self,
        ndb: &mut Ndb,
        key_size: usize,
        record_size: usize,
        records: &[u8],
    ) -> Result<u32> {
        let mut level = 0u8;
        let mut nodes = self.btree_nodes(ndb, key_size, record_size, records)?;
        while nodes.len() > key_size + 4 {
            let above = std::mem::take(&mut nodes);
            nodes = self.btree_nodes(ndb, key_size, key_size + 4, &above)?;
            level += 1;
        }
        let root = nodes.get(key_size..).unwrap_or(&[0; 4]);
        let mut header = vec![0xB5, key_size as u8, (record_size - key_size) as u8, level];
        header.extend_from_slice(root);
        self.add(ndb, &header)
    }

    /// Stores one level, and returns the records of the level above: first key and item id of each piece.
    fn btree_nodes(
        &mut self,
        ndb: &mut Ndb,
        key_size: usize,
        record_size: usize,
        records: &[u8],
    ) -> Result<Vec<u8>> {
        let mut above = Vec::new();
        for piece in records.chunks(ITEM_MAX / record_size * record_size) {
            let item = self.add(ndb, piece)?;
            above.extend_from_slice(&piece[..key_size]);
            above.extend_from_slice(&item.to_le_bytes());
        }
        Ok(above)
    }
}
