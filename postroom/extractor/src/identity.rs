//! What a message is, told by its stored bytes: the same definition as `identity.py`.
//!
//! Nothing here decodes by a code page, so no decoder can make two readers agree or differ by
//! accident. `tests/vectors/identity.json` of Postroom holds both to it.

pub mod hash;
pub mod header;
pub mod text;

use std::borrow::Cow;

use crate::bytes::u32_at;
use crate::ltp::{Value, ptype, tag};
use text::{lower, text, trim};

/// The properties of a message that its record hash is made of, ascending.
pub const RECORD_TAGS: [u16; 23] = [
    tag::MESSAGE_CLASS,
    tag::SUBJECT,
    tag::CLIENT_SUBMIT_TIME,
    tag::REPRESENTING_NAME,
    tag::REPRESENTING_ADDRESS_TYPE,
    tag::REPRESENTING_ADDRESS,
    tag::CONVERSATION_TOPIC,
    tag::CONVERSATION_INDEX,
    tag::TRANSPORT_HEADERS,
    tag::SENDER_NAME,
    tag::SENDER_ADDRESS_TYPE,
    tag::SENDER_ADDRESS,
    tag::DELIVERY_TIME,
    tag::BODY,
    tag::RTF_COMPRESSED,
    tag::HTML,
    tag::MESSAGE_ID,
    tag::REFERENCES,
    tag::IN_REPLY_TO,
    tag::CREATION_TIME,
    tag::MODIFICATION_TIME,
    tag::SENDER_SMTP,
    tag::REPRESENTING_SMTP,
];

/// Of those, the ones that the content hash is not made of.
const NOT_CONTENT: [u16; 9] = [
    tag::MESSAGE_CLASS,
    tag::CONVERSATION_TOPIC,
    tag::CONVERSATION_INDEX,
    tag::TRANSPORT_HEADERS,
    tag::MESSAGE_ID,
    tag::REFERENCES,
    tag::IN_REPLY_TO,
    tag::CREATION_TIME,
    tag::MODIFICATION_TIME,
];

/// The properties of a recipient that the record hash writes after its kind.
pub const RECIPIENT_TAGS: [u16; 4] = [
    tag::DISPLAY_NAME,
    tag::ADDRESS_TYPE,
    tag::EMAIL_ADDRESS,
    tag::SMTP_ADDRESS,
];

/// Whether the record hash is made of a tag.
pub fn is_record_tag(wanted: u16) -> bool {
    RECORD_TAGS.contains(&wanted)
}

/// Whether the content hash is made of a tag.
pub fn is_content_tag(wanted: u16) -> bool {
    is_record_tag(wanted) && !NOT_CONTENT.contains(&wanted)
}

/// Stored values by tag; where a tag is stored twice, the first entry.
#[derive(Debug, Default)]
pub struct Bag<'a> {
    values: Vec<(u16, Value<'a>)>,
}

impl<'a> Bag<'a> {
    /// Takes a value up unless the tag has one.
    pub fn add(&mut self, tag: u16, value: Value<'a>) {
        if self.get(tag).is_none() {
            self.values.push((tag, value));
        }
    }

    /// The value of a tag.
    pub fn get(&self, tag: u16) -> Option<&Value<'a>> {
        self.values
            .iter()
            .find(|(found, _)| *found == tag)
            .map(|(_, value)| value)
    }

    /// The identity's text of a tag; "" if there is none.
    pub fn text(&self, tag: u16) -> Cow<'_, str> {
        text(self.get(tag))
    }

    /// The bytes of a tag; empty if there is none.
    pub fn bytes(&self, tag: u16) -> &[u8] {
        self.get(tag).map(|v| &*v.data).unwrap_or_default()
    }
}

/// The subject without the two characters that mark its prefix.
pub fn subject_without_mark(subject: &str) -> &str {
    let mut chars = subject.chars();
    match (chars.next(), chars.next()) {
        (Some('\u{1}'), Some(_)) => chars.as_str(),
        _ => subject,
    }
}

