//! What the tokens of RTF say, one after the other.

use std::collections::HashMap;

use super::output::Output;
use super::token::Token;
use super::words::{self, Destination};
use crate::text::codepage;

/// Deeper groups are read as if they were not groups: no document has as many.
const DEEPEST: usize = 4096;

/// What ends with a group.
#[derive(Clone, Copy)]
struct Group {
    destination: Destination,
    font: Option<i32>,
    /// `\ucN`: how many characters after a `\u` say the same for those who know no Unicode.
    fallback: u32,
    /// \[MS-OXRTFEX\] 2.1.3.1.3: RTF that is not in the HTML.
    is_htmlrtf: bool,
}

/// Reads tokens; `finish` gives the text.
pub struct Reader {
    group: Group,
    outer: Vec<Group>,
    /// How many open groups are deeper than `DEEPEST`.
    unkept: usize,
    fonts: HashMap<i32, u32>,
    default_font: Option<i32>,
    code_page: u32,
    /// `\*`: a destination that we do not know is not to be read as text.
    is_ignorable: bool,
    /// Characters to go that repeat a `\u`.
    repeated: u32,
    is_html: bool,
    output: Output,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            group: Group {
                destination: Destination::Text,
                font: None,
                fallback: 1,
                is_htmlrtf: false,
            },
            outer: Vec::new(),
            unkept: 0,
            fonts: HashMap::new(),
            default_font: None,
            code_page: codepage::DEFAULT,
            is_ignorable: false,
            repeated: 0,
            is_html: false,
            output: Output::default(),
        }
    }
}

impl Reader {
    pub fn read(&mut self, token: Token<'_>) {
        let was_ignorable = std::mem::take(&mut self.is_ignorable);
        match token {
            Token::Open => self.open(),
            Token::Close => self.close(),
            Token::Word(word, parameter) => self.word(word, parameter, was_ignorable),
            Token::Symbol(symbol) => self.symbol(symbol),
            Token::Hex(byte) => {
                if !self.is_repeated() {
                    self.bytes(std::iter::once(byte));
                }
            }
            Token::Binary => self.repeated = self.repeated.saturating_sub(1),
            Token::Text(text) => self.text(text),
        }
    }

    /// The text and whether it is HTML.
    pub fn finish(self) -> (codepage::Decoded, bool) {
        (self.output.finish(), self.is_html)
    }

    fn open(&mut self) {
        self.repeated = 0;
        if self.outer.len() < DEEPEST {
            self.outer.push(self.group);
        } else {
            self.unkept += 1;
        }
    }

    fn close(&mut self) {
        self.repeated = 0;
        if self.unkept > 0 {
            self.unkept -= 1;
        } else if let Some(outer) = self.outer.pop() {
            self.group = outer;
        }
    }

    fn word(&mut self, word: &[u8], parameter: Option<i32>, is_ignorable: bool) {
        if let Some(character) = words::character(word) {
            if !self.is_repeated() {
                self.character(character);
            }
            return;
        }
        // A writer that left the fallback out did not mean this word by it.
        self.repeated = 0;
        if let Some(layout) = words::layout(word) {
            if self.is_read() && matches!(word, b"row" | b"nestrow") {
                self.output.drop_tab();
            }
            self.character(layout);
        } else if !self.font_word(word, parameter) && !self.state_word(word, parameter) {
            self.destination_word(word, is_ignorable);
        }
    }

    fn font_word(&mut self, word: &[u8], parameter: Option<i32>) -> bool {
        let in_table = self.group.destination == Destination::FontTable;
        match word {
            b"f" => self.group.font = parameter,
            b"plain" => self.group.font = None,
            b"deff" => self.default_font = parameter,
            b"fcharset" if in_table => self.name_font(words::charset_page(parameter.unwrap_or(1))),
            b"cpg" if in_table => self.name_font(words::page_of(parameter)),
            _ => return false,
        }
        true
    }

