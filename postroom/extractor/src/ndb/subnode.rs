//! Subnodes: the nodes inside a node (\[MS-PST\] 2.2.2.8.3.3).

use super::{Bid, Nid, Reader};
use crate::bytes::{u8_at, u16_at, u32_at, word_at};
use crate::error::ReadError;

/// More subnodes than this in one node are an attack.
const MAX_SUBNODES: usize = 1 << 20;

/// A node inside a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubNode {
    pub nid: Nid,
    pub data: Bid,
    pub sub: Bid,
}

/// The nodes inside one node, by id.
#[derive(Clone, Debug, Default)]
pub struct SubNodes {
    nodes: Vec<SubNode>,
}

impl SubNodes {
    /// Reads the whole list; a leaf that cannot be read is a finding, the others are used.
    ///
    /// # Errors
    /// If the list itself cannot be read.
    pub fn load(reader: &Reader, bid: Bid) -> Result<Self, ReadError> {
        let mut found = Self::default();
        if bid.is_none() {
            return Ok(found);
        }
        let mut block = Vec::new();
        let children = found.add(reader, bid, &mut block)?;
        for child in children {
            match found.add(reader, child, &mut block) {
                Ok(deeper) if deeper.is_empty() => {}
                Ok(_) => reader
                    .note(ReadError::structure("an SIBLOCK inside an SIBLOCK").in_block(child)),
                Err(error) => reader.note(error),
            }
            if found.nodes.len() > MAX_SUBNODES {
                return Err(ReadError::limit("too many subnodes in one node").in_block(bid));
            }
        }
        if !found.nodes.is_sorted_by_key(|n| n.nid) {
            found.nodes.sort_by_key(|n| n.nid);
        }
        Ok(found)
    }

    /// Takes the entries of an SLBLOCK up; of an SIBLOCK it gives the blocks below.
    fn add(
        &mut self,
        reader: &Reader,
        bid: Bid,
        block: &mut Vec<u8>,
    ) -> Result<Vec<Bid>, ReadError> {
        if !bid.is_internal() {
            return Err(ReadError::structure("a data block stands for subnodes").in_block(bid));
        }
        reader.block(bid, block)?;
        let is_wide = reader.pst.header.layout.is_wide;
        self.parse(block, is_wide).ok_or_else(|| {
            ReadError::structure("the block lists no subnodes, or it is cut").in_block(bid)
        })
    }

    fn parse(&mut self, block: &[u8], is_wide: bool) -> Option<Vec<Bid>> {
        if u8_at(block, 0)? != 2 {
            return None;
        }
        let level = u8_at(block, 1)?;
        let count = usize::from(u16_at(block, 2)?);
        let (word, start) = if is_wide { (8, 8) } else { (4, 4) };
        let mut children = Vec::new();
        for n in 0..count {
            match level {
                0 => {
                    let at = start + n * word * 3;
                    self.nodes.push(SubNode {
                        nid: Nid(u32_at(block, at)?),
                        data: Bid(word_at(block, at + word, is_wide)?),
                        sub: Bid(word_at(block, at + word * 2, is_wide)?),
                    });
                }
                1 => children.push(Bid(word_at(block, start + n * word * 2 + word, is_wide)?)),
                _ => return None,
            }
        }
        Some(children)
    }

    /// The subnode with this id.
    pub fn find(&self, nid: Nid) -> Option<SubNode> {
        let at = self.nodes.partition_point(|n| n.nid < nid);
        self.nodes.get(at).copied().filter(|n| n.nid == nid)
    }

    /// Every subnode, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = SubNode> + '_ {
        self.nodes.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_gives_nodes_and_a_branch_gives_blocks() {
        let mut leaf = vec![2, 0, 1, 0];
        leaf.extend([0x92, 6, 0, 0, 4, 0, 0, 0, 6, 0, 0, 0]);
        let mut nodes = SubNodes::default();
        assert_eq!(nodes.parse(&leaf, false), Some(vec![]));
        let expected = SubNode {
            nid: Nid(0x692),
            data: Bid(4),
            sub: Bid(6),
        };
        assert_eq!(nodes.find(Nid::RECIPIENT_TABLE), Some(expected));
        let branch = [2, 1, 1, 0, 0x92, 6, 0, 0, 10, 0, 0, 0];
        assert_eq!(nodes.parse(&branch, false), Some(vec![Bid(10)]));
        assert_eq!(nodes.parse(&[2, 9, 1, 0], false), None);
    }
}
