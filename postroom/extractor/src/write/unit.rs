//! A worker's part: units of messages become chunks of text.

use std::panic::{AssertUnwindSafe, catch_unwind};

use uuid::Uuid;

use super::attachment_row::{ATTACHMENT_COLUMNS, attachment_row};
use super::chunk::{Chunk, Counts};
use super::email_row::{EMAIL_COLUMNS, EmailContext, Large, email_row};
use super::fault_line::fault_line;
use super::lines::{Lengths, Lines};
use super::object_folder::ObjectFolder;
use super::objects::ObjectWriter;
use super::pool::Pool;
use super::row;
use super::twin::Twin;
use crate::error::{Fault, Kind};
use crate::identity::hash::{Hash, family_hash};
use crate::ltp::NameMap;
use crate::messaging::{
    Attachment, ContentStore, Email, Faults, Folder, Member, MessageReader, Place,
};
use crate::ndb::{Bid, Nid, Pst, Reader};

/// Messages inside messages: deeper ones are told of and left out.
const MAX_DEPTH: usize = 512;
/// More messages than this in one family are an attack.
const MAX_FAMILY: usize = 20_000;
/// Text of one family that is held until its hash is known.
const MAX_FAMILY_BYTES: usize = 256 << 20;
/// A chunk is cut after the family that makes it larger than this.
const CHUNK_BYTES: usize = 2 << 20;
/// Larger texts lie among the objects.
const LARGE_TEXT: usize = 1 << 20;

/// Messages that are read in one go.
#[derive(Clone, Debug)]
pub struct Unit {
    pub number: u64,
    /// Position among the folders; nothing for orphans.
    pub folder: Option<usize>,
    pub members: Vec<Member>,
    /// What was found while the unit was planned.
    pub faults: Vec<Fault>,
}

/// What all workers share.
pub struct Shared<'a> {
    pub pst: &'a Pst,
    pub folders: &'a [Folder],
    pub names: &'a NameMap,
    pub objects: &'a ObjectFolder,
    pub pool: &'a Pool,
    pub ingest: Uuid,
}

/// The texts of a chunk as they grow.
#[derive(Default)]
struct Texts {
    emails: Lines,
    attachments: Lines,
    faults: Vec<u8>,
    counts: Counts,
}

/// Where the texts ended before a message that may fail.
struct Mark {
    emails: Lengths,
    attachments: Lengths,
    faults: usize,
    counts: Counts,
}

impl Texts {
    fn new(pool: &Pool) -> Self {
        Self {
            emails: Lines::new(pool),
            attachments: Lines::new(pool),
            ..Self::default()
        }
    }

    fn mark(&self) -> Mark {
        Mark {
            emails: self.emails.lengths(),
            attachments: self.attachments.lengths(),
            faults: self.faults.len(),
            counts: self.counts.clone(),
        }
    }

    fn back_to(&mut self, mark: Mark) {
        self.emails.back_to(mark.emails);
        self.attachments.back_to(mark.attachments);
        self.faults.truncate(mark.faults);
        self.counts = mark.counts;
    }

    fn len(&self) -> usize {
        self.emails.len() + self.attachments.len()
    }

    fn fault(&mut self, fault: &Fault) {
        if fault.kind.is_finding() {
            self.counts.findings += 1;
        } else {
            self.counts.errors += 1;
        }
        fault_line(&mut self.faults, fault);
    }
}

/// One thread's reader, texts and compressor.
pub struct Worker<'a> {
    shared: &'a Shared<'a>,
    reader: Reader<'a>,
    objects: ObjectWriter<'a>,
    emails: Twin,
    attachments: Twin,
    texts: Texts,
    read_before: u64,
}

/// A family while it is read.
#[derive(Default)]
struct Family {
    hashes: Vec<Option<Hash>>,
    gaps: Vec<row::Gap>,
    /// The blocks of the messages around the one that is read.
    ancestors: Vec<(Bid, Bid)>,
    is_full: bool,
    start_bytes: usize,
}

