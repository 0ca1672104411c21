//! The node and block B-trees as sorted columns (\[MS-PST\] 2.2.2.7.7).
//!
//! Columns instead of entries keep eight million blocks in 96 MB.

use super::column::Column;
use super::ids::{Bid, Nid};

/// Where a block lies and how many bytes of it are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockPlace {
    pub offset: u64,
    pub size: u16,
}

/// All blocks, by id.
#[derive(Debug, Default)]
pub struct BlockIndex {
    bids: Column,
    /// Offset in the high 48 bits, size in the low 16.
    places: Vec<u64>,
}

impl BlockIndex {
    /// Takes a block up; false if its offset is absurd.
    pub fn push(&mut self, bid: Bid, place: BlockPlace) -> bool {
        if place.offset >> 48 != 0 {
            return false;
        }
        self.bids.push(bid.searched().0);
        self.places
            .push((place.offset << 16) | u64::from(place.size));
        true
    }

    /// Sorts where a damaged tree was not sorted; the first of equal ids wins.
    pub fn finish(&mut self) {
        if !self.bids.is_sorted() {
            let order = sorted_order(self.bids.len(), |n| self.bids.get(n));
            self.bids = self.bids.reordered(&order);
            self.places = reordered(&self.places, &order);
        }
        self.bids.shrink_to_fit();
        self.places.shrink_to_fit();
    }

    /// The place of a block.
    pub fn find(&self, bid: Bid) -> Option<BlockPlace> {
        let wanted = bid.searched().0;
        let at = self.bids.lower_bound(wanted);
        if self.bids.get(at) != Some(wanted) {
            return None;
        }
        let place = *self.places.get(at)?;
        Some(BlockPlace {
            offset: place >> 16,
            size: (place & 0xFFFF) as u16,
        })
    }

    pub fn len(&self) -> usize {
        self.bids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bids.len() == 0
    }
}

/// A node: its data, its subnodes, its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    pub nid: Nid,
    pub data: Bid,
    pub sub: Bid,
    pub parent: Nid,
}

/// All nodes, by id.
#[derive(Debug, Default)]
pub struct NodeIndex {
    nids: Vec<u32>,
    parents: Vec<u32>,
    data: Column,
    subs: Column,
}

impl NodeIndex {
    pub fn push(&mut self, node: Node) {
        self.nids.push(node.nid.0);
        self.parents.push(node.parent.0);
        self.data.push(node.data.0);
        self.subs.push(node.sub.0);
    }

    /// Sorts where a damaged tree was not sorted; the first of equal ids wins.
    pub fn finish(&mut self) {
        if !self.nids.is_sorted() {
            let order = sorted_order(self.nids.len(), |n| self.nids.get(n).copied());
            self.nids = reordered(&self.nids, &order);
            self.parents = reordered(&self.parents, &order);
            self.data = self.data.reordered(&order);
            self.subs = self.subs.reordered(&order);
        }
        self.nids.shrink_to_fit();
        self.parents.shrink_to_fit();
        self.data.shrink_to_fit();
        self.subs.shrink_to_fit();
    }

    /// The position of a node in the order of ids.
    pub fn position(&self, nid: Nid) -> Option<usize> {
        let at = self.nids.partition_point(|&n| n < nid.0);
        (self.nids.get(at) == Some(&nid.0)).then_some(at)
    }

    /// The node at a position.
    pub fn get(&self, at: usize) -> Option<Node> {
        Some(Node {
            nid: Nid(*self.nids.get(at)?),
            data: Bid(self.data.get(at)?),
            sub: Bid(self.subs.get(at)?),
            parent: Nid(*self.parents.get(at)?),
        })
    }

    /// The node with this id.
    pub fn find(&self, nid: Nid) -> Option<Node> {
        self.get(self.position(nid)?)
    }

    /// Every node, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = Node> + '_ {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    pub fn len(&self) -> usize {
        self.nids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nids.is_empty()
    }
}

fn sorted_order<K: Ord>(length: usize, key: impl Fn(usize) -> Option<K>) -> Vec<u32> {
    let mut order: Vec<u32> = (0..length).filter_map(|n| u32::try_from(n).ok()).collect();
    order.sort_by_key(|&n| key(n as usize));
    order
}

fn reordered<T: Copy>(column: &[T], order: &[u32]) -> Vec<T> {
    order
        .iter()
        .filter_map(|&n| column.get(n as usize).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsorted_tree_is_searched_all_the_same_and_the_first_of_equals_wins() {
        let mut index = BlockIndex::default();
        for (bid, offset) in [(8, 1), (4, 2), (8, 3)] {
            assert!(index.push(Bid(bid), BlockPlace { offset, size: 7 }));
        }
        index.finish();
        assert_eq!(index.find(Bid(8)), Some(BlockPlace { offset: 1, size: 7 }));
        assert_eq!(index.find(Bid(5)), Some(BlockPlace { offset: 2, size: 7 }));
        assert_eq!(index.find(Bid(6)), None);
    }

    #[test]
    fn an_absurd_offset_is_refused() {
        let place = BlockPlace {
            offset: 1 << 48,
            size: 1,
        };
        assert!(!BlockIndex::default().push(Bid(4), place));
    }

    #[test]
    fn nodes_keep_their_columns_together() {
        let mut index = NodeIndex::default();
        let node = |nid| Node {
            nid: Nid(nid),
            data: Bid(8),
            sub: Bid(2),
            parent: Nid(nid + 1),
        };
        index.push(node(9));
        index.push(node(3));
        index.finish();
        assert_eq!(index.find(Nid(9)), Some(node(9)));
        assert_eq!(
            index.iter().map(|n| n.nid.0).collect::<Vec<_>>(),
            vec![3, 9]
        );
    }
}
