//! What surrounds the text of a mail: addresses, dates, marks, ids and transport headers.

use super::categories::{PROJECT_NUMBER, categorise, put_named};
use super::compose::Composer;
use super::draft::{AddressForm, BCC, CC, Draft, TO};
use super::people::Person;
use super::tags as tag;
use super::thread::Thread;
use crate::content::clock::{SECOND, header_date};
use crate::file::properties::Property;
use crate::identity::hex;

/// What a mail in a conversation needs besides its text.
pub struct Envelope {
    pub message_id: String,
    pub sent: u64,
    pub sender: Person,
}

impl Composer {
    fn form(&mut self) -> AddressForm {
        match self.random.below(10) {
            0..=5 => AddressForm::Smtp,
            6..=8 => AddressForm::ExchangeAndSmtp,
            _ => AddressForm::Exchange,
        }
    }

    pub fn address(&mut self, draft: &mut Draft, thread: &Thread, envelope: &Envelope) {
        let form = self.form();
        draft.sender(&envelope.sender, form);
        let is_on_behalf = self.random.chance(6);
        let principal = if is_on_behalf {
            self.random.pick(&self.people).clone()
        } else {
            envelope.sender.clone()
        };
        draft.representing(&principal, form);
        let others = thread
            .participants
            .iter()
            .filter(|one| one.smtp != envelope.sender.smtp);
        for (index, person) in others.enumerate() {
            let kind = if index > 0 && self.random.chance(40) {
                CC
            } else {
                TO
            };
            let form = self.form();
            draft.recipient(kind, person, form);
        }
        if self.random.chance(8) {
            let hidden = self.random.pick(&self.people).clone();
            draft.recipient(BCC, &hidden, AddressForm::Smtp);
        }
        draft.display_lists();
    }

    pub fn date(&mut self, draft: &mut Draft, envelope: &Envelope) {
        let received = envelope.sent + self.random.below(90 * SECOND);
        if !self.random.chance(3) {
            draft.time(tag::CLIENT_SUBMIT_TIME, "sent_filetime", envelope.sent);
        }
        if !self.random.chance(5) {
            draft.time(tag::DELIVERY_TIME, "received_filetime", received);
        }
        draft.time(tag::CREATION_TIME, "created_filetime", received);
        draft.time(
            tag::LAST_MODIFICATION_TIME,
            "modified_filetime",
            received + SECOND,
        );
    }

    /// Conversation index, importance, flags, categories and a named property.
    pub fn mark(&mut self, draft: &mut Draft, thread: &Thread, envelope: &Envelope) {
        let index = thread.next_index(envelope.sent);
        draft.fact("conversation_index", hex(&index));
        draft.push(Property::binary(tag::CONVERSATION_INDEX, index));
        let importance = *self.random.pick(&[1, 1, 1, 1, 1, 2, 0]);
        let flags = u32::from(self.random.chance(70));
        for (id, value) in [
            (tag::PRIORITY, 0),
            (tag::SENSITIVITY, 0),
            (tag::MESSAGE_STATUS, 0),
        ] {
            draft.push(Property::i4(id, value));
        }
        draft.push(Property::i4(tag::IMPORTANCE, importance));
        draft.fact("importance", importance);
        draft.push(Property::i4(tag::MESSAGE_FLAGS, flags));
        draft.fact("message_flags", flags);
        match self.random.below(10) {
            0 => categorise(draft, &["Project North"]),
            1 => categorise(draft, &["Claims", "To be reviewed"]),
            _ => draft.fact("categories", serde_json::json!([])),
        }
        if self.random.chance(10) {
            let number = format!("P-{:04}", self.random.below(10_000));
            let property = draft.charset.property(PROJECT_NUMBER, &number);
            put_named(draft, property, number);
        }
    }

    /// Message id, reply and references: as properties, in the headers, in both or nowhere.
    pub fn identify(
        &mut self,
        draft: &mut Draft,
        thread: &Thread,
        envelope: &Envelope,
        prefix: &str,
    ) {
        let (is_property, has_headers) = match self.random.below(20) {
            0..=9 => (true, true),
            10..=13 => (true, false),
            14..=17 => (false, true),
            _ => (false, false),
        };
        let references = thread.references().join(" ");
        let parent = thread.references().last().cloned().unwrap_or_default();
        let ids = [
            (tag::MESSAGE_ID, "message_id", envelope.message_id.as_str()),
            (tag::IN_REPLY_TO, "in_reply_to", parent.as_str()),
            (tag::REFERENCES, "email_references", references.as_str()),
        ];
        for (id, fact, value) in ids.into_iter().filter(|(_, _, value)| !value.is_empty()) {
            if is_property {
                draft.text(id, fact, value);
            } else if has_headers {
                draft.fact(fact, value);
            } else {
                continue;
            }
            draft.fact(
                &format!("{fact}_source"),
                if is_property { "property" } else { "header" },
            );
        }
        if has_headers {
            put_headers(draft, thread, envelope, prefix, &parent);
        }
    }
}

pub fn host(person: &Person) -> &str {
    person
        .smtp
        .rsplit_once('@')
        .map_or("example.com", |(_, host)| host)
}

/// The headers as a server would have written them, in lines of which References is folded.
fn put_headers(
    draft: &mut Draft,
    thread: &Thread,
    envelope: &Envelope,
    prefix: &str,
    parent: &str,
) {
    let date = header_date(envelope.sent);
    let mut headers = format!(
        "Received: from mx.{} by mail.example.com with ESMTPS;\r\n\t{date}\r\nFrom: \"{}\" <{}>\r\n",
        host(&envelope.sender),
        ascii(&envelope.sender.name),
        envelope.sender.smtp
    );
    for person in thread
        .participants
        .iter()
        .filter(|one| one.smtp != envelope.sender.smtp)
    {
        headers.push_str(&format!(
            "To: \"{}\" <{}>\r\n",
            ascii(&person.name),
            person.smtp
        ));
    }
    headers.push_str(&format!(
        "Subject: {prefix}{}\r\nDate: {date}\r\n",
        ascii(&thread.topic)
    ));
    headers.push_str(&format!("Message-ID: {}\r\n", envelope.message_id));
    if !parent.is_empty() {
        headers.push_str(&format!("In-Reply-To: {parent}\r\n"));
        headers.push_str(&format!(
            "References: {}\r\n",
            thread.references().join("\r\n ")
        ));
    }
    headers.push_str(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_part\"\r\n\r\n",
    );
    draft.text(tag::TRANSPORT_HEADERS, "transport_headers", &headers);
    draft.fact("header_date", date);
}

/// What a header can hold without an encoding of its own.
fn ascii(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_ascii() { letter } else { '?' })
        .collect()
}
