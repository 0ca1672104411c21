//! Gzip members: one for each piece of text, so that threads can compress side by side.

use libdeflater::{CompressionLvl, Compressor};

/// Compresses quickly: the texts are large and read once.
const LEVEL: i32 = 1;

/// A compressor that is used again.
pub struct Gzip {
    compressor: Compressor,
    scratch: Vec<u8>,
}

impl Default for Gzip {
    fn default() -> Self {
        let level = CompressionLvl::new(LEVEL).unwrap_or_default();
        Self {
            compressor: Compressor::new(level),
            scratch: Vec::new(),
        }
    }
}

impl Gzip {
    /// A member of nothing, so that a file without records is a gzip file too.
    pub fn empty_member(&mut self) -> Vec<u8> {
        self.compress(&[])
    }

    /// One whole member; nothing for nothing.
    pub fn member(&mut self, raw: &[u8]) -> Vec<u8> {
        if raw.is_empty() {
            Vec::new()
        } else {
            self.compress(raw)
        }
    }

    fn compress(&mut self, raw: &[u8]) -> Vec<u8> {
        let bound = self.compressor.gzip_compress_bound(raw.len());
        if self.scratch.len() < bound {
            self.scratch.resize(bound, 0);
        }
        // The bound is the compressor's own: what it writes cannot be longer.
        let length = self.compressor.gzip_compress(raw, &mut self.scratch);
        let written = length.ok().and_then(|length| self.scratch.get(..length));
        written.unwrap_or_default().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn members_in_a_row_are_one_file() -> std::io::Result<()> {
        let mut gzip = Gzip::default();
        let mut file = gzip.member(b"one\n");
        file.extend(gzip.member(b"two\n"));
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(&file[..]).read_to_string(&mut text)?;
        assert_eq!(text, "one\ntwo\n");
        assert!(gzip.member(b"").is_empty());
        Ok(())
    }
}
