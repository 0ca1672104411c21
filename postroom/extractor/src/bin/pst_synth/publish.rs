//! From an order to finished files: written under another name, digested, renamed.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::{Result, SynthError};
use crate::file::layout::Layout;
use crate::identity::hex;
use crate::mailbox::writer::write_mailbox;
use crate::order::{Arguments, Order};
use crate::progress::Progress;
use crate::truth::Truth;

/// A file that takes its final name only when it is complete, and is removed if it never is.
struct Pending {
    partial: PathBuf,
    target: PathBuf,
    is_published: bool,
}

impl Pending {
    fn create(target: &Path) -> Result<(Self, File)> {
        let mut partial = OsString::from(target);
        partial.push(".partial");
        let pending = Self {
            partial: partial.into(),
            target: target.to_owned(),
            is_published: false,
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&pending.partial)
            .map_err(|source| SynthError::from(source).at(target))?;
        Ok((pending, file))
    }

    fn publish(mut self) -> Result<()> {
        fs::rename(&self.partial, &self.target)
            .map_err(|source| SynthError::from(source).at(&self.target))?;
        self.is_published = true;
        Ok(())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.is_published {
            // What cannot be removed still does not bear the final name.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// Writes what the arguments ask for, and returns the line that ends the progress.
pub fn run(arguments: &Arguments) -> Result<Value> {
    let order = arguments.order()?;
    let (pending, file) = Pending::create(&arguments.out)?;
    let pending_truth = arguments
        .truth
        .as_deref()
        .map(Pending::create)
        .transpose()?;
    let (pending_truth, truth_file) = pending_truth.unzip();
    let mut truth = Truth::new(truth_file);
    let written = write_mailbox(file, &order, &mut truth, &mut Progress::new())
        .map_err(|failure| failure.at(&arguments.out))?;
    let mut line = json!({
        "kind": "file", "format": Layout::of(order.format).name(), "encoding": order.encoding.name(), "seed": order.seed,
        "profile": order.profile.name(), "folders": written.folders, "emails": truth.emails, "attachments": truth.attachments,
        "associated": truth.associated,
    });
    describe(&mut line, &pending.partial, &order).map_err(|failure| failure.at(&arguments.out))?;
    truth
        .finish(&line)
        .map_err(|failure| failure.at(arguments.truth.as_deref().unwrap_or(&arguments.out)))?;
    pending.publish()?;
    pending_truth.map(Pending::publish).transpose()?;
    line["event"] = json!("done");
    line["blocks"] = json!(written.blocks);
    Ok(line)
}

/// Adds size and digest of the written file.
fn describe(line: &mut Value, path: &Path, _order: &Order) -> Result<()> {
    let (mut file, mut hash, mut buffer) = (File::open(path)?, Sha256::new(), vec![0; 1 << 20]);
    let mut size_bytes = 0u64;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        size_bytes += count as u64;
    }
    line["size_bytes"] = json!(size_bytes);
    line["sha256"] = json!(hex(&hash.finalize()));
    Ok(())
}
