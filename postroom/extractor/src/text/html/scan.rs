//! Text and tags of a page, found as browsers find them, in one pass.

use memchr::memmem;

/// A piece of a page.
pub enum Token<'a> {
    /// Text with its character references.
    Text(&'a str),
    Open(Tag<'a>),
    Close(Tag<'a>),
}

/// A tag: its name as written, and the attributes after it.
pub struct Tag<'a> {
    pub name: &'a str,
    pub attributes: &'a str,
}

/// Walks a page. What is never closed is searched for once, not again from each place.
pub struct Scanner<'a> {
    rest: &'a str,
    /// The bytes behind the last `>`: a `<` among them begins no markup.
    unclosed_bytes: usize,
    has_double_quote: bool,
    has_single_quote: bool,
}

impl<'a> Scanner<'a> {
    pub fn new(html: &'a str) -> Self {
        let last_close = memchr::memrchr(b'>', html.as_bytes());
        Self {
            rest: html,
            unclosed_bytes: html.len() - last_close.map_or(0, |at| at + 1),
            has_double_quote: true,
            has_single_quote: true,
        }
    }

    /// The next piece; None at the end. Comments, doctypes and processing instructions are skipped.
    pub fn next_token(&mut self) -> Option<Token<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let text = self.take_text();
            if !text.is_empty() {
                return Some(Token::Text(text));
            }
            if let Some(tag) = self.take_markup() {
                return Some(tag);
            }
        }
    }

    /// Everything up to the end tag of that element, whose content is no text, and the tag.
    pub fn skip_past_end_of(&mut self, tag: &Tag<'a>) {
        if tag.attributes.ends_with('/') && tag.name.eq_ignore_ascii_case("xml") {
            return;
        }
        while let Some(at) = memmem::find(self.rest.as_bytes(), b"</") {
            self.advance(at + 2);
            let name = self.rest.get(..tag.name.len()).unwrap_or_default();
            let after = self.rest.as_bytes().get(tag.name.len());
            if name.eq_ignore_ascii_case(tag.name) && after.is_none_or(ends_name) {
                self.take_tag();
                return;
            }
        }
        self.rest = "";
    }

    /// A line end directly after `<pre>` is none of its text.
    pub fn skip_line_end(&mut self) {
        let rest = self.rest.strip_prefix('\r').unwrap_or(self.rest);
        self.rest = rest.strip_prefix('\n').unwrap_or(rest);
    }

    /// Text up to the next `<` that begins markup.
    fn take_text(&mut self) -> &'a str {
        let bytes = self.rest.as_bytes();
        let begins_markup = |at: &usize| {
            if bytes.len() - at <= self.unclosed_bytes {
                return false;
            }
            let mut after = bytes.iter().skip(at + 1);
            match after.next() {
                Some(b'/') => after
                    .next()
                    .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'>'),
                Some(b'!' | b'?') => true,
                other => other.is_some_and(u8::is_ascii_alphabetic),
            }
        };
        let end = memchr::memchr_iter(b'<', bytes).find(begins_markup);
        let (text, rest) = split(self.rest, end.unwrap_or(self.rest.len()));
        self.rest = rest;
        text
    }

    /// A tag, or None for markup that is neither text nor tag.
    fn take_markup(&mut self) -> Option<Token<'a>> {
        if self.rest.starts_with("<!--") {
            self.skip_comment();
            return None;
        }
        if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
            self.skip_past(b">");
            return None;
        }
        let is_close = self.rest.starts_with("</");
        self.advance(if is_close { 2 } else { 1 });
        let tag = self.take_tag();
        match (tag.name.is_empty(), is_close) {
            (true, _) => None,
            (false, true) => Some(Token::Close(tag)),
            (false, false) => Some(Token::Open(tag)),
        }
    }

    fn skip_comment(&mut self) {
        self.advance("<!--".len());
        // `<!-->` and `<!--->` are whole comments.
        for whole in [">", "->"] {
            if let Some(rest) = self.rest.strip_prefix(whole) {
                self.rest = rest;
                return;
            }
        }
        self.skip_past(b"-->");
    }

    fn skip_past(&mut self, end: &[u8]) {
        let at = memmem::find(self.rest.as_bytes(), end);
        self.advance(at.map_or(self.rest.len(), |at| at + end.len()));
    }

    /// The tag whose name is next, up to its `>`, which a quoted value may hold too.
    fn take_tag(&mut self) -> Tag<'a> {
        let name_length = self.rest.bytes().take_while(|b| !ends_name(b)).count();
        let (name, after) = split(self.rest, name_length);
        let (attributes, rest) = split(after, self.attributes_length(after.as_bytes()));
        self.rest = rest.strip_prefix('>').unwrap_or(rest);
        Tag { name, attributes }
    }

    fn attributes_length(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        loop {
            let tail = bytes.get(at..).unwrap_or_default();
            let Some(found) = memchr::memchr3(b'>', b'"', b'\'', tail) else {
                return bytes.len();
            };
            at += found;
            match bytes.get(at) {
                Some(b'>') | None => return at,
                Some(quote) => {
                    at += self.quoted_length(*quote, bytes.get(at..).unwrap_or_default())
                }
            }
        }
    }

    /// The length of a quoted value with its quotes; of the first quote alone if it is never closed.
    fn quoted_length(&mut self, quote: u8, bytes: &[u8]) -> usize {
        let has_more = match quote {
            b'"' => &mut self.has_double_quote,
            _ => &mut self.has_single_quote,
        };
        if *has_more {
            let inner = bytes.get(1..).unwrap_or_default();
            match memchr::memchr(quote, inner) {
                Some(end) => return end + 2,
                None => *has_more = false,
            }
        }
        1
    }

    fn advance(&mut self, length: usize) {
        self.rest = self.rest.get(length..).unwrap_or_default();
    }
}

fn ends_name(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' | b'>')
}

fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}
