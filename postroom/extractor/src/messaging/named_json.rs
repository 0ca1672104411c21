//! Named properties as JSON values.

use crate::bytes::{array, u32_at};
use crate::identity::hash::hex;
use crate::ltp::{self, Value, ptype};
use crate::write::json_string;

use super::text::Decoder;

/// Larger values are left out of the record.
pub const MAX_BYTES: usize = 1024;

/// Appends a value; false if its type has no JSON form.
pub fn put(out: &mut Vec<u8>, value: &Value, decoder: &mut Decoder) -> bool {
    if value.kind & ptype::MULTIPLE != 0 {
        return many(out, value, decoder);
    }
    one(out, value.kind, &value.data, decoder)
}

fn one(out: &mut Vec<u8>, kind: u16, data: &[u8], decoder: &mut Decoder) -> bool {
    match kind {
        ptype::STRING => json_string(out, &decoder.utf16(data)),
        ptype::STRING8 => json_string(out, &decoder.bytes(decoder.page, data)),
        ptype::GUID => match array(data, 0) {
            Some(bytes) => json_string(out, &ltp::guid(bytes)),
            None => return false,
        },
        ptype::NULL => out.extend_from_slice(b"null"),
        ptype::BOOLEAN => {
            let is_set = data.first().is_some_and(|&b| b != 0);
            out.extend_from_slice(if is_set { b"true" } else { b"false" });
        }
        ptype::FLOATING32 | ptype::FLOATING64 | ptype::FLOATING_TIME => float(out, kind, data),
        ptype::INTEGER16
        | ptype::INTEGER32
        | ptype::ERROR
        | ptype::INTEGER64
        | ptype::CURRENCY
        | ptype::TIME => match whole(kind, data) {
            Some(number) => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
            None => return false,
        },
        _ => json_string(out, &hex(data)),
    }
    true
}

fn whole(kind: u16, data: &[u8]) -> Option<i64> {
    Some(match kind {
        ptype::INTEGER16 => i64::from(i16::from_le_bytes(array(data, 0)?)),
        ptype::INTEGER32 | ptype::ERROR => i64::from(i32::from_le_bytes(array(data, 0)?)),
        _ => i64::from_le_bytes(array(data, 0)?),
    })
}

/// A number that JSON can hold; others are null.
fn float(out: &mut Vec<u8>, kind: u16, data: &[u8]) {
    let number = if kind == ptype::FLOATING32 {
        array(data, 0).map(|b| f64::from(f32::from_le_bytes(b)))
    } else {
        array(data, 0).map(f64::from_le_bytes)
    };
    match number
        .filter(|n| n.is_finite())
        .and_then(|n| serde_json::to_string(&n).ok())
    {
        Some(text) => out.extend_from_slice(text.as_bytes()),
        None => out.extend_from_slice(b"null"),
    }
}

/// The values of a multiple property (\[MS-PST\] 2.3.3.4): equal pieces, or a list of offsets.
fn many(out: &mut Vec<u8>, value: &Value, decoder: &mut Decoder) -> bool {
    let kind = value.kind & !ptype::MULTIPLE;
    out.push(b'[');
    let mut is_first = true;
    for piece in pieces(kind, &value.data) {
        if !is_first {
            out.push(b',');
        }
        is_first = false;
        if !one(out, kind, piece, decoder) {
            out.extend_from_slice(b"null");
        }
    }
    out.push(b']');
    true
}

/// The values inside a multiple property.
pub fn pieces(kind: u16, data: &[u8]) -> Vec<&[u8]> {
    match ltp::Shape::of(kind) {
        ltp::Shape::Fixed(size) if size > 0 => data.chunks_exact(size).collect(),
        ltp::Shape::Variable => listed(data),
        _ => Vec::new(),
    }
}

fn listed(data: &[u8]) -> Vec<&[u8]> {
    let count = u32_at(data, 0).unwrap_or(0) as usize;
    let offset = |n: usize| u32_at(data, n.checked_mul(4)?.checked_add(4)?).map(|o| o as usize);
    let mut found = Vec::new();
    for n in 0..count.min(data.len() / 4) {
        let end = if n + 1 < count {
            offset(n + 1)
        } else {
            Some(data.len())
        };
        if let (Some(start), Some(end)) = (offset(n), end) {
            found.push(data.get(start..end).unwrap_or_default());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn json(kind: u16, data: &[u8]) -> String {
        let mut out = Vec::new();
        let value = Value {
            kind,
            data: Cow::Borrowed(data),
        };
        put(&mut out, &value, &mut Decoder::new(1252));
        String::from_utf8(out).unwrap_or_default()
    }

    #[test]
    fn each_type_has_its_form() {
        assert_eq!(json(ptype::STRING, &[0x41, 0]), "\"A\"");
        assert_eq!(json(ptype::BOOLEAN, &[1]), "true");
        assert_eq!(json(ptype::INTEGER32, &[0xFF; 4]), "-1");
        assert_eq!(json(ptype::TIME, &[1, 0, 0, 0, 0, 0, 0, 0]), "1");
        assert_eq!(json(ptype::FLOATING64, &f64::NAN.to_le_bytes()), "null");
        assert_eq!(json(ptype::FLOATING64, &1.5_f64.to_le_bytes()), "1.5");
        assert_eq!(json(ptype::BINARY, &[0xAB]), "\"ab\"");
    }

    #[test]
    fn lists_are_split_at_their_offsets() {
        let mut data = vec![2, 0, 0, 0, 12, 0, 0, 0, 14, 0, 0, 0];
        data.extend([0x41, 0, 0x42, 0]);
        assert_eq!(
            json(ptype::STRING | ptype::MULTIPLE, &data),
            "[\"A\",\"B\"]"
        );
        assert_eq!(json(ptype::STRING | ptype::MULTIPLE, &[255; 8]), "[]");
        assert_eq!(
            json(ptype::INTEGER16 | ptype::MULTIPLE, &[1, 0, 2, 0, 9]),
            "[1,2]"
        );
    }
}
