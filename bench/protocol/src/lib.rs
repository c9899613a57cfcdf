//! What the benchmark's runner and its adapters agree on.
//!
//! An *adapter* is a program that puts one engine behind this command line:
//!
//! ```text
//! adapter [--option KEY=VALUE]... MODE [--module FILE] [--call FUNC] [--arg N] [--rounds N]
//!         [--budget-ms N] [--threads N] [--live N]
//! ```
//!
//! It prints exactly one JSON object on standard output, nothing else, and ends:
//!
//! - exit code 0 with the message of the mode, see [`messages`];
//! - exit code 0 with `{"unsupported": "why"}` if the engine cannot do what is asked, which is no fault;
//! - exit code 1 with `{"error": "what went wrong"}`;
//! - exit code 1 with `{"wrong": "what was computed instead"}` if the adapter itself found a wrong result.
//!
//! | mode | needs | does | message |
//! |---|---|---|---|
//! | `info` | | nothing | [`messages::Info`] |
//! | `cold` | `--module --call --arg` | load, instantiate, one call; the runner measures wall time and CPU time of the process | [`messages::Cold`] |
//! | `load` | `--module --rounds` (`--call --arg`) | load and instantiate `--rounds` times, and the first call where given | [`messages::Load`] |
//! | `steady` | `--module --call --arg --budget-ms` | one instance; calls until the budget is used, which begins after the first call; at least two | [`messages::Steady`] |
//! | `calls` | `--module` (made from [`CALLS_WAT`]), `--budget-ms` | calls in each direction | [`messages::Calls`] |
//! | `instances` | `--module` (made from [`SMALL_WAT`]), and `--threads --budget-ms` or `--live` | instantiates and drops on so many threads, or keeps so many alive | [`messages::Instances`] |
//!
//! `_initialize` is called after instantiation, within the time of instantiation, where a module exports it and functions
//! are called: a module that is only loaded may have an `_initialize` that calls imports, which trap.
//!
//! An adapter in Rust implements [`Engine`] and calls [`main`]:
//!
//! ```no_run
//! use bench_protocol::{Engine, Failure, Imports, Info, Options};
//!
//! struct Nothing;
//!
//! impl Engine for Nothing {
//!     type Module = Vec<u8>;
//!     type Instance = ();
//!     type Func = ();
//!
//!     fn new(options: &mut Options) -> Result<Self, Failure> {
//!         match options.take("compiler").as_deref() {
//!             None | Some("none") => Ok(Self),
//!             Some(other) => Err(Failure::error(format!("no compiler '{other}': use none"))),
//!         }
//!     }
//!     fn info(&self) -> Info {
//!         Info::new("nothing", "0.0.0")
//!     }
//!     fn load(&self, bytes: &[u8], _: &std::path::Path) -> Result<Vec<u8>, Failure> {
//!         Ok(bytes.to_vec())
//!     }
//!     fn instantiate(&self, _: &Vec<u8>, _: Imports) -> Result<(), Failure> {
//!         Ok(())
//!     }
//!     fn function(&self, _: &mut (), name: &str) -> Result<Option<()>, Failure> {
//!         Err(Failure::unsupported(format!("there is no function {name}")))
//!     }
//!     fn call(&self, _: &mut (), _: &(), n: i32) -> Result<i64, Failure> {
//!         Ok(i64::from(n))
//!     }
//!     fn call_initialize(&self, _: &mut ()) -> Result<(), Failure> {
//!         Ok(())
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     bench_protocol::main::<Nothing>()
//! }
//! ```
#![forbid(unsafe_code)]

mod arguments;
mod driver;
mod engine;
pub mod messages;
mod rss;

pub use driver::main;
pub use engine::{Engine, Failure, Imports, Options};
pub use messages::Info;
pub use rss::{peak_rss_bytes, rss_bytes};

/// The module of the mode `calls`, as text: see its first lines.
pub const CALLS_WAT: &str = include_str!("calls.wat");

/// The module of the mode `instances`, as text: see its first lines.
pub const SMALL_WAT: &str = include_str!("small.wat");
