//! Clocks and randomness: the host's own, and the traits to replace them.

use crate::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};
use std::time::Duration;

/// A clock that tells the time of day: WASI's `realtime`.
pub trait HostWallClock: Send {
    /// The smallest step of the clock; never zero.
    fn resolution(&self) -> Duration;
    /// The time since 1970-01-01T00:00:00Z.
    fn now(&self) -> Duration;
}

/// A clock that never goes back: WASI's `monotonic`, or its CPU-time clocks.
pub trait HostMonotonicClock: Send {
    /// The smallest step of the clock in nanoseconds; never zero.
    fn resolution(&self) -> u64;
    /// The time in nanoseconds since a moment that stays the same.
    fn now(&self) -> u64;
    /// Waits for `nanoseconds`, when the guest waits for nothing but time.
    ///
    /// A clock that does not follow real time moves itself forward here and returns at once. When
    /// the guest also waits for descriptors that the host can poll, it waits in real time instead.
    fn sleep(&self, nanoseconds: u64) {
        std::thread::sleep(Duration::from_nanos(nanoseconds));
    }
}

/// A source of random bytes for `random_get`.
pub trait HostRandom: Send {
    /// Fills all of `buffer`.
    ///
    /// # Errors
    ///
    /// Any error is passed on to the guest as its error number.
    fn fill(&mut self, buffer: &mut [u8]) -> std::io::Result<()>;
}

/// A clock of the host's operating system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock(pub(crate) ClockId);

fn duration(time: Timespec) -> Duration {
    // The kernel reports no time before 1970 and always less than 10^9 nanoseconds.
    Duration::new(time.tv_sec.max(0) as u64, time.tv_nsec as u32)
}

/// As many nanoseconds as fit in WASI's `timestamp`: until the year 2554.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl HostWallClock for SystemClock {
    fn resolution(&self) -> Duration {
        duration(clock_getres(self.0))
    }

    fn now(&self) -> Duration {
        duration(clock_gettime(self.0))
    }
}

impl HostMonotonicClock for SystemClock {
    fn resolution(&self) -> u64 {
        nanoseconds(duration(clock_getres(self.0)))
    }

    fn now(&self) -> u64 {
        nanoseconds(duration(clock_gettime(self.0)))
    }
}

/// The kernel's cryptographically secure generator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemRandom;

impl HostRandom for SystemRandom {
    fn fill(&mut self, mut buffer: &mut [u8]) -> std::io::Result<()> {
        while !buffer.is_empty() {
            match getrandom(&mut *buffer, GetRandomFlags::empty()) {
                Ok(filled) => buffer = &mut buffer[filled..],
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// The clocks of one guest.
pub(crate) struct Clocks {
    pub(crate) wall: Box<dyn HostWallClock>,
    /// Whether `wall` is the operating system's clock, which also stamps its files.
    pub(crate) wall_is_system: bool,
    pub(crate) monotonic: Box<dyn HostMonotonicClock>,
    pub(crate) process_cpu: Box<dyn HostMonotonicClock>,
    pub(crate) thread_cpu: Box<dyn HostMonotonicClock>,
}

impl Default for Clocks {
    fn default() -> Clocks {
        Clocks {
            wall: Box::new(SystemClock(ClockId::Realtime)),
            wall_is_system: true,
            monotonic: Box::new(SystemClock(ClockId::Monotonic)),
            process_cpu: Box::new(SystemClock(ClockId::ProcessCPUTime)),
            thread_cpu: Box::new(SystemClock(ClockId::ThreadCPUTime)),
        }
    }
}

/// WASI's `clockid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WasiClock {
    Realtime,
    Monotonic,
    ProcessCpu,
    ThreadCpu,
}

impl WasiClock {
    pub(crate) fn from_id(id: u32) -> Result<WasiClock, Errno> {
        Ok(match id {
            0 => WasiClock::Realtime,
            1 => WasiClock::Monotonic,
            2 => WasiClock::ProcessCpu,
            3 => WasiClock::ThreadCpu,
            _ => return Err(Errno::Inval),
        })
    }
}

impl Clocks {
    pub(crate) fn resolution(&self, clock: WasiClock) -> u64 {
        match clock {
            WasiClock::Realtime => nanoseconds(self.wall.resolution()),
            WasiClock::Monotonic => self.monotonic.resolution(),
            WasiClock::ProcessCpu => self.process_cpu.resolution(),
            WasiClock::ThreadCpu => self.thread_cpu.resolution(),
        }
    }

    pub(crate) fn now(&self, clock: WasiClock) -> u64 {
        match clock {
            WasiClock::Realtime => nanoseconds(self.wall.now()),
            WasiClock::Monotonic => self.monotonic.now(),
            WasiClock::ProcessCpu => self.process_cpu.now(),
            WasiClock::ThreadCpu => self.thread_cpu.now(),
        }
    }
}
