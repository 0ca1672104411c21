//! What the mails say: words, documents, times.

pub mod clock;
pub mod documents;
pub mod prose;
pub mod random;
pub mod rtf;
pub mod scripts;
mod zip;
