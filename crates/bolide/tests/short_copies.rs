//! `memory.copy`, `memory.fill` and multiplications that the optimizing compiler does in its own way come to what the
//! specification says, for lengths, distances and factors on both sides of each limit.

use std::fmt::Write;

use bolide::*;

/// Bytes of the memory that are looked at.
const WINDOW: usize = 512;
/// Bytes of a page.
const PAGE: u64 = 65536;

/// Configurations whose code for copies differs, and one with a builtin for all.
fn configs() -> Vec<Config> {
    let mut plain = Config::new();
    plain.strategy(Strategy::Optimizing);
    let off = "short-copies=off".parse().unwrap();
    vec![
        plain.clone(),
        plain.clone().memory_reservation(0).clone(),
        plain.clone().optimizations(off).clone(),
        plain.clone().strategy(Strategy::Baseline).clone(),
    ]
}

/// A module with `copy` and `fill` for any length, and `copy_N` and `fill_N` for constant ones. Addresses have type `ty`.
fn module(ty: &str, constants: &[u64]) -> String {
    let mut functions = String::new();
    let mut add = |name: &str, param: &str, len: &str| {
        write!(
            functions,
            r#"(func (export "copy{name}") (param $dst {ty}) (param $src {ty}) {param}
                 (memory.copy (local.get $dst) (local.get $src) {len}))
               (func (export "fill{name}") (param $dst {ty}) (param $value i32) {param}
                 (memory.fill (local.get $dst) (local.get $value) {len}))"#
        )
        .unwrap();
    };
    add("", &format!("(param $len {ty})"), "(local.get $len)");
    for len in constants {
        add(&format!("_{len}"), "", &format!("({ty}.const {len})"));
    }
    let index = if ty == "i64" { "i64" } else { "" };
    format!(r#"(module (memory (export "memory") {index} 1) {functions})"#)
}

struct Machine {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    is_64: bool,
}

impl Machine {
    fn new(config: &Config, ty: &str, text: &str) -> Machine {
        let engine = Engine::new(config).unwrap();
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        Machine {
            store,
            instance,
            memory,
            is_64: ty == "i64",
        }
    }

    /// Calls a function; `value` is the operand that is no address.
    fn call(&mut self, name: &str, dst: u64, src: u64, len: Option<u64>) -> Option<Trap> {
        let index = |value: u64| match self.is_64 {
            true => Val::I64(value as i64),
            false => Val::I32(value as i32),
        };
        let second = match name.starts_with("fill") {
            true => Val::I32(src as i32),
            false => index(src),
        };
        let mut args = vec![index(dst), second];
        args.extend(len.map(index));
        let func = self.instance.get_func(&mut self.store, name).unwrap();
        let result = func.call(&mut self.store, &args, &mut []);
        result
            .err()
            .map(|error| *error.downcast_ref::<Trap>().unwrap())
    }

    /// Fills the window with bytes that all differ from their neighbours.
    fn reset(&mut self) -> Vec<u8> {
        let bytes: Vec<u8> = (0..WINDOW).map(|i| (i * 7 + i / 256) as u8).collect();
        self.memory.data_mut(&mut self.store)[..WINDOW].copy_from_slice(&bytes);
        bytes
    }

    fn window(&self) -> &[u8] {
        &self.memory.data(&self.store)[..WINDOW]
    }
}

/// Lengths around each limit.
fn lengths() -> impl Iterator<Item = u64> {
    (0..=40).chain([47, 48, 63, 64, 65, 66, 80, 100, 128])
}

#[test]
fn lengths_and_overlaps() {
    let constants: Vec<u64> = lengths().collect();
    for ty in ["i32", "i64"] {
        let text = module(ty, &constants);
        for config in configs() {
            let mut machine = Machine::new(&config, ty, &text);
            for len in lengths() {
                for (name, argument) in [("", Some(len)), (&format!("_{len}"), None)] {
                    for (dst, src) in [
                        (0, 200),
                        (200, 201),
                        (201, 200),
                        (200, 207),
                        (217, 200),
                        (9, 9),
                    ] {
                        let mut expected = machine.reset();
                        let (from, to) = (src as usize, (src + len) as usize);
                        expected.copy_within(from..to, dst as usize);
                        let trap = machine.call(&format!("copy{name}"), dst, src, argument);
                        assert_eq!(trap, None);
                        assert_eq!(
                            machine.window(),
                            expected,
                            "copy {len} {dst} {src} {name} {ty}"
                        );
                    }
                    let mut expected = machine.reset();
                    expected[77..77 + len as usize].fill(0xb6);
                    let trap = machine.call(&format!("fill{name}"), 77, 0xffff_02b6, argument);
                    assert_eq!(trap, None);
                    assert_eq!(machine.window(), expected, "fill {len} {name} {ty}");
                }
            }
        }
    }
}

