//! Node and block ids (\[MS-PST\] 2.2.2.1, 2.2.2.2).

use std::fmt;

/// A node id: 27 bits of index, 5 bits of type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nid(pub u32);

/// A block id. Bit 0 is reserved, bit 1 says that the block is internal (a list, not data).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bid(pub u64);

/// Types of nodes that the reader tells apart.
pub mod nid_type {
    pub const NORMAL_FOLDER: u32 = 0x02;
    pub const SEARCH_FOLDER: u32 = 0x03;
    pub const NORMAL_MESSAGE: u32 = 0x04;
    pub const ATTACHMENT: u32 = 0x05;
    pub const ASSOC_MESSAGE: u32 = 0x08;
    pub const CONTENTS_TABLE: u32 = 0x0E;
}

impl Nid {
    pub const MESSAGE_STORE: Self = Self(0x21);
    pub const NAME_TO_ID_MAP: Self = Self(0x61);
    pub const ROOT_FOLDER: Self = Self(0x122);
    pub const RECIPIENT_TABLE: Self = Self(0x692);
    pub const ATTACHMENT_TABLE: Self = Self(0x671);

    /// The low five bits.
    pub fn kind(self) -> u32 {
        self.0 & 0x1F
    }

    /// The node with the same index and another type: a folder's contents table, for example.
    #[must_use]
    pub fn with_kind(self, kind: u32) -> Self {
        Self((self.0 & !0x1F) | kind)
    }
}

impl Bid {
    /// Whether the block is a list of blocks or nodes, which is never encoded.
    pub fn is_internal(self) -> bool {
        self.0 & 2 != 0
    }

    /// The id as the block B-tree knows it: without the reserved bit.
    #[must_use]
    pub fn searched(self) -> Self {
        Self(self.0 & !1)
    }

    /// No block at all.
    pub fn is_none(self) -> bool {
        self.searched().0 == 0
    }
}

impl fmt::Display for Nid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

impl fmt::Display for Bid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_finds_its_contents_table() {
        assert_eq!(Nid(0x8022).with_kind(nid_type::CONTENTS_TABLE), Nid(0x802E));
        assert_eq!(Nid::ROOT_FOLDER.kind(), nid_type::NORMAL_FOLDER);
    }

    #[test]
    fn the_reserved_bit_of_a_block_id_is_ignored() {
        assert_eq!(Bid(0x15).searched(), Bid(0x14));
        assert!(Bid(0x16).is_internal());
        assert!(Bid(1).is_none());
    }
}
