//! RTF as tokens.

/// A token; what RTF ignores between them (line ends) stays inside `Text`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    Open,
    Close,
    /// `\name` or `\nameN`.
    Word(&'a [u8], Option<i32>),
    /// `\` and one character that is no letter.
    Symbol(u8),
    /// `\'hh`.
    Hex(u8),
    /// The data of `\binN`.
    Binary,
    Text(&'a [u8]),
}

/// The tokens of those bytes, whatever they are: every byte is in one token.
pub struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    pub fn new(rtf: &'a [u8]) -> Self {
        Self { rest: rtf }
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, is_wanted: fn(&u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !is_wanted(byte));
        self.take(end.unwrap_or(self.rest.len()))
    }

    /// What follows a `\`.
    fn control(&mut self) -> Option<Token<'a>> {
        let name = self.take_while(u8::is_ascii_alphabetic);
        if !name.is_empty() {
            return Some(self.word(name));
        }
        let (symbol, rest) = self.rest.split_first()?;
        self.rest = rest;
        if *symbol != b'\'' {
            return Some(Token::Symbol(*symbol));
        }
        match hex_byte(rest) {
            Some(byte) => {
                self.take(2);
                Some(Token::Hex(byte))
            }
            None => Some(Token::Symbol(b'\'')),
        }
    }

    fn word(&mut self, name: &'a [u8]) -> Token<'a> {
        let parameter = self.parameter();
        self.rest = self.rest.strip_prefix(b" ").unwrap_or(self.rest);
        if name != b"bin" {
            return Token::Word(name, parameter);
        }
        self.take(usize::try_from(parameter.unwrap_or(0)).unwrap_or(0));
        Token::Binary
    }

    fn parameter(&mut self) -> Option<i32> {
        let digits_at = usize::from(self.rest.first() == Some(&b'-'));
        let digits = self.rest.get(digits_at..).unwrap_or_default();
        let length = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        if length == 0 {
            return None;
        }
        let number = self.take(digits_at + length);
        std::str::from_utf8(number).ok()?.parse().ok()
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        match self.rest.first()? {
            b'{' => {
                self.take(1);
                Some(Token::Open)
            }
            b'}' => {
                self.take(1);
                Some(Token::Close)
            }
            b'\\' => {
                self.take(1);
                self.control()
            }
            _ => {
                let end = memchr::memchr3(b'\\', b'{', b'}', self.rest);
                Some(Token::Text(self.take(end.unwrap_or(self.rest.len()))))
            }
        }
    }
}

fn hex_byte(bytes: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let high = digit(bytes.first()?)?;
    let low = digit(bytes.get(1)?)?;
    u8::try_from(high << 4 | low).ok()
}
