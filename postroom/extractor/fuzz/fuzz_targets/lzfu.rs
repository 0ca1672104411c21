//! Any value of property 1009: bounded by the limit, and by what its contents can hold.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postroom_extractor::text::{lzfu, rtf};

const LIMIT_BYTES: usize = 1 << 20;

fuzz_target!(|data: &[u8]| {
    let found = lzfu::decompress(data, LIMIT_BYTES);
    let bytes = match &found {
        Ok(whole) => &whole.bytes,
        Err(error) => error.partial(),
    };
    assert!(bytes.len() <= LIMIT_BYTES.min(data.len() * 9));
    rtf::to_plain(bytes);
});
