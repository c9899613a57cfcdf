//! The crate `png`: `n` images of 192 by 192 pixels are encoded with adaptive filters, and decoded.

use std::io::Cursor;

use bench_support::{Checksum, Random};
use png::{BitDepth, ColorType, Decoder, Encoder, Filter};

bench_support::export!(run);

const SIZE: u32 = 192;

/// Gradients, discs and some noise, as RGBA.
fn image(random: &mut Random) -> Vec<u8> {
    let discs: Vec<[u32; 3]> = (0..5)
        .map(|_| [random.below(SIZE), random.below(SIZE), random.below(50)])
        .collect();
    let mut pixels = Vec::with_capacity((SIZE * SIZE * 4) as usize);
    for y in 0..SIZE {
        for x in 0..SIZE {
            let inside = discs
                .iter()
                .filter(|[cx, cy, r]| x.abs_diff(*cx).pow(2) + y.abs_diff(*cy).pow(2) < r * r);
            let depth = inside.count() as u32;
            let noise = if y > SIZE / 2 { random.below(4) } else { 0 };
            pixels.extend(
                [x + noise, y, x / 2 + y / 2 + 40 * depth, 255 - 30 * depth]
                    .map(|value| value as u8),
            );
        }
    }
    pixels
}

fn encode(pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, SIZE, SIZE);
    encoder.set_color(ColorType::Rgba);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_filter(Filter::Adaptive);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(file)
}

fn decode(file: &[u8]) -> Result<Vec<u8>, png::DecodingError> {
    let mut reader = Decoder::new(Cursor::new(file)).read_info()?;
    let mut pixels = vec![0; (SIZE * SIZE * 4) as usize];
    reader.next_frame(&mut pixels)?;
    Ok(pixels)
}

fn run(n: u32) -> u64 {
    let mut random = Random::new(24);
    let mut checksum = Checksum::default();
    for _ in 0..n {
        let pixels = image(&mut random);
        let file = encode(&pixels).expect("the image can be encoded");
        checksum.add_bytes(&file);
        assert_eq!(decode(&file).expect("the file can be decoded"), pixels);
    }
    checksum.get()
}
