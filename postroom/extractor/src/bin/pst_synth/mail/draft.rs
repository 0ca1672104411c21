//! Building a mail: every step stores a property and notes what people should see.

use serde_json::{Value, json};

use super::charset::{Charset, for_people, wide};
use super::people::Person;
use super::tags as tag;
use super::{Attachment, Content, Facts, Mail, Recipient};
use crate::content::documents::Document;
use crate::content::random::Random;
use crate::file::properties::Property;

/// A mail in the making.
pub struct Draft {
    pub charset: Charset,
    pub mail: Mail,
}

/// How an address is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressForm {
    Smtp,
    /// The Exchange address, with the SMTP address beside it.
    ExchangeAndSmtp,
    /// The Exchange address alone.
    Exchange,
}

/// To, CC or BCC: the value of PidTagRecipientType.
pub const TO: u32 = 1;
pub const CC: u32 = 2;
pub const BCC: u32 = 3;

/// The three ids of a sender's or a principal's address, the SMTP address, and the names of their facts.
struct AddressTags {
    name: (u16, &'static str),
    address_type: (u16, &'static str),
    address: (u16, &'static str),
    smtp: (u16, &'static str),
}

const SENDER: AddressTags = AddressTags {
    name: (tag::SENDER_NAME, "sender_name"),
    address_type: (tag::SENDER_ADDRESS_TYPE, "sender_address_type"),
    address: (tag::SENDER_ADDRESS, "sender_address"),
    smtp: (tag::SENDER_SMTP, "sender_smtp"),
};
const REPRESENTING: AddressTags = AddressTags {
    name: (tag::REPRESENTING_NAME, "representing_name"),
    address_type: (tag::REPRESENTING_ADDRESS_TYPE, "representing_address_type"),
    address: (tag::REPRESENTING_ADDRESS, "representing_address"),
    smtp: (tag::REPRESENTING_SMTP, "representing_smtp"),
};

impl Draft {
    /// A mail whose strings are stored as `charset` says.
    pub fn new(charset: Charset, message_class: &str) -> Self {
        let mut draft = Self {
            charset,
            mail: Mail::default(),
        };
        draft.text(tag::MESSAGE_CLASS, "message_class", message_class);
        if let Charset::Narrow { code_page, .. } = charset {
            draft
                .mail
                .properties
                .push(Property::i4(tag::MESSAGE_CODEPAGE, code_page));
        }
        draft
    }

    pub fn push(&mut self, property: Property) {
        self.mail.properties.push(property);
    }

    pub fn fact(&mut self, name: &str, value: impl Into<Value>) {
        self.mail.facts.insert(name.to_owned(), value.into());
    }

    /// Stores a string; an empty one is left out.
    pub fn text(&mut self, id: u16, fact: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        self.push(self.charset.property(id, value));
        self.fact(
            fact,
            for_people(&value.encode_utf16().collect::<Vec<u16>>()),
        );
    }

    /// Stores UTF-16 units as they are.
    pub fn units(&mut self, id: u16, fact: &str, units: &[u16]) {
        self.push(wide(id, units));
        self.fact(fact, for_people(units));
    }

    /// Stores the subject with its mark in front: two characters that say how long the prefix is.
    pub fn subject(&mut self, prefix: &str, rest: &str) {
        let marked = format!("\u{1}{}{prefix}{rest}", char::from(prefix.len() as u8 + 1));
        self.push(self.charset.property(tag::SUBJECT, &marked));
        self.push(self.charset.property(tag::NORMALIZED_SUBJECT, rest));
        self.fact("subject", format!("{prefix}{rest}"));
        self.text(tag::CONVERSATION_TOPIC, "conversation_topic", rest);
    }

    pub fn time(&mut self, id: u16, fact: &str, filetime: u64) {
        self.push(Property::time(id, filetime));
        self.fact(fact, filetime);
    }

    pub fn sender(&mut self, person: &Person, form: AddressForm) {
        self.address(&SENDER, person, form);
    }

    pub fn representing(&mut self, person: &Person, form: AddressForm) {
        self.address(&REPRESENTING, person, form);
    }

    fn address(&mut self, tags: &AddressTags, person: &Person, form: AddressForm) {
        let (kind, address, smtp) = stored_address(person, form);
        self.text(tags.name.0, tags.name.1, &person.name);
        self.text(tags.address_type.0, tags.address_type.1, kind);
        self.text(tags.address.0, tags.address.1, address);
        self.text(tags.smtp.0, tags.smtp.1, smtp.unwrap_or_default());
    }

    /// Appends a row to the recipient table.
    pub fn recipient(&mut self, kind: u32, person: &Person, form: AddressForm) {
        let (address_type, address, smtp) = stored_address(person, form);
        let mut properties = vec![
            Property::i4(tag::RECIPIENT_TYPE, kind),
            Property::boolean(tag::RESPONSIBILITY, true),
            Property::i4(tag::OBJECT_TYPE, 6),
            Property::i4(tag::DISPLAY_TYPE, 0),
        ];
        let mut facts = Facts::new();
        facts.insert("index".into(), json!(self.mail.recipients.len()));
        facts.insert("type".into(), json!(kind));
        let members = [
            ("name", tag::DISPLAY_NAME, Some(person.name.as_str())),
            ("address_type", tag::ADDRESS_TYPE, Some(address_type)),
            ("address", tag::EMAIL_ADDRESS, Some(address)),
            ("smtp", tag::SMTP_ADDRESS, smtp),
        ];
        for (fact, id, value) in members {
            facts.insert(fact.into(), json!(value));
            if let Some(value) = value {
                properties.push(self.charset.property(id, value));
            }
        }
        self.mail.recipients.push(Recipient { properties, facts });
    }

    /// Writes the three display lists from the recipients.
    pub fn display_lists(&mut self) {
        let lists = [
            (TO, tag::DISPLAY_TO, "display_to"),
            (CC, tag::DISPLAY_CC, "display_cc"),
            (BCC, tag::DISPLAY_BCC, "display_bcc"),
        ];
        for (kind, id, fact) in lists {
            let names: Vec<&str> = self
                .mail
                .recipients
                .iter()
                .filter(|one| one.facts.get("type") == Some(&json!(kind)))
                .filter_map(|one| one.facts.get("name").and_then(Value::as_str))
                .collect();
            let list = names.join("; ");
            self.text(id, fact, &list);
        }
    }

    /// Attaches a document by value.
    pub fn attach(&mut self, name: &str, document: Document) {
        let mut attachment = self.named_attachment(1, name, document.mime_type);
        attachment.content = Content::Bytes(document.bytes);
        self.mail.attachments.push(attachment);
    }

    /// Attaches a picture that the HTML body refers to as `content_id`.
    pub fn attach_inline(&mut self, name: &str, content_id: &str, document: Document) {
        let mut attachment = self.named_attachment(1, name, document.mime_type);
        attachment.content = Content::Bytes(document.bytes);
        attachment
            .properties
            .push(self.charset.property(tag::ATTACH_CONTENT_ID, content_id));
        attachment
            .properties
            .push(Property::i4(tag::ATTACH_FLAGS, 4));
        attachment
            .properties
            .push(Property::boolean(tag::ATTACHMENT_HIDDEN, true));
        for (fact, value) in [
            ("content_id", json!(content_id)),
            ("is_inline", json!(true)),
            ("is_hidden", json!(true)),
        ] {
            attachment.facts.insert(fact.into(), value);
        }
        self.mail.attachments.push(attachment);
    }

    /// An attachment of `method` with both names and no content yet.
    pub fn named_attachment(&self, method: u32, name: &str, mime_type: &str) -> Attachment {
        let short = short_name(name);
        let mut properties = vec![
            Property::i4(tag::ATTACH_METHOD, method),
            Property::i4(tag::RENDERING_POSITION, u32::MAX),
            self.charset.property(tag::ATTACH_LONG_FILENAME, name),
            self.charset.property(tag::ATTACH_FILENAME, &short),
        ];
        let mut facts = Facts::new();
        facts.insert("method".into(), json!(method));
        facts.insert("long_name".into(), json!(name));
        facts.insert("short_name".into(), json!(short));
        facts.insert("mime_type".into(), Value::Null);
        facts.insert("content_id".into(), Value::Null);
        facts.insert("file_name".into(), json!(name));
        facts.insert("is_inline".into(), json!(false));
        facts.insert("is_hidden".into(), json!(false));
        facts.insert("rendering_position".into(), json!(-1));
        if !mime_type.is_empty() {
            properties.push(self.charset.property(tag::ATTACH_MIME_TAG, mime_type));
            facts.insert("mime_type".into(), json!(mime_type));
        }
        Attachment {
            method,
            properties,
            content: Content::Reference,
            facts,
        }
    }

    /// The finished mail.
    pub fn finish(mut self, random: &mut Random) -> Mail {
        let has_attachments = !self.mail.attachments.is_empty();
        self.push(Property::boolean(tag::HAS_ATTACHMENTS, has_attachments));
        self.push(Property::binary(tag::SEARCH_KEY, random.bytes::<16>()));
        let size = self.mail.size() as u32;
        self.push(Property::i4(tag::MESSAGE_SIZE, size));
        self.mail
    }
}

/// Type, address, and the SMTP address beside it.
fn stored_address(person: &Person, form: AddressForm) -> (&'static str, &str, Option<&str>) {
    match (&person.exchange, form) {
        (Some(account), AddressForm::Exchange) => ("EX", account, None),
        (Some(account), AddressForm::ExchangeAndSmtp) => ("EX", account, Some(&person.smtp)),
        _ => ("SMTP", &person.smtp, Some(&person.smtp)),
    }
}

/// The name in eight letters and three, as PidTagAttachFilename holds it.
fn short_name(name: &str) -> String {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
    let clean: String = stem
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_uppercase();
    if clean.len() > 8 || clean.is_empty() {
        let head: String = clean.chars().take(6).collect();
        return format!("{head}~1.{}", extension.to_uppercase());
    }
    format!("{clean}.{}", extension.to_uppercase())
}
