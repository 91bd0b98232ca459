//! A local Polar.
