//! `proc_*`.

use crate::error::{I32Exit, Result};
use crate::memory::GuestMemory;
use crate::{Errno, WasiCtx};

/// What a signal does to a guest, which cannot handle any.
enum Action {
    Ignore,
    Terminate,
    Stop,
}

/// The actions that the witx gives for the signals, by number.
fn action(signal: u32) -> Result<Action> {
    Ok(match signal {
        // none, pipe, chld, cont, urg, winch
        0 | 13 | 16 | 17 | 22 | 27 => Action::Ignore,
        // stop, tstp, ttin, ttou
        18..=21 => Action::Stop,
        1..=30 => Action::Terminate,
        _ => return Err(Errno::Inval.into()),
    })
}

impl WasiCtx {
    /// `proc_exit`: ends the guest with `code`; always fails with [`I32Exit`].
    pub fn proc_exit(&mut self, _mem: &mut GuestMemory<'_>, code: i32) -> Result {
        Err(I32Exit(code).into())
    }

    /// `proc_raise`: does what signal `sig` does by default. One that terminates ends the guest
    /// with code 128 + `sig`, as a shell reports it; nothing resumes a guest, so one that stops is
    /// `notsup`.
    pub fn proc_raise(&mut self, _mem: &mut GuestMemory<'_>, sig: i32) -> Result {
        match action(sig as u32)? {
            Action::Ignore => Ok(()),
            Action::Terminate => Err(I32Exit(128 + sig).into()),
            Action::Stop => Err(Errno::Notsup.into()),
        }
    }
}
