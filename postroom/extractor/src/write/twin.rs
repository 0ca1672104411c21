//! Both forms of the same records compressed by one search for repeats.
//!
//! NDJSON and CSV carry the same values. Repeats are looked for in the text that both are made
//! from (`Lines::common`), which is less than half of them; each one found is a repeat in either
//! form, at a distance and of a length that the form's own widths tell.

use super::chunk::Part;
use super::deflate::{Deflate, FARTHEST, REPEAT, Sequence};
use super::json::escape;
use super::lines::{Lines, mark};
use super::pool::Pool;
use crate::bytes::u64_at;

/// Places of the last occurrences of pieces: small enough for the nearest cache.
const TABLE_BITS: u32 = 12;
/// A repeat farther away in the common text is too far in NDJSON as well.
const WINDOW: u32 = FARTHEST;
/// Shorter repeats cost more time than they save bytes.
const LEAST: usize = 6;
/// After so many places without a repeat only each second one is tried.
const PATIENCE: u32 = 16;

/// Bytes in NDJSON below, bytes in CSV above.
type Widths = u64;

const fn widths(json: u32, csv: u32) -> Widths {
    json as u64 | (csv as u64) << 32
}

/// How wide each byte of the common text is in either form.
const WIDTHS: [Widths; 256] = all_widths();

#[expect(clippy::indexing_slicing, reason = "computed when it is compiled")]
const fn all_widths() -> [Widths; 256] {
    let mut all = [widths(1, 1); 256];
    let mut byte = 0;
    while byte < 0x20 {
        all[byte] = widths(escape(byte as u8).1 as u32, 1);
        byte += 1;
    }
    all[b'"' as usize] = widths(2, 2);
    all[b'\\' as usize] = widths(2, 1);
    all[mark::COLUMN as usize] = 0;
    all[mark::PLAIN as usize] = widths(1, 0);
    all[mark::NULL as usize] = widths(4, 0);
    all[mark::JSON as usize] = widths(0, 1);
    all[mark::END as usize] = widths(2, 1);
    all[mark::JSON_QUOTE as usize] = widths(1, 2);
    all
}

/// A place in the common text, and in either form.
#[derive(Clone, Copy, Default)]
struct Spot {
    common: u32,
    forms: Widths,
}

/// The sequences of one form as they are found.
#[derive(Default)]
struct Form {
    sequences: Vec<Sequence>,
    /// Where the last one ended.
    done: u32,
}

impl Form {
    /// Takes a repeat up, in pieces if it is too long; what is too short or too far is literals.
    #[inline]
    fn repeat(&mut self, at: u32, length: u32, distance: u32) {
        if length < *REPEAT.start() || distance > FARTHEST {
            return;
        }
        let mut left = length;
        let mut literals = at.wrapping_sub(self.done);
        while left >= *REPEAT.start() {
            let piece = left.min(*REPEAT.end());
            self.sequences.push(Sequence {
                literals,
                length: piece as u16,
                distance: distance as u16,
            });
            left -= piece;
            literals = 0;
        }
        self.done = at.wrapping_add(length - left);
    }
}

/// Compresses lines; its memory is used again.
pub struct Twin {
    /// By column: the width of its name and what stands around it.
    columns: [Widths; 64],
    table: Box<[Spot; 1 << TABLE_BITS]>,
    last: [Spot; 64],
    json: Form,
    csv: Form,
    deflate: Deflate,
}

impl Twin {
    /// For records with the columns of a CSV header.
    pub fn new(header: &str) -> Self {
        let mut columns = [0; 64];
        for (number, (slot, name)) in columns
            .iter_mut()
            .zip(header.trim_end().split(','))
            .enumerate()
        {
            // {"name": at the beginning, ,"name": and a comma later.
            let around = if number == 0 {
                widths(4, 0)
            } else {
                widths(4, 1)
            };
            *slot = around + name.len() as u64;
        }
        Self {
            columns,
            table: Box::new([Spot::default(); 1 << TABLE_BITS]),
            last: [Spot::default(); 64],
            json: Form::default(),
            csv: Form::default(),
            deflate: Deflate::default(),
        }
    }

