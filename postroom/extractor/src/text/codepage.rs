//! Windows code pages, as the properties 3FFD and 3FDE and the fonts of RTF name them.

mod shifted;
mod tables;

use encoding_rs::Encoding;

/// What an 8-bit text without a code page is read by.
pub const DEFAULT: u32 = 1252;

/// Text, and whether a byte of it could not be told and became U+FFFD (or was only guessed at).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    pub lossy: bool,
}

/// The text that the bytes are in that code page.
///
/// What the page does not define becomes U+FFFD and makes the result lossy; bytes 80 to 9F that
/// Windows passes through are C1 controls and are not lossy. A page that is not in the table is
/// read as 1252, and the result is lossy even where each byte has a meaning there, because the
/// page was a guess. A byte order mark stays in the text.
pub fn decode(code_page: u32, bytes: &[u8]) -> Decoded {
    match reading(code_page) {
        Some(reading) => reading.decode(bytes),
        None => Decoded {
            lossy: true,
            ..decode(DEFAULT, bytes)
        },
    }
}

/// Whether `decode` has that page in its table.
pub fn is_known(code_page: u32) -> bool {
    reading(code_page).is_some()
}

/// How the bytes of one page become text.
enum Reading {
    /// As browsers do, which is as Windows does for the pages listed so.
    Web(&'static Encoding),
    /// Each byte is the code point.
    Latin1,
    /// Bytes from 80 on have no meaning.
    Ascii,
    /// ASCII below, these 128 characters above; U+FFFD where there is none.
    High(&'static [char; 128]),
    /// The same, where the table has gaps.
    HighOption(&'static [Option<char>; 128]),
    /// The same, written as one string.
    HighText(&'static str),
    /// CP864: its table, and a percent sign of its own.
    Arabic864,
    /// Shifted into another state by the bytes themselves.
    Shifted(fn(&[u8]) -> Decoded),
}

impl Reading {
    fn decode(&self, bytes: &[u8]) -> Decoded {
        match self {
            Self::Web(encoding) => web(encoding, bytes),
            Self::Latin1 => Decoded {
                text: encoding_rs::mem::decode_latin1(bytes).into_owned(),
                lossy: false,
            },
            Self::Ascii => each_byte(bytes, |_| None),
            Self::High(table) => each_byte(bytes, |high| table.get(high).copied()),
            Self::HighOption(table) => each_byte(bytes, |high| table.get(high).copied().flatten()),
            Self::HighText(text) => {
                let table: Vec<char> = text.chars().collect();
                each_byte(bytes, |high| {
                    let found = table.get(high).copied();
                    found.filter(|c| *c != char::REPLACEMENT_CHARACTER)
                })
            }
            Self::Arabic864 => {
                let table = &oem_cp::code_table::DECODING_TABLE_CP864;
                let decoded = each_byte(bytes, |high| table.get(high).copied().flatten());
                Decoded {
                    text: decoded.text.replace('%', "\u{66a}"),
                    lossy: decoded.lossy,
                }
            }
            Self::Shifted(decode) => decode(bytes),
        }
    }
}

/// What `encoding_rs` reads, with its own tell of what it replaced.
fn web(encoding: &'static Encoding, bytes: &[u8]) -> Decoded {
    let (text, lossy) = encoding.decode_without_bom_handling(bytes);
    Decoded {
        text: text.into_owned(),
        lossy,
    }
}

/// ASCII as it is, and for each byte from 80 on what `high` says of it less 80.
fn each_byte(bytes: &[u8], high: impl Fn(usize) -> Option<char>) -> Decoded {
    let mut decoded = Decoded {
        text: String::with_capacity(bytes.len()),
        lossy: false,
    };
    for byte in bytes {
        let found = if byte.is_ascii() {
            Some(char::from(*byte))
        } else {
            high(usize::from(byte & 0x7F))
        };
        decoded.lossy |= found.is_none();
        decoded
            .text
            .push(found.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    decoded
}

/// The one table of pages.
fn reading(code_page: u32) -> Option<Reading> {
    use encoding_rs as web;
    use oem_cp::code_table as dos;
    let web_page = |encoding| Some(Reading::Web(encoding));
    match code_page {
        437 => Some(Reading::High(&dos::DECODING_TABLE_CP437)),
        // Windows has letters of its own around those of ASMO 708, which is ISO 8859-6.
        708 => web_page(web::ISO_8859_6),
        720 => Some(Reading::High(&dos::DECODING_TABLE_CP720)),
        737 => Some(Reading::High(&dos::DECODING_TABLE_CP737)),
        775 => Some(Reading::High(&dos::DECODING_TABLE_CP775)),
        850 => Some(Reading::High(&dos::DECODING_TABLE_CP850)),
        852 => Some(Reading::High(&dos::DECODING_TABLE_CP852)),
        855 => Some(Reading::High(&dos::DECODING_TABLE_CP855)),
        857 => Some(Reading::HighOption(&dos::DECODING_TABLE_CP857)),
        858 => Some(Reading::High(&dos::DECODING_TABLE_CP858)),
        860 => Some(Reading::High(&dos::DECODING_TABLE_CP860)),
        861 => Some(Reading::High(&dos::DECODING_TABLE_CP861)),
        862 => Some(Reading::High(&dos::DECODING_TABLE_CP862)),
        863 => Some(Reading::High(&dos::DECODING_TABLE_CP863)),
        864 => Some(Reading::Arabic864),
        865 => Some(Reading::High(&dos::DECODING_TABLE_CP865)),
        866 => Some(Reading::High(&dos::DECODING_TABLE_CP866)),
        869 => Some(Reading::High(&dos::DECODING_TABLE_CP869)),
        874 | 10021 => web_page(web::WINDOWS_874),
        932 | 10001 => web_page(web::SHIFT_JIS),
        936 | 10008 | 20936 | 51936 => web_page(web::GBK),
        949 | 10003 | 51949 => web_page(web::EUC_KR),
        950 | 10002 => web_page(web::BIG5),
        1200 => web_page(web::UTF_16LE),
        1201 => web_page(web::UTF_16BE),
        1250 => web_page(web::WINDOWS_1250),
        1251 => web_page(web::WINDOWS_1251),
        1252 => web_page(web::WINDOWS_1252),
        1253 => web_page(web::WINDOWS_1253),
        1254 => web_page(web::WINDOWS_1254),
        1255 => web_page(web::WINDOWS_1255),
        1256 => web_page(web::WINDOWS_1256),
        1257 => web_page(web::WINDOWS_1257),
        1258 => web_page(web::WINDOWS_1258),
        10000 => web_page(web::MACINTOSH),
        10007 | 10017 => web_page(web::X_MAC_CYRILLIC),
        20127 => Some(Reading::Ascii),
        20866 => web_page(web::KOI8_R),
        20932 | 51932 => web_page(web::EUC_JP),
        21866 => web_page(web::KOI8_U),
        28591 => Some(Reading::Latin1),
        28592 => web_page(web::ISO_8859_2),
        28593 => web_page(web::ISO_8859_3),
        28594 => web_page(web::ISO_8859_4),
        28595 => web_page(web::ISO_8859_5),
        28596 => web_page(web::ISO_8859_6),
        28597 => web_page(web::ISO_8859_7),
        28598 | 38598 => web_page(web::ISO_8859_8),
        28600 => web_page(web::ISO_8859_10),
        28603 => web_page(web::ISO_8859_13),
        28604 => web_page(web::ISO_8859_14),
        28605 => web_page(web::ISO_8859_15),
        28606 => web_page(web::ISO_8859_16),
        50220..=50222 => Some(Reading::Shifted(shifted::iso_2022_jp)),
        50225 => Some(Reading::Shifted(shifted::iso_2022_kr)),
        52936 => Some(Reading::Shifted(shifted::hz)),
        54936 => web_page(web::GB18030),
        65000 => Some(Reading::Shifted(shifted::utf_7)),
        65001 => web_page(web::UTF_8),
        _ => tables::high_half(code_page).map(Reading::HighText),
    }
}
