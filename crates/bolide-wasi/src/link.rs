//! WASI's functions as imports of a [`Linker`].

use crate::error::{Error, MemoryError};
use crate::functions::for_each_wasi_function;
use crate::memory::{Abi, GuestMemory};
use crate::{Errno, WasiCtx};
use bolide::{Caller, Extern, Linker};

/// Defines all functions of `wasi_snapshot_preview1` and `wasi_unstable` in `linker`.
///
/// `get` finds the guest's [`WasiCtx`] in the data of the store. `proc_exit` ends the call into the
/// guest with an error in which `downcast_ref::<I32Exit>()` finds the code.
///
/// # Errors
///
/// When `linker` has one of the functions already and does not allow it to be replaced. Later, a
/// call from a module whose memory cannot be used fails with [`MemoryError`].
pub fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut WasiCtx + Send + Sync + Copy + 'static,
) -> bolide::Result<()> {
    macro_rules! abi {
        (preview0) => {
            Abi::Preview0
        };
        (preview1) => {
            Abi::Preview1
        };
    }
    macro_rules! define {
        ($abi:ident $name:ident($($param:ident: $ty:ident),*) -> errno) => {
            linker.func_wrap(
                abi!($abi).module(),
                stringify!($name),
                move |mut caller: Caller<'_, T> $(, $param: $ty)*| -> bolide::Result<i32> {
                    with_memory(&mut caller, abi!($abi), |data, mem| {
                        get(data).$name(mem $(, $param)*)
                    })
                },
            )?;
        };
        ($abi:ident $name:ident($($param:ident: $ty:ident),*) -> noreturn) => {
            linker.func_wrap(
                abi!($abi).module(),
                stringify!($name),
                move |mut caller: Caller<'_, T> $(, $param: $ty)*| -> bolide::Result<()> {
                    let mut mem = GuestMemory::new(&mut [], abi!($abi));
                    match get(caller.data_mut()).$name(&mut mem $(, $param)*) {
                        Err(Error::Exit(exit)) => Err(exit.into()),
                        _ => Ok(()),
                    }
                },
            )?;
        };
    }
    macro_rules! define_all {
        ($([$($abi:ident)*] $name:ident $params:tt -> $result:ident;)*) => {
            $(define_all!(@row [$($abi)*] $name $params $result);)*
        };
        (@row [$($abi:ident)*] $name:ident $params:tt $result:ident) => {
            $(define_all!(@one $abi $name $params $result);)*
        };
        (@one $abi:ident $name:ident ($($param:tt)*) $result:ident) => {
            define!($abi $name($($param)*) -> $result);
        };
    }
    for_each_wasi_function!(define_all);
    Ok(())
}

/// Runs a function of WASI on the memory of its caller.
fn with_memory<T: 'static>(
    caller: &mut Caller<'_, T>,
    abi: Abi,
    call: impl FnOnce(&mut T, &mut GuestMemory<'_>) -> crate::Result,
) -> bolide::Result<i32> {
    let memory = match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => memory,
        Some(Extern::SharedMemory(_)) => return Err(MemoryError::Shared.into()),
        _ => return Err(MemoryError::Missing.into()),
    };
    let (bytes, data) = memory.data_and_store_mut(&mut *caller);
    match call(data, &mut GuestMemory::new(bytes, abi)) {
        Ok(()) => Ok(i32::from(Errno::Success.raw())),
        Err(Error::Errno(errno)) => Ok(i32::from(errno.raw())),
        Err(Error::Exit(exit)) => Err(exit.into()),
    }
}
