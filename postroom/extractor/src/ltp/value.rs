//! Property values as they are stored (\[MS-PST\] 2.3.3; types of \[MS-OXCDATA\] 2.11.1).

use std::borrow::Cow;

use crate::bytes::{u16_at, u32_at, u64_at};

/// Types of properties.
pub mod ptype {
    pub const NULL: u16 = 0x0001;
    pub const INTEGER16: u16 = 0x0002;
    pub const INTEGER32: u16 = 0x0003;
    pub const FLOATING32: u16 = 0x0004;
    pub const FLOATING64: u16 = 0x0005;
    pub const CURRENCY: u16 = 0x0006;
    pub const FLOATING_TIME: u16 = 0x0007;
    pub const ERROR: u16 = 0x000A;
    pub const BOOLEAN: u16 = 0x000B;
    pub const OBJECT: u16 = 0x000D;
    pub const INTEGER64: u16 = 0x0014;
    pub const STRING8: u16 = 0x001E;
    pub const STRING: u16 = 0x001F;
    pub const TIME: u16 = 0x0040;
    pub const GUID: u16 = 0x0048;
    pub const SERVER_ID: u16 = 0x00FB;
    pub const RESTRICTION: u16 = 0x00FD;
    pub const RULE_ACTION: u16 = 0x00FE;
    pub const BINARY: u16 = 0x0102;
    pub const MULTIPLE: u16 = 0x1000;
}

/// How a type is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// This many bytes, in place where they fit into four.
    Fixed(usize),
    /// On the heap or in a subnode.
    Variable,
    /// No such type: the value cannot be read.
    Unknown,
}

impl Shape {
    /// The shape of a property type.
    pub fn of(kind: u16) -> Self {
        match kind {
            ptype::NULL => Self::Fixed(0),
            ptype::BOOLEAN => Self::Fixed(1),
            ptype::INTEGER16 => Self::Fixed(2),
            ptype::INTEGER32 | ptype::FLOATING32 | ptype::ERROR => Self::Fixed(4),
            ptype::FLOATING64
            | ptype::CURRENCY
            | ptype::FLOATING_TIME
            | ptype::INTEGER64
            | ptype::TIME => Self::Fixed(8),
            ptype::GUID => Self::Fixed(16),
            ptype::OBJECT
            | ptype::STRING8
            | ptype::STRING
            | ptype::SERVER_ID
            | ptype::RESTRICTION
            | ptype::RULE_ACTION
            | ptype::BINARY => Self::Variable,
            multiple if multiple & ptype::MULTIPLE != 0 => {
                match Self::of(multiple & !ptype::MULTIPLE) {
                    Self::Unknown => Self::Unknown,
                    _ => Self::Variable,
                }
            }
            _ => Self::Unknown,
        }
    }
}

/// A value: its type and its bytes as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    pub kind: u16,
    pub data: Cow<'a, [u8]>,
}

impl Value<'_> {
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// A whole number of 16 or 32 bits, or a Boolean, with its sign.
    pub fn as_i32(&self) -> Option<i32> {
        match self.kind {
            ptype::INTEGER32 | ptype::ERROR => u32_at(&self.data, 0).map(u32::cast_signed),
            ptype::INTEGER16 => u16_at(&self.data, 0).map(|n| i32::from(n.cast_signed())),
            ptype::BOOLEAN => self.data.first().map(|&b| i32::from(b != 0)),
            _ => None,
        }
    }

    /// A point in time, as 100 ns since 1601, unsigned as stored.
    pub fn as_filetime(&self) -> Option<u64> {
        if self.kind == ptype::TIME {
            u64_at(&self.data, 0)
        } else {
            None
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        self.as_i32().map(|n| n != 0)
    }

    /// Whether this is text, of 8 or of 16 bits.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, ptype::STRING | ptype::STRING8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_shape_and_type_zero_has_none() {
        assert_eq!(Shape::of(0), Shape::Unknown);
        assert_eq!(Shape::of(0x000B), Shape::Fixed(1));
        assert_eq!(Shape::of(0x0040), Shape::Fixed(8));
        assert_eq!(Shape::of(0x101F), Shape::Variable);
        assert_eq!(Shape::of(0x1000), Shape::Unknown);
    }

    #[test]
    fn numbers_keep_their_sign() {
        let value = Value {
            kind: ptype::INTEGER16,
            data: Cow::Borrowed(&[0xFF, 0xFF]),
        };
        assert_eq!(value.as_i32(), Some(-1));
    }
}
