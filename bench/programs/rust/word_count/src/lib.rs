//! Counts words with the standard library's hash map, and writes them in the order of their frequency: `n` texts of
//! 4,000 words.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write;

use bench_support::{Checksum, Random, push_words};

bench_support::export!(run);

/// Words, of which every fourth has a number, so that there are many different ones.
fn text(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..1000 {
        push_words(&mut text, random, 4);
        write!(text, "{}, ", random.below(300)).expect("strings can be written to");
    }
    text
}

fn run(n: u32) -> u64 {
    let mut random = Random::new(18);
    let mut checksum = Checksum::default();
    for _ in 0..n {
        let text = text(&mut random);
        let mut counts: HashMap<String, u32> = HashMap::new();
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            if !word.is_empty() {
                *counts.entry(word.to_uppercase()).or_default() += 1;
            }
        }
        let mut sorted: Vec<(String, u32)> = counts.into_iter().collect();
        sorted.sort_by(|(a, i), (b, j)| (Reverse(i), a).cmp(&(Reverse(j), b)));
        let mut report = String::new();
        for (word, count) in &sorted {
            writeln!(report, "{word:>12} {count:05}").expect("strings can be written to");
        }
        checksum.add_bytes(report.as_bytes());
    }
    checksum.get()
}
