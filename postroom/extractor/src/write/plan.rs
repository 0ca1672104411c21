//! Which messages are read together: cut by counts and sizes, never by threads.

use super::unit::Unit;
use crate::error::{Fault, Kind};
use crate::messaging::{Claims, Faults, Folder, Folders, Member, Origin};
use crate::ndb::{Nid, Pst};

/// Messages of a unit.
const UNIT_MESSAGES: usize = 128;
/// Stored bytes of first blocks after which a unit is cut.
const UNIT_BYTES: u64 = 4 << 20;

/// Hands out units in the order of the outputs.
pub struct Plan<'a> {
    pst: &'a Pst,
    folders: &'a Folders,
    /// What was wrong with the rows of each folder.
    row_faults: Vec<Vec<Fault>>,
    claims: Claims,
    /// The folder that is handed out; the one after the last is that of the orphans.
    folder: usize,
    row: usize,
    /// The messages of the folder that have no row.
    unlisted: Option<std::vec::IntoIter<Member>>,
    pending: Vec<Fault>,
    number: u64,
}

impl<'a> Plan<'a> {
    /// Takes every row of every contents table first, so that no message counts as unlisted that
    /// a later folder lists.
    pub fn new(pst: &'a Pst, folders: &'a Folders) -> Self {
        let mut claims = Claims::new(pst);
        let claim = |folder: &Folder| {
            let mut faults = Faults::default();
            folders.claim_rows(folder, pst, &mut claims, &mut faults);
            faults.list
        };
        let row_faults: Vec<_> = folders.list.iter().map(claim).collect();
        let pending = row_faults.first().cloned().unwrap_or_default();
        Self {
            pst,
            folders,
            row_faults,
            claims,
            folder: 0,
            row: 0,
            unlisted: None,
            pending,
            number: 0,
        }
    }

    /// The number of rows without a message of their own, by folder.
    pub fn failed_rows(&self) -> Vec<u64> {
        self.row_faults
            .iter()
            .map(|faults| faults.len() as u64)
            .collect()
    }

    /// The next message of the current folder.
    fn member(&mut self) -> Option<Member> {
        if let Some(folder) = self.folders.list.get(self.folder) {
            while let Some(&row) = folder.rows.get(self.row) {
                let index = u32::try_from(self.row).ok();
                self.row += 1;
                if !self.is_bad(index) {
                    self.check_parent(folder, Nid(row), index);
                    return Some(Member {
                        nid: Nid(row),
                        index,
                        origin: Origin::Table,
                    });
                }
            }
        }
        if self.unlisted.is_none() {
            self.unlisted = Some(self.find_unlisted().into_iter());
        }
        self.unlisted.as_mut()?.next()
    }

    /// A row may name a message whose node says that it is in another folder.
    fn check_parent(&mut self, folder: &Folder, nid: Nid, folder_index: Option<u32>) {
        let parent = self.pst.nodes.find(nid).map(|node| node.parent);
        if parent != Some(folder.nid) {
            let reason = "the node of the message names another folder as its parent";
            let place = (Some(folder.nid), Some(nid));
            let (folder_nid, nid) = place;
            let fault = Fault::new(Kind::Structure, reason);
            self.pending.push(Fault {
                folder_nid,
                folder_index,
                nid,
                ..fault
            });
        }
    }

    fn is_bad(&self, index: Option<u32>) -> bool {
        let faults = self.row_faults.get(self.folder);
        faults.is_some_and(|all| all.binary_search_by_key(&index, |f| f.folder_index).is_ok())
    }

    fn find_unlisted(&mut self) -> Vec<Member> {
        let mut faults = Faults::default();
        let members = match self.folders.list.get(self.folder) {
            Some(folder) => self
                .folders
                .unlisted(folder, self.pst, &mut self.claims, &mut faults),
            None => self
                .folders
                .orphans(self.pst, &mut self.claims, &mut faults),
        };
        self.pending.extend(faults.list);
        members
    }

    fn next_folder(&mut self) {
        self.folder += 1;
        self.row = 0;
        self.unlisted = None;
        self.pending = self
            .row_faults
            .get(self.folder)
            .cloned()
            .unwrap_or_default();
    }

    fn weight(&self, member: Member) -> u64 {
        let node = self.pst.nodes.find(member.nid);
        let place = node.and_then(|n| self.pst.blocks.find(n.data));
        place.map_or(0, |p| u64::from(p.size))
    }
}

impl Iterator for Plan<'_> {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        while self.folder <= self.folders.list.len() {
            let mut members = Vec::with_capacity(UNIT_MESSAGES);
            let mut bytes = 0;
            while members.len() < UNIT_MESSAGES && bytes < UNIT_BYTES {
                let Some(member) = self.member() else { break };
                bytes += self.weight(member);
                members.push(member);
            }
            let faults = std::mem::take(&mut self.pending);
            let folder = Some(self.folder).filter(|&f| f < self.folders.list.len());
            if members.is_empty() {
                self.next_folder();
            }
            if !members.is_empty() || !faults.is_empty() {
                let number = self.number;
                self.number += 1;
                return Some(Unit {
                    number,
                    folder,
                    members,
                    faults,
                });
            }
        }
        None
    }
}
