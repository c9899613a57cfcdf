//! Every vector instruction gives the same bits in code of the baseline compiler as in optimized code.

use std::fmt::Write as _;

use bolide::*;

/// Where the operands are in memory, and where the result goes.
const OPERANDS: [usize; 3] = [0, 16, 32];
const RESULT: usize = 64;
/// Not aligned, so that accesses are not either.
const ACCESSED: usize = 35;
const USED: usize = 96;
const ROUNDS: usize = 60;

/// An instruction from `wasmparser`'s list.
struct Instruction {
    /// In the text format, without immediates.
    name: String,
    has_memarg: bool,
    has_lane: bool,
    operands: usize,
    results: usize,
}

fn instructions() -> Vec<Instruction> {
    let mut all = Vec::new();
    macro_rules! collect {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            $(all.push((stringify!($visit), stringify!($($($arg)*)?), stringify!($($ann)*)));)*
        };
    }
    wasmparser::for_each_visit_simd_operator!(collect);
    let made = all.into_iter().map(|(visit, immediates, arity)| {
        let digits: Vec<usize> = arity
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        Instruction {
            name: visit.trim_start_matches("visit_").replacen('_', ".", 1),
            has_memarg: immediates.contains("memarg"),
            has_lane: immediates.split_whitespace().any(|name| name == "lane"),
            operands: digits[0],
            results: digits[1],
        }
    });
    // Those two have other immediates.
    made.filter(|i| !["v128.const", "i8x16.shuffle"].contains(&i.name.as_str()))
        .collect()
}

impl Instruction {
    /// The type of lanes, as they are passed.
    fn lane_type(&self) -> &str {
        match self.name.split('.').next() {
            Some("i64x2") => "i64",
            Some("f32x4") => "f32",
            Some("f64x2") => "f64",
            _ => "i32",
        }
    }

    fn is_shift(&self) -> bool {
        self.name.contains(".shl") || self.name.contains(".shr_")
    }

    fn operand_type(&self, index: usize) -> &str {
        match index {
            0 if self.has_memarg => "address",
            1 if self.is_shift() => "i32",
            1 if self.name.ends_with("replace_lane") => self.lane_type(),
            0 if self.name.ends_with(".splat") => self.lane_type(),
            _ => "v128",
        }
    }

    fn result_type(&self) -> &str {
        let asks = ["any_true", "all_true", "bitmask"];
        if self.name.contains("extract_lane") {
            self.lane_type()
        } else if asks.iter().any(|name| self.name.ends_with(name)) {
            "i32"
        } else {
            "v128"
        }
    }

    /// A function that takes the operands from memory and puts the result there. With `in_locals`, operands are
    /// locals, whose registers the instruction must leave alone, and counts of shifts are constants.
    fn function(&self, number: usize, in_locals: bool) -> String {
        let mut text = format!("(func (export \"{number}\")");
        let mut operands = String::new();
        let mut sets = String::new();
        for (index, address) in OPERANDS.iter().enumerate().take(self.operands) {
            let ty = self.operand_type(index);
            let constant = match index {
                0 if ty == "address" => Some(ACCESSED),
                1 if self.is_shift() && in_locals => Some(number % 67),
                _ => None,
            };
            if let Some(constant) = constant {
                write!(operands, "(i32.const {constant})").unwrap();
                continue;
            }
            let load = format!("({ty}.load (i32.const {address}))");
            if in_locals {
                write!(text, "(local $o{index} {ty})").unwrap();
                write!(sets, "(local.set $o{index} {load})").unwrap();
                write!(operands, "(local.get $o{index})").unwrap();
            } else {
                operands += &load;
            }
        }
        let lane = if self.has_lane { "1" } else { "" };
        let operation = format!("({} {lane} {operands})", self.name);
        text += &sets;
        match self.results {
            0 => text += &operation,
            _ => {
                let ty = self.result_type();
                write!(text, "({ty}.store (i32.const {RESULT}) {operation})").unwrap();
            }
        }
        for index in (0..self.operands).filter(|_| in_locals) {
            if self.operand_type(index) == "v128" {
                let at = OPERANDS[index];
                write!(text, "(v128.store (i32.const {at}) (local.get $o{index}))").unwrap();
            }
        }
        text + ")"
    }
}

