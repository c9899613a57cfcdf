//! `clock_*`, `random_get` and `sched_yield`.

use crate::WasiCtx;
use crate::clocks::WasiClock;
use crate::error::Result;
use crate::memory::GuestMemory;

impl WasiCtx {
    /// `clock_res_get`: writes the resolution of clock `id` in nanoseconds to `resolution`.
    pub fn clock_res_get(&mut self, mem: &mut GuestMemory<'_>, id: i32, resolution: i32) -> Result {
        let clock = WasiClock::from_id(id as u32)?;
        Ok(mem.write(resolution, self.clocks.resolution(clock))?)
    }

    /// `clock_time_get`: writes the time of clock `id` in nanoseconds to `time`. The precision
    /// that the guest contents itself with makes no difference.
    pub fn clock_time_get(
        &mut self,
        mem: &mut GuestMemory<'_>,
        id: i32,
        _precision: i64,
        time: i32,
    ) -> Result {
        let clock = WasiClock::from_id(id as u32)?;
        Ok(mem.write(time, self.clocks.now(clock))?)
    }

    /// `random_get`: fills `buf_len` bytes at `buf` with random numbers.
    pub fn random_get(&mut self, mem: &mut GuestMemory<'_>, buf: i32, buf_len: i32) -> Result {
        Ok(self.random.fill(mem.slice_mut(buf, buf_len)?)?)
    }

    /// `sched_yield`: lets other threads of the host run.
    pub fn sched_yield(&mut self, _mem: &mut GuestMemory<'_>) -> Result {
        std::thread::yield_now();
        Ok(())
    }
}
