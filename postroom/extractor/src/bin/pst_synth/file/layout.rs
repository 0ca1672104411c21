//! What differs between the four file formats, as data (\[MS-PST\] 2.2.2; 4K is in no specification).

/// A version of the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Unicode,
    Unicode4k,
    Ansi14,
    Ansi15,
}

/// Sizes and places of one format, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub format: Format,
    /// `wVer` of the header.
    pub version: u16,
    /// Ids and offsets are 8 bytes wide, else 4.
    pub is_wide: bool,
    pub page_size: usize,
    pub page_trailer: usize,
    /// Blocks begin at multiples of this; one bit of an allocation map.
    pub slot: usize,
    pub block_size: usize,
    pub block_trailer: usize,
    /// Bytes of bits in an allocation map.
    pub map_bytes: usize,
    /// Offset of the first allocation map.
    pub first_map: u64,
    /// Bits of an index inside a heap block.
    pub heap_index_bits: u32,
}

impl Layout {
    pub fn of(format: Format) -> Self {
        let wide = Self {
            format,
            version: 23,
            is_wide: true,
            page_size: 512,
            page_trailer: 16,
            slot: 64,
            block_size: 8192,
            block_trailer: 16,
            map_bytes: 496,
            first_map: 0x4400,
            heap_index_bits: 11,
        };
        let narrow = Self {
            is_wide: false,
            page_trailer: 12,
            block_trailer: 12,
            ..wide
        };
        match format {
            Format::Unicode => wide,
            Format::Unicode4k => Self {
                version: 36,
                page_size: 4096,
                page_trailer: 24,
                slot: 512,
                block_size: 65536,
                block_trailer: 24,
                map_bytes: 4072,
                first_map: 0x22000,
                heap_index_bits: 14,
                ..wide
            },
            Format::Ansi14 => Self {
                version: 14,
                ..narrow
            },
            Format::Ansi15 => Self {
                version: 15,
                ..narrow
            },
        }
    }

    /// Bytes of an id or an offset.
    pub fn width(&self) -> usize {
        if self.is_wide { 8 } else { 4 }
    }

    /// The most data that one block holds.
    pub fn block_data(&self) -> usize {
        self.block_size - self.block_trailer
    }

    /// Bytes that one allocation map accounts for, itself included.
    pub fn section_size(&self) -> usize {
        self.map_bytes * 8 * self.slot
    }

    /// Bytes of a B-tree page that hold entries.
    pub fn entry_bytes(&self) -> usize {
        match (self.is_4k(), self.is_wide) {
            (true, _) => 4056,
            (false, true) => 488,
            (false, false) => 496,
        }
    }

    pub fn is_4k(&self) -> bool {
        self.format == Format::Unicode4k
    }

    /// Appends an id or an offset in this format's width.
    pub fn put_id(&self, out: &mut Vec<u8>, id: u64) {
        out.extend_from_slice(&id.to_le_bytes()[..self.width()]);
    }

    pub fn name(&self) -> &'static str {
        match self.format {
            Format::Unicode => "unicode",
            Format::Unicode4k => "unicode4k",
            Format::Ansi14 => "ansi14",
            Format::Ansi15 => "ansi15",
        }
    }
}
