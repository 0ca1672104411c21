//! A block with codes of its own.

use super::Sequence;
use super::bits::Bits;
use super::huffman::{Code, codes};
use super::symbols::{CODE_ORDER, DISTANCES, END, LENGTHS, LITERALS, distance};

/// Four literals and what `flush` leaves fit into 64 bits.
const LITERAL_LIMIT: u8 = 14;
const DISTANCE_LIMIT: u8 = 15;
const CODE_LIMIT: u8 = 7;

/// Blocks of fewer sequences are counted in full; of others each eighth group of sequences is.
const COUNTED_ALL: usize = 2048;
const GROUP: usize = 32;
const SAMPLE: usize = 8;

/// Codes ready to be written: the bits below, their number in the highest byte.
type Packed = u32;

/// Counts and codes, used again for each block.
pub struct Block {
    literals: [u32; LITERALS],
    distances: [u32; DISTANCES],
    /// By literal.
    literal_codes: [Packed; 256],
    /// By length, extra bits included.
    length_codes: [Packed; 259],
    distance_codes: [Packed; DISTANCES],
}

impl Default for Block {
    fn default() -> Self {
        Self {
            literals: [0; LITERALS],
            distances: [0; DISTANCES],
            literal_codes: [0; 256],
            length_codes: [0; 259],
            distance_codes: [0; DISTANCES],
        }
    }
}

fn packed(code: Code) -> Packed {
    u32::from(code.bits) | u32::from(code.length) << 24
}

#[expect(
    clippy::indexing_slicing,
    reason = "bytes index 256 entries; lengths and distances are those of sequences, clamped"
)]
impl Block {
    /// Writes `text`: what the sequences say, then literals to its end.
    pub fn write(&mut self, out: &mut Bits, text: &[u8], all: &[Sequence], is_last: bool) {
        self.count(text, all);
        let literals = codes(&self.literals, LITERAL_LIMIT);
        let distances = codes(&self.distances, DISTANCE_LIMIT);
        out.put(u64::from(is_last) | 2 << 1, 3);
        write_lengths(out, &literals, &distances);
        for (slot, code) in self.literal_codes.iter_mut().zip(&literals) {
            *slot = packed(*code);
        }
        for (slot, length) in self.length_codes.iter_mut().zip(&LENGTHS).skip(3) {
            let code = literals[usize::from(length.symbol)];
            let extra = u32::from(length.extra) << code.length;
            let bits = code.length + length.extra_bits;
            *slot = u32::from(code.bits) | extra | u32::from(bits) << 24;
        }
        for (slot, code) in self.distance_codes.iter_mut().zip(&distances) {
            *slot = packed(*code);
        }
        self.put_all(out, text, all);
        put(out, packed(literals[END]));
        out.flush();
    }

