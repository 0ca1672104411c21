//! Messages that no program writes: without end, and without measure.

use super::message::{Written, attachment_columns, object};
use super::nids;
use crate::error::Result;
use crate::file::ndb::{Bid, Ndb};
use crate::file::properties::{Property, kind, write_context};
use crate::file::subnodes::Subnodes;
use crate::file::table::Table;
use crate::mail::{Mail, tags as tag};

/// Blocks in a list, and lists in the list of lists: two gigabytes of content in about 20 KB of file.
const BLOCKS: usize = 1000;
const LISTS: usize = 250;

/// Writes `mail` with itself as its only attachment. The ids of the two lists that name each other follow from
/// the order in which they are written.
pub fn write_endless(ndb: &mut Ndb, mail: &Mail) -> Result<Written> {
    let nid = nids::attachment(0);
    let mut outer = Subnodes::default();
    let data = write_context(ndb, &mail.properties, &mut outer)?;
    let row = attachment_row(5, 4096);
    let table = attachment_table(ndb, &row)?;
    let properties = [row, vec![object(nids::EMBEDDED, 4096)]].concat();
    let attachment = write_context(ndb, &properties, &mut Subnodes::default())?;
    let inside_attachment = ndb.next_internal();
    let inside_message = Bid(inside_attachment.0 + 4);
    let mut inner = Subnodes::default();
    inner.add(nids::EMBEDDED, data, inside_message);
    inner.finish(ndb)?;
    outer.add(nid, attachment, inside_attachment);
    outer.add(nids::ATTACHMENT_TABLE, table.data, table.subnodes);
    let subnodes = outer.finish(ndb)?;
    Ok(Written { data, subnodes })
}

/// Writes `mail` with an attachment of two gigabytes that repeats one block.
pub fn write_bomb(ndb: &mut Ndb, mail: &Mail) -> Result<Written> {
    let nid = nids::attachment(0);
    let mut outer = Subnodes::default();
    let data = write_context(ndb, &mail.properties, &mut outer)?;
    let row = attachment_row(1, u32::MAX / 2);
    let table = attachment_table(ndb, &row)?;
    let mut inner = Subnodes::default();
    let stream = repeated(ndb)?;
    let value = inner.add_value(stream);
    let attachment = crate::file::properties::write_linked(
        ndb,
        &row,
        (tag::ATTACH_DATA, kind::BINARY, value),
        &mut inner,
    )?;
    let inside = inner.finish(ndb)?;
    outer.add(nid, attachment, inside);
    outer.add(nids::ATTACHMENT_TABLE, table.data, table.subnodes);
    let subnodes = outer.finish(ndb)?;
    Ok(Written { data, subnodes })
}

/// One block, named by one list a thousand times, which a list of lists names again and again.
fn repeated(ndb: &mut Ndb) -> Result<Bid> {
    let piece = vec![0x2E; ndb.layout.block_data().min(8_000)];
    let block = ndb.block(&piece)?;
    let total = (piece.len() * BLOCKS) as u64;
    let list = ndb.branch_block(1, &[block; BLOCKS], total)?;
    ndb.branch_block(2, &[list; LISTS], total * LISTS as u64)
}

fn attachment_row(method: u32, size: u32) -> Vec<Property> {
    vec![
        Property::i4(tag::ATTACH_METHOD, method),
        Property::i4(tag::RENDERING_POSITION, u32::MAX),
        Property::i4(tag::ATTACH_SIZE, size),
    ]
}

fn attachment_table(ndb: &mut Ndb, row: &[Property]) -> Result<crate::file::table::WrittenTable> {
    let mut table = Table::new(&attachment_columns(kind::WIDE));
    table.add(ndb, nids::attachment(0), row)?;
    table.finish(ndb)
}
