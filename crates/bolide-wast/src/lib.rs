//! Bolide.
