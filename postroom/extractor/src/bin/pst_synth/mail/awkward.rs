//! Attachments with names that no program should trust, or without what is usually there.

use serde_json::{Value, json};

use super::Content;
use super::charset::for_people;
use super::compose::Composer;
use super::draft::Draft;
use super::tags as tag;

/// Names that lead out of a folder, to a device, to a second look, or nowhere.
const NAMES: [&str; 7] = [
    "../../../../etc/passwd",
    "C:\\Windows\\System32\\calc.exe",
    "CON",
    "notes.txt:hidden",
    "invoice\u{202E}fdp.exe",
    "a\0b.txt",
    ".",
];

impl Composer {
    /// Attaches the next awkward thing.
    pub fn attach_awkward(&mut self, draft: &mut Draft) {
        let turn = self.number as usize;
        let content = format!("awkward {turn}\r\n").into_bytes();
        match turn % 12 {
            which @ 0..=6 if draft.charset.holds(NAMES[which]) => {
                attach(draft, NAMES[which], content)
            }
            7 => attach(draft, &format!("{}.txt", "long name ".repeat(40)), content),
            8 => attach(draft, "empty.txt", Vec::new()),
            9 => attach_nameless(draft, content),
            10 => attach_without_method(draft, content),
            _ => {}
        }
    }
}

fn attach(draft: &mut Draft, name: &str, content: Vec<u8>) {
    let mut attachment = draft.named_attachment(1, name, "text/plain");
    attachment.content = Content::Bytes(content);
    let seen = for_people(&name.encode_utf16().collect::<Vec<u16>>());
    attachment.facts.insert("long_name".into(), json!(seen));
    // What people are shown in place of such a name is the reader's own affair.
    attachment.facts.remove("file_name");
    draft.mail.attachments.push(attachment);
}

/// Only PidTagDisplayName says what it is.
fn attach_nameless(draft: &mut Draft, content: Vec<u8>) {
    let mut attachment = draft.named_attachment(1, "x", "");
    let names = [tag::ATTACH_LONG_FILENAME, tag::ATTACH_FILENAME];
    attachment
        .properties
        .retain(|property| !names.contains(&property.id));
    attachment
        .properties
        .push(draft.charset.property(tag::DISPLAY_NAME, "only displayed"));
    attachment.content = Content::Bytes(content);
    for (fact, value) in [
        ("long_name", Value::Null),
        ("short_name", Value::Null),
        ("file_name", json!("only displayed")),
    ] {
        attachment.facts.insert(fact.into(), value);
    }
    draft.mail.attachments.push(attachment);
}

/// Bytes without PidTagAttachMethod are an attachment by value all the same.
fn attach_without_method(draft: &mut Draft, content: Vec<u8>) {
    let mut attachment = draft.named_attachment(1, "no method.txt", "");
    attachment
        .properties
        .retain(|property| property.id != tag::ATTACH_METHOD);
    attachment.content = Content::Bytes(content);
    attachment.facts.insert("method".into(), Value::Null);
    draft.mail.attachments.push(attachment);
}
