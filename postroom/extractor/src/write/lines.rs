//! Records in both forms as they grow, and what the forms have in common.

use super::pool::Pool;

/// Bytes that UTF-8 never has: in the common text they stand for what each form writes in its
/// own way.
pub mod mark {
    /// What stands before a value; the next byte is the column's number.
    pub const COLUMN: u8 = 0xFF;
    /// The number of the first column.
    pub const FIRST_NUMBER: u8 = 0x80;
    /// A quote in both forms.
    pub const TEXT: u8 = 0xF5;
    /// A quote in NDJSON only.
    pub const PLAIN: u8 = 0xF6;
    /// `null` in NDJSON, nothing in CSV.
    pub const NULL: u8 = 0xF7;
    /// A quote in CSV only.
    pub const JSON: u8 = 0xF8;
    /// The end of the record.
    pub const END: u8 = 0xF9;
    /// A quote inside JSON, doubled in CSV.
    pub const JSON_QUOTE: u8 = 0xFE;
    /// A backslash inside JSON, the same in CSV.
    pub const JSON_SLASH: u8 = 0xFD;
}

/// Lines of NDJSON and of CSV, and the text that both are made from byte by byte.
///
/// Each byte of `common` becomes the same piece of a form wherever it stands (a column's number
/// after its mark counts as one with it), so where `common` repeats itself both forms do.
#[derive(Debug, Default)]
pub struct Lines {
    pub json: Vec<u8>,
    pub csv: Vec<u8>,
    pub common: Vec<u8>,
}

/// How long the texts were at some time.
#[derive(Clone, Copy, Debug)]
pub struct Lengths {
    json: usize,
    csv: usize,
    common: usize,
}

impl Lines {
    pub fn new(pool: &Pool) -> Self {
        Self {
            json: pool.take(),
            csv: pool.take(),
            common: pool.take(),
        }
    }

    /// Bytes of both forms.
    pub fn len(&self) -> usize {
        self.json.len() + self.csv.len()
    }

    pub fn lengths(&self) -> Lengths {
        Lengths {
            json: self.json.len(),
            csv: self.csv.len(),
            common: self.common.len(),
        }
    }

    /// Drops what came after.
    pub fn back_to(&mut self, lengths: Lengths) {
        self.json.truncate(lengths.json);
        self.csv.truncate(lengths.csv);
        self.common.truncate(lengths.common);
    }

    /// Room for a text that may need no escape.
    pub fn reserve(&mut self, length: usize) {
        for text in [&mut self.json, &mut self.csv, &mut self.common] {
            text.reserve(length + 2);
        }
    }
}
