//! Damage done to a finished file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use super::header::Root;
use super::layout::Layout;
use super::page::{PageKind, sealed};
use crate::error::Result;

/// Lets the root of the node B-tree name itself as its last child; its trailer is in order.
pub fn tie_node_tree(file: &mut File, layout: &Layout, root: &Root) -> Result<()> {
    let tree = root.node_tree;
    let mut page = vec![0; layout.page_size];
    file.seek(SeekFrom::Start(tree.at))?;
    file.read_exact(&mut page)?;
    page.truncate(layout.page_size - layout.page_trailer);
    let entry = layout.width() * 3;
    let entries = page.len() / entry;
    let used = (0..entries).rev().map(|index| index * entry).find(|at| {
        // The counts that end a page lie behind the last entry that fits.
        *at + entry <= layout.entry_bytes() && page[*at..*at + entry].iter().any(|byte| *byte != 0)
    });
    if let Some(at) = used {
        let mut reference = Vec::new();
        layout.put_id(&mut reference, tree.id);
        layout.put_id(&mut reference, tree.at);
        page[at + layout.width()..at + entry].copy_from_slice(&reference);
    }
    let page = sealed(layout, page, PageKind::NodeTree, tree.id, tree.at);
    file.seek(SeekFrom::Start(tree.at))?;
    file.write_all(&page)?;
    Ok(())
}

/// Cuts the last third off.
pub fn truncate(file: &File, root: &Root) -> Result<()> {
    file.set_len(root.extent.size_bytes / 3 * 2)?;
    Ok(())
}
