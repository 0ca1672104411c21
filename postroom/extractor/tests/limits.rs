//! Files that are made to run away: blocks shared by many nodes, messages inside themselves.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails may panic"
)]

use std::process::Command;
use std::time::{Duration, Instant};

use postroom_extractor::memory::{extract_in_memory, file_of_blocks};
use postroom_extractor::messaging::ContentStore;
use postroom_extractor::ndb::{Bid, DataTree, Nid, Pst, Reader, SubNodes};
use postroom_extractor::write::{Extra, ObjectFolder, ObjectWriter};

fn synth(profile: &str, mails: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pst");
    let made = Command::new(env!("CARGO_BIN_EXE_pst-synth"))
        .args([profile, "--mails", mails, "--size", "200000", "--out"])
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

fn file_of(blocks: Vec<(u64, Vec<u8>)>) -> Pst {
    let blocks: Vec<_> = blocks
        .into_iter()
        .map(|(bid, data)| (Bid(bid), data))
        .collect();
    file_of_blocks(&blocks)
}

/// An XBLOCK or XXBLOCK that names one block many times.
fn list(level: u8, bid: u64, times: u16) -> Vec<u8> {
    let mut block = vec![1, level];
    block.extend(times.to_le_bytes());
    block.extend([0; 4]);
    (0..times).for_each(|_| block.extend(bid.to_le_bytes()));
    block
}

#[test]
fn eight_gigabytes_out_of_one_block_meet_the_limit_of_outputs() {
    let pst = file_of(vec![
        (4, vec![7; 8176]),
        (10, list(1, 4, 1021)),
        (14, list(2, 10, 1021)),
    ]);
    let reader = Reader::new(&pst);
    let tree = DataTree::load(&reader, Bid(14)).unwrap();
    assert_eq!(tree.len(), 1021 * 1021);
    let started = Instant::now();
    let folder = ObjectFolder::new(None, Extra::default(), 16 << 20);
    let refused = ObjectWriter::new(&folder, 0)
        .put_tree(&reader, &tree)
        .unwrap_err();
    assert!(refused.reason.contains("--max-output"), "{refused}");
    assert!(tree.read_all(&reader, 1 << 20).is_err());
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_list_of_blocks_that_names_itself_is_refused() {
    let pst = file_of(vec![(4, vec![7; 10]), (14, list(2, 14, 3))]);
    let reader = Reader::new(&pst);
    assert!(DataTree::load(&reader, Bid(14)).is_err());
}

#[test]
fn subnodes_that_name_themselves_are_a_finding() {
    let mut branch = vec![2, 1, 2, 0, 0, 0, 0, 0];
    for _ in 0..2 {
        branch.extend([5, 0, 0, 0, 0, 0, 0, 0]);
        branch.extend(18_u64.to_le_bytes());
    }
    let pst = file_of(vec![(4, vec![7; 10]), (18, branch)]);
    let reader = Reader::new(&pst);
    assert_eq!(SubNodes::load(&reader, Bid(18)).unwrap().iter().count(), 0);
    assert!(
        reader
            .take_findings()
            .iter()
            .any(|f| f.reason.contains("inside an SIBLOCK"))
    );
}

/// The place in the file of the subnode entry `nid` of a node whose subnodes are in `sub`.
fn entry_at(pst: &Pst, bytes: &[u8], sub: Bid, nid: Nid) -> usize {
    let place = pst.blocks.find(sub).unwrap();
    let start = usize::try_from(place.offset).unwrap();
    let entries = (start + 8..start + usize::from(place.size)).step_by(24);
    let is_it = |&at: &usize| bytes[at..at + 4] == nid.0.to_le_bytes();
    entries.into_iter().find(is_it).unwrap()
}

#[test]
fn a_message_inside_itself_is_read_once() {
    let mut bytes = synth("family", "6");
    let (pst, _) = Pst::open(Box::new(bytes.clone())).unwrap();
    let reader = Reader::new(&pst);
    let mut patches = Vec::new();
    for top in pst.nodes.iter().filter(|n| n.nid.kind() == 4) {
        let attachments = SubNodes::load(&reader, top.sub).unwrap();
        for attachment in attachments
            .iter()
            .filter(|n| n.nid.kind() == 5 && n.sub.0 != 0)
        {
            let inner = SubNodes::load(&reader, attachment.sub).unwrap();
            for message in inner.iter().filter(|n| n.nid.kind() == 4) {
                patches.push((entry_at(&pst, &bytes, attachment.sub, message.nid), top));
            }
        }
    }
    assert!(
        !patches.is_empty(),
        "the family profile has messages inside messages"
    );
    for (at, top) in patches {
        bytes[at + 8..at + 16].copy_from_slice(&top.data.0.to_le_bytes());
        bytes[at + 16..at + 24].copy_from_slice(&top.sub.0.to_le_bytes());
    }
    let extracted = extract_in_memory(Box::new(bytes), 64 << 20).unwrap();
    assert!(
        extracted
            .fault_lines()
            .contains("the message contains itself")
    );
    assert!(extracted.emails() >= 6);
}
