//! The map from property ids to names (\[MS-PST\] 2.4.7).

use std::collections::BTreeMap;

use super::property::Properties;
use crate::bytes::{array, u16_at, u32_at};
use crate::error::ReadError;
use crate::ndb::{Nid, Reader, SubNodes};

const GUID_STREAM: u16 = 0x0002;
const ENTRY_STREAM: u16 = 0x0003;
const STRING_STREAM: u16 = 0x0004;

/// Properties above this id have names.
pub const FIRST_NAMED: u16 = 0x8000;

const PS_MAPI: &str = "00020328-0000-0000-c000-000000000046";
/// The set of names that people give, categories among them.
pub const PS_PUBLIC_STRINGS: &str = "00020329-0000-0000-c000-000000000046";

/// Names by property id, as `{guid}:name` or `{guid}:0x8233`.
#[derive(Debug, Default)]
pub struct NameMap {
    names: BTreeMap<u16, String>,
    /// The id of the categories of an item.
    pub keywords: Option<u16>,
}

impl NameMap {
    /// Reads the map of a file; a file without one has no names.
    ///
    /// # Errors
    /// If the map is there and cannot be read.
    pub fn load(reader: &Reader) -> Result<Self, ReadError> {
        let Some(node) = reader.pst.nodes.find(Nid::NAME_TO_ID_MAP) else {
            return Ok(Self::default());
        };
        let subs = SubNodes::load(reader, node.sub)?;
        let properties = Properties::open(reader, node.data, &subs)?;
        let stream = |tag| {
            let value = properties.get(tag).map_err(|e| e.error)?;
            Ok::<_, ReadError>(value.map(|v| v.data.into_owned()).unwrap_or_default())
        };
        let (guids, entries, strings) = (
            stream(GUID_STREAM)?,
            stream(ENTRY_STREAM)?,
            stream(STRING_STREAM)?,
        );
        Ok(Self::build(&guids, &entries, &strings))
    }

    fn build(guids: &[u8], entries: &[u8], strings: &[u8]) -> Self {
        let mut map = Self::default();
        for entry in entries.chunks_exact(8) {
            if let Some((id, guid, name)) = parse(entry, guids, strings) {
                if guid == PS_PUBLIC_STRINGS && name == "Keywords" {
                    map.keywords.get_or_insert(id);
                }
                map.names
                    .entry(id)
                    .or_insert_with(|| format!("{{{guid}}}:{name}"));
            }
        }
        map
    }

    /// The name of a property id.
    pub fn name(&self, id: u16) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }
}

fn parse(entry: &[u8], guids: &[u8], strings: &[u8]) -> Option<(u16, String, String)> {
    let number = u32_at(entry, 0)?;
    let flags = u16_at(entry, 4)?;
    let id = FIRST_NAMED.checked_add(u16_at(entry, 6)?)?;
    let guid = match flags >> 1 {
        0 => "00000000-0000-0000-0000-000000000000".to_owned(),
        1 => PS_MAPI.to_owned(),
        2 => PS_PUBLIC_STRINGS.to_owned(),
        n => guid(array(guids, usize::from(n - 3) * 16)?),
    };
    let name = if flags & 1 == 0 {
        format!("0x{number:04x}")
    } else {
        let at = number as usize;
        let length = u32_at(strings, at)? as usize;
        let start = at.checked_add(4)?;
        let text = strings.get(start..start.checked_add(length)?)?;
        crate::identity::text::utf16(text)
    };
    Some((id, guid, name))
}

/// A GUID in lower case, without braces.
pub fn guid(bytes: [u8; 16]) -> String {
    uuid::Uuid::from_bytes_le(bytes).hyphenated().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_found_by_their_name() {
        let mut strings = 16_u32.to_le_bytes().to_vec();
        strings.extend("Keywords".encode_utf16().flat_map(u16::to_le_bytes));
        let entry = [0, 0, 0, 0, 5, 0, 2, 0];
        let map = NameMap::build(&[], &entry, &strings);
        assert_eq!(map.keywords, Some(0x8002));
        assert_eq!(
            map.name(0x8002),
            Some("{00020329-0000-0000-c000-000000000046}:Keywords")
        );
    }

    #[test]
    fn a_numbered_name_is_written_in_hex() {
        let guids = [0x11; 16];
        let entry = [0x33, 0x82, 0, 0, 6, 0, 0, 0];
        let map = NameMap::build(&guids, &entry, &[]);
        assert_eq!(
            map.name(0x8000),
            Some("{11111111-1111-1111-1111-111111111111}:0x8233")
        );
    }

    #[test]
    fn a_name_outside_the_stream_is_left_out() {
        let entry = [9, 0, 0, 0, 5, 0, 2, 0];
        assert!(NameMap::build(&[], &entry, &[1, 2]).name(0x8002).is_none());
    }
}
