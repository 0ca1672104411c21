//! The symbols of deflate (RFC 1951, 3.2.5).

/// Ends a block.
pub const END: usize = 256;
/// Symbols of literals and lengths.
pub const LITERALS: usize = 286;
/// Symbols of distances.
pub const DISTANCES: usize = 30;
/// The order in which the lengths of the code of code lengths are written.
pub const CODE_ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// What a length is written as: symbol, extra bits and how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Length {
    pub symbol: u16,
    pub extra: u8,
    pub extra_bits: u8,
}

/// Lengths from 0 to 258; those below 3 are never written.
pub const LENGTHS: [Length; 259] = lengths();

#[expect(clippy::indexing_slicing, reason = "computed when it is compiled")]
const fn lengths() -> [Length; 259] {
    let mut all = [Length {
        symbol: 0,
        extra: 0,
        extra_bits: 0,
    }; 259];
    let (mut length, mut symbol) = (3, 257_u16);
    while length < 258 {
        let extra_bits = if symbol < 265 { 0 } else { (symbol - 261) / 4 } as u8;
        let mut extra = 0;
        while extra < 1 << extra_bits && length < 258 {
            all[length] = Length {
                symbol,
                extra: extra as u8,
                extra_bits,
            };
            length += 1;
            extra += 1;
        }
        symbol += 1;
    }
    all[258] = Length {
        symbol: 285,
        extra: 0,
        extra_bits: 0,
    };
    all
}

/// What a distance from 1 to 32768 is written as: symbol and how many extra bits, which are the
/// lowest of the distance less one.
#[inline]
pub fn distance(distance: u16) -> (usize, u32) {
    let less = u32::from(distance).wrapping_sub(1);
    if less < 4 {
        return (less as usize, 0);
    }
    let top = 31 - less.leading_zeros();
    let symbol = (top << 1) | (less >> (top - 1) & 1);
    (symbol as usize, top - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_distances_are_those_of_the_rfc() {
        let length = |n: usize| {
            let found = LENGTHS.get(n).copied().unwrap_or_default();
            (found.symbol, found.extra, found.extra_bits)
        };
        assert_eq!(length(3), (257, 0, 0));
        assert_eq!(length(10), (264, 0, 0));
        assert_eq!(length(12), (265, 1, 1));
        assert_eq!(length(257), (284, 30, 5));
        assert_eq!(length(258), (285, 0, 0));
        let found = [1, 4, 5, 6, 7, 24_577, 32_768].map(distance);
        assert_eq!(
            found,
            [(0, 0), (3, 0), (4, 1), (4, 1), (5, 1), (29, 13), (29, 13)]
        );
    }
}
