//! JSON strings as RFC 8785 writes them.

/// Appends a quoted string; only what must be escaped is.
pub fn json_string(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let plain = plain_run(rest);
        let (before, after) = rest.split_at(plain);
        out.extend_from_slice(before);
        let Some((&byte, after)) = after.split_first() else {
            break;
        };
        escape(out, byte);
        rest = after;
    }
    out.push(b'"');
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

fn escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0C => b'f',
        b'\r' => b'r',
        b'"' | b'\\' => byte,
        _ => {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
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
