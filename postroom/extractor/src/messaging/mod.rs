//! Folders, messages, recipients and attachments (\[MS-PST\] 2.4, \[MS-OXCMSG\]).

mod attachment;
mod body;
mod faults;
mod folder;
mod message;
mod named_json;
mod recipient;
mod store;
mod text;

pub use attachment::{Attachment, Embedded};
pub use body::Bodies;
pub use faults::Faults;
pub use folder::{Claims, Folder, Folders, Member, ORPHANED, Origin};
pub use message::{Email, MessageReader, Party, Place};
pub use recipient::Recipient;
pub use store::has_password;
pub use text::Decoder;

use crate::error::ReadError;
use crate::identity::hash::Hash;
use crate::ndb::{DataTree, Reader};

/// Content that was stored, by its digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub size: u64,
    pub sha256: Hash,
    pub md5: Option<[u8; 16]>,
    pub sha1: Option<[u8; 20]>,
}

/// Where content goes while messages are read.
pub trait ContentStore {
    /// Stores bytes that are in memory.
    ///
    /// # Errors
    /// If the limit of outputs is reached.
    fn put(&self, bytes: &[u8]) -> Result<Stored, ReadError>;

    /// Stores the data of a tree, block by block.
    ///
    /// # Errors
    /// If a block cannot be read or the limit of outputs is reached.
    fn put_tree(&self, reader: &Reader, tree: &DataTree) -> Result<Stored, ReadError>;
}
