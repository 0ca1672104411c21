//! Attachments (\[MS-PST\] 2.4.6, \[MS-OXCMSG\] 2.2.2).

use crate::error::{Fault, Kind, ReadError};
use crate::identity::hash::AttachmentRecord;
use crate::identity::{attachment_method, has_content};
use crate::ltp::{Content, Entry, Properties, Row, Value, is_object, tag};
use crate::ndb::{Bid, DataTree, Nid, Reader, SubNodes, nid_type};

use super::faults::{Faults, Spoiled};
use super::text::Decoder;
use super::{ContentStore, Stored};

const EMBEDDED_MESSAGE: u32 = 5;
/// `ATT_MHTML_REF`: the HTML body shows the attachment.
const SHOWN_IN_HTML: i32 = 4;

/// A message inside an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embedded {
    pub nid: Nid,
    pub data: Bid,
    pub sub: Bid,
}

/// An attachment as people read it.
#[derive(Clone, Debug, Default)]
pub struct Attachment {
    pub nid: Nid,
    pub index: usize,
    pub method: Option<i32>,
    pub long_name: Option<String>,
    pub short_name: Option<String>,
    pub display_name: Option<String>,
    pub mime_type: Option<String>,
    pub content_id: Option<String>,
    pub is_inline: bool,
    pub is_hidden: bool,
    pub rendering_position: Option<i32>,
    pub declared_size: Option<i32>,
    pub content: Option<Stored>,
    pub created: Option<u64>,
    pub modified: Option<u64>,
    pub embedded: Option<Embedded>,
    pub reference: Option<String>,
    /// What the record hash of the message is made of; nothing if something of it failed.
    pub record: Option<AttachmentRecord>,
}

/// Reads the attachments of one message.
pub struct AttachmentReader<'a, 'p> {
    pub reader: &'a Reader<'p>,
    pub subs: &'a SubNodes,
    pub store: &'a dyn ContentStore,
    pub html: Option<&'a str>,
}

impl AttachmentReader<'_, '_> {
    /// Reads one row of the attachment table. What fails is told to `faults`; the attachment is
    /// there all the same.
    pub fn read(
        &self,
        index: usize,
        row: Row,
        decoder: &mut Decoder,
        faults: &mut Faults,
    ) -> Attachment {
        let nid = Nid(row.id);
        let mut found = Attachment {
            nid,
            index,
            ..Attachment::default()
        };
        let opened = self
            .subs
            .find(nid)
            .map(|node| (SubNodes::load(self.reader, node.sub), node));
        let Some((subs, node)) = opened else {
            let reason = "the attachment's node is missing from its message";
            faults.add(Fault {
                nid: Some(nid),
                ..Fault::new(Kind::MissingNode, reason)
            });
            return found;
        };
        let subs = subs.unwrap_or_else(|error| {
            faults.read(Kind::Attachment, error);
            SubNodes::default()
        });
        match Properties::open(self.reader, node.data, &subs) {
            Ok(properties) => self.fill(&mut found, &properties, decoder, faults),
            Err(error) => faults.read(Kind::Attachment, error),
        }
        found
    }

    fn fill(
        &self,
        found: &mut Attachment,
        from: &Properties,
        decoder: &mut Decoder,
        faults: &mut Faults,
    ) {
        describe(found, from, decoder, faults);
        faults.time(tag::CREATION_TIME, found.created);
        faults.time(tag::MODIFICATION_TIME, found.modified);
        found.is_inline |= self.is_shown(found, from, decoder, faults);
        let method = from.get(tag::ATTACH_METHOD);
        let name = from.get(tag::ATTACH_LONG_FILENAME);
        let is_sound = method.is_ok() && name.is_ok();
        let content = from.entry(tag::ATTACH_DATA);
        let method = attachment_method(
            method.ok().flatten().as_ref(),
            content.map(|entry| entry.kind),
        );
        let mut record = AttachmentRecord {
            nid: found.nid.0,
            method,
            long_name: name.ok().flatten().map(|v| (v.kind, v.data.into_owned())),
            ..AttachmentRecord::default()
        };
        match self.content(found, method, content, from) {
            Ok(()) => {
                record.size = found.content.as_ref().map_or(0, |c| c.size);
                record.hash = found.content.as_ref().map(|c| c.sha256);
                found.record = is_sound.then_some(record);
            }
            Err(fault) => faults.add(fault),
        }
    }