/// Who a message is from: the represented before the sender, SMTP before any other form.
pub fn from_address(bag: &Bag) -> String {
    let smtp_only = |address: u16, kind: u16| {
        let found = bag.text(address);
        let is_smtp = trim(&bag.text(kind)).eq_ignore_ascii_case("smtp");
        if is_smtp || found.contains('@') {
            found
        } else {
            Cow::Borrowed("")
        }
    };
    let candidate = |n| match n {
        0 => bag.text(tag::REPRESENTING_SMTP),
        1 => smtp_only(tag::REPRESENTING_ADDRESS, tag::REPRESENTING_ADDRESS_TYPE),
        2 => bag.text(tag::SENDER_SMTP),
        3 => smtp_only(tag::SENDER_ADDRESS, tag::SENDER_ADDRESS_TYPE),
        4 => bag.text(tag::REPRESENTING_ADDRESS),
        5 => bag.text(tag::SENDER_ADDRESS),
        6 => bag.text(tag::REPRESENTING_NAME),
        _ => bag.text(tag::SENDER_NAME),
    };
    let first = (0..8).map(candidate).find(|text| !text.is_empty());
    first.map(|text| lower(trim(&text))).unwrap_or_default()
}

/// 0C15 as stored, flags and all; 0 where it is absent.
pub fn recipient_kind(recipient: &Bag) -> u32 {
    unsigned(recipient.get(tag::RECIPIENT_TYPE)).unwrap_or(0)
}

fn unsigned(value: Option<&Value>) -> Option<u32> {
    let value = value.filter(|v| v.kind == ptype::INTEGER32 && v.data.len() == 4)?;
    u32_at(&value.data, 0)
}

/// The addresses of the To recipients, sorted by their UTF-8 bytes, duplicates kept.
pub fn to_addresses(recipients: &[Bag]) -> Vec<String> {
    let mut found: Vec<String> = recipients
        .iter()
        .filter(|recipient| recipient_kind(recipient) & 0xF == 1)
        .map(|recipient| {
            let tags = [tag::SMTP_ADDRESS, tag::EMAIL_ADDRESS, tag::DISPLAY_NAME];
            let first = tags
                .iter()
                .map(|&t| recipient.text(t))
                .find(|t| !t.is_empty());
            first.map(|text| lower(trim(&text))).unwrap_or_default()
        })
        .collect();
    found.sort_unstable();
    found
}

/// The FILETIME of sending, else of delivery, as an unsigned decimal; "" without either.
pub fn date(bag: &Bag) -> String {
    [tag::CLIENT_SUBMIT_TIME, tag::DELIVERY_TIME]
        .iter()
        .find_map(|&t| bag.get(t).filter(|v| v.data.len() == 8)?.as_filetime())
        .map(|time| time.to_string())
        .unwrap_or_default()
}

/// The plain text, else the HTML, both normalised, else `lzfu:` and the digest of the RTF. `plain`
/// is the text of 1000 where somebody has decoded it already.
pub fn body(bag: &Bag, plain: Option<&str>) -> String {
    let plain = plain.map_or_else(|| bag.text(tag::BODY), Cow::Borrowed);
    let mut found = text::normal_body(&plain);
    if found.is_empty() {
        found = text::normal_body(&bag.text(tag::HTML));
    }
    match bag.bytes(tag::RTF_COMPRESSED) {
        stored if found.is_empty() && !stored.is_empty() => {
            format!("lzfu:{}", hash::hex(&hash::sha256(stored)))
        }
        _ => found,
    }
}

/// The method of an attachment: 3705; where that is absent, by value if there are bytes in 3701,
/// else none (0).
pub fn attachment_method(stored: Option<&Value>, content_type: Option<u16>) -> u32 {
    unsigned(stored).unwrap_or(u32::from(content_type == Some(ptype::BINARY)))
}

/// Whether an attachment of this method has content: by value (1) and OLE (6).
pub fn has_content(method: u32) -> bool {
    matches!(method, 1 | 6)
}
