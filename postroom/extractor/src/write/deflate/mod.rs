//! Deflate for texts that are written once and in two forms (RFC 1951, RFC 1952).
//!
//! The search for repeats is the dear part of it, and it is not done here: who knows the texts
//! hands over where they repeat themselves, and this writes them with a code made for each block.

mod bits;
mod block;
mod huffman;
mod symbols;

use bits::Bits;
use block::Block;

/// Text as it is, then what repeats an earlier piece of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    pub literals: u32,
    pub length: u16,
    pub distance: u16,
}

impl Sequence {
    /// Bytes of text that it stands for.
    pub fn len(&self) -> usize {
        self.literals as usize + usize::from(self.length)
    }
}

/// The least and the most that one repeat can be.
pub const REPEAT: std::ops::RangeInclusive<u32> = 3..=258;
/// How far back a repeat may lie.
pub const FARTHEST: u32 = 32_768;

/// Text of a block after which the next begins, with a code of its own.
const BLOCK_BYTES: usize = 256 << 10;
/// No name, no time, no word on the system: the same text is always the same member.
const HEADER: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 255];

/// Writes gzip members; its memory is used again.
#[derive(Default)]
pub struct Deflate {
    bits: Bits,
    block: Block,
}

impl Deflate {
    /// One whole member of `text`, which is what `sequences` say and then literals to its end, in
    /// the memory of `out`.
    pub fn member(&mut self, text: &[u8], sequences: &[Sequence], out: Vec<u8>) -> Vec<u8> {
        self.bits.begin(&HEADER);
        let (mut rest, mut left) = (text, sequences);
        loop {
            let (count, length) = cut(left);
            let (these, after) = left.split_at(count);
            let is_last = after.is_empty();
            let (piece, next) = rest.split_at(if is_last {
                rest.len()
            } else {
                length.min(rest.len())
            });
            self.block.write(&mut self.bits, piece, these, is_last);
            if is_last {
                break;
            }
            (rest, left) = (next, after);
        }
        let mut end = [0; 8];
        let (crc, size) = end.split_at_mut(4);
        crc.copy_from_slice(&crc32fast::hash(text).to_le_bytes());
        // RFC 1952: the length modulo 2^32.
        size.copy_from_slice(&(text.len() as u32).to_le_bytes());
        self.bits.end(&end, out)
    }
}

/// How many sequences make the next block, and of how much text.
fn cut(sequences: &[Sequence]) -> (usize, usize) {
    let mut length = 0;
    for (count, sequence) in sequences.iter().enumerate() {
        if length >= BLOCK_BYTES {
            return (count, length);
        }
        length += sequence.len();
    }
    (sequences.len(), length)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn inflated(member: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(member).read_to_end(&mut text)?;
        Ok(text)
    }

    /// A text and its sequences, of literals and repeats as they are asked for.
    fn built(parts: &[(Vec<u8>, u16, u16)]) -> (Vec<u8>, Vec<Sequence>) {
        let (mut text, mut sequences) = (Vec::new(), Vec::new());
        for (literals, length, distance) in parts {
            text.extend(literals);
            let distance = usize::from(*distance).min(text.len());
            for _ in 0..*length {
                text.push(text.get(text.len() - distance).copied().unwrap_or(0));
            }
            sequences.push(Sequence {
                literals: literals.len() as u32,
                length: *length,
                distance: distance as u16,
            });
        }
        (text, sequences)
    }

    proptest! {
        #[test]
        fn whatever_repeats_comes_back(
            parts in prop::collection::vec(
                (prop::collection::vec(any::<u8>(), 1..9), 3..=258_u16, 1..=32_768_u16), 0..400),
            tail in prop::collection::vec(any::<u8>(), 0..50),
        ) {
            let (mut text, sequences) = built(&parts);
            text.extend(tail);
            let member = Deflate::default().member(&text, &sequences, Vec::new());
            prop_assert_eq!(inflated(&member)?, text);
        }

        #[test]
        fn literals_alone_come_back(text in prop::collection::vec(any::<u8>(), 0..5000)) {
            prop_assert_eq!(inflated(&Deflate::default().member(&text, &[], Vec::new()))?, text);
        }
    }

    #[test]
    fn a_text_of_many_blocks_comes_back() -> std::io::Result<()> {
        let mut seed = 1_u32;
        let mut parts = Vec::new();
        for n in 0..60_000_u32 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let letters = vec![(seed >> 24) as u8 & if n < 30_000 { 63 } else { 255 }; 3];
            parts.push((
                letters,
                3 + (seed >> 8) as u16 % 256,
                1 + (seed >> 9) as u16 % 32_768,
            ));
        }
        let (text, sequences) = built(&parts);
        let mut deflate = Deflate::default();
        let member = deflate.member(&text, &sequences, Vec::new());
        assert_eq!(inflated(&member)?, text);
        assert_eq!(
            deflate.member(&text, &sequences, Vec::new()),
            member,
            "its memory is not in the output"
        );
        Ok(())
    }

    #[test]
    fn a_rare_byte_beside_very_frequent_ones_comes_back() -> std::io::Result<()> {
        // Frequencies like those of Fibonacci ask for codes longer than deflate has.
        let (mut text, mut a, mut b) = (Vec::new(), 1_usize, 1_usize);
        for byte in 0..26_u8 {
            text.extend(std::iter::repeat_n(byte, a));
            (a, b) = (b, a + b);
        }
        assert_eq!(
            inflated(&Deflate::default().member(&text, &[], Vec::new()))?,
            text
        );
        Ok(())
    }
}
