//! What a worker puts into the folder of contents.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::digests::Digests;
use super::object_folder::ObjectFolder;
use crate::error::ReadError;
use crate::identity::hash::Hash;
use crate::messaging::{ContentStore, Stored};
use crate::ndb::{DataTree, Reader};

/// Contents up to this size are gathered before their file is made, so that one that is there
/// already costs no file at all.
const GATHERED_BYTES: usize = 256 << 10;

/// What a unit may hash for each byte that it may keep.
const WORK_TIMES: u64 = 8;

/// One worker's way to the store.
pub struct ObjectWriter<'f> {
    folder: &'f ObjectFolder,
    temporary: Option<PathBuf>,
    /// Bytes that the unit keeps.
    spent: Cell<u64>,
    /// Bytes that the unit has hashed, kept or not.
    worked: Cell<u64>,
    /// What the unit keeps: the same content again costs nothing.
    kept: RefCell<HashSet<Hash>>,
    block: RefCell<Vec<u8>>,
    gathered: RefCell<Vec<u8>>,
    /// What was stored since the last `take_stored`.
    stored: RefCell<Vec<(Hash, u64)>>,
}

impl<'f> ObjectWriter<'f> {
    /// The writer of worker `number`.
    pub fn new(folder: &'f ObjectFolder, number: usize) -> Self {
        let temporary = folder
            .root
            .as_ref()
            .map(|root| root.join(format!("writing-{number}")));
        Self {
            folder,
            temporary,
            spent: Cell::new(0),
            worked: Cell::new(0),
            kept: RefCell::default(),
            block: RefCell::default(),
            gathered: RefCell::default(),
            stored: RefCell::default(),
        }
    }

    /// Begins a unit: what it may store is counted anew.
    pub fn begin_unit(&self) {
        self.spent.set(0);
        self.worked.set(0);
        self.kept.borrow_mut().clear();
    }

    /// Takes the digests and sizes of what was stored.
    pub fn take_stored(&self) -> Vec<(Hash, u64)> {
        self.stored.take()
    }

    fn spend(&self, bytes: usize) -> Result<(), ReadError> {
        let add = |cell: &Cell<u64>| {
            cell.set(cell.get().saturating_add(bytes as u64));
            cell.get()
        };
        let (spent, worked) = (add(&self.spent), add(&self.worked));
        if spent > self.folder.limit {
            return Err(self.over_limit());
        }
        if worked > self.folder.limit.saturating_mul(WORK_TIMES) {
            return Err(ReadError::limit(
                "the contents of these messages take too much work",
            ));
        }
        Ok(())
    }

    fn over_limit(&self) -> ReadError {
        let limit = self.folder.limit;
        ReadError::limit(format!(
            "the outputs would exceed {limit} bytes (--max-output)"
        ))
    }

    /// Refuses what cannot fit before any of it is read. Compressed blocks hold no less than
    /// what is stored of them, so the sum is never too large.
    fn check_room(&self, reader: &Reader, tree: &DataTree) -> Result<(), ReadError> {
        let room = self.folder.limit.saturating_sub(self.spent.get());
        let most = (tree.len() as u64).saturating_mul(u64::from(u16::MAX));
        if most <= room {
            return Ok(());
        }
        let sizes = tree
            .bids()
            .iter()
            .filter_map(|&bid| reader.pst.blocks.find(bid));
        let least = sizes.fold(0_u64, |sum, place| {
            sum.saturating_add(u64::from(place.size))
        });
        if least > room {
            Err(self.over_limit())
        } else {
            Ok(())
        }
    }

    /// Takes note of a content that is kept; one that the unit has already costs nothing.
    fn finish(&self, digests: Digests, size: u64) -> Stored {
        let stored = digests.finish(size);
        if !self.kept.borrow_mut().insert(stored.sha256) {
            self.spent.set(self.spent.get().saturating_sub(size));
        }
        self.stored.borrow_mut().push((stored.sha256, stored.size));
        stored
    }

    /// Reads, hashes and keeps a large content block by block.
    fn stream(
        &self,
        reader: &Reader,
        tree: &DataTree,
        mut digests: Digests,
        head: &[u8],
        done: usize,
    ) -> Result<Stored, ReadError> {
        let failed = |error| self.folder.failed(error);
        let mut sink = Sink::open(self.temporary.as_deref()).map_err(failed)?;
        sink.write(head).map_err(failed)?;
        let mut size = head.len() as u64;
        let mut block = self.block.borrow_mut();
        for &bid in tree.bids().get(done..).unwrap_or_default() {
            reader.block(bid, &mut block)?;
            self.spend(block.len())?;
            digests.update(&block);
            sink.write(&block).map_err(failed)?;
            size += block.len() as u64;
        }
        let stored = self.finish(digests, size);
        self.keep(sink, &stored.sha256)
            .map_err(|e| self.folder.failed(e))?;
        Ok(stored)
    }

