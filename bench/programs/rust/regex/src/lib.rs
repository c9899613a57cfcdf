//! The crate `regex`: patterns are compiled once, then `n` logs of 200 lines are searched and rewritten.

use std::fmt::Write;

use bench_support::{Checksum, Random, push_words};
use regex::Regex;

bench_support::export!(run);

fn log(random: &mut Random) -> String {
    let mut log = String::new();
    for _ in 0..200 {
        let level = random.choose(&["INFO", "WARN", "error", "Debug"]);
        let (day, hour, minute) = (random.below(28) + 1, random.below(24), random.below(60));
        let _ = write!(log, "2026-11-{day:02}T{hour:02}:{minute:02}:00Z [{level}] ");
        let words = random.below(12) + 2;
        push_words(&mut log, random, words);
        if random.below(3) == 0 {
            let (user, host) = (random.below(1000), random.below(100));
            let _ = write!(log, " user.{user}+tag@mail-{host}.example.org");
        }
        if random.below(4) == 0 {
            let address = random.next_u64();
            let _ = write!(log, " from 10.{}.{}.7", address & 255, address >> 8 & 255);
        }
        log.push('\n');
    }
    log
}

fn run(n: u32) -> u64 {
    let compile = |pattern| Regex::new(pattern).expect("the patterns are valid");
    let line = compile(
        r"(?m)^(?<date>\d{4}-\d\d-\d\d)T(?<time>[0-9:]+)Z \[(?<level>(?i:info|warn|error))\] (?<text>.*)$",
    );
    let mail = compile(r"\b[\w.+-]+@[\w-]+(?:\.[a-z]{2,})+\b");
    let address = compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b");
    let pairs = compile(r"(\pL+) the (\pL+)");
    let mut random = Random::new(20);
    let mut checksum = Checksum::default();
    for _ in 0..n {
        let log = log(&mut random);
        for captures in line.captures_iter(&log) {
            checksum.add_bytes(captures["time"].as_bytes());
            checksum.add(captures["text"].len() as u64 ^ captures["level"].len() as u64);
        }
        for found in mail.find_iter(&log).chain(address.find_iter(&log)) {
            checksum.add_bytes(found.as_str().as_bytes());
        }
        checksum.add_bytes(pairs.replace_all(&log, "$2 that $1").as_bytes());
    }
    checksum.get()
}
