//! What differs between the file formats, as data (\[MS-PST\] 2.2.2; the 4K form is not in it).

/// The three families of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Ansi,
    Unicode,
    Unicode4k,
}

impl Format {
    /// The family of a version number of the header (`wVer`).
    pub fn of_version(version: u16) -> Option<Self> {
        match version {
            14 | 15 => Some(Self::Ansi),
            23 => Some(Self::Unicode),
            36 => Some(Self::Unicode4k),
            _ => None,
        }
    }

    /// The word in the manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ansi => "ansi",
            Self::Unicode => "unicode",
            Self::Unicode4k => "unicode4k",
        }
    }
}

/// Sizes and places of one family.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub format: Format,
    /// Ids and offsets are 64 bits wide.
    pub is_wide: bool,
    pub page_size: usize,
    /// Where the trailer of a page begins; the CRC covers everything before it.
    pub page_trailer: usize,
    /// Where the entry count of a B-tree page stands; the entries end here.
    pub page_counts: usize,
    pub block_trailer: usize,
    pub block_align: u64,
    /// Bits of the index inside a heap id.
    pub heap_index_bits: u32,
}

impl Layout {
    /// The layout of a family.
    pub fn of(format: Format) -> Self {
        let unicode = Self {
            format,
            is_wide: true,
            page_size: 512,
            page_trailer: 496,
            page_counts: 488,
            block_trailer: 16,
            block_align: 64,
            heap_index_bits: 11,
        };
        match format {
            Format::Unicode => unicode,
            Format::Ansi => Self {
                is_wide: false,
                page_trailer: 500,
                page_counts: 496,
                block_trailer: 12,
                ..unicode
            },
            Format::Unicode4k => Self {
                page_size: 4096,
                page_trailer: 4072,
                page_counts: 4056,
                block_trailer: 24,
                block_align: 512,
                heap_index_bits: 14,
                ..unicode
            },
        }
    }

    /// Bytes of an id or an offset.
    pub fn word(&self) -> usize {
        if self.is_wide { 8 } else { 4 }
    }

    /// Bytes that a block of `size` bytes of data takes in the file, trailer included.
    pub fn block_span(&self, size: u64) -> u64 {
        size.saturating_add(self.block_trailer as u64)
            .checked_next_multiple_of(self.block_align)
            .unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_takes_whole_units_with_its_trailer() {
        assert_eq!(Layout::of(Format::Unicode).block_span(8176), 8192);
        assert_eq!(Layout::of(Format::Unicode).block_span(48), 64);
        assert_eq!(Layout::of(Format::Unicode).block_span(49), 128);
        assert_eq!(Layout::of(Format::Ansi).block_span(8180), 8192);
        assert_eq!(Layout::of(Format::Unicode4k).block_span(488), 512);
    }
}
