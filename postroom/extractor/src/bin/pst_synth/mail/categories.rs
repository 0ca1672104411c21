//! Named properties: what they are called, and the ids by which this file stores them.

use super::charset::Charset;
use super::draft::Draft;
use crate::file::properties::{Property, kind};

/// A property set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    PublicStrings,
    Common,
    Appointment,
    Task,
    Address,
}

/// A named property of this file.
pub struct Named {
    pub set: Set,
    pub name: Name,
}

/// What a named property is called.
pub enum Name {
    Text(&'static str),
    Number(u32),
}

/// The named properties; the one at position n is stored as 0x8000 + n.
pub const NAMED: &[Named] = &[
    Named {
        set: Set::PublicStrings,
        name: Name::Text("Keywords"),
    },
    Named {
        set: Set::Common,
        name: Name::Number(0x8503),
    },
    Named {
        set: Set::Appointment,
        name: Name::Number(0x820D),
    },
    Named {
        set: Set::Appointment,
        name: Name::Number(0x820E),
    },
    Named {
        set: Set::Appointment,
        name: Name::Number(0x8208),
    },
    Named {
        set: Set::Task,
        name: Name::Number(0x8101),
    },
    Named {
        set: Set::Address,
        name: Name::Number(0x8083),
    },
    Named {
        set: Set::PublicStrings,
        name: Name::Text("x-project-number"),
    },
];

pub const KEYWORDS: u16 = 0x8000;
pub const REMINDER_SET: u16 = 0x8001;
pub const START: u16 = 0x8002;
pub const END: u16 = 0x8003;
pub const LOCATION: u16 = 0x8004;
pub const TASK_STATUS: u16 = 0x8005;
pub const CONTACT_ADDRESS: u16 = 0x8006;
pub const PROJECT_NUMBER: u16 = 0x8007;

/// Stores the categories of a mail, which Outlook keeps as the named property Keywords.
pub fn categorise(draft: &mut Draft, categories: &[&str]) {
    let values: Vec<Vec<u8>> = categories
        .iter()
        .map(|name| draft.charset.property(KEYWORDS, name).data)
        .collect();
    let kind = match draft.charset {
        Charset::Wide => kind::MANY_WIDE,
        Charset::Narrow { .. } => kind::MANY_NARROW,
    };
    let mut data = (values.len() as u32).to_le_bytes().to_vec();
    let mut offset = 4 + 4 * values.len();
    for value in &values {
        data.extend_from_slice(&(offset as u32).to_le_bytes());
        offset += value.len();
    }
    data.extend(values.concat());
    draft.push(Property::new(KEYWORDS, kind, data));
    draft.fact("categories", categories.to_vec());
}
