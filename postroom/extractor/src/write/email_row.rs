//! Records of emails, in the columns of `docs/formats.md`.

use md5::{Digest, Md5};
use uuid::Uuid;

use super::json::json_string;
use super::lines::Lines;
use super::row::{Gap, Row};
use super::time::utc;
use crate::identity::hash::{Hash, sha256};
use crate::messaging::{Email, Party, Place, Recipient};

/// What a record needs beside the message itself.
pub struct EmailContext<'a> {
    pub ingest: Uuid,
    pub place: &'a Place,
    pub folder_path: &'a str,
    pub family_position: usize,
    pub large: Large,
}

/// Texts that are so large that they lie among the objects.
#[derive(Clone, Copy, Debug, Default)]
pub struct Large {
    pub headers: Option<Hash>,
    pub text: Option<Hash>,
    pub html: Option<Hash>,
    pub rtf: Option<Hash>,
}

/// The columns in their order.
pub const EMAIL_COLUMNS: &str = "id,pst_file_id,pst_nid,node_path,parent_path,origin,family_id,\
family_position,family_hash,folder_nid,folder_index,pst_message_path,message_class,subject,\
from_address,sender_name,sender_address_type,sender_address,sender_smtp,representing_name,\
representing_address_type,representing_address,representing_smtp,recipients,display_to,display_cc,\
display_bcc,sent_filetime,sent_utc,received_filetime,received_utc,created_filetime,\
modified_filetime,header_date,message_id,in_reply_to,email_references,message_id_source,\
in_reply_to_source,email_references_source,conversation_index,conversation_topic,importance,\
message_flags,categories,named_properties,transport_headers,transport_headers_object,body_text,\
body_text_object,body_source,body_html,body_html_object,body_rtf,body_rtf_object,code_page,\
decode_lossy,text_hash,content_hash,record_hash,edrm_mih,attachment_count,metadata\n";

/// The id of an item.
pub fn item_id(ingest: Uuid, node_path: &str) -> String {
    Uuid::new_v5(&ingest, node_path.as_bytes())
        .hyphenated()
        .to_string()
}

/// Writes the record; the family's hash is filled in later.
pub fn email_row(out: &mut Lines, email: &Email, context: &EmailContext) -> Gap {
    let mut row = Row::new(out);
    let gap = place(&mut row, email, context);
    people(&mut row, email);
    times(&mut row, email);
    links(&mut row, email);
    bodies(&mut row, email, &context.large);
    hashes(&mut row, email);
    row.end();
    gap
}

fn place(row: &mut Row, email: &Email, context: &EmailContext) -> Gap {
    let place = context.place;
    row.plain("id", Some(&item_id(context.ingest, &place.node_path)));
    row.plain(
        "pst_file_id",
        Some(&context.ingest.hyphenated().to_string()),
    );
    row.int("pst_nid", Some(i64::from(place.top.0)));
    row.plain("node_path", Some(&place.node_path));
    row.plain("parent_path", place.parent_path.as_deref());
    row.plain("origin", Some(place.origin));
    row.plain(
        "family_id",
        Some(&item_id(context.ingest, &place.top.to_string())),
    );
    row.int(
        "family_position",
        i64::try_from(context.family_position).ok(),
    );
    let gap = row.gap("family_hash");
    row.int("folder_nid", place.folder_nid.map(|n| i64::from(n.0)));
    row.int("folder_index", place.folder_index.map(i64::from));
    row.text("pst_message_path", Some(context.folder_path));
    row.text("message_class", email.message_class.as_deref());
    row.text("subject", email.subject.as_deref());
    row.text("from_address", some(&email.from_address));
    gap
}

fn people(row: &mut Row, email: &Email) {
    party(row, SENDER, &email.sender);
    party(row, REPRESENTING, &email.representing);
    row.json("recipients", &recipients(&email.recipients));
    row.text("display_to", email.display_to.as_deref());
    row.text("display_cc", email.display_cc.as_deref());
    row.text("display_bcc", email.display_bcc.as_deref());
}

const SENDER: [&str; 4] = [
    "sender_name",
    "sender_address_type",
    "sender_address",
    "sender_smtp",
];
const REPRESENTING: [&str; 4] = [
    "representing_name",
    "representing_address_type",
    "representing_address",
    "representing_smtp",
];

fn party(row: &mut Row, names: [&str; 4], party: &Party) {
    let [name, address_type, address, smtp] = names;
    row.text(name, party.name.as_deref());
    row.text(address_type, party.address_type.as_deref());
    row.text(address, party.address.as_deref());
    row.text(smtp, party.smtp.as_deref());
}

