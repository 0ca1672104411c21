//! A ZIP archive of a few small files.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::error::Result;
use crate::file::crc::common;

/// An archive in the making; every date is 1 January 1980, so that the same files are the same bytes.
#[derive(Default)]
pub struct Zip {
    out: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Zip {
    pub fn add(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
        encoder.write_all(content)?;
        let deflated = encoder.finish()?;
        let at = self.out.len() as u32;
        let mut common_fields = Vec::new();
        common_fields.extend_from_slice(&[20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0]);
        common_fields.extend_from_slice(&common(content).to_le_bytes());
        common_fields.extend_from_slice(&(deflated.len() as u32).to_le_bytes());
        common_fields.extend_from_slice(&(content.len() as u32).to_le_bytes());
        common_fields.extend_from_slice(&(name.len() as u16).to_le_bytes());
        common_fields.extend_from_slice(&[0, 0]);
        self.out.extend_from_slice(b"PK\x03\x04");
        self.out.extend_from_slice(&common_fields);
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(&deflated);
        self.directory.extend_from_slice(b"PK\x01\x02\x14\x00");
        self.directory.extend_from_slice(&common_fields);
        self.directory.extend_from_slice(&[0; 10]);
        self.directory.extend_from_slice(&at.to_le_bytes());
        self.directory.extend_from_slice(name.as_bytes());
        self.count += 1;
        Ok(())
    }

    pub fn finish(mut self) -> Vec<u8> {
        let at = self.out.len() as u32;
        self.out.extend_from_slice(&self.directory);
        self.out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        self.out.extend_from_slice(&self.count.to_le_bytes());
        self.out.extend_from_slice(&self.count.to_le_bytes());
        self.out
            .extend_from_slice(&(self.directory.len() as u32).to_le_bytes());
        self.out.extend_from_slice(&at.to_le_bytes());
        self.out.extend_from_slice(&[0, 0]);
        self.out
    }
}
