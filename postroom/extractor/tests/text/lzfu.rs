//! Compressed RTF, by the examples of the specification and by what real writers get wrong.

use postroom_extractor::text::lzfu::{Lzfu, LzfuError, decompress};
use proptest::prelude::*;

const LIMIT_BYTES: usize = 1 << 20;

/// \[MS-OXRTFCP\] 3.1.1.
const HELLO: &[u8] = &[
    0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a,
    0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c,
    0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0,
];

/// \[MS-OXRTFCP\] 3.1.2: a reference that reads what it writes.
const OVERLAP: &[u8] = &[
    0x1a, 0, 0, 0, 0x1c, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xe2, 0xd4, 0x4b, 0x51, 0x41, 0x00, 0x04,
    0x20, 0x57, 0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0,
];

fn decompressed(compressed: &[u8]) -> Lzfu {
    decompress(compressed, LIMIT_BYTES).expect("it is whole")
}

#[test]
fn the_examples_of_the_specification_come_out() {
    let hello = decompressed(HELLO);
    assert_eq!(
        hello.bytes,
        b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    );
    assert!(hello.crc_matches && hello.size_matches);
    let overlap = decompressed(OVERLAP);
    assert_eq!(overlap.bytes, b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
    assert!(overlap.crc_matches && overlap.size_matches);
}

#[test]
fn a_crc_of_zero_is_told_and_the_bytes_are_there() {
    let mut compressed = HELLO.to_vec();
    compressed[12..16].fill(0);
    let found = decompressed(&compressed);
    assert_eq!(found.bytes, decompressed(HELLO).bytes);
    assert_eq!((found.crc_matches, found.stored_crc), (false, 0));
}

#[test]
fn a_raw_size_that_lies_does_not_cut_the_text() {
    for size in [0, 5, 60, 255] {
        let mut compressed = HELLO.to_vec();
        compressed[4] = size;
        let found = decompressed(&compressed);
        assert_eq!(found.bytes, decompressed(HELLO).bytes, "RAWSIZE {size}");
        assert!(!found.size_matches);
    }
}

#[test]
fn contents_that_end_too_early_give_what_there_was() {
    let cut = &HELLO[..HELLO.len() - 8];
    let error = decompress(cut, LIMIT_BYTES).expect_err("it is cut");
    assert!(matches!(
        error,
        LzfuError::Truncated {
            raw_size_bytes: 43,
            ..
        }
    ));
    assert!(
        error
            .partial()
            .starts_with(b"{\\rtf1\\ansi\\ansicpg1252\\pard hello")
    );
}

#[test]
fn more_than_the_limit_is_an_error_with_the_bytes_up_to_it() {
    let error = decompress(HELLO, 7).expect_err("it is larger");
    assert_eq!(error.partial(), b"{\\rtf1\\");
    assert!(matches!(error, LzfuError::TooLarge { limit_bytes: 7, .. }));
}

#[test]
fn uncompressed_contents_are_copied() {
    let mut stored = vec![17, 0, 0, 0, 5, 0, 0, 0];
    stored.extend_from_slice(b"MELA\0\0\0\0{rtf}");
    let found = decompressed(&stored);
    assert_eq!(found.bytes, b"{rtf}");
    assert!(found.crc_matches && found.size_matches);
}

#[test]
fn a_raw_size_that_counts_the_header_too_loses_nothing() {
    let mut stored = vec![17, 0, 0, 0, 17, 0, 0, 0];
    stored.extend_from_slice(b"MELA\0\0\0\0{rtf}");
    let found = decompressed(&stored);
    assert_eq!(found.bytes, b"{rtf}");
    assert!(!found.size_matches);
    let error = decompress(&stored[..20], LIMIT_BYTES).expect_err("it is cut");
    assert_eq!(error.partial(), b"{rtf");
}

#[test]
fn what_is_no_compressed_rtf_is_refused_with_what_was_found() {
    let short = decompress(b"{\\rtf1}", LIMIT_BYTES).expect_err("it has no header");
    assert_eq!(
        short.to_string(),
        "compressed RTF of 7 bytes is shorter than its header of 16"
    );
    let error = decompress(&[b'A'; 20], LIMIT_BYTES).expect_err("it has no such type");
    assert_eq!(error, LzfuError::UnknownType { found: 0x4141_4141 });
}

/// Some writers leave the header out of COMPSIZE; the contents then reach behind it.
#[test]
fn a_size_that_leaves_the_header_out_cuts_nothing_off() {
    let mut stored = OVERLAP.to_vec();
    stored[0] -= 12;
    assert_eq!(decompressed(&stored).bytes, decompressed(OVERLAP).bytes);
}

/// A writer with the dictionary of the specification as a ring, which the reader does not have.
struct Ring {
    bytes: [u8; 4096],
    end: usize,
}

impl Ring {
    fn new() -> Self {
        // What the specification's own example refers to: text of the dictionary that lies in it.
        let start = lzfu_dictionary();
        let mut bytes = [0; 4096];
        bytes[..start.len()].copy_from_slice(&start);
        let end = start.len();
        Self { bytes, end }
    }

    fn push(&mut self, byte: u8) {
        self.bytes[self.end] = byte;
        self.end = (self.end + 1) % 4096;
    }

    /// Where in the ring the most of `rest` is, among places some bytes apart.
    fn longest(&self, rest: &[u8]) -> Option<(usize, usize)> {
        let behind = |back: usize| (self.end + 4096 - back) % 4096;
        let length = |back: usize| {
            let same = |at: &usize| self.bytes[(behind(back) + at) % 4096] == rest[*at];
            (0..rest.len().min(17).min(back)).take_while(same).count()
        };
        let places = (1..64).chain((64..4096).step_by(61));
        let best = places.map(|back| (length(back), behind(back))).max()?;
        (best.0 >= 2).then_some((best.1, best.0))
    }
}

/// All 207 bytes, out of a stream of references to them.
fn lzfu_dictionary() -> Vec<u8> {
    let mut contents = Vec::new();
    for at in (0..207_u16).step_by(2) {
        if at % 16 == 0 {
            contents.push(0xFF);
        }
        contents.extend((at << 4).to_be_bytes());
    }
    let mut found = decompressed(&stored(&contents, 208)).bytes;
    found.truncate(207);
    found
}

fn stored(contents: &[u8], raw_size_bytes: usize) -> Vec<u8> {
    let sizes = [contents.len() + 12, raw_size_bytes].map(|n| u32::try_from(n).expect("small"));
    let [size, raw_size] = sizes.map(u32::to_le_bytes);
    [&size[..], &raw_size, b"LZFu", &[0; 4], contents].concat()
}

fn compressed(raw: &[u8]) -> Vec<u8> {
    let mut ring = Ring::new();
    let mut tokens: Vec<(bool, Vec<u8>)> = Vec::new();
    let mut rest = raw;
    while !rest.is_empty() {
        let found = ring.longest(rest);
        let (head, tail) = rest.split_at(found.map_or(1, |(_, length)| length));
        tokens.push(match found {
            Some((at, length)) => (
                true,
                u16::try_from(at << 4 | (length - 2))
                    .expect("16 bits")
                    .to_be_bytes()
                    .to_vec(),
            ),
            None => (false, head.to_vec()),
        });
        head.iter().for_each(|byte| ring.push(*byte));
        rest = tail;
    }
    tokens.push((
        true,
        u16::try_from(ring.end << 4)
            .expect("16 bits")
            .to_be_bytes()
            .to_vec(),
    ));
    let mut contents = Vec::new();
    for run in tokens.chunks(8) {
        contents.push(
            (0..8)
                .zip(run)
                .map(|(bit, (is_reference, _))| u8::from(*is_reference) << bit)
                .sum(),
        );
        contents.extend(run.iter().flat_map(|(_, bytes)| bytes));
    }
    stored(&contents, raw.len())
}

#[test]
fn the_dictionary_is_the_one_of_the_specification() {
    let dictionary = lzfu_dictionary();
    assert!(
        dictionary.starts_with(b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil ")
    );
    assert!(dictionary.ends_with(b"\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_compressed_comes_back(pieces in prop::collection::vec("[a-c{}\\\\]{1,30}|\\\\par |.", 0..600)) {
        let raw = pieces.concat().into_bytes();
        let found = decompressed(&compressed(&raw));
        prop_assert!(found.size_matches);
        prop_assert_eq!(found.bytes, raw);
    }
}
