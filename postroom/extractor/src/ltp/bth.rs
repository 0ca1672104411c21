//! The B-tree on a heap (\[MS-PST\] 2.3.2).

use std::collections::HashSet;

use super::heap::{Heap, Hid};
use crate::bytes::{u8_at, u32_at};
use crate::error::ReadError;

const SIGNATURE: u8 = 0xB5;

/// Deeper trees do not exist: a heap cannot hold the records.
const MAX_LEVELS: u8 = 8;

/// A heap has at most this many pieces; a tree that visits more runs in circles.
const MAX_PIECES: usize = 1 << 21;

/// A B-tree on a heap: where it begins and how wide its records are.
#[derive(Clone, Copy, Debug)]
pub struct Bth {
    key: usize,
    value: usize,
    levels: u8,
    root: Hid,
}

impl Bth {
    /// Reads the header of the tree at `hid`, whose keys must have `key` bytes.
    ///
    /// # Errors
    /// If there is no such tree.
    pub fn open(heap: &Heap, hid: Hid, key: usize, values: &[usize]) -> Result<Self, ReadError> {
        let head = heap.piece(hid)?;
        let tree = Self::parse(head)
            .ok_or_else(|| ReadError::structure("the heap holds no B-tree where one should be"))?;
        if tree.key != key || !values.contains(&tree.value) || tree.levels > MAX_LEVELS {
            return Err(ReadError::structure(format!(
                "a B-tree on a heap has keys of {} and values of {} bytes on {} levels",
                tree.key, tree.value, tree.levels
            )));
        }
        Ok(tree)
    }

    fn parse(head: &[u8]) -> Option<Self> {
        if u8_at(head, 0)? != SIGNATURE {
            return None;
        }
        Some(Self {
            key: usize::from(u8_at(head, 1)?),
            value: usize::from(u8_at(head, 2)?),
            levels: u8_at(head, 3)?,
            root: Hid(u32_at(head, 4)?),
        })
    }

    /// Bytes of a record.
    pub fn record(&self) -> usize {
        self.key + self.value
    }

    /// The pieces that hold the records, in the order of keys. A piece of the inner levels that
    /// cannot be read is a finding of the reader; the others are used.
    ///
    /// # Errors
    /// If the tree runs in circles.
    pub fn leaves(&self, heap: &Heap) -> Result<Vec<Hid>, ReadError> {
        let mut level = vec![self.root];
        for _ in 0..self.levels {
            let mut below = Vec::new();
            for &hid in &level {
                self.below(heap, hid, &mut below);
                if below.len() > MAX_PIECES {
                    return Err(ReadError::limit("a B-tree on a heap has too many pieces"));
                }
            }
            level = below;
        }
        // Pieces that a damaged tree names again would give their records again.
        let mut seen = HashSet::with_capacity(level.len());
        level.retain(|hid| hid.0 != 0 && seen.insert(hid.0));
        Ok(level)
    }

    fn below(&self, heap: &Heap, hid: Hid, out: &mut Vec<Hid>) {
        match heap.piece(hid) {
            Ok(piece) => {
                let entries = piece.chunks_exact(self.key + 4);
                out.extend(entries.filter_map(|e| u32_at(e, self.key)).map(Hid));
            }
            Err(error) => heap.reader.note(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_gives_widths_and_root() {
        let tree = Bth::parse(&[0xB5, 2, 6, 0, 0x40, 0, 0, 0]);
        assert!(tree.is_some_and(|t| t.record() == 8 && t.root == Hid(0x40)));
        assert!(Bth::parse(&[0xB4, 2, 6, 0, 0x40, 0, 0, 0]).is_none());
        assert!(Bth::parse(&[0xB5, 2, 6]).is_none());
    }
}
