//! What the targets that open whole files share.

use std::sync::{Arc, LazyLock};

use postroom_extractor::memory::each_chunk;
use postroom_extractor::source::{ReadLog, Source};

/// More than any damage of a small file has reason to write.
const LIMIT_BYTES: u64 = 64 << 20;

/// A sound file, and the places of it that a reader looks at.
struct Base {
    bytes: Vec<u8>,
    touched: Vec<(u64, u64)>,
}

/// The files of `base/`: `run.sh` writes them.
static BASES: LazyLock<Vec<Base>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/base");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some())
        .collect();
    paths.sort();
    paths
        .iter()
        .filter_map(|path| std::fs::read(path).ok())
        .map(base)
        .collect()
});

fn base(bytes: Vec<u8>) -> Base {
    let log = Arc::new(ReadLog::new(bytes.clone()));
    read_all(Box::new(Arc::clone(&log)));
    let touched = log.touched();
    Base { bytes, touched }
}

/// The file that the fuzzer means: the data itself, or damage done to a sound file.
///
/// A small PST is mostly padding, so damage is written as patches: one byte chooses the file, then
/// each patch is a place among the bytes that a reader touches (16 bits), a length, and bytes.
pub fn file(data: &[u8]) -> Option<Vec<u8>> {
    if data.starts_with(b"!BDN") {
        return Some(data.to_vec());
    }
    let (choice, mut rest) = data.split_first()?;
    let base = BASES.get(usize::from(*choice) % BASES.len().max(1))?;
    let mut bytes = base.bytes.clone();
    while let Some(([low, high, length], after)) = rest.split_first_chunk::<3>() {
        let length = usize::from(length % 8 + 1).min(after.len());
        let (patch, after) = after.split_at(length);
        let at = place(&base.touched, u16::from_le_bytes([*low, *high]));
        for (target, byte) in bytes.iter_mut().skip(at).zip(patch) {
            *target = *byte;
        }
        rest = after;
    }
    Some(bytes)
}

fn place(touched: &[(u64, u64)], part: u16) -> usize {
    let total: u64 = touched.iter().map(|(start, end)| end - start).sum();
    let mut at = total * u64::from(part) >> 16;
    for (start, end) in touched {
        if at < end - start {
            return usize::try_from(start + at).unwrap_or(0);
        }
        at -= end - start;
    }
    0
}

/// Reads every message of a file as an extraction does, without writing anything.
pub fn read_all(source: Box<dyn Source>) {
    // A file that is refused is as good an answer as any.
    let _ = each_chunk(source, LIMIT_BYTES, |_| true);
}
