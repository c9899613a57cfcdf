//! The crate `blake3`: 64 KiB are hashed `n` times; each hash becomes the beginning of the next message.

use bench_support::{Checksum, Random};

bench_support::export!(run);

fn run(n: u32) -> u64 {
    let mut random = Random::new(25);
    let mut message: Vec<u8> = (0..1 << 16).map(|_| random.next_u64() as u8).collect();
    for _ in 0..n {
        let hash = blake3::hash(&message);
        message[..blake3::OUT_LEN].copy_from_slice(hash.as_bytes());
    }
    let mut checksum = Checksum::default();
    checksum.add_bytes(&message[..blake3::OUT_LEN]);
    checksum.get()
}
