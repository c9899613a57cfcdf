//! Every function with arguments that make no sense.

use crate::harness::Guest;
use bolide_wasi::functions::FUNCTIONS;
use bolide_wasi::{Abi, Error, GuestMemory, HostMonotonicClock, WasiCtxBuilder};
use std::os::unix::net::UnixStream;

/// A clock whose waits end at once: nothing here may wait.
struct Hurried;

impl HostMonotonicClock for Hurried {
    fn resolution(&self) -> u64 {
        1
    }
    fn now(&self) -> u64 {
        u64::MAX / 2
    }
    fn sleep(&self, _: u64) {}
}

/// A guest with one descriptor of each kind, 0 to 7.
fn guest() -> (Guest, tempfile::TempDir, UnixStream) {
    use bolide_wasi::{DirPerms, FilePerms, OFlags, Rights};
    let dir = tempfile::tempdir().unwrap();
    let (socket, host) = UnixStream::pair().unwrap();
    socket.set_nonblocking(true).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder
        .args(&["prog", "arg"])
        .env("NAME", "value")
        .monotonic_clock(Hurried)
        .preopened_dir(dir.path(), "/", DirPerms::all(), FilePerms::all())
        .unwrap()
        .preopened_socket(socket)
        .unwrap()
        .preopened_socket(listener)
        .unwrap();
    let mut guest = Guest::new(builder.build());
    for fd in [4, 5] {
        ok!(guest, "fd_fdstat_set_flags", fd, 4);
    }
    guest.create("file");
    guest
        .open(".", OFlags::DIRECTORY, Rights::DIRECTORY)
        .unwrap();
    guest.memory.truncate(64 * 1024);
    (guest, dir, host)
}

/// Calls a function in both versions; any outcome will do that is not a panic.
fn call(guest: &mut Guest, name: &str, args: &[i64]) {
    for abi in [Abi::Preview0, Abi::Preview1] {
        let mut memory = GuestMemory::new(&mut guest.memory, abi);
        match guest.ctx.call(&mut memory, name, args) {
            Err(Error::Exit(_)) => assert!(name.starts_with("proc_"), "{name} exits"),
            Ok(()) | Err(Error::Errno(_)) => {}
        }
    }
}

/// Reading from a socket that has no data is the only thing here that could wait.
fn waits(name: &str, args: &[i64]) -> bool {
    name == "poll_oneoff" && args.iter().any(|&a| (0..65536).contains(&a))
}

const EXTREMES: &[i64] = &[
    0,
    1,
    3,
    4,
    7,
    8,
    -1,
    -8,
    65_535,
    65_536,
    65_528,
    i32::MAX as i64,
    i32::MIN as i64,
    i64::MAX,
    i64::MIN,
];

#[test]
fn the_same_extreme_value_everywhere() {
    for &value in EXTREMES {
        for function in FUNCTIONS {
            let (mut guest, _dir, _host) = guest();
            call(
                &mut guest,
                function.name,
                &vec![value; function.params.len()],
            );
        }
    }
}

#[test]
fn each_descriptor_with_each_extreme_value() {
    for fd in 0..10 {
        let (mut guest, _dir, _host) = guest();
        for &value in EXTREMES {
            for function in FUNCTIONS {
                if ["fd_close", "fd_renumber", "poll_oneoff"].contains(&function.name) {
                    continue;
                }
                let mut args = vec![value; function.params.len()];
                if let Some(first) = args.first_mut() {
                    *first = fd;
                }
                call(&mut guest, function.name, &args);
            }
        }
    }
}

/// A generator of the same numbers every time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A value of a kind that functions take.
    fn argument(&mut self) -> i64 {
        let number = self.next();
        match number % 8 {
            0 => EXTREMES[(number >> 8) as usize % EXTREMES.len()],
            1 | 2 => (number >> 8) as i64 % 10,
            3 | 4 => (number >> 8) as i64 % 65_536,
            5 | 6 => ((number >> 8) as i64 % 65_536) & !7,
            _ => number as i64,
        }
    }
}

#[test]
fn random_arguments_and_random_memory() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for _ in 0..60 {
        let (mut guest, _dir, _host) = guest();
        for _ in 0..400 {
            let function = &FUNCTIONS[numbers.next() as usize % FUNCTIONS.len()];
            let args: Vec<i64> = function.params.iter().map(|_| numbers.argument()).collect();
            if waits(function.name, &args) {
                continue;
            }
            let at = numbers.next() as usize % 65_528;
            let word = numbers.argument().to_le_bytes();
            guest.memory[at..at + 8].copy_from_slice(&word);
            call(&mut guest, function.name, &args);
        }
    }
}

/// Subscriptions made of garbage, with one that fires at once so that nothing waits.
#[test]
fn random_subscriptions() {
    let mut numbers = Numbers(42);
    let (mut guest, _dir, _host) = guest();
    for _ in 0..2000 {
        for word in 0..6 * 8 {
            let value = numbers.argument().to_le_bytes();
            guest.memory[1024 + word * 8..][..8].copy_from_slice(&value);
            // Mostly a type that exists.
            guest.memory[1024 + word / 6 * 48 + 8] = numbers.next() as u8 % 3;
        }
        guest.memory[1024..1024 + 48].fill(0);
        let args = [1024, 4096, 1 + numbers.next() as i64 % 7, 8192];
        let mut memory = GuestMemory::new(&mut guest.memory, Abi::Preview1);
        let _ = guest.ctx.call(&mut memory, "poll_oneoff", &args);
    }
}

#[test]
fn an_empty_memory_is_only_outside() {
    for function in FUNCTIONS {
        let (mut guest, _dir, _host) = guest();
        guest.memory.clear();
        for fd in [0, 3, 6] {
            let args = vec![fd; function.params.len()];
            call(&mut guest, function.name, &args);
        }
    }
}
