//! The program as people run it: exit codes, and what is left behind.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails may panic"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use postroom_extractor::extract::{Options, extract as run};
use postroom_extractor::write::Extra;
use serde_json::Value;

fn synth(folder: &Path, mails: &str) -> PathBuf {
    let path = folder.join("x.pst");
    let made = Command::new(env!("CARGO_BIN_EXE_pst-synth"))
        .args(["small", "--mails", mails, "--size", "600000", "--out"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    path
}

fn extract(file: &Path, out: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pst-extract"))
        .arg(file)
        .arg("--out")
        .arg(out)
        .args(more)
        .output()
        .unwrap()
}

/// The last line on standard error, which tells how it ended.
fn ending(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

fn manifest(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap()
}

/// Every file below a folder with its bytes, but the metrics, which vary.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("metrics.json") {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_outputs_are_the_same_bytes_whatever_the_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let file = synth(folder.path(), "300");
    let outs = ["1", "2", "7"].map(|jobs| {
        let out = folder.path().join(jobs);
        assert_eq!(
            extract(&file, &out, &["--jobs", jobs]).status.code(),
            Some(0)
        );
        contents(&out)
    });
    assert!(outs[0].len() > 8);
    assert!(outs[0] == outs[1] && outs[0] == outs[2]);
}

#[test]
fn what_is_no_pst_ends_with_3_and_says_what_helps() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no.pst");
    fs::write(&file, b"hello").unwrap();
    for file in [file, folder.path().join("missing.pst")] {
        let output = extract(&file, &folder.path().join("out"), &[]);
        assert_eq!(output.status.code(), Some(3));
        let said = ending(&output);
        for member in ["what", "where", "why", "help"] {
            assert!(
                said[member].as_str().is_some_and(|text| !text.is_empty()),
                "{said}"
            );
        }
    }
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing partial is left"
    );
}

#[test]
fn an_output_that_exists_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = synth(folder.path(), "2");
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    let output = extract(&file, &out, &[]);
    assert_eq!(
        (output.status.code(), ending(&output)["event"].as_str()),
        (Some(6), Some("error"))
    );
    assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
}

#[test]
fn wrong_usage_ends_with_64() {
    let output = Command::new(env!("CARGO_BIN_EXE_pst-extract"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
}

/// A file size limit stands for a full disk.
#[test]
fn a_disk_that_is_full_ends_with_6_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = synth(folder.path(), "40");
    let out = folder.path().join("out");
    let script = format!(
        "trap '' XFSZ; ulimit -f 4; exec '{}' '{}' --out '{}'",
        env!("CARGO_BIN_EXE_pst-extract"),
        file.display(),
        out.display()
    );
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(6),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing partial is left"
    );
}

#[test]
fn a_file_that_is_cut_gives_what_is_there_and_5() {
    let folder = tempfile::tempdir().unwrap();
    let file = synth(folder.path(), "40");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() * 9 / 10]).unwrap();
    let output = extract(&file, &folder.path().join("out"), &[]);
    // Where the cut takes a B-tree root nothing can be found: that is 3.
    assert!(
        matches!(output.status.code(), Some(3 | 5)),
        "{:?}",
        output.status
    );
}

#[test]
fn outputs_over_the_limit_are_left_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = synth(folder.path(), "300");
    let out = folder.path().join("out");
    let output = extract(&file, &out, &["--max-output", "100000"]);
    assert_eq!(output.status.code(), Some(5));
    let errors = fs::read_to_string(out.join("errors.ndjson")).unwrap();
    assert!(errors.contains("\"kind\":\"limit\""), "{errors}");
    let manifest = manifest(&out);
    assert!(manifest["counts"]["emails"].as_u64().unwrap() < 300);
    let objects = contents(&out.join("objects")).len() as u64;
    assert_eq!(manifest["counts"]["objects"].as_u64(), Some(objects));
}

#[test]
fn attachments_get_the_digests_that_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = synth(folder.path(), "40");
    let out = folder.path().join("out");
    let ingest = "6f3b0c52-8f0e-4c3a-9d57-0b1f6a2c9e11";
    let output = extract(&file, &out, &["--hash", "md5,sha1", "--ingest-id", ingest]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(manifest(&out)["ingest_id"].as_str(), Some(ingest));
    let packed = fs::read(out.join("attachments.ndjson.gz")).unwrap();
    let mut text = String::new();
    let mut reader = flate2::read::MultiGzDecoder::new(&packed[..]);
    std::io::Read::read_to_string(&mut reader, &mut text).unwrap();
    let mut checked = 0;
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        if let Some(key) = record["object_key"].as_str() {
            let size = fs::metadata(out.join(key)).unwrap().len();
            assert_eq!(record["size_bytes"].as_u64(), Some(size));
            assert_eq!(record["md5"].as_str().map(str::len), Some(32));
            assert_eq!(record["sha1"].as_str().map(str::len), Some(40));
            checked += 1;
        }
    }
    assert!(checked > 0);
}

/// The progress is told between two steps: there another program writes to the file.
#[test]
fn a_file_that_changes_while_it_is_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = synth(folder.path(), "2");
    let options = Options {
        file: file.clone(),
        out: folder.path().join("out"),
        jobs: 1,
        ingest: uuid::Uuid::nil(),
        extra: Extra::default(),
        max_output: None,
    };
    let grow = |phase: &str, _: u64, _: u64| {
        if phase == "open" {
            let mut bytes = fs::read(&file).unwrap();
            bytes.push(0);
            fs::write(&file, bytes).unwrap();
        }
    };
    let refused = run(&options, &grow).unwrap_err();
    assert_eq!(refused.exit_code(), 3);
    assert!(refused.to_string().contains("changed"), "{refused}");
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing partial is left"
    );
}
