//! Plain text of an RTF body.

mod output;
mod reader;
mod token;
mod words;

use super::codepage::Decoded;
use super::{html, unix_lines};
use reader::Reader;
use token::Tokens;

/// What a person would read in that RTF, with LF line ends and without blanks at its end.
///
/// HTML that was wrapped into RTF (\[MS-OXRTFEX\], `\fromhtml1`) is unwrapped first. Bytes are read by the
/// code page of their font, else of the document, else 1252. Text that is no RTF comes out as it is.
pub fn to_plain(rtf: &[u8]) -> Decoded {
    let mut reader = Reader::default();
    for token in Tokens::new(rtf) {
        reader.read(token);
    }
    let (Decoded { mut text, lossy }, is_html) = reader.finish();
    text = if is_html {
        html::to_plain(&text)
    } else {
        unix_lines(&text).into_owned()
    };
    text.truncate(text.trim_end_matches([' ', '\t', '\n']).len());
    Decoded { text, lossy }
}
