//! Mails that hold pictures, other mails, OLE objects and references.

use serde_json::json;

use super::body::{BodyParts, put_body};
use super::compose::Composer;
use super::draft::Draft;
use super::{Content, Mail, tags as tag};
use crate::content::documents;
use crate::content::prose;
use crate::content::scripts::english;
use crate::error::Result;

/// How deep the profile `family` nests mails.
const DEPTH_MAX: u64 = 6;

impl Composer {
    /// An HTML mail whose pictures are attached with content ids.
    pub fn with_pictures(&mut self, room: u64) -> Result<Mail> {
        let mut draft = self.correspond(self.charset, english(), BodyParts::Nothing, 0);
        let count = 1 + self.random.below(4);
        let ids: Vec<String> = (0..count)
            .map(|index| format!("image{index:03}.png@{:012X}", self.random.below(1 << 48)))
            .collect();
        let length = self.body_length();
        let body = prose::paragraphs(&mut self.random, english(), length, "\r\n");
        let parts = if self.random.chance(50) {
            BodyParts::PlainAndHtml
        } else {
            BodyParts::Html
        };
        put_body(&mut draft, parts, &body, Some(&ids));
        for (index, content_id) in ids.iter().enumerate() {
            let picture = self.random.pick(&self.pictures).clone();
            draft.attach_inline(&format!("image{index:03}.png"), content_id, picture);
        }
        if room > 30_000 {
            self.attach_documents(&mut draft, english(), room)?;
        }
        Ok(draft.finish(&mut self.random))
    }

    /// A mail with everything that an attachment can be.
    pub fn family(&mut self, room: u64) -> Result<Mail> {
        let length = self.body_length();
        let mut draft = self.correspond(self.charset, english(), BodyParts::PlainAndHtml, length);
        match self.number % 4 {
            0 => self.attach_object(&mut draft, room)?,
            1 => self.attach_references(&mut draft),
            _ => {}
        }
        let depth = self.number % (DEPTH_MAX + 1);
        if depth > 0 {
            self.attach_mail(&mut draft, depth)?;
        }
        if self.random.chance(30) {
            self.attach_mail(&mut draft, 1)?;
        }
        self.attach_awkward(&mut draft);
        self.attach_documents(&mut draft, english(), room / 2)?;
        Ok(draft.finish(&mut self.random))
    }

    /// A mail with one mail inside it, with one mail inside it, and so on.
    pub fn nested(&mut self, depth: u64) -> Result<Mail> {
        let mut draft = self.correspond(self.charset, english(), BodyParts::Plain, 100);
        self.attach_mail(&mut draft, depth)?;
        Ok(draft.finish(&mut self.random))
    }

    /// Attaches a mail that holds `depth` - 1 mails inside each other.
    fn attach_mail(&mut self, draft: &mut Draft, depth: u64) -> Result<()> {
        let parts = if depth.is_multiple_of(2) {
            BodyParts::Html
        } else {
            BodyParts::Plain
        };
        let mut inner = self.correspond(self.charset, english(), parts, 300);
        if depth > 1 {
            self.attach_mail(&mut inner, depth - 1)?;
        } else {
            self.attach_documents(&mut inner, english(), 4_000)?;
        }
        let mail = inner.finish(&mut self.random);
        let name = format!("{}.msg", prose::title(&mut self.random, english()));
        let mut attachment = draft.named_attachment(5, &name, "");
        attachment.content = Content::Message(Box::new(mail));
        draft.mail.attachments.push(attachment);
        Ok(())
    }

    /// Attaches an OLE object; its storage is given as bytes, of which only their number matters here.
    fn attach_object(&mut self, draft: &mut Draft, room: u64) -> Result<()> {
        let length = room.clamp(600, 200_000) as usize;
        let mut storage = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
        storage.extend(documents::docx(&mut self.random, english(), length)?.bytes);
        let mut attachment =
            draft.named_attachment(6, "Picture (Device Independent Bitmap).ole", "");
        attachment.content = Content::Object(storage);
        draft.mail.attachments.push(attachment);
        Ok(())
    }

    /// Attaches names of things that lie elsewhere, one for each method that does so.
    fn attach_references(&mut self, draft: &mut Draft) {
        for (method, place) in [
            (2, "\\\\files.example.com\\share\\drawing.dwg"),
            (4, "C:\\Users\\Public\\notes.txt"),
            (7, "https://files.example.com/d/4711/plan.docx"),
        ] {
            let mut attachment = draft.named_attachment(method, "linked.docx", "");
            attachment
                .properties
                .push(draft.charset.property(tag::ATTACH_LONG_PATHNAME, place));
            attachment.facts.insert("reference".into(), json!(place));
            draft.mail.attachments.push(attachment);
        }
    }
}
