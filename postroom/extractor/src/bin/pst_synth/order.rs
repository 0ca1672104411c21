//! What to write: the command line, understood.

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::Parser;

use crate::error::{Result, SynthError};
use crate::file::cipher::Encoding;
use crate::file::layout::Format;
use crate::hostile::Hostile;
use crate::profile::{Profile, Scale, Wish};

/// Writes a valid PST file from a seed, and beside it what is true of it.
#[derive(Debug, Parser)]
#[command(name = "pst-synth", version)]
pub struct Arguments {
    /// small, medium, large, unicode, deep, family or big-folder
    pub profile: String,
    /// The file to write
    #[arg(long)]
    pub out: PathBuf,
    /// Where to write what a reader has to find, as NDJSON
    #[arg(long)]
    pub truth: Option<PathBuf>,
    /// The same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Bytes that the file should have
    #[arg(long, conflicts_with = "divide")]
    pub size: Option<u64>,
    /// Divide the profile's default size by this
    #[arg(long)]
    pub divide: Option<u64>,
    /// Number of top-level mails
    #[arg(long, conflicts_with = "divide")]
    pub mails: Option<u64>,
    /// unicode, unicode4k, ansi14 or ansi15
    #[arg(long, default_value = "unicode")]
    pub format: String,
    /// none, permute or cyclic
    #[arg(long, default_value = "permute")]
    pub encoding: String,
    /// Cut streams into blocks of at most this many bytes: many blocks in a small file
    #[arg(long)]
    pub block_bytes: Option<NonZeroU16>,
    /// Fill the last allocation section of a 4K file too (16 MB), as Outlook does
    #[arg(long)]
    pub pad: bool,
    /// Make one thing wrong: shared-blocks, btree-cycle, deep-nesting, endless-nesting, bad-crc, truncated, truncated-tail,
    /// absurd-size, missing-node, no-contents-row or orphan
    #[arg(long)]
    pub hostile: Option<String>,
}

/// What to write.
#[derive(Clone, Debug)]
pub struct Order {
    pub profile: Profile,
    pub scale: Scale,
    pub seed: u64,
    pub format: Format,
    pub encoding: Encoding,
    pub block_bytes: Option<NonZeroU16>,
    pub is_padded: bool,
    pub hostile: Option<Hostile>,
}

impl Arguments {
    /// Checks what the types of the arguments could not.
    pub fn order(&self) -> Result<Order> {
        let profile = Profile::named(&self.profile)?;
        let wish = Wish {
            size_bytes: self.size,
            divide: self.divide,
            mails: self.mails,
        };
        Ok(Order {
            profile,
            scale: profile.scale(wish)?,
            seed: self.seed,
            format: format_named(&self.format)?,
            encoding: encoding_named(&self.encoding)?,
            block_bytes: self.block_bytes,
            is_padded: self.pad,
            hostile: self.hostile.as_deref().map(Hostile::named).transpose()?,
        })
    }
}

fn format_named(name: &str) -> Result<Format> {
    match name {
        "unicode" => Ok(Format::Unicode),
        "unicode4k" => Ok(Format::Unicode4k),
        "ansi14" => Ok(Format::Ansi14),
        "ansi15" => Ok(Format::Ansi15),
        _ => Err(SynthError::usage(
            format!("there is no format {name:?}"),
            "formats: unicode, unicode4k, ansi14, ansi15",
        )),
    }
}

fn encoding_named(name: &str) -> Result<Encoding> {
    match name {
        "none" => Ok(Encoding::None),
        "permute" => Ok(Encoding::Permute),
        "cyclic" => Ok(Encoding::Cyclic),
        _ => Err(SynthError::usage(
            format!("there is no encoding {name:?}"),
            "encodings: none, permute, cyclic",
        )),
    }
}
