//! The functions of WASI, as methods of [`WasiCtx`](crate::WasiCtx).
//!
//! Each checks its arguments, the rights of its descriptors and the addresses that it will write
//! to before it has an effect.

mod args;
mod clock;
mod fd;
mod io;
mod path;
mod poll;
mod proc;
mod sock;
