//! Bits into bytes, the first bit lowest.

/// Room that a write needs beyond its place.
const ROOM: usize = 8;

/// The bytes so far, and up to 63 bits that are none yet.
#[derive(Default)]
pub struct Bits {
    bytes: Vec<u8>,
    at: usize,
    held: u64,
    count: u32,
}

impl Bits {
    /// Begins anew with whole bytes.
    pub fn begin(&mut self, head: &[u8]) {
        self.at = 0;
        (self.held, self.count) = (0, 0);
        self.whole(head);
    }

    /// Takes bits; between two `flush` no more than 56.
    #[inline]
    pub fn put(&mut self, bits: u64, count: u32) {
        self.held |= bits << (self.count & 63);
        self.count = self.count.wrapping_add(count);
    }

    /// Writes the whole bytes among the bits; fewer than 8 bits stay.
    #[inline]
    pub fn flush(&mut self) {
        if let Some(room) = self.bytes.get_mut(self.at..self.at.wrapping_add(ROOM)) {
            room.copy_from_slice(&self.held.to_le_bytes());
        } else {
            self.grow();
        }
        self.at = self.at.wrapping_add((self.count >> 3) as usize);
        self.held >>= self.count & 56;
        self.count &= 7;
    }

    #[cold]
    fn grow(&mut self) {
        self.bytes.resize((self.at + ROOM).max(4096) * 2, 0);
        if let Some(room) = self.bytes.get_mut(self.at..self.at + ROOM) {
            room.copy_from_slice(&self.held.to_le_bytes());
        }
    }

    /// Fills the last byte, adds whole ones, and puts all of them into `out`.
    pub fn end(&mut self, tail: &[u8], mut out: Vec<u8>) -> Vec<u8> {
        self.count = self.count.next_multiple_of(8);
        self.flush();
        self.whole(tail);
        out.clear();
        out.extend_from_slice(self.bytes.get(..self.at).unwrap_or_default());
        out
    }

    fn whole(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.put(u64::from(byte), 8);
            self.flush();
        }
    }
}