    /// Stores what the method says is content, or finds the message inside.
    fn content(
        &self,
        found: &mut Attachment,
        method: u32,
        entry: Option<Entry>,
        from: &Properties,
    ) -> Result<(), Fault> {
        if method == EMBEDDED_MESSAGE {
            let entry = entry.filter(|&e| is_object(e)).ok_or_else(|| {
                Fault::new(
                    Kind::Attachment,
                    "an attached message without its message object",
                )
            })?;
            let node = from.object(entry)?;
            found.embedded = Some(Embedded {
                nid: node.nid,
                data: node.data,
                sub: node.sub,
            });
        } else if has_content(method) {
            found.content = Some(self.stored(entry, from)?);
        }
        Ok(())
    }

    fn stored(&self, entry: Option<Entry>, from: &Properties) -> Result<Stored, Fault> {
        let failed = |error: ReadError| {
            let kind = if error.kind == Kind::Limit {
                Kind::Limit
            } else {
                Kind::Attachment
            };
            Fault {
                kind,
                ..Fault::from(error)
            }
        };
        let content = match entry {
            None => return self.store.put(&[]).map_err(failed),
            Some(entry) if is_object(entry) => {
                let node = from.object(entry)?;
                Content::Tree(DataTree::load(self.reader, node.data).map_err(failed)?)
            }
            Some(entry) => from.content(entry)?,
        };
        match content {
            Content::Bytes(bytes) => self.store.put(&bytes),
            Content::Tree(tree) => self.store.put_tree(self.reader, &tree),
        }
        .map_err(failed)
    }

    /// Whether the HTML body refers to the attachment.
    fn is_shown(
        &self,
        found: &Attachment,
        from: &Properties,
        decoder: &mut Decoder,
        faults: &mut Faults,
    ) -> bool {
        let Some(html) = self.html else { return false };
        let refers = |what: &str| memchr::memmem::find(html.as_bytes(), what.as_bytes()).is_some();
        let id = found
            .content_id
            .as_deref()
            .map(|id| id.trim_matches(['<', '>', ' ']));
        let by_id = id.is_some_and(|id| !id.is_empty() && refers(&format!("cid:{id}")));
        let location = faults.property(from.get(tag::ATTACH_CONTENT_LOCATION));
        let location = decoder.value(location.as_ref()).filter(|l| !l.is_empty());
        by_id || location.is_some_and(|location| refers(&location))
    }
}

fn describe(found: &mut Attachment, from: &Properties, decoder: &mut Decoder, faults: &mut Faults) {
    let mut value = |tag| faults.property(from.get(tag));
    let mut text = |value: Option<Value>| decoder.value(value.as_ref());
    let number = |value: Option<Value>| value.and_then(|v| v.as_i32());
    let time = |value: Option<Value>| value.and_then(|v| v.as_filetime());
    found.method = number(value(tag::ATTACH_METHOD));
    found.long_name = text(value(tag::ATTACH_LONG_FILENAME));
    found.short_name = text(value(tag::ATTACH_FILENAME));
    found.display_name = text(value(tag::DISPLAY_NAME));
    found.mime_type = text(value(tag::ATTACH_MIME_TAG));
    found.content_id = text(value(tag::ATTACH_CONTENT_ID));
    found.rendering_position = number(value(tag::RENDERING_POSITION));
    found.declared_size = number(value(tag::ATTACH_SIZE));
    found.is_hidden = value(tag::ATTACHMENT_HIDDEN)
        .and_then(|v| v.as_bool())
        .unwrap_or(false);
    let flags = number(value(tag::ATTACH_FLAGS)).unwrap_or(0);
    found.is_inline = flags & SHOWN_IN_HTML != 0;
    found.created = time(value(tag::CREATION_TIME));
    found.modified = time(value(tag::MODIFICATION_TIME));
    if matches!(found.method, Some(2 | 3 | 4 | 7)) {
        let long = text(value(tag::ATTACH_LONG_PATHNAME)).filter(|path| !path.is_empty());
        found.reference = long.or_else(|| text(value(tag::ATTACH_PATHNAME)));
    }
}

/// The hashes that unreadable attachments of a message make NULL.
pub fn spoiled(attachments: &[Attachment]) -> Spoiled {
    let record = attachments.iter().any(|a| a.record.is_none());
    Spoiled {
        content: false,
        record,
    }
}

/// Attachment nodes that no row of the table names are told of: their content is not read.
pub fn tell_unlisted(subs: &SubNodes, rows: &[Row], faults: &mut Faults) {
    let mut listed: Vec<u32> = rows.iter().map(|row| row.id).collect();
    listed.sort_unstable();
    for node in subs
        .iter()
        .filter(|node| node.nid.kind() == nid_type::ATTACHMENT)
    {
        if listed.binary_search(&node.nid.0).is_err() {
            let reason = "the attachment is not in the attachment table of its message";
            let nid = Some(node.nid);
            faults.add(Fault {
                nid,
                ..Fault::new(Kind::Attachment, reason)
            });
        }
    }
}
