//! Gzip members: one for each piece of text, so that threads can compress side by side.

use libdeflater::{CompressionLvl, Compressor};

/// Compresses quickly: the texts are large and read once.
const LEVEL: i32 = 1;

/// A compressor that is used again.
pub struct Gzip {
    compressor: Compressor,
}

impl Default for Gzip {
    fn default() -> Self {
        let level = CompressionLvl::new(LEVEL).unwrap_or_default();
        Self {
            compressor: Compressor::new(level),
        }
    }
}

impl Gzip {
    /// One whole member; nothing for nothing.
    pub fn member(&mut self, raw: &[u8]) -> Vec<u8> {
        if raw.is_empty() {
            return Vec::new();
        }
        let mut out = vec![0; self.compressor.gzip_compress_bound(raw.len())];
        // The bound is exact knowledge of the compressor: it cannot be too small.
        let length = self.compressor.gzip_compress(raw, &mut out).unwrap_or(0);
        out.truncate(length);
        out.shrink_to_fit();
        out
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
