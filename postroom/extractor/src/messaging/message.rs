//! Messages (\[MS-PST\] 2.4.5, \[MS-OXCMSG\] 2.2.1).

use std::collections::HashSet;

use crate::error::{Fault, Kind, ReadError};
use crate::identity::hash::{self, Content, Hash};
use crate::identity::header::MessageIds;
use crate::identity::text::{lower, trim};
use crate::identity::{self, Bag};
use crate::ltp::{FIRST_NAMED, NameMap, Properties, Table, Value, ptype, tag};
use crate::ndb::{Bid, Nid, Reader, SubNodes};
use crate::text::headers;

use super::attachment::{self, Attachment, AttachmentReader};
use super::body::Bodies;
use super::faults::{Faults, Spoiled};
use super::recipient::{self, Recipient};
use super::text::{Decoder, page_of_strings};
use super::{ContentStore, named_json};

/// The properties that the identity does not ask for.
const OTHER_TAGS: [u16; 7] = [
    tag::IMPORTANCE,
    tag::DISPLAY_BCC,
    tag::DISPLAY_CC,
    tag::DISPLAY_TO,
    tag::MESSAGE_FLAGS,
    tag::INTERNET_CODE_PAGE,
    tag::MESSAGE_CODE_PAGE,
];

/// Where a message stands.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub node_path: String,
    pub parent_path: Option<String>,
    pub origin: &'static str,
    pub top: Nid,
    pub folder_nid: Option<Nid>,
    pub folder_index: Option<u32>,
}

/// A message as people read it, with its hashes.
#[derive(Clone, Debug, Default)]
pub struct Email {
    pub message_class: Option<String>,
    pub subject: Option<String>,
    pub from_address: String,
    pub sender: Party,
    pub representing: Party,
    pub recipients: Vec<Recipient>,
    pub display_to: Option<String>,
    pub display_cc: Option<String>,
    pub display_bcc: Option<String>,
    pub sent: Option<u64>,
    pub received: Option<u64>,
    pub created: Option<u64>,
    pub modified: Option<u64>,
    pub header_date: Option<String>,
    pub ids: MessageIds,
    pub conversation_index: Option<Vec<u8>>,
    pub conversation_topic: Option<String>,
    pub importance: Option<i32>,
    pub message_flags: Option<i32>,
    /// A JSON array.
    pub categories: Vec<u8>,
    /// A JSON object.
    pub named_properties: Vec<u8>,
    pub headers: Option<String>,
    pub headers_hash: Option<Hash>,
    pub bodies: Bodies,
    pub is_lossy: bool,
    pub content_hash: Option<Hash>,
    pub record_hash: Option<Hash>,
    pub attachment_count: usize,
}

/// A sender or the one that is represented.
#[derive(Clone, Debug, Default)]
pub struct Party {
    pub name: Option<String>,
    pub address_type: Option<String>,
    pub address: Option<String>,
    pub smtp: Option<String>,
}

impl Party {
    fn of(bag: &Bag, tags: [u16; 4], decoder: &mut Decoder) -> Self {
        let [name, address_type, address, smtp] = tags.map(|tag| decoder.value(bag.get(tag)));
        Self {
            name,
            address_type,
            address,
            smtp,
        }
    }
}

/// Reads messages of one file.
pub struct MessageReader<'a, 'p> {
    pub reader: &'a Reader<'p>,
    pub names: &'a NameMap,
    pub store: &'a dyn ContentStore,
}

impl MessageReader<'_, '_> {
    /// Reads the message in these blocks. What fails is told to `faults`.
    ///
    /// # Errors
    /// If there is no property context: then there is no message.
    pub fn read(
        &self,
        data: Bid,
        sub: Bid,
        faults: &mut Faults,
    ) -> Result<(Email, Vec<Attachment>), ReadError> {
        let mut spoiled = Spoiled::default();
        let subs = SubNodes::load(self.reader, sub).unwrap_or_else(|error| {
            spoiled.add(Spoiled::ALL);
            faults.read(Kind::Structure, error);
            SubNodes::default()
        });
        let properties = Properties::open(self.reader, data, &subs)?;
        let bag = load(&properties, faults, &mut spoiled);
        let table = self
            .table(&subs, Nid::RECIPIENT_TABLE)
            .unwrap_or_else(|error| {
                recipient::unreadable(error, faults, &mut spoiled);
                None
            });
        let recipients = table
            .as_ref()
            .map(|t| recipient::bags(t, faults, &mut spoiled))
            .unwrap_or_default();
        let page = page_of_strings(bag.get(tag::MESSAGE_CODE_PAGE).and_then(Value::as_i32));
        let mut decoder = Decoder::new(page);
        let bodies = Bodies::of(&bag, &mut decoder, faults);
        let html = bodies.html.as_deref();
        let attachments = self.attachments(&subs, html, &mut decoder, faults, &mut spoiled);
        let mut email = people(&bag, &recipients, &mut decoder);
        check_times(&email, faults);
        email.bodies = bodies;
        email.attachment_count = attachments.len();
        hashes(&mut email, &bag, &recipients, &attachments, spoiled);
        self.named(&mut email, &properties, &mut decoder, faults);
        email.is_lossy = decoder.is_lossy;
        Ok((email, attachments))
    }

