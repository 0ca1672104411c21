//! From many workers to the one who commits: in order, and never too much at a time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::chunk::Chunk;

/// Chunks on their way. The worker of the unit that is due may always push, so nothing waits for
/// itself.
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    budget: usize,
}

#[derive(Default)]
struct State {
    waiting: BTreeMap<u64, VecDeque<Chunk>>,
    bytes: usize,
    /// The unit whose chunks are due.
    due: u64,
    producers: usize,
    is_stopped: bool,
}

impl Queue {
    /// A queue of at most about `budget` bytes for this many workers.
    pub fn new(budget: usize, producers: usize) -> Self {
        let state = State {
            producers,
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            budget,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a chunk over; waits while too much is on its way. False if it is all over.
    pub fn push(&self, chunk: Chunk) -> bool {
        let weight = chunk.weight();
        let mut state = self.lock();
        while !state.is_stopped && chunk.unit != state.due && state.bytes + weight > self.budget {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.is_stopped {
            return false;
        }
        state.bytes += weight;
        state
            .waiting
            .entry(chunk.unit)
            .or_default()
            .push_back(chunk);
        drop(state);
        self.changed.notify_all();
        true
    }

    /// The next chunk in order; nothing after the last.
    pub fn pop(&self) -> Option<Chunk> {
        let mut state = self.lock();
        loop {
            let due = state.due;
            if let Some(chunk) = state.waiting.get_mut(&due).and_then(VecDeque::pop_front) {
                state.bytes -= chunk.weight();
                if chunk.is_last {
                    state.waiting.remove(&due);
                    state.due += 1;
                }
                drop(state);
                self.changed.notify_all();
                return Some(chunk);
            }
            if state.producers == 0 || state.is_stopped {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends everything: who pushes is told, who pops gets nothing.
    pub fn stop(&self) {
        self.lock().is_stopped = true;
        self.changed.notify_all();
    }

    /// A worker has no more units.
    pub fn leave(&self) {
        let mut state = self.lock();
        state.producers = state.producers.saturating_sub(1);
        drop(state);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(unit: u64, is_last: bool) -> Chunk {
        Chunk {
            unit,
            is_last,
            ..Chunk::default()
        }
    }

    #[test]
    fn chunks_come_out_in_the_order_of_their_units() {
        let queue = Queue::new(1 << 20, 1);
        for (unit, is_last) in [(1, true), (0, false), (0, true)] {
            assert!(queue.push(chunk(unit, is_last)));
        }
        queue.leave();
        let order: Vec<_> = std::iter::from_fn(|| queue.pop())
            .map(|c| (c.unit, c.is_last))
            .collect();
        assert_eq!(order, vec![(0, false), (0, true), (1, true)]);
    }

    #[test]
    fn the_unit_that_is_due_may_always_push() {
        let queue = Queue::new(0, 2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert!(queue.push(chunk(1, true)));
                queue.leave();
            });
            assert!(queue.push(chunk(0, true)));
            queue.leave();
            assert_eq!(std::iter::from_fn(|| queue.pop()).count(), 2);
        });
    }

    #[test]
    fn a_stopped_queue_takes_and_gives_nothing() {
        let queue = Queue::new(1 << 20, 1);
        queue.stop();
        assert!(!queue.push(chunk(0, true)));
        assert!(queue.pop().is_none());
    }
}
