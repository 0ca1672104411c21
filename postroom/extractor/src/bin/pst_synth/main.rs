//! `pst-synth`: a streaming writer of valid PST files, and of the truth about them.
//!
//! It shares no code with the reader in this crate: the two are witnesses of each other.

// A writer indexes buffers that it has just made; a parser must not.
#![allow(clippy::indexing_slicing)]

mod content;
mod error;
mod file;
mod hostile;
mod identity;
mod mail;
mod mailbox;
mod order;
mod profile;
mod progress;
mod publish;
mod truth;

use std::process::ExitCode;

use clap::Parser;

use error::SynthError;
use order::Arguments;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(refusal) => {
            let is_error = refusal.use_stderr();
            // A closed standard error is no reason to change the exit code.
            let _ = refusal.print();
            return ExitCode::from(if is_error { 64 } else { 0 });
        }
    };
    match publish::run(&arguments) {
        Ok(summary) => {
            progress::say(&summary);
            ExitCode::SUCCESS
        }
        Err(failure) => fail(&failure),
    }
}

fn fail(failure: &SynthError) -> ExitCode {
    progress::say(&failure.event());
    ExitCode::from(failure.exit_code())
}
