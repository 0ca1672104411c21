//! Text for people: decoded by its code page and valid for PostgreSQL.

use crate::identity::text::{utf16, without_nul};
use crate::ltp::{Value, ptype};

use crate::text::codepage;

/// The page of a property, for 8-bit strings: what cannot be one of those is the default.
pub fn page_of_strings(stored: Option<i32>) -> u32 {
    let page = stored.and_then(|n| u32::try_from(n).ok());
    page.filter(|n| !matches!(n, 0 | 1200 | 1201))
        .unwrap_or(codepage::DEFAULT)
}

/// Decodes stored text and remembers whether anything was replaced on the way.
#[derive(Clone, Copy, Debug)]
pub struct Decoder {
    /// The page of 8-bit strings.
    pub page: u32,
    pub is_lossy: bool,
}

impl Decoder {
    pub fn new(page: u32) -> Self {
        Self {
            page,
            is_lossy: false,
        }
    }

    /// The text of a value; nothing if it is no text or empty. Binary is read by the page too.
    pub fn value(&mut self, value: Option<&Value>) -> Option<String> {
        let value = value?;
        let found = match value.kind {
            ptype::STRING => self.utf16(&value.data),
            ptype::STRING8 | ptype::BINARY => self.bytes(self.page, &value.data),
            _ => return None,
        };
        (!found.is_empty()).then_some(found)
    }

    /// UTF-16LE as in the identity.
    pub fn utf16(&mut self, data: &[u8]) -> String {
        let decoded = utf16(data);
        let replaced = decoded.matches('\u{FFFD}').count();
        if replaced > 0 || data.len() % 2 == 1 {
            let stored = data
                .chunks_exact(2)
                .filter(|unit| *unit == [0xFD, 0xFF])
                .count();
            self.is_lossy |= replaced > stored || data.len() % 2 == 1;
        }
        self.clean(decoded)
    }

    /// Bytes in a code page.
    pub fn bytes(&mut self, page: u32, data: &[u8]) -> String {
        let decoded = codepage::decode(page, data);
        self.is_lossy |= decoded.lossy;
        self.clean(decoded.text)
    }

    fn clean(&mut self, decoded: String) -> String {
        let length = decoded.trim_end_matches('\0').len();
        self.is_lossy |= memchr::memchr(0, decoded.as_bytes()).is_some_and(|at| at < length);
        without_nul(decoded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn an_inner_nul_is_replaced_and_told_of_but_not_those_at_the_end() {
        let mut decoder = Decoder::new(1252);
        assert_eq!(decoder.utf16(&[0x41, 0, 0, 0, 0, 0]), "A");
        assert!(!decoder.is_lossy);
        assert_eq!(decoder.utf16(&[0, 0, 0x41, 0]), "\u{FFFD}A");
        assert!(decoder.is_lossy);
    }

    #[test]
    fn a_stored_replacement_character_is_not_a_loss() {
        let mut decoder = Decoder::new(1252);
        assert_eq!(decoder.utf16(&[0xFD, 0xFF]), "\u{FFFD}");
        assert!(!decoder.is_lossy);
        decoder.utf16(&[0x00, 0xD8]);
        assert!(decoder.is_lossy);
    }

    #[test]
    fn a_page_of_16_bits_is_none_for_8_bit_strings() {
        assert_eq!(page_of_strings(Some(1200)), 1252);
        assert_eq!(page_of_strings(Some(-1)), 1252);
        assert_eq!(page_of_strings(Some(1251)), 1251);
    }

    #[test]
    fn eight_bit_text_follows_the_page_and_numbers_are_no_text() {
        let mut decoder = Decoder::new(1251);
        let text = Value {
            kind: ptype::STRING8,
            data: Cow::Borrowed(&[0xCF]),
        };
        assert_eq!(decoder.value(Some(&text)).as_deref(), Some("П"));
        let number = Value {
            kind: ptype::INTEGER32,
            data: Cow::Borrowed(&[1, 0, 0, 0]),
        };
        assert_eq!(decoder.value(Some(&number)), None);
    }
}
