//! Space in the file: one allocation section at a time is built in memory and written whole, so that every allocation
//! map lies at its fixed offset and the file is one forward stream (\[MS-PST\] 2.2.2.7.2 to 2.2.2.7.6).

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use super::layout::Layout;
use super::page::{PageKind, sealed};
use crate::error::Result;

/// A writer that hands out places from front to back.
pub struct Space {
    out: File,
    layout: Layout,
    section: Vec<u8>,
    bits: Vec<u8>,
    number: u64,
    free_bytes: u64,
    /// Places of pages that were set aside, the next one last.
    reserved: Vec<u64>,
    /// Pages that go into such places when all else is written.
    late: Vec<(u64, Vec<u8>)>,
}

/// What the header says about the space of a finished file.
pub struct Extent {
    pub size_bytes: u64,
    pub last_map: u64,
    pub free_bytes: u64,
}

impl Space {
    /// Begins a file: room for the header, then the first section.
    pub fn new(mut out: File, layout: Layout) -> Result<Self> {
        out.write_all(&vec![0; usize::try_from(layout.first_map).unwrap_or(0)])?;
        let mut space = Self {
            out,
            layout,
            section: Vec::new(),
            bits: Vec::new(),
            number: 0,
            free_bytes: 0,
            reserved: Vec::new(),
            late: Vec::new(),
        };
        space.open_section();
        Ok(space)
    }

    /// Where the section begins in the file.
    fn start(&self) -> u64 {
        self.layout.first_map + self.number * self.layout.section_size() as u64
    }

    /// Bytes handed out so far, the size of the file if it ended here.
    pub fn position(&self) -> u64 {
        self.start() + self.section.len() as u64
    }

    /// Where the next `length` bytes will lie.
    pub fn next(&mut self, length: usize, align: usize) -> Result<u64> {
        let at = self.section.len().next_multiple_of(align);
        if at + length > self.layout.section_size() {
            self.close_section(true)?;
            return self.next(length, align);
        }
        self.section.resize(at, 0);
        Ok(self.start() + at as u64)
    }

    /// Writes `bytes` where `next` said.
    pub fn place(&mut self, bytes: &[u8]) {
        let from = self.section.len() / self.layout.slot;
        self.section.extend_from_slice(bytes);
        let until = self.section.len().div_ceil(self.layout.slot);
        for slot in from..until {
            self.bits[slot / 8] |= 0x80 >> (slot % 8);
        }
    }

    /// Sets places for `count` pages aside, which `next_page` hands out before any other.
    pub fn reserve(&mut self, count: usize) -> Result<()> {
        let size = self.layout.page_size;
        for _ in 0..count {
            let at = self.next(size, size)?;
            self.place(&vec![0; size]);
            self.reserved.insert(0, at);
        }
        Ok(())
    }

    /// Where the next page will lie.
    pub fn next_page(&mut self) -> Result<u64> {
        match self.reserved.last() {
            Some(at) => Ok(*at),
            None => self.next(self.layout.page_size, self.layout.page_size),
        }
    }

    /// Writes a page where `next_page` said.
    pub fn put_page(&mut self, at: u64, page: Vec<u8>) {
        if self.reserved.last() == Some(&at) {
            self.reserved.pop();
            self.late.push((at, page));
        } else {
            self.place(&page);
        }
    }

    fn open_section(&mut self) {
        self.section.clear();
        self.bits = vec![0; self.layout.map_bytes];
        let maps = vec![0; self.fixed_pages().len() * self.layout.page_size];
        self.place(&maps);
    }

    /// The map pages at the head of this section, in their order.
    fn fixed_pages(&self) -> Vec<PageKind> {
        let repeats = |first: u64, every: u64| {
            self.number >= first && (self.number - first).is_multiple_of(every)
        };
        let mut kinds = vec![PageKind::AllocationMap];
        if self.layout.is_4k() {
            return kinds;
        }
        if repeats(0, 8) {
            kinds.push(PageKind::PageMap);
        }
        if repeats(128, 496) {
            kinds.push(PageKind::FreeMap);
        }
        if repeats(1024, 3968) {
            kinds.push(PageKind::FreePageMap);
        }
        kinds
    }

    fn close_section(&mut self, is_padded: bool) -> Result<()> {
        if is_padded {
            self.section.resize(self.layout.section_size(), 0);
        }
        let free: u32 = self.bits.iter().map(|byte| byte.count_zeros()).sum();
        self.free_bytes += u64::from(free) * self.layout.slot as u64;
        let size = self.layout.page_size;
        for (index, kind) in self.fixed_pages().into_iter().enumerate() {
            let at = self.start() + (index * size) as u64;
            let content = self.map_content(kind);
            let page = sealed(&self.layout, content, kind, at, at);
            self.section[index * size..(index + 1) * size].copy_from_slice(&page);
        }
        self.out.write_all(&self.section)?;
        self.number += 1;
        self.open_section();
        Ok(())
    }

    /// The bits of a map page; all but the allocation map are deprecated and say "nothing free".
    fn map_content(&self, kind: PageKind) -> Vec<u8> {
        let mut content = if self.layout.is_wide {
            Vec::new()
        } else {
            vec![0; 4]
        };
        match kind {
            PageKind::AllocationMap => content.extend_from_slice(&self.bits),
            _ => content.resize(content.len() + self.layout.map_bytes, 0xFF),
        }
        content
    }

    /// Writes the last section, to its full size if `is_padded`, and hands the sink back.
    pub fn finish(mut self, is_padded: bool) -> Result<(File, Extent)> {
        let last_map = self.start();
        let end = self.section.len().next_multiple_of(self.layout.page_size);
        self.section.resize(end, 0);
        let size_bytes = if is_padded {
            last_map + self.layout.section_size() as u64
        } else {
            self.position()
        };
        self.close_section(is_padded)?;
        for (at, page) in std::mem::take(&mut self.late) {
            self.out.seek(SeekFrom::Start(at))?;
            self.out.write_all(&page)?;
        }
        self.out.flush()?;
        let extent = Extent {
            size_bytes,
            last_map,
            free_bytes: self.free_bytes,
        };
        Ok((self.out, extent))
    }
}
