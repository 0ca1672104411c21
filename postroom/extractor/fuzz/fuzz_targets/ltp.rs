//! Heaps, properties, tables and names in a damaged file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postroom_extractor::ltp::{NameMap, Properties, Table, row_ids, tag};
use postroom_extractor::ndb::{Node, Pst, Reader, SubNodes};

const MOST_NODES: usize = 200;
const MOST_ROWS: usize = 200;
const TAGS: [u16; 6] = [
    tag::ATTACH_METHOD,
    tag::ATTACH_LONG_FILENAME,
    tag::DISPLAY_TO,
    tag::IMPORTANCE,
    tag::MESSAGE_FLAGS,
    tag::BODY,
];

fuzz_target!(|data: &[u8]| {
    let Some(file) = postroom_extractor_fuzz::file(data) else {
        return;
    };
    let Ok((pst, _)) = Pst::open(Box::new(file)) else {
        return;
    };
    let reader = Reader::new(&pst);
    if let Ok(names) = NameMap::load(&reader) {
        for id in 0x8000..=0x8100 {
            names.name(id);
        }
    }
    for node in pst.nodes.iter().take(MOST_NODES) {
        read(&reader, node);
    }
});

fn read(reader: &Reader, node: Node) {
    let Ok(subs) = SubNodes::load(reader, node.sub) else {
        return;
    };
    if let Ok(properties) = Properties::open(reader, node.data, &subs) {
        for entry in properties.entries() {
            let _ = properties.value(*entry);
            let _ = properties.content(*entry);
            let _ = properties.object(*entry);
        }
    }
    let _ = row_ids(reader, node.data);
    if let Ok(table) = Table::open(reader, node.data, subs) {
        for row in table.rows().iter().take(MOST_ROWS) {
            for tag in TAGS {
                let _ = table.get(*row, tag);
            }
        }
    }
}
