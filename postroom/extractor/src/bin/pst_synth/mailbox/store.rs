//! The message store and the nodes that every file has (\[MS-PST\] 2.4.3, 2.7.1).

use super::folder::{contents_columns, hierarchy_columns};
use super::message::{attachment_columns, recipient_columns};
use super::nids;
use crate::error::Result;
use crate::file::ndb::{Bid, Ndb};
use crate::file::properties::{Property, write_context};
use crate::file::subnodes::Subnodes;
use crate::file::table::Table;
use crate::mail::charset::Charset;
use crate::mail::tags as tag;

/// Writes the message store; `top` is the folder that people see as the root, `deleted` the bin.
pub fn write_store(
    ndb: &mut Ndb,
    charset: Charset,
    key: [u8; 16],
    top: u32,
    deleted: u32,
) -> Result<()> {
    let entry = |nid: u32| [&[0; 4][..], &key, &nid.to_le_bytes()].concat();
    let properties = [
        Property::binary(tag::RECORD_KEY, key),
        charset.property(tag::DISPLAY_NAME, "Synthetic mailbox"),
        Property::i4(tag::SUPPORT_MASK, 0x89),
        Property::binary(tag::IPM_SUBTREE, entry(top)),
        Property::binary(tag::IPM_WASTEBASKET, entry(deleted)),
        Property::binary(tag::FINDER, entry(nids::ROOT_FOLDER)),
        Property::i4(tag::STORE_PASSWORD, 0),
    ];
    let data = write_context(ndb, &properties, &mut Subnodes::default())?;
    ndb.node(nids::MESSAGE_STORE, 0, data, Bid::NONE);
    Ok(())
}

/// Writes the empty tables that programs copy when they add folders and messages.
pub fn write_templates(ndb: &mut Ndb, text: u16) -> Result<()> {
    let templates = [
        (nids::HIERARCHY_TEMPLATE, hierarchy_columns(text)),
        (nids::CONTENTS_TEMPLATE, contents_columns(text)),
        (nids::ASSOCIATED_TEMPLATE, contents_columns(text)),
        (nids::ATTACHMENT_TABLE, attachment_columns(text)),
        (nids::RECIPIENT_TABLE, recipient_columns(text)),
    ];
    for (nid, columns) in templates {
        let table = Table::new(&columns).finish(ndb)?;
        ndb.node(nid, 0, table.data, table.subnodes);
    }
    Ok(())
}
