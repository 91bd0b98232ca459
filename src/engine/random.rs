//! Random numbers for jitter and labels, computed from the driver's seed. They must not be used for secrets.

use hmac_sha256::Hash;

/// A generator that runs SHA-256 in counter mode.
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
        let [a, b, c, d, ..] = Hash::hash(&[self.seed.as_slice(), &self.count.to_le_bytes()].concat());
        u32::from_be_bytes([a, b, c, d])
    }
}
