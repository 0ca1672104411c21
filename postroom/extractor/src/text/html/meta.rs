//! The code page that a page names for itself.

use encoding_rs::Encoding;

use super::scan::{Scanner, Tag, Token};
use crate::text::codepage;

/// How far into a page a `<meta>` counts.
const SEARCHED_BYTES: usize = 4096;

/// The code page of a byte order mark, else of the first `<meta>` with a charset that we know.
///
/// As in browsers, `iso-8859-1` and `us-ascii` mean 1252, `iso-8859-9` means 1254, and UTF-16 in a
/// `<meta>` that could be read byte by byte means UTF-8.
pub fn meta_code_page(html: &[u8]) -> Option<u32> {
    let head = html.get(..SEARCHED_BYTES).unwrap_or(html);
    match head {
        [0xEF, 0xBB, 0xBF, ..] => return Some(65001),
        [0xFF, 0xFE, ..] => return Some(1200),
        [0xFE, 0xFF, ..] => return Some(1201),
        _ => {}
    }
    let text = encoding_rs::mem::decode_latin1(head);
    let mut scanner = Scanner::new(&text);
    while let Some(token) = scanner.next_token() {
        let Token::Open(tag) = token else { continue };
        if tag.name.eq_ignore_ascii_case("meta")
            && let Some(code_page) = charset(&tag).and_then(|label| by_label(&label))
        {
            return Some(code_page);
        }
        if ["script", "style", "title"]
            .iter()
            .any(|name| tag.name.eq_ignore_ascii_case(name))
        {
            scanner.skip_past_end_of(&tag);
        }
    }
    None
}

/// The label in `charset=…`, or in the `content` of a `Content-Type`.
fn charset(tag: &Tag<'_>) -> Option<String> {
    let lower = tag.attributes.to_ascii_lowercase();
    lower.match_indices("charset").find_map(|(at, found)| {
        let after = lower.get(at + found.len()..)?.trim_start();
        let value = after
            .strip_prefix('=')?
            .trim_start()
            .trim_start_matches(['"', '\'']);
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'' | ';' | '>' | '/');
        let label = value.trim_start().split(ends).next()?;
        (!label.is_empty()).then(|| label.to_owned())
    })
}

/// The code page of a charset label of mail or of the web.
pub fn by_label(label: &str) -> Option<u32> {
    match label {
        "utf-7" | "unicode-1-1-utf-7" => return Some(65000),
        "iso-2022-kr" | "csiso2022kr" => return Some(50225),
        "hz-gb-2312" => return Some(52936),
        _ => {}
    }
    let by_web = Encoding::for_label(label.as_bytes()).and_then(|found| by_name(found.name()));
    by_web.or_else(|| by_number(label))
}

/// `cp850`, `ibm437`, `windows-1252`, `x-cp20932`: the number is the page.
fn by_number(label: &str) -> Option<u32> {
    let prefixes = ["x-cp", "cp", "ibm", "dos-", "windows-", "ms"];
    let number = prefixes
        .iter()
        .find_map(|prefix| label.strip_prefix(prefix))?;
    let code_page = number.parse().ok()?;
    codepage::is_known(code_page).then_some(code_page)
}

fn by_name(name: &str) -> Option<u32> {
    let known = WEB_NAMES.iter().find(|(known, _)| *known == name);
    known
        .map(|(_, code_page)| *code_page)
        .or_else(|| by_number(&name.to_ascii_lowercase()))
}

/// The names that the web has for our pages, but for those that hold the number.
const WEB_NAMES: [(&str, u32); 29] = [
    ("UTF-8", 65001),
    ("UTF-16LE", 65001),
    ("UTF-16BE", 65001),
    ("Shift_JIS", 932),
    ("GBK", 936),
    ("gb18030", 54936),
    ("EUC-KR", 949),
    ("Big5", 950),
    ("EUC-JP", 51932),
    ("ISO-2022-JP", 50220),
    ("macintosh", 10000),
    ("x-mac-cyrillic", 10007),
    ("KOI8-R", 20866),
    ("KOI8-U", 21866),
    ("ISO-8859-2", 28592),
    ("ISO-8859-3", 28593),
    ("ISO-8859-4", 28594),
    ("ISO-8859-5", 28595),
    ("ISO-8859-6", 28596),
    ("ISO-8859-7", 28597),
    ("ISO-8859-8", 28598),
    ("ISO-8859-8-I", 38598),
    ("ISO-8859-10", 28600),
    ("ISO-8859-13", 28603),
    ("ISO-8859-14", 28604),
    ("ISO-8859-15", 28605),
    ("ISO-8859-16", 28606),
    ("IBM866", 866),
    ("x-user-defined", 1252),
];
