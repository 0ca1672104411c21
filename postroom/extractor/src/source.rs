//! Where the bytes of a PST come from: positional reads, never a map.
//!
//! A map of a file on a share dies by SIGBUS when the file is cut; a read that fails is an error.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use crate::identity::hash::hex;

const HASH_PIECE: usize = 128 << 10;

/// Something that can be read at any place by many threads.
pub trait Source: Send + Sync {
    /// Its length in bytes.
    fn size(&self) -> u64;

    /// Fills `buffer` with the bytes at `offset`; fails if they are not all there.
    ///
    /// # Errors
    /// Those of the system, and `UnexpectedEof` beyond the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

/// A file, opened for reading only.
pub struct FileSource {
    file: File,
    size: u64,
}

impl FileSource {
    /// The open file with the length that it has now.
    ///
    /// # Errors
    /// If the file's length cannot be asked for.
    pub fn new(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }
}

impl Source for FileSource {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }
}

impl Source for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let end = start
            .checked_add(buffer.len())
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        let bytes = self.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }
}

/// A source that remembers which ranges were read: the bytes that matter to a reader.
pub struct ReadLog<S> {
    inner: S,
    ranges: Mutex<Vec<(u64, u64)>>,
}

impl<S: Source> ReadLog<S> {
    /// Nothing was read yet.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            ranges: Mutex::new(Vec::new()),
        }
    }

    /// The ranges read so far, sorted, without overlaps, as (start, end).
    pub fn touched(&self) -> Vec<(u64, u64)> {
        let mut all = self
            .ranges
            .lock()
            .map(|ranges| ranges.clone())
            .unwrap_or_default();
        all.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::new();
        for (start, end) in all {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        merged
    }
}

impl<S: Source> Source for ReadLog<S> {
    fn size(&self) -> u64 {
        self.inner.size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        if let Ok(mut ranges) = self.ranges.lock() {
            ranges.push((offset, offset.saturating_add(buffer.len() as u64)));
        }
        self.inner.read_at(buffer, offset)
    }
}

impl<S: Source + ?Sized> Source for std::sync::Arc<S> {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        (**self).read_at(buffer, offset)
    }
}

/// What tells that a file is still the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    /// Its length in bytes.
    pub size: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// The stamp that the file at `path` has now.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn of(path: &Path) -> io::Result<Self> {
        let facts = fs::metadata(path)?;
        Ok(Self {
            device: facts.dev(),
            inode: facts.ino(),
            size: facts.len(),
            modified: (facts.mtime(), facts.mtime_nsec()),
        })
    }
}

/// SHA-256 of a whole source in hex; of what was read so far once `is_over` is set.
///
/// # Errors
/// Those of the source.
pub fn sha256(source: &dyn Source, is_over: &AtomicBool) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut piece = vec![0; HASH_PIECE];
    let size = source.size();
    let mut at = 0;
    while at < size && !is_over.load(Ordering::Relaxed) {
        let length = usize::try_from(size - at)
            .unwrap_or(HASH_PIECE)
            .min(HASH_PIECE);
        piece.truncate(length);
        source.read_at(&mut piece, at)?;
        digest.update(&piece);
        at += length as u64;
    }
    Ok(hex(&digest.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_beyond_the_end_is_an_error() {
        let mut buffer = [0; 2];
        assert!(vec![1, 2, 3].read_at(&mut buffer, 1).is_ok());
        assert_eq!(buffer, [2, 3]);
        assert!(vec![1, 2, 3].read_at(&mut buffer, 2).is_err());
        assert!(vec![1, 2, 3].read_at(&mut buffer, u64::MAX).is_err());
    }

    #[test]
    fn the_log_joins_ranges_that_touch() {
        let log = ReadLog::new(vec![0_u8; 100]);
        for (at, len) in [(50, 10), (0, 4), (4, 2), (55, 2)] {
            assert!(log.read_at(&mut vec![0; len], at).is_ok());
        }
        assert_eq!(log.touched(), vec![(0, 6), (50, 60)]);
    }
}
