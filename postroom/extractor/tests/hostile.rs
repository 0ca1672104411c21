//! Damage at every byte that the reader touches: no panic, no hang, no silence.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails may panic"
)]

use std::io;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use postroom_extractor::error::OpenError;
use postroom_extractor::memory::{Extracted, extract_in_memory};
use postroom_extractor::source::{ReadLog, Source};

const FORMATS: [&str; 4] = ["ansi14", "ansi15", "unicode", "unicode4k"];
const LIMIT: u64 = 16 << 20;
/// What takes longer hangs: a sound reading of these files takes milliseconds.
const LONGEST: Duration = Duration::from_secs(20);

/// A small file of the family profile: attachments of all kinds and messages inside messages.
fn small(format: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.pst");
    let made = Command::new(env!("CARGO_BIN_EXE_pst-synth"))
        .args([
            "family", "--mails", "1", "--size", "100000", "--format", format, "--out",
        ])
        .arg(&path)
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    std::fs::read(path).unwrap()
}

/// A file of which one byte is another, or of which the end is missing.
struct Damaged {
    bytes: Arc<Vec<u8>>,
    end: usize,
    flip: Option<(usize, u8)>,
}

impl Source for Damaged {
    fn size(&self) -> u64 {
        self.end as u64
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let end = start
            .checked_add(buffer.len())
            .filter(|&end| end <= self.end);
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(&self.bytes[start..end]);
        if let Some((at, pattern)) = self.flip.filter(|&(at, _)| (start..end).contains(&at)) {
            buffer[at - start] ^= pattern;
        }
        Ok(())
    }
}

fn read(source: Damaged) -> Result<Extracted, OpenError> {
    extract_in_memory(Box::new(source), LIMIT)
}

/// Every place that a sound reading touches.
fn touched(bytes: &[u8]) -> Vec<usize> {
    let log = Arc::new(ReadLog::new(bytes.to_vec()));
    let sound = extract_in_memory(Box::new(Arc::clone(&log)), LIMIT).unwrap();
    assert!(sound.emails() >= 1);
    assert_eq!(sound.faults(), 0, "{}", sound.fault_lines());
    log.touched()
        .into_iter()
        .flat_map(|(from, to)| from as usize..to as usize)
        .collect()
}

/// Runs a damaged file; panics inside messages are recorded by the reader, so they are looked
/// for in its faults.
fn survives(name: &str, damaged: Damaged) -> Option<Extracted> {
    let started = Instant::now();
    let outcome = read(damaged).ok();
    assert!(started.elapsed() < LONGEST, "{name}: it hangs");
    if let Some(extracted) = &outcome {
        let lines = extracted.fault_lines();
        assert!(!lines.contains("\"kind\":\"panic\""), "{name}: {lines}");
    }
    outcome
}

/// Runs `check` for each place, on as many threads as there are processors.
fn everywhere(places: &[usize], check: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            std::thread::Builder::new()
                .stack_size(64 << 20)
                .spawn_scoped(scope, || {
                    while let Some(&place) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
                        check(place);
                    }
                })
                .unwrap();
        }
    });
}

/// Each touched byte is changed once, by a pattern that differs from place to place.
#[test]
fn a_flip_of_any_byte_neither_panics_nor_hangs_nor_goes_unnoticed() {
    for format in FORMATS {
        let bytes = Arc::new(small(format));
        let places = touched(&bytes);
        let whole = Damaged {
            bytes: Arc::clone(&bytes),
            end: bytes.len(),
            flip: None,
        };
        let sound = read(whole).unwrap().email_lines();
        let unnoticed = AtomicUsize::new(0);
        everywhere(&places, |at| {
            let pattern = [0xFF, 0x01, 0x80, 0x10][at % 4];
            let flip = Some((at, pattern));
            let damaged = Damaged {
                bytes: Arc::clone(&bytes),
                end: bytes.len(),
                flip,
            };
            let found = survives(&format!("{format}: byte {at} ^ {pattern:#04x}"), damaged);
            if found.is_some_and(|f| f.faults() == 0 && f.email_lines() != sound) {
                unnoticed.fetch_add(1, Ordering::Relaxed);
            }
        });
        println!("{format}: {} places, {unnoticed:?} unnoticed", places.len());
        assert_eq!(
            unnoticed.into_inner(),
            0,
            "{format}: mail changed and nothing was recorded"
        );
    }
}

/// The file ends at each touched place in turn.
#[test]
fn a_file_that_ends_anywhere_neither_panics_nor_hangs() {
    for format in FORMATS {
        let bytes = Arc::new(small(format));
        let places = touched(&bytes);
        everywhere(&places, |at| {
            let damaged = Damaged {
                bytes: Arc::clone(&bytes),
                end: at,
                flip: None,
            };
            survives(&format!("{format}: cut at {at}"), damaged);
        });
    }
}
