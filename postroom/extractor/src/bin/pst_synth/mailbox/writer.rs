//! Writing a whole file: folder by folder, mail by mail, then the trees and the header.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use super::folder::{contents_columns, write_folder};
use super::message::write_message;
use super::{names, nids, store, traps};
use crate::content::random::Random;
use crate::error::Result;
use crate::file::damage;
use crate::file::header::header;
use crate::file::layout::Layout;
use crate::file::ndb::Ndb;
use crate::file::table::Table;
use crate::hostile::Hostile;
use crate::mail::Mail;
use crate::mail::charset::Charset;
use crate::mail::compose::Composer;
use crate::mail::tags as tag;
use crate::order::Order;
use crate::profile::Folder;
use crate::progress::Progress;
use crate::truth::{Place, Truth};

/// Bytes that the store, the folders and the first maps take before any mail.
const OVERHEAD: u64 = 60_000;
/// How deep mails lie inside each other in a file that is hostile by that.
const NESTED: u64 = 300;

/// How much was written.
pub struct Written {
    pub folders: usize,
    pub blocks: u64,
}

/// Writes the file that `order` describes into `out`, and notes the truth.
pub fn write_mailbox(
    out: File,
    order: &Order,
    truth: &mut Truth,
    progress: &mut Progress,
) -> Result<Written> {
    let layout = Layout::of(order.format);
    let charset = if layout.is_wide {
        Charset::Wide
    } else {
        Charset::WESTERN
    };
    let mut random = Random::new(order.seed);
    let folders = order
        .profile
        .folders(order.scale.mails, charset, &mut random.branch(1));
    let composer = Composer::new(random.branch(2), charset)?;
    let mut ndb = Ndb::create(out, layout, order.encoding, order.hostile)?;
    if let Some(piece) = order.block_bytes {
        ndb.cut_at(usize::from(piece.get()));
    }
    let deleted = folders
        .last()
        .map_or(nids::ROOT_FOLDER, |folder| folder.nid);
    store::write_store(&mut ndb, charset, random.bytes(), folders[1].nid, deleted)?;
    names::write_names(&mut ndb)?;
    store::write_templates(&mut ndb, charset.property(tag::DISPLAY_NAME, "").kind)?;
    let mut mails = Mails {
        composer,
        order,
        done: 0,
        late: Vec::new(),
    };
    for number in 0..folders.len() {
        truth.folder(&folders[number])?;
        let (contents, associated) =
            mails.fill(&mut ndb, charset, &folders[number], truth, progress)?;
        write_folder(&mut ndb, charset, &folders, number, contents, associated)?;
    }
    mails.tell_orphans(truth)?;
    let (encoding, blocks) = (ndb.encoding(), ndb.blocks());
    let (mut file, root) = ndb.finish(!layout.is_4k() || order.is_padded)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&header(&layout, encoding, &root))?;
    match order.hostile {
        Some(Hostile::BtreeCycle) => damage::tie_node_tree(&mut file, &layout, &root)?,
        Some(Hostile::Truncated | Hostile::TruncatedTail) => damage::truncate(&file, &root)?,
        _ => {}
    }
    Ok(Written {
        folders: folders.len(),
        blocks,
    })
}

/// The mails of all folders, one after the other.
struct Mails<'a> {
    composer: Composer,
    order: &'a Order,
    done: u64,
    /// Mails that a reader meets after the rows of their folder, or after all folders.
    late: Vec<(u32, Mail)>,
}

impl Mails<'_> {
    /// Writes the mails of a folder; its tables are left to be finished.
    fn fill(
        &mut self,
        ndb: &mut Ndb,
        charset: Charset,
        folder: &Folder,
        truth: &mut Truth,
        progress: &mut Progress,
    ) -> Result<(Table, Table)> {
        let text = charset.property(tag::DISPLAY_NAME, "").kind;
        let mut contents = Table::new(&contents_columns(text));
        let mut rows = 0;
        for index in 0..folder.mails {
            let hostile = self.order.hostile.filter(|kind| kind.concerns(index));
            let mail = self.compose(ndb, folder, hostile)?;
            let nid = nids::message(self.done);
            let written = match hostile {
                Some(Hostile::EndlessNesting) => traps::write_endless(ndb, &mail)?,
                Some(Hostile::SharedBlocks) => traps::write_bomb(ndb, &mail)?,
                _ => write_message(ndb, &mail)?,
            };
            self.done += 1;
            progress.step("mails", self.done, self.order.scale.mails);
            let parent = if hostile == Some(Hostile::Orphan) {
                nids::NOWHERE
            } else {
                folder.nid
            };
            let is_missing = hostile == Some(Hostile::MissingNode);
            if !is_missing {
                ndb.node(nid, parent, written.data, written.subnodes);
            }
            if matches!(hostile, Some(Hostile::Orphan | Hostile::NoContentsRow)) {
                self.late.push((nid, mail));
                continue;
            }
            contents.add(ndb, nid, &mail.properties)?;
            if !is_missing {
                truth.email(&mail, &Place::row(folder, nid, rows))?;
            }
            rows += 1;
        }
        self.tell_rowless(folder, truth)?;
        let mut associated = Table::new(&contents_columns(text));
        if folder.mails > 0 {
            self.add_configuration(ndb, folder, &mut associated)?;
            truth.associated += 1;
        }
        Ok((contents, associated))
    }

    /// Writes the one associated message that a folder with mails has.
    fn add_configuration(
        &mut self,
        ndb: &mut Ndb,
        folder: &Folder,
        table: &mut Table,
    ) -> Result<()> {
        let settings = self.composer.configuration();
        let nid = nids::configuration_of(folder.nid);
        let written = write_message(ndb, &settings)?;
        ndb.node(nid, folder.nid, written.data, written.subnodes);
        table.add(ndb, nid, &settings.properties)
    }

    fn compose(&mut self, ndb: &Ndb, folder: &Folder, hostile: Option<Hostile>) -> Result<Mail> {
        match hostile {
            Some(Hostile::DeepNesting) => self.composer.nested(NESTED),
            _ => self
                .composer
                .mail(folder.flavour, self.room(ndb.position())),
        }
    }

    /// Notes the mails of a folder that has no rows for them.
    fn tell_rowless(&mut self, folder: &Folder, truth: &mut Truth) -> Result<()> {
        if self.order.hostile == Some(Hostile::NoContentsRow) {
            for (nid, mail) in std::mem::take(&mut self.late) {
                truth.email(&mail, &Place::without_row(Some(folder), nid))?;
            }
        }
        Ok(())
    }

    /// Notes the mails that no folder has.
    fn tell_orphans(&mut self, truth: &mut Truth) -> Result<()> {
        for (nid, mail) in std::mem::take(&mut self.late) {
            truth.email(&mail, &Place::without_row(None, nid))?;
        }
        Ok(())
    }

    /// Bytes that the attachments of the next mail should take, so that the file grows at the wanted pace.
    fn room(&self, written: u64) -> u64 {
        let share = u128::from(self.order.scale.size_bytes) * u128::from(self.done + 1);
        let wanted = (share / u128::from(self.order.scale.mails.max(1))) as u64;
        wanted.saturating_sub(written.saturating_sub(OVERHEAD))
    }
}
