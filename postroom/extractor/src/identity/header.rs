//! The ids that link messages: stored, or out of the transport headers.

use super::Bag;
use super::text::trim;
use crate::ltp::tag;
use crate::text::headers::field;

/// An id and whether it was found in the headers; "" where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageId {
    pub value: String,
    pub source: Option<&'static str>,
}

/// The ids that link a message to others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageIds {
    pub message_id: MessageId,
    pub in_reply_to: MessageId,
    pub references: MessageId,
}

impl MessageIds {
    /// 1035, 1042 and 1039, else the fields of `headers`.
    pub fn of(bag: &Bag, headers: &str) -> Self {
        Self {
            message_id: id(bag, tag::MESSAGE_ID, headers, "Message-ID"),
            in_reply_to: id(bag, tag::IN_REPLY_TO, headers, "In-Reply-To"),
            references: id(bag, tag::REFERENCES, headers, "References"),
        }
    }
}

fn id(bag: &Bag, tag: u16, headers: &str, name: &str) -> MessageId {
    let stored = trim(&bag.text(tag)).to_owned();
    if !stored.is_empty() {
        return MessageId {
            value: stored,
            source: Some("property"),
        };
    }
    let value = field(headers, name).unwrap_or_default();
    let source = (!value.is_empty()).then_some("header");
    MessageId { value, source }
}
