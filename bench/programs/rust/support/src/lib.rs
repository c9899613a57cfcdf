//! What the programs share: how they export themselves, a generator of pseudo-random numbers, checksums, and text to
//! work on. The same as `c/bench.h`.

/// Exports `$run`, a `fn(u32) -> u64`, as `bench_run`: the work of `n` iterations, and a checksum that depends on all
/// of it and on nothing else than `n`. A negative `n` is 0.
#[macro_export]
macro_rules! export {
    ($run:path) => {
        /// The work of `n` iterations, as a checksum.
        #[allow(
            unsafe_code,
            reason = "the name is unique: the library has no other export"
        )]
        #[unsafe(no_mangle)]
        pub extern "C" fn bench_run(n: i32) -> i64 {
            let run: fn(u32) -> u64 = $run;
            run(u32::try_from(n).unwrap_or(0)).cast_signed()
        }
    };
}

/// xorshift64*.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator whose numbers depend on `seed`, which must not be 0.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, of which all 64 bits are used.
    pub fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`, which must not be 0.
    pub fn below(&mut self, end: u32) -> u32 {
        (((self.next_u64() >> 32) * u64::from(end)) >> 32) as u32
    }

    /// One of `choices`, which must not be empty.
    pub fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u32) as usize]
    }
}

/// A checksum that depends on the order of what goes into it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checksum(u64);

impl Checksum {
    /// Adds a number.
    pub fn add(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 29);
    }

    /// Adds bytes, and how many they are.
    pub fn add_bytes(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let chunk = chunk.try_into().expect("chunks are 8 bytes long");
            self.add(u64::from_le_bytes(chunk));
        }
        for byte in chunks.remainder() {
            self.add(u64::from(*byte));
        }
        self.add(bytes.len() as u64);
    }

    /// The checksum of all that was added.
    pub fn get(self) -> u64 {
        self.0
    }
}

const WORDS: &[&str] = &[
    "a", "and", "before", "canal", "distance", "engine", "every", "for", "garden", "he", "in",
    "journey", "known", "letter", "measure", "never", "of", "on", "paper", "question", "river",
    "silver", "that", "the", "to", "under", "valley", "was", "water", "which", "window", "year",
];

/// Appends `count` words with spaces between them to `text`.
pub fn push_words(text: &mut String, random: &mut Random, count: u32) {
    for i in 0..count {
        if i > 0 {
            text.push(' ');
        }
        text.push_str(random.choose(WORDS));
    }
}
