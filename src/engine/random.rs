//! Random numbers from the driver's seed: for jitter and labels, not for secrets.

use sha2::{Digest, Sha256};

/// SHA-256 in counter mode.
#[derive(Clone)]
pub(super) struct Random {
    seed: [u8; 16],
    count: u64,
}

impl Random {
    pub(super) fn new(seed: [u8; 16]) -> Self {
        Self { seed, count: 0 }
    }

    pub(super) fn next(&mut self) -> u32 {
        self.count = self.count.wrapping_add(1);
        let [a, b, c, d, ..] =
            Sha256::new().chain_update(self.seed).chain_update(self.count.to_le_bytes()).finalize().0;
        u32::from_be_bytes([a, b, c, d])
    }
}
