//! The two B-trees of pages, built from their leaves up (\[MS-PST\] 2.2.2.7.7).

use super::layout::Layout;
use super::ndb::{BlockRecord, NodeRecord};
use super::page::{PageKind, sealed};
use super::space::Space;
use crate::error::Result;

/// Where a page lies: its id and its offset.
#[derive(Clone, Copy, Debug)]
pub struct PageRef {
    pub id: u64,
    pub at: u64,
}

/// A page below an entry of the next level.
struct Child {
    key: u64,
    page: PageRef,
}

/// A writer of B-tree pages.
pub struct Pages<'a> {
    layout: Layout,
    space: &'a mut Space,
    next_id: u64,
}

impl<'a> Pages<'a> {
    pub fn new(layout: Layout, space: &'a mut Space) -> Self {
        Self {
            layout,
            space,
            next_id: 1,
        }
    }

    pub fn next_page(&self) -> u64 {
        self.next_id
    }

    /// Writes the tree of nodes, which are sorted by id.
    pub fn node_tree(&mut self, nodes: &[NodeRecord]) -> Result<PageRef> {
        let (layout, size) = (self.layout, self.layout.width() * 4);
        let put = |index: usize, out: &mut Vec<u8>| {
            let node = nodes[index];
            layout.put_id(out, u64::from(node.nid));
            layout.put_id(out, u64::from(node.data));
            layout.put_id(out, u64::from(node.subnodes));
            layout.put_id(out, u64::from(node.parent));
            u64::from(node.nid)
        };
        self.tree(PageKind::NodeTree, nodes.len(), size, &put)
    }

    /// Writes the tree of blocks; the id of a block follows from its place in the list.
    pub fn block_tree(&mut self, blocks: &[BlockRecord]) -> Result<PageRef> {
        let (layout, size) = (self.layout, if self.layout.is_wide { 24 } else { 12 });
        let put = |index: usize, out: &mut Vec<u8>| {
            let block = blocks[index];
            let bid = (index as u64 + 1) * 4 + u64::from(block.is_internal) * 2;
            layout.put_id(out, bid);
            layout.put_id(out, u64::from(block.slot) * layout.slot as u64);
            out.extend_from_slice(&block.stored.to_le_bytes());
            if layout.is_4k() {
                out.extend_from_slice(&block.plain.to_le_bytes());
            }
            out.extend_from_slice(&block.references.to_le_bytes());
            if layout.is_wide {
                out.resize(out.len().next_multiple_of(size), 0);
            }
            bid
        };
        self.tree(PageKind::BlockTree, blocks.len(), size, &put)
    }

    /// Writes leaves of `count` entries and the levels above them, and returns the root.
    fn tree(
        &mut self,
        kind: PageKind,
        count: usize,
        entry_size: usize,
        put: &dyn Fn(usize, &mut Vec<u8>) -> u64,
    ) -> Result<PageRef> {
        let capacity = self.layout.entry_bytes() / entry_size;
        let mut children = Vec::new();
        for first in (0..count).step_by(capacity) {
            let mut entries = Vec::new();
            let keys: Vec<u64> = (first..count.min(first + capacity))
                .map(|index| put(index, &mut entries))
                .collect();
            let page = self.page(kind, entries, keys.len(), entry_size, 0)?;
            children.push(Child { key: keys[0], page });
        }
        let mut level = 1;
        while children.len() > 1 {
            children = self.level(kind, &children, level)?;
            level += 1;
        }
        match children.first() {
            Some(root) => Ok(root.page),
            None => self.page(kind, Vec::new(), 0, entry_size, 0),
        }
    }

    fn level(&mut self, kind: PageKind, below: &[Child], level: u8) -> Result<Vec<Child>> {
        let entry_size = self.layout.width() * 3;
        let mut parents = Vec::new();
        for group in below.chunks(self.layout.entry_bytes() / entry_size) {
            let mut entries = Vec::new();
            for child in group {
                self.layout.put_id(&mut entries, child.key);
                self.layout.put_id(&mut entries, child.page.id);
                self.layout.put_id(&mut entries, child.page.at);
            }
            let page = self.page(kind, entries, group.len(), entry_size, level)?;
            parents.push(Child {
                key: group[0].key,
                page,
            });
        }
        Ok(parents)
    }

    fn page(
        &mut self,
        kind: PageKind,
        mut content: Vec<u8>,
        count: usize,
        entry_size: usize,
        level: u8,
    ) -> Result<PageRef> {
        let capacity = self.layout.entry_bytes() / entry_size;
        content.resize(self.layout.entry_bytes(), 0);
        if self.layout.is_4k() {
            content.extend_from_slice(&(count as u16).to_le_bytes());
            content.extend_from_slice(&(capacity as u16).to_le_bytes());
        } else {
            content.extend_from_slice(&[count as u8, capacity as u8]);
        }
        content.extend_from_slice(&[entry_size as u8, level]);
        let at = self.space.next_page()?;
        let id = self.next_id;
        self.next_id += 1;
        let page = sealed(&self.layout, content, kind, id, at);
        self.space.put_page(at, page);
        Ok(PageRef { id, at })
    }
}
