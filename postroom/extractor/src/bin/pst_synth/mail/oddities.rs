//! Mails in many scripts, in old code pages, and with text that is hardly text.

use super::Mail;
use super::body::BodyParts;
use super::charset::{Charset, for_people, wide};
use super::compose::Composer;
use super::draft::Draft;
use super::tags as tag;
use crate::content::prose;
use crate::content::scripts::{SCRIPTS, Script};
use crate::error::Result;
use crate::file::properties::{Property, kind};
use crate::identity::{hex, sha256};

/// A high surrogate that stands alone.
const LONE: u16 = 0xD83D;

impl Composer {
    /// A mail in the next script, every fourth one with an oddity.
    pub fn in_script(&mut self, room: u64) -> Result<Mail> {
        let turn = self.number as usize;
        let script = &SCRIPTS[turn % SCRIPTS.len()];
        let charset = self.charset_for(script, turn / SCRIPTS.len());
        let parts = [
            BodyParts::Plain,
            BodyParts::PlainAndHtml,
            BodyParts::Html,
            BodyParts::Rtf,
        ][turn / 2 % 4];
        let mut draft = match charset {
            Some(charset) => self.correspond(charset, script, parts, 600),
            None => self.correspond(self.charset, &SCRIPTS[0], parts, 600),
        };
        if turn % 4 == 1 && matches!(draft.charset, Charset::Wide) {
            make_odd(&mut draft, turn / 4);
        }
        if self.random.chance(40) {
            let script = charset.map_or(&SCRIPTS[0], |_| script);
            self.attach_documents(&mut draft, script, room)?;
        }
        Ok(draft.finish(&mut self.random))
    }

    /// UTF-16 and the script's code pages by turns; a narrow file has only code pages, and none for some scripts.
    fn charset_for(&mut self, script: &'static Script, turn: usize) -> Option<Charset> {
        let is_wide = matches!(self.charset, Charset::Wide) && turn.is_multiple_of(2);
        if is_wide {
            return Some(Charset::Wide);
        }
        let (code_page, encoding) = script.code_pages[turn / 2 % script.code_pages.len()];
        let charset = Charset::Narrow {
            code_page,
            encoding,
        };
        script
            .words
            .iter()
            .all(|word| charset.holds(word))
            .then_some(charset)
    }
}

/// Replaces something by what few readers expect.
fn make_odd(draft: &mut Draft, which: usize) {
    match which % 8 {
        0 => odd_subject(draft, &[0x53, LONE, 0x20, 0x65, 0x6E, 0x64]),
        1 => odd_subject(draft, &[0x61, 0, 0x62, 0x63, 0, 0]),
        2 => odd_body(draft, &units("before\0after\r\n"), false),
        3 => odd_body(draft, &[0x61, LONE, 0x62, 0xDC00, 0x63], false),
        4 => odd_body(draft, &units("an odd byte follows"), true),
        5 => odd_subject(draft, &units("\u{202E}txt.exe\u{202C} 👩‍💻 e\u{301}")),
        6 => html_in_utf16(draft),
        _ => drop_subject(draft),
    }
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn odd_subject(draft: &mut Draft, subject: &[u16]) {
    drop_subject(draft);
    draft.units(tag::SUBJECT, "subject", subject);
}

fn drop_subject(draft: &mut Draft) {
    let ids = [tag::SUBJECT, tag::NORMALIZED_SUBJECT];
    draft
        .mail
        .properties
        .retain(|property| !ids.contains(&property.id));
    draft.mail.facts.remove("subject");
}

/// A plain body of exactly these units, with half a unit behind them if wanted.
fn odd_body(draft: &mut Draft, body: &[u16], has_odd_byte: bool) {
    let ids = [
        tag::BODY,
        tag::HTML,
        tag::RTF_COMPRESSED,
        tag::INTERNET_CODEPAGE,
    ];
    draft
        .mail
        .properties
        .retain(|property| !ids.contains(&property.id));
    for fact in ["body_html", "body_rtf"] {
        draft.mail.facts.remove(fact);
    }
    let mut property = wide(tag::BODY, body);
    if has_odd_byte {
        property.data.push(0x41);
    }
    draft.push(property);
    let text = for_people(body);
    draft.fact("text_hash", hex(&sha256(text.as_bytes())));
    draft.fact("body_text", text);
    draft.fact("body_source", "plain");
}

/// HTML as a string property instead of bytes.
fn html_in_utf16(draft: &mut Draft) {
    let ids = [
        tag::BODY,
        tag::HTML,
        tag::RTF_COMPRESSED,
        tag::INTERNET_CODEPAGE,
    ];
    draft
        .mail
        .properties
        .retain(|property| !ids.contains(&property.id));
    for fact in ["body_text", "text_hash", "body_rtf", "code_page"] {
        draft.mail.facts.remove(fact);
    }
    let html = format!(
        "<html><body><p>{}</p></body></html>",
        prose::title(&mut crate::content::random::Random::new(7), &SCRIPTS[3])
    );
    draft.push(Property::new(
        tag::HTML,
        kind::WIDE,
        wide(tag::HTML, &units(&html)).data,
    ));
    draft.fact("body_html", html);
    draft.fact("body_source", "html");
}
