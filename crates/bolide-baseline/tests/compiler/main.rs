//! The code of whole functions: that every function compiles, that the code decodes, and that the
//! side tables fit it.

mod check;
mod limits;
mod shapes;
mod suite;
mod tiers;
