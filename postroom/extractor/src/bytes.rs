//! Little-endian numbers out of bytes that nobody has checked yet.

/// The `N` bytes at `at`, or nothing if they are not all there.
pub fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// The byte at `at`.
pub fn u8_at(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

/// The 16-bit number at `at`.
pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

/// The 32-bit number at `at`.
pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

/// The 64-bit number at `at`.
pub fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}

/// A file-format word: 64 bits in Unicode files, 32 bits in ANSI files.
pub fn word_at(bytes: &[u8], at: usize, is_wide: bool) -> Option<u64> {
    if is_wide {
        u64_at(bytes, at)
    } else {
        u32_at(bytes, at).map(u64::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_cut_off_are_nothing() {
        assert_eq!(u16_at(&[1, 2], 0), Some(0x0201));
        assert_eq!(u16_at(&[1, 2], 1), None);
        assert_eq!(u64_at(&[0; 8], usize::MAX), None);
        assert_eq!(
            word_at(&[1, 0, 0, 0, 1, 0, 0, 0], 0, true),
            Some(0x1_0000_0001)
        );
        assert_eq!(word_at(&[1, 0, 0, 0, 1, 0, 0, 0], 0, false), Some(1));
    }
}
