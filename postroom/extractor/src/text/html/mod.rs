//! Plain text of an HTML body, and the code page that its head names.

mod entities;
mod flow;
mod meta;
mod scan;

pub use meta::meta_code_page;

use flow::Flow;
use scan::{Scanner, Tag, Token};

/// What a person would read: text in the order of the page, blocks on lines of their own.
///
/// Blanks collapse outside `<pre>`; paragraphs, headings and tables have an empty line around them;
/// cells are apart by a tab, rows by a line end. Scripts, styles, the title and comments are no text.
pub fn to_plain(html: &str) -> String {
    let mut flow = Flow::default();
    let mut scanner = Scanner::new(html.trim_start_matches('\u{feff}'));
    let mut decoded = String::new();
    while let Some(token) = scanner.next_token() {
        match token {
            Token::Text(text) => {
                decoded.clear();
                decode_references(text, &mut decoded);
                flow.text(&decoded);
            }
            Token::Open(tag) => open(&tag, &mut scanner, &mut flow),
            Token::Close(tag) => close(&tag, &mut flow),
        }
    }
    flow.finish()
}

fn decode_references(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let length = entities::decode(after, out);
        if length == 0 {
            out.push('&');
        }
        rest = after.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
}

fn open<'a>(tag: &Tag<'a>, scanner: &mut Scanner<'a>, flow: &mut Flow) {
    match Element::of(tag) {
        Element::Hidden => scanner.skip_past_end_of(tag),
        Element::Break => flow.line_break(),
        Element::Cell => flow.cell(),
        Element::Block(blank_lines) => flow.block(blank_lines),
        Element::Row(blank_lines) => flow.row(blank_lines),
        Element::Pre => {
            flow.block(1);
            flow.open_pre();
            scanner.skip_line_end();
        }
        Element::Inline => {}
    }
}

fn close(tag: &Tag<'_>, flow: &mut Flow) {
    match Element::of(tag) {
        Element::Block(blank_lines) => flow.block(blank_lines),
        Element::Row(blank_lines) => flow.row(blank_lines),
        Element::Pre => {
            flow.close_pre();
            flow.block(1);
        }
        Element::Cell => flow.close_cell(),
        Element::Hidden | Element::Break | Element::Inline => {}
    }
}

/// What an element does to the text around it.
enum Element {
    /// Its content is no text.
    Hidden,
    Break,
    Cell,
    /// Begins and ends a line of cells.
    Row(usize),
    /// Begins and ends a line, with so many empty lines around it.
    Block(usize),
    Pre,
    Inline,
}

impl Element {
    fn of(tag: &Tag<'_>) -> Self {
        const LONGEST: usize = 10;
        let mut lower = [0_u8; LONGEST];
        let name = tag.name.as_bytes();
        let Some(lower) = lower.get_mut(..name.len()) else {
            return Self::Inline;
        };
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        match &*lower {
            b"script" | b"style" | b"title" | b"template" | b"xml" => Self::Hidden,
            b"br" => Self::Break,
            b"td" | b"th" => Self::Cell,
            b"pre" | b"textarea" | b"listing" | b"plaintext" | b"xmp" => Self::Pre,
            b"table" => Self::Row(1),
            b"tr" | b"caption" | b"thead" | b"tbody" | b"tfoot" => Self::Row(0),
            b"p" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"blockquote" | b"ul"
            | b"ol" | b"dl" | b"hr" | b"figure" | b"fieldset" => Self::Block(1),
            b"div" | b"li" | b"dt" | b"dd" | b"body" | b"html" | b"head" | b"center"
            | b"address" | b"article" | b"aside" | b"details" | b"summary" | b"dialog"
            | b"figcaption" | b"footer" | b"form" | b"header" | b"hgroup" | b"main" | b"nav"
            | b"menu" | b"dir" | b"section" | b"search" | b"option" | b"optgroup" | b"legend" => {
                Self::Block(0)
            }
            _ => Self::Inline,
        }
    }
}
