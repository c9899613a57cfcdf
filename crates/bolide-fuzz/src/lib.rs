//! What must hold for every input: the oracles behind the fuzz targets in `fuzz/` and this crate's tests.
//!
//! - [`load()`]: arbitrary bytes are a module or not, however they arrive, and the validator of
//!   `wasmparser` agrees.
//! - [`differential()`]: a generated program does the same under every configuration of the engine
//!   and on an independent interpreter.
//!
//! Both return an error that says what differs; a panic or a crash is a finding as well.
#![forbid(unsafe_code)]

pub mod differential;
pub mod generate;
pub mod load;
mod observation;
mod ours;
mod peer;
mod plan;
mod random;
mod value;

pub use differential::{ANY_NAN, Divergence, Verdict, differential, differential_module};
pub use load::{Loaded, load};
pub use observation::{Observation, Outcome};
pub use random::Random;
pub use value::Value;
