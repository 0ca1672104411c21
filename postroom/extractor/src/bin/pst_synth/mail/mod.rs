//! Mails before they are written: their properties as stored, and beside them what people should see.

pub mod awkward;
pub mod body;
pub mod categories;
pub mod charset;
pub mod compose;
pub mod draft;
pub mod envelope;
pub mod items;
pub mod nesting;
pub mod oddities;
pub mod people;
pub mod tags;
pub mod thread;

use serde_json::{Map, Value};

use crate::file::properties::Property;

/// Members of a line of truth, decoded by nobody: they are what the writer began with.
pub type Facts = Map<String, Value>;

/// One message.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    pub properties: Vec<Property>,
    pub recipients: Vec<Recipient>,
    pub attachments: Vec<Attachment>,
    pub facts: Facts,
}

/// One row of a recipient table.
#[derive(Clone, Debug)]
pub struct Recipient {
    pub properties: Vec<Property>,
    pub facts: Facts,
}

/// One attachment.
#[derive(Clone, Debug)]
pub struct Attachment {
    pub method: u32,
    pub properties: Vec<Property>,
    pub content: Content,
    pub facts: Facts,
}

/// What an attachment holds; it follows from the method.
#[derive(Clone, Debug)]
pub enum Content {
    /// Method 1: the bytes themselves.
    Bytes(Vec<u8>),
    /// Method 6: the storage of an OLE object.
    Object(Vec<u8>),
    /// Method 5: a message of its own.
    Message(Box<Mail>),
    /// Methods 2, 4 and 7: only a name of something elsewhere.
    Reference,
}

impl Mail {
    /// The first property of that id.
    pub fn property(&self, id: u16) -> Option<&Property> {
        find(&self.properties, id)
    }

    /// Bytes of everything stored in it, roughly what PidTagMessageSize says.
    pub fn size(&self) -> usize {
        let own: usize = self
            .properties
            .iter()
            .map(|property| property.data.len() + 8)
            .sum();
        let attached: usize = self.attachments.iter().map(Attachment::size).sum();
        own + attached + self.recipients.len() * 200
    }
}

impl Attachment {
    pub fn size(&self) -> usize {
        match &self.content {
            Content::Bytes(bytes) | Content::Object(bytes) => bytes.len(),
            Content::Message(mail) => mail.size(),
            Content::Reference => 0,
        }
    }
}

/// The first property of that id.
pub fn find(properties: &[Property], id: u16) -> Option<&Property> {
    properties.iter().find(|property| property.id == id)
}
