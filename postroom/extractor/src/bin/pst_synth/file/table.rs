//! The table context: rows of fixed width, found by a B-tree of row ids (\[MS-PST\] 2.3.4).

use super::heap::{Heap, ITEM_MAX};
use super::ndb::{Bid, Ndb};
use super::properties::{Property, fixed_size, store_value};
use super::subnodes::Subnodes;
use crate::error::{Result, SynthError};

/// Id and version of a row: the columns that every table has.
const ROW_ID: u16 = 0x67F2;
const ROW_VERSION: u16 = 0x67F3;

#[derive(Clone, Copy)]
struct Column {
    id: u16,
    kind: u16,
    offset: usize,
    size: usize,
    bit: usize,
}

/// Where in a row the groups of columns end: 8 and 4 bytes, 2, 1, and the bits that say which cells exist.
#[derive(Clone, Copy)]
struct Ends([u16; 4]);

/// A table in the making; rows are added in ascending order of their ids and are written as blocks fill.
pub struct Table {
    columns: Vec<Column>,
    ends: Ends,
    heap: Heap,
    subnodes: Subnodes,
    row_ids: Vec<u32>,
    pending: Vec<u8>,
    matrix: Vec<Bid>,
}

/// A written table: its heap and the nodes inside it.
pub struct WrittenTable {
    pub data: Bid,
    pub subnodes: Bid,
}

impl Table {
    /// A table of the given columns, each an id and a type, besides those that every table has.
    pub fn new(columns: &[(u16, u16)]) -> Self {
        let (columns, ends) = arrange(columns);
        Self {
            columns,
            ends,
            heap: Heap::new(0x7C),
            subnodes: Subnodes::default(),
            row_ids: Vec::new(),
            pending: Vec::new(),
            matrix: Vec::new(),
        }
    }

    fn row_size(&self) -> usize {
        usize::from(self.ends.0[3])
    }

    /// Appends a row; of `properties` those that have a column become cells.
    pub fn add(&mut self, ndb: &mut Ndb, row_id: u32, properties: &[Property]) -> Result<()> {
        let mut row = vec![0u8; self.row_size()];
        row[..4].copy_from_slice(&row_id.to_le_bytes());
        row[4..8].copy_from_slice(&(self.row_ids.len() as u32 + 1).to_le_bytes());
        self.mark(&mut row, 0);
        self.mark(&mut row, 1);
        for index in 0..self.columns.len() {
            let column = self.columns[index];
            let cell = properties
                .iter()
                .find(|one| (one.id, one.kind) == (column.id, column.kind));
            let Some(cell) = cell.filter(|_| column.bit > 1) else {
                continue;
            };
            self.fill(ndb, &mut row, column, &cell.data)?;
        }
        self.row_ids.push(row_id);
        self.pending.extend_from_slice(&row);
        if self.pending.len() + self.row_size() > ndb.layout.block_data() {
            self.flush(ndb)?;
        }
        Ok(())
    }

    fn mark(&self, row: &mut [u8], bit: usize) {
        row[usize::from(self.ends.0[2]) + bit / 8] |= 0x80 >> (bit % 8);
    }

    fn fill(&mut self, ndb: &mut Ndb, row: &mut [u8], column: Column, data: &[u8]) -> Result<()> {
        self.mark(row, column.bit);
        let cell = column.offset..column.offset + column.size;
        if fixed_size(column.kind) > 0 {
            row[cell].copy_from_slice(data);
        } else {
            let stored = store_value(ndb, &mut self.heap, &mut self.subnodes, data)?;
            row[cell].copy_from_slice(&stored.to_le_bytes());
        }
        Ok(())
    }

    /// Writes a full block of rows; a row never crosses into the next block.
    fn flush(&mut self, ndb: &mut Ndb) -> Result<()> {
        self.pending.resize(ndb.layout.block_data(), 0);
        self.matrix.push(ndb.block(&self.pending)?);
        self.pending.clear();
        Ok(())
    }

