//! Lists, tables and properties (\[MS-PST\] 2.3).

mod bth;
mod heap;
mod named;
mod property;
mod table;
pub mod tag;
mod value;

pub use heap::Heap;
pub use named::{FIRST_NAMED, NameMap, guid};
pub use property::{Content, Entry, MAX_VALUE_BYTES, PropError, Properties, is_object};
pub use table::{Row, Table, row_ids};
pub use value::{Shape, Value, ptype};
