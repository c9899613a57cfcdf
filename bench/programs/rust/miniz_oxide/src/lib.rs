//! The crate `miniz_oxide`: `n` texts of 64 KiB are compressed at level 6, and decompressed.

use bench_support::{Checksum, Random, push_words};
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib;

bench_support::export!(run);

fn run(n: u32) -> u64 {
    let mut random = Random::new(23);
    let mut checksum = Checksum::default();
    for _ in 0..n {
        let mut text = String::new();
        while text.len() < 1 << 16 {
            push_words(&mut text, &mut random, 8);
            text.push('\n');
        }
        let compressed = compress_to_vec_zlib(text.as_bytes(), 6);
        checksum.add_bytes(&compressed);
        let decompressed =
            decompress_to_vec_zlib(&compressed).expect("what was compressed can be decompressed");
        assert_eq!(decompressed, text.as_bytes());
    }
    checksum.get()
}
