//! `poll_oneoff`.

use crate::harness::{DIR, Guest};
use bolide_wasi::{
    Abi, Errno, HostMonotonicClock, InputStream, OFlags, OutputStream, Rights, WasiCtxBuilder,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Sub {
    /// Clock, timeout, flags.
    Clock(u32, u64, u16),
    Read(i64),
    Write(i64),
    Other(u8),
}

/// Number of the subscription, error, type, bytes, flags.
pub(crate) type Event = (u64, u16, u8, u64, u16);

pub(crate) fn subscriptions(abi: Abi, subs: &[Sub]) -> Vec<u8> {
    let mut all = Vec::new();
    for (i, sub) in subs.iter().enumerate() {
        let mut bytes = Vec::new();
        bytes.extend((100 + i as u64).to_le_bytes());
        let tag = match sub {
            Sub::Clock(..) => 0,
            Sub::Read(_) => 1,
            Sub::Write(_) => 2,
            Sub::Other(tag) => *tag,
        };
        bytes.extend([tag, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        match *sub {
            Sub::Clock(clock, timeout, flags) => {
                if abi == Abi::Preview0 {
                    bytes.extend(u64::MAX.to_le_bytes());
                }
                bytes.extend(u64::from(clock).to_le_bytes());
                bytes.extend(timeout.to_le_bytes());
                bytes.extend(0_u64.to_le_bytes());
                bytes.extend(u64::from(flags).to_le_bytes());
            }
            Sub::Read(fd) | Sub::Write(fd) => bytes.extend(fd.to_le_bytes()),
            Sub::Other(_) => {}
        }
        let size = if abi == Abi::Preview0 { 56 } else { 48 };
        bytes.resize(size, 0);
        all.extend(bytes);
    }
    all
}

pub(crate) fn poll(guest: &mut Guest, subs: &[Sub]) -> Result<Vec<Event>, Errno> {
    let bytes = subscriptions(guest.abi, subs);
    let input = guest.put(&bytes);
    let output = guest.put(&vec![0xee; 32 * subs.len()]);
    let count = guest.alloc(4);
    match call!(
        guest,
        "poll_oneoff",
        input,
        output,
        subs.len() as i64,
        count
    ) {
        Errno::Success => Ok((0..i64::from(guest.u32(count)))
            .map(|i| {
                let at = output + 32 * i;
                (
                    guest.u64(at) - 100,
                    guest.u16(at + 8),
                    guest.bytes(at + 10, 1)[0],
                    guest.u64(at + 16),
                    guest.u16(at + 24),
                )
            })
            .collect()),
        errno => Err(errno),
    }
}

/// A clock that moves only when someone waits.
#[derive(Clone, Default)]
struct Virtual(Arc<AtomicU64>);

impl HostMonotonicClock for Virtual {
    fn resolution(&self) -> u64 {
        1
    }
    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
    fn sleep(&self, nanoseconds: u64) {
        self.0.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

const MONOTONIC: u32 = 1;
const ABSOLUTE: u16 = 1;
const DAY: u64 = 86_400_000_000_000;

#[test]
fn the_earliest_clocks_fire_and_time_passes() {
    for (start, subs, fired, end) in [
        (0, vec![Sub::Clock(MONOTONIC, DAY, 0)], vec![0], DAY),
        (7, vec![Sub::Clock(MONOTONIC, DAY, ABSOLUTE)], vec![0], DAY),
        (DAY, vec![Sub::Clock(MONOTONIC, 5, ABSOLUTE)], vec![0], DAY),
        (
            0,
            vec![
                Sub::Clock(MONOTONIC, 2 * DAY, 0),
                Sub::Clock(MONOTONIC, DAY, 0),
                Sub::Clock(0, DAY, 0),
            ],
            vec![1, 2],
            DAY,
        ),
        (
            10,
            vec![
                Sub::Clock(MONOTONIC, 15, ABSOLUTE),
                Sub::Clock(MONOTONIC, 6, 0),
                Sub::Clock(MONOTONIC, 5, 0),
            ],
            vec![0, 2],
            15,
        ),
        (
            0,
            vec![Sub::Clock(MONOTONIC, DAY, 0), Sub::Clock(0, 1, ABSOLUTE)],
            vec![1],
            0,
        ),
        (3, vec![Sub::Clock(MONOTONIC, 0, 0)], vec![0], 3),
        (
            0,
            vec![Sub::Clock(MONOTONIC, DAY, 0), Sub::Write(1)],
            vec![1],
            0,
        ),
    ] {
        let clock = Virtual::default();
        clock.0.store(start, Ordering::Relaxed);
        let mut guest = Guest::new(WasiCtxBuilder::new().monotonic_clock(clock.clone()).build());
        let events = poll(&mut guest, &subs).unwrap();
        let numbers: Vec<u64> = events.iter().map(|e| e.0).collect();
        assert_eq!(numbers, fired, "{subs:?}");
        assert!(events.iter().all(|e| e.1 == 0), "{events:?}");
        assert_eq!(clock.now(), end, "{subs:?}");
    }
}

#[test]
fn real_clocks_fire_too() {
    let mut guest = Guest::new(WasiCtxBuilder::new().build());
    let out = guest.alloc(8);
    for clock in [0, 1] {
        let events = poll(&mut guest, &[Sub::Clock(clock, 1_000_000, 0)]).unwrap();
        assert_eq!(events, [(0, 0, 0, 0, 0)]);
        ok!(guest, "clock_time_get", i64::from(clock), 0, out);
        let soon = guest.u64(out) + 1_000_000;
        let events = poll(&mut guest, &[Sub::Clock(clock, soon, ABSOLUTE)]).unwrap();
        assert_eq!(events, [(0, 0, 0, 0, 0)]);
        ok!(guest, "clock_time_get", i64::from(clock), 0, out);
        assert!(guest.u64(out) >= soon, "clock {clock} fired too early");
    }
}

#[test]
fn subscriptions_that_cannot_be_waited_for_are_events_with_errors() {
    let (mut guest, _dir) = Guest::in_dir();
    let deaf = guest.open("f", OFlags::CREAT, Rights::FD_READ).unwrap();
    for (sub, error) in [
        (Sub::Read(99), Errno::Badf),
        (Sub::Write(-1), Errno::Badf),
        (Sub::Write(0), Errno::Notcapable),
        (Sub::Read(1), Errno::Notcapable),
        (Sub::Read(DIR), Errno::Notcapable),
        (Sub::Read(deaf), Errno::Notcapable),
        (Sub::Clock(2, 0, 0), Errno::Notsup),
        (Sub::Clock(3, 0, 0), Errno::Notsup),
        (Sub::Clock(4, 0, 0), Errno::Inval),
    ] {
        // The others are not waited for then.
        let events = poll(&mut guest, &[Sub::Clock(MONOTONIC, DAY, 0), sub]).unwrap();
        assert_eq!(events.len(), 1, "{sub:?}");
        assert_eq!((events[0].0, events[0].1), (1, error.raw()), "{sub:?}");
    }
}

#[test]
fn malformed_calls_fail_as_a_whole() {
    let mut guest = Guest::new(WasiCtxBuilder::new().build());
    assert_eq!(poll(&mut guest, &[]), Err(Errno::Inval));
    for sub in [Sub::Other(3), Sub::Other(255), Sub::Clock(1, 0, 2)] {
        assert_eq!(
            poll(&mut guest, &[Sub::Clock(1, 0, 0), sub]),
            Err(Errno::Inval)
        );
    }
    let bytes = subscriptions(Abi::Preview1, &[Sub::Clock(1, 0, 0)]);
    let (input, output, count) = (guest.put(&bytes), guest.alloc(32), guest.alloc(8));
    for (input, output, n, count, errno) in [
        (input, output, -1, count, Errno::Fault),
        (input, output, i64::from(i32::MAX), count, Errno::Fault),
        (-48, output, 1, count, Errno::Fault),
        (input, -32, 1, count, Errno::Fault),
        (input + 4, output, 1, count, Errno::Inval),
        (input, output + 4, 1, count, Errno::Inval),
        (input, output, 1, count + 1, Errno::Inval),
        (input, output, 1, -4, Errno::Fault),
    ] {
        let result = call!(guest, "poll_oneoff", input, output, n, count);
        assert_eq!(
            result, errno,
            "poll_oneoff({input}, {output}, {n}, {count})"
        );
    }
}

#[test]
fn files_are_always_ready_and_tell_how_much_is_left() {
    let (mut guest, _dir) = Guest::in_dir();
    let fd = guest.create("file");
    guest.write(fd, b"0123456789").unwrap();
    guest.seek(fd, 4, 0).unwrap();
    let subs = [Sub::Read(fd), Sub::Write(fd), Sub::Clock(MONOTONIC, DAY, 0)];
    let events = poll(&mut guest, &subs).unwrap();
    assert_eq!(events, [(0, 0, 1, 6, 0), (1, 0, 2, 0, 0)]);
}

struct PipeEnd(OwnedFd);

impl InputStream for PipeEnd {
    fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        Ok(rustix::io::readv(&self.0, buffers)?)
    }
    fn poll_handle(&self) -> Option<BorrowedFd<'_>> {
        Some(self.0.as_fd())
    }
}

impl OutputStream for PipeEnd {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(rustix::io::writev(&self.0, buffers)?)
    }
    fn poll_handle(&self) -> Option<BorrowedFd<'_>> {
        Some(self.0.as_fd())
    }
}

#[test]
fn pipes_are_ready_when_there_is_something_to_do() {
    let (stdin, to_guest) = rustix::pipe::pipe().unwrap();
    let (from_guest, stdout) = rustix::pipe::pipe().unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.stdin(PipeEnd(stdin)).stdout(PipeEnd(stdout));
    let mut guest = Guest::new(builder.build());
    let soon = Sub::Clock(MONOTONIC, 1_000_000, 0);
    let late = Sub::Clock(MONOTONIC, DAY, 0);

    let events = poll(&mut guest, &[Sub::Read(0), soon]).unwrap();
    assert_eq!(events, [(1, 0, 0, 0, 0)], "nothing to read");
    let events = poll(&mut guest, &[Sub::Read(0), late, Sub::Write(1)]).unwrap();
    assert_eq!(events, [(2, 0, 2, 0, 0)], "room to write");

    rustix::io::write(&to_guest, b"abc").unwrap();
    let events = poll(&mut guest, &[late, Sub::Read(0), Sub::Read(0)]).unwrap();
    assert_eq!(events, [(1, 0, 1, 3, 0), (2, 0, 1, 3, 0)]);
    drop(to_guest);
    let events = poll(&mut guest, &[Sub::Read(0), late]).unwrap();
    assert_eq!(events, [(0, 0, 1, 3, 1)], "hung up with data left");
    assert_eq!(guest.read(0, 3).unwrap(), b"abc");
    let events = poll(&mut guest, &[Sub::Read(0)]).unwrap();
    assert_eq!(events, [(0, 0, 1, 0, 1)], "the end");

    drop(from_guest);
    let events = poll(&mut guest, &[Sub::Write(1), late]).unwrap();
    assert_eq!(events, [(0, Errno::Pipe.raw(), 2, 0, 0)], "nobody reads");
}

#[test]
fn waiting_ends_when_data_arrive() {
    let (stdin, to_guest) = rustix::pipe::pipe().unwrap();
    let mut guest = Guest::new(WasiCtxBuilder::new().stdin(PipeEnd(stdin)).build());
    let writer = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        rustix::io::write(&to_guest, b"x").unwrap();
        to_guest
    });
    let events = poll(&mut guest, &[Sub::Clock(MONOTONIC, DAY, 0), Sub::Read(0)]).unwrap();
    assert_eq!(events, [(1, 0, 1, 1, 0)]);
    drop(writer.join().unwrap());
}

#[test]
fn thousands_of_subscriptions_are_one_wait() {
    let mut guest = Guest::new(WasiCtxBuilder::new().build());
    let mut subs = vec![Sub::Clock(MONOTONIC, DAY, 0); 5000];
    subs[4321] = Sub::Clock(MONOTONIC, 1, 0);
    assert_eq!(poll(&mut guest, &subs).unwrap(), [(4321, 0, 0, 0, 0)]);
}
