//! The property context (\[MS-PST\] 2.3.3).

use std::borrow::Cow;

use super::bth::Bth;
use super::heap::{Heap, Hid};
use super::value::{Shape, Value, ptype};
use crate::bytes::{array, u16_at, u32_at};
use crate::error::{Fault, Kind, ReadError};
use crate::ndb::{Bid, DataTree, Nid, Reader, SubNode, SubNodes};

const CLIENT: u8 = 0xBC;

/// A value of more bytes than this is not held in memory.
pub const MAX_VALUE_BYTES: usize = 64 << 20;

/// Tags have 16 bits.
const MAX_ENTRIES: usize = 1 << 16;

/// A property that cannot be read: it costs this property, not the item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropError {
    pub tag: u16,
    pub kind: u16,
    pub error: ReadError,
}

impl From<PropError> for Fault {
    fn from(error: PropError) -> Self {
        let kind = if error.error.kind == Kind::Limit {
            Kind::Limit
        } else {
            Kind::Property
        };
        let property = (u32::from(error.tag) << 16) | u32::from(error.kind);
        Self {
            kind,
            property: Some(property),
            ..Self::from(error.error)
        }
    }
}

/// One entry of the context: a tag, a type, and the value or where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub tag: u16,
    pub kind: u16,
    inline: [u8; 4],
}

impl Entry {
    fn hnid(self) -> u32 {
        u32::from_le_bytes(self.inline)
    }
}

/// The properties of an item.
pub struct Properties<'r, 'p, 's> {
    heap: Heap<'r, 'p>,
    subs: &'s SubNodes,
    entries: Vec<Entry>,
    is_sorted: bool,
}

/// Where the bytes of a large value are.
pub enum Content<'a> {
    Bytes(Cow<'a, [u8]>),
    Tree(DataTree),
}

impl<'r, 'p, 's> Properties<'r, 'p, 's> {
    /// Opens the context in `data`; values too large for it are in `subs`.
    ///
    /// # Errors
    /// If there is no property context.
    pub fn open(reader: &'r Reader<'p>, data: Bid, subs: &'s SubNodes) -> Result<Self, ReadError> {
        let heap = Heap::open(reader, data)?;
        if heap.client != CLIENT {
            let reason = format!(
                "the heap holds no properties but type 0x{:02x}",
                heap.client
            );
            return Err(ReadError::structure(reason).in_block(data));
        }
        let tree = Bth::open(&heap, heap.root, 2, &[6]).map_err(|e| e.in_block(data))?;
        let mut entries = Vec::with_capacity(64);
        for leaf in tree.leaves(&heap)? {
            match heap.piece(leaf) {
                Ok(piece) => entries.extend(piece.chunks_exact(tree.record()).filter_map(entry)),
                Err(error) => reader.note(error),
            }
            if entries.len() > MAX_ENTRIES {
                return Err(ReadError::limit("too many properties in one item").in_block(data));
            }
        }
        let is_sorted = entries.is_sorted_by_key(|e| e.tag);
        Ok(Self {
            heap,
            subs,
            entries,
            is_sorted,
        })
    }

    /// Every entry, in the order of the context.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The first entry of a tag.
    pub fn entry(&self, tag: u16) -> Option<Entry> {
        if self.is_sorted {
            let at = self.entries.partition_point(|e| e.tag < tag);
            return self.entries.get(at).copied().filter(|e| e.tag == tag);
        }
        self.entries.iter().copied().find(|e| e.tag == tag)
    }

    /// The value of a tag: nothing if there is none.
    ///
    /// # Errors
    /// If the value is there and cannot be read.
    pub fn get(&self, tag: u16) -> Result<Option<Value<'_>>, PropError> {
        self.entry(tag).map(|entry| self.value(entry)).transpose()
    }

    /// The value of an entry.
    ///
    /// # Errors
    /// If it cannot be read, or is larger than is held in memory.
    pub fn value(&self, entry: Entry) -> Result<Value<'_>, PropError> {
        let fail = |error| PropError {
            tag: entry.tag,
            kind: entry.kind,
            error,
        };
        let data = match self.content(entry)? {
            Content::Bytes(bytes) => bytes,
            Content::Tree(tree) => {
                let reader = self.heap.reader;
                Cow::Owned(tree.read_all(reader, MAX_VALUE_BYTES).map_err(fail)?)
            }
        };
        self.heap.reader.spend_value(data.len()).map_err(fail)?;
        Ok(Value {
            kind: entry.kind,
            data,
        })
    }

    /// The value of an entry, or the blocks that hold it.
    ///
    /// # Errors
    /// If the type is unknown or the value is not where the entry says.
    pub fn content(&self, entry: Entry) -> Result<Content<'_>, PropError> {
        let fail = |error| PropError {
            tag: entry.tag,
            kind: entry.kind,
            error,
        };
        match Shape::of(entry.kind) {
            Shape::Unknown => Err(fail(ReadError::structure(
                "the type of the property is unknown",
            ))),
            Shape::Fixed(size) if size <= 4 => Ok(Content::Bytes(Cow::Owned(
                entry.inline.get(..size).unwrap_or_default().to_vec(),
            ))),
            Shape::Fixed(size) => {
                let piece = self.heap.piece(Hid(entry.hnid())).map_err(fail)?;
                let value = piece.get(..size).or(piece.is_empty().then_some(piece));
                value
                    .map(|v| Content::Bytes(Cow::Borrowed(v)))
                    .ok_or_else(|| {
                        fail(ReadError::structure("the value is too short for its type"))
                    })
            }
            Shape::Variable => self.variable(entry.hnid()).map_err(fail),
        }
    }

    fn variable(&self, hnid: u32) -> Result<Content<'_>, ReadError> {
        if Hid(hnid).is_heap() {
            return self
                .heap
                .piece(Hid(hnid))
                .map(|p| Content::Bytes(Cow::Borrowed(p)));
        }
        let missing = || ReadError::structure(format!("subnode {hnid:x} of a value is missing"));
        let node = self.subs.find(Nid(hnid)).ok_or_else(missing)?;
        DataTree::load(self.heap.reader, node.data).map(Content::Tree)
    }

    /// The subnode that an object property (`PtypObject`) names.
    ///
    /// # Errors
    /// If the property names no subnode of this item.
    pub fn object(&self, entry: Entry) -> Result<SubNode, PropError> {
        let fail = |error| PropError {
            tag: entry.tag,
            kind: entry.kind,
            error,
        };
        let piece = self.heap.piece(Hid(entry.hnid())).map_err(fail)?;
        u32_at(piece, 0)
            .and_then(|nid| self.subs.find(Nid(nid)))
            .ok_or_else(|| fail(ReadError::structure("the subnode of an object is missing")))
    }
}

fn entry(record: &[u8]) -> Option<Entry> {
    Some(Entry {
        tag: u16_at(record, 0)?,
        kind: u16_at(record, 2)?,
        inline: array(record, 4)?,
    })
}

/// Whether an entry is an object, so that its value is a subnode.
pub fn is_object(entry: Entry) -> bool {
    entry.kind == ptype::OBJECT
}
