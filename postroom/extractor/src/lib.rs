//! A reader of Outlook PST files, in the layers of \[MS-PST\].

pub mod text;
