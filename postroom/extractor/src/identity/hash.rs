//! The hashes of messages, families and attachments.

use sha2::{Digest, Sha256};

use super::{Bag, RECIPIENT_TAGS, RECORD_TAGS, recipient_kind};
use crate::ltp::{Value, tag};

/// A SHA-256 as it is.
pub type Hash = [u8; 32];

/// SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS.get(usize::from(n)).copied().unwrap_or(b'0'));
    bytes
        .iter()
        .flat_map(|&b| [digit(b >> 4), digit(b & 15)])
        .collect()
}

/// What the content hash is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    pub body: String,
    pub date: String,
    pub from: String,
    pub subject: String,
    pub to: Vec<String>,
}

impl Content {
    /// SHA-256 of the canonical JSON (RFC 8785) of these members and the version.
    pub fn hash(&self) -> Hash {
        let mut json = Vec::with_capacity(self.body.len() + 512);
        for (name, text) in [
            ("{\"body\":", &self.body),
            (",\"date\":", &self.date),
            (",\"from\":", &self.from),
            (",\"subject\":", &self.subject),
        ] {
            json.extend_from_slice(name.as_bytes());
            crate::write::json_string(&mut json, text);
        }
        json.extend_from_slice(b",\"to\":[");
        for (n, address) in self.to.iter().enumerate() {
            if n > 0 {
                json.push(b',');
            }
            crate::write::json_string(&mut json, address);
        }
        json.extend_from_slice(b"],\"v\":1}");
        sha256(&json)
    }
}

/// An attachment as the record hash sees it.
#[derive(Clone, Debug, Default)]
pub struct AttachmentRecord {
    pub nid: u32,
    pub method: u32,
    pub size: u64,
    pub hash: Option<Hash>,
    /// Type and bytes of 3707.
    pub long_name: Option<(u16, Vec<u8>)>,
}

/// SHA-256 of the record: strict, it changes with any stored byte of what it is made of.
pub fn record_hash(message: &Bag, recipients: &[Bag], attachments: &[AttachmentRecord]) -> Hash {
    let mut digest = Sha256::new();
    for tag in RECORD_TAGS {
        if let Some(value) = message.get(tag).filter(|v| !v.is_empty()) {
            put(&mut digest, tag, Some((value.kind, &value.data)));
        }
    }
    digest.update(count(recipients.len()));
    for recipient in recipients {
        digest.update(recipient_kind(recipient).to_le_bytes());
        for tag in RECIPIENT_TAGS {
            put(&mut digest, tag, recipient.get(tag).map(pair));
        }
    }
    digest.update(count(attachments.len()));
    for attachment in attachments {
        digest.update(attachment.nid.to_le_bytes());
        digest.update(attachment.method.to_le_bytes());
        digest.update(attachment.hash.map_or(0, |_| attachment.size).to_le_bytes());
        digest.update(attachment.hash.unwrap_or_default());
        let name = attachment
            .long_name
            .as_ref()
            .map(|(kind, data)| (*kind, data.as_slice()));
        put(&mut digest, tag::ATTACH_LONG_FILENAME, name);
    }
    digest.finalize().into()
}

fn pair<'v>(value: &'v Value) -> (u16, &'v [u8]) {
    (value.kind, &value.data)
}

fn count(n: usize) -> [u8; 4] {
    u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes()
}

/// Tag, type, length and bytes; type and length 0 where there are no bytes.
fn put(digest: &mut Sha256, tag: u16, value: Option<(u16, &[u8])>) {
    let (kind, data) = value
        .filter(|(_, data)| !data.is_empty())
        .unwrap_or((0, &[]));
    digest.update(u32::from(tag).to_le_bytes());
    digest.update(kind.to_le_bytes());
    digest.update((data.len() as u64).to_le_bytes());
    digest.update(data);
}

/// SHA-256 over the record hashes in position order; nothing if one of them is nothing.
pub fn family_hash(records: &[Option<Hash>]) -> Option<Hash> {
    let mut digest = Sha256::new();
    for record in records {
        digest.update((*record)?);
    }
    Some(digest.finalize().into())
}
