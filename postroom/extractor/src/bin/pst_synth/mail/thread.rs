//! Conversations: who started them, and what a reply has to carry.

use super::people::Person;
use crate::content::clock::SECOND;
use crate::content::random::Random;

/// How many message ids a References field keeps.
const REFERENCES_MAX: usize = 12;
/// How much of the mail before is quoted, in bytes.
const QUOTE_MAX: usize = 2000;
/// How deep a conversation goes: the index grows by five bytes a reply.
const REPLIES_MAX: usize = 40;

/// A conversation that may still get replies.
#[derive(Clone, Debug)]
pub struct Thread {
    pub topic: String,
    pub participants: Vec<Person>,
    pub message_ids: Vec<String>,
    pub index: Vec<u8>,
    pub last_body: String,
    pub last_sent: u64,
}

impl Thread {
    /// A conversation begun at `sent` (\[MS-OXOMSG\] 2.2.1.3: five bytes of time, then a GUID).
    pub fn new(random: &mut Random, topic: String, participants: Vec<Person>, sent: u64) -> Self {
        let mut index = vec![1];
        index.extend_from_slice(&sent.to_be_bytes()[1..6]);
        index.extend_from_slice(&random.bytes::<16>());
        Self {
            topic,
            participants,
            message_ids: Vec::new(),
            index,
            last_body: String::new(),
            last_sent: sent,
        }
    }

    pub fn is_reply(&self) -> bool {
        !self.message_ids.is_empty()
    }

    pub fn is_over(&self) -> bool {
        self.message_ids.len() >= REPLIES_MAX
    }

    /// Notes that a mail of this conversation was sent.
    pub fn note(&mut self, message_id: &str, body: &str, sent: u64) {
        if self.is_reply() {
            let difference = (sent - self.last_sent) / SECOND;
            self.index
                .extend_from_slice(&(difference as u32).to_be_bytes());
            self.index.push(self.message_ids.len() as u8);
        }
        self.message_ids.push(message_id.to_owned());
        self.last_sent = sent;
        self.last_body = body.chars().take(QUOTE_MAX).collect();
    }

    /// The index that the next mail carries.
    pub fn next_index(&self, sent: u64) -> Vec<u8> {
        let mut index = self.index.clone();
        if self.is_reply() {
            let difference = (sent - self.last_sent) / SECOND;
            index.extend_from_slice(&(difference as u32).to_be_bytes());
            index.push(self.message_ids.len() as u8);
        }
        index
    }

    /// The ids that the next mail refers to, oldest first.
    pub fn references(&self) -> &[String] {
        let from = self.message_ids.len().saturating_sub(REFERENCES_MAX);
        &self.message_ids[from..]
    }

    /// The mail before, quoted.
    pub fn quote(&self, line_end: &str) -> String {
        let mut out = String::new();
        for line in self.last_body.lines() {
            out.push_str("> ");
            out.push_str(line);
            out.push_str(line_end);
        }
        out
    }
}
