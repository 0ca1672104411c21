//! Text of the identity: the same from every reader, whatever code page was meant.

use std::borrow::Cow;

use crate::ltp::{Value, ptype};

/// The text of a stored string; "" for other types and for nothing.
pub fn text<'v>(value: Option<&'v Value>) -> Cow<'v, str> {
    match value {
        Some(v) if v.kind == ptype::STRING => Cow::Owned(without_nul(utf16(&v.data))),
        Some(v) if v.kind == ptype::STRING8 || v.kind == ptype::BINARY => {
            match std::str::from_utf8(&v.data) {
                Ok(ascii) if v.data.is_ascii() && !ascii.contains('\0') => Cow::Borrowed(ascii),
                _ => Cow::Owned(without_nul(latin1(&v.data))),
            }
        }
        _ => Cow::Borrowed(""),
    }
}

/// Whether `text` would not be empty, without making it.
pub fn has_text(value: &Value) -> bool {
    let even = value.data.len() & !1;
    match value.kind {
        ptype::STRING => value
            .data
            .get(..even)
            .is_some_and(|d| d.iter().any(|&b| b != 0)),
        ptype::STRING8 | ptype::BINARY => value.data.iter().any(|&b| b != 0),
        _ => false,
    }
}

/// UTF-16LE: an odd last byte is dropped, each unpaired surrogate is U+FFFD.
pub fn utf16(data: &[u8]) -> String {
    let even = data.get(..data.len() & !1).unwrap_or_default();
    let units = even.chunks_exact(2);
    let all = units.clone().fold(0_u16, |seen, unit| seen | unit_of(unit));
    if all < 0x80 {
        let ascii = units.map(|unit| unit_of(unit) as u8).collect();
        return String::from_utf8(ascii).unwrap_or_default();
    }
    encoding_rs::UTF_16LE
        .decode_without_bom_handling(even)
        .0
        .into_owned()
}

fn unit_of(unit: &[u8]) -> u16 {
    crate::bytes::u16_at(unit, 0).unwrap_or(0)
}

/// Byte 0xNN as U+00NN.
pub fn latin1(data: &[u8]) -> String {
    if data.is_ascii() {
        return String::from_utf8(data.to_vec()).unwrap_or_default();
    }
    data.iter().map(|&byte| char::from(byte)).collect()
}

/// Without U+0000 at the end; others become U+FFFD.
pub fn without_nul(mut text: String) -> String {
    text.truncate(text.trim_end_matches('\0').len());
    if text.contains('\0') {
        text.replace('\0', "\u{FFFD}")
    } else {
        text
    }
}

/// Without U+0009 to U+000D and U+0020 at either end: no other blank counts.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c| matches!(c, '\t'..='\r' | ' '))
}

/// A to Z in lower case: no other letter has a case here.
pub fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// LF line ends, without blanks before them or at the end.
pub fn normal_body(body: &str) -> String {
    let blank = |c| c == ' ' || c == '\t';
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = memchr::memchr2(b'\r', b'\n', rest.as_bytes()) {
        let (line, end) = rest.split_at(at);
        out.push_str(line.trim_end_matches(blank));
        out.push('\n');
        rest = end
            .strip_prefix("\r\n")
            .or_else(|| end.get(1..))
            .unwrap_or_default();
    }
    out.push_str(rest);
    out.truncate(out.trim_end_matches(|c| c == '\n' || blank(c)).len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_drops_an_odd_byte_and_marks_lone_surrogates() {
        assert_eq!(utf16(&[0x41, 0, 0x42]), "A");
        assert_eq!(utf16(&[0x00, 0xD8, 0x41, 0]), "\u{FFFD}A");
        assert_eq!(utf16(&[0x3D, 0xD8, 0x00, 0xDE]), "\u{1F600}");
        assert_eq!(utf16(&[0x00, 0xDC, 0x3D, 0xD8]), "\u{FFFD}\u{FFFD}");
        assert_eq!(utf16(&[0xFF, 0xFE, 0x41, 0]), "\u{FEFF}A");
    }

    #[test]
    fn a_body_is_the_same_whatever_its_line_ends() {
        assert_eq!(normal_body("a \t\r\nb\r\rc \n\n \t"), "a\nb\n\nc");
        assert_eq!(normal_body(" \n"), "");
    }
}
