//! `poll_oneoff`.

use crate::clocks::WasiClock;
use crate::error::Result;
use crate::memory::{Abi, GuestMemory};
use crate::table::Object;
use crate::types::{FileType, Rights};
use crate::{Errno, WasiCtx};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;
use std::collections::HashMap;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// Bytes of an `event`.
const EVENT_SIZE: usize = 32;

/// `subclockflags`: the timeout is a time of the clock.
const ABSTIME: u16 = 1;

/// `eventrwflags`: the other end has hung up.
const HANGUP: u16 = 1;

/// What a guest waits for.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    Clock {
        clock: u32,
        timeout: u64,
        absolute: bool,
    },
    Read(i32),
    Write(i32),
}

/// A `subscription`.
#[derive(Clone, Copy, Debug)]
struct Subscription {
    userdata: u64,
    wanted: Wanted,
}

/// An `event` but for its user data and type, which are those of the subscription.
#[derive(Clone, Copy, Debug, Default)]
struct Event {
    error: Option<Errno>,
    nbytes: u64,
    hangup: bool,
}

impl From<Errno> for Event {
    fn from(errno: Errno) -> Event {
        Event {
            error: Some(errno),
            ..Event::default()
        }
    }
}

/// What a subscription needs in order to fire.
enum State<'a> {
    /// Nothing: it has fired.
    Fired(Event),
    /// These nanoseconds since the call began.
    Due(u64),
    /// The operating system's descriptor of a guest's descriptor to be ready.
    Poll(i32, BorrowedFd<'a>, PollFlags),
}

/// The clocks when the call began: all timeouts are counted from there, so that deadlines mean the
/// same before and after waiting, and on clocks that do not move meanwhile.
struct Start {
    realtime: u64,
    monotonic: u64,
}

/// Bytes of a `subscription`: preview 0 has an identifier in front of the clock.
fn subscription_size(abi: Abi) -> usize {
    match abi {
        Abi::Preview0 => 56,
        Abi::Preview1 => 48,
    }
}

fn read_subscription(mem: &GuestMemory<'_>, at: usize) -> std::result::Result<Subscription, Errno> {
    let userdata = mem.load::<u64>(at);
    let wanted = match mem.load::<u8>(at + 8) {
        0 => {
            let clock = match mem.abi() {
                Abi::Preview0 => at + 24,
                Abi::Preview1 => at + 16,
            };
            let flags = mem.load::<u16>(clock + 24);
            if flags & !ABSTIME != 0 {
                return Err(Errno::Inval);
            }
            Wanted::Clock {
                clock: mem.load(clock),
                timeout: mem.load(clock + 8),
                absolute: flags & ABSTIME != 0,
            }
        }
        1 => Wanted::Read(mem.load::<u32>(at + 16) as i32),
        2 => Wanted::Write(mem.load::<u32>(at + 16) as i32),
        _ => return Err(Errno::Inval),
    };
    Ok(Subscription { userdata, wanted })
}

fn write_event(mem: &mut GuestMemory<'_>, at: usize, subscription: &Subscription, event: &Event) {
    let eventtype: u8 = match subscription.wanted {
        Wanted::Clock { .. } => 0,
        Wanted::Read(_) => 1,
        Wanted::Write(_) => 2,
    };
    // Zero the padding too.
    for word in (0..EVENT_SIZE).step_by(8) {
        mem.store(at + word, 0_u64);
    }
    mem.store(at, subscription.userdata);
    mem.store(at + 8, event.error.map_or(0, Errno::raw));
    mem.store(at + 10, eventtype);
    mem.store(at + 16, event.nbytes);
    mem.store(at + 24, if event.hangup { HANGUP } else { 0 });
}

/// The operating system's descriptors to poll, each once however often it is subscribed to: a list
/// no longer than the guest's table, whatever the number of subscriptions.
#[derive(Default)]
struct PollSet<'a> {
    fds: Vec<PollFd<'a>>,
    /// What each of `fds` is polled for.
    events: Vec<PollFlags>,
    /// Their places by the guest's descriptor.
    index: HashMap<i32, usize>,
}

impl<'a> PollSet<'a> {
    fn add(&mut self, guest_fd: i32, fd: BorrowedFd<'a>, flags: PollFlags) {
        let new = self.fds.len();
        let index = *self.index.entry(guest_fd).or_insert(new);
        if index == new {
            self.fds.push(PollFd::from_borrowed_fd(fd, flags));
            self.events.push(flags);
        } else {
            self.events[index] |= flags;
            self.fds[index] = PollFd::from_borrowed_fd(fd, self.events[index]);
        }
    }

    fn revents(&self, guest_fd: i32) -> PollFlags {
        self.index
            .get(&guest_fd)
            .map_or(PollFlags::empty(), |&i| self.fds[i].revents())
    }

    fn any_ready(&self) -> bool {
        self.fds.iter().any(|fd| !fd.revents().is_empty())
    }

    /// Waits until a descriptor is ready, or `timeout` nanoseconds have passed.
    fn wait(&mut self, timeout: Option<u64>) -> std::result::Result<(), Errno> {
        // A deadline beyond the clock's range is none.
        let deadline = timeout.and_then(|t| Instant::now().checked_add(Duration::from_nanos(t)));
        loop {
            let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            let left = left.map(|left| Timespec {
                tv_sec: left.as_secs() as i64,
                tv_nsec: i64::from(left.subsec_nanos()),
            });
            match poll(&mut self.fds, left.as_ref()) {
                Err(rustix::io::Errno::INTR) => {}
                result => return Ok(result.map(drop)?),
            }
        }
    }
}

