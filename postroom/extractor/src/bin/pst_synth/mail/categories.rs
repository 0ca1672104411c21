//! Named properties: what they are called, and the ids by which this file stores them.

use serde_json::{Value, json};

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

/// The name by which records call the named property that is stored as `id`: its set, then its name.
fn key(id: u16) -> String {
    let named = &NAMED[usize::from(id - KEYWORDS)];
    let set = match named.set {
        Set::PublicStrings => 0x0002_0329,
        Set::Common => 0x0006_2008,
        Set::Appointment => 0x0006_2002,
        Set::Task => 0x0006_2003,
        Set::Address => 0x0006_2004,
    };
    let name = match named.name {
        Name::Text(text) => text.to_owned(),
        Name::Number(number) => format!("0x{number:04x}"),
    };
    format!("{{{set:08x}-0000-0000-c000-000000000046}}:{name}")
}

/// Stores a named property and notes its value.
pub fn put_named(draft: &mut Draft, property: Property, value: impl Into<Value>) {
    let facts = draft
        .mail
        .facts
        .entry("named_properties")
        .or_insert_with(|| json!({}));
    facts[key(property.id)] = value.into();
    draft.push(property);
}

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
    put_named(
        draft,
        Property::new(KEYWORDS, kind, data),
        categories.to_vec(),
    );
    draft.fact("categories", categories.to_vec());
}
