//! Text for people: bytes and markup in, Unicode out.
//!
//! None of this takes part in the identity, which is made of stored bytes only. Nothing here
//! panics on any input, and every function takes time linear in its input.

pub mod codepage;
pub mod headers;
pub mod html;
pub mod lzfu;
pub mod rtf;

pub use codepage::Decoded;
