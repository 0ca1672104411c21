//! Any bytes as HTML.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postroom_extractor::text::{codepage, html};

fuzz_target!(|data: &[u8]| {
    let code_page = html::meta_code_page(data).unwrap_or(65001);
    assert!(codepage::is_known(code_page));
    let page = codepage::decode(code_page, data).text;
    assert!(html::to_plain(&page).len() <= page.len() * 4 + 16);
});
