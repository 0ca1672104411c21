//! RTF bodies and their compression (\[MS-OXRTFCP\]).

use std::collections::HashMap;

use crate::file::crc::weak;

/// What the dictionary of every compressed body begins with (\[MS-OXRTFCP\] 2.1.2.1).
const PRELOAD: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// How far back a reference reaches; less than the dictionary, so that nothing it names is overwritten.
const REACH: usize = 4000;
const LONGEST: usize = 17;

/// An RTF document of `text`, whose lines become paragraphs; what is beyond ASCII is escaped.
pub fn document(text: &str) -> Vec<u8> {
    let mut out = b"{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fswiss Arial;}}\r\n\\pard\\plain\\f0\\fs20 ".to_vec();
    for unit in text.replace("\r\n", "\n").encode_utf16() {
        match u8::try_from(unit) {
            Ok(b'\n') => out.extend_from_slice(b"\\par\r\n"),
            Ok(byte @ (b'{' | b'}' | b'\\')) => out.extend_from_slice(&[b'\\', byte]),
            Ok(byte) if byte.is_ascii() => out.push(byte),
            _ => out.extend_from_slice(format!("\\u{}?", unit as i16).as_bytes()),
        }
    }
    out.extend_from_slice(b"}\r\n");
    out
}

/// `rtf` as PidTagRtfCompressed stores it uncompressed.
pub fn stored(rtf: &[u8]) -> Vec<u8> {
    framed(rtf, rtf.len(), b"MELA", 0)
}

/// `rtf` as PidTagRtfCompressed stores it compressed.
pub fn compressed(rtf: &[u8]) -> Vec<u8> {
    let tokens = tokens(rtf);
    let crc = weak(&tokens);
    framed(&tokens, rtf.len(), b"LZFu", crc)
}

fn framed(content: &[u8], raw_size: usize, magic: &[u8; 4], crc: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 16);
    out.extend_from_slice(&(content.len() as u32 + 12).to_le_bytes());
    out.extend_from_slice(&(raw_size as u32).to_le_bytes());
    out.extend_from_slice(magic);
    out.extend_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(content);
    out
}

/// Runs of eight tokens behind a byte that says which are references.
fn tokens(rtf: &[u8]) -> Vec<u8> {
    let history: Vec<u8> = PRELOAD.iter().chain(rtf).copied().collect();
    let mut seen: HashMap<[u8; 3], usize> = HashMap::new();
    let mut out = Writer::default();
    let mut at = 0;
    let mut indexed = 0;
    at += PRELOAD.len();
    while at < history.len() {
        while indexed < at && indexed + 3 <= history.len() {
            seen.insert(
                [history[indexed], history[indexed + 1], history[indexed + 2]],
                indexed,
            );
            indexed += 1;
        }
        match longest_match(&history, at, &seen) {
            Some((from, length)) => {
                out.reference(from, length);
                at += length;
            }
            None => {
                out.literal(history[at]);
                at += 1;
            }
        }
    }
    out.reference(at, 2);
    out.finish()
}

fn longest_match(
    history: &[u8],
    at: usize,
    seen: &HashMap<[u8; 3], usize>,
) -> Option<(usize, usize)> {
    let next = history.get(at..at + 3)?;
    let from = *seen.get(next)?;
    if at - from > REACH {
        return None;
    }
    let length = history[from..]
        .iter()
        .zip(&history[at..])
        .take(LONGEST)
        .take_while(|(a, b)| a == b)
        .count();
    Some((from, length))
}

#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    run: Vec<u8>,
    flags: u8,
    count: u8,
}

impl Writer {
    fn literal(&mut self, byte: u8) {
        self.run.push(byte);
        self.step();
    }

    /// A reference to `length` bytes at `from`; one to the place of writing itself ends the stream.
    fn reference(&mut self, from: usize, length: usize) {
        self.flags |= 1 << self.count;
        let word = ((from % 4096) << 4) as u16 | (length - 2) as u16;
        self.run.extend_from_slice(&word.to_be_bytes());
        self.step();
    }

    fn step(&mut self) {
        self.count += 1;
        if self.count == 8 {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.count > 0 {
            self.out.push(self.flags);
            self.out.append(&mut self.run);
        }
        (self.flags, self.count) = (0, 0);
    }

    fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.out
    }
}