impl<'a> Worker<'a> {
    pub fn new(shared: &'a Shared<'a>, number: usize) -> Self {
        Self {
            shared,
            reader: Reader::new(shared.pst),
            objects: ObjectWriter::new(shared.objects, number),
            emails: Twin::new(EMAIL_COLUMNS),
            attachments: Twin::new(ATTACHMENT_COLUMNS),
            texts: Texts::new(shared.pool),
            read_before: 0,
        }
    }

    /// Reads a unit; `commit` gets its chunks in order and says false to stop. False if it is
    /// stopped, or if nothing can be written any more.
    pub fn run(&mut self, unit: &Unit, mut commit: impl FnMut(Chunk) -> bool) -> bool {
        self.objects.begin_unit();
        unit.faults.iter().for_each(|fault| self.texts.fault(fault));
        for member in &unit.members {
            self.top_level(unit, *member);
            if self.shared.objects.has_failed() {
                return false;
            }
            if self.texts.len() > CHUNK_BYTES && !commit(self.chunk(unit, false)) {
                return false;
            }
        }
        commit(self.chunk(unit, true))
    }

    fn chunk(&mut self, unit: &Unit, is_last: bool) -> Chunk {
        let texts = std::mem::replace(&mut self.texts, Texts::new(self.shared.pool));
        let pool = self.shared.pool;
        let (emails, attachments) = (texts.counts.emails, texts.counts.attachments);
        let [emails_json, emails_csv] = self.emails.parts(texts.emails, emails, pool);
        let [attachments_json, attachments_csv] =
            self.attachments.parts(texts.attachments, attachments, pool);
        let parts = [emails_json, emails_csv, attachments_json, attachments_csv];
        let read = self.reader.read_bytes();
        let read_bytes = read - std::mem::replace(&mut self.read_before, read);
        Chunk {
            unit: unit.number,
            folder: unit.folder,
            is_last,
            parts,
            faults: texts.faults,
            counts: texts.counts,
            stored: self.objects.take_stored(),
            read_bytes,
        }
    }

    /// Reads a message of a folder and everything inside it. A panic costs this message only.
    fn top_level(&mut self, unit: &Unit, member: Member) {
        let place = Place {
            node_path: member.nid.to_string(),
            parent_path: None,
            origin: member.origin.as_str(),
            top: member.nid,
            folder_nid: unit
                .folder
                .and_then(|f| self.shared.folders.get(f))
                .map(|f| f.nid),
            folder_index: member.index,
        };
        let path = unit.folder.and_then(|f| self.shared.folders.get(f));
        let path = path.map_or(crate::messaging::ORPHANED, |folder| folder.path.as_str());
        let mark = self.texts.mark();
        let outcome = catch_unwind(AssertUnwindSafe(|| self.family(&place, path)));
        let Err(panic) = outcome else { return };
        self.texts.back_to(mark);
        self.reader.take_findings();
        let mut faults = faults_at(&place);
        faults.add(Fault::new(Kind::Panic, panic_text(panic.as_ref())));
        self.write_faults(faults);
        self.texts.counts.failed += 1;
    }

    fn family(&mut self, place: &Place, path: &'a str) {
        let mut family = Family {
            start_bytes: self.texts.len(),
            ..Family::default()
        };
        let Some(node) = self.shared.pst.nodes.find(place.top) else {
            return;
        };
        self.reader.begin_values();
        if self.message(place, node.data, node.sub, path, &mut family) {
            self.texts.counts.written += 1;
        } else {
            self.texts.counts.failed += 1;
        }
        row::fill(
            &mut self.texts.emails,
            &family.gaps,
            family_hash(&family.hashes),
        );
    }

    /// Reads and writes one message, then those inside it; false if there is no message.
    fn message(
        &mut self,
        place: &Place,
        data: Bid,
        sub: Bid,
        path: &'a str,
        family: &mut Family,
    ) -> bool {
        let mut faults = faults_at(place);
        let messages = MessageReader {
            reader: &self.reader,
            names: self.shared.names,
            store: &self.objects,
        };
        let read = messages.read(data, sub, &mut faults);
        let (email, attachments) = match read {
            Ok(read) => read,
            Err(error) => {
                faults.read(Kind::Message, error);
                faults.drain(&self.reader);
                self.write_faults(faults);
                family.hashes.push(None);
                return false;
            }
        };
        faults.drain(&self.reader);
        let large = self.large(&email, &mut faults);
        self.write_faults(faults);
        self.write_email(place, path, &email, large, family);
        for attachment in &attachments {
            self.write_attachment(place, attachment);
        }
        family.ancestors.push((data, sub));
        for attachment in &attachments {
            self.embedded(place, attachment, path, family);
        }
        family.ancestors.pop();
        true
    }

