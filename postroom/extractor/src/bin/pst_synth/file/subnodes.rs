//! The nodes inside a node (\[MS-PST\] 2.2.2.8.3.3).

use super::ndb::{Bid, Ndb};
use crate::error::Result;

/// Node type of data that a property context or a table keeps outside its heap.
const LTP: u32 = 0x1F;

/// One node inside a node.
#[derive(Clone, Copy)]
struct Subnode {
    nid: u32,
    data: Bid,
    inner: Bid,
}

/// The nodes inside one node, in the making.
#[derive(Default)]
pub struct Subnodes {
    nodes: Vec<Subnode>,
    values: u32,
}

impl Subnodes {
    pub fn add(&mut self, nid: u32, data: Bid, inner: Bid) {
        self.nodes.push(Subnode { nid, data, inner });
    }

    /// Adds the stream of a value that is too large for a heap, and returns its node id.
    pub fn add_value(&mut self, data: Bid) -> u32 {
        self.values += 1;
        let nid = ((0x400 + self.values) << 5) | LTP;
        self.add(nid, data, Bid::NONE);
        nid
    }

    /// Writes the list, with a second level where one block does not hold it.
    pub fn finish(mut self, ndb: &mut Ndb) -> Result<Bid> {
        if self.nodes.is_empty() {
            return Ok(Bid::NONE);
        }
        self.nodes.sort_unstable_by_key(|node| node.nid);
        let fan_out = (ndb.layout.block_data() - 8) / (ndb.layout.width() * 3);
        let mut leaves = Vec::new();
        for group in self.nodes.chunks(fan_out) {
            leaves.push((group[0].nid, leaf(ndb, group)?));
        }
        match leaves.as_slice() {
            [(_, only)] => Ok(*only),
            many => branch(ndb, many),
        }
    }
}

fn list_head(ndb: &Ndb, level: u8, count: usize) -> Vec<u8> {
    let mut data = vec![2, level];
    data.extend_from_slice(&(count as u16).to_le_bytes());
    if ndb.layout.is_wide {
        data.extend_from_slice(&[0; 4]);
    }
    data
}

fn leaf(ndb: &mut Ndb, nodes: &[Subnode]) -> Result<Bid> {
    let mut data = list_head(ndb, 0, nodes.len());
    for node in nodes {
        ndb.layout.put_id(&mut data, u64::from(node.nid));
        ndb.layout.put_id(&mut data, node.data.0);
        ndb.layout.put_id(&mut data, node.inner.0);
    }
    ndb.internal(&data)
}

fn branch(ndb: &mut Ndb, leaves: &[(u32, Bid)]) -> Result<Bid> {
    let mut data = list_head(ndb, 1, leaves.len());
    for (nid, leaf) in leaves {
        ndb.layout.put_id(&mut data, u64::from(*nid));
        ndb.layout.put_id(&mut data, leaf.0);
    }
    ndb.internal(&data)
}
