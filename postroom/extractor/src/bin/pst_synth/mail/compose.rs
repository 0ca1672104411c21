//! Writing ordinary mail: conversations, bodies, headers, attachments.

use super::Mail;
use super::body::{BodyParts, INLINE_MAX, USUAL_BODIES, put_body};
use super::charset::Charset;
use super::draft::Draft;
use super::envelope::{Envelope, host};
use super::people::{Person, people};
use super::tags as tag;
use super::thread::Thread;
use crate::content::clock::{SECOND, START};
use crate::content::documents::{self, Document};
use crate::content::prose;
use crate::content::random::Random;
use crate::content::scripts::{Script, english};
use crate::error::Result;

/// How many conversations are open at a time.
const THREADS_MAX: usize = 48;
/// One conversation in so many was begun by a mail that is not in the file.
const OUTSIDE_EVERY: u64 = 8;
/// A mail up to this size may turn up a second time.
const DUPLICATE_MAX: usize = 200_000;
/// What the mails of a folder are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    Business,
    Plain,
    SmallFiles,
    Scripts,
    Pictures,
    Families,
    Calendar,
    Contacts,
    Tasks,
}

/// A writer of mails, one after the other.
pub struct Composer {
    pub random: Random,
    /// How strings are stored where nothing else is wanted.
    pub charset: Charset,
    pub people: Vec<Person>,
    pub pictures: Vec<Document>,
    pub number: u64,
    /// Whether replies quote the mail before.
    quotes: bool,
    threads: Vec<Thread>,
    /// How many conversations were begun.
    conversations: u64,
    now: u64,
    last: Option<Mail>,
}

impl Composer {
    pub fn new(mut random: Random, charset: Charset) -> Result<Self> {
        let people = people(&mut random, 24);
        let pictures = (0..12)
            .map(|n| documents::png(&mut random, 80 + n * 10, 40 + n * 4))
            .collect::<Result<_>>()?;
        Ok(Self {
            random,
            charset,
            people,
            pictures,
            number: 0,
            quotes: true,
            threads: Vec::new(),
            conversations: 0,
            now: START,
            last: None,
        })
    }

    /// The next mail; `room` is how many bytes its attachments should take.
    pub fn mail(&mut self, flavour: Flavour, room: u64) -> Result<Mail> {
        self.number += 1;
        self.now += self.random.below(3600) * SECOND + self.random.below(SECOND);
        self.quotes = !matches!(flavour, Flavour::Plain | Flavour::SmallFiles);
        match flavour {
            Flavour::Business => self.business(room),
            Flavour::Plain => self.plain(),
            Flavour::SmallFiles => self.with_small_files(),
            Flavour::Scripts => self.in_script(room),
            Flavour::Pictures => self.with_pictures(room),
            Flavour::Families => self.family(room),
            Flavour::Calendar => Ok(self.appointment()),
            Flavour::Contacts => Ok(self.contact()),
            Flavour::Tasks => Ok(self.task()),
        }
    }

    fn business(&mut self, room: u64) -> Result<Mail> {
        if let Some(again) = self.duplicate() {
            return Ok(again);
        }
        let parts = *self.random.pick(&USUAL_BODIES);
        let length = if self.number % 400 == 399 {
            INLINE_MAX + 4096
        } else {
            self.body_length()
        };
        let mut draft = self.correspond(self.charset, english(), parts, length);
        if self.random.chance(45) {
            self.attach_documents(&mut draft, english(), room)?;
        }
        let mail = draft.finish(&mut self.random);
        self.remember(&mail);
        Ok(mail)
    }

    /// A mail of one folder of very many: short, without attachments.
    fn plain(&mut self) -> Result<Mail> {
        let length = 200 + self.random.below(800) as usize;
        let draft = self.correspond(self.charset, english(), BodyParts::Plain, length);
        Ok(draft.finish(&mut self.random))
    }

    /// A short mail with three files of 1 to 8 KB, no two of which are the same.
    fn with_small_files(&mut self) -> Result<Mail> {
        let mut draft = self.correspond(self.charset, english(), BodyParts::Plain, 300);
        for _ in 0..3 {
            let length = 1000 + self.random.below(7000) as usize;
            let document = documents::text(&mut self.random, english(), length);
            self.attach_named(&mut draft, english(), document);
        }
        Ok(draft.finish(&mut self.random))
    }

    /// Mostly short texts, now and then a long one.
    pub fn body_length(&mut self) -> usize {
        let most = if self.random.chance(8) { 30_000 } else { 2_500 };
        120 + self.random.below(most) as usize
    }