    fn table(&self, subs: &SubNodes, nid: Nid) -> Result<Option<Table<'_, '_>>, ReadError> {
        let Some(node) = subs.find(nid) else {
            return Ok(None);
        };
        // The values of a table that do not fit are among the subnodes of the table's own node.
        let own = SubNodes::load(self.reader, node.sub)?;
        Table::open(self.reader, node.data, own).map(Some)
    }

    fn attachments(
        &self,
        subs: &SubNodes,
        html: Option<&str>,
        decoder: &mut Decoder,
        faults: &mut Faults,
        spoiled: &mut Spoiled,
    ) -> Vec<Attachment> {
        let table = match self.table(subs, Nid::ATTACHMENT_TABLE) {
            Ok(Some(table)) => table,
            Ok(None) => {
                attachment::tell_unlisted(subs, &[], faults);
                return Vec::new();
            }
            Err(error) => {
                faults.read(Kind::Structure, error);
                spoiled.add(Spoiled {
                    content: false,
                    record: true,
                });
                return Vec::new();
            }
        };
        let reader = AttachmentReader {
            reader: self.reader,
            subs,
            store: self.store,
            html,
        };
        let found: Vec<_> = table
            .rows()
            .iter()
            .enumerate()
            .map(|(index, &row)| reader.read(index, row, decoder, faults))
            .collect();
        attachment::tell_unlisted(subs, table.rows(), faults);
        spoiled.add(attachment::spoiled(&found));
        found
    }

    /// Named properties and the categories among them, as JSON.
    fn named(
        &self,
        email: &mut Email,
        properties: &Properties,
        decoder: &mut Decoder,
        faults: &mut Faults,
    ) {
        let mut categories = b"[]".to_vec();
        let mut out = vec![b'{'];
        let mut seen = HashSet::new();
        for &entry in properties.entries().iter().filter(|e| e.tag >= FIRST_NAMED) {
            let unnamed = format!("0x{:04x}", entry.tag);
            let name = self.names.name(entry.tag).unwrap_or(&unnamed).to_owned();
            if seen.contains(&name) {
                continue;
            }
            let Some(value) = faults.property(properties.value(entry).map(Some)) else {
                continue;
            };
            if self.names.keywords == Some(entry.tag) {
                categories = strings(&value, decoder);
            }
            if value.data.len() > named_json::MAX_BYTES {
                let property = Some((u32::from(entry.tag) << 16) | u32::from(entry.kind));
                let reason = format!("{name} has {} bytes", value.data.len());
                faults.add(Fault {
                    property,
                    ..Fault::new(Kind::Omitted, reason)
                });
                continue;
            }
            let start = out.len();
            if start > 1 {
                out.push(b',');
            }
            crate::write::json_string(&mut out, &name);
            out.push(b':');
            if named_json::put(&mut out, &value, decoder) {
                seen.insert(name);
            } else {
                out.truncate(start);
            }
        }
        out.push(b'}');
        email.named_properties = out;
        email.categories = categories;
    }
}

/// A list of strings as a JSON array; a single string is a list of one, other types are none.
fn strings(value: &Value, decoder: &mut Decoder) -> Vec<u8> {
    let mut out = Vec::new();
    match value.kind & !ptype::MULTIPLE {
        ptype::STRING | ptype::STRING8 if value.kind & ptype::MULTIPLE != 0 => {
            named_json::put(&mut out, value, decoder);
        }
        ptype::STRING | ptype::STRING8 => {
            out.push(b'[');
            named_json::put(&mut out, value, decoder);
            out.push(b']');
        }
        _ => out.extend_from_slice(b"[]"),
    }
    out
}

