//! One record, written as a line of NDJSON and a line of CSV at once.

use super::json::json_string;
use crate::identity::hash::hex;

/// The members of a record in their order; both forms get the same.
pub struct Row<'o> {
    json: &'o mut Vec<u8>,
    csv: &'o mut Vec<u8>,
    is_first: bool,
}

/// Where a hash was written that is known only later.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    json: usize,
    csv: usize,
}

impl<'o> Row<'o> {
    pub fn new(json: &'o mut Vec<u8>, csv: &'o mut Vec<u8>) -> Self {
        json.push(b'{');
        Self {
            json,
            csv,
            is_first: true,
        }
    }

    fn name(&mut self, name: &str) {
        if !self.is_first {
            self.json.push(b',');
            self.csv.push(b',');
        }
        self.is_first = false;
        self.json.push(b'"');
        self.json.extend_from_slice(name.as_bytes());
        self.json.extend_from_slice(b"\":");
    }

    /// Text, always quoted, so that an empty one is not NULL.
    pub fn text(&mut self, name: &str, value: Option<&str>) {
        self.name(name);
        match value {
            None => self.json.extend_from_slice(b"null"),
            Some(text) => {
                json_string(self.json, text);
                csv_quoted(self.csv, text.as_bytes());
            }
        }
    }

    /// Text that needs no escaping in either form: ids, hex, words of ours.
    pub fn plain(&mut self, name: &str, value: Option<&str>) {
        self.name(name);
        match value {
            None => self.json.extend_from_slice(b"null"),
            Some(text) => {
                self.json.push(b'"');
                self.json.extend_from_slice(text.as_bytes());
                self.json.push(b'"');
                self.csv.extend_from_slice(text.as_bytes());
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
            None => self.json.extend_from_slice(b"null"),
            Some(number) => self.both(itoa::Buffer::new().format(number)),
        }
    }

    pub fn bool(&mut self, name: &str, value: bool) {
        self.name(name);
        self.both(if value { "true" } else { "false" });
    }

    /// JSON: as it is in NDJSON, as quoted text in CSV.
    pub fn json(&mut self, name: &str, value: &[u8]) {
        self.name(name);
        self.json.extend_from_slice(value);
        csv_quoted(self.csv, value);
    }

    /// Room for a SHA-256 that `fill` writes later.
    pub fn gap(&mut self, name: &str) -> Gap {
        self.name(name);
        let gap = Gap {
            json: self.json.len() + 1,
            csv: self.csv.len(),
        };
        self.json.extend_from_slice(b"\"");
        self.both(&"0".repeat(64));
        self.json.extend_from_slice(b"\"");
        gap
    }

    fn both(&mut self, text: &str) {
        self.json.extend_from_slice(text.as_bytes());
        self.csv.extend_from_slice(text.as_bytes());
    }

    /// Ends the record.
    pub fn end(self) {
        self.json.extend_from_slice(b"}\n");
        self.csv.push(b'\n');
    }
}

/// Writes a hash, or NULL, into gaps that were left in order.
pub fn fill(json: &mut Vec<u8>, csv: &mut Vec<u8>, gaps: &[Gap], hash: Option<[u8; 32]>) {
    let digits = hash.map(|h| hex(&h));
    for gap in gaps.iter().rev() {
        match &digits {
            Some(digits) => {
                overwrite(json, gap.json, digits);
                overwrite(csv, gap.csv, digits);
            }
            None => {
                json.splice(gap.json - 1..gap.json + 65, *b"null");
                csv.drain(gap.csv..gap.csv + 64);
            }
        }
    }
}

fn overwrite(out: &mut [u8], at: usize, text: &str) {
    if let Some(slot) = out.get_mut(at..at + text.len()) {
        slot.copy_from_slice(text.as_bytes());
    }
}

fn csv_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'"', rest) {
        let (before, after) = rest.split_at(at + 1);
        out.extend_from_slice(before);
        out.push(b'"');
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(hash: Option<[u8; 32]>) -> (String, String) {
        let (mut json, mut csv) = (Vec::new(), Vec::new());
        let mut row = Row::new(&mut json, &mut csv);
        row.text("a", Some("x\"y\n"));
        row.text("b", None);
        row.text("c", Some(""));
        row.int("d", Some(-1));
        let gap = row.gap("e");
        row.json("f", b"[\"g\"]");
        row.end();
        fill(&mut json, &mut csv, &[gap], hash);
        let text = |bytes| String::from_utf8(bytes).unwrap_or_default();
        (text(json), text(csv))
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
