//! The hashes of the identity, computed from what is stored. Written from its definition in the documentation and
//! sharing no code with the reader: it is a witness, not a helper.

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::file::properties::{Property, kind};
use crate::mail::{Attachment, Content, Mail, find, tags as tag};

/// Tags of the strict hash, ascending.
const RECORD_TAGS: [u16; 23] = [
    0x001A, 0x0037, 0x0039, 0x0042, 0x0064, 0x0065, 0x0070, 0x0071, 0x007D, 0x0C1A, 0x0C1E, 0x0C1F,
    0x0E06, 0x1000, 0x1009, 0x1013, 0x1035, 0x1039, 0x1042, 0x3007, 0x3008, 0x5D01, 0x5D02,
];

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// text(v): the characters of a stored value.
fn text(property: Option<&Property>) -> String {
    let Some(property) = property else {
        return String::new();
    };
    let raw: String = match property.kind {
        kind::WIDE => {
            let units = property
                .data
                .as_chunks::<2>()
                .0
                .iter()
                .map(|pair| u16::from_le_bytes(*pair));
            char::decode_utf16(units)
                .map(|unit| unit.unwrap_or('\u{FFFD}'))
                .collect()
        }
        kind::NARROW | kind::BINARY => property.data.iter().map(|byte| char::from(*byte)).collect(),
        _ => String::new(),
    };
    raw.trim_end_matches('\0').replace('\0', "\u{FFFD}")
}

fn trim(text: &str) -> &str {
    text.trim_matches(|letter: char| matches!(letter, '\u{9}'..='\u{D}' | ' '))
}

fn folded(text: &str) -> String {
    trim(text).to_ascii_lowercase()
}

/// The address that a mail is from.
pub fn from(mail: &Mail) -> String {
    let value = |id| text(mail.property(id));
    let smtp = |type_id, id| {
        let address = value(id);
        if folded(&value(type_id)) == "smtp" || address.contains('@') {
            address
        } else {
            String::new()
        }
    };
    let candidates = [
        value(tag::REPRESENTING_SMTP),
        smtp(tag::REPRESENTING_ADDRESS_TYPE, tag::REPRESENTING_ADDRESS),
        value(tag::SENDER_SMTP),
        smtp(tag::SENDER_ADDRESS_TYPE, tag::SENDER_ADDRESS),
        value(tag::REPRESENTING_ADDRESS),
        value(tag::SENDER_ADDRESS),
        value(tag::REPRESENTING_NAME),
        value(tag::SENDER_NAME),
    ];
    candidates
        .iter()
        .find(|one| !one.is_empty())
        .map(|one| folded(one))
        .unwrap_or_default()
}

fn subject(mail: &Mail) -> String {
    let stored = text(mail.property(tag::SUBJECT));
    let is_marked = stored.starts_with('\u{1}') && stored.chars().count() >= 2;
    folded(
        &stored
            .chars()
            .skip(if is_marked { 2 } else { 0 })
            .collect::<String>(),
    )
}

fn to(mail: &Mail) -> Vec<String> {
    let mut addresses: Vec<String> = mail
        .recipients
        .iter()
        .filter(|row| u32_of(find(&row.properties, tag::RECIPIENT_TYPE)) & 0xF == 1)
        .map(|row| {
            let candidates = [tag::SMTP_ADDRESS, tag::EMAIL_ADDRESS, tag::DISPLAY_NAME];
            let values = candidates.map(|id| text(find(&row.properties, id)));
            values
                .iter()
                .find(|one| !one.is_empty())
                .map(|one| folded(one))
                .unwrap_or_default()
        })
        .collect();
    addresses.sort_unstable();
    addresses
}

fn u32_of(property: Option<&Property>) -> u32 {
    property
        .and_then(|one| one.data.as_slice().try_into().ok())
        .map_or(0, u32::from_le_bytes)
}

