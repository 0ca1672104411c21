//! The text that comes out of RTF, from bytes of several code pages and UTF-16 units.

use crate::text::codepage::{self, Decoded};

/// Text so far. Bytes wait until their page ends, since a character may be spread over many tokens.
#[derive(Default)]
pub struct Output {
    decoded: Decoded,
    bytes: Vec<u8>,
    code_page: u32,
    /// The first half of a surrogate pair.
    high_surrogate: Option<u16>,
}

impl Output {
    /// Adds bytes of a code page.
    pub fn bytes(&mut self, code_page: u32, bytes: impl IntoIterator<Item = u8>) {
        let mut bytes = bytes.into_iter().peekable();
        if bytes.peek().is_none() {
            return;
        }
        self.settle_surrogate();
        if self.code_page != code_page {
            self.settle_bytes();
            self.code_page = code_page;
        }
        self.bytes.extend(bytes);
    }

    /// Adds a character.
    pub fn character(&mut self, character: char) {
        self.settle();
        self.decoded.text.push(character);
    }

    /// Adds a unit of UTF-16, half a character or a whole one.
    pub fn unit(&mut self, unit: u16) {
        self.settle_bytes();
        match (self.high_surrogate.take(), unit) {
            (Some(high), 0xDC00..=0xDFFF) => {
                let pair = char::decode_utf16([high, unit]).flatten().next();
                self.push(pair);
            }
            (None, 0xD800..=0xDBFF) => self.high_surrogate = Some(unit),
            (Some(_), _) => {
                self.push(None);
                self.unit(unit);
            }
            (None, _) => self.push(char::from_u32(u32::from(unit))),
        }
    }

    /// Takes back the tab after the last cell of a row: it is between cells, not after each.
    pub fn drop_tab(&mut self) {
        if self.bytes.is_empty() && self.decoded.text.ends_with('\t') {
            self.decoded.text.pop();
        }
    }

    /// All of it.
    pub fn finish(mut self) -> Decoded {
        self.settle();
        self.decoded
    }

    fn settle(&mut self) {
        self.settle_surrogate();
        self.settle_bytes();
    }

    fn settle_surrogate(&mut self) {
        if self.high_surrogate.take().is_some() {
            self.push(None);
        }
    }

    fn settle_bytes(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let Decoded { text, lossy } = codepage::decode(self.code_page, &self.bytes);
        self.decoded.text.push_str(&text);
        self.decoded.lossy |= lossy;
        self.bytes.clear();
    }

    fn push(&mut self, character: Option<char>) {
        self.decoded.lossy |= character.is_none();
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        self.decoded.text.push(character);
    }
}
