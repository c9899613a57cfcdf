//! Makes a program on which engines differ smaller:
//! `cargo run -p bolide-fuzz --example shrink -- SEED` (a number that the differential test printed),
//! or with a `.wat` file, prints the smallest module found that still shows a difference.

use bolide_fuzz::{Random, differential, differential_module};

fn main() {
    let argument = std::env::args()
        .nth(1)
        .expect("usage: shrink SEED|FILE.wat");
    let stack = std::thread::Builder::new().stack_size(64 << 20);
    let thread = stack.spawn(move || shrink(&argument)).expect("a thread");
    thread.join().expect("shrinking does not panic");
}

fn shrink(argument: &str) {
    let (text, seed, any_nan) = match argument.parse() {
        Ok(number) => {
            let bytes = Random::seed_bytes(number);
            let divergence = differential(&bytes).expect_err("no difference");
            println!(";; {}", divergence.what());
            let text = wasmprinter::print_bytes(divergence.wasm()).expect("printable");
            (text, divergence.seed(), divergence.any_nan())
        }
        Err(_) => (std::fs::read_to_string(argument).expect("a file"), 0, false),
    };
    let mut lines: Vec<&str> = text.lines().collect();
    let differs = |lines: &[&str]| {
        let wasm = wat::parse_str(lines.join("\n")).ok()?;
        wasmparser::validate(&wasm).ok()?;
        let divergence = differential_module(&wasm, seed, any_nan).err()?;
        Some(divergence.what().to_owned())
    };
    println!(";; {}", differs(&lines).expect("still differs"));
    loop {
        let before = lines.len();
        let mut len = before / 2;
        while len > 0 {
            let mut at = 0;
            while at + len <= lines.len() {
                let fewer = [&lines[..at], &lines[at + len..]].concat();
                match differs(&fewer) {
                    Some(_) => lines = fewer,
                    None => at += 1,
                }
            }
            len = if len > 40 { len * 3 / 4 } else { len - 1 };
        }
        if lines.len() == before {
            break;
        }
        eprintln!("{} lines", lines.len());
    }
    println!(";; {}", differs(&lines).expect("still differs"));
    println!("{}", lines.join("\n"));
}
