//! Properties as they are stored, and the property context that holds them (\[MS-PST\] 2.3.3).

use super::heap::{Heap, ITEM_MAX};
use super::ndb::{Bid, Ndb};
use super::subnodes::Subnodes;
use crate::error::Result;

/// Type of a property value.
pub mod kind {
    pub const I2: u16 = 0x0002;
    pub const I4: u16 = 0x0003;
    pub const BOOL: u16 = 0x000B;
    pub const OBJECT: u16 = 0x000D;
    pub const I8: u16 = 0x0014;
    pub const NARROW: u16 = 0x001E;
    pub const WIDE: u16 = 0x001F;
    pub const TIME: u16 = 0x0040;
    pub const BINARY: u16 = 0x0102;
    pub const MANY_NARROW: u16 = 0x101E;
    pub const MANY_WIDE: u16 = 0x101F;
}

/// One property: id, type and the bytes that the file stores.
#[derive(Clone, Debug)]
pub struct Property {
    pub id: u16,
    pub kind: u16,
    pub data: Vec<u8>,
}

impl Property {
    pub fn new(id: u16, kind: u16, data: impl Into<Vec<u8>>) -> Self {
        Self {
            id,
            kind,
            data: data.into(),
        }
    }

    pub fn i4(id: u16, value: u32) -> Self {
        Self::new(id, kind::I4, value.to_le_bytes())
    }

    pub fn boolean(id: u16, value: bool) -> Self {
        Self::new(id, kind::BOOL, [u8::from(value)])
    }

    pub fn time(id: u16, filetime: u64) -> Self {
        Self::new(id, kind::TIME, filetime.to_le_bytes())
    }

    pub fn binary(id: u16, data: impl Into<Vec<u8>>) -> Self {
        Self::new(id, kind::BINARY, data)
    }
}

/// Bytes of a value of fixed size; zero for values of any size.
pub fn fixed_size(kind: u16) -> usize {
    match kind {
        kind::BOOL => 1,
        kind::I2 => 2,
        kind::I4 => 4,
        kind::I8 | kind::TIME => 8,
        _ => 0,
    }
}

/// Stores a value of any size where it fits, and returns the id by which the context or the table names it.
pub fn store_value(
    ndb: &mut Ndb,
    heap: &mut Heap,
    subnodes: &mut Subnodes,
    data: &[u8],
) -> Result<u32> {
    if data.len() <= ITEM_MAX {
        return heap.add(ndb, data);
    }
    let stream = ndb.data(data)?;
    Ok(subnodes.add_value(stream))
}

/// Writes a property context; values too large for its heap join `subnodes`. `properties` come in any order.
pub fn write_context(
    ndb: &mut Ndb,
    properties: &[Property],
    subnodes: &mut Subnodes,
) -> Result<Bid> {
    let mut heap = Heap::new(0xBC);
    let mut records = Vec::new();
    for property in properties {
        records.push(record(ndb, &mut heap, property, subnodes)?);
    }
    finish_context(ndb, heap, records)
}

/// Writes a property context with one property more: id, type and the node that holds its value.
pub fn write_linked(
    ndb: &mut Ndb,
    properties: &[Property],
    link: (u16, u16, u32),
    subnodes: &mut Subnodes,
) -> Result<Bid> {
    let mut heap = Heap::new(0xBC);
    let mut records = vec![Record {
        id: link.0,
        kind: link.1,
        value: link.2.to_le_bytes(),
    }];
    for property in properties {
        records.push(record(ndb, &mut heap, property, subnodes)?);
    }
    finish_context(ndb, heap, records)
}

/// An entry of a property context.
struct Record {
    id: u16,
    kind: u16,
    value: [u8; 4],
}

fn record(
    ndb: &mut Ndb,
    heap: &mut Heap,
    property: &Property,
    subnodes: &mut Subnodes,
) -> Result<Record> {
    let mut value = [0u8; 4];
    let size = fixed_size(property.kind);
    if (1..=4).contains(&size) {
        value[..size].copy_from_slice(&property.data);
    } else {
        value = store_value(ndb, heap, subnodes, &property.data)?.to_le_bytes();
    }
    Ok(Record {
        id: property.id,
        kind: property.kind,
        value,
    })
}

fn finish_context(ndb: &mut Ndb, mut heap: Heap, mut records: Vec<Record>) -> Result<Bid> {
    records.sort_by_key(|record| record.id);
    let mut bytes = Vec::with_capacity(records.len() * 8);
    for record in records {
        bytes.extend_from_slice(&record.id.to_le_bytes());
        bytes.extend_from_slice(&record.kind.to_le_bytes());
        bytes.extend_from_slice(&record.value);
    }
    let root = heap.btree(ndb, 2, 8, &bytes)?;
    heap.finish(ndb, root)
}
