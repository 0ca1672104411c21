//! The header of a file (\[MS-PST\] 2.2.2.6).

use super::checksum::crc;
use super::crypt::Encoding;
use super::layout::{Format, Layout};
use crate::bytes::{u8_at, u16_at, u32_at, word_at};
use crate::error::{OpenError, ReadError};
use crate::source::Source;

/// Bytes of the header that are looked at.
const HEADER_BYTES: usize = 564;

/// Where a B-tree begins: the id and the place of its root page.
#[derive(Clone, Copy, Debug)]
pub struct PageRef {
    pub bid: u64,
    pub offset: u64,
}

/// What the header says that a reader needs.
#[derive(Clone, Debug)]
pub struct Header {
    pub version: u16,
    pub layout: Layout,
    pub encoding: Encoding,
    pub node_root: PageRef,
    pub block_root: PageRef,
    /// The size of the file as the header knows it (`ibFileEof`).
    pub declared_size: u64,
    /// Checksums that do not match; the values are used all the same.
    pub findings: Vec<ReadError>,
}

impl Header {
    /// Reads and judges the header.
    ///
    /// # Errors
    /// If this is not a PST, is of an unknown version, or cannot be read.
    pub fn read(source: &dyn Source) -> Result<Self, OpenError> {
        let size = usize::try_from(source.size()).unwrap_or(usize::MAX);
        let mut bytes = vec![0; HEADER_BYTES.min(size)];
        source
            .read_at(&mut bytes, 0)
            .map_err(|e| refuse(format!("cannot read the header: {e}")))?;
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Result<Self, OpenError> {
        if bytes.get(..4) != Some(b"!BDN") {
            return Err(refuse(
                "this is not a PST file: it does not begin with !BDN".into(),
            ));
        }
        let version = u16_at(bytes, 10).ok_or_else(cut)?;
        let format = Format::of_version(version)
            .ok_or_else(|| refuse(format!("version {version} of the format is unknown")))?;
        let layout = Layout::of(format);
        let places = Places::of(layout.is_wide);
        let method = u8_at(bytes, places.method).ok_or_else(cut)?;
        let encoding = Encoding::of_method(method)
            .ok_or_else(|| refuse(format!("encoding {method} of the data blocks is unknown")))?;
        let page = |at: usize| {
            let bid = word_at(bytes, at, layout.is_wide).ok_or_else(cut)?;
            let offset = word_at(bytes, at + layout.word(), layout.is_wide).ok_or_else(cut)?;
            Ok::<_, OpenError>(PageRef { bid, offset })
        };
        Ok(Self {
            version,
            layout,
            encoding,
            node_root: page(places.node_root)?,
            block_root: page(places.block_root)?,
            declared_size: word_at(bytes, places.size, layout.is_wide).ok_or_else(cut)?,
            findings: checksums(bytes, layout.is_wide),
        })
    }
}

/// Offsets of the fields that move with the width of the ids.
struct Places {
    size: usize,
    node_root: usize,
    block_root: usize,
    method: usize,
}

impl Places {
    fn of(is_wide: bool) -> Self {
        if is_wide {
            Self {
                size: 184,
                node_root: 216,
                block_root: 232,
                method: 513,
            }
        } else {
            Self {
                size: 168,
                node_root: 184,
                block_root: 192,
                method: 461,
            }
        }
    }
}

fn checksums(bytes: &[u8], is_wide: bool) -> Vec<ReadError> {
    let check = |name: &str, stored_at: usize, length: usize| {
        let stored = u32_at(bytes, stored_at)?;
        let computed = crc(bytes.get(8..8 + length)?);
        (stored != computed).then(|| {
            ReadError::crc(format!(
                "{name} is {stored:#010x}, the header gives {computed:#010x}"
            ))
            .at(stored_at as u64)
        })
    };
    let full = if is_wide {
        check("dwCRCFull", 524, 516)
    } else {
        None
    };
    check("dwCRCPartial", 4, 471)
        .into_iter()
        .chain(full)
        .collect()
}

fn refuse(reason: String) -> OpenError {
    OpenError::NotReadable(reason)
}

fn cut() -> OpenError {
    refuse("the file ends inside its header".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: Vec<u8>) -> String {
        Header::read(&bytes)
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn what_is_no_pst_is_refused_with_the_reason() {
        assert!(refused(Vec::new()).contains("not a PST"));
        assert!(refused(b"PK\x03\x04".to_vec()).contains("not a PST"));
        assert!(refused(b"!BDN".to_vec()).contains("ends inside"));
        let mut unknown = vec![0; 600];
        unknown.splice(..4, *b"!BDN");
        assert!(refused(unknown).contains("version 0"));
    }

    #[test]
    fn wrong_checksums_are_findings_and_the_values_are_used() {
        let mut bytes = vec![0; 600];
        bytes.splice(..4, *b"!BDN");
        bytes.splice(10..12, [23, 0]);
        bytes.splice(224..226, [0, 0x44]);
        let header = Header::read(&bytes);
        assert!(header.is_ok_and(|h| h.node_root.offset == 0x4400));
        bytes.splice(4..5, [9]);
        assert!(Header::read(&bytes).is_ok_and(|h| h.findings.len() == 2));
    }
}
