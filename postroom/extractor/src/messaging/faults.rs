//! The faults of one item, each with the item's place.

use crate::error::{Fault, Kind, ReadError};
use crate::identity;
use crate::ltp::{PropError, ptype};
use crate::ndb::{Nid, Reader};

/// Collects faults and fills in where they happened.
#[derive(Debug, Default)]
pub struct Faults {
    pub list: Vec<Fault>,
    pub node_path: Option<String>,
    pub folder_nid: Option<Nid>,
    pub folder_index: Option<u32>,
    pub nid: Option<Nid>,
}

/// Which hashes of a message a failed property makes NULL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spoiled {
    pub content: bool,
    pub record: bool,
}

impl Spoiled {
    /// Everything that is made of the message.
    pub const ALL: Self = Self {
        content: true,
        record: true,
    };

    /// What a property of the message itself spoils.
    pub fn by_message_tag(tag: u16) -> Self {
        Self {
            content: identity::is_content_tag(tag),
            record: identity::is_record_tag(tag),
        }
    }

    pub fn add(&mut self, other: Self) {
        self.content |= other.content;
        self.record |= other.record;
    }
}

impl Faults {
    /// Records a fault at the current place.
    pub fn add(&mut self, mut fault: Fault) {
        fault.node_path = fault.node_path.or_else(|| self.node_path.clone());
        fault.folder_nid = fault.folder_nid.or(self.folder_nid);
        fault.folder_index = fault.folder_index.or(self.folder_index);
        fault.nid = fault.nid.or(self.nid);
        self.list.push(fault);
    }

    /// Records a read error as a fault of this kind; limits stay limits.
    pub fn read(&mut self, kind: Kind, error: ReadError) {
        let kind = if error.kind == Kind::Limit {
            Kind::Limit
        } else {
            kind
        };
        self.add(Fault {
            kind,
            ..Fault::from(error)
        });
    }

    /// Takes over what the reader found on its way.
    pub fn drain(&mut self, reader: &Reader) {
        for finding in reader.take_findings() {
            self.add(finding.into());
        }
    }

    /// Tells of a FILETIME that is 2^63 or more.
    pub fn time(&mut self, tag: u16, time: Option<u64>) {
        if time.is_some_and(|time| i64::try_from(time).is_err()) {
            let property = Some((u32::from(tag) << 16) | u32::from(ptype::TIME));
            let reason = "the time is 2^63 or more: no date, and NULL in the records";
            self.add(Fault {
                property,
                ..Fault::new(Kind::Property, reason)
            });
        }
    }

    /// The value, or nothing and a fault about this property.
    pub fn property<T>(&mut self, found: Result<Option<T>, PropError>) -> Option<T> {
        found.unwrap_or_else(|error| {
            self.add(error.into());
            None
        })
    }
}