    /// Both forms, as they are and compressed. Nothing becomes nothing.
    pub fn parts(&mut self, lines: Lines, records: u64, pool: &Pool) -> [Part; 2] {
        self.search(&lines);
        pool.give(lines.common);
        let mut part = |raw: Vec<u8>, form: &Form| Part {
            compressed: if raw.is_empty() {
                Vec::new()
            } else {
                self.deflate.member(&raw, &form.sequences, pool.take())
            },
            raw,
            records,
        };
        [part(lines.json, &self.json), part(lines.csv, &self.csv)]
    }

    fn search(&mut self, lines: &Lines) {
        for form in [&mut self.json, &mut self.csv] {
            form.sequences.clear();
            form.done = 0;
        }
        if lines.common.is_empty() {
            return;
        }
        self.table.fill(Spot::default());
        self.last.fill(Spot::default());
        // Places are 32 bits wide; no chunk is ever that large, and literals are always right.
        if u32::try_from(lines.json.len().max(lines.csv.len())).is_err() {
            return;
        }
        let end = self.repeats(&lines.common);
        let is_sound = end == widths(lines.json.len() as u32, lines.csv.len() as u32);
        debug_assert!(is_sound, "the common text is not that of both forms");
        if !is_sound {
            self.json.sequences.clear();
            self.csv.sequences.clear();
        }
    }

    /// Looks for repeats; the widths of all that it went through.
    #[expect(
        clippy::indexing_slicing,
        reason = "bytes index 256 entries, hashes and columns are masked"
    )]
    fn repeats(&mut self, common: &[u8]) -> Widths {
        let mut here = Spot::default();
        let mut misses = 0;
        while let Some(word) = u64_at(common, here.common as usize) {
            let is_column = word as u8 == mark::COLUMN;
            let (slot, least) = if is_column {
                (&mut self.last[(word >> 8) as usize & 63], 2)
            } else {
                (&mut self.table[hash(word)], LEAST)
            };
            let found = std::mem::replace(slot, here);
            let back = here.common.wrapping_sub(found.common);
            let length = if back.wrapping_sub(1) < WINDOW {
                same(common, found.common as usize, here.common as usize, word)
            } else {
                0
            };
            if length >= least {
                let next = self.pass(common, here, length);
                let (wide, far) = (next.forms - here.forms, here.forms - found.forms);
                let high = |widths: Widths| (widths >> 32) as u32;
                self.json.repeat(here.forms as u32, wide as u32, far as u32);
                self.csv.repeat(high(here.forms), high(wide), high(far));
                here = next;
                misses = 0;
            } else if is_column || misses >= PATIENCE {
                // Where nothing repeats, as in digests, fewer places are tried.
                here = self.pass(common, here, 2);
            } else {
                misses += 1;
                here.common += 1;
                here.forms += WIDTHS[word as usize & 255];
            }
        }
        let rest = common.len().saturating_sub(here.common as usize);
        self.pass(common, here, rest).forms
    }

    /// Goes through a piece of the text and takes some of its places up; where it ends, which is
    /// a byte later if a mark would be parted from its number.
    #[expect(
        clippy::indexing_slicing,
        reason = "bytes index 256 entries, hashes and columns are masked"
    )]
    #[inline]
    fn pass(&mut self, common: &[u8], start: Spot, length: usize) -> Spot {
        let mut here = start;
        let end = here.common + length as u32;
        while here.common < end {
            let at = here.common as usize;
            let left = end - here.common;
            if let Some(word) = u64_at(common, at) {
                if here.common != start.common {
                    self.table[hash(word)] = here;
                }
                let seen = u64::MAX >> (64 - left.min(8) * 8);
                if special(word) & seen == 0 {
                    let wide = left.min(8);
                    here.common += wide;
                    here.forms += widths(1, 1) * u64::from(wide);
                    continue;
                }
            }
            let stop = end.min(here.common + 8);
            while here.common < stop {
                let at = here.common as usize;
                let byte = common.get(at).copied().unwrap_or(0);
                if byte == mark::COLUMN {
                    let column = usize::from(common.get(at + 1).copied().unwrap_or(0) & 63);
                    self.last[column] = here;
                    here.common += 2;
                    here.forms += self.columns[column];
                } else {
                    here.common += 1;
                    here.forms += WIDTHS[usize::from(byte)];
                }
            }
        }
        here
    }
}

