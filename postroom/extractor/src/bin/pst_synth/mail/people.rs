//! Who writes to whom.

use crate::content::random::Random;

/// A person with an address; some have an account in Exchange as well.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: String,
    pub smtp: String,
    /// The address of type EX, if this person has one.
    pub exchange: Option<String>,
}

const FIRST: &[&str] = &[
    "Anna", "Ben", "Carla", "David", "Elena", "Femi", "Grace", "Hiro", "Ines", "Jonas", "Kofi",
    "Lena", "Marek", "Nadia", "Omar", "Priya",
];
const LAST: &[&str] = &[
    "Archer", "Brandt", "Costa", "Duval", "Eriksen", "Fischer", "Garcia", "Hughes", "Ito",
    "Jensen", "Kowalski", "Lund",
];
const DOMAINS: &[&str] = &["example.com", "example.org", "mail.example.net"];

/// `count` people; every second one has an account in Exchange.
pub fn people(random: &mut Random, count: usize) -> Vec<Person> {
    (0..count).map(|number| person(random, number)).collect()
}

fn person(random: &mut Random, number: usize) -> Person {
    let (first, last) = (random.pick(FIRST), random.pick(LAST));
    let smtp = format!("{first}.{last}{number}@{}", random.pick(DOMAINS));
    let account =
        format!("/O=EXAMPLE/OU=EXCHANGE ADMINISTRATIVE GROUP/CN=RECIPIENTS/CN={last}{number}")
            .to_uppercase();
    Person {
        name: format!("{first} {last}"),
        smtp,
        exchange: number.is_multiple_of(2).then_some(account),
    }
}
