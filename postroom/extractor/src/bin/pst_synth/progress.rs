//! Progress as JSON Lines on standard error.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

const EVERY: Duration = Duration::from_millis(250);

/// Speaks at most four times a second.
pub struct Progress {
    last: Instant,
}

impl Progress {
    pub fn new() -> Self {
        Self {
            last: Instant::now(),
        }
    }

    pub fn step(&mut self, phase: &str, done: u64, total: u64) {
        if self.last.elapsed() >= EVERY {
            self.last = Instant::now();
            say(
                &json!({"event": "progress", "phase": phase, "done": done, "total": total, "unit": phase}),
            );
        }
    }
}

/// Writes one line.
pub fn say(event: &Value) {
    eprintln!("{event}");
}
