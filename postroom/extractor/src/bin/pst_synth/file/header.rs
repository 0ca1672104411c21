//! The header, written last (\[MS-PST\] 2.2.2.5, 2.2.2.6).

use super::btree::PageRef;
use super::cipher::Encoding;
use super::crc::weak;
use super::layout::Layout;
use super::page::{PageKind, sealed};
use super::space::Extent;

/// What the header has to say about a finished file.
pub struct Root {
    pub extent: Extent,
    pub node_tree: PageRef,
    pub block_tree: PageRef,
    pub next_page: u64,
    pub next_block: u64,
    /// The least node index that is not in use.
    pub highest_node: u32,
}

/// Offset and bytes of the density list, which the formats with small pages carry.
const DENSITY_LIST_AT: u64 = 0x4200;

/// The bytes before the first allocation map: header and density list.
pub fn header(layout: &Layout, encoding: Encoding, root: &Root) -> Vec<u8> {
    let mut out = if layout.is_wide {
        wide(layout, encoding, root)
    } else {
        narrow(layout, encoding, root)
    };
    let partial = weak(&out[8..8 + 471]);
    out[4..8].copy_from_slice(&partial.to_le_bytes());
    if layout.is_wide {
        let full = weak(&out[8..8 + 516]);
        out[524..528].copy_from_slice(&full.to_le_bytes());
    }
    out.resize(usize::try_from(layout.first_map).unwrap_or(0), 0);
    if !layout.is_4k() {
        let list = sealed(
            layout,
            vec![0; 16],
            PageKind::DensityList,
            DENSITY_LIST_AT,
            DENSITY_LIST_AT,
        );
        out[0x4200..0x4200 + list.len()].copy_from_slice(&list);
    }
    out
}

fn start(layout: &Layout) -> Vec<u8> {
    let mut out = b"!BDN\0\0\0\0SM".to_vec();
    out.extend_from_slice(&layout.version.to_le_bytes());
    out.extend_from_slice(&19u16.to_le_bytes());
    out.extend_from_slice(&[1, 1]);
    out.extend_from_slice(&[0; 8]);
    out
}

fn wide(layout: &Layout, encoding: Encoding, root: &Root) -> Vec<u8> {
    let mut out = start(layout);
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&root.next_page.to_le_bytes());
    out.extend_from_slice(&1u32.to_le_bytes());
    put_node_marks(&mut out, root.highest_node);
    out.extend_from_slice(&[0; 8]);
    put_root(&mut out, layout, root);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&[0xFF; 256]);
    out.extend_from_slice(&[0x80, encoding as u8, 0, 0]);
    out.extend_from_slice(&root.next_block.to_le_bytes());
    out.resize(564, 0);
    out
}

fn narrow(layout: &Layout, encoding: Encoding, root: &Root) -> Vec<u8> {
    let mut out = start(layout);
    layout.put_id(&mut out, root.next_block);
    layout.put_id(&mut out, root.next_page);
    out.extend_from_slice(&1u32.to_le_bytes());
    put_node_marks(&mut out, root.highest_node);
    put_root(&mut out, layout, root);
    out.extend_from_slice(&[0xFF; 256]);
    out.extend_from_slice(&[0x80, encoding as u8]);
    out.resize(512, 0);
    out
}

/// `rgnid`: for every node type the next free index.
fn put_node_marks(out: &mut Vec<u8>, next: u32) {
    for _ in 0..32 {
        out.extend_from_slice(&next.to_le_bytes());
    }
}

fn put_root(out: &mut Vec<u8>, layout: &Layout, root: &Root) {
    out.extend_from_slice(&[0; 4]);
    layout.put_id(out, root.extent.size_bytes);
    layout.put_id(out, root.extent.last_map);
    layout.put_id(out, root.extent.free_bytes);
    layout.put_id(out, 0);
    for tree in [root.node_tree, root.block_tree] {
        layout.put_id(out, tree.id);
        layout.put_id(out, tree.at);
    }
    out.extend_from_slice(&[2, 0, 0, 0]);
}