    fn count(&mut self, text: &[u8], all: &[Sequence]) {
        // Two counts, so that equal bytes in a row do not wait for each other.
        let mut counts = [[0_u32; 256]; 2];
        let mut tally = |literals: &[u8]| {
            let (pairs, odd) = literals.as_chunks::<2>();
            for [first, second] in pairs {
                counts[0][usize::from(*first)] += 1;
                counts[1][usize::from(*second)] += 1;
            }
            for byte in odd {
                counts[0][usize::from(*byte)] += 1;
            }
        };
        // What the sample lacks may yet occur.
        self.literals = [1; LITERALS];
        self.distances = [1; DISTANCES];
        let every = if all.len() < COUNTED_ALL { 1 } else { SAMPLE };
        let mut rest = text;
        for (number, group) in all.chunks(GROUP).enumerate() {
            if number % every != 0 {
                let length = group.iter().map(Sequence::len).sum();
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            for sequence in group {
                let (literals, after) = split(rest, sequence);
                tally(literals);
                let length = LENGTHS[usize::from(sequence.length).min(258)];
                self.literals[usize::from(length.symbol)] += 1;
                self.distances[distance(sequence.distance).0 % DISTANCES] += 1;
                rest = after;
            }
        }
        tally(rest);
        for (sum, (first, second)) in self
            .literals
            .iter_mut()
            .zip(counts[0].iter().zip(&counts[1]))
        {
            *sum += first + second;
        }
        self.literals[END] = 1;
    }

    fn put_all(&self, out: &mut Bits, text: &[u8], all: &[Sequence]) {
        let mut rest = text;
        for sequence in all {
            let (literals, after) = split(rest, sequence);
            self.put_literals(out, literals);
            put(
                out,
                self.length_codes[usize::from(sequence.length).min(258)],
            );
            let (symbol, extra_bits) = distance(sequence.distance);
            put(out, self.distance_codes[symbol % DISTANCES]);
            let extra = (u64::from(sequence.distance).wrapping_sub(1)) & ((1 << extra_bits) - 1);
            out.put(extra, extra_bits);
            out.flush();
            rest = after;
        }
        self.put_literals(out, rest);
    }

    #[inline]
    fn put_literals(&self, out: &mut Bits, literals: &[u8]) {
        let (fours, odd) = literals.as_chunks::<4>();
        for four in fours {
            for byte in four {
                put(out, self.literal_codes[usize::from(*byte)]);
            }
            out.flush();
        }
        for byte in odd {
            put(out, self.literal_codes[usize::from(*byte)]);
        }
        out.flush();
    }
}

#[inline]
fn put(out: &mut Bits, code: Packed) {
    out.put(u64::from(code & 0xFF_FFFF), code >> 24);
}

/// The literals of a sequence, and the text after what it repeats.
#[inline]
fn split<'t>(text: &'t [u8], sequence: &Sequence) -> (&'t [u8], &'t [u8]) {
    let literals = (sequence.literals as usize).min(text.len());
    let end = literals.wrapping_add(usize::from(sequence.length));
    (
        text.get(..literals).unwrap_or_default(),
        text.get(end..).unwrap_or_default(),
    )
}

/// Writes the lengths of both codes (RFC 1951, 3.2.7).
fn write_lengths(out: &mut Bits, literals: &[Code], distances: &[Code]) {
    let literals = without_unused(literals, 257);
    let distances = without_unused(distances, 1);
    let lengths: Vec<u8> = literals
        .iter()
        .chain(distances)
        .map(|code| code.length)
        .collect();
    let runs = runs(&lengths);
    let mut frequencies = [0_u32; 19];
    for run in &runs {
        if let Some(count) = frequencies.get_mut(usize::from(run.symbol)) {
            *count += 1;
        }
    }
    let codes = codes(&frequencies, CODE_LIMIT);
    let code = |symbol: usize| codes.get(symbol).copied().unwrap_or_default();
    let ordered: Vec<Code> = CODE_ORDER.iter().map(|&symbol| code(symbol)).collect();
    let ordered = without_unused(&ordered, 4);
    out.put((literals.len() - 257) as u64, 5);
    out.put((distances.len() - 1) as u64, 5);
    out.put((ordered.len() - 4) as u64, 4);
    out.flush();
    for code in ordered {
        out.put(u64::from(code.length), 3);
        out.flush();
    }
    for run in runs {
        put(out, packed(code(usize::from(run.symbol))));
        out.put(u64::from(run.extra), u32::from(run.extra_bits));
        out.flush();
    }
}

/// Without what is not used at the end, but at least `least` codes.
fn without_unused(codes: &[Code], least: usize) -> &[Code] {
    let used = codes.iter().rposition(|code| code.length > 0);
    let count = used.map_or(0, |last| last + 1).max(least);
    codes.get(..count).unwrap_or(codes)
}

/// A length, or a symbol that says that lengths are repeated.
struct Run {
    symbol: u8,
    extra: u8,
    extra_bits: u8,
}

fn runs(lengths: &[u8]) -> Vec<Run> {
    let mut all = Vec::with_capacity(lengths.len());
    let mut plain = |symbol, extra, extra_bits| {
        all.push(Run {
            symbol,
            extra,
            extra_bits,
        });
    };
    for same in lengths.chunk_by(|a, b| a == b) {
        let length = same.first().copied().unwrap_or(0);
        let mut left = same.len();
        if length > 0 {
            plain(length, 0, 0);
            left -= 1;
        }
        while left >= 3 {
            let count = left.min(if length > 0 { 6 } else { 138 });
            match (length, count) {
                (1.., _) => plain(16, count as u8 - 3, 2),
                (0, ..=10) => plain(17, count as u8 - 3, 3),
                (0, _) => plain(18, count as u8 - 11, 7),
            }
            left -= count;
        }
        (0..left).for_each(|_| plain(length, 0, 0));
    }
    all
}
