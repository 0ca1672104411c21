//! One extraction from beginning to end.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::OpenError;
use crate::identity::hash::hex;
use crate::opened::Opened;
use crate::source::{FileSource, Source, Stamp, sha256};
use crate::write::{
    Committed, Committer, Extra, FolderCounts, Limits, Manifest, ObjectFolder, Plan, Pool, Queue,
    Shared, SourceFacts, Worker, folders_csv, manifest_json, sorted_json,
};

/// Outputs on their way from the workers to the disk.
const IN_FLIGHT_BYTES: usize = 32 << 20;
/// Small files may have outputs of at least this size.
const LEAST_OUTPUT: u64 = 16 << 20;
/// No sound file has a byte that is read this often.
const READ_TIMES: u64 = 64;
const LEAST_READ: u64 = 1 << 30;
/// Messages inside messages are read by functions inside functions.
const STACK_BYTES: usize = 64 << 20;

/// What a run is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    pub file: PathBuf,
    pub out: PathBuf,
    pub jobs: usize,
    pub ingest: Uuid,
    pub extra: Extra,
    /// Bytes of outputs; 8 times the source if nothing is said.
    pub max_output: Option<u64>,
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub emails: u64,
    pub attachments: u64,
    pub errors: u64,
}

/// Tells of the progress: phase, done, total.
pub type Progress<'a> = dyn Fn(&str, u64, u64) + Sync + 'a;

/// Reads `options.file` into `options.out`: all of it appears there at once, at the end.
///
/// # Errors
/// If the file cannot be read, changes while it is read, or the outputs cannot be written.
pub fn extract(options: &Options, progress: &Progress) -> Result<Outcome, OpenError> {
    if options.out.exists() {
        return Err(unwritable(&options.out, "it exists already"));
    }
    let before = Stamp::of(&options.file).map_err(|e| unreadable(&options.file, &e.to_string()))?;
    let file = File::open(&options.file).map_err(|e| unreadable(&options.file, &e.to_string()))?;
    let source = FileSource::new(file).map_err(|e| unreadable(&options.file, &e.to_string()))?;
    let partial = partial(&options.out);
    let _ = fs::remove_dir_all(&partial);
    fs::create_dir_all(&partial).map_err(|e| unwritable(&partial, &e.to_string()))?;
    let run = Run {
        options,
        partial: &partial,
        before,
        source: Arc::new(source),
        progress,
    };
    let outcome = run.go().map_err(|why| run.explained(why));
    if outcome.is_err() {
        let _ = fs::remove_dir_all(&partial);
    }
    outcome
}

fn partial(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

fn unreadable(path: &Path, why: &str) -> OpenError {
    OpenError::NotReadable(format!("{}: {why}", path.display()))
}

fn unwritable(path: &Path, why: &str) -> OpenError {
    OpenError::NotWritable(format!("{}: {why}", path.display()))
}

struct Run<'a> {
    options: &'a Options,
    partial: &'a Path,
    before: Stamp,
    source: Arc<FileSource>,
    progress: &'a Progress<'a>,
}

