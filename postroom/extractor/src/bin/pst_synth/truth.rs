//! `truth.ndjson`: what a reader has to find, in the order in which it meets the items.

use std::fs::File;
use std::io::{BufWriter, Write};

use serde_json::{Value, json};

use crate::error::Result;
use crate::identity::{attachment_hash, content_hash, from, hex, record_hash, sha256};
use crate::mail::{Attachment, Content, Facts, Mail};
use crate::mailbox::nids;
use crate::profile::Folder;

/// The truth while it is written; without a file it only counts.
pub struct Truth {
    out: Option<BufWriter<File>>,
    pub emails: u64,
    pub attachments: u64,
    /// Associated messages, which are counted and not told.
    pub associated: u64,
}

/// Where a top-level message lies.
pub struct Place<'a> {
    /// None for an orphan.
    pub folder: Option<&'a Folder>,
    pub nid: u32,
    pub origin: &'a str,
    pub index: Option<u64>,
}

impl<'a> Place<'a> {
    /// The `index`th row of a folder's contents table.
    pub fn row(folder: &'a Folder, nid: u32, index: u64) -> Self {
        Self {
            folder: Some(folder),
            nid,
            origin: "table",
            index: Some(index),
        }
    }

    /// A message that has a folder for a parent but no row there, or no folder either.
    pub fn without_row(folder: Option<&'a Folder>, nid: u32) -> Self {
        let origin = if folder.is_some() {
            "not_in_table"
        } else {
            "orphan"
        };
        Self {
            folder,
            nid,
            origin,
            index: None,
        }
    }
}

/// The lines of one family, gathered because the first of them holds the hash over all.
#[derive(Default)]
struct Family {
    lines: Vec<Facts>,
    record_hashes: Vec<u8>,
}

impl Truth {
    pub fn new(out: Option<File>) -> Self {
        Self {
            out: out.map(BufWriter::new),
            emails: 0,
            attachments: 0,
            associated: 0,
        }
    }

