//! WASI preview 1 for Bolide: what a WebAssembly program may see and do outside of its own memory.
//!
//! [`WasiCtxBuilder`] says what a guest is given; everything else does not exist for it. Both
//! modules that programs import are here in full, `wasi_snapshot_preview1` and its predecessor
//! `wasi_unstable` ([`Abi`]), as one list of functions ([`functions::FUNCTIONS`]) over one
//! implementation.
//!
//! The functions are methods of [`WasiCtx`] that take a view of the guest's linear memory
//! ([`GuestMemory`]) and the arguments of the wasm signature; they know no engine. Data move
//! directly between the operating system and the guest's memory. [`add_to_linker`] connects them
//! to the engine:
//!
//! ```
//! use bolide::{Engine, Linker, Module, Store};
//! use bolide_wasi::{I32Exit, WasiCtx, WasiCtxBuilder, add_to_linker};
//!
//! # fn main() -> bolide::Result<()> {
//! let engine = Engine::default();
//! let module = Module::new(
//!     &engine,
//!     r#"(module
//!         (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
//!         (memory (export "memory") 1)
//!         (func (export "_start") (call $exit (i32.const 3))))"#,
//! )?;
//! let mut linker = Linker::new(&engine);
//! add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi)?;
//!
//! let wasi = WasiCtxBuilder::new().inherit_stdio().arg("program").build();
//! let mut store = Store::new(&engine, wasi);
//! let instance = linker.instantiate(&mut store, &module)?;
//! let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
//! let error = start.call(&mut store, ()).unwrap_err();
//! assert_eq!(error.downcast_ref::<I32Exit>(), Some(&I32Exit(3)));
//! # Ok(())
//! # }
//! ```
//!
//! # Files
//!
//! Directories are capability handles: a path is resolved within the directory that it is relative
//! to, and what leads outside fails with `perm`. What the embedder does not allow
//! ([`DirPerms`], [`FilePerms`]) fails with `rofs` or `acces`, as on a file system that is mounted
//! so. What the guest gave up itself ([`Rights`]) fails with `notcapable`. Paths are bytes: names
//! that are not UTF-8 work as they do natively.
//!
//! # Errors
//!
//! An address outside of the guest's memory is `fault`, a misaligned one `inval`: the witx permits
//! a trap there, but a number tells the program where it went wrong. Addresses of results are
//! checked before a call has an effect. The host never panics over what a guest passes.
//!
//! # Limits
//!
//! The target is Linux. A guest has one thread; a shared memory is refused. `poll_oneoff` and
//! blocking reads hold the calling thread.

#![forbid(unsafe_code)]

mod calls;
mod clocks;
mod ctx;
mod errno;
mod error;
pub mod functions;
mod handle;
mod link;
mod memory;
mod path;
pub mod pipe;
mod readdir;
mod stream;
mod table;
mod types;

/// Names under which embedders of other engines look for this.
pub mod p1 {
    pub use crate::ctx::WasiCtx as WasiP1Ctx;
    pub use crate::link::add_to_linker as add_to_linker_sync;
}

pub use clocks::{HostMonotonicClock, HostRandom, HostWallClock};
pub use ctx::{WasiCtx, WasiCtxBuilder};
pub use errno::Errno;
pub use error::{Error, I32Exit, MemoryError, Result};
pub use link::add_to_linker;
pub use memory::{Abi, GuestMemory};
pub use stream::{InputStream, OutputStream};
pub use types::{DirPerms, FdFlags, FilePerms, FileType, FstFlags, LookupFlags, OFlags, Rights};