/// Numbers at which something changes, by bytes of a lane.
fn edges(bytes: usize) -> &'static [u64] {
    match bytes {
        1 => &[0, 1, 2, 7, 8, 15, 16, 0x7f, 0x80, 0x81, 0xfe, 0xff],
        2 => &[
            0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0x8001, 0xfffe, 0xffff,
        ],
        4 => &[
            0,
            1,
            0x8000,
            0xffff,
            0x1_0000,
            0x7fff_ffff,
            0x8000_0000,
            0x8000_0001,
            0xffff_ffff,
            0x3f80_0000,
            0xbf80_0000,
            0x3f00_0000,
            0x3fc0_0000,
            0x4020_0000,
            0x4f00_0000,
            0xcf00_0000,
            0x4eff_ffff,
            0x4f80_0000,
            0x4f7f_ffff,
            0x7f80_0000,
            0xff80_0000,
            0x7fc0_0000,
            0xffc0_0000,
            0x7fc0_1234,
            0x7f80_0001,
            0xff80_4321,
            0x7f7f_ffff,
            0x0080_0000,
            0x4b80_0001,
        ],
        _ => &[
            0,
            1,
            0x7fff_ffff_ffff_ffff,
            0x8000_0000_0000_0000,
            0x8000_0000_0000_0001,
            u64::MAX,
            0xffff_ffff,
            0x1_0000_0000,
            0x3ff0_0000_0000_0000,
            0xbff0_0000_0000_0000,
            0x3fe0_0000_0000_0000,
            0x4004_0000_0000_0000,
            0x41df_ffff_ffc0_0000,
            0x41e0_0000_0000_0000,
            0xc1e0_0000_0000_0000,
            0xc1e0_0000_0020_0000,
            0x41ef_ffff_ffe0_0000,
            0x41f0_0000_0000_0000,
            0x7ff0_0000_0000_0000,
            0xfff0_0000_0000_0000,
            0x7ff8_0000_0000_0000,
            0xfff8_0000_0000_0000,
            0x7ff8_0000_1234_0000,
            0x7ff0_0000_0000_0001,
            0xfff0_4321_0000_0000,
            0x7fef_ffff_ffff_ffff,
            0x47ef_ffff_f000_0000,
            0x3810_0000_0000_0000,
        ],
    }
}

/// The contents of memory in a round: lanes that are edges or anything.
fn contents(round: usize) -> [u8; USED] {
    let mut state = 0x9e37_79b9_7f4a_7c15u64.wrapping_mul(round as u64 + 1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let bytes = 1 << (round % 4);
    let edges = edges(bytes);
    let mut memory = [0; USED];
    for lane in memory.chunks_exact_mut(bytes) {
        let any = next();
        let value = if any % 5 == 0 {
            next()
        } else {
            edges[(any >> 8) as usize % edges.len()]
        };
        lane.copy_from_slice(&value.to_le_bytes()[..bytes]);
    }
    memory
}

/// What every function leaves in memory in every round.
fn run(config: &Config, module: &str, functions: usize) -> Vec<[u8; USED]> {
    let engine = Engine::new(config).unwrap();
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, module).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let memory = instance.get_memory(&mut store, "memory").unwrap();
    let mut results = Vec::new();
    for function in 0..functions {
        let name = function.to_string();
        let function = instance
            .get_typed_func::<(), ()>(&mut store, &name)
            .unwrap();
        for round in 0..ROUNDS {
            memory.write(&mut store, 0, &contents(round)).unwrap();
            function.call(&mut store, ()).unwrap();
            let mut result = [0; USED];
            memory.read(&store, 0, &mut result).unwrap();
            results.push(result);
        }
    }
    results
}

fn tiers_agree(configure: impl Fn(&mut Config)) {
    let instructions = instructions();
    assert!(
        instructions.len() > 230,
        "only {} instructions",
        instructions.len()
    );
    let functions: Vec<String> = (0..instructions.len() * 2)
        .map(|number| instructions[number / 2].function(number, number % 2 == 1))
        .collect();
    let module = format!(
        "(module (memory (export \"memory\") 1) {})",
        functions.concat()
    );
    let [expected, found] = [Strategy::Optimizing, Strategy::Baseline].map(|strategy| {
        let mut config = Config::new();
        configure(config.strategy(strategy));
        run(&config, &module, functions.len())
    });
    for (index, (expected, found)) in expected.iter().zip(&found).enumerate() {
        let (number, round) = (index / ROUNDS, index % ROUNDS);
        assert!(
            expected == found,
            "{} with {:02x?}\n  gives {:02x?}\n  and not {:02x?}",
            functions[number],
            contents(round),
            found,
            expected,
        );
    }
}

#[test]
fn by_default() {
    tiers_agree(|_| {});
}

#[test]
fn with_canonical_nans() {
    tiers_agree(|config| {
        config.cranelift_nan_canonicalization(true);
    });
}

#[test]
fn with_deterministic_results_and_checked_memories() {
    tiers_agree(|config| {
        config.relaxed_simd_deterministic(true);
        config.memory_reservation(0).memory_guard_size(0);
    });
}
