//! The message store itself (\[MS-PST\] 2.4.3).

use crate::error::ReadError;
use crate::ltp::{Properties, tag};
use crate::ndb::{Nid, Reader, SubNodes};

/// Whether the file asks people for a password. It guards nothing: the file is read all the same.
///
/// # Errors
/// If the store cannot be read.
pub fn has_password(reader: &Reader) -> Result<bool, ReadError> {
    let node = reader
        .pst
        .nodes
        .find(Nid::MESSAGE_STORE)
        .ok_or_else(|| ReadError::structure("the file has no message store"))?;
    let subs = SubNodes::load(reader, node.sub)?;
    let store = Properties::open(reader, node.data, &subs)?;
    let password = store.get(tag::PASSWORD).map_err(|e| e.error)?;
    Ok(password
        .and_then(|value| value.as_i32())
        .is_some_and(|checksum| checksum != 0))
}
