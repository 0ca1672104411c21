//! Any bytes in any code page: the first two bytes choose the page.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postroom_extractor::text::codepage::{decode, is_known};

fuzz_target!(|data: &[u8]| {
    let Some((page, bytes)) = data.split_first_chunk::<2>() else {
        return;
    };
    let page = u32::from(u16::from_le_bytes(*page));
    let decoded = decode(page, bytes);
    assert!(is_known(page) || decoded.lossy);
    assert!(decoded.text.len() <= bytes.len() * 8 + 16);
});
