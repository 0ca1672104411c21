//! Messages and attachments as nodes.

use super::nids;
use crate::error::Result;
use crate::file::ndb::{Bid, Ndb};
use crate::file::properties::{Property, kind, write_context};
use crate::file::subnodes::Subnodes;
use crate::file::table::Table;
use crate::mail::{Attachment, Content, Mail, tags as tag};

/// Where a message was written.
pub struct Written {
    pub data: Bid,
    pub subnodes: Bid,
}

/// The columns of a recipient table for strings of type `text`.
pub fn recipient_columns(text: u16) -> Vec<(u16, u16)> {
    vec![
        (tag::RECIPIENT_TYPE, kind::I4),
        (tag::RESPONSIBILITY, kind::BOOL),
        (tag::OBJECT_TYPE, kind::I4),
        (tag::DISPLAY_NAME, text),
        (tag::ADDRESS_TYPE, text),
        (tag::EMAIL_ADDRESS, text),
        (tag::DISPLAY_TYPE, kind::I4),
        (tag::SMTP_ADDRESS, text),
    ]
}

/// The columns of an attachment table.
pub fn attachment_columns(text: u16) -> Vec<(u16, u16)> {
    vec![
        (tag::ATTACH_SIZE, kind::I4),
        (tag::ATTACH_FILENAME, text),
        (tag::ATTACH_METHOD, kind::I4),
        (tag::RENDERING_POSITION, kind::I4),
    ]
}

/// Writes a message with everything in it.
pub fn write_message(ndb: &mut Ndb, mail: &Mail) -> Result<Written> {
    let mut subnodes = Subnodes::default();
    write_recipients(ndb, mail, &mut subnodes)?;
    write_attachments(ndb, mail, &mut subnodes)?;
    let data = write_context(ndb, &mail.properties, &mut subnodes)?;
    let subnodes = subnodes.finish(ndb)?;
    Ok(Written { data, subnodes })
}

/// The type that a message's strings have.
fn text_kind(mail: &Mail) -> u16 {
    mail.property(tag::MESSAGE_CLASS)
        .map_or(kind::WIDE, |one| one.kind)
}

fn write_recipients(ndb: &mut Ndb, mail: &Mail, subnodes: &mut Subnodes) -> Result<()> {
    if mail.recipients.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&recipient_columns(text_kind(mail)));
    for (index, recipient) in mail.recipients.iter().enumerate() {
        table.add(ndb, index as u32, &recipient.properties)?;
    }
    let written = table.finish(ndb)?;
    subnodes.add(nids::RECIPIENT_TABLE, written.data, written.subnodes);
    Ok(())
}

fn write_attachments(ndb: &mut Ndb, mail: &Mail, subnodes: &mut Subnodes) -> Result<()> {
    if mail.attachments.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&attachment_columns(text_kind(mail)));
    for (index, attachment) in mail.attachments.iter().enumerate() {
        let nid = nids::attachment(index);
        let mut row = attachment.properties.clone();
        row.push(Property::i4(tag::ATTACH_SIZE, attachment.size() as u32));
        table.add(ndb, nid, &row)?;
        let (data, inner) = write_attachment(ndb, attachment, row)?;
        subnodes.add(nid, data, inner);
    }
    let table = table.finish(ndb)?;
    subnodes.add(nids::ATTACHMENT_TABLE, table.data, table.subnodes);
    Ok(())
}

fn write_attachment(
    ndb: &mut Ndb,
    attachment: &Attachment,
    mut properties: Vec<Property>,
) -> Result<(Bid, Bid)> {
    let mut subnodes = Subnodes::default();
    match &attachment.content {
        Content::Bytes(bytes) => {
            properties.push(Property::binary(tag::ATTACH_DATA, bytes.as_slice()))
        }
        Content::Object(bytes) => {
            let stream = ndb.data(bytes)?;
            let nid = subnodes.add_value(stream);
            properties.push(object(nid, bytes.len()));
        }
        Content::Message(mail) => {
            let inner = write_message(ndb, mail)?;
            subnodes.add(nids::EMBEDDED, inner.data, inner.subnodes);
            properties.push(object(nids::EMBEDDED, mail.size()));
        }
        Content::Reference => {}
    }
    let data = write_context(ndb, &properties, &mut subnodes)?;
    Ok((data, subnodes.finish(ndb)?))
}

/// A property whose value is a node of its own (\[MS-PST\] 2.3.3.5).
pub fn object(nid: u32, size: usize) -> Property {
    let value = [nid.to_le_bytes(), (size as u32).to_le_bytes()].concat();
    Property::new(tag::ATTACH_DATA, kind::OBJECT, value)
}
