//! The identity in Rust against the vectors that hold `identity.py` to the same definition.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails may panic"
)]

use std::borrow::Cow;

use postroom_extractor::identity::hash::{AttachmentRecord, Content, family_hash, hex};
use postroom_extractor::identity::hash::{Hash, record_hash, sha256};
use postroom_extractor::identity::header::MessageIds;
use postroom_extractor::identity::text::{lower, normal_body, text, trim};
use postroom_extractor::identity::{self, Bag};
use postroom_extractor::ltp::Value as Stored;
use postroom_extractor::text::headers::field;
use serde_json::Value;

fn vectors(section: &str) -> Vec<Value> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/vectors/identity.json"
    );
    let all: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    all.get(section)
        .and_then(Value::as_array)
        .expect(section)
        .clone()
}

fn string(value: &Value, name: &str) -> String {
    value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn list(value: &Value, name: &str) -> Vec<Value> {
    value
        .get(name)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}

fn unhex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|p| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap())
        .collect()
}

fn stored(pair: &Value) -> Stored<'static> {
    let part = |at: usize| pair.get(at).and_then(Value::as_str).unwrap();
    Stored {
        kind: u16::from_str_radix(part(0), 16).unwrap(),
        data: Cow::Owned(unhex(part(1))),
    }
}

fn bag(properties: &Value) -> Bag<'static> {
    let mut bag = Bag::default();
    for (tag, pair) in properties.as_object().unwrap() {
        bag.add(u16::from_str_radix(tag, 16).unwrap(), stored(pair));
    }
    bag
}

fn record(attachment: &Value) -> AttachmentRecord {
    let properties = bag(attachment.get("properties").unwrap());
    let content = unhex(&string(attachment, "content"));
    let method = identity::attachment_method(
        properties.get(0x3705),
        properties.get(0x3701).map(|value| value.kind),
    );
    let hash = identity::has_content(method).then(|| sha256(&content));
    AttachmentRecord {
        nid: u32::try_from(attachment.get("nid").and_then(Value::as_u64).unwrap()).unwrap(),
        method,
        size: content.len() as u64,
        hash,
        long_name: properties.get(0x3707).map(|v| (v.kind, v.data.to_vec())),
    }
}

#[test]
fn every_message_has_the_expected_hashes() {
    for message in vectors("messages") {
        let name = string(&message, "name");
        let properties = bag(message.get("properties").unwrap());
        let recipients: Vec<_> = list(&message, "recipients").iter().map(bag).collect();
        let attachments: Vec<_> = list(&message, "attachments").iter().map(record).collect();
        let expected = message.get("expected").unwrap();
        let subject = properties.text(0x0037).into_owned();
        let content = Content {
            body: identity::body(&properties, None),
            date: identity::date(&properties),
            from: identity::from_address(&properties),
            subject: lower(trim(identity::subject_without_mark(&subject))),
            to: identity::to_addresses(&recipients),
        };
        assert_eq!(content.body, string(expected, "body"), "{name}");
        assert_eq!(content.from, string(expected, "from"), "{name}");
        assert_eq!(content.subject, string(expected, "subject"), "{name}");
        assert_eq!(
            hex(&content.hash()),
            string(expected, "content_hash"),
            "{name}"
        );
        let record = record_hash(&properties, &recipients, &attachments);
        assert_eq!(hex(&record), string(expected, "record_hash"), "{name}");
        let ids = MessageIds::of(&properties, &properties.text(0x007D));
        for (id, member) in [
            (&ids.message_id, "message_id"),
            (&ids.in_reply_to, "in_reply_to"),
            (&ids.references, "email_references"),
        ] {
            let wanted = expected.get(member).unwrap();
            assert_eq!(id.value, string(wanted, "value"), "{name}: {member}");
            assert_eq!(
                id.source.unwrap_or_default(),
                string(wanted, "source"),
                "{name}: {member}"
            );
        }
        for (found, wanted) in attachments.iter().zip(list(expected, "attachments")) {
            let hash = found.hash.map(|h| hex(&h)).unwrap_or_default();
            assert_eq!(hash, string(&wanted, "attachment_hash"), "{name}");
        }
    }
}

#[test]
fn text_is_the_same_from_every_type() {
    for case in vectors("text") {
        let kind = u16::from_str_radix(&string(&case, "type"), 16).unwrap();
        let value = Stored {
            kind,
            data: Cow::Owned(unhex(&string(&case, "hex"))),
        };
        assert_eq!(text(Some(&value)), string(&case, "text"), "{case}");
    }
    for case in vectors("trim") {
        let trimmed = trim(&string(&case, "string")).to_owned();
        assert_eq!(trimmed, string(&case, "trimmed"), "{case}");
        assert_eq!(lower(&trimmed), string(&case, "lower"), "{case}");
    }
    for case in vectors("normal_body") {
        assert_eq!(
            normal_body(&string(&case, "body")),
            string(&case, "normal"),
            "{case}"
        );
    }
    for case in vectors("header_field") {
        let found = field(&string(&case, "headers"), &string(&case, "name")).unwrap_or_default();
        assert_eq!(found, string(&case, "value"), "{case}");
    }
}

#[test]
fn a_family_is_the_hashes_of_its_records() {
    for case in vectors("families") {
        let records: Vec<Option<Hash>> = list(&case, "record_hashes")
            .iter()
            .map(|digits| digits.as_str().map(|d| unhex(d).try_into().unwrap()))
            .collect();
        let found = family_hash(&records).map(|h| hex(&h));
        assert_eq!(
            found.unwrap_or_default(),
            string(&case, "family_hash"),
            "{case}"
        );
    }
}

#[test]
fn ids_are_made_of_node_paths() {
    for case in vectors("node_paths") {
        let ingest = string(&case, "pst_file_id").parse::<uuid::Uuid>().unwrap();
        let nids = list(&case, "nids");
        let parts: Vec<_> = nids
            .iter()
            .map(|n| format!("{:x}", n.as_u64().unwrap()))
            .collect();
        let path = parts.join("/");
        assert_eq!(path, string(&case, "node_path"));
        assert_eq!(
            postroom_extractor::write::item_id(ingest, &path),
            string(&case, "id")
        );
    }
}
