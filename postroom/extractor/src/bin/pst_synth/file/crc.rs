//! The weak CRC-32 of pages and blocks (\[MS-PST\] 5.3): the usual polynomial, started at zero and not inverted.

const TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0u32; 256]; 8];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 {
                0xEDB8_8320 ^ (value >> 1)
            } else {
                value >> 1
            };
            bit += 1;
        }
        tables[0][index] = value;
        index += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut index = 0;
        while index < 256 {
            let before = tables[table - 1][index];
            tables[table][index] = tables[0][(before & 0xFF) as usize] ^ (before >> 8);
            index += 1;
        }
        table += 1;
    }
    tables
}

/// The CRC of `data`, eight bytes a step, carried on from `start`.
fn update(start: u32, data: &[u8]) -> u32 {
    let mut crc = start;
    let (chunks, rest) = data.as_chunks::<8>();
    for chunk in chunks {
        let [a, b, c, d] =
            (crc ^ u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]])).to_le_bytes();
        crc = TABLES[7][usize::from(a)]
            ^ TABLES[6][usize::from(b)]
            ^ TABLES[5][usize::from(c)]
            ^ TABLES[4][usize::from(d)]
            ^ TABLES[3][usize::from(chunk[4])]
            ^ TABLES[2][usize::from(chunk[5])]
            ^ TABLES[1][usize::from(chunk[6])]
            ^ TABLES[0][usize::from(chunk[7])];
    }
    for byte in rest {
        crc = TABLES[0][((crc ^ u32::from(*byte)) & 0xFF) as usize] ^ (crc >> 8);
    }
    crc
}

/// The CRC that trailers and headers of a PST hold.
pub fn weak(data: &[u8]) -> u32 {
    update(0, data)
}

/// The CRC that ZIP and PNG hold.
pub fn common(data: &[u8]) -> u32 {
    !update(!0, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_crc_32_comes_out() {
        assert_eq!(common(b"123456789"), 0xCBF4_3926);
    }
}
