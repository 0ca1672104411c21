//! The control words that matter to text.

use crate::text::codepage;

/// Where the text of a group goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    Text,
    /// \[MS-OXRTFEX\] 2.1.3.1.1: a piece of the HTML that the RTF was made from.
    HtmlTag,
    FontTable,
    /// No text of the document.
    Skipped,
    /// `\upr`: the text once more, until `\ud` says it in Unicode.
    Upr,
    /// `\object` and drawings: no text but for their `\result`, `\shptxt` or `\dptxbxtext`.
    Object,
}

/// The destination that a control word opens, or None where it opens none.
pub fn destination(word: &[u8]) -> Option<Destination> {
    match word {
        b"fonttbl" => Some(Destination::FontTable),
        b"upr" => Some(Destination::Upr),
        b"object" | b"shpinst" | b"do" => Some(Destination::Object),
        // Ignorable, but the end of a row in a table in a table is in it.
        b"nesttableprops" => Some(Destination::Text),
        b"colortbl"
        | b"stylesheet"
        | b"info"
        | b"pict"
        | b"filetbl"
        | b"listtable"
        | b"listoverridetable"
        | b"revtbl"
        | b"rsidtbl"
        | b"fldinst"
        | b"bkmkstart"
        | b"bkmkend"
        | b"header"
        | b"headerl"
        | b"headerr"
        | b"headerf"
        | b"footer"
        | b"footerl"
        | b"footerr"
        | b"footerf"
        | b"annotation"
        | b"atnid"
        | b"atnauthor"
        | b"atnref"
        | b"atndate"
        | b"atnicn"
        | b"atrfstart"
        | b"atrfend"
        | b"nonesttables"
        | b"nonshppict"
        | b"shprslt"
        | b"xe"
        | b"tc"
        | b"tcn"
        | b"rxe"
        | b"txe"
        | b"ftnsep"
        | b"ftnsepc"
        | b"ftncn"
        | b"aftnsep"
        | b"aftnsepc"
        | b"aftncn"
        | b"generator"
        | b"themedata"
        | b"colorschememapping"
        | b"datastore"
        | b"latentstyles"
        | b"mhtmltag"
        | b"objdata"
        | b"objclass"
        | b"objname"
        | b"private"
        | b"template"
        | b"passwordhash"
        | b"xmlnstbl"
        | b"keycode"
        | b"pntxta"
        | b"pntxtb"
        | b"listname"
        | b"levelnumbers"
        | b"leveltext"
        | b"background"
        | b"sp" => Some(Destination::Skipped),
        _ => None,
    }
}

/// The character that a control word stands for.
pub fn character(word: &[u8]) -> Option<char> {
    Some(match word {
        b"lquote" => '\u{2018}',
        b"rquote" => '\u{2019}',
        b"ldblquote" => '\u{201C}',
        b"rdblquote" => '\u{201D}',
        b"bullet" => '\u{2022}',
        b"endash" => '\u{2013}',
        b"emdash" => '\u{2014}',
        b"enspace" => '\u{2002}',
        b"emspace" => '\u{2003}',
        b"qmspace" => '\u{2005}',
        b"zwj" => '\u{200D}',
        b"zwnj" => '\u{200C}',
        b"zwbo" => '\u{200B}',
        b"zwnbo" => '\u{2060}',
        b"ltrmark" => '\u{200E}',
        b"rtlmark" => '\u{200F}',
        _ => return None,
    })
}

/// The blank or line end that a control word makes.
pub fn layout(word: &[u8]) -> Option<char> {
    match word {
        b"par" | b"line" | b"row" | b"nestrow" | b"sect" | b"page" | b"column" | b"softline"
        | b"softpage" | b"softcol" => Some('\n'),
        b"tab" | b"cell" | b"nestcell" => Some('\t'),
        _ => None,
    }
}

/// The code page that a word of the document's head names.
pub fn document_page(word: &[u8]) -> Option<u32> {
    match word {
        b"ansi" => Some(1252),
        b"mac" => Some(10000),
        b"pc" => Some(437),
        b"pca" => Some(850),
        _ => None,
    }
}

/// The code page of `\fcharsetN`; None for the document's own.
///
/// Symbol fonts (2) have no code page: their bytes are read by 1252, which gives `·` for a bullet.
pub fn charset_page(charset: i32) -> Option<u32> {
    Some(match charset {
        0 | 2 => 1252,
        77 => 10000,
        78 => 10001,
        79 => 10003,
        80 => 10008,
        81 => 10002,
        84 => 10004,
        85 => 10006,
        86 => 10081,
        87 => 10021,
        88 => 10029,
        89 => 10007,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        254 => 437,
        255 => 850,
        _ => return None,
    })
}

/// The page that `\ansicpgN` or `\cpgN` names, if RTF can be written in it.
pub fn page_of(parameter: Option<i32>) -> Option<u32> {
    let code_page = u32::try_from(parameter?).ok()?;
    let is_8_bit = !matches!(code_page, 1200 | 1201 | 50220..=50225 | 52936 | 65000);
    (is_8_bit && codepage::is_known(code_page)).then_some(code_page)
}