/// The values that the records and the hashes are made of.
fn load<'b>(properties: &'b Properties, faults: &mut Faults, spoiled: &mut Spoiled) -> Bag<'b> {
    let mut bag = Bag::default();
    for tag in identity::RECORD_TAGS.into_iter().chain(OTHER_TAGS) {
        match properties.get(tag) {
            Ok(Some(value)) => bag.add(tag, value),
            Ok(None) => {}
            Err(error) => {
                spoiled.add(Spoiled::by_message_tag(tag));
                faults.add(error.into());
            }
        }
    }
    bag
}

/// Everything that is decoded for people, but the bodies.
fn people(bag: &Bag, recipients: &[Bag], decoder: &mut Decoder) -> Email {
    let time = |tag| bag.get(tag).and_then(Value::as_filetime);
    let number = |tag| bag.get(tag).and_then(Value::as_i32);
    let stored = bag.text(tag::TRANSPORT_HEADERS);
    let date = headers::raw_field(&stored, "Date").unwrap_or_default();
    let mut text = |tag| decoder.value(bag.get(tag));
    let mut email = Email {
        message_class: text(tag::MESSAGE_CLASS),
        subject: text(tag::SUBJECT).map(|s| identity::subject_without_mark(&s).to_owned()),
        display_to: text(tag::DISPLAY_TO),
        display_cc: text(tag::DISPLAY_CC),
        display_bcc: text(tag::DISPLAY_BCC),
        conversation_topic: text(tag::CONVERSATION_TOPIC),
        headers: text(tag::TRANSPORT_HEADERS).filter(|_| !stored.is_empty()),
        headers_hash: (!stored.is_empty()).then(|| hash::sha256(stored.as_bytes())),
        header_date: Some(date).filter(|d| !d.is_empty()),
        ids: MessageIds::of(bag, &stored),
        sent: time(tag::CLIENT_SUBMIT_TIME),
        received: time(tag::DELIVERY_TIME),
        created: time(tag::CREATION_TIME),
        modified: time(tag::MODIFICATION_TIME),
        importance: number(tag::IMPORTANCE),
        message_flags: number(tag::MESSAGE_FLAGS),
        ..Email::default()
    };
    let index = bag.bytes(tag::CONVERSATION_INDEX);
    email.conversation_index = (!index.is_empty()).then(|| index.to_vec());
    email.from_address = identity::from_address(bag);
    email.sender = Party::of(bag, SENDER, decoder);
    email.representing = Party::of(bag, REPRESENTING, decoder);
    email.recipients = recipients
        .iter()
        .map(|r| Recipient::of(r, decoder))
        .collect();
    email
}

const SENDER: [u16; 4] = [
    tag::SENDER_NAME,
    tag::SENDER_ADDRESS_TYPE,
    tag::SENDER_ADDRESS,
    tag::SENDER_SMTP,
];
const REPRESENTING: [u16; 4] = [
    tag::REPRESENTING_NAME,
    tag::REPRESENTING_ADDRESS_TYPE,
    tag::REPRESENTING_ADDRESS,
    tag::REPRESENTING_SMTP,
];

/// Times that no table can hold are told of.
fn check_times(email: &Email, faults: &mut Faults) {
    for (tag, time) in [
        (tag::CLIENT_SUBMIT_TIME, email.sent),
        (tag::DELIVERY_TIME, email.received),
        (tag::CREATION_TIME, email.created),
        (tag::MODIFICATION_TIME, email.modified),
    ] {
        faults.time(tag, time);
    }
}

/// Computes the hashes that nothing spoiled.
fn hashes(
    email: &mut Email,
    bag: &Bag,
    recipients: &[Bag],
    attachments: &[Attachment],
    spoiled: Spoiled,
) {
    if !spoiled.content {
        // UTF-16 is the same text for people and for the identity: it is not decoded again.
        let is_utf16 = bag.get(tag::BODY).is_some_and(|v| v.kind == ptype::STRING);
        let is_plain = email.bodies.source == Some("plain");
        let plain = email
            .bodies
            .text
            .as_deref()
            .filter(|_| is_utf16 && is_plain);
        let content = Content {
            body: identity::body(bag, plain),
            date: identity::date(bag),
            from: email.from_address.clone(),
            subject: lower(trim(identity::subject_without_mark(
                &bag.text(tag::SUBJECT),
            ))),
            to: identity::to_addresses(recipients),
        };
        email.content_hash = Some(content.hash());
    }
    if !spoiled.record {
        let records: Vec<_> = attachments
            .iter()
            .filter_map(|a| a.record.clone())
            .collect();
        email.record_hash = Some(hash::record_hash(bag, recipients, &records));
    }
}
