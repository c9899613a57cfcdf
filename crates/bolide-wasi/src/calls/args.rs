//! `args_*` and `environ_*`.

use crate::error::Result;
use crate::memory::GuestMemory;
use crate::{Errno, WasiCtx};

impl WasiCtx {
    /// `args_get`: writes the arguments to `argv_buf`, each with a NUL at its end, and their
    /// addresses to `argv`.
    pub fn args_get(&mut self, mem: &mut GuestMemory<'_>, argv: i32, argv_buf: i32) -> Result {
        write_strings(&self.args, mem, argv, argv_buf)
    }

    /// `args_sizes_get`: writes the number of arguments to `argc` and the size of their text,
    /// NULs included, to `argv_buf_size`.
    pub fn args_sizes_get(
        &mut self,
        mem: &mut GuestMemory<'_>,
        argc: i32,
        argv_buf_size: i32,
    ) -> Result {
        write_sizes(&self.args, mem, argc, argv_buf_size)
    }

    /// `environ_get`: writes the variables as `name=value` to `environ_buf`, each with a NUL at
    /// its end, and their addresses to `environ`.
    pub fn environ_get(
        &mut self,
        mem: &mut GuestMemory<'_>,
        environ: i32,
        environ_buf: i32,
    ) -> Result {
        write_strings(&self.env, mem, environ, environ_buf)
    }

    /// `environ_sizes_get`: writes the number of variables to `environc` and the size of their
    /// text, NULs included, to `environ_buf_size`.
    pub fn environ_sizes_get(
        &mut self,
        mem: &mut GuestMemory<'_>,
        environc: i32,
        environ_buf_size: i32,
    ) -> Result {
        write_sizes(&self.env, mem, environc, environ_buf_size)
    }
}

/// The size of all strings with their NULs.
fn text_size(strings: &[Vec<u8>]) -> Result<u32> {
    if strings.iter().any(|s| s.contains(&0)) {
        return Err(Errno::Ilseq.into());
    }
    let size: usize = strings.iter().map(|s| s.len() + 1).sum();
    Ok(u32::try_from(size).map_err(|_| Errno::Overflow)?)
}

fn write_sizes(
    strings: &[Vec<u8>],
    mem: &mut GuestMemory<'_>,
    count_out: i32,
    size_out: i32,
) -> Result {
    mem.check_out::<u32>(size_out)?;
    let size = text_size(strings)?;
    let count = u32::try_from(strings.len()).map_err(|_| Errno::Overflow)?;
    mem.write(count_out, count)?;
    mem.write(size_out, size)?;
    Ok(())
}

fn write_strings(
    strings: &[Vec<u8>],
    mem: &mut GuestMemory<'_>,
    pointers: i32,
    text: i32,
) -> Result {
    let size = text_size(strings)?;
    mem.check(pointers, strings.len(), 4, 4)?;
    mem.check(text, size as usize, 1, 1)?;
    let mut at = text as u32;
    for (i, string) in strings.iter().enumerate() {
        mem.store(pointers as u32 as usize + 4 * i, at);
        let room = mem.slice_mut(at as i32, string.len() as i32 + 1)?;
        room[..string.len()].copy_from_slice(string);
        room[string.len()] = 0;
        at = at.wrapping_add(string.len() as u32 + 1);
    }
    Ok(())
}