#[inline]
fn hash(word: u64) -> usize {
    ((word << (64 - 8 * LEAST)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - TABLE_BITS)) as usize
}

/// The high bit of each byte that is not as wide in both forms as in the common text.
#[inline]
fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let quote = zero(word ^ (ONES * 0x22));
    let slash = zero(word ^ (ONES * 0x5C));
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let mark = ((word & !HIGHS) + ONES * 0x0B) & word;
    (quote | slash | control | mark) & HIGHS
}

/// How many bytes from `earlier` on are those from `later` on, which begin with `word`. A mark is
/// never parted from its number.
#[inline]
fn same(common: &[u8], earlier: usize, later: usize, word: u64) -> usize {
    let differing = u64_at(common, earlier).unwrap_or(0) ^ word;
    let length = if differing != 0 {
        (differing.trailing_zeros() >> 3) as usize
    } else {
        let from = |at: usize| common.get(at + 8..).unwrap_or_default();
        8 + same_bytes(from(earlier), from(later))
    };
    let last = length
        .checked_sub(1)
        .and_then(|last| common.get(later + last));
    length - usize::from(last == Some(&mark::COLUMN))
}

fn same_bytes(earlier: &[u8], later: &[u8]) -> usize {
    let (left, _) = earlier.as_chunks::<8>();
    let (right, _) = later.as_chunks::<8>();
    let mut length = 0;
    for (a, b) in left.iter().zip(right) {
        let differing = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differing != 0 {
            return length + (differing.trailing_zeros() >> 3) as usize;
        }
        length += 8;
    }
    let rest = earlier.iter().zip(later).skip(length);
    length + rest.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::super::row::{Row, fill};
    use super::*;

    const HEADER: &str = "first,text,number,json,hash,empty\n";

    fn lines(records: &[(String, i64, String, bool)]) -> Lines {
        let mut lines = Lines::default();
        for (text, number, inner, is_known) in records {
            let mut row = Row::new(&mut lines);
            row.plain("first", Some("abc-def"));
            row.text("text", Some(text));
            row.int("number", Some(*number));
            let mut json = Vec::new();
            super::super::json_string(&mut json, inner);
            row.json("json", &json);
            let gap = row.gap("hash");
            row.text("empty", None);
            row.end();
            fill(&mut lines, &[gap], is_known.then_some([0xAB; 32]));
        }
        lines
    }

    fn inflated(member: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut text = Vec::new();
        flate2::read::MultiGzDecoder::new(member).read_to_end(&mut text)?;
        Ok(text)
    }

    fn text() -> impl Strategy<Value = String> {
        let word = prop::sample::select(vec![
            "lorem ",
            "ipsum",
            "\r\n",
            "\"",
            "\\",
            "\u{1}",
            "\t",
            "é",
            "日本語",
            "ÿ\u{3FF}",
            "  ",
            "\u{10FFFF}",
            "a,b",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ]);
        prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn both_forms_come_back(
            records in prop::collection::vec((text(), any::<i64>(), text(), any::<bool>()), 1..40)
        ) {
            let lines = lines(&records);
            let (json, csv) = (lines.json.clone(), lines.csv.clone());
            let mut twin = Twin::new(HEADER);
            let parts = twin.parts(lines, 1, &Pool::default());
            for (part, raw) in parts.iter().zip([json, csv]) {
                prop_assert_eq!(&part.raw, &raw);
                prop_assert_eq!(inflated(&part.compressed)?, raw);
            }
        }
    }

    #[test]
    fn what_repeats_is_written_once_and_memory_is_not_in_the_output() {
        let record = (
            "The same words again.\r\n\"So\" ".repeat(9),
            7,
            "x\"y".to_owned(),
            true,
        );
        let records = vec![record; 200];
        let (mut twin, pool) = (Twin::new(HEADER), Pool::default());
        let first = twin.parts(lines(&records), 200, &pool);
        for part in &first {
            assert!(part.compressed.len() * 50 < part.raw.len());
        }
        let again = twin.parts(lines(&records), 200, &pool);
        for (a, b) in first.iter().zip(&again) {
            assert_eq!(a.compressed, b.compressed);
        }
        assert!(
            twin.parts(Lines::default(), 0, &pool)
                .iter()
                .all(|part| part.compressed.is_empty())
        );
    }
}
