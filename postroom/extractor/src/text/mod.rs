//! Text for people: bytes and markup in, Unicode out.
//!
//! None of this takes part in the identity, which is made of stored bytes only. Nothing here
//! panics on any input, and every function takes time linear in its input.

pub mod codepage;
pub mod headers;
pub mod html;
pub mod lzfu;
pub mod rtf;

pub use codepage::Decoded;

use std::borrow::Cow;

/// The text with LF for CRLF and for CR.
fn unix_lines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}
