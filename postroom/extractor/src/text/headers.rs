//! The fields of transport headers (property 007D), as the identity reads them.

use std::borrow::Cow;

/// The first field of that name, unfolded and trimmed; "" where it is there but empty.
///
/// Lines end by CRLF, CR or LF; a line that begins with a blank or a tab continues the one before;
/// the header ends at the first empty line after a field.
pub fn field(headers: &str, name: &str) -> Option<String> {
    let value = find(headers, name)?;
    Some(trim(&unfold(value)).to_owned())
}

/// The first field of that name as written, folds and all, without blanks at either end.
pub fn raw_field(headers: &str, name: &str) -> Option<String> {
    find(headers, name).map(|value| trim(value).to_owned())
}

/// The text between the colon of the first field of that name and the end of its last line.
fn find<'a>(headers: &'a str, name: &str) -> Option<&'a str> {
    fields(headers).find_map(|field| {
        let (found, value) = field.split_once(':')?;
        let matches = trim(&unfold(found)).eq_ignore_ascii_case(name);
        matches.then_some(value)
    })
}

/// The fields in their order, each with its continuation lines.
fn fields(headers: &str) -> impl Iterator<Item = &str> {
    let mut rest = headers.trim_start_matches(['\r', '\n']);
    std::iter::from_fn(move || {
        if rest.is_empty() || rest.starts_with(['\r', '\n']) {
            return None;
        }
        let (field, after) = split_field(rest);
        rest = after;
        Some(field)
    })
}

/// The field at the start, and what follows its line end.
fn split_field(headers: &str) -> (&str, &str) {
    let mut length = 0;
    loop {
        let tail = headers.get(length..).unwrap_or_default();
        let Some(end) = memchr::memchr2(b'\r', b'\n', tail.as_bytes()) else {
            return (headers, "");
        };
        let (_, from_end) = tail.split_at_checked(end).unwrap_or((tail, ""));
        let width = if from_end.starts_with("\r\n") { 2 } else { 1 };
        let after = from_end.get(width..).unwrap_or_default();
        if !after.starts_with([' ', '\t']) {
            return (headers.get(..length + end).unwrap_or(headers), after);
        }
        length += end + width;
    }
}

/// The text without its line ends: the blank that begins a continuation line stays.
fn unfold(text: &str) -> Cow<'_, str> {
    if text.contains(['\r', '\n']) {
        Cow::Owned(text.replace(['\r', '\n'], ""))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text without U+0009 to U+000D and U+0020 at either end: no other blank counts.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| matches!(c, '\t'..='\r' | ' '))
}