    fn write_email(
        &mut self,
        place: &Place,
        path: &str,
        email: &Email,
        large: Large,
        family: &mut Family,
    ) {
        let context = EmailContext {
            ingest: self.shared.ingest,
            place,
            folder_path: path,
            family_position: family.hashes.len(),
            large,
        };
        let row = email_row(&mut self.texts.emails, email, &context);
        family.gaps.push(row);
        family.hashes.push(email.record_hash);
        let counts = &mut self.texts.counts;
        counts.emails += 1;
        let class = email.message_class.as_deref().unwrap_or_default();
        match counts.by_class.get_mut(class) {
            Some(count) => *count += 1,
            None => drop(counts.by_class.insert(class.to_owned(), 1)),
        }
        *counts.by_origin.entry(place.origin).or_default() += 1;
    }

    fn write_attachment(&mut self, place: &Place, attachment: &Attachment) {
        let lines = &mut self.texts.attachments;
        attachment_row(lines, self.shared.ingest, place, attachment);
        self.texts.counts.attachments += 1;
    }

    /// Reads the message inside an attachment, if there is one and no limit stands against it.
    fn embedded(
        &mut self,
        outer: &Place,
        attachment: &Attachment,
        path: &'a str,
        family: &mut Family,
    ) {
        let Some(inner) = attachment.embedded else {
            return;
        };
        let place = Place {
            node_path: format!("{}/{}/{}", outer.node_path, attachment.nid, inner.nid),
            parent_path: Some(outer.node_path.clone()),
            origin: "embedded",
            ..outer.clone()
        };
        let blocks = (inner.data, inner.sub);
        let reason = if family.ancestors.contains(&blocks) {
            "the message contains itself"
        } else if family.ancestors.len() >= MAX_DEPTH {
            "messages are nested too deeply"
        } else if family.hashes.len() >= MAX_FAMILY
            || self.texts.len().saturating_sub(family.start_bytes) > MAX_FAMILY_BYTES
        {
            if std::mem::replace(&mut family.is_full, true) {
                family.hashes.push(None);
                return;
            }
            "too many messages inside one message: this and all after it are left out"
        } else {
            self.message(&place, inner.data, inner.sub, path, family);
            return;
        };
        family.hashes.push(None);
        let mut faults = faults_at(&place);
        faults.add(Fault::new(Kind::Limit, reason));
        self.write_faults(faults);
    }

    /// Puts texts over 1 MiB among the objects.
    fn large(&self, email: &Email, faults: &mut Faults) -> Large {
        let mut put = |text: Option<&String>| {
            let text = text.filter(|text| text.len() > LARGE_TEXT)?;
            match self.objects.put(text.as_bytes()) {
                Ok(stored) => Some(stored.sha256),
                Err(error) => {
                    faults.read(Kind::Limit, error);
                    None
                }
            }
        };
        Large {
            headers: put(email.headers.as_ref()),
            text: put(email.bodies.text.as_ref()),
            html: put(email.bodies.html.as_ref()),
            rtf: put(email.bodies.rtf.as_ref()),
        }
    }

    fn write_faults(&mut self, faults: Faults) {
        faults.list.iter().for_each(|fault| self.texts.fault(fault));
    }
}

/// Faults of the message at a place.
fn faults_at(place: &Place) -> Faults {
    let last = place.node_path.rsplit('/').next().unwrap_or_default();
    Faults {
        list: Vec::new(),
        node_path: Some(place.node_path.clone()),
        folder_nid: place.folder_nid,
        folder_index: place.folder_index,
        nid: u32::from_str_radix(last, 16).ok().map(Nid),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!(
        "the reader failed on this message: {}",
        text.unwrap_or("unknown")
    )
}
