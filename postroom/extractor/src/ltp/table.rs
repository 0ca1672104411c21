//! The table context (\[MS-PST\] 2.3.4).

use std::borrow::Cow;

use super::bth::Bth;
use super::heap::{Heap, Hid};
use super::property::{MAX_VALUE_BYTES, PropError};
use super::value::{Shape, Value};
use crate::bytes::{u8_at, u16_at, u32_at};
use crate::error::ReadError;
use crate::ndb::{Bid, DataTree, Nid, Reader, SubNodes};

const CLIENT: u8 = 0x7C;

/// A row of the index: its id and its place in the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: u32,
    pub place: u32,
}

#[derive(Clone, Copy, Debug)]
struct Column {
    tag: u16,
    kind: u16,
    offset: u16,
    size: u8,
    bit: u8,
}

/// The fixed part of a table (`TCINFO`).
struct Info {
    /// Where the cell existence bits begin.
    bits_at: usize,
    row_size: usize,
    index: Hid,
    rows: u32,
    columns: Vec<Column>,
}

/// A table, with all its rows in memory.
pub struct Table<'r, 'p> {
    heap: Heap<'r, 'p>,
    subs: SubNodes,
    info: Info,
    rows: Vec<Row>,
    matrix: Vec<u8>,
}

/// The ids of a table's rows in the order of the row index, without the rows.
///
/// # Errors
/// If there is no table, or its index cannot be found.
pub fn row_ids(reader: &Reader, data: Bid) -> Result<Vec<u32>, ReadError> {
    let mut heap = Heap::open(reader, data)?;
    let info = info(&heap).map_err(|e| e.in_block(data))?;
    let ids = index(&mut heap, info.index, |row| row.id)?;
    if ids.is_empty() && has_rows(&heap, &info) {
        let reason = "the contents table has rows but no index of them";
        reader.note(ReadError::structure(reason).in_block(data));
    }
    Ok(ids)
}

impl<'r, 'p> Table<'r, 'p> {
    /// Opens the table in `data`; `subs` are the subnodes of its node.
    ///
    /// # Errors
    /// If there is no table, or its index or its rows cannot be found.
    pub fn open(reader: &'r Reader<'p>, data: Bid, subs: SubNodes) -> Result<Self, ReadError> {
        let mut heap = Heap::open(reader, data)?;
        let info = info(&heap).map_err(|e| e.in_block(data))?;
        let rows = index(&mut heap, info.index, |row| row)?;
        let matrix = if rows.is_empty() {
            Vec::new()
        } else {
            matrix(&heap, &subs, &info)?
        };
        Ok(Self {
            heap,
            subs,
            info,
            rows,
            matrix,
        })
    }

    /// The rows in the order of the row index: ascending ids in a sound table.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The value of a row for a tag: nothing if the table has no such column, or the row no value.
    ///
    /// # Errors
    /// If the value is there and cannot be read.
    pub fn get(&self, row: Row, tag: u16) -> Result<Option<Value<'_>>, PropError> {
        let Some(&column) = self.info.columns.iter().find(|c| c.tag == tag) else {
            return Ok(None);
        };
        let fail = |error| PropError {
            tag: column.tag,
            kind: column.kind,
            error,
        };
        let cells = self.cells(row).map_err(fail)?;
        if !self.exists(cells, column) {
            return Ok(None);
        }
        let data = self.cell(cells, column).map_err(fail)?;
        self.heap.reader.spend_value(data.len()).map_err(fail)?;
        Ok(Some(Value {
            kind: column.kind,
            data,
        }))
    }

    fn cells(&self, row: Row) -> Result<&[u8], ReadError> {
        let start = (row.place as usize).saturating_mul(self.info.row_size);
        self.matrix
            .get(start..start.saturating_add(self.info.row_size))
            .ok_or_else(|| ReadError::structure(format!("row {} is not in the table", row.place)))
    }

    /// The bit of a column among the cell existence bits: the highest bit is the first.
    fn exists(&self, cells: &[u8], column: Column) -> bool {
        let byte = u8_at(cells, self.info.bits_at + usize::from(column.bit / 8)).unwrap_or(0);
        byte & (0x80 >> (column.bit % 8)) != 0
    }

    fn cell(&self, cells: &[u8], column: Column) -> Result<Cow<'_, [u8]>, ReadError> {
        let start = usize::from(column.offset);
        let stored = cells
            .get(start..start + usize::from(column.size))
            .ok_or_else(|| ReadError::structure("a column lies outside its row"))?;
        match Shape::of(column.kind) {
            Shape::Unknown => Err(ReadError::structure("the type of the column is unknown")),
            Shape::Fixed(size) if size <= 8 => stored
                .get(..size)
                .map(|bytes| Cow::Owned(bytes.to_vec()))
                .ok_or_else(|| ReadError::structure("the cell is too short for its type")),
            Shape::Fixed(_) | Shape::Variable => {
                let hnid = u32_at(stored, 0)
                    .ok_or_else(|| ReadError::structure("the cell is too short for its type"))?;
                self.variable(hnid)
            }
        }
    }

    fn variable(&self, hnid: u32) -> Result<Cow<'_, [u8]>, ReadError> {
        if Hid(hnid).is_heap() {
            return self.heap.piece(Hid(hnid)).map(Cow::Borrowed);
        }
        let missing = || ReadError::structure(format!("subnode {hnid:x} of a cell is missing"));
        let node = self.subs.find(Nid(hnid)).ok_or_else(missing)?;
        let tree = DataTree::load(self.heap.reader, node.data)?;
        tree.read_all(self.heap.reader, MAX_VALUE_BYTES)
            .map(Cow::Owned)
    }
}

