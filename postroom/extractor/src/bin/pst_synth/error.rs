//! What can go wrong, and the exit code that says so.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub type Result<T> = std::result::Result<T, SynthError>;

/// Why no file was written.
#[derive(Debug, Error)]
pub enum SynthError {
    #[error("{what}")]
    Usage { what: String, help: String },
    #[error("could not write")]
    Io(#[from] io::Error),
    #[error("could not write {path}")]
    Write { path: PathBuf, source: io::Error },
    #[error("{what} does not fit into this file format")]
    TooMuch { what: &'static str },
}

impl SynthError {
    pub fn usage(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage {
            what: what.into(),
            help: help.into(),
        }
    }

    /// Names the file that a write was for.
    pub fn at(self, path: &Path) -> Self {
        match self {
            Self::Io(source) => Self::Write {
                path: path.to_owned(),
                source,
            },
            other => other,
        }
    }

    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } | Self::TooMuch { .. } => 64,
            Self::Io(_) | Self::Write { .. } => 6,
        }
    }

    /// The error as a line of progress: what failed, where, why and what helps.
    pub fn event(&self) -> serde_json::Value {
        let (place, why, help) = match self {
            Self::Usage { help, .. } => (String::new(), String::new(), help.clone()),
            Self::Io(source) => (String::new(), source.to_string(), DISK.to_owned()),
            Self::Write { path, source } => (
                path.display().to_string(),
                source.to_string(),
                DISK.to_owned(),
            ),
            Self::TooMuch { .. } => (
                String::new(),
                String::new(),
                "use --format unicode, or fewer mails".to_owned(),
            ),
        };
        serde_json::json!({"event": "error", "what": self.to_string(), "where": place, "why": why, "help": help})
    }
}

const DISK: &str =
    "free some space or name another place with --out; nothing was left under the final name";
