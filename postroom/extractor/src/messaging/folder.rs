//! Folders and which messages are in them (\[MS-PST\] 2.4.4).
//!
//! A message is counted twice: as a row of its folder's contents table, and as a node whose
//! parent is the folder. Every difference is told.

use std::collections::HashSet;

use crate::error::{Fault, Kind, ReadError};
use crate::identity::text::text;
use crate::ltp::{Properties, row_ids, tag};
use crate::ndb::{Nid, Pst, Reader, SubNodes, nid_type};

use super::faults::Faults;

/// Folders nested deeper than this are told of and read as if on this level.
const MAX_DEPTH: usize = 256;

/// The place of everything that hangs on nothing.
pub const ORPHANED: &str = "(orphaned)";

/// How a message was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Table,
    NotInTable,
    Orphan,
}

impl Origin {
    /// The word in the records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::NotInTable => "not_in_table",
            Self::Orphan => "orphan",
        }
    }
}

/// A message of a folder: its node, and its row where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    pub nid: Nid,
    pub index: Option<u32>,
    pub origin: Origin,
}

/// A folder, its place and what its contents table lists.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    pub nid: Nid,
    pub parent: Nid,
    pub path: String,
    /// Ids of the rows of the contents table, in the order of the row index.
    pub rows: Vec<u32>,
    pub message_nodes: usize,
}

/// All folders in reading order, and all message nodes by their parent.
#[derive(Debug, Default)]
pub struct Folders {
    pub list: Vec<Folder>,
    /// Parent and node of every message, sorted.
    by_parent: Vec<(u32, u32)>,
    /// Messages of which only an associated (hidden) form exists; they are counted, not read.
    pub associated: u64,
}

impl Folders {
    /// Walks the folders from the root, then those that hang on nothing.
    pub fn load(reader: &Reader, faults: &mut Faults) -> Self {
        let pst = reader.pst;
        let of_kind = |kind| pst.nodes.iter().filter(move |n| n.nid.kind() == kind);
        let mut by_parent: Vec<_> = of_kind(nid_type::NORMAL_MESSAGE)
            .map(|n| (n.parent.0, n.nid.0))
            .collect();
        by_parent.sort_unstable();
        let mut children: Vec<_> = of_kind(nid_type::NORMAL_FOLDER)
            .map(|n| (n.parent.0, n.nid.0))
            .collect();
        children.sort_unstable();
        let associated = of_kind(nid_type::ASSOC_MESSAGE).count() as u64;
        let mut walk = Walk {
            reader,
            faults,
            children: &children,
            visited: HashSet::new(),
        };
        let mut list = Vec::new();
        if pst.nodes.find(Nid::ROOT_FOLDER).is_some() {
            walk.from(Nid::ROOT_FOLDER, None, &mut list);
        }
        // What hangs on no folder comes before what only runs in circles.
        for is_circle_allowed in [false, true] {
            for &(parent, nid) in &children {
                let has_parent = pst
                    .nodes
                    .find(Nid(parent))
                    .is_some_and(|n| is_folder(n.nid));
                if !walk.visited.contains(&nid) && (is_circle_allowed || !has_parent) {
                    walk.stray(Nid(nid), &mut list);
                }
            }
        }
        let mut folders = Self {
            list,
            by_parent,
            associated,
        };
        folders.count_nodes();
        folders
    }

    fn count_nodes(&mut self) {
        let by_parent = &self.by_parent;
        for folder in &mut self.list {
            folder.message_nodes = range(by_parent, folder.nid).len();
        }
    }

    /// Takes the messages that the rows of a folder name. The rows that name none, or one that is
    /// taken, are told to `faults` with their index.
    pub fn claim_rows(&self, folder: &Folder, pst: &Pst, claims: &mut Claims, faults: &mut Faults) {
        faults.folder_nid = Some(folder.nid);
        for (index, &row) in folder.rows.iter().enumerate() {
            let (kind, reason) = match claims.claim(pst, Nid(row)) {
                Claim::Taken => continue,
                Claim::Missing => (
                    Kind::MissingNode,
                    "the row of the contents table has no node",
                ),
                Claim::NoMessage => (
                    Kind::Structure,
                    "the row of the contents table is no message",
                ),
                Claim::TakenBefore => (Kind::Structure, "another row has this message already"),
            };
            let folder_index = u32::try_from(index).ok();
            let nid = Some(Nid(row));
            faults.add(Fault {
                nid,
                folder_index,
                ..Fault::new(kind, reason)
            });
        }
    }

