//! Blocks: read, checked, decompressed, decoded (\[MS-PST\] 2.2.2.8).

use std::cell::{Cell, RefCell};

use super::checksum::{crc, signature};
use super::index::BlockPlace;
use super::layout::Format;
use super::{Bid, Pst};
use crate::bytes::{u16_at, u32_at, word_at};
use crate::error::ReadError;

/// One thread's way into the file, with its own scratch space and its own list of findings.
pub struct Reader<'p> {
    pub pst: &'p Pst,
    findings: RefCell<Vec<ReadError>>,
    stored: RefCell<Vec<u8>>,
    read_bytes: Cell<u64>,
    value_bytes: Cell<u64>,
}

/// Values of one family of messages that are held in memory, all in all.
const MAX_VALUES: u64 = 512 << 20;

impl<'p> Reader<'p> {
    pub fn new(pst: &'p Pst) -> Self {
        Self {
            pst,
            findings: RefCell::default(),
            stored: RefCell::default(),
            read_bytes: Cell::new(0),
            value_bytes: Cell::new(0),
        }
    }

    /// Takes what was found since the last call: damage that did not stop the reading.
    pub fn take_findings(&self) -> Vec<ReadError> {
        self.findings.take()
    }

    /// Remembers damage that does not stop the reading.
    pub fn note(&self, finding: ReadError) {
        self.findings.borrow_mut().push(finding);
    }

    /// Begins a family of messages: the values that it may hold are counted anew.
    pub fn begin_values(&self) {
        self.value_bytes.set(0);
    }

    /// Counts the bytes of a value.
    ///
    /// # Errors
    /// If all values together are more than any mail has.
    pub fn spend_value(&self, bytes: usize) -> Result<(), ReadError> {
        let spent = self.value_bytes.get().saturating_add(bytes as u64);
        self.value_bytes.set(spent);
        if spent > MAX_VALUES {
            return Err(ReadError::limit(
                "the values of one message take too much memory",
            ));
        }
        Ok(())
    }

    /// Rows or entries that a file of this size can hold at most.
    pub fn most_records(&self) -> usize {
        usize::try_from(self.pst.source.size() / 4)
            .unwrap_or(usize::MAX)
            .saturating_add(1024)
    }

    /// Bytes read from the file by this reader, so far.
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes.get()
    }

    /// Replaces the content of `out` by the decoded data of a block.
    ///
    /// # Errors
    /// If the block is unknown, lies outside the file, or does not decompress.
    pub fn block(&self, bid: Bid, out: &mut Vec<u8>) -> Result<(), ReadError> {
        let place = self.pst.blocks.find(bid).ok_or_else(|| {
            ReadError::structure("the block is not in the block B-tree").in_block(bid)
        })?;
        self.fill(bid, place, out)
            .map_err(|e| e.in_block(bid).at(place.offset))
    }

    fn fill(&self, bid: Bid, place: BlockPlace, out: &mut Vec<u8>) -> Result<(), ReadError> {
        let layout = &self.pst.header.layout;
        let size = usize::from(place.size);
        let span = layout.block_span(u64::from(place.size));
        let length = usize::try_from(span).map_err(|_| ReadError::limit("the block is absurd"))?;
        out.resize(length, 0);
        if let Err(error) = self.pst.source.read_at(out, place.offset) {
            self.salvage(size, place, out, &error)?;
        } else {
            self.check(bid, place, out);
        }
        self.read_bytes
            .set(self.read_bytes.get().saturating_add(span));
        let inflated = self.inflated_size(place, out);
        out.truncate(size);
        if let Some(inflated) = inflated {
            self.inflate(inflated, out)?;
        }
        if !bid.is_internal() {
            self.pst.header.encoding.decode(out, bid.0);
        }
        Ok(())
    }

    /// The data may still be there where only the trailer is cut off.
    fn salvage(
        &self,
        size: usize,
        place: BlockPlace,
        out: &mut Vec<u8>,
        error: &std::io::Error,
    ) -> Result<(), ReadError> {
        out.truncate(size);
        self.pst
            .source
            .read_at(out, place.offset)
            .map_err(|_| ReadError::structure(format!("the block cannot be read: {error}")))?;
        self.note(ReadError::structure("the trailer of the block is cut off").at(place.offset));
        Ok(())
    }

    /// Records a trailer that does not fit its block.
    fn check(&self, bid: Bid, place: BlockPlace, raw: &[u8]) {
        let layout = &self.pst.header.layout;
        let at = raw.len().saturating_sub(layout.block_trailer);
        let (crc_at, bid_at) = if layout.is_wide {
            (at + 4, at + 8)
        } else {
            (at + 8, at + 4)
        };
        let note = |error: ReadError| self.note(error.in_block(bid).at(place.offset));
        if u32_at(raw, crc_at) != raw.get(..usize::from(place.size)).map(crc) {
            note(ReadError::crc("the CRC of the block does not match"));
        }
        if u16_at(raw, at) != Some(place.size) {
            note(ReadError::structure(
                "the trailer gives the block another size",
            ));
        }
        let stored = word_at(raw, bid_at, layout.is_wide);
        if stored.map(|b| Bid(b).searched()) != Some(bid.searched()) {
            note(ReadError::structure(
                "the trailer gives the block another id",
            ));
        } else if u16_at(raw, at + 2) != stored.map(|b| signature(place.offset, b)) {
            note(ReadError::structure(
                "the signature of the block does not match",
            ));
        }
    }

    /// In 4K files: the size after decompression, if the block is compressed.
    fn inflated_size(&self, place: BlockPlace, raw: &[u8]) -> Option<usize> {
        let layout = &self.pst.header.layout;
        if layout.format != Format::Unicode4k || place.size == 0 {
            return None;
        }
        let at = raw.len().checked_sub(layout.block_trailer)?;
        let inflated = u16_at(raw, at + 18)?;
        (inflated != 0 && inflated != place.size).then_some(usize::from(inflated))
    }

    fn inflate(&self, size: usize, out: &mut Vec<u8>) -> Result<(), ReadError> {
        let mut stored = self.stored.borrow_mut();
        std::mem::swap(&mut *stored, out);
        out.clear();
        out.resize(size, 0);
        let mut inflater = libdeflater::Decompressor::new();
        let length = inflater
            .zlib_decompress(&stored, out)
            .map_err(|e| ReadError::structure(format!("the block does not decompress: {e}")))?;
        out.truncate(length);
        Ok(())
    }
}
