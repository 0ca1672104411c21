//! Pages of the B-trees, walked once at the start (\[MS-PST\] 2.2.2.7).

use std::collections::HashSet;

use super::checksum::{crc, signature};
use super::header::PageRef;
use super::ids::{Bid, Nid};
use super::index::{BlockIndex, BlockPlace, Node, NodeIndex};
use super::layout::{Format, Layout};
use crate::bytes::{u8_at, u16_at, u32_at, word_at};
use crate::error::ReadError;
use crate::source::Source;

/// Deeper trees than this do not exist: seven levels hold more blocks than a file can.
const MAX_LEVEL: u8 = 10;

/// The two B-trees of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
    Blocks,
    Nodes,
}

impl Tree {
    fn page_type(self) -> u8 {
        match self {
            Self::Blocks => 0x80,
            Self::Nodes => 0x81,
        }
    }
}

/// Reads every entry of the block B-tree; what cannot be read is added to `findings`.
pub fn read_blocks(
    source: &dyn Source,
    layout: &Layout,
    root: PageRef,
    findings: &mut Vec<ReadError>,
) -> BlockIndex {
    let mut index = BlockIndex::default();
    let walk = Walk {
        source,
        layout,
        tree: Tree::Blocks,
    };
    walk.leaves(root, findings, |entry, findings| {
        let word = layout.word();
        let bid = word_at(entry, 0, layout.is_wide)?;
        let offset = word_at(entry, word, layout.is_wide)?;
        let size = u16_at(entry, word * 2)?;
        if bid != 0 && !index.push(Bid(bid), BlockPlace { offset, size }) {
            findings
                .push(ReadError::structure("the block lies beyond any file").in_block(Bid(bid)));
        }
        Some(())
    });
    index.finish();
    index
}

/// Reads every entry of the node B-tree; what cannot be read is added to `findings`.
pub fn read_nodes(
    source: &dyn Source,
    layout: &Layout,
    root: PageRef,
    findings: &mut Vec<ReadError>,
) -> NodeIndex {
    let mut index = NodeIndex::default();
    let walk = Walk {
        source,
        layout,
        tree: Tree::Nodes,
    };
    walk.leaves(root, findings, |entry, _| {
        let word = layout.word();
        let nid = Nid(u32_at(entry, 0)?);
        let data = Bid(word_at(entry, word, layout.is_wide)?);
        let sub = Bid(word_at(entry, word * 2, layout.is_wide)?);
        let parent = Nid(u32_at(entry, word * 3)?);
        if nid.0 != 0 {
            index.push(Node {
                nid,
                data,
                sub,
                parent,
            });
        }
        Some(())
    });
    index.finish();
    index
}

struct Walk<'a> {
    source: &'a dyn Source,
    layout: &'a Layout,
    tree: Tree,
}

/// The counts at the end of a B-tree page.
struct Counts {
    entries: usize,
    entry_size: usize,
    level: u8,
}

impl Walk<'_> {
    /// Calls `take` with each leaf entry in order. A page is entered once, and only one level
    /// below the page that led to it, so a damaged tree cannot run in circles.
    fn leaves(
        &self,
        root: PageRef,
        findings: &mut Vec<ReadError>,
        mut take: impl FnMut(&[u8], &mut Vec<ReadError>) -> Option<()>,
    ) {
        let mut visited = HashSet::new();
        let mut stack = vec![(root, None)];
        let mut page = vec![0; self.layout.page_size];
        while let Some((place, level)) = stack.pop() {
            if !visited.insert(place.offset) {
                findings.push(self.broken(place, "the page occurs twice in its tree"));
                continue;
            }
            let counts = match self.read(place, level, &mut page, findings) {
                Ok(counts) => counts,
                Err(error) => {
                    findings.push(error);
                    continue;
                }
            };
            let entries = page.chunks_exact(counts.entry_size).take(counts.entries);
            if counts.level == 0 {
                entries.for_each(|entry| {
                    let _ = take(entry, findings);
                });
            } else {
                let below: Vec<_> = entries
                    .filter_map(|e| self.child(e))
                    .map(|p| (p, Some(counts.level - 1)))
                    .collect();
                stack.extend(below.into_iter().rev());
            }
        }
    }

    fn child(&self, entry: &[u8]) -> Option<PageRef> {
        let (word, is_wide) = (self.layout.word(), self.layout.is_wide);
        Some(PageRef {
            bid: word_at(entry, word, is_wide)?,
            offset: word_at(entry, word * 2, is_wide)?,
        })
    }

    fn read(
        &self,
        place: PageRef,
        level: Option<u8>,
        page: &mut [u8],
        findings: &mut Vec<ReadError>,
    ) -> Result<Counts, ReadError> {
        self.source
            .read_at(page, place.offset)
            .map_err(|e| self.broken(place, &format!("the page cannot be read: {e}")))?;
        self.check_trailer(place, page, findings)?;
        let counts = self
            .counts(page)
            .ok_or_else(|| self.broken(place, "no counts"))?;
        let least = if counts.level == 0 {
            self.leaf_size()
        } else {
            self.layout.word() * 3
        };
        if counts.entry_size < least {
            return Err(self.broken(place, "the entries are too short"));
        }
        if counts.entries.saturating_mul(counts.entry_size) > self.layout.page_counts {
            return Err(self.broken(place, "more entries than fit"));
        }
        if counts.level > MAX_LEVEL || level.is_some_and(|expected| expected != counts.level) {
            return Err(self.broken(place, "the page is on the wrong level"));
        }
        Ok(counts)
    }

    fn leaf_size(&self) -> usize {
        let word = self.layout.word();
        match self.tree {
            Tree::Blocks => word * 2 + 4,
            Tree::Nodes => word * 3 + 4,
        }
    }

    fn counts(&self, page: &[u8]) -> Option<Counts> {
        let at = self.layout.page_counts;
        if self.layout.format == Format::Unicode4k {
            return Some(Counts {
                entries: usize::from(u16_at(page, at)?),
                entry_size: usize::from(u8_at(page, at + 4)?),
                level: u8_at(page, at + 5)?,
            });
        }
        Some(Counts {
            entries: usize::from(u8_at(page, at)?),
            entry_size: usize::from(u8_at(page, at + 2)?),
            level: u8_at(page, at + 3)?,
        })
    }

    /// The page type must match; CRC and signature are only recorded.
    fn check_trailer(
        &self,
        place: PageRef,
        page: &[u8],
        findings: &mut Vec<ReadError>,
    ) -> Result<(), ReadError> {
        let at = self.layout.page_trailer;
        if u8_at(page, at) != Some(self.tree.page_type()) {
            return Err(self.broken(place, "the page is of another type"));
        }
        let (crc_at, _) = if self.layout.is_wide {
            (at + 4, at + 8)
        } else {
            (at + 8, at + 4)
        };
        let computed = page.get(..at).map(crc);
        if u32_at(page, crc_at) != computed {
            let reason = "the CRC of a B-tree page does not match";
            findings.push(
                ReadError::crc(reason)
                    .in_block(Bid(place.bid))
                    .at(place.offset),
            );
        }
        if u16_at(page, at + 2) != Some(signature(place.offset, place.bid)) {
            findings.push(self.broken(place, "the signature of the page does not match"));
        }
        Ok(())
    }

    fn broken(&self, place: PageRef, what: &str) -> ReadError {
        let name = match self.tree {
            Tree::Blocks => "block B-tree",
            Tree::Nodes => "node B-tree",
        };
        ReadError::structure(format!("{name}: {what}"))
            .in_block(Bid(place.bid))
            .at(place.offset)
    }
}
