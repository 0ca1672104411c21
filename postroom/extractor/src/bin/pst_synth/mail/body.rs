//! Bodies: plain text, HTML, RTF, and the facts about them.

use super::charset::Charset;
use super::draft::Draft;
use super::tags as tag;
use crate::content::rtf;
use crate::file::properties::Property;
use crate::identity::{hex, sha256};

/// Texts over this size are given in the truth by their digest.
pub const INLINE_MAX: usize = 1 << 20;

/// Which parts of a body a mail stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyParts {
    Plain,
    PlainAndHtml,
    Html,
    PlainAndRtf,
    Rtf,
    StoredRtf,
    Nothing,
}

/// What the bodies of ordinary mail are, as often as they stand here.
pub const USUAL_BODIES: [BodyParts; 12] = [
    BodyParts::Plain,
    BodyParts::Plain,
    BodyParts::Plain,
    BodyParts::Plain,
    BodyParts::PlainAndHtml,
    BodyParts::PlainAndHtml,
    BodyParts::PlainAndHtml,
    BodyParts::Html,
    BodyParts::Html,
    BodyParts::PlainAndRtf,
    BodyParts::Rtf,
    BodyParts::StoredRtf,
];

/// Stores the wanted parts of a body; `pictures` are the content ids that the HTML refers to.
pub fn put_body(draft: &mut Draft, parts: BodyParts, body: &str, pictures: Option<&[String]>) {
    use BodyParts::{Html, Nothing, Plain, PlainAndHtml, PlainAndRtf, Rtf, StoredRtf};
    if matches!(parts, Plain | PlainAndHtml | PlainAndRtf) {
        draft.push(draft.charset.property(tag::BODY, body));
        put_text_fact(draft, "body_text", body);
        draft.fact("code_page", draft.charset.code_page());
        draft.fact("text_hash", hex(&sha256(body.as_bytes())));
    }
    if matches!(parts, PlainAndHtml | Html) {
        put_html(draft, body, pictures.unwrap_or_default());
    }
    if matches!(parts, PlainAndRtf | Rtf | StoredRtf) {
        let document = rtf::document(body);
        let stored = if parts == StoredRtf {
            rtf::stored(&document)
        } else {
            rtf::compressed(&document)
        };
        draft.push(Property::binary(tag::RTF_COMPRESSED, stored));
        put_text_fact(draft, "body_rtf", &String::from_utf8_lossy(&document));
    }
    match parts {
        Plain | PlainAndHtml | PlainAndRtf => draft.fact("body_source", "plain"),
        Html => draft.fact("body_source", "html"),
        Rtf | StoredRtf => draft.fact("body_source", "rtf"),
        Nothing => draft.fact("body_source", serde_json::Value::Null),
    }
}

/// HTML is stored as bytes, in UTF-8 unless the message has a code page of its own.
fn put_html(draft: &mut Draft, body: &str, pictures: &[String]) {
    let (code_page, encoding) = match draft.charset {
        Charset::Narrow {
            code_page,
            encoding,
        } => (code_page, encoding),
        Charset::Wide => (65001, encoding_rs::UTF_8),
    };
    let mut html = format!(
        "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset={}\"></head><body>\r\n",
        encoding.name().to_lowercase()
    );
    for line in body.split("\r\n") {
        let escaped = line
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        html.push_str(&format!("<p>{escaped}</p>\r\n"));
    }
    for content_id in pictures {
        html.push_str(&format!("<img src=\"cid:{content_id}\">\r\n"));
    }
    html.push_str("</body></html>\r\n");
    draft.push(Property::binary(
        tag::HTML,
        encoding.encode(&html).0.into_owned(),
    ));
    draft.push(Property::i4(tag::INTERNET_CODEPAGE, code_page));
    put_text_fact(draft, "body_html", &html);
}

/// Notes a text, or its digest where it is long.
pub fn put_text_fact(draft: &mut Draft, fact: &str, text: &str) {
    if text.len() > INLINE_MAX {
        draft.fact(&format!("{fact}_sha256"), hex(&sha256(text.as_bytes())));
    } else {
        draft.fact(fact, text);
    }
}
