//! The file below the messages: space, pages, blocks, trees, heaps and tables.

pub mod btree;
pub mod cipher;
pub mod crc;
pub mod damage;
pub mod header;
pub mod heap;
pub mod layout;
pub mod ndb;
pub mod page;
pub mod properties;
pub mod space;
pub mod subnodes;
pub mod table;
