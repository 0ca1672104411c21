//! Page trailers and signatures (\[MS-PST\] 2.2.2.7.1, 5.5).

use super::crc::weak;
use super::layout::Layout;

/// `ptype` of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    BlockTree = 0x80,
    NodeTree = 0x81,
    FreeMap = 0x82,
    PageMap = 0x83,
    AllocationMap = 0x84,
    FreePageMap = 0x85,
    DensityList = 0x86,
}

/// The signature that binds a page or a block to its place and its id.
pub fn signature(at: u64, id: u64) -> u16 {
    let mixed = at ^ id;
    ((mixed >> 16) ^ mixed) as u16
}

/// Turns the content of a page into the page: padded, its trailer behind it.
pub fn sealed(layout: &Layout, mut content: Vec<u8>, kind: PageKind, id: u64, at: u64) -> Vec<u8> {
    content.resize(layout.page_size - layout.page_trailer, 0);
    let crc = weak(&content);
    let mark = match kind {
        PageKind::BlockTree | PageKind::NodeTree => signature(at, id),
        _ => 0,
    };
    content.extend_from_slice(&[kind as u8, kind as u8]);
    content.extend_from_slice(&mark.to_le_bytes());
    if layout.is_wide {
        content.extend_from_slice(&crc.to_le_bytes());
        content.extend_from_slice(&id.to_le_bytes());
    } else {
        content.extend_from_slice(&(id as u32).to_le_bytes());
        content.extend_from_slice(&crc.to_le_bytes());
    }
    content.resize(layout.page_size, 0);
    content
}
