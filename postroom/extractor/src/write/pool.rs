//! Memory of texts, used again: a fresh page for every page of output costs the system's time.

use std::sync::Mutex;

/// Buffers that are kept at most; more are let go.
const KEPT: usize = 16;
/// Larger ones are rare, and are let go.
const LARGEST: usize = 2 << 20;

/// Empty buffers with room.
#[derive(Debug, Default)]
pub struct Pool {
    buffers: Mutex<Vec<Vec<u8>>>,
}

impl Pool {
    /// An empty buffer, with room if one was given back.
    pub fn take(&self) -> Vec<u8> {
        let taken = self.buffers.lock().ok().and_then(|mut kept| kept.pop());
        taken.unwrap_or_default()
    }

    /// Keeps the room of a buffer that is no longer needed.
    pub fn give(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        if (1..=LARGEST).contains(&buffer.capacity())
            && let Ok(mut kept) = self.buffers.lock()
            && kept.len() < KEPT
        {
            kept.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_comes_back_empty_and_never_grows_without_end() {
        let pool = Pool::default();
        pool.give(vec![1; 1000]);
        let taken = pool.take();
        assert!(taken.is_empty() && taken.capacity() >= 1000);
        (0..100).for_each(|_| pool.give(vec![1; 10]));
        pool.give(vec![1; LARGEST + 1]);
        let all = std::iter::repeat_with(|| pool.take()).take_while(|b| b.capacity() > 0);
        assert!(all.map(|b| b.capacity()).sum::<usize>() < KEPT * 20);
    }
}
