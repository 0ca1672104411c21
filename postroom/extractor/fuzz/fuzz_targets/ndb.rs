//! Pages, blocks, data trees and subnodes of a damaged file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postroom_extractor::ndb::{DataTree, Pst, Reader, SubNodes};

const MOST_BYTES: usize = 1 << 20;
const MOST_NODES: usize = 200;

fuzz_target!(|data: &[u8]| {
    let Some(file) = postroom_extractor_fuzz::file(data) else {
        return;
    };
    let Ok((pst, _)) = Pst::open(Box::new(file)) else {
        return;
    };
    let reader = Reader::new(&pst);
    for node in pst.nodes.iter().take(MOST_NODES) {
        if let Ok(tree) = DataTree::load(&reader, node.data)
            && let Ok(bytes) = tree.read_all(&reader, MOST_BYTES)
        {
            assert!(bytes.len() <= MOST_BYTES);
        }
        if let Ok(subs) = SubNodes::load(&reader, node.sub) {
            for sub in subs.iter() {
                assert!(subs.find(sub.nid).is_some());
            }
        }
    }
});
