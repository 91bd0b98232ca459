//! The blocking client for native programs.
