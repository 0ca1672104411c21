//! A reader of Outlook PST files, in the layers of \[MS-PST\].
//!
//! `ndb` reads pages, blocks and nodes; `ltp` heaps, properties and tables; `messaging` folders,
//! messages and attachments; `text` bytes and markup for people; `identity` the hashes; `write`
//! the outputs.

pub mod bytes;
pub mod error;
pub mod extract;
pub mod identity;
pub mod ltp;
pub mod memory;
pub mod messaging;
pub mod ndb;
pub mod opened;
pub mod source;
pub mod text;
pub mod write;
