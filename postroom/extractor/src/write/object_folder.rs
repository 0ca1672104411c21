//! The folder of contents: `objects/ab/abcdef…`, each once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::digests::Extra;
use crate::error::ReadError;
use crate::identity::hash::{Hash, hex};

/// Where an object lies, by its digest in hex.
pub fn key(digest: &str) -> String {
    format!("objects/{}/{digest}", digest.get(..2).unwrap_or_default())
}

/// The folder that all workers write to.
pub struct ObjectFolder {
    /// Nothing: contents are hashed and not kept.
    pub(super) root: Option<PathBuf>,
    pub(super) extra: Extra,
    pub(super) limit: u64,
    failure: Mutex<Option<io::Error>>,
    made: Mutex<[bool; 256]>,
}

impl ObjectFolder {
    /// A store under `root`, for at most `limit` bytes a unit.
    pub fn new(root: Option<PathBuf>, extra: Extra, limit: u64) -> Self {
        let (failure, made) = (Mutex::new(None), Mutex::new([false; 256]));
        Self {
            root,
            extra,
            limit,
            failure,
            made,
        }
    }

    /// The first failure to write; everything is over then.
    pub fn take_failure(&self) -> Option<io::Error> {
        self.failure
            .lock()
            .ok()
            .and_then(|mut failure| failure.take())
    }

    /// Whether a write has failed.
    pub fn has_failed(&self) -> bool {
        self.failure
            .lock()
            .map_or(true, |failure| failure.is_some())
    }

    /// Takes note of a failure to write; what is read can no longer be kept.
    pub(super) fn failed(&self, error: io::Error) -> ReadError {
        let reason = ReadError::structure(format!("an object cannot be written: {error}"));
        if let Ok(mut failure) = self.failure.lock() {
            failure.get_or_insert(error);
        }
        reason
    }

    /// The path of an object, in a folder that exists.
    pub(super) fn path(&self, root: &Path, digest: &Hash) -> io::Result<PathBuf> {
        let digits = hex(digest);
        let folder = root
            .join("objects")
            .join(digits.get(..2).unwrap_or_default());
        let first = usize::from(digest.first().copied().unwrap_or(0));
        if let Ok(mut made) = self.made.lock()
            && let Some(slot) = made.get_mut(first)
            && !*slot
        {
            fs::create_dir_all(&folder)?;
            *slot = true;
        }
        Ok(folder.join(digits))
    }
}
