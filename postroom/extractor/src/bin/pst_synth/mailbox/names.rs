//! The map from names to property ids (\[MS-PST\] 2.4.7).

use super::nids;
use crate::error::Result;
use crate::file::crc::weak;
use crate::file::ndb::{Bid, Ndb};
use crate::file::properties::{Property, write_context};
use crate::file::subnodes::Subnodes;
use crate::mail::categories::{NAMED, Name, Set};

const BUCKETS: u32 = 251;
/// Ids of the three streams, and of the first hash bucket.
const BUCKET_COUNT: u16 = 0x0001;
const GUID_STREAM: u16 = 0x0002;
const ENTRY_STREAM: u16 = 0x0003;
const STRING_STREAM: u16 = 0x0004;
const FIRST_BUCKET: u16 = 0x1000;

/// The sets that the stream of GUIDs lists, in its order; their tails differ from the common form in one field.
const LISTED: [(Set, u32); 4] = [
    (Set::Common, 0x0006_2008),
    (Set::Appointment, 0x0006_2002),
    (Set::Task, 0x0006_2003),
    (Set::Address, 0x0006_2004),
];

/// Writes the node of named properties.
pub fn write_names(ndb: &mut Ndb) -> Result<()> {
    let (mut entries, mut strings) = (Vec::new(), Vec::new());
    let mut buckets: Vec<Vec<u8>> = vec![Vec::new(); BUCKETS as usize];
    for (index, named) in NAMED.iter().enumerate() {
        let (value, hashed, is_text) = match named.name {
            Name::Number(number) => (number, number, 0),
            Name::Text(text) => put_string(&mut strings, text),
        };
        let set = (set_index(named.set) << 1) | is_text;
        let tail = [set.to_le_bytes(), (index as u16).to_le_bytes()].concat();
        entries.extend_from_slice(&[&value.to_le_bytes()[..], &tail].concat());
        let bucket = (hashed ^ u32::from(set)) % BUCKETS;
        buckets[bucket as usize].extend_from_slice(&[&hashed.to_le_bytes()[..], &tail].concat());
    }
    let mut properties = vec![
        Property::i4(BUCKET_COUNT, BUCKETS),
        Property::binary(GUID_STREAM, guids()),
        Property::binary(ENTRY_STREAM, entries),
        Property::binary(STRING_STREAM, strings),
    ];
    for (number, bucket) in buckets
        .into_iter()
        .enumerate()
        .filter(|(_, bucket)| !bucket.is_empty())
    {
        properties.push(Property::binary(FIRST_BUCKET + number as u16, bucket));
    }
    let data = write_context(ndb, &properties, &mut Subnodes::default())?;
    ndb.node(nids::NAME_TO_ID_MAP, 0, data, Bid::NONE);
    Ok(())
}

/// Appends a name, and returns its offset, its hash and the mark of a textual name.
fn put_string(strings: &mut Vec<u8>, text: &str) -> (u32, u32, u16) {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = strings.len() as u32;
    strings.extend_from_slice(&(units.len() as u32).to_le_bytes());
    strings.extend_from_slice(&units);
    strings.resize(strings.len().next_multiple_of(4), 0);
    (at, weak(&units), 1)
}

/// 2 is PS_PUBLIC_STRINGS; what the stream lists begins at 3.
fn set_index(set: Set) -> u16 {
    LISTED
        .iter()
        .position(|(listed, _)| *listed == set)
        .map_or(2, |position| position as u16 + 3)
}

fn guids() -> Vec<u8> {
    LISTED
        .iter()
        .flat_map(|(_, first)| {
            [
                &first.to_le_bytes()[..],
                &[0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46],
            ]
            .concat()
        })
        .collect()
}