    /// The message nodes of a folder that no contents table lists.
    pub fn unlisted(
        &self,
        folder: &Folder,
        pst: &Pst,
        claims: &mut Claims,
        faults: &mut Faults,
    ) -> Vec<Member> {
        faults.folder_nid = Some(folder.nid);
        let mut members = Vec::new();
        for &(_, nid) in range(&self.by_parent, folder.nid) {
            if claims.claim(pst, Nid(nid)) == Claim::Taken {
                let reason = "the message is not in the contents table of its folder";
                faults.add(Fault {
                    nid: Some(Nid(nid)),
                    ..Fault::new(Kind::NotInTable, reason)
                });
                members.push(Member {
                    nid: Nid(nid),
                    index: None,
                    origin: Origin::NotInTable,
                });
            }
        }
        members
    }

    /// The message nodes that nobody took: their parent is no folder.
    pub fn orphans(&self, pst: &Pst, claims: &mut Claims, faults: &mut Faults) -> Vec<Member> {
        faults.folder_nid = None;
        let all = self.by_parent.iter().map(|&(_, nid)| nid);
        let mut nids: Vec<_> = all.filter(|&nid| claims.is_free(pst, Nid(nid))).collect();
        nids.sort_unstable();
        let mut members = Vec::new();
        for nid in nids {
            if claims.claim(pst, Nid(nid)) == Claim::Taken {
                let reason = "the parent of the message is no folder";
                faults.add(Fault {
                    nid: Some(Nid(nid)),
                    ..Fault::new(Kind::Orphan, reason)
                });
                members.push(Member {
                    nid: Nid(nid),
                    index: None,
                    origin: Origin::Orphan,
                });
            }
        }
        members
    }
}

fn is_folder(nid: Nid) -> bool {
    nid.kind() == nid_type::NORMAL_FOLDER
}

/// The message nodes of one parent.
fn range(by_parent: &[(u32, u32)], parent: Nid) -> &[(u32, u32)] {
    let start = by_parent.partition_point(|&(p, _)| p < parent.0);
    let end = by_parent.partition_point(|&(p, _)| p <= parent.0);
    by_parent.get(start..end).unwrap_or_default()
}

/// Which messages are taken: a bit for each node, so that no message is written twice.
pub struct Claims {
    bits: Vec<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    Taken,
    TakenBefore,
    Missing,
    NoMessage,
}

impl Claims {
    /// Nothing is taken yet.
    pub fn new(pst: &Pst) -> Self {
        Self {
            bits: vec![0; pst.nodes.len().div_ceil(64)],
        }
    }

    /// Whether nobody has taken the message.
    fn is_free(&self, pst: &Pst, nid: Nid) -> bool {
        let at = pst.nodes.position(nid);
        let word = at.and_then(|at| Some((self.bits.get(at / 64)?, at % 64)));
        word.is_some_and(|(word, bit)| word & (1 << bit) == 0)
    }

    fn claim(&mut self, pst: &Pst, nid: Nid) -> Claim {
        let Some(at) = pst.nodes.position(nid) else {
            return Claim::Missing;
        };
        if nid.kind() != nid_type::NORMAL_MESSAGE {
            return Claim::NoMessage;
        }
        let Some(word) = self.bits.get_mut(at / 64) else {
            return Claim::Missing;
        };
        let bit = 1 << (at % 64);
        if *word & bit != 0 {
            return Claim::TakenBefore;
        }
        *word |= bit;
        Claim::Taken
    }
}

struct Walk<'a, 'p> {
    reader: &'a Reader<'p>,
    faults: &'a mut Faults,
    children: &'a [(u32, u32)],
    visited: HashSet<u32>,
}

