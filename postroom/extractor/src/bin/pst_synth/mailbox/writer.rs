//! Writing a whole file: folder by folder, mail by mail, then the trees and the header.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use super::folder::{contents_columns, write_folder};
use super::message::write_message;
use super::{names, nids, store};
use crate::content::random::Random;
use crate::error::Result;
use crate::file::header::header;
use crate::file::layout::Layout;
use crate::file::ndb::Ndb;
use crate::file::table::Table;
use crate::mail::charset::Charset;
use crate::mail::compose::Composer;
use crate::mail::tags as tag;
use crate::order::Order;
use crate::profile::Folder;
use crate::progress::Progress;
use crate::truth::{Place, Truth};

/// Bytes that the store, the folders and the first maps take before any mail.
const OVERHEAD: u64 = 60_000;

/// Writes the file that `order` describes into `out`, and notes the truth.
pub fn write_mailbox(
    out: File,
    order: &Order,
    truth: &mut Truth,
    progress: &mut Progress,
) -> Result<Vec<Folder>> {
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
    let mut ndb = Ndb::create(out, layout, order.encoding)?;
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
    };
    for number in 0..folders.len() {
        truth.folder(&folders[number])?;
        let (contents, associated) =
            mails.fill(&mut ndb, charset, &folders[number], truth, progress)?;
        write_folder(&mut ndb, charset, &folders, number, contents, associated)?;
    }
    let encoding = ndb.encoding();
    let (mut file, root) = ndb.finish(!layout.is_4k() || order.is_padded)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&header(&layout, encoding, &root))?;
    Ok(folders)
}

/// The mails of all folders, one after the other.
struct Mails<'a> {
    composer: Composer,
    order: &'a Order,
    done: u64,
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
        for index in 0..folder.mails {
            let room = self.room(ndb.position());
            let mail = self.composer.mail(folder.flavour, room)?;
            let nid = nids::message(self.done);
            let written = write_message(ndb, &mail)?;
            ndb.node(nid, folder.nid, written.data, written.subnodes);
            contents.add(ndb, nid, &mail.properties)?;
            truth.email(
                &mail,
                &Place {
                    folder,
                    nid,
                    origin: "table",
                    index: Some(index),
                },
            )?;
            self.done += 1;
            progress.step("mails", self.done, self.order.scale.mails);
        }
        Ok((contents, Table::new(&contents_columns(text))))
    }

    /// Bytes that the attachments of the next mail should take, so that the file grows at the wanted pace.
    fn room(&self, written: u64) -> u64 {
        let share = u128::from(self.order.scale.size_bytes) * u128::from(self.done + 1);
        let wanted = (share / u128::from(self.order.scale.mails.max(1))) as u64;
        wanted.saturating_sub(written.saturating_sub(OVERHEAD))
    }
}
