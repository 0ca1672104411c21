//! The CRC and the signature of pages and blocks (\[MS-PST\] 5.3, 5.5).

/// The CRC of \[MS-PST\]: the usual polynomial, without the usual complements.
pub fn crc(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    hasher.update(bytes);
    !hasher.finalize()
}

/// The signature of a page or block at `offset` with id `bid` (`ComputeSig`).
pub fn signature(offset: u64, bid: u64) -> u16 {
    let mixed = (offset ^ bid) & 0xFFFF_FFFF;
    let folded = (mixed >> 16) ^ mixed;
    (folded & 0xFFFF) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, bit by bit.
    fn slow(bytes: &[u8]) -> u32 {
        bytes.iter().fold(0, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |c, _| {
                (c >> 1) ^ (0xEDB8_8320 * (c & 1))
            })
        })
    }

    #[test]
    fn the_crc_begins_at_zero_and_is_not_inverted() {
        for sample in [&b""[..], b"a", b"123456789", &[0; 100]] {
            assert_eq!(crc(sample), slow(sample));
        }
    }

    #[test]
    fn the_signature_folds_offset_and_id() {
        assert_eq!(signature(0x0012_3400, 0x8), 0x3408 ^ 0x12);
    }
}
