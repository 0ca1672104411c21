//! The heap on a node: small pieces of data inside blocks (\[MS-PST\] 2.3.1).

use std::cell::OnceCell;

use crate::bytes::{u8_at, u16_at, u32_at};
use crate::error::ReadError;
use crate::ndb::{Bid, DataTree, Reader};

/// The signature of a heap's first block (`bSig`).
const SIGNATURE: u8 = 0xEC;

/// A heap id: which piece of which block. Ids with other low bits are node ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hid(pub u32);

impl Hid {
    /// Whether the low bits say that this is a heap id.
    pub fn is_heap(self) -> bool {
        self.0 & 0x1F == 0
    }

    /// Block and piece (from 1).
    fn parts(self, index_bits: u32) -> (usize, usize) {
        let index = (self.0 >> 5) & ((1 << index_bits) - 1);
        let block = self.0 >> (5 + index_bits);
        (block as usize, index as usize)
    }
}

/// A heap. Its blocks are read when they are asked for, and kept.
pub struct Heap<'r, 'p> {
    pub reader: &'r Reader<'p>,
    tree: DataTree,
    blocks: Vec<OnceCell<Vec<u8>>>,
    /// What is on the heap (`bClientSig`).
    pub client: u8,
    /// Where it begins (`hidUserRoot`).
    pub root: Hid,
}

impl<'r, 'p> Heap<'r, 'p> {
    /// Opens the heap whose data begins at block `data`.
    ///
    /// # Errors
    /// If the first block cannot be read or is no heap.
    pub fn open(reader: &'r Reader<'p>, data: Bid) -> Result<Self, ReadError> {
        let tree = DataTree::load(reader, data)?;
        let mut blocks = Vec::new();
        blocks.resize_with(tree.len(), OnceCell::new);
        let mut heap = Self {
            reader,
            tree,
            blocks,
            client: 0,
            root: Hid(0),
        };
        let (client, root) = heap.head().map_err(|e| e.in_block(data))?;
        heap.client = client;
        heap.root = root;
        Ok(heap)
    }

    fn head(&self) -> Result<(u8, Hid), ReadError> {
        let first = self.block(0)?;
        if u8_at(first, 2) != Some(SIGNATURE) {
            return Err(ReadError::structure(
                "the node holds no heap: no signature 0xEC",
            ));
        }
        let root = u32_at(first, 4).ok_or_else(|| ReadError::structure("the heap is cut"))?;
        Ok((u8_at(first, 3).unwrap_or(0), Hid(root)))
    }

    fn block(&self, at: usize) -> Result<&[u8], ReadError> {
        let missing = || ReadError::structure(format!("the heap has no block {at}"));
        let cell = self.blocks.get(at).ok_or_else(missing)?;
        if cell.get().is_none() {
            let mut data = Vec::new();
            self.reader
                .block(self.tree.get(at).ok_or_else(missing)?, &mut data)?;
            let _ = cell.set(data);
        }
        cell.get().map(Vec::as_slice).ok_or_else(missing)
    }

    /// The bytes of one piece. Id 0 is the empty piece.
    ///
    /// # Errors
    /// If the id is none of this heap's, or its block cannot be read.
    pub fn piece(&self, hid: Hid) -> Result<&[u8], ReadError> {
        if hid.0 == 0 {
            return Ok(&[]);
        }
        let (block, index) = hid.parts(self.reader.pst.header.layout.heap_index_bits);
        let data = self.block(block)?;
        piece(data, index).ok_or_else(|| {
            let reason = format!("heap id 0x{:x} names nothing", hid.0);
            let error = ReadError::structure(reason);
            self.tree
                .get(block)
                .map_or(error.clone(), |bid| error.in_block(bid))
        })
    }

    /// Forgets the blocks read so far but the first: a big table is walked, not kept.
    pub fn trim(&mut self) {
        for cell in self.blocks.iter_mut().skip(1) {
            cell.take();
        }
    }
}

/// The piece `index` (from 1) of a heap block, by the page map at its end.
fn piece(block: &[u8], index: usize) -> Option<&[u8]> {
    let map = usize::from(u16_at(block, 0)?);
    let count = usize::from(u16_at(block, map)?);
    if index == 0 || index > count {
        return None;
    }
    let at = map + 4 + (index - 1) * 2;
    let start = usize::from(u16_at(block, at)?);
    let end = usize::from(u16_at(block, at + 2)?);
    block.get(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heap_id_names_block_and_piece() {
        assert_eq!(Hid(0x0002_0040).parts(11), (2, 2));
        assert_eq!(Hid(0x0010_0040).parts(14), (2, 2));
        assert!(!Hid(0x8025).is_heap());
    }

    #[test]
    fn a_piece_lies_between_two_entries_of_the_map() {
        let block = [6, 0, b'a', b'b', b'c', b'd', 2, 0, 0, 0, 2, 0, 5, 0, 6, 0];
        assert_eq!(piece(&block, 1), Some(&b"abc"[..]));
        assert_eq!(piece(&block, 2), Some(&b"d"[..]));
        assert_eq!(piece(&block, 0), None);
        assert_eq!(piece(&block, 3), None);
        assert_eq!(piece(&[200, 0], 1), None);
    }
}
