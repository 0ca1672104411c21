//! What can go wrong, and how it is recorded.
//!
//! ```text
//! OpenError    the whole file cannot be read, or the outputs cannot be written: one exit code
//! ReadError    one structure cannot be read; becomes a Fault once the item is known
//! Fault        a line of errors.ndjson
//! ```

use std::fmt;

use crate::ndb::{Bid, Nid};

/// The kind of an error record, as `docs/formats.md` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Crc,
    Property,
    Message,
    Attachment,
    Folder,
    NotInTable,
    MissingNode,
    Orphan,
    Limit,
    Omitted,
    Panic,
    Structure,
}

impl Kind {
    /// The word in `errors.ndjson`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crc => "crc",
            Self::Property => "property",
            Self::Message => "message",
            Self::Attachment => "attachment",
            Self::Folder => "folder",
            Self::NotInTable => "not_in_table",
            Self::MissingNode => "missing_node",
            Self::Orphan => "orphan",
            Self::Limit => "limit",
            Self::Omitted => "omitted",
            Self::Panic => "panic",
            Self::Structure => "structure",
        }
    }

    /// A finding tells of something odd of which nothing was lost.
    pub fn is_finding(self) -> bool {
        matches!(self, Self::Omitted | Self::NotInTable | Self::Orphan)
    }
}

/// One structure that could not be read, with its place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    pub kind: Kind,
    pub bid: Option<Bid>,
    pub offset: Option<u64>,
    pub reason: String,
}

impl ReadError {
    /// A structure that is not as \[MS-PST\] wants it.
    pub fn structure(reason: impl Into<String>) -> Self {
        Self {
            kind: Kind::Structure,
            bid: None,
            offset: None,
            reason: reason.into(),
        }
    }

    /// A limit against runaway input.
    pub fn limit(reason: impl Into<String>) -> Self {
        Self {
            kind: Kind::Limit,
            ..Self::structure(reason)
        }
    }

    /// A checksum that does not match; the bytes are used all the same.
    pub fn crc(reason: impl Into<String>) -> Self {
        Self {
            kind: Kind::Crc,
            ..Self::structure(reason)
        }
    }

    /// The same error, of this block unless a deeper one is named already.
    #[must_use]
    pub fn in_block(mut self, bid: Bid) -> Self {
        self.bid.get_or_insert(bid);
        self
    }

    /// The same error, at this place in the file unless one is named already.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.offset.get_or_insert(offset);
        self
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// One line of `errors.ndjson`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    pub node_path: Option<String>,
    pub folder_nid: Option<Nid>,
    pub folder_index: Option<u32>,
    pub nid: Option<Nid>,
    pub bid: Option<Bid>,
    pub offset: Option<u64>,
    /// Tag and type, as `0x1000001f`.
    pub property: Option<u32>,
    pub reason: String,
}

impl Fault {
    /// A fault about nothing in particular yet.
    pub fn new(kind: Kind, reason: impl Into<String>) -> Self {
        Self {
            kind,
            node_path: None,
            folder_nid: None,
            folder_index: None,
            nid: None,
            bid: None,
            offset: None,
            property: None,
            reason: reason.into(),
        }
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        Self {
            bid: error.bid,
            offset: error.offset,
            ..Self::new(error.kind, error.reason)
        }
    }
}

/// Why there is no output at all. The exit code is part of it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{0}")]
    NotReadable(String),
    #[error("{0}")]
    NotWritable(String),
}

impl OpenError {
    /// The exit code of the program: 3 could not read, 6 could not write.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotReadable(_) => 3,
            Self::NotWritable(_) => 6,
        }
    }
}
