//! Reproducible random numbers.

/// The `splitmix64` generator: the same numbers for the same seed, on every machine.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator whose numbers depend on `seed` alone.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A generator for one of many purposes that share a seed.
    pub(crate) fn derive(seed: u64, purpose: &[u64]) -> Random {
        purpose.iter().fold(Random(seed), |random, &part| {
            let mut next = Random(random.0 ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93));
            Random(next.bits())
        })
    }

    /// The bytes that the differential test makes of a number.
    pub fn seed_bytes(number: u64) -> Vec<u8> {
        let mut random = Random(number);
        let len = 256 + random.below(8192);
        random.bytes(len)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    ///
    /// # Panics
    ///
    /// If `limit` is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        assert!(limit > 0, "there is no number below 0");
        (self.bits() % limit as u64) as usize
    }

    /// Random bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        let words = std::iter::repeat_with(|| self.bits().to_le_bytes());
        words.take(len.div_ceil(8)).flatten().take(len).collect()
    }
}

/// A number that depends on all of `bytes` (FNV-1a).
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
