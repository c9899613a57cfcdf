//! What differs between processors: the routines that cross between host code and wasm code, and
//! access to a signal's register state.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod x86_64;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub(crate) use x86_64::*;

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
compile_error!(
    "Bolide runs on x86-64 Linux; other platforms need a module in bolide-runtime/src/arch"
);
