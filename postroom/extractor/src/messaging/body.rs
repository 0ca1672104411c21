//! The bodies of a message: as stored, and as text to read.

use crate::error::{Fault, Kind};
use crate::identity::Bag;
use crate::identity::text::{has_text, latin1, without_nul};
use crate::ltp::{Value, ptype, tag};
use crate::text::{codepage, html, lzfu, rtf};

use super::faults::Faults;
use super::text::Decoder;

/// More RTF than this does not come out of one body.
const MAX_RTF_BYTES: usize = 64 << 20;

/// What there is to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bodies {
    pub text: Option<String>,
    /// `plain`, `html` or `rtf`: what the text was made from.
    pub source: Option<&'static str>,
    /// The page that the text was decoded by; nothing for UTF-16.
    pub page: Option<u32>,
    pub html: Option<String>,
    pub rtf: Option<String>,
}

impl Bodies {
    /// Decodes 1000, 1013 and 1009. The text is the first that is not empty.
    pub fn of(bag: &Bag, decoder: &mut Decoder, faults: &mut Faults) -> Self {
        let mut bodies = Self::default();
        let html_page = bodies.read_html(bag, decoder);
        let rtf = bodies.read_rtf(bag, faults);
        let plain = bag.get(tag::BODY).filter(|v| has_text(v));
        if let Some(plain) = plain {
            let page = (plain.kind != ptype::STRING).then_some(decoder.page);
            bodies.set(
                "plain",
                page,
                decoder.value(Some(plain)).unwrap_or_default(),
            );
        } else if let Some(found) = bodies.html.as_deref().filter(|h| !h.is_empty()) {
            let found = without_nul(html::to_plain(found));
            bodies.set("html", html_page, found);
        } else if let Some(stored) = rtf.filter(|r| !r.is_empty()) {
            let found = rtf::to_plain(&stored);
            decoder.is_lossy |= found.lossy;
            bodies.set("rtf", Some(rtf_page(&stored)), without_nul(found.text));
        }
        bodies
    }

    fn set(&mut self, source: &'static str, page: Option<u32>, text: String) {
        self.source = Some(source);
        self.page = page;
        self.text = Some(text);
    }

    fn read_html(&mut self, bag: &Bag, decoder: &mut Decoder) -> Option<u32> {
        let stored = bag.get(tag::HTML).filter(|v| has_text(v))?;
        let page = html_page(stored, bag, decoder.page);
        self.html = match page {
            Some(page) => Some(decoder.bytes(page, &stored.data)),
            None => decoder.value(Some(stored)),
        };
        page
    }

    fn read_rtf(&mut self, bag: &Bag, faults: &mut Faults) -> Option<Vec<u8>> {
        let stored = bag.get(tag::RTF_COMPRESSED).filter(|v| !v.is_empty())?;
        let rtf = match lzfu::decompress(&stored.data, MAX_RTF_BYTES) {
            Ok(rtf) => rtf.bytes,
            Err(error) => {
                let property = (u32::from(tag::RTF_COMPRESSED) << 16) | u32::from(stored.kind);
                let fault = Fault::new(Kind::Property, error.to_string());
                faults.add(Fault {
                    property: Some(property),
                    ..fault
                });
                error.partial().to_vec()
            }
        };
        if !rtf.is_empty() {
            self.rtf = Some(without_nul(latin1(&rtf)));
        }
        Some(rtf)
    }
}

/// The page of an HTML body: 3FDE, then its own words, then the default; nothing for UTF-16.
fn html_page(stored: &Value, bag: &Bag, strings: u32) -> Option<u32> {
    match stored.kind {
        ptype::STRING => return None,
        ptype::STRING8 => return Some(strings),
        _ => {}
    }
    let declared = bag.get(tag::INTERNET_CODE_PAGE).and_then(Value::as_i32);
    let declared = declared
        .and_then(|n| u32::try_from(n).ok())
        .filter(|&n| codepage::is_known(n));
    // A page of 16 bits named inside a document of 8 bits is a mistake of its writer.
    let named = || html::meta_code_page(&stored.data).filter(|page| !matches!(page, 1200 | 1201));
    Some(declared.or_else(named).unwrap_or(codepage::DEFAULT))
}

/// The page that a document names for its 8-bit letters (`\ansicpg`).
fn rtf_page(rtf: &[u8]) -> u32 {
    const WORD: &[u8] = b"\\ansicpg";
    let start = rtf.get(..rtf.len().min(1024)).unwrap_or_default();
    let digits = memchr::memmem::find(start, WORD)
        .and_then(|at| start.get(at + WORD.len()..))
        .map(|rest| rest.iter().take(5).take_while(|b| b.is_ascii_digit()));
    let page = digits.map_or(0, |d| d.fold(0, |n, b| n * 10 + u32::from(b - b'0')));
    if page == 0 { codepage::DEFAULT } else { page }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn bag(values: &[(u16, u16, &'static [u8])]) -> Bag<'static> {
        let mut bag = Bag::default();
        for &(tag, kind, data) in values {
            bag.add(
                tag,
                Value {
                    kind,
                    data: Cow::Borrowed(data),
                },
            );
        }
        bag
    }

    fn read(values: &[(u16, u16, &'static [u8])]) -> Bodies {
        Bodies::of(
            &bag(values),
            &mut Decoder::new(1252),
            &mut Faults::default(),
        )
    }

    #[test]
    fn an_empty_plain_body_gives_way_to_the_html() {
        let html: &[u8] = b"<p>caf\xC3\xA9</p>";
        let page: &[u8] = &[0xE9, 0xFD, 0, 0];
        let bodies = read(&[
            (tag::BODY, ptype::STRING, &[]),
            (tag::HTML, ptype::BINARY, html),
            (tag::INTERNET_CODE_PAGE, ptype::INTEGER32, page),
        ]);
        assert_eq!(bodies.source, Some("html"));
        assert_eq!(bodies.text.as_deref(), Some("café"));
        assert_eq!(bodies.page, Some(65001));
    }

    #[test]
    fn a_plain_body_wins_and_utf16_has_no_page() {
        let values: [(u16, u16, &[u8]); 2] = [
            (tag::BODY, ptype::STRING, b"A\0"),
            (tag::HTML, ptype::BINARY, b"<p>B"),
        ];
        let bodies = read(&values);
        assert_eq!((bodies.source, bodies.page), (Some("plain"), None));
        assert_eq!(bodies.html.as_deref(), Some("<p>B"));
    }

    #[test]
    fn a_broken_rtf_body_is_told_of() {
        let mut faults = Faults::default();
        let broken = bag(&[(tag::RTF_COMPRESSED, ptype::BINARY, &[1, 2, 3])]);
        let bodies = Bodies::of(&broken, &mut Decoder::new(1252), &mut faults);
        assert_eq!(bodies, Bodies::default());
        assert_eq!(faults.list.len(), 1);
        assert_eq!(rtf_page(b"{\\rtf1\\ansi\\ansicpg1251 x}"), 1251);
    }
}
