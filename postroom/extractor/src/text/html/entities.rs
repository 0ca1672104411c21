//! Character references of HTML.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::text::codepage;

/// A line for each name of the HTML standard: the name, `;` where it needs one, code points in hex.
const TABLE: &str = include_str!("entities.txt");

/// `CounterClockwiseContourIntegral;` has 32 characters.
const LONGEST_NAME: usize = 32;

/// Longer numbers are past U+10FFFF, or padded with zeros by someone who means us no good.
const LONGEST_NUMBER: usize = 16;

struct Entity {
    text: String,
    needs_semicolon: bool,
}

static ENTITIES: LazyLock<HashMap<&'static str, Entity>> =
    LazyLock::new(|| TABLE.lines().filter_map(parse_line).collect());

fn parse_line(line: &'static str) -> Option<(&'static str, Entity)> {
    let (name, points) = line.split_once(' ')?;
    let hex = |point| char::from_u32(u32::from_str_radix(point, 16).ok()?);
    let text = points.split(' ').filter_map(hex).collect();
    let needs_semicolon = name.ends_with(';');
    let entity = Entity {
        text,
        needs_semicolon,
    };
    Some((name.trim_end_matches(';'), entity))
}

/// Adds what the text after an `&` stands for to `out`, and returns the length of the reference.
///
/// 0 where it is none: then the `&` is one.
pub fn decode(after: &str, out: &mut String) -> usize {
    match after.strip_prefix('#') {
        Some(number) => numeric(number, out).map_or(0, |length| length + 1),
        None => named(after, out),
    }
}

fn named(after: &str, out: &mut String) -> usize {
    let is_name = |b: &u8| b.is_ascii_alphanumeric();
    let length = after.bytes().take(LONGEST_NAME).take_while(is_name).count();
    let has_semicolon = after.as_bytes().get(length) == Some(&b';');
    // The longest name wins; without a semicolon only the oldest names count.
    for end in (2..=length).rev() {
        let Some(entity) = after.get(..end).and_then(|name| ENTITIES.get(name)) else {
            continue;
        };
        let is_closed = has_semicolon && end == length;
        if is_closed || !entity.needs_semicolon {
            out.push_str(&entity.text);
            return end + usize::from(is_closed);
        }
    }
    0
}

fn numeric(number: &str, out: &mut String) -> Option<usize> {
    let digits = number.strip_prefix(['x', 'X']);
    let radix = if digits.is_some() { 16 } else { 10 };
    let digits = digits.unwrap_or(number);
    let is_digit = |b: &u8| char::from(*b).is_digit(radix);
    let length = digits.bytes().take_while(is_digit).count();
    if length == 0 {
        return None;
    }
    let value = digits.get(..length.min(LONGEST_NUMBER))?;
    let point = u32::from_str_radix(value, radix).unwrap_or(u32::MAX);
    out.push(character(point));
    let is_closed = digits.as_bytes().get(length) == Some(&b';');
    Some(number.len() - digits.len() + length + usize::from(is_closed))
}

/// The character of a numeric reference: 80 to 9F are read by page 1252, as all browsers do.
fn character(point: u32) -> char {
    match u8::try_from(point) {
        Ok(0) => char::REPLACEMENT_CHARACTER,
        Ok(byte @ 0x80..=0x9F) => {
            let by_1252 = codepage::decode(1252, &[byte]).text;
            by_1252
                .chars()
                .next()
                .unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        _ => char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}