    fn line(&mut self, value: &Value) -> Result<()> {
        if let Some(out) = &mut self.out {
            serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    pub fn folder(&mut self, folder: &Folder) -> Result<()> {
        self.line(&json!({
            "kind": "folder", "folder_nid": folder.nid, "path": folder.path, "messages": folder.mails,
        }))
    }

    /// Notes a message that was written, and everything inside it.
    pub fn email(&mut self, mail: &Mail, place: &Place) -> Result<()> {
        let mut family = Family::default();
        self.member(&mut family, mail, place, &format!("{:x}", place.nid), None);
        if self.out.is_none() {
            return Ok(());
        }
        let hash = hex(&sha256(&family.record_hashes));
        for mut line in family.lines {
            if line.get("kind") == Some(&json!("email")) {
                line.insert("family_hash".into(), json!(hash));
            }
            self.line(&Value::Object(line))?;
        }
        Ok(())
    }

    fn member(
        &mut self,
        family: &mut Family,
        mail: &Mail,
        place: &Place,
        path: &str,
        parent: Option<&str>,
    ) {
        let position = family.record_hashes.len() / 32;
        self.emails += 1;
        self.attachments += mail.attachments.len() as u64;
        if self.out.is_some() {
            self.describe(family, mail, place, path, parent);
        }
        debug_assert!(self.out.is_none() || family.record_hashes.len() / 32 == position + 1);
        for (index, attachment) in mail.attachments.iter().enumerate() {
            if let Content::Message(inner) = &attachment.content {
                let inner_path = embedded_path(path, index);
                self.member(family, inner, place, &inner_path, Some(path));
            }
        }
    }

    fn describe(
        &self,
        family: &mut Family,
        mail: &Mail,
        place: &Place,
        path: &str,
        parent: Option<&str>,
    ) {
        let nids: Vec<u32> = (0..mail.attachments.len()).map(nids::attachment).collect();
        let hashes: Vec<Option<[u8; 32]>> = mail.attachments.iter().map(attachment_hash).collect();
        let record = record_hash(mail, &nids, &hashes);
        let position = family.record_hashes.len() / 32;
        family.record_hashes.extend_from_slice(&record);
        let address = from(mail);
        let mut line = mail.facts.clone();
        let members = [
            ("kind", json!("email")),
            ("pst_nid", json!(place.nid)),
            ("node_path", json!(path)),
            ("parent_path", json!(parent)),
            (
                "origin",
                json!(if parent.is_some() {
                    "embedded"
                } else {
                    place.origin
                }),
            ),
            ("family_position", json!(position)),
            ("folder_nid", json!(place.folder.map(|folder| folder.nid))),
            ("folder_index", json!(place.index)),
            (
                "pst_message_path",
                json!(
                    place
                        .folder
                        .map_or("(orphaned)", |folder| folder.path.as_str())
                ),
            ),
            (
                "from_address",
                if address.is_empty() {
                    Value::Null
                } else {
                    json!(address)
                },
            ),
            (
                "recipients",
                json!(
                    mail.recipients
                        .iter()
                        .map(|row| &row.facts)
                        .collect::<Vec<_>>()
                ),
            ),
            ("content_hash", json!(content_hash(mail))),
            ("record_hash", json!(hex(&record))),
            ("attachment_count", json!(mail.attachments.len())),
        ];
        line.extend(members.map(|(name, value)| (name.to_owned(), value)));
        line.entry("named_properties").or_insert(json!({}));
        for name in NULLABLE {
            if !line.contains_key(&format!("{name}_sha256")) {
                line.entry(name).or_insert(Value::Null);
            }
        }
        family.lines.push(line);
        for (index, (attachment, hash)) in mail.attachments.iter().zip(hashes).enumerate() {
            family
                .lines
                .push(attachment_line(attachment, hash, path, index));
        }
    }

    /// Ends the truth with the line about the file.
    pub fn finish(mut self, file: &Value) -> Result<()> {
        self.line(file)?;
        if let Some(out) = &mut self.out {
            out.flush()?;
        }
        Ok(())
    }
}

/// Members that are NULL unless something was stored.
const NULLABLE: [&str; 29] = [
    "message_class",
    "subject",
    "sender_name",
    "sender_address_type",
    "sender_address",
    "sender_smtp",
    "representing_name",
    "representing_address_type",
    "representing_address",
    "representing_smtp",
    "sent_filetime",
    "received_filetime",
    "created_filetime",
    "modified_filetime",
    "header_date",
    "message_id",
    "in_reply_to",
    "email_references",
    "conversation_index",
    "conversation_topic",
    "importance",
    "message_flags",
    "transport_headers",
    "body_source",
    "body_html",
    "body_rtf",
    "display_bcc",
    "display_cc",
    "display_to",
];

fn embedded_path(path: &str, index: usize) -> String {
    format!("{path}/{:x}/{:x}", nids::attachment(index), nids::EMBEDDED)
}

fn attachment_line(
    attachment: &Attachment,
    hash: Option<[u8; 32]>,
    path: &str,
    index: usize,
) -> Facts {
    let mut line = attachment.facts.clone();
    let is_message = matches!(attachment.content, Content::Message(_));
    let members = [
        ("kind", json!("attachment")),
        ("email_node_path", json!(path)),
        ("attachment_nid", json!(nids::attachment(index))),
        ("attachment_index", json!(index)),
        ("declared_size", json!(attachment.size())),
        ("size_bytes", json!(hash.map(|_| attachment.size()))),
        ("attachment_hash", json!(hash.map(|bytes| hex(&bytes)))),
        (
            "embedded_path",
            json!(is_message.then(|| embedded_path(path, index))),
        ),
    ];
    line.extend(members.map(|(name, value)| (name.to_owned(), value)));
    line
}
