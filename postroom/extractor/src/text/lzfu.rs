//! \[MS-OXRTFCP\]: the compression of RTF bodies (property 1009).

use thiserror::Error;

/// A decompressed body, and how far its header tells the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lzfu {
    pub bytes: Vec<u8>,
    /// The stored CRC is that of the contents. Many writers store 0: see `stored_crc`.
    pub crc_matches: bool,
    pub stored_crc: u32,
    /// RAWSIZE is the number of `bytes`.
    pub size_matches: bool,
}

/// Why a body could not be decompressed; `partial` is what there was until then.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LzfuError {
    #[error("compressed RTF of {size_bytes} bytes is shorter than its header of 16")]
    NoHeader { size_bytes: usize },
    #[error("COMPTYPE of compressed RTF is {found:#010x}, neither LZFu nor MELA")]
    UnknownType { found: u32 },
    #[error("compressed RTF ends after {} of {raw_size_bytes} bytes", partial.len())]
    Truncated {
        raw_size_bytes: usize,
        partial: Vec<u8>,
    },
    #[error("RTF is larger than the limit of {limit_bytes} bytes")]
    TooLarge {
        limit_bytes: usize,
        partial: Vec<u8>,
    },
}

impl LzfuError {
    /// What was decompressed before the error.
    pub fn partial(&self) -> &[u8] {
        match self {
            Self::Truncated { partial, .. } | Self::TooLarge { partial, .. } => partial,
            Self::NoHeader { .. } | Self::UnknownType { .. } => &[],
        }
    }
}

/// Section 2.1.3.1: the header before the contents.
struct Header {
    size_bytes: usize,
    raw_size_bytes: usize,
    kind: u32,
    crc: u32,
}

impl Header {
    /// COMPSIZE counts the other three fields of the header too.
    fn contents_bytes(&self) -> usize {
        self.size_bytes.saturating_sub(HEADER_BYTES - 4)
    }
}

const HEADER_BYTES: usize = 16;
const LZFU: u32 = 0x7546_5A4C;
const MELA: u32 = 0x414C_454D;
const WINDOW_MASK: usize = 0xFFF;

