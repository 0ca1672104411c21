//! Any text as transport headers: a field is a trimmed part of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postroom_extractor::text::headers;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for name in ["Message-ID", "In-Reply-To", "References", "Date"] {
        let value = headers::field(&text, name);
        let raw = headers::raw_field(&text, name);
        assert_eq!(value.is_some(), raw.is_some());
        if let (Some(value), Some(raw)) = (value, raw) {
            assert!(text.contains(&raw));
            assert!(!value.contains(['\r', '\n']));
            assert_eq!(value, raw.replace(['\r', '\n'], ""));
        }
    }
});
