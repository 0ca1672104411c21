//! Any bytes as RTF.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postroom_extractor::text::rtf;

fuzz_target!(|data: &[u8]| {
    let decoded = rtf::to_plain(data);
    assert!(decoded.text.len() <= data.len() * 3);
    assert!(!decoded.text.contains('\0'));
});
