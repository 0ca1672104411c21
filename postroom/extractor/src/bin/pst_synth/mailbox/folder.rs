//! A folder: a property context and three tables (\[MS-PST\] 2.4.4).

use super::nids;
use crate::error::Result;
use crate::file::ndb::{Bid, Ndb};
use crate::file::properties::{Property, kind, write_context};
use crate::file::subnodes::Subnodes;
use crate::file::table::Table;
use crate::mail::charset::Charset;
use crate::mail::tags as tag;
use crate::profile::Folder;

pub fn hierarchy_columns(text: u16) -> Vec<(u16, u16)> {
    vec![
        (tag::DISPLAY_NAME, text),
        (tag::CONTENT_COUNT, kind::I4),
        (tag::UNREAD_COUNT, kind::I4),
        (tag::HAS_SUBFOLDERS, kind::BOOL),
        (tag::CONTAINER_CLASS, text),
    ]
}

pub fn contents_columns(text: u16) -> Vec<(u16, u16)> {
    vec![
        (tag::IMPORTANCE, kind::I4),
        (tag::MESSAGE_CLASS, text),
        (tag::SUBJECT, text),
        (tag::CLIENT_SUBMIT_TIME, kind::TIME),
        (tag::DELIVERY_TIME, kind::TIME),
        (tag::MESSAGE_FLAGS, kind::I4),
        (tag::MESSAGE_SIZE, kind::I4),
        (tag::HAS_ATTACHMENTS, kind::BOOL),
        (tag::LAST_MODIFICATION_TIME, kind::TIME),
    ]
}

/// Writes the context of `folder` and its three tables; `contents` and `associated` are ready to be finished.
pub fn write_folder(
    ndb: &mut Ndb,
    charset: Charset,
    folders: &[Folder],
    number: usize,
    contents: Table,
    associated: Table,
) -> Result<()> {
    let Folder { nid, parent, .. } = folders[number];
    let data = write_context(
        ndb,
        &properties(charset, folders, number),
        &mut Subnodes::default(),
    )?;
    ndb.node(nid, parent, data, Bid::NONE);
    let hierarchy = hierarchy(ndb, charset, folders, number)?;
    let tables = [
        (nids::hierarchy_of(nid), hierarchy),
        (nids::contents_of(nid), contents),
        (nids::associated_of(nid), associated),
    ];
    for (table_nid, table) in tables {
        let written = table.finish(ndb)?;
        ndb.node(table_nid, 0, written.data, written.subnodes);
    }
    Ok(())
}

/// The folders inside the folder at `number`.
fn children(folders: &[Folder], number: usize) -> impl Iterator<Item = usize> {
    let nid = folders[number].nid;
    (0..folders.len()).filter(move |other| *other != number && folders[*other].parent == nid)
}

fn properties(charset: Charset, folders: &[Folder], number: usize) -> Vec<Property> {
    let folder = &folders[number];
    let mut properties = vec![
        charset.property(tag::DISPLAY_NAME, &folder.name),
        Property::i4(tag::CONTENT_COUNT, folder.mails as u32),
        Property::i4(tag::UNREAD_COUNT, 0),
        Property::boolean(
            tag::HAS_SUBFOLDERS,
            children(folders, number).next().is_some(),
        ),
    ];
    if !folder.container_class.is_empty() {
        properties.push(charset.property(tag::CONTAINER_CLASS, folder.container_class));
    }
    properties
}

fn hierarchy(ndb: &mut Ndb, charset: Charset, folders: &[Folder], number: usize) -> Result<Table> {
    let text = charset.property(tag::DISPLAY_NAME, "").kind;
    let mut table = Table::new(&hierarchy_columns(text));
    for child in children(folders, number) {
        table.add(
            ndb,
            folders[child].nid,
            &properties(charset, folders, child),
        )?;
    }
    Ok(table)
}
