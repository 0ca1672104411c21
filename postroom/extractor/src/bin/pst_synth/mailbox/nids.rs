//! Node ids (\[MS-PST\] 2.2.2.1, 2.4.1).

pub const MESSAGE_STORE: u32 = 0x21;
pub const NAME_TO_ID_MAP: u32 = 0x61;
pub const ROOT_FOLDER: u32 = 0x122;
pub const HIERARCHY_TEMPLATE: u32 = 0x60D;
pub const CONTENTS_TEMPLATE: u32 = 0x60E;
pub const ASSOCIATED_TEMPLATE: u32 = 0x60F;
pub const ATTACHMENT_TABLE: u32 = 0x671;
pub const RECIPIENT_TABLE: u32 = 0x692;

/// A folder that no file has.
pub const NOWHERE: u32 = 0x00FF_FFE2;

/// The message inside an attachment.
pub const EMBEDDED: u32 = 0x0020_0024;

const INDEX_MASK: u32 = !0x1F;

/// The `number`th folder below the root.
pub fn folder(number: usize) -> u32 {
    ((0x401 + number as u32) << 5) | 2
}

/// The `number`th message.
pub fn message(number: u64) -> u32 {
    ((0x1_0001 + number as u32) << 5) | 4
}

/// The associated message of a folder.
pub fn configuration_of(folder: u32) -> u32 {
    (folder & INDEX_MASK) | 0x08
}

/// The `number`th attachment inside a message.
pub fn attachment(number: usize) -> u32 {
    ((0x401 + number as u32) << 5) | 5
}

pub fn hierarchy_of(folder: u32) -> u32 {
    (folder & INDEX_MASK) | 0x0D
}

pub fn contents_of(folder: u32) -> u32 {
    (folder & INDEX_MASK) | 0x0E
}

pub fn associated_of(folder: u32) -> u32 {
    (folder & INDEX_MASK) | 0x0F
}
