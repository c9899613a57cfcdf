//! A B-tree of the standard library: `n` insertions of keys with strings, then ranges, changes and removals.

use std::collections::BTreeMap;

use bench_support::{Checksum, Random};

bench_support::export!(run);

fn run(n: u32) -> u64 {
    let mut random = Random::new(19);
    let mut map: BTreeMap<u32, String> = BTreeMap::new();
    for i in 0..n {
        let key = random.below(4 * n);
        map.entry(key)
            .and_modify(|value| value.push('+'))
            .or_insert_with(|| i.to_string());
    }
    let mut checksum = Checksum::default();
    for _ in 0..n / 4 {
        let start = random.below(4 * n);
        for (key, value) in map.range(start..).take(8) {
            checksum.add(u64::from(*key) << 8 | value.len() as u64);
        }
        let first = map.range(start..).next().map(|(key, _)| *key);
        if let Some(removed) = first.and_then(|key| map.remove(&key)) {
            checksum.add_bytes(removed.as_bytes());
        }
    }
    for (key, value) in &map {
        checksum.add(u64::from(*key));
        checksum.add_bytes(value.as_bytes());
    }
    checksum.get()
}
