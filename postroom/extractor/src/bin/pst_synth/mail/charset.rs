//! How a message stores its strings: UTF-16, or the bytes of an old code page.

use encoding_rs::Encoding;

use crate::file::properties::{Property, kind};

/// UTF-16 (type 001F) or a code page (type 001E).
#[derive(Clone, Copy, Debug)]
pub enum Charset {
    Wide,
    Narrow {
        code_page: u32,
        encoding: &'static Encoding,
    },
}

impl Charset {
    pub const WESTERN: Self = Self::Narrow {
        code_page: 1252,
        encoding: encoding_rs::WINDOWS_1252,
    };

    /// `text` as a property of this message.
    pub fn property(self, id: u16, text: &str) -> Property {
        match self {
            Self::Wide => wide(id, &text.encode_utf16().collect::<Vec<u16>>()),
            Self::Narrow { encoding, .. } => {
                Property::new(id, kind::NARROW, encoding.encode(text).0.into_owned())
            }
        }
    }

    /// The number of the code page; none for UTF-16.
    pub fn code_page(self) -> Option<u32> {
        match self {
            Self::Wide => None,
            Self::Narrow { code_page, .. } => Some(code_page),
        }
    }

    /// Whether every character of `text` can be stored.
    pub fn holds(self, text: &str) -> bool {
        match self {
            Self::Wide => true,
            Self::Narrow { encoding, .. } => !encoding.encode(text).2,
        }
    }
}

/// UTF-16 units as a property, lone surrogates and all.
pub fn wide(id: u16, units: &[u16]) -> Property {
    Property::new(
        id,
        kind::WIDE,
        units
            .iter()
            .flat_map(|unit| unit.to_le_bytes())
            .collect::<Vec<u8>>(),
    )
}

/// `units` for people: trailing NULs gone, other NULs and lone surrogates U+FFFD.
pub fn for_people(units: &[u16]) -> String {
    let end = units
        .iter()
        .rposition(|unit| *unit != 0)
        .map_or(0, |last| last + 1);
    char::decode_utf16(units[..end].iter().copied())
        .map(|unit| match unit {
            Ok('\0') | Err(_) => '\u{FFFD}',
            Ok(letter) => letter,
        })
        .collect()
}