    /// Writes what is left of the table.
    pub fn finish(mut self, ndb: &mut Ndb) -> Result<WrittenTable> {
        let rows = self.store_matrix(ndb)?;
        let index = self.store_index(ndb)?;
        let info = self.info(index, rows);
        let root = self.heap.add(ndb, &info)?;
        let data = self.heap.finish(ndb, root)?;
        let subnodes = self.subnodes.finish(ndb)?;
        Ok(WrittenTable { data, subnodes })
    }

    fn store_matrix(&mut self, ndb: &mut Ndb) -> Result<u32> {
        let pending = std::mem::take(&mut self.pending);
        if self.matrix.is_empty() && pending.len() <= ITEM_MAX {
            return self.heap.add(ndb, &pending);
        }
        let mut total = (self.matrix.len() * ndb.layout.block_data()) as u64;
        if !pending.is_empty() {
            total += pending.len() as u64;
            self.matrix.push(ndb.block(&pending)?);
        }
        let stream = ndb.tree(&self.matrix, total)?;
        Ok(self.subnodes.add_value(stream))
    }

    /// The B-tree from row id to row position, whose positions are two bytes wide in the narrow formats.
    fn store_index(&mut self, ndb: &mut Ndb) -> Result<u32> {
        let width = if ndb.layout.is_wide { 4 } else { 2 };
        if width == 2 && self.row_ids.len() > usize::from(u16::MAX) {
            return Err(SynthError::TooMuch {
                what: "a table of more than 65,535 rows",
            });
        }
        let mut records = Vec::with_capacity(self.row_ids.len() * (4 + width));
        for (position, row_id) in self.row_ids.iter().enumerate() {
            records.extend_from_slice(&row_id.to_le_bytes());
            records.extend_from_slice(&(position as u32).to_le_bytes()[..width]);
        }
        self.heap.btree(ndb, 4, 4 + width, &records)
    }

    fn info(&self, index: u32, rows: u32) -> Vec<u8> {
        let mut info = vec![0x7C, self.columns.len() as u8];
        for end in self.ends.0 {
            info.extend_from_slice(&end.to_le_bytes());
        }
        info.extend_from_slice(&index.to_le_bytes());
        info.extend_from_slice(&rows.to_le_bytes());
        info.extend_from_slice(&[0; 4]);
        for column in &self.columns {
            info.extend_from_slice(&column.kind.to_le_bytes());
            info.extend_from_slice(&column.id.to_le_bytes());
            info.extend_from_slice(&(column.offset as u16).to_le_bytes());
            info.extend_from_slice(&[column.size as u8, column.bit as u8]);
        }
        info
    }
}

/// Gives every column its place, the wide ones first, and sorts them by id as readers expect.
fn arrange(wanted: &[(u16, u16)]) -> (Vec<Column>, Ends) {
    let i4 = super::properties::kind::I4;
    let mut columns: Vec<Column> = [(ROW_ID, i4), (ROW_VERSION, i4)]
        .iter()
        .chain(wanted)
        .enumerate()
        .map(|(bit, (id, kind))| Column {
            id: *id,
            kind: *kind,
            offset: 0,
            size: cell_size(*kind),
            bit,
        })
        .collect();
    let mut offset = 0;
    let mut ends = [0u16; 4];
    for (group, sizes) in [&[4, 8][..], &[2], &[1]].into_iter().enumerate() {
        for column in columns
            .iter_mut()
            .filter(|column| sizes.contains(&column.size))
        {
            column.offset = offset;
            offset += column.size;
        }
        ends[group] = offset as u16;
    }
    ends[3] = (offset + columns.len().div_ceil(8)) as u16;
    columns.sort_by_key(|column| (column.id, column.kind));
    (columns, Ends(ends))
}

/// Bytes of a cell: values of any size are named by an id of four.
fn cell_size(kind: u16) -> usize {
    match fixed_size(kind) {
        0 => 4,
        size => size,
    }
}
