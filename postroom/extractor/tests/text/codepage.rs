//! Code pages: every byte of every page is what Windows says it is.

use postroom_extractor::text::codepage::{Decoded, decode, is_known};
use serde_json::Value;

fn read(code_page: u32, bytes: &[u8]) -> (String, bool) {
    let Decoded { text, lossy } = decode(code_page, bytes);
    (text, lossy)
}

fn exact(text: &str) -> (String, bool) {
    (text.to_owned(), false)
}

fn lossy(text: &str) -> (String, bool) {
    (text.to_owned(), true)
}

#[test]
fn latin_1_and_ascii_are_not_the_1252_of_the_web() {
    assert_eq!(read(28591, b"\x80\xe9\xff"), exact("\u{80}éÿ"));
    assert_eq!(read(20127, b"a\x80"), lossy("a\u{fffd}"));
    assert_eq!(read(1252, b"\x80\x81"), exact("€\u{81}"));
}

#[test]
fn an_unknown_page_is_a_guess_and_says_so() {
    assert!(!is_known(0));
    assert_eq!(read(12345, b"abc\xe9"), lossy("abcé"));
}

#[test]
fn pages_of_many_bytes_are_read_whole() {
    assert_eq!(read(932, b"\x93\xfa\x96\x7b\xb1"), exact("日本ｱ"));
    assert_eq!(read(936, b"\xd6\xd0\xce\xc4"), exact("中文"));
    assert_eq!(read(949, b"\xc7\xd1\xb1\xdb"), exact("한글"));
    assert_eq!(read(950, b"\xa4\xa4\xa4\xe5"), exact("中文"));
    assert_eq!(read(54936, b"\x94\x39\xda\x33"), exact("\u{1f4a9}"));
    assert_eq!(read(51932, b"\xc6\xfc\xcb\xdc"), exact("日本"));
    assert_eq!(read(65001, "é€".as_bytes()), exact("é€"));
    assert_eq!(read(1200, b"a\0\xac\x20"), exact("a€"));
    assert_eq!(read(1201, b"\0a\x20\xac"), exact("a€"));
    assert_eq!(read(932, b"a\x93"), lossy("a\u{fffd}"));
}

#[test]
fn shifted_pages_go_back_and_forth() {
    assert_eq!(read(50220, b"a\x1b$BF|K\\\x1b(Bb"), exact("a日本b"));
    assert_eq!(read(50222, b"a\x0e\x31\x0fb"), exact("aｱb"));
    assert_eq!(read(50225, b"\x1b$)Ca\x0eGQ1[\x0fb"), exact("a한글b"));
    assert_eq!(read(52936, b"a~{VPND~}b~~"), exact("a中文b~"));
    assert_eq!(
        read(65000, b"A+ImIDkQ.+-+2D3eAA-x"),
        exact("A≢Α.+\u{1f600}x")
    );
    assert_eq!(read(65000, b"+2D0- \xe9"), lossy("\u{fffd} \u{fffd}"));
}

/// What Python's codecs say, written by `codepages.py`.
const TABLES: &str = include_str!("codepages.json");

/// Where we go by Windows and the web, which agree, and not by Python.
const BY_WINDOWS: [(u32, u8, char); 3] = [
    (1255, 0xCA, '\u{5ba}'),
    (21866, 0xAE, 'ў'),
    (21866, 0xBE, 'Ў'),
];

#[test]
fn every_byte_of_every_single_byte_page_is_what_python_says() {
    let tables: Value = serde_json::from_str(TABLES).expect("JSON");
    let pages = tables["single"].as_object().expect("an object");
    assert!(pages.len() > 45);
    let mut wrong = Vec::new();
    for (page, expected) in pages {
        let code_page = page.parse().expect("a number");
        for (byte, expected) in (0..=255).zip(expected.as_str().expect("text").chars()) {
            let Decoded { text, lossy } = decode(code_page, &[byte]);
            let expected = by_windows(code_page, byte, expected);
            if text != expected.to_string() || lossy != (expected == '\u{fffd}') {
                wrong.push(format!(
                    "{page} {byte:02x}: {text:?} lossy {lossy}, not {expected:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Bytes 80 to 9F that have no character are C1 controls in the pages of Windows.
fn by_windows(code_page: u32, byte: u8, by_python: char) -> char {
    let listed = BY_WINDOWS
        .iter()
        .find(|(page, at, _)| (*page, *at) == (code_page, byte));
    let is_passed_on =
        matches!(code_page, 864 | 869 | 874 | 1250..=1258) && matches!(byte, 0x80..=0x9F);
    match listed {
        Some((_, _, found)) => *found,
        None if is_passed_on && by_python == '\u{fffd}' => char::from(byte),
        None => by_python,
    }
}

#[test]
fn samples_of_every_multi_byte_page_are_what_python_says() {
    let tables: Value = serde_json::from_str(TABLES).expect("JSON");
    for (page, samples) in tables["multiple"].as_object().expect("an object") {
        let code_page = page.parse().expect("a number");
        assert!(is_known(code_page), "{page}");
        for sample in samples.as_array().expect("a list") {
            let bytes = from_hex(sample[0].as_str().expect("hex"));
            let text = sample[1].as_str().expect("text");
            assert_eq!(read(code_page, &bytes), exact(text), "{page}");
        }
    }
}

fn from_hex(hex: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
    (0..hex.len()).step_by(2).map(digit).collect()
}
