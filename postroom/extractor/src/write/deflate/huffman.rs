//! Codes of the least length for given frequencies, none longer than a limit.

/// A code, its first bit lowest, and how many bits it has; 0 where a symbol does not occur.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Code {
    pub bits: u16,
    pub length: u8,
}

/// Codes of every symbol. At least two have one, since some readers want no lone code.
pub fn codes<const N: usize>(frequencies: &[u32; N], limit: u8) -> [Code; N] {
    let mut used: Vec<(u32, usize)> = frequencies
        .iter()
        .enumerate()
        .filter(|(_, frequency)| **frequency > 0)
        .map(|(symbol, &frequency)| (frequency, symbol))
        .collect();
    for symbol in 0..N {
        if used.len() >= 2 {
            break;
        }
        if used.iter().all(|(_, other)| *other != symbol) {
            used.push((1, symbol));
        }
    }
    used.sort_unstable();
    let weights: Vec<u32> = used.iter().map(|(weight, _)| *weight).collect();
    let mut counts = counts(&depths(&weights), usize::from(limit));
    let mut all = [Code::default(); N];
    // The rarest symbols get the longest codes.
    let mut length = counts.len() - 1;
    for (_, symbol) in used {
        while counts.get(length) == Some(&0) {
            length -= 1;
        }
        if let (Some(count), Some(code)) = (counts.get_mut(length), all.get_mut(symbol)) {
            *count -= 1;
            code.length = length as u8;
        }
    }
    number(&mut all);
    all
}

/// How deep each leaf lies in the tree of Huffman; weights ascend.
#[expect(
    clippy::indexing_slicing,
    reason = "every index is that of a node made before"
)]
fn depths(weights: &[u32]) -> Vec<u32> {
    let leaves = weights.len();
    let mut sums = weights.to_vec();
    let mut parents = vec![0; 2 * leaves - 1];
    let (mut leaf, mut inner) = (0, leaves);
    for node in leaves..2 * leaves - 1 {
        let mut sum = 0;
        for _ in 0..2 {
            let is_leaf = inner >= node || (leaf < leaves && weights[leaf] <= sums[inner]);
            let child = if is_leaf { &mut leaf } else { &mut inner };
            sum += sums[*child];
            parents[*child] = node;
            *child += 1;
        }
        sums.push(sum);
    }
    let mut depths = vec![0; 2 * leaves - 1];
    for node in (0..2 * leaves - 2).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    depths.truncate(leaves);
    depths
}

/// How many codes have each length, after those that are too long were made shorter.
#[expect(clippy::indexing_slicing, reason = "lengths are clamped to the limit")]
fn counts(depths: &[u32], limit: usize) -> Vec<u32> {
    let mut counts = vec![0_u32; limit + 1];
    for &depth in depths {
        counts[(depth as usize).min(limit)] += 1;
    }
    // Kraft: the room that all codes take, in codes of the greatest length.
    let mut taken: u64 = (1..=limit)
        .map(|n| u64::from(counts[n]) << (limit - n))
        .sum();
    while taken > 1 << limit {
        counts[limit] -= 1;
        let shorter = (1..limit).rev().find(|&n| counts[n] > 0).unwrap_or(0);
        counts[shorter] -= 1;
        counts[shorter + 1] += 2;
        taken -= 1;
    }
    counts
}

/// Numbers the codes as RFC 1951, 3.2.2 says.
#[expect(clippy::indexing_slicing, reason = "a length has 4 bits")]
fn number(codes: &mut [Code]) {
    let mut next = [0_u16; 17];
    for code in codes.iter().filter(|code| code.length > 0) {
        next[usize::from(code.length & 15) + 1] += 1;
    }
    for length in 1..next.len() {
        next[length] = (next[length] + next[length - 1]) << 1;
    }
    for code in codes.iter_mut().filter(|code| code.length > 0) {
        let number = &mut next[usize::from(code.length & 15)];
        code.bits = number.reverse_bits() >> (16 - code.length);
        *number = number.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths<const N: usize>(frequencies: [u32; N], limit: u8) -> Vec<u8> {
        codes(&frequencies, limit)
            .iter()
            .map(|code| code.length)
            .collect()
    }

    #[test]
    fn the_example_of_the_rfc() {
        let found = codes(&[2, 2, 2, 2, 2, 5, 1, 1], 15);
        let code = |symbol: usize| found.get(symbol).copied().unwrap_or_default();
        let lengths: Vec<_> = found.iter().map(|code| code.length).collect();
        assert_eq!(lengths, [3, 3, 3, 3, 3, 2, 4, 4]);
        assert_eq!(code(5), Code { bits: 0, length: 2 });
        assert_eq!(
            found[0],
            Code {
                bits: 0b010,
                length: 3
            }
        );
        assert_eq!(
            found[7],
            Code {
                bits: 0b1111,
                length: 4
            }
        );
    }

    #[test]
    fn no_code_is_longer_than_the_limit_and_none_is_wasted() {
        let lengths = lengths([1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144], 5);
        assert!(lengths.iter().all(|&length| (1..=5).contains(&length)));
        let room: u32 = lengths.iter().map(|&length| 32 >> length).sum();
        assert_eq!(room, 32);
    }

    #[test]
    fn a_lone_symbol_has_company() {
        assert_eq!(lengths([0, 0, 7], 15), [1, 0, 1]);
        assert_eq!(lengths([0, 0, 0], 15), [1, 1, 0]);
    }
}
