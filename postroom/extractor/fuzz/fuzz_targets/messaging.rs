//! A whole extraction of a damaged file, without its outputs. Here a panic is a finding, though
//! an extraction survives it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(file) = postroom_extractor_fuzz::file(data) {
        postroom_extractor_fuzz::read_all(Box::new(file));
    }
});
