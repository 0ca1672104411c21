//! Files that are wrong on purpose, for the tests of readers.

use crate::error::{Result, SynthError};

/// One thing that is wrong with a file that is otherwise in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hostile {
    /// An attachment of two gigabytes made of one block, in every tenth mail.
    SharedBlocks,
    /// The root of the node B-tree names itself as its last child.
    BtreeCycle,
    /// A mail inside a mail, 300 deep.
    DeepNesting,
    /// A mail that is its own attachment.
    EndlessNesting,
    /// Every seventh block has a wrong CRC.
    BadCrc,
    /// The file ends after two thirds of what its header says; both B-trees are gone.
    Truncated,
    /// The same, but the B-trees lie in front and are whole.
    TruncatedTail,
    /// Streams of many blocks claim to be 4 GB long, some blocks to be larger than any block, or to lie far behind
    /// the end of the file.
    AbsurdSize,
    /// Every fifth row of a contents table names a node that is not there.
    MissingNode,
    /// Every fifth mail has a folder for a parent that has no row for it.
    NoContentsRow,
    /// Every fifth mail has no folder for a parent.
    Orphan,
}

const KINDS: &[(Hostile, &str)] = &[
    (Hostile::SharedBlocks, "shared-blocks"),
    (Hostile::BtreeCycle, "btree-cycle"),
    (Hostile::DeepNesting, "deep-nesting"),
    (Hostile::EndlessNesting, "endless-nesting"),
    (Hostile::BadCrc, "bad-crc"),
    (Hostile::Truncated, "truncated"),
    (Hostile::TruncatedTail, "truncated-tail"),
    (Hostile::AbsurdSize, "absurd-size"),
    (Hostile::MissingNode, "missing-node"),
    (Hostile::NoContentsRow, "no-contents-row"),
    (Hostile::Orphan, "orphan"),
];

impl Hostile {
    pub fn named(name: &str) -> Result<Self> {
        KINDS
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(kind, _)| *kind)
            .ok_or_else(|| {
                let names: Vec<&str> = KINDS.iter().map(|(_, known)| *known).collect();
                SynthError::usage(
                    format!("there is no kind of hostile file {name:?}"),
                    format!("kinds: {}", names.join(", ")),
                )
            })
    }

    /// Whether the `number`th mail of a folder is one of those that something is wrong with.
    pub fn concerns(self, number: u64) -> bool {
        match self {
            Self::SharedBlocks => number % 10 == 2,
            Self::DeepNesting | Self::EndlessNesting => number == 2,
            _ => number % 5 == 2,
        }
    }
}
