//! Writing a mailbox: its store, its folders, its messages (\[MS-PST\] 2.4).

pub mod folder;
pub mod message;
pub mod names;
pub mod nids;
pub mod store;
pub mod traps;
pub mod writer;
