//! Both engines read the same fields out of transport headers.

use postroom_extractor::text::headers::{field, raw_field};
use serde_json::Value;

const VECTORS: &str = include_str!("../../../tests/vectors/identity.json");

#[test]
fn fields_are_those_of_the_shared_vectors() {
    let vectors: Value = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    let cases = vectors["header_field"].as_array().expect("a list");
    assert!(cases.len() > 10);
    for case in cases {
        let text = |name: &str| case[name].as_str().expect("text");
        let found = field(text("headers"), text("name")).unwrap_or_default();
        assert_eq!(found, text("value"), "{case}");
    }
}

#[test]
fn a_field_that_is_empty_is_not_one_that_is_missing() {
    assert_eq!(field("Date:\r\nX: y", "Date").as_deref(), Some(""));
    assert_eq!(field("X: y", "Date"), None);
}

#[test]
fn a_raw_field_keeps_its_folds() {
    let headers = "Date: Fri,\r\n\t20 Nov 2026 \r\nX: y";
    assert_eq!(
        raw_field(headers, "date").as_deref(),
        Some("Fri,\r\n\t20 Nov 2026")
    );
    assert_eq!(field(headers, "date").as_deref(), Some("Fri,\t20 Nov 2026"));
}