impl Run<'_> {
    fn go(&self) -> Result<Outcome, OpenError> {
        let started = Instant::now();
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let digest = scope.spawn(|| sha256(&*self.source, &is_over));
            let written = self.write();
            if written.is_err() {
                is_over.store(true, Ordering::Relaxed);
            }
            let digest = digest.join();
            let (opened, committed, failed_rows) = written?;
            let digest = digest
                .unwrap_or_else(|_| Err(io::Error::other("the digest failed")))
                .map_err(|why| unreadable(&self.options.file, &why.to_string()))?;
            self.end(&opened, &committed, &failed_rows, digest, started)
        })
    }

    fn has_changed(&self) -> bool {
        Stamp::of(&self.options.file).ok() != Some(self.before)
    }

    fn changed(&self) -> OpenError {
        unreadable(&self.options.file, "the file changed while it was read")
    }

    /// A file that shrinks or is written anew under the reader looks damaged: the change is why.
    fn explained(&self, why: OpenError) -> OpenError {
        match why {
            OpenError::NotReadable(_) if self.has_changed() => self.changed(),
            other => other,
        }
    }

    fn limit(&self) -> u64 {
        let least = self.source.size().saturating_mul(8).max(LEAST_OUTPUT);
        self.options.max_output.unwrap_or(least)
    }

    /// Reads everything and writes all but folders, metrics and manifest.
    fn write(&self) -> Result<(Opened, Committed, Vec<u64>), OpenError> {
        (self.progress)("open", 0, 0);
        let opened = Opened::new(Box::new(Arc::clone(&self.source)))?;
        let folders = &opened.folders.list;
        let limit = self.limit();
        let most_read = self
            .source
            .size()
            .saturating_mul(READ_TIMES)
            .max(LEAST_READ);
        let limits = Limits {
            output_bytes: limit,
            read_bytes: most_read,
        };
        let write_failed = |e: io::Error| unwritable(self.partial, &e.to_string());
        let mut committer =
            Committer::create(self.partial, folders.len(), limits).map_err(write_failed)?;
        committer.faults(&opened.faults).map_err(write_failed)?;
        let objects = ObjectFolder::new(Some(self.partial.to_owned()), self.options.extra, limit);
        let shared = Shared {
            pst: &opened.pst,
            folders,
            names: &opened.names,
            objects: &objects,
            pool: &Pool::default(),
            ingest: self.options.ingest,
        };
        let plan = Plan::new(&opened.pst, &opened.folders);
        let failed_rows = plan.failed_rows();
        self.work(&shared, plan, &mut committer, &opened)
            .map_err(write_failed)?;
        if let Some(error) = objects.take_failure() {
            return Err(write_failed(error));
        }
        committer
            .tell_cut(folders, &failed_rows)
            .map_err(write_failed)?;
        let committed = committer.finish().map_err(write_failed)?;
        Ok((opened, committed, failed_rows))
    }

    /// Workers read units side by side; this thread commits them in order.
    fn work(
        &self,
        shared: &Shared,
        plan: Plan,
        committer: &mut Committer,
        opened: &Opened,
    ) -> io::Result<()> {
        let jobs = self.options.jobs.max(1);
        let plan = Mutex::new(plan);
        let queue = Queue::new(IN_FLIGHT_BYTES, jobs);
        std::thread::scope(|scope| {
            for number in 0..jobs {
                let (plan, queue) = (&plan, &queue);
                let worker = move || {
                    let _leaving = Leaving(queue);
                    let mut worker = Worker::new(shared, number);
                    let take = || plan.lock().ok().and_then(|mut plan| plan.next());
                    while let Some(unit) = take() {
                        if !worker.run(&unit, |chunk| queue.push(chunk)) {
                            queue.stop();
                            break;
                        }
                    }
                };
                std::thread::Builder::new()
                    .stack_size(STACK_BYTES)
                    .spawn_scoped(scope, worker)?;
            }
            let outcome = self.commit(&queue, committer, opened, shared.pool);
            queue.stop();
            outcome
        })
    }

    fn commit(
        &self,
        queue: &Queue,
        committer: &mut Committer,
        opened: &Opened,
        pool: &Pool,
    ) -> io::Result<()> {
        let total = opened
            .folders
            .list
            .iter()
            .map(|f| f.message_nodes as u64)
            .sum();
        while let Some(chunk) = queue.pop() {
            if !committer.chunk(&chunk)? {
                break;
            }
            for part in chunk.parts {
                pool.give(part.raw);
                pool.give(part.compressed);
            }
            (self.progress)("extract", committer.counts().written, total);
        }
        Ok(())
    }

    /// Folders, metrics, and last of all the manifest; then the folder gets its name.
    fn end(
        &self,
        opened: &Opened,
        committed: &Committed,
        failed_rows: &[u64],
        sha256: String,
        started: Instant,
    ) -> Result<Outcome, OpenError> {
        if self.has_changed() {
            return Err(self.changed());
        }
        let rows = failed_rows.iter().zip(&committed.folders);
        let counts: Vec<_> = rows
            .map(|(bad, (written, failed))| FolderCounts {
                written: *written,
                failed: failed + bad,
            })
            .collect();
        let folders = &opened.folders.list;
        let mut outputs = committed.outputs.clone();
        let csv = folders_csv(folders, &counts);
        outputs.push(plain_facts("folders.csv", &csv, folders.len()));
        let manifest = manifest_json(&Manifest {
            ingest_id: self.options.ingest.hyphenated().to_string(),
            source: SourceFacts {
                size: self.before.size,
                sha256,
                has_password: opened.has_password,
            },
            header: &opened.pst.header,
            committed,
            outputs: &outputs,
            folders,
            folder_counts: &counts,
            associated: opened.folders.associated,
        });
        self.put("folders.csv", &csv)?;
        self.put(
            "metrics.json",
            &sorted_json(&self.metrics(committed, started)),
        )?;
        self.put("manifest.json", &sorted_json(&manifest))?;
        fs::rename(self.partial, &self.options.out)
            .map_err(|e| unwritable(&self.options.out, &e.to_string()))?;
        let counts = &committed.counts;
        Ok(Outcome {
            emails: counts.emails,
            attachments: counts.attachments,
            errors: counts.errors,
        })
    }

    fn put(&self, name: &str, text: &str) -> Result<(), OpenError> {
        let path = self.partial.join(name);
        let write = || {
            let mut file = File::create(&path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|e: io::Error| unwritable(&path, &e.to_string()))
    }

    fn metrics(&self, committed: &Committed, started: Instant) -> Value {
        let elapsed = started.elapsed().as_secs_f64().max(1e-6);
        json!({
            "elapsed_s": elapsed,
            "read_bytes": committed.read_bytes,
            "mb_per_s": self.before.size as f64 / 1e6 / elapsed,
            "emails_per_s": committed.counts.emails as f64 / elapsed,
            "peak_rss_bytes": peak_rss(),
            "jobs": self.options.jobs,
        })
    }
}

/// A worker that ends, however it ends, is no longer waited for.
struct Leaving<'a>(&'a Queue);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

fn plain_facts(name: &str, text: &str, records: usize) -> (String, Value) {
    let digest = hex(&Sha256::digest(text.as_bytes()));
    let facts = json!({
        "sha256": digest,
        "size_bytes": text.len(),
        "uncompressed_sha256": digest,
        "uncompressed_size_bytes": text.len(),
        "records": records,
    });
    (name.to_owned(), facts)
}

/// The most memory this process ever held, if the system tells.
fn peak_rss() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    kilobytes.checked_mul(1024)
}
