//! Code pages whose bytes change their meaning as they go: UTF-7, ISO 2022, HZ.

use super::{Decoded, web};

/// ISO-2022-JP; also katakana shifted in by SO and out by SI, as page 50222 writes them.
pub fn iso_2022_jp(bytes: &[u8]) -> Decoded {
    if !bytes.contains(&SHIFT_OUT) {
        return web(encoding_rs::ISO_2022_JP, bytes);
    }
    let mut plain = Vec::with_capacity(bytes.len());
    for byte in bytes {
        match *byte {
            SHIFT_OUT => plain.extend_from_slice(b"\x1b(I"),
            SHIFT_IN => plain.extend_from_slice(b"\x1b(B"),
            other => plain.push(other),
        }
    }
    web(encoding_rs::ISO_2022_JP, &plain)
}

/// ISO-2022-KR (RFC 1557): Korean between SO and SI, back to ASCII at each line end.
pub fn iso_2022_kr(bytes: &[u8]) -> Decoded {
    let mut euc = Vec::with_capacity(bytes.len());
    let mut is_korean = false;
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match *first {
            SHIFT_OUT => is_korean = true,
            SHIFT_IN => is_korean = false,
            0x1B if after.starts_with(b"$)C") => rest = after.get(3..).unwrap_or_default(),
            byte => {
                is_korean &= byte != b'\n';
                euc.push(shifted(byte, is_korean));
            }
        }
    }
    web(encoding_rs::EUC_KR, &euc)
}

/// HZ (RFC 1843): Chinese between `~{` and `~}`, `~~` for a tilde, `~` and LF for nothing.
pub fn hz(bytes: &[u8]) -> Decoded {
    let mut euc = Vec::with_capacity(bytes.len());
    let mut is_chinese = false;
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (*first, after.split_first()) {
            (b'~', Some((b'{', tail))) if !is_chinese => (is_chinese, rest) = (true, tail),
            (b'~', Some((b'}', tail))) if is_chinese => (is_chinese, rest) = (false, tail),
            (b'~', Some((b'~', tail))) if !is_chinese => {
                euc.push(b'~');
                rest = tail;
            }
            (b'~', Some((b'\n', tail))) if !is_chinese => rest = tail,
            (byte, _) => {
                is_chinese &= byte != b'\n';
                euc.push(shifted(byte, is_chinese));
            }
        }
    }
    web(encoding_rs::GBK, &euc)
}

/// A byte of a 94 × 94 set in the upper half, where the EUC form of that set has it.
fn shifted(byte: u8, is_shifted: bool) -> u8 {
    if is_shifted && (0x21..=0x7E).contains(&byte) {
        byte | 0x80
    } else {
        byte
    }
}

/// UTF-7 (RFC 2152): ASCII, with UTF-16 as base64 between `+` and the first byte that is none.
pub fn utf_7(bytes: &[u8]) -> Decoded {
    let mut decoded = Decoded::default();
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match *first {
            b'+' => rest = after_shift(after, &mut decoded),
            byte if byte.is_ascii() => decoded.text.push(char::from(byte)),
            _ => replace(&mut decoded),
        }
    }
    decoded
}

/// What follows a `+`: its base64 is decoded, its `-` dropped.
fn after_shift<'a>(bytes: &'a [u8], decoded: &mut Decoded) -> &'a [u8] {
    if let Some(tail) = bytes.strip_prefix(b"-") {
        decoded.text.push('+');
        return tail;
    }
    let length = bytes.iter().take_while(|b| sextet(**b).is_some()).count();
    let (base64, tail) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
    if base64.is_empty() {
        replace(decoded);
    }
    utf_16_of(base64, decoded);
    tail.strip_prefix(b"-").unwrap_or(tail)
}

fn utf_16_of(base64: &[u8], decoded: &mut Decoded) {
    let mut units = Vec::with_capacity(base64.len() / 2);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for sextet in base64.iter().filter_map(|byte| sextet(*byte)) {
        bits = (bits << 6) | u32::from(sextet);
        count += 6;
        if count >= 16 {
            count -= 16;
            units.push(u16::try_from(bits >> count & 0xFFFF).unwrap_or_default());
            bits &= (1 << count) - 1;
        }
    }
    for found in char::decode_utf16(units) {
        match found {
            Ok(found) => decoded.text.push(found),
            Err(_) => replace(decoded),
        }
    }
    if count >= 6 || bits != 0 {
        replace(decoded);
    }
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

fn replace(decoded: &mut Decoded) {
    decoded.text.push(char::REPLACEMENT_CHARACTER);
    decoded.lossy = true;
}

const SHIFT_OUT: u8 = 0x0E;
const SHIFT_IN: u8 = 0x0F;
