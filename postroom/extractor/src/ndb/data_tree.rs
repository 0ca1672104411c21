//! Data trees: data that takes more than one block (\[MS-PST\] 2.2.2.8.3.2).

use super::{Bid, Reader};
use crate::bytes::{u8_at, u16_at, u32_at, word_at};
use crate::error::ReadError;

/// More blocks than this in one value are an attack: 32 GiB of 8 KiB blocks.
const MAX_BLOCKS: usize = 4 << 20;

/// The blocks of one piece of data, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataTree {
    Empty,
    One(Bid),
    Many(Vec<Bid>),
}

impl DataTree {
    /// Reads the lists of blocks, but no data yet.
    ///
    /// # Errors
    /// If a list cannot be read or is not one.
    pub fn load(reader: &Reader, bid: Bid) -> Result<Self, ReadError> {
        if bid.is_none() {
            return Ok(Self::Empty);
        }
        if !bid.is_internal() {
            return Ok(Self::One(bid));
        }
        let mut bids = Vec::new();
        let mut list = Vec::new();
        let level = entries(reader, bid, &mut list, &mut bids)?;
        if level == 2 {
            let lists = std::mem::take(&mut bids);
            for inner in lists {
                if entries(reader, inner, &mut list, &mut bids)? != 1 {
                    return Err(ReadError::structure("an XXBLOCK lists no XBLOCK").in_block(inner));
                }
                if bids.len() > MAX_BLOCKS {
                    return Err(ReadError::limit("too many blocks in one value").in_block(bid));
                }
            }
        }
        Ok(Self::Many(bids))
    }

    pub fn len(&self) -> usize {
        self.bids().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The block at a position.
    pub fn get(&self, at: usize) -> Option<Bid> {
        self.bids().get(at).copied()
    }

    /// The blocks in order.
    pub fn bids(&self) -> &[Bid] {
        match self {
            Self::Empty => &[],
            Self::One(bid) => std::slice::from_ref(bid),
            Self::Many(bids) => bids,
        }
    }

    /// All data in one piece.
    ///
    /// # Errors
    /// If a block cannot be read, or there are more than `limit` bytes.
    pub fn read_all(&self, reader: &Reader, limit: usize) -> Result<Vec<u8>, ReadError> {
        let mut all = Vec::new();
        if let Self::One(bid) = self {
            reader.block(*bid, &mut all)?;
            return Ok(all);
        }
        let mut block = Vec::new();
        for &bid in self.bids() {
            reader.block(bid, &mut block)?;
            if all.len().saturating_add(block.len()) > limit {
                let reason = format!("the value has more than {limit} bytes");
                return Err(ReadError::limit(reason).in_block(bid));
            }
            all.extend_from_slice(&block);
        }
        Ok(all)
    }
}

/// Appends the entries of an XBLOCK or XXBLOCK and says which it is.
fn entries(
    reader: &Reader,
    bid: Bid,
    list: &mut Vec<u8>,
    out: &mut Vec<Bid>,
) -> Result<u8, ReadError> {
    if !bid.is_internal() {
        return Err(ReadError::structure("a data block stands for a list").in_block(bid));
    }
    reader.block(bid, list)?;
    parse(list, reader.pst.header.layout.is_wide, out).ok_or_else(|| {
        ReadError::structure("the block is no XBLOCK and no XXBLOCK, or it is cut").in_block(bid)
    })
}

fn parse(list: &[u8], is_wide: bool, out: &mut Vec<Bid>) -> Option<u8> {
    let level = u8_at(list, 1)?;
    if u8_at(list, 0)? != 1 || !(1..=2).contains(&level) {
        return None;
    }
    let count = usize::from(u16_at(list, 2)?);
    u32_at(list, 4)?;
    let word = if is_wide { 8 } else { 4 };
    for n in 0..count {
        out.push(Bid(word_at(list, 8 + n * word, is_wide)?));
    }
    Some(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_gives_its_level_and_its_blocks() {
        let mut list = vec![1, 1, 2, 0, 99, 0, 0, 0];
        list.extend_from_slice(&[4, 0, 0, 0, 8, 0, 0, 0]);
        let mut out = Vec::new();
        assert_eq!(parse(&list, false, &mut out), Some(1));
        assert_eq!(out, vec![Bid(4), Bid(8)]);
    }

    #[test]
    fn a_list_that_is_cut_or_of_another_type_is_none() {
        assert_eq!(
            parse(
                &[1, 1, 2, 0, 0, 0, 0, 0, 4, 0, 0, 0],
                false,
                &mut Vec::new()
            ),
            None
        );
        assert_eq!(
            parse(&[2, 1, 0, 0, 0, 0, 0, 0], true, &mut Vec::new()),
            None
        );
        assert_eq!(
            parse(&[1, 3, 0, 0, 0, 0, 0, 0], true, &mut Vec::new()),
            None
        );
    }
}