    /// A mail that was there before, as it was or without its message id.
    fn duplicate(&mut self) -> Option<Mail> {
        if !self.random.chance(5) {
            return None;
        }
        let mut again = self.last.take()?;
        if self.random.chance(30) {
            let ids = [
                tag::MESSAGE_ID,
                tag::IN_REPLY_TO,
                tag::REFERENCES,
                tag::TRANSPORT_HEADERS,
            ];
            again
                .properties
                .retain(|property| !ids.contains(&property.id));
            for fact in [
                "message_id",
                "in_reply_to",
                "email_references",
                "transport_headers",
                "header_date",
            ] {
                again.facts.remove(fact);
                again.facts.remove(&format!("{fact}_source"));
            }
        }
        Some(again)
    }

    fn remember(&mut self, mail: &Mail) {
        if mail.size() <= DUPLICATE_MAX && self.random.chance(30) {
            self.last = Some(mail.clone());
        }
    }

    /// A mail that begins a conversation or carries one on, with everything but attachments.
    pub fn correspond(
        &mut self,
        charset: Charset,
        script: &'static Script,
        parts: BodyParts,
        length: usize,
    ) -> Draft {
        let mut thread = self.thread(script);
        let mut draft = Draft::new(charset, "IPM.Note");
        let sender = self.random.pick(&thread.participants).clone();
        let message_id = format!(
            "<{:016x}.{}@{}>",
            self.random.next(),
            self.number,
            host(&sender)
        );
        let envelope = Envelope {
            message_id,
            sent: self.now,
            sender,
        };
        let prefix = if thread.is_reply() {
            *self.random.pick(&["RE: ", "Re: ", "AW: "])
        } else {
            ""
        };
        draft.subject(prefix, &thread.topic);
        self.address(&mut draft, &thread, &envelope);
        self.date(&mut draft, &envelope);
        self.mark(&mut draft, &thread, &envelope);
        self.identify(&mut draft, &thread, &envelope, prefix);
        let quote = if self.quotes {
            thread.quote("\r\n")
        } else {
            String::new()
        };
        let body = format!(
            "{}\r\n\r\n{}Kind regards\r\n{}\r\n{quote}",
            prose::sentence(&mut self.random, script),
            prose::paragraphs(&mut self.random, script, length, "\r\n"),
            envelope.sender.name
        );
        put_body(&mut draft, parts, &body, None);
        thread.note(&envelope.message_id, &body, self.now);
        self.keep(thread);
        draft
    }

    /// A conversation to write into: one of those that are open, or a new one.
    fn thread(&mut self, script: &'static Script) -> Thread {
        let is_reply = self.random.chance(60) && !self.threads.is_empty();
        if is_reply && std::ptr::eq(script, english()) {
            let index = self.random.below(self.threads.len() as u64) as usize;
            return self.threads.swap_remove(index);
        }
        let count = 2 + self.random.below(4) as usize;
        let first = self.random.below(self.people.len() as u64) as usize;
        let mut participants: Vec<Person> = (first..first + count)
            .map(|index| self.people[index % self.people.len()].clone())
            .collect();
        if !std::ptr::eq(script, english()) {
            for person in &mut participants {
                person.name = prose::title(&mut self.random, script);
            }
        }
        let topic = format!("{} {}", prose::title(&mut self.random, script), self.number);
        let mut thread = Thread::new(&mut self.random, topic, participants, self.now);
        self.conversations += 1;
        if self.conversations % OUTSIDE_EVERY == 2 {
            let outside = format!("<{:016x}@elsewhere.example>", self.random.next());
            thread.note(&outside, "", self.now);
        }
        thread
    }

    /// Leaves a conversation open for replies, if a mail in any code page could quote it.
    fn keep(&mut self, thread: Thread) {
        if !thread.is_over()
            && self.threads.len() < THREADS_MAX
            && thread.last_body.is_ascii()
            && thread.topic.is_ascii()
        {
            self.threads.push(thread);
        }
    }

    /// Documents of about `room` bytes in all, most of it in the last one.
    pub fn attach_documents(
        &mut self,
        draft: &mut Draft,
        script: &'static Script,
        room: u64,
    ) -> Result<()> {
        let mut left = room.min(24 << 20) as usize;
        for _ in 0..1 + self.random.below(3) {
            let small = (self.random.below(12_000) as usize + 500).min(left + 500);
            let document = match self.random.below(5) {
                0 | 1 => documents::docx(&mut self.random, script, small * 2)?,
                2 => documents::text(&mut self.random, script, small),
                3 => documents::csv(&mut self.random, small),
                _ => self.random.pick(&self.pictures).clone(),
            };
            left = left.saturating_sub(document.bytes.len());
            self.attach_named(draft, script, document);
        }
        if left > 20_000 {
            let document = documents::pdf(&mut self.random, left);
            self.attach_named(draft, script, document);
        }
        Ok(())
    }

    fn attach_named(&mut self, draft: &mut Draft, script: &'static Script, document: Document) {
        let name = format!(
            "{}.{}",
            prose::title(&mut self.random, script),
            document.extension
        );
        let name = if draft.charset.holds(&name) {
            name
        } else {
            format!("file{}.bin", self.number)
        };
        draft.attach(&name, document);
    }
}
