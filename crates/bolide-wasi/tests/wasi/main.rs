//! WASI's functions, driven over a plain vector as guest memory.

#[macro_use]
mod harness;

mod environment;
mod escape;
mod files;
mod hostile;
mod list;
mod paths;
mod permissions;
mod poll;
mod preview0;
mod readdir;
mod rights;
mod sockets;
mod stdio;
