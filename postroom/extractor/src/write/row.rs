//! One record, written as a line of NDJSON and a line of CSV at once.

use super::json::json_escaped;
use super::lines::{Lines, mark};
use crate::identity::hash::hex;

/// The members of a record in their order; both forms get the same.
pub struct Row<'o> {
    out: &'o mut Lines,
    column: u8,
}

/// Where a hash was written that is known only later.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    json: usize,
    csv: usize,
    common: usize,
}

impl<'o> Row<'o> {
    pub fn new(out: &'o mut Lines) -> Self {
        out.json.push(b'{');
        Self { out, column: 0 }
    }

    fn name(&mut self, name: &str) {
        if self.column > 0 {
            self.out.json.push(b',');
            self.out.csv.push(b',');
        }
        self.out.json.push(b'"');
        self.out.json.extend_from_slice(name.as_bytes());
        self.out.json.extend_from_slice(b"\":");
        let number = mark::FIRST_NUMBER.wrapping_add(self.column);
        self.out.common.extend_from_slice(&[mark::COLUMN, number]);
        self.column = self.column.wrapping_add(1);
    }

    fn null(&mut self) {
        self.out.json.extend_from_slice(b"null");
        self.out.common.push(mark::NULL);
    }

    /// Text, always quoted, so that an empty one is not NULL.
    pub fn text(&mut self, name: &str, value: Option<&str>) {
        self.name(name);
        match value {
            None => self.null(),
            Some(text) => {
                self.quotes(true, true, mark::TEXT);
                self.escaped(text);
                self.quotes(true, true, mark::TEXT);
            }
        }
    }

    fn quotes(&mut self, in_json: bool, in_csv: bool, mark: u8) {
        if in_json {
            self.out.json.push(b'"');
        }
        if in_csv {
            self.out.csv.push(b'"');
        }
        self.out.common.push(mark);
    }

    fn escaped(&mut self, text: &str) {
        self.out.reserve(text.len());
        json_escaped(text, |plain, escaped, escape| {
            self.both(plain);
            self.out.json.extend_from_slice(escape);
            self.out.csv.extend(escaped);
            if escaped == Some(b'"') {
                self.out.csv.push(b'"');
            }
            self.out.common.extend(escaped);
        });
    }

    /// Text that needs no escaping in either form: ids, hex, words of ours.
    pub fn plain(&mut self, name: &str, value: Option<&str>) {
        self.name(name);
        match value {
            None => self.null(),
            Some(text) => {
                self.quotes(true, false, mark::PLAIN);
                self.both(text.as_bytes());
                self.quotes(true, false, mark::PLAIN);
            }
        }
    }

    /// Bytes as hex.
    pub fn hex(&mut self, name: &str, value: Option<&[u8]>) {
        self.plain(name, value.map(hex).as_deref());
    }

    pub fn int(&mut self, name: &str, value: Option<i64>) {
        self.name(name);
        match value {
            None => self.null(),
            Some(number) => self.both(itoa::Buffer::new().format(number).as_bytes()),
        }
    }

    pub fn bool(&mut self, name: &str, value: bool) {
        self.name(name);
        self.both(if value { b"true" } else { b"false" });
    }

    /// JSON: as it is in NDJSON, as quoted text in CSV.
    pub fn json(&mut self, name: &str, value: &[u8]) {
        self.name(name);
        self.out.reserve(value.len());
        self.quotes(false, true, mark::JSON);
        let mut rest = value;
        while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
            let (before, after) = rest.split_at(at);
            self.both(before);
            let Some((&byte, after)) = after.split_first() else {
                break;
            };
            self.out.json.push(byte);
            if byte == b'"' {
                self.out.csv.extend_from_slice(b"\"\"");
                self.out.common.push(mark::JSON_QUOTE);
            } else {
                self.out.csv.push(byte);
                self.out.common.push(mark::JSON_SLASH);
            }
            rest = after;
        }
        self.both(rest);
        self.quotes(false, true, mark::JSON);
    }

    /// Room for a SHA-256 that `fill` writes later.
    pub fn gap(&mut self, name: &str) -> Gap {
        self.name(name);
        let gap = Gap {
            json: self.out.json.len() + 1,
            csv: self.out.csv.len(),
            common: self.out.common.len() + 1,
        };
        self.quotes(true, false, mark::PLAIN);
        self.both(&[b'0'; 64]);
        self.quotes(true, false, mark::PLAIN);
        gap
    }

    /// What is the same in both forms.
    fn both(&mut self, text: &[u8]) {
        self.out.json.extend_from_slice(text);
        self.out.csv.extend_from_slice(text);
        self.out.common.extend_from_slice(text);
    }

    /// Ends the record.
    pub fn end(self) {
        self.out.json.extend_from_slice(b"}\n");
        self.out.csv.push(b'\n');
        self.out.common.push(mark::END);
    }
}

/// Writes a hash, or NULL, into gaps that were left in order.
pub fn fill(out: &mut Lines, gaps: &[Gap], hash: Option<[u8; 32]>) {
    let digits = hash.map(|h| hex(&h));
    for gap in gaps.iter().rev() {
        match &digits {
            Some(digits) => {
                overwrite(&mut out.json, gap.json, digits);
                overwrite(&mut out.csv, gap.csv, digits);
                overwrite(&mut out.common, gap.common, digits);
            }
            None => {
                out.json.splice(gap.json - 1..gap.json + 65, *b"null");
                out.csv.drain(gap.csv..gap.csv + 64);
                out.common
                    .splice(gap.common - 1..gap.common + 65, [mark::NULL]);
            }
        }
    }
}

fn overwrite(out: &mut [u8], at: usize, text: &str) {
    if let Some(slot) = out.get_mut(at..at + text.len()) {
        slot.copy_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(hash: Option<[u8; 32]>) -> (String, String) {
        let mut lines = Lines::default();
        let mut row = Row::new(&mut lines);
        row.text("a", Some("x\"y\n"));
        row.text("b", None);
        row.text("c", Some(""));
        row.int("d", Some(-1));
        let gap = row.gap("e");
        row.json("f", b"[\"g\"]");
        row.end();
        fill(&mut lines, &[gap], hash);
        let text = |bytes| String::from_utf8(bytes).unwrap_or_default();
        (text(lines.json), text(lines.csv))
    }

    #[test]
    fn null_and_empty_differ_in_both_forms() {
        let (json, csv) = written(None);
        assert_eq!(
            json,
            "{\"a\":\"x\\\"y\\n\",\"b\":null,\"c\":\"\",\"d\":-1,\"e\":null,\"f\":[\"g\"]}\n"
        );
        assert_eq!(csv, "\"x\"\"y\n\",,\"\",-1,,\"[\"\"g\"\"]\"\n");
    }

    #[test]
    fn a_gap_takes_the_hash_when_it_is_known() {
        let digits = "ab".repeat(32);
        let (json, csv) = written(Some([0xAB; 32]));
        assert!(json.contains(&format!("\"e\":\"{digits}\",")));
        assert!(csv.contains(&format!("-1,{digits},")));
    }
}