    fn keep(&self, sink: Sink, digest: &Hash) -> io::Result<()> {
        sink.finish()?;
        if let (Some(root), Some(temporary)) = (&self.folder.root, &self.temporary) {
            fs::rename(temporary, self.folder.path(root, digest)?)?;
        }
        Ok(())
    }

    /// Keeps a content that is in memory, unless it is there already.
    fn keep_bytes(&self, bytes: &[u8], digest: &Hash) -> io::Result<()> {
        let Some(root) = &self.folder.root else {
            return Ok(());
        };
        let path = self.folder.path(root, digest)?;
        match File::create_new(&path) {
            Ok(mut file) => file.write_all(bytes),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Keeps a content that may be small.
    fn gather(&self, reader: &Reader, tree: &DataTree) -> Result<Stored, ReadError> {
        let mut gathered = self.gathered.borrow_mut();
        gathered.clear();
        let mut digests = Digests::new(self.folder.extra);
        for (n, &bid) in tree.bids().iter().enumerate() {
            {
                let mut block = self.block.borrow_mut();
                reader.block(bid, &mut block)?;
                self.spend(block.len())?;
                gathered.extend_from_slice(&block);
            }
            if gathered.len() > GATHERED_BYTES {
                digests.update(&gathered);
                return self.stream(reader, tree, digests, &gathered, n + 1);
            }
        }
        self.put_gathered(digests, &gathered)
    }

    /// Removes what was written of a content that is not kept.
    fn discard(&self) {
        if let Some(temporary) = &self.temporary {
            let _ = fs::remove_file(temporary);
        }
    }

    fn put_gathered(&self, mut digests: Digests, bytes: &[u8]) -> Result<Stored, ReadError> {
        digests.update(bytes);
        let stored = self.finish(digests, bytes.len() as u64);
        self.keep_bytes(bytes, &stored.sha256)
            .map_err(|e| self.folder.failed(e))?;
        Ok(stored)
    }
}

impl ContentStore for ObjectWriter<'_> {
    fn put(&self, bytes: &[u8]) -> Result<Stored, ReadError> {
        let before = self.spent.get();
        if let Err(error) = self.spend(bytes.len()) {
            self.spent.set(before);
            return Err(error);
        }
        self.put_gathered(Digests::new(self.folder.extra), bytes)
    }

    fn put_tree(&self, reader: &Reader, tree: &DataTree) -> Result<Stored, ReadError> {
        self.check_room(reader, tree)?;
        let before = self.spent.get();
        let outcome = self.gather(reader, tree);
        if outcome.is_err() {
            self.spent.set(before);
            self.discard();
        }
        outcome
    }
}

/// A temporary file, or nothing.
struct Sink {
    file: Option<io::BufWriter<File>>,
}

impl Sink {
    fn open(path: Option<&Path>) -> io::Result<Self> {
        let file = path.map(File::create).transpose()?;
        Ok(Self {
            file: file.map(|f| io::BufWriter::with_capacity(128 << 10, f)),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file
            .as_mut()
            .map_or(Ok(()), |file| file.write_all(bytes))
    }

    fn finish(self) -> io::Result<()> {
        self.file.map_or(Ok(()), |mut file| file.flush())
    }
}

#[cfg(test)]
mod tests {
    use super::super::digests::Extra;
    use super::super::object_folder::key;
    use super::*;

    #[test]
    fn equal_contents_are_one_file() -> io::Result<()> {
        let root = tempfile::tempdir()?;
        let folder = ObjectFolder::new(Some(root.path().into()), Extra::default(), 100);
        let writer = ObjectWriter::new(&folder, 0);
        assert!(writer.put(b"abc").is_ok());
        assert!(writer.put(b"abc").is_ok());
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(fs::read(root.path().join(key(digest)))?, b"abc");
        assert_eq!(writer.take_stored().len(), 2);
        Ok(())
    }

    #[test]
    fn more_than_the_limit_is_refused() {
        let folder = ObjectFolder::new(
            None,
            Extra {
                md5: true,
                sha1: true,
            },
            4,
        );
        let writer = ObjectWriter::new(&folder, 0);
        assert!(
            writer
                .put(b"abc")
                .is_ok_and(|s| s.md5.is_some() && s.sha1.is_some())
        );
        assert!(writer.put(b"defg").is_err());
        assert!(writer.put(b"d").is_ok(), "what is refused costs nothing");
        writer.begin_unit();
        assert!(writer.put(b"abc").is_ok());
    }

    #[test]
    fn the_same_content_again_costs_nothing_but_work() {
        let folder = ObjectFolder::new(None, Extra::default(), 8);
        let writer = ObjectWriter::new(&folder, 0);
        let kept = (0..100).take_while(|_| writer.put(b"abc").is_ok()).count();
        assert_eq!(kept, 21, "eight times the limit is hashed at most");
    }
}
