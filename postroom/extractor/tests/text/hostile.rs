//! What holds for any input, also for one that was made to hurt.

use postroom_extractor::text::{codepage, headers, html, lzfu, rtf};
use proptest::prelude::*;

const LIMIT_BYTES: usize = 1 << 16;

/// A tenth of the long count, unless `SOAK` is set.
fn counted() -> ProptestConfig {
    let cases = if std::env::var_os("SOAK").is_some() {
        20_000
    } else {
        2_000
    };
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Pieces in any order: random bytes alone never get deep into a grammar.
fn soup(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece =
        prop_oneof![4 => prop::sample::select(pieces).prop_map(str::to_owned), 1 => ".{0,3}"];
    prop::collection::vec(piece, 0..40).prop_map(|found| found.concat())
}

const RTF: &[&str] = &[
    "{",
    "}",
    "\\",
    "\\'",
    "\\'93",
    "\\'fa",
    "\\u8364",
    "\\u-10179",
    "\\uc2 ",
    "\\uc0",
    "?",
    " ",
    "\\par\n",
    "\\*",
    "{\\rtf1\\ansi",
    "\\ansicpg932",
    "\\fromhtml1 ",
    "\\htmlrtf ",
    "\\htmlrtf0 ",
    "{\\*\\htmltag64 <p>}",
    "\\fonttbl",
    "\\f0",
    "\\f1",
    "\\fcharset128 ",
    "\\bin3 ",
    "\\bin-1 ",
    "\\bin999999999 ",
    "\\upr",
    "\\ud",
    "\\pict",
    "\\cell",
    "\\'0d",
    "\\'0a",
    "x",
];

const HTML: &[&str] = &[
    "<",
    ">",
    "</",
    "/>",
    "<p>",
    "</p>",
    "<pre>",
    "</pre>",
    "<td>",
    "</td>",
    "<tr>",
    "<table>",
    "</table>",
    "<br>",
    "<!--",
    "-->",
    "<script>",
    "</script>",
    "\r",
    "&#13;",
    "<style",
    "<a href=\"",
    "\"",
    "'",
    "&",
    "&amp;",
    "&#x",
    "&#99999999999;",
    "&nosuch;",
    " ",
    "\n",
    "word",
    "<meta charset=",
    "utf-8",
    "<!",
    "<?",
];

const HEADERS: &[&str] = &[
    "\r",
    "\n",
    "\r\n",
    " ",
    "\t",
    ":",
    "Date",
    "date",
    "X",
    "Message-ID",
    "<a@b>",
    "\u{b}",
    "\u{a0}",
    "é",
];

proptest! {
    #![proptest_config(counted())]

    #[test]
    fn any_bytes_are_text_in_any_page(page in 0_u32..70_000, bytes: Vec<u8>) {
        let decoded = codepage::decode(page, &bytes);
        prop_assert!(codepage::is_known(page) || decoded.lossy);
        prop_assert!(decoded.text.len() <= bytes.len() * 8 + 16);
    }

    #[test]
    fn utf_16_and_utf_8_come_back(text: String) {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (page, bytes) in [(65001, text.clone().into_bytes()), (1200, units)] {
            let decoded = codepage::decode(page, &bytes);
            prop_assert_eq!((decoded.text.as_str(), decoded.lossy), (text.as_str(), false));
        }
    }

    #[test]
    fn any_contents_decompress_within_the_limit(size: u32, raw: u32, contents: Vec<u8>) {
        let mut compressed = [size.to_le_bytes(), raw.to_le_bytes(), *b"LZFu", [0; 4]].concat();
        compressed.extend(contents);
        let found = lzfu::decompress(&compressed, LIMIT_BYTES);
        let bytes = match &found {
            Ok(whole) => &whole.bytes,
            Err(error) => error.partial(),
        };
        prop_assert!(bytes.len() <= LIMIT_BYTES.min(compressed.len() * 9));
    }

    #[test]
    fn any_rtf_is_text(rtf in soup(RTF)) {
        let decoded = rtf::to_plain(rtf.as_bytes());
        prop_assert!(decoded.text.len() <= rtf.len() * 3);
        prop_assert!(!decoded.text.contains(['\0', '\r']));
    }

    #[test]
    fn any_bytes_are_rtf(bytes: Vec<u8>) {
        rtf::to_plain(&bytes);
    }

    #[test]
    fn unicode_in_rtf_comes_back(text in "[^\0\r\n\t ]{0,40}") {
        let escaped: String = text.encode_utf16().map(|unit| format!("\\u{}?", unit.cast_signed())).collect();
        let decoded = rtf::to_plain(format!("{{\\rtf1\\ansi {escaped}}}").as_bytes());
        prop_assert_eq!((decoded.text, decoded.lossy), (text, false));
    }

    #[test]
    fn any_html_is_text(html in soup(HTML)) {
        let text = html::to_plain(&html);
        prop_assert!(text.len() <= html.len() * 4 + 16);
        prop_assert!(!text.contains('\r'));
        html::meta_code_page(html.as_bytes());
    }

    #[test]
    fn text_in_html_comes_back(text in "[^\0\r\n\u{80}-\u{9f}]{0,40}") {
        let escaped: String = text.chars().map(|c| format!("&#{};", u32::from(c))).collect();
        prop_assert_eq!(html::to_plain(&format!("<pre>{escaped}</pre>")), text.as_str());
        let quoted = text.replace('&', "&amp;").replace('<', "&lt;");
        prop_assert_eq!(html::to_plain(&format!("<pre>\n{quoted}</pre>")), text);
    }

    #[test]
    fn fields_are_those_of_the_definition(text in soup(HEADERS)) {
        for name in ["Date", "message-id", "X"] {
            prop_assert_eq!(headers::field(&text, name), by_definition(&text, name), "{:?}", text);
        }
    }
}

/// The definition of the identity, step by step, however slow.
fn by_definition(headers: &str, name: &str) -> Option<String> {
    let unix = headers.replace("\r\n", "\n").replace('\r', "\n");
    let head = unix
        .trim_start_matches('\n')
        .split("\n\n")
        .next()
        .unwrap_or_default();
    let unfolded = head.replace("\n ", " ").replace("\n\t", "\t");
    let blank = |c: char| "\t\n\u{b}\u{c}\r ".contains(c);
    unfolded.split('\n').find_map(|line| {
        let (found, value) = line.split_once(':')?;
        let matches = found.trim_matches(blank).eq_ignore_ascii_case(name);
        matches.then(|| value.trim_matches(blank).to_owned())
    })
}