    fn name_font(&mut self, code_page: Option<u32>) {
        if let (Some(font), Some(code_page)) = (self.group.font, code_page) {
            self.fonts.insert(font, code_page);
        }
    }

    fn state_word(&mut self, word: &[u8], parameter: Option<i32>) -> bool {
        match word {
            b"u" => self.unicode(parameter.unwrap_or(0)),
            b"uc" => self.group.fallback = parameter.map_or(1, |n| u32::try_from(n).unwrap_or(0)),
            b"ansicpg" => self.code_page = words::page_of(parameter).unwrap_or(self.code_page),
            b"fromhtml" => self.is_html = parameter != Some(0),
            b"htmlrtf" => self.group.is_htmlrtf = parameter != Some(0),
            _ => match words::document_page(word) {
                Some(code_page) => self.code_page = code_page,
                None => return false,
            },
        }
        true
    }

    fn destination_word(&mut self, word: &[u8], is_ignorable: bool) {
        use Destination::{FontTable, HtmlTag, Object, Skipped, Text, Upr};
        self.group.destination = match (self.group.destination, word) {
            (Upr, b"ud") | (Object, b"result" | b"shptxt" | b"dptxbxtext") => Text,
            (inside @ (Skipped | FontTable | Upr | Object), _) => {
                if is_ignorable && inside == FontTable {
                    Skipped
                } else {
                    inside
                }
            }
            (Text, b"htmltag") if self.is_html => HtmlTag,
            (before @ (Text | HtmlTag), _) => match words::destination(word) {
                Some(found) => found,
                None if is_ignorable => Skipped,
                None => before,
            },
        };
    }

    fn symbol(&mut self, symbol: u8) {
        match symbol {
            b'*' => self.is_ignorable = true,
            b'\r' | b'\n' => {
                self.repeated = 0;
                self.character('\n');
            }
            _ if self.is_repeated() => {}
            b'~' => self.character('\u{A0}'),
            b'_' => self.character('\u{2011}'),
            b'\\' | b'{' | b'}' => self.bytes(std::iter::once(symbol)),
            _ => {}
        }
    }

    fn text(&mut self, text: &[u8]) {
        let mut bytes = text
            .iter()
            .copied()
            .filter(|b| !matches!(b, b'\r' | b'\n' | 0));
        while self.repeated > 0 && bytes.next().is_some() {
            self.repeated -= 1;
        }
        self.bytes(bytes);
    }

    /// `\uN`: a unit of UTF-16 as a signed number, or a code point by writers who know better.
    fn unicode(&mut self, number: i32) {
        self.repeated = self.group.fallback;
        if !self.is_read() {
            return;
        }
        match (u16::try_from(number & 0xFFFF), u32::try_from(number)) {
            (_, Ok(0)) => {}
            (_, Ok(point @ 0x1_0000..)) => {
                let point = char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
                self.output.character(point);
            }
            (Ok(unit), _) => self.output.unit(unit),
            (Err(_), _) => {}
        }
    }

    /// Whether this character only repeats a `\u`, which counts it.
    fn is_repeated(&mut self) -> bool {
        let is_repeated = self.repeated > 0;
        self.repeated = self.repeated.saturating_sub(1);
        is_repeated
    }

    fn is_read(&self) -> bool {
        let is_text = matches!(
            self.group.destination,
            Destination::Text | Destination::HtmlTag
        );
        is_text && !(self.is_html && self.group.is_htmlrtf)
    }

    fn character(&mut self, character: char) {
        if self.is_read() {
            self.output.character(character);
        }
    }

    fn bytes(&mut self, bytes: impl Iterator<Item = u8>) {
        if self.is_read() {
            let font = self.group.font.or(self.default_font);
            let page = font.and_then(|font| self.fonts.get(&font));
            let page = page.copied().unwrap_or(self.code_page);
            self.output.bytes(page, bytes.filter(|byte| *byte != 0));
        }
    }
}
