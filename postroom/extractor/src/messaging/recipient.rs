//! Recipients (\[MS-PST\] 2.4.5.1).

use crate::error::{Kind, ReadError};
use crate::identity::{self, Bag};
use crate::ltp::{Row, Table, tag};

use super::faults::{Faults, Spoiled};
use super::text::Decoder;

/// A recipient as people read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipient {
    /// 0C15 as stored, with its flags.
    pub kind: u32,
    pub name: Option<String>,
    pub smtp: Option<String>,
    pub address_type: Option<String>,
    pub address: Option<String>,
}

impl Recipient {
    /// The people's form of stored values.
    pub fn of(bag: &Bag, decoder: &mut Decoder) -> Self {
        Self {
            kind: identity::recipient_kind(bag),
            name: decoder.value(bag.get(tag::DISPLAY_NAME)),
            smtp: decoder.value(bag.get(tag::SMTP_ADDRESS)),
            address_type: decoder.value(bag.get(tag::ADDRESS_TYPE)),
            address: decoder.value(bag.get(tag::EMAIL_ADDRESS)),
        }
    }
}

/// The stored values of every row, in row-index order; what fails is told to `faults`.
pub fn bags<'t>(table: &'t Table, faults: &mut Faults, spoiled: &mut Spoiled) -> Vec<Bag<'t>> {
    table
        .rows()
        .iter()
        .map(|&row| bag(table, row, faults, spoiled))
        .collect()
}

fn bag<'t>(table: &'t Table, row: Row, faults: &mut Faults, spoiled: &mut Spoiled) -> Bag<'t> {
    let mut bag = Bag::default();
    let tags = [tag::RECIPIENT_TYPE]
        .into_iter()
        .chain(identity::RECIPIENT_TAGS);
    for tag in tags {
        match table.get(row, tag) {
            Ok(Some(value)) => bag.add(tag, value),
            Ok(None) => {}
            Err(error) => {
                let content = tag != crate::ltp::tag::ADDRESS_TYPE;
                spoiled.add(Spoiled {
                    content,
                    record: true,
                });
                faults.add(error.into());
            }
        }
    }
    bag
}

/// A recipient table that cannot be read spoils every hash of its message.
pub fn unreadable(error: ReadError, faults: &mut Faults, spoiled: &mut Spoiled) {
    spoiled.add(Spoiled::ALL);
    faults.read(Kind::Structure, error);
}