/// Section 2.1.3.1.4: what the dictionary holds before the first byte.
const DICTIONARY: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}\
{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArial\
Times New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \
\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// The RTF inside a value of property 1009.
///
/// A CRC or a RAWSIZE that is wrong is told, not refused: the bytes are there all the same. Contents
/// that end too early, and more than `limit_bytes` of RTF, are errors that carry what there was.
pub fn decompress(compressed: &[u8], limit_bytes: usize) -> Result<Lzfu, LzfuError> {
    let (header, rest) = read_header(compressed)?;
    // Where COMPSIZE lies, all that is there counts.
    let contents = rest.get(..header.contents_bytes()).unwrap_or(rest);
    match header.kind {
        LZFU => decompress_lzfu(&header, contents, limit_bytes).or_else(|error| {
            // Some writers leave the header out of COMPSIZE: the last bytes then lie behind it.
            let is_cut =
                matches!(error, LzfuError::Truncated { .. }) && contents.len() < rest.len();
            if is_cut {
                decompress_lzfu(&header, rest, limit_bytes)
            } else {
                Err(error)
            }
        }),
        MELA => copy_mela(&header, contents, limit_bytes),
        found => Err(LzfuError::UnknownType { found }),
    }
}

fn read_header(compressed: &[u8]) -> Result<(Header, &[u8]), LzfuError> {
    let no_header = || LzfuError::NoHeader {
        size_bytes: compressed.len(),
    };
    let (header, rest) = compressed
        .split_first_chunk::<HEADER_BYTES>()
        .ok_or_else(no_header)?;
    let (fields, _) = header.as_chunks::<4>();
    let &[size, raw_size, kind, crc] = fields else {
        return Err(no_header());
    };
    let header = Header {
        size_bytes: to_size(size),
        raw_size_bytes: to_size(raw_size),
        kind: u32::from_le_bytes(kind),
        crc: u32::from_le_bytes(crc),
    };
    Ok((header, rest))
}

fn to_size(field: [u8; 4]) -> usize {
    usize::try_from(u32::from_le_bytes(field)).unwrap_or(usize::MAX)
}

/// Section 2.2.3: contents as they are.
///
/// Some writers set RAWSIZE to COMPSIZE, which is 12 more than there are: as long as all that
/// COMPSIZE promises is there, nothing is missing.
fn copy_mela(header: &Header, contents: &[u8], limit_bytes: usize) -> Result<Lzfu, LzfuError> {
    let raw_size_bytes = header.raw_size_bytes;
    if contents.len() > limit_bytes {
        let partial = contents.get(..limit_bytes).unwrap_or_default().to_vec();
        return Err(LzfuError::TooLarge {
            limit_bytes,
            partial,
        });
    }
    if contents.len() < raw_size_bytes.min(header.contents_bytes()) {
        return Err(LzfuError::Truncated {
            raw_size_bytes,
            partial: contents.to_vec(),
        });
    }
    Ok(Lzfu {
        bytes: contents.to_vec(),
        crc_matches: header.crc == 0,
        stored_crc: header.crc,
        size_matches: contents.len() == raw_size_bytes,
    })
}

fn decompress_lzfu(
    header: &Header,
    contents: &[u8],
    limit_bytes: usize,
) -> Result<Lzfu, LzfuError> {
    let mut window = Window::new(header.raw_size_bytes.min(limit_bytes), contents.len());
    let end = window.read(contents, limit_bytes);
    let mut bytes = window.into_bytes();
    let raw_size_bytes = header.raw_size_bytes;
    match end {
        End::Limit => {
            bytes.truncate(limit_bytes);
            return Err(LzfuError::TooLarge {
                limit_bytes,
                partial: bytes,
            });
        }
        End::Input if bytes.len() < raw_size_bytes => {
            return Err(LzfuError::Truncated {
                raw_size_bytes,
                partial: bytes,
            });
        }
        // Without an end mark what follows RAWSIZE is padding; with one the contents are right.
        End::Input => bytes.truncate(raw_size_bytes),
        End::Mark => {}
    }
    Ok(Lzfu {
        size_matches: bytes.len() == raw_size_bytes,
        bytes,
        crc_matches: crc(contents) == header.crc,
        stored_crc: header.crc,
    })
}

/// Section 2.1.3.2: CRC-32 without the inversions at both ends.
fn crc(contents: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    hasher.update(contents);
    !hasher.finalize()
}

enum End {
    Mark,
    Input,
    Limit,
}

/// All output behind the initial dictionary: a reference goes back at most 4,095 bytes in it.
struct Window {
    bytes: Vec<u8>,
}

impl Window {
    fn new(raw_size_bytes: usize, contents_bytes: usize) -> Self {
        // 17 bytes of contents give at most 8 references of 17 bytes.
        let likely = raw_size_bytes.min(contents_bytes.saturating_mul(8));
        let mut bytes = Vec::with_capacity(DICTIONARY.len().saturating_add(likely));
        bytes.extend_from_slice(DICTIONARY);
        Self { bytes }
    }

    fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.split_off(DICTIONARY.len().min(self.bytes.len()))
    }

    fn read(&mut self, contents: &[u8], limit_bytes: usize) -> End {
        let mut rest = contents.iter().copied();
        while let Some(control) = rest.next() {
            for bit in 0..8 {
                let token = if control >> bit & 1 == 1 {
                    self.reference(&mut rest)
                } else {
                    self.literal(&mut rest)
                };
                if let Some(end) = token {
                    return end;
                }
                if self.bytes.len() - DICTIONARY.len() > limit_bytes {
                    return End::Limit;
                }
            }
        }
        End::Input
    }

    fn literal(&mut self, rest: &mut impl Iterator<Item = u8>) -> Option<End> {
        match rest.next() {
            Some(byte) => {
                self.bytes.push(byte);
                None
            }
            None => Some(End::Input),
        }
    }

    /// Section 2.1.3.1.5: 12 bits of offset in the dictionary, 4 of length less 2.
    fn reference(&mut self, rest: &mut impl Iterator<Item = u8>) -> Option<End> {
        let (Some(high), Some(low)) = (rest.next(), rest.next()) else {
            return Some(End::Input);
        };
        let token = u16::from_be_bytes([high, low]);
        let length = usize::from(token & 0xF) + 2;
        let back = self.bytes.len().wrapping_sub(usize::from(token >> 4)) & WINDOW_MASK;
        if back == 0 {
            return Some(End::Mark);
        }
        for _ in 0..length {
            // A place that nothing was written to yet holds zero.
            let from = self.bytes.len().checked_sub(back);
            let byte = from.and_then(|at| self.bytes.get(at)).copied();
            self.bytes.push(byte.unwrap_or(0));
        }
        None
    }
}
