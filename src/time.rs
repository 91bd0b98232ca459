//! Points in time as plain numbers, and their RFC 3339 form. Never reads a clock: that is `clock.rs`.

/// A moment in milliseconds since 1970-01-01T00:00:00Z; negative before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// What a platform's clocks say at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The wall clock, which a user can set.
    pub wall: Timestamp,
    /// Milliseconds on a clock that only goes forward while this process lives; from any origin.
    pub mono: u64,
}