fn date(mail: &Mail) -> String {
    [tag::CLIENT_SUBMIT_TIME, tag::DELIVERY_TIME]
        .into_iter()
        .filter_map(|id| mail.property(id).filter(|one| one.kind == kind::TIME))
        .find_map(|one| one.data.as_slice().try_into().ok().map(u64::from_le_bytes))
        .map_or_else(String::new, |time| time.to_string())
}

/// Line ends to LF, blanks before them and at the end gone.
fn normalised(body: &str) -> String {
    let unified = body.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = unified
        .split('\n')
        .map(|line| line.trim_end_matches([' ', '\t']))
        .collect();
    lines
        .join("\n")
        .trim_end_matches(['\n', ' ', '\t'])
        .to_owned()
}

fn body(mail: &Mail) -> String {
    for id in [tag::BODY, tag::HTML] {
        let body = normalised(&text(mail.property(id)));
        if !body.is_empty() {
            return body;
        }
    }
    match mail.property(tag::RTF_COMPRESSED) {
        Some(rtf) if !rtf.data.is_empty() => format!("lzfu:{}", hex(&sha256(&rtf.data))),
        _ => String::new(),
    }
}

/// The hash of what a mail says. Keys in order and no blanks: the canonical form needs no more for such an object.
pub fn content_hash(mail: &Mail) -> String {
    let canonical = json!({
        "body": body(mail), "date": date(mail), "from": from(mail), "subject": subject(mail), "to": to(mail), "v": 1,
    });
    hex(&sha256(canonical.to_string().as_bytes()))
}

/// The hash of an attachment's bytes, if it has any of its own.
pub fn attachment_hash(attachment: &Attachment) -> Option<[u8; 32]> {
    match &attachment.content {
        Content::Bytes(bytes) | Content::Object(bytes) => Some(sha256(bytes)),
        Content::Message(_) | Content::Reference => None,
    }
}

/// The strict hash of a mail; `attachment_nids` are the node ids that its attachments were written under.
pub fn record_hash(mail: &Mail, attachment_nids: &[u32], hashes: &[Option<[u8; 32]>]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for id in RECORD_TAGS {
        if let Some(property) = mail.property(id).filter(|one| !one.data.is_empty()) {
            put_value(&mut hash, id, Some(property));
        }
    }
    hash.update((mail.recipients.len() as u32).to_le_bytes());
    for row in &mail.recipients {
        hash.update(u32_of(find(&row.properties, tag::RECIPIENT_TYPE)).to_le_bytes());
        for id in [
            tag::DISPLAY_NAME,
            tag::ADDRESS_TYPE,
            tag::EMAIL_ADDRESS,
            tag::SMTP_ADDRESS,
        ] {
            put_value(&mut hash, id, find(&row.properties, id));
        }
    }
    hash.update((mail.attachments.len() as u32).to_le_bytes());
    for ((attachment, nid), digest) in mail.attachments.iter().zip(attachment_nids).zip(hashes) {
        hash.update(nid.to_le_bytes());
        hash.update(attachment.method.to_le_bytes());
        hash.update(digest.map_or(0, |_| attachment.size() as u64).to_le_bytes());
        hash.update(digest.unwrap_or_default());
        put_value(
            &mut hash,
            tag::ATTACH_LONG_FILENAME,
            find(&attachment.properties, tag::ATTACH_LONG_FILENAME),
        );
    }
    hash.finalize().into()
}

/// A value as tag, type, length and bytes; a missing one as type and length zero.
fn put_value(hash: &mut Sha256, id: u16, property: Option<&Property>) {
    let present = property.filter(|one| !one.data.is_empty());
    hash.update(u32::from(id).to_le_bytes());
    hash.update(present.map_or(0, |one| one.kind).to_le_bytes());
    hash.update(present.map_or(0, |one| one.data.len() as u64).to_le_bytes());
    hash.update(present.map_or(&[][..], |one| &one.data));
}