#[test]
fn bounds() {
    let constants: Vec<u64> = lengths().collect();
    for ty in ["i32", "i64"] {
        let text = module(ty, &constants);
        let most = if ty == "i64" {
            u64::MAX
        } else {
            u32::MAX.into()
        };
        for config in configs() {
            let mut machine = Machine::new(&config, ty, &text);
            let mut check = |name: &str, dst: u64, src: u64, len: Option<u64>, fits: bool| {
                let expected = (!fits).then_some(Trap::MemoryOutOfBounds);
                let before = machine.reset();
                let trap = machine.call(name, dst, src, len);
                assert_eq!(trap, expected, "{name} {dst} {src} {len:?} {ty}");
                if !fits {
                    assert_eq!(machine.window(), before, "{name} {dst} {src} {len:?}");
                }
            };
            for len in lengths() {
                for (suffix, argument) in [(String::new(), Some(len)), (format!("_{len}"), None)] {
                    let (copy, fill) = (format!("copy{suffix}"), format!("fill{suffix}"));
                    for (at, fits) in [
                        (PAGE - len, true),
                        (PAGE - len + 1, false),
                        (most - len, false),
                        (most, false),
                    ] {
                        check(&copy, 8, at, argument, fits);
                        check(&copy, at, 8, argument, fits);
                        check(&fill, at, 1, argument, fits);
                    }
                }
            }
            for len in [PAGE, PAGE + 1, most - 7, most] {
                check("copy", 0, 0, Some(len), len == PAGE);
                check("copy", 8, 0, Some(len), false);
                check("fill", 8, 1, Some(len), false);
            }
        }
    }
}

#[test]
fn products_with_constants() {
    let mut factors: Vec<i64> = (-20..=130).collect();
    for shift in 0..64 {
        let power = 1_i64 << shift;
        let near = [-1, 0, 1].map(|d: i64| power.wrapping_add(d));
        let few = [3, 5, 9].map(|odd: i64| power.wrapping_mul(odd));
        factors.extend(near.into_iter().chain(few));
    }
    let mut functions = String::new();
    for (i, factor) in factors.iter().enumerate() {
        let narrow = *factor as i32;
        write!(
            functions,
            r#"(func (export "wide_{i}") (param i64) (result i64) (i64.mul (local.get 0) (i64.const {factor})))
               (func (export "narrow_{i}") (param i32) (result i32) (i32.mul (i32.const {narrow}) (local.get 0)))"#
        )
        .unwrap();
    }
    let mut config = Config::new();
    config.strategy(Strategy::Optimizing);
    let engine = Engine::new(&config).unwrap();
    let module = Module::new(&engine, format!("(module {functions})")).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    for (i, factor) in factors.iter().enumerate() {
        let wide = instance.get_typed_func::<i64, i64>(&mut store, &format!("wide_{i}"));
        let wide = wide.unwrap();
        let narrow = instance.get_typed_func::<i32, i32>(&mut store, &format!("narrow_{i}"));
        let narrow = narrow.unwrap();
        for value in [
            0,
            1,
            -1,
            3,
            1 << 31,
            i64::MAX,
            i64::MIN,
            0x1234_5678_9abc_def1,
        ] {
            let product = wide.call(&mut store, value).unwrap();
            assert_eq!(product, value.wrapping_mul(*factor), "{value} * {factor}");
            let (value, factor) = (value as i32, *factor as i32);
            let product = narrow.call(&mut store, value).unwrap();
            assert_eq!(product, value.wrapping_mul(factor), "{value} * {factor}");
        }
    }
}