impl Walk<'_, '_> {
    /// A folder that the root does not reach, and all below it.
    fn stray(&mut self, nid: Nid, list: &mut Vec<Folder>) {
        self.faults.folder_nid = Some(nid);
        self.faults.add(Fault::new(
            Kind::Folder,
            "the root folder does not reach this folder",
        ));
        self.from(nid, Some(ORPHANED.to_owned()), list);
    }

    /// Takes a folder and all below it up, each before its children.
    fn from(&mut self, top: Nid, above: Option<String>, list: &mut Vec<Folder>) {
        let is_root = above.is_none();
        let mut stack = vec![(top, above, 0_usize)];
        while let Some((nid, above, depth)) = stack.pop() {
            if !self.visited.insert(nid.0) {
                continue;
            }
            let folder = self.folder(nid, above, is_root && nid == top);
            let below = if depth < MAX_DEPTH {
                folder.path.clone()
            } else {
                String::new()
            };
            if depth == MAX_DEPTH {
                self.faults
                    .add(Fault::new(Kind::Limit, "folders are nested too deeply"));
            }
            let below_depth = if depth < MAX_DEPTH { depth + 1 } else { 1 };
            let children = range(self.children, nid).iter().rev();
            stack
                .extend(children.map(|&(_, child)| (Nid(child), Some(below.clone()), below_depth)));
            list.push(folder);
        }
    }

    fn folder(&mut self, nid: Nid, above: Option<String>, is_root: bool) -> Folder {
        self.faults.folder_nid = Some(nid);
        self.faults.nid = Some(nid);
        self.reader.begin_values();
        let node = self.reader.pst.nodes.find(nid);
        let name = node
            .map_or_else(
                || Err(ReadError::structure("the folder has no node")),
                |n| {
                    let subs = SubNodes::load(self.reader, n.sub)?;
                    let properties = Properties::open(self.reader, n.data, &subs)?;
                    let name = properties.get(tag::DISPLAY_NAME).map_err(|e| e.error)?;
                    Ok(text(name.as_ref()).into_owned())
                },
            )
            .unwrap_or_else(|error| {
                self.faults.read(Kind::Folder, error);
                String::new()
            });
        let path = if is_root {
            String::new()
        } else {
            joined(above, &segment(nid, &name))
        };
        let rows = self.rows(nid);
        self.faults.drain(self.reader);
        let parent = node.map(|n| n.parent).unwrap_or_default();
        Folder {
            nid,
            parent,
            path,
            rows,
            message_nodes: 0,
        }
    }

    fn rows(&mut self, nid: Nid) -> Vec<u32> {
        let table = nid.with_kind(nid_type::CONTENTS_TABLE);
        let Some(node) = self.reader.pst.nodes.find(table) else {
            return Vec::new();
        };
        row_ids(self.reader, node.data).unwrap_or_else(|error| {
            let error = ReadError {
                reason: format!("contents table: {}", error.reason),
                ..error
            };
            self.faults.read(Kind::Folder, error);
            Vec::new()
        })
    }
}

fn joined(above: Option<String>, segment: &str) -> String {
    match above {
        Some(above) if !above.is_empty() => format!("{above}/{segment}"),
        _ => segment.to_owned(),
    }
}

/// A folder's name as a part of a path; `(nid)` if it has none.
fn segment(nid: Nid, name: &str) -> String {
    if name.is_empty() {
        return format!("({nid})");
    }
    name.replace('\\', "\\\\").replace('/', "\\/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_part_of_a_path() {
        assert_eq!(segment(Nid(0x122), ""), "(122)");
        assert_eq!(segment(Nid(1), "a/b\\c"), "a\\/b\\\\c");
        assert_eq!(joined(Some(String::new()), "x"), "x");
        assert_eq!(joined(Some("a".into()), "x"), "a/x");
    }

    #[test]
    fn the_nodes_of_one_parent_are_a_range() {
        let all = [(1, 5), (2, 6), (2, 7), (3, 8)];
        assert_eq!(range(&all, Nid(2)), &[(2, 6), (2, 7)]);
        assert!(range(&all, Nid(9)).is_empty());
    }
}
