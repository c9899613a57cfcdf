//! Arguments, environment, clocks, randomness and the end of the process.

use crate::harness::Guest;
use bolide_wasi::{Errno, HostMonotonicClock, HostRandom, HostWallClock, I32Exit, WasiCtxBuilder};
use std::time::Duration;

/// Reads a list of strings as a C library does: sizes first, then pointers and text.
fn strings(guest: &mut Guest, sizes: &str, get: &str) -> Vec<String> {
    let out = guest.alloc(8);
    ok!(guest, sizes, out, out + 4);
    let (count, size) = (guest.u32(out), guest.u32(out + 4) as usize);
    let (pointers, text) = (guest.alloc(4 * count as usize), guest.alloc(size + 1));
    guest.memory[text as usize + size] = b'!';
    ok!(guest, get, pointers, text);
    assert_eq!(
        guest.bytes(text, size + 1)[size],
        b'!',
        "{get} wrote behind its buffer"
    );
    (0..i64::from(count))
        .map(|i| {
            let at = i64::from(guest.u32(pointers + 4 * i));
            let bytes = &guest.memory[at as usize..];
            let end = bytes.iter().position(|&b| b == 0).unwrap();
            String::from_utf8(bytes[..end].to_vec()).unwrap()
        })
        .collect()
}

#[test]
fn arguments_and_environment_arrive_in_order() {
    let mut guest = Guest::new(
        WasiCtxBuilder::new()
            .arg("prog")
            .args(&["", "ä b"])
            .env("A", "1")
            .envs(&[("B", "x=y"), ("A", "2")])
            .build(),
    );
    let args = strings(&mut guest, "args_sizes_get", "args_get");
    assert_eq!(args, ["prog", "", "ä b"]);
    let env = strings(&mut guest, "environ_sizes_get", "environ_get");
    assert_eq!(env, ["B=x=y", "A=2"]);
}

#[test]
fn without_a_call_there_are_none() {
    let mut guest = Guest::new(WasiCtxBuilder::new().build());
    assert!(strings(&mut guest, "args_sizes_get", "args_get").is_empty());
    assert!(strings(&mut guest, "environ_sizes_get", "environ_get").is_empty());
}

#[test]
fn a_string_with_a_nul_is_refused() {
    let mut guest = Guest::new(WasiCtxBuilder::new().arg("a\0b").build());
    let out = guest.alloc(8);
    assert_eq!(call!(guest, "args_sizes_get", out, out + 4), Errno::Ilseq);
    assert_eq!(call!(guest, "args_get", out, out), Errno::Ilseq);
    ok!(guest, "environ_sizes_get", out, out + 4);
}

#[test]
fn strings_do_not_fit_outside_of_memory() {
    let mut guest = Guest::new(WasiCtxBuilder::new().arg("prog").build());
    let end = guest.memory.len() as i64;
    for (name, a, b, errno) in [
        ("args_sizes_get", end, 0, Errno::Fault),
        ("args_sizes_get", 0, end - 2, Errno::Fault),
        ("args_sizes_get", 1, 8, Errno::Inval),
        ("args_get", 0, end - 4, Errno::Fault),
        ("args_get", end, 0, Errno::Fault),
        ("args_get", 2, 8, Errno::Inval),
    ] {
        assert_eq!(call!(guest, name, a, b), errno, "{name}({a}, {b})");
    }
}

#[test]
fn all_clocks_tell_the_time() {
    let mut guest = Guest::new(WasiCtxBuilder::new().build());
    let out = guest.alloc(8);
    for clock in 0..4 {
        ok!(guest, "clock_res_get", clock, out);
        assert!(guest.u64(out) > 0, "resolution of clock {clock}");
        ok!(guest, "clock_time_get", clock, 0, out);
        let first = guest.u64(out);
        assert!(first > 0, "time of clock {clock}");
        ok!(guest, "clock_time_get", clock, 0, out);
        assert!(guest.u64(out) >= first, "clock {clock} went back");
    }
    for (clock, out, errno) in [
        (4, out, Errno::Inval),
        (-1, out, Errno::Inval),
        (0, out + 4, Errno::Inval),
        (0, -8, Errno::Fault),
    ] {
        assert_eq!(call!(guest, "clock_res_get", clock, out), errno);
        assert_eq!(call!(guest, "clock_time_get", clock, 0, out), errno);
    }
}

struct Fixed;

impl HostWallClock for Fixed {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }
    fn now(&self) -> Duration {
        Duration::new(5, 6)
    }
}

impl HostMonotonicClock for Fixed {
    fn resolution(&self) -> u64 {
        7
    }
    fn now(&self) -> u64 {
        8
    }
}

impl HostRandom for Fixed {
    fn fill(&mut self, buffer: &mut [u8]) -> std::io::Result<()> {
        buffer.fill(4);
        Ok(())
    }
}

#[test]
fn clocks_and_randomness_can_be_replaced() {
    let mut builder = WasiCtxBuilder::new();
    builder
        .wall_clock(Fixed)
        .monotonic_clock(Fixed)
        .process_cpu_clock(Fixed)
        .thread_cpu_clock(Fixed)
        .secure_random(Fixed);
    let mut guest = Guest::new(builder.build());
    let out = guest.alloc(8);
    for (clock, resolution, time) in [
        (0, 1_000_000_000, 5_000_000_006),
        (1, 7, 8),
        (2, 7, 8),
        (3, 7, 8),
    ] {
        ok!(guest, "clock_res_get", clock, out);
        assert_eq!(guest.u64(out), resolution);
        ok!(guest, "clock_time_get", clock, 0, out);
        assert_eq!(guest.u64(out), time);
    }
    ok!(guest, "random_get", out, 8);
    assert_eq!(guest.bytes(out, 8), [4; 8]);
}

#[test]
fn random_bytes_fill_the_buffer_and_nothing_else() {
    let mut guest = Guest::new(WasiCtxBuilder::new().build());
    let out = guest.alloc(300);
    ok!(guest, "random_get", out + 1, 256);
    let bytes = guest.bytes(out, 300);
    assert!(bytes[1..257].iter().any(|&b| b != 0));
    assert_eq!(bytes[0], 0);
    assert_eq!(bytes[257..], [0; 43]);
    assert_eq!(call!(guest, "random_get", out, -1), Errno::Fault);
    ok!(guest, "random_get", out, 0);
}

#[test]
fn proc_exit_ends_the_guest_with_any_code() {
    let mut guest = Guest::new(WasiCtxBuilder::new().build());
    for code in [0, 1, 126, 255, 3_000_000_000] {
        let exit = guest.exits("proc_exit", code).unwrap();
        assert_eq!(exit, I32Exit(code as i32));
        assert_eq!(exit.process_exit_code(), code as u8);
    }
}

#[test]
fn signals_do_what_they_do_by_default() {
    let mut guest = Guest::new(WasiCtxBuilder::new().build());
    for (signal, code) in [(2, 130), (6, 134), (9, 137), (15, 143)] {
        assert_eq!(guest.exits("proc_raise", signal), Some(I32Exit(code)));
    }
    for (signal, errno) in [
        (0, Errno::Success),
        (13, Errno::Success),
        (16, Errno::Success),
        (18, Errno::Notsup),
        (31, Errno::Inval),
        (-1, Errno::Inval),
    ] {
        assert_eq!(call!(guest, "proc_raise", signal), errno, "signal {signal}");
    }
}

#[test]
fn sched_yield_succeeds() {
    let mut guest = Guest::new(WasiCtxBuilder::new().build());
    ok!(guest, "sched_yield");
}
