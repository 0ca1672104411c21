//! The digests of one content.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::messaging::Stored;

/// Digests beside SHA-256.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extra {
    pub md5: bool,
    pub sha1: bool,
}

/// What is hashed so far.
pub struct Digests {
    sha256: Sha256,
    md5: Option<Md5>,
    sha1: Option<Sha1>,
}

impl Digests {
    /// Of nothing, with those that are asked for.
    pub fn new(extra: Extra) -> Self {
        Self {
            sha256: Sha256::new(),
            md5: extra.md5.then(Md5::new),
            sha1: extra.sha1.then(Sha1::new),
        }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(bytes);
        }
    }

    /// The digests of a content of `size` bytes.
    pub fn finish(self, size: u64) -> Stored {
        Stored {
            size,
            sha256: self.sha256.finalize().into(),
            md5: self.md5.map(|d| d.finalize().into()),
            sha1: self.sha1.map(|d| d.finalize().into()),
        }
    }
}
