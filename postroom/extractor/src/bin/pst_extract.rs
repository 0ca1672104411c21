//! `pst-extract FILE --out DIR`: everything that is in a PST, reconciled and hashed.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Parser;
use postroom_extractor::error::OpenError;
use postroom_extractor::extract::{Options, extract};
use postroom_extractor::write::Extra;
use serde_json::{Value, json};
use uuid::Uuid;

const COMPLETE: u8 = 0;
const ITEM_ERRORS: u8 = 5;
const USAGE: u8 = 64;
const BETWEEN_PROGRESS: Duration = Duration::from_millis(250);

/// Extracts every message, attachment and folder of an Outlook PST or OST file.
///
/// Exit codes: 0 complete, 3 not a readable PST, 5 complete with item errors, 6 could not write.
#[derive(Parser)]
#[command(version, name = "pst-extract")]
struct Arguments {
    /// The PST or OST file; it is only ever read.
    file: PathBuf,
    /// The folder that will hold the outputs; it must not exist.
    #[arg(long)]
    out: PathBuf,
    /// Threads that read.
    #[arg(long, default_value_t = default_jobs())]
    jobs: usize,
    /// The namespace of the ids; without it the nil UUID, so that outputs compare.
    #[arg(long, default_value_t = Uuid::nil())]
    ingest_id: Uuid,
    /// Digests of attachments beside SHA-256.
    #[arg(long, value_delimiter = ',', value_parser = ["md5", "sha1"])]
    hash: Vec<String>,
    /// Bytes that the outputs may take; 8 times the source, and at least 16 MiB, by default.
    #[arg(long)]
    max_output: Option<u64>,
}

fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { COMPLETE });
        }
    };
    // A panic costs one message and is recorded there: nothing is printed between the JSON lines.
    std::panic::set_hook(Box::new(|_| {}));
    ExitCode::from(run(arguments))
}

fn run(arguments: Arguments) -> u8 {
    let options = Options {
        extra: Extra {
            md5: arguments.hash.iter().any(|name| name == "md5"),
            sha1: arguments.hash.iter().any(|name| name == "sha1"),
        },
        file: arguments.file,
        out: arguments.out,
        jobs: arguments.jobs.clamp(1, 64),
        ingest: arguments.ingest_id,
        max_output: arguments.max_output,
    };
    let last = Mutex::new(None::<Instant>);
    let progress = |phase: &str, done: u64, total: u64| {
        let Ok(mut last) = last.lock() else { return };
        if last.is_none_or(|at| at.elapsed() >= BETWEEN_PROGRESS) {
            *last = Some(Instant::now());
            tell(
                &json!({"event": "progress", "phase": phase, "done": done, "total": total,
                         "unit": "messages"}),
            );
        }
    };
    match extract(&options, &progress) {
        Ok(outcome) => {
            tell(&json!({"event": "done", "emails": outcome.emails,
                         "attachments": outcome.attachments, "errors": outcome.errors}));
            if outcome.errors > 0 {
                ITEM_ERRORS
            } else {
                COMPLETE
            }
        }
        Err(error) => {
            tell(&complaint(&error, &options));
            error.exit_code()
        }
    }
}

/// What failed, where, why, and what helps.
fn complaint(error: &OpenError, options: &Options) -> Value {
    let (what, place, help) = match error {
        OpenError::NotReadable(_) => (
            "the file cannot be extracted",
            &options.file,
            "check that it is a complete PST or OST file that no program writes to, then run \
             pst-extract again",
        ),
        OpenError::NotWritable(_) => (
            "the outputs cannot be written",
            &options.out,
            "choose a folder that does not exist yet, on a disk with room, by --out",
        ),
    };
    json!({"event": "error", "what": what, "where": place.display().to_string(),
           "why": error.to_string(), "help": help})
}

fn tell(line: &Value) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
