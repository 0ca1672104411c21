//! JSON strings as RFC 8785 writes them.

/// Appends a quoted string; only what must be escaped is.
pub fn json_string(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    json_escaped(text, |plain, _, escape| {
        out.extend_from_slice(plain);
        out.extend_from_slice(escape);
    });
    out.push(b'"');
}

/// Hands over a text in pieces: what needs no escape, then the byte that does and its escape.
#[inline]
pub fn json_escaped(text: &str, mut take: impl FnMut(&[u8], Option<u8>, &[u8])) {
    let mut rest = text.as_bytes();
    loop {
        let (plain, after) = rest.split_at(plain_run(rest));
        let Some((&byte, after)) = after.split_first() else {
            return take(plain, None, b"");
        };
        let (escape, length) = escape(byte);
        take(plain, Some(byte), escape.get(..length).unwrap_or_default());
        rest = after;
    }
}

/// The bytes of an escape and how many.
pub const fn escape(byte: u8) -> ([u8; 6], usize) {
    let short = match byte {
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0C => b'f',
        b'\r' => b'r',
        b'"' | b'\\' => byte,
        _ => {
            let high = b'0' + (byte >> 4);
            return ([b'\\', b'u', b'0', b'0', high, low(byte)], 6);
        }
    };
    ([b'\\', short, 0, 0, 0, 0], 2)
}

/// The lower digit of a byte in hex.
const fn low(byte: u8) -> u8 {
    let digit = byte & 15;
    if digit < 10 {
        b'0' + digit
    } else {
        b'a' + digit - 10
    }
}

/// How many bytes at the start need no escape: eight are looked at in one go.
fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let is_plain = |chunk: &[u8]| {
        let word = crate::bytes::u64_at(chunk, 0).unwrap_or(0);
        let quote = zero(word ^ (ONES * 0x22));
        let slash = zero(word ^ (ONES * 0x5C));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        (quote | slash | control) & HIGHS == 0
    };
    let words = bytes
        .chunks_exact(8)
        .take_while(|chunk| is_plain(chunk))
        .count()
        * 8;
    let tail = bytes.get(words..).unwrap_or_default();
    let is_escaped = |&byte: &u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    words + tail.iter().position(is_escaped).unwrap_or(tail.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_escaped_wherever_it_stands() {
        for at in 0..20 {
            for byte in 0..0x80_u8 {
                let mut text = "é0123456789abcdefghij".to_owned();
                text.insert(at + 2, char::from(byte));
                let mut out = Vec::new();
                json_string(&mut out, &text);
                let back = serde_json::from_slice::<String>(&out);
                assert_eq!(back.ok(), Some(text));
            }
        }
    }

    #[test]
    fn only_what_must_be_is_escaped() {
        let mut out = Vec::new();
        json_string(&mut out, "a\"\\\n\u{1}\u{7f}é\u{2028}");
        assert_eq!(
            String::from_utf8_lossy(&out),
            "\"a\\\"\\\\\\n\\u0001\u{7f}é\u{2028}\""
        );
    }
}