fn recipients(all: &[Recipient]) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 + all.len() * 128);
    out.push(b'[');
    for (index, recipient) in all.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"index\":");
        out.extend_from_slice(itoa::Buffer::new().format(index).as_bytes());
        out.extend_from_slice(b",\"type\":");
        out.extend_from_slice(itoa::Buffer::new().format(recipient.kind).as_bytes());
        for (name, value) in [
            (",\"name\":", &recipient.name),
            (",\"smtp\":", &recipient.smtp),
            (",\"address_type\":", &recipient.address_type),
            (",\"address\":", &recipient.address),
        ] {
            out.extend_from_slice(name.as_bytes());
            match value {
                Some(text) => json_string(&mut out, text),
                None => out.extend_from_slice(b"null"),
            }
        }
        out.push(b'}');
    }
    out.push(b']');
    out
}

fn times(row: &mut Row, email: &Email) {
    row.int("sent_filetime", filetime(email.sent));
    row.plain("sent_utc", email.sent.and_then(utc).as_deref());
    row.int("received_filetime", filetime(email.received));
    row.plain("received_utc", email.received.and_then(utc).as_deref());
    row.int("created_filetime", filetime(email.created));
    row.int("modified_filetime", filetime(email.modified));
    row.text("header_date", email.header_date.as_deref());
}

/// A FILETIME that the tables can hold.
pub fn filetime(value: Option<u64>) -> Option<i64> {
    value.and_then(|time| i64::try_from(time).ok())
}

fn links(row: &mut Row, email: &Email) {
    let ids = &email.ids;
    row.text("message_id", some(&ids.message_id.value));
    row.text("in_reply_to", some(&ids.in_reply_to.value));
    row.text("email_references", some(&ids.references.value));
    row.plain("message_id_source", ids.message_id.source);
    row.plain("in_reply_to_source", ids.in_reply_to.source);
    row.plain("email_references_source", ids.references.source);
    row.hex("conversation_index", email.conversation_index.as_deref());
    row.text("conversation_topic", email.conversation_topic.as_deref());
    row.int("importance", email.importance.map(i64::from));
    row.int("message_flags", email.message_flags.map(i64::from));
    row.json("categories", &email.categories);
    row.json("named_properties", &email.named_properties);
}

fn bodies(row: &mut Row, email: &Email, large: &Large) {
    let bodies = &email.bodies;
    let mut part = |name, object, text: Option<&str>, stored: Option<Hash>| {
        row.text(name, text.filter(|_| stored.is_none()));
        row.hex(object, stored.as_ref().map(<[u8; 32]>::as_slice));
    };
    let headers = email.headers.as_deref();
    part(
        "transport_headers",
        "transport_headers_object",
        headers,
        large.headers,
    );
    part(
        "body_text",
        "body_text_object",
        bodies.text.as_deref(),
        large.text,
    );
    row.plain("body_source", bodies.source);
    let mut part = |name, object, text: Option<&str>, stored: Option<Hash>| {
        row.text(name, text.filter(|_| stored.is_none()));
        row.hex(object, stored.as_ref().map(<[u8; 32]>::as_slice));
    };
    part(
        "body_html",
        "body_html_object",
        bodies.html.as_deref(),
        large.html,
    );
    part(
        "body_rtf",
        "body_rtf_object",
        bodies.rtf.as_deref(),
        large.rtf,
    );
    row.int("code_page", bodies.page.map(i64::from));
    row.bool("decode_lossy", email.is_lossy);
}

fn hashes(row: &mut Row, email: &Email) {
    let text = email
        .bodies
        .text
        .as_ref()
        .map(|text| sha256(text.as_bytes()));
    row.hex("text_hash", text.as_ref().map(<[u8; 32]>::as_slice));
    row.hex(
        "content_hash",
        email.content_hash.as_ref().map(<[u8; 32]>::as_slice),
    );
    row.hex(
        "record_hash",
        email.record_hash.as_ref().map(<[u8; 32]>::as_slice),
    );
    row.hex("edrm_mih", mih(&email.ids.message_id.value).as_deref());
    row.int(
        "attachment_count",
        i64::try_from(email.attachment_count).ok(),
    );
    let digest = email.headers_hash.map(|h| crate::identity::hash::hex(&h));
    let metadata = format!(
        "{{\"transport_headers_present\":{},\"transport_headers_sha256\":{}}}",
        digest.is_some(),
        digest.map_or("null".to_owned(), |d| format!("\"{d}\"")),
    );
    row.json("metadata", metadata.as_bytes());
}

/// The EDRM message identification hash: MD5 of the message id without its angle brackets.
fn mih(message_id: &str) -> Option<Vec<u8>> {
    let id = message_id.strip_prefix('<').unwrap_or(message_id);
    let id = id.strip_suffix('>').unwrap_or(id);
    (!id.is_empty()).then(|| Md5::digest(id.as_bytes()).to_vec())
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
