//! Compressed RTF, by the examples of the specification and by what real writers get wrong.

use postroom_extractor::text::lzfu::{Lzfu, LzfuError, decompress};

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