impl WasiCtx {
    /// `poll_oneoff`: waits until one of the `nsubscriptions` records at `subscriptions` occurs,
    /// writes an event for each that has occurred to `events`, and their number to `nevents`.
    pub fn poll_oneoff(
        &mut self,
        mem: &mut GuestMemory<'_>,
        subscriptions: i32,
        events: i32,
        nsubscriptions: i32,
        nevents: i32,
    ) -> Result {
        let count = nsubscriptions as u32 as usize;
        if count == 0 {
            return Err(Errno::Inval.into());
        }
        let size = subscription_size(mem.abi());
        mem.check_out::<u32>(nevents)?;
        mem.check(subscriptions, count, size, 8)?;
        mem.check(events, count, EVENT_SIZE, 8)?;
        let subscriptions = subscriptions as u32 as usize;
        let at = |i: usize| subscriptions + i * size;
        let start = Start {
            realtime: self.clocks.now(WasiClock::Realtime),
            monotonic: self.clocks.now(WasiClock::Monotonic),
        };

        // Subscriptions are read again after waiting rather than kept: there may be millions.
        let mut polled = PollSet::default();
        let mut fired = false;
        let mut due: Option<u64> = None;
        for i in 0..count {
            match self.state(read_subscription(mem, at(i))?.wanted, &start) {
                State::Fired(_) | State::Due(0) => fired = true,
                State::Due(ns) => due = Some(due.map_or(ns, |d| d.min(ns))),
                State::Poll(guest_fd, fd, flags) => polled.add(guest_fd, fd, flags),
            }
        }
        let passed = if fired {
            polled.wait(Some(0))?;
            Some(0)
        } else if let (Some(ns), true) = (due, polled.fds.is_empty()) {
            self.clocks.monotonic.sleep(ns);
            due
        } else {
            polled.wait(due)?;
            if polled.any_ready() { None } else { due }
        };

        let mut written = 0;
        for i in 0..count {
            let subscription = read_subscription(mem, at(i))?;
            let event = match self.state(subscription.wanted, &start) {
                State::Fired(event) => Some(event),
                State::Due(ns) if passed.is_some_and(|passed| ns <= passed) => {
                    Some(Event::default())
                }
                State::Due(_) => None,
                State::Poll(guest_fd, fd, flags) => ready(fd, flags, polled.revents(guest_fd)),
            };
            if let Some(event) = event {
                let out = events as u32 as usize + written * EVENT_SIZE;
                write_event(mem, out, &subscription, &event);
                written += 1;
            }
        }
        Ok(mem.write(nevents, written as u32)?)
    }

    fn state(&self, wanted: Wanted, start: &Start) -> State<'_> {
        match wanted {
            Wanted::Clock {
                clock,
                timeout,
                absolute,
            } => {
                let now = match WasiClock::from_id(clock) {
                    Ok(WasiClock::Realtime) => start.realtime,
                    Ok(WasiClock::Monotonic) => start.monotonic,
                    // Time on a CPU does not pass while waiting.
                    Ok(WasiClock::ProcessCpu | WasiClock::ThreadCpu) => {
                        return State::Fired(Errno::Notsup.into());
                    }
                    Err(errno) => return State::Fired(errno.into()),
                };
                State::Due(if absolute {
                    timeout.saturating_sub(now)
                } else {
                    timeout
                })
            }
            Wanted::Read(fd) => {
                let flags = PollFlags::IN | PollFlags::RDHUP;
                self.fd_state(fd, Rights::FD_READ, flags)
            }
            Wanted::Write(fd) => self.fd_state(fd, Rights::FD_WRITE, PollFlags::OUT),
        }
    }

    fn fd_state(&self, fd: i32, right: Rights, flags: PollFlags) -> State<'_> {
        let entry = match self.table.get(fd) {
            Ok(entry) => entry,
            Err(errno) => return State::Fired(errno.into()),
        };
        if let Err(errno) = entry.require(right | Rights::POLL_FD_READWRITE) {
            return State::Fired(errno.into());
        }
        match entry.object.poll_fd() {
            Some(host) => State::Poll(fd, host, flags),
            None => State::Fired(Event {
                nbytes: match right {
                    Rights::FD_READ => available(&entry.object),
                    _ => 0,
                },
                ..Event::default()
            }),
        }
    }
}

/// Bytes that can be read at once from what is always ready.
fn available(object: &Object) -> u64 {
    match object {
        Object::File(file) if file.filetype == FileType::RegularFile => {
            rustix::io::ioctl_fionread(&file.handle).unwrap_or(0)
        }
        Object::Input(stream) => stream.available(),
        _ => 0,
    }
}

/// The event of a descriptor, if it is ready for what was asked.
fn ready(fd: BorrowedFd<'_>, wanted: PollFlags, revents: PollFlags) -> Option<Event> {
    let ended = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    if !revents.intersects(wanted | ended) {
        return None;
    }
    if revents.contains(PollFlags::NVAL) {
        return Some(Errno::Badf.into());
    }
    let reads = wanted.contains(PollFlags::IN);
    Some(Event {
        // A pipe that nobody reads any more reports an error to its writer.
        error: (!reads && revents.contains(PollFlags::ERR)).then_some(Errno::Pipe),
        nbytes: match reads {
            true => rustix::io::ioctl_fionread(fd).unwrap_or(0),
            false => 0,
        },
        hangup: revents.intersects(PollFlags::HUP | PollFlags::RDHUP),
    })
}
