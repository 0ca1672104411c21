//! What the text modules promise.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that meets what it did not expect has to fail"
)]

mod codepage;
mod headers;
mod hostile;
mod html;
mod lzfu;
mod rtf;