fn info(heap: &Heap) -> Result<Info, ReadError> {
    if heap.client != CLIENT {
        let reason = format!("the heap holds no table but type 0x{:02x}", heap.client);
        return Err(ReadError::structure(reason));
    }
    parse_info(heap.piece(heap.root)?)
        .ok_or_else(|| ReadError::structure("the head of the table is broken"))
}

fn parse_info(head: &[u8]) -> Option<Info> {
    if u8_at(head, 0)? != CLIENT {
        return None;
    }
    let count = usize::from(u8_at(head, 1)?);
    let columns = head
        .get(22..)?
        .chunks_exact(8)
        .take(count)
        .filter_map(column)
        .collect::<Vec<_>>();
    let info = Info {
        bits_at: usize::from(u16_at(head, 6)?),
        row_size: usize::from(u16_at(head, 8)?),
        index: Hid(u32_at(head, 10)?),
        rows: u32_at(head, 14)?,
        columns,
    };
    (info.columns.len() == count && info.row_size > 0).then_some(info)
}

fn column(bytes: &[u8]) -> Option<Column> {
    Some(Column {
        kind: u16_at(bytes, 0)?,
        tag: u16_at(bytes, 2)?,
        offset: u16_at(bytes, 4)?,
        size: u8_at(bytes, 6)?,
        bit: u8_at(bytes, 7)?,
    })
}

/// Whether there are bytes where the rows should be, or a subnode for them.
fn has_rows(heap: &Heap, info: &Info) -> bool {
    let rows = Hid(info.rows);
    rows.0 != 0 && (!rows.is_heap() || heap.piece(rows).is_ok_and(|piece| !piece.is_empty()))
}

/// The row index; ANSI files give places 16 bits.
fn index<T>(heap: &mut Heap, at: Hid, of: fn(Row) -> T) -> Result<Vec<T>, ReadError> {
    if at.0 == 0 {
        return Ok(Vec::new());
    }
    let tree = Bth::open(heap, at, 4, &[2, 4])?;
    let mut rows = Vec::new();
    for leaf in tree.leaves(heap)? {
        match heap.piece(leaf) {
            Ok(piece) => rows.extend(piece.chunks_exact(tree.record()).filter_map(row).map(of)),
            Err(error) => heap.reader.note(error),
        }
        if rows.len() > 4096 {
            heap.trim();
        }
        if rows.len() > heap.reader.most_records() {
            return Err(ReadError::limit(
                "a table has more rows than the file has room for",
            ));
        }
    }
    Ok(rows)
}

fn row(record: &[u8]) -> Option<Row> {
    let place = u32_at(record, 4).or_else(|| u16_at(record, 4).map(u32::from))?;
    Some(Row {
        id: u32_at(record, 0)?,
        place,
    })
}

/// The rows in one piece. In a subnode each block holds whole rows and some padding.
fn matrix(heap: &Heap, subs: &SubNodes, info: &Info) -> Result<Vec<u8>, ReadError> {
    if Hid(info.rows).is_heap() {
        return heap.piece(Hid(info.rows)).map(<[u8]>::to_vec);
    }
    let missing = || ReadError::structure("the subnode with the rows of the table is missing");
    let node = subs.find(Nid(info.rows)).ok_or_else(missing)?;
    let tree = DataTree::load(heap.reader, node.data)?;
    let (mut all, mut block) = (Vec::new(), Vec::new());
    for &bid in tree.bids() {
        heap.reader.block(bid, &mut block)?;
        let whole = block.len() - block.len() % info.row_size;
        all.extend_from_slice(block.get(..whole).unwrap_or_default());
        if all.len() > MAX_VALUE_BYTES {
            return Err(ReadError::limit("the rows of a table take too much memory").in_block(bid));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_table_names_its_columns() {
        let mut head = vec![
            0x7C, 1, 4, 0, 4, 0, 4, 0, 5, 0, 0x40, 0, 0, 0, 0x60, 0, 0, 0, 0, 0, 0, 0,
        ];
        head.extend([3, 0, 0x15, 0x0C, 0, 0, 4, 0]);
        let info = parse_info(&head);
        assert!(info.is_some_and(|i| i.row_size == 5 && i.columns.len() == 1));
        head.truncate(25);
        assert!(parse_info(&head).is_none());
    }

    #[test]
    fn a_row_of_an_ansi_table_has_a_short_place() {
        assert_eq!(row(&[1, 0, 0, 0, 7, 0]), Some(Row { id: 1, place: 7 }));
        assert_eq!(
            row(&[1, 0, 0, 0, 7, 0, 1, 0]),
            Some(Row {
                id: 1,
                place: 0x1_0007
            })
        );
        assert_eq!(row(&[1, 0, 0, 0]), None);
    }
}
