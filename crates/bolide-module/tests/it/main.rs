//! Tests of loading modules through the public API.

mod decode;
mod features;
mod hostile;
mod names;
mod registry;
mod source;
mod streaming;
mod suite;

use std::sync::Arc;

use bolide_module::*;

fn binary(wat: &str) -> Vec<u8> {
    parse_text(wat).unwrap_or_else(|e| panic!("{e} in {wat}"))
}

/// A valid module with all features, in its own registry.
fn module(wat: &str) -> Module {
    load(&binary(wat)).unwrap_or_else(|e| panic!("{e} in {wat}"))
}

fn load(binary: &[u8]) -> Result<Module, ModuleError> {
    load_with(&Arc::default(), Features::default(), binary)
}

fn load_with(
    registry: &Arc<TypeRegistry>,
    features: Features,
    binary: &[u8],
) -> Result<Module, ModuleError> {
    Module::new(registry, features, Bytes::from(binary.to_vec()))
}

/// Everything that a module or an error says, for comparison. Type ids are comparable within one
/// registry only.
fn describe(result: &Result<Module, ModuleError>) -> String {
    let m = match result {
        Ok(module) => module,
        Err(e) => return format!("{e:?}"),
    };
    let mut out = format!("{:?}", (&m.features, &m.types, &m.imports, &m.functions));
    out += &format!("{:?}", (&m.tables, &m.memories, &m.globals, &m.tags));
    let imported = (m.imported_tables, m.imported_memories, m.imported_globals);
    out += &format!("{:?}", (m.imported_functions, imported, m.imported_tags));
    out += &format!("{:?}", (&m.global_inits, &m.exports, m.start, &m.elements));
    out += &format!("{:?}", (&m.data, &m.bodies, &m.funcref_index));
    out += &format!(
        "{:?}",
        (m.funcref_count, &m.custom_sections, &m.unsupported)
    );
    out + &format!("{:?}", (m.bytes.as_slice().len(), m.export_names.len()))
}

/// Small deterministic random numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// Modules that between them have every section and construct.
const SAMPLES: &[&str] = &[
    "(module)",
    r#"(module $all
        (type $f (func (param i32) (result i32)))
        (import "env" "imported" (func $imported (type $f)))
        (import "env" "table" (table 1 10 funcref))
        (import "env" "memory" (memory 1 2))
        (import "env" "global" (global $g i32))
        (import "env" "var" (global (mut i64)))
        (table $t 3 externref)
        (memory $m 1)
        (global $sum i32 (i32.add (global.get $g) (i32.const -7)))
        (global funcref (ref.func $imported))
        (export "run" (func $run))
        (export "mem" (memory $m))
        (export "tab" (table $t))
        (export "glo" (global $sum))
        (start $begin)
        (elem (i32.const 0) $run)
        (elem $passive func $imported $run)
        (elem $typed funcref (ref.null func) (ref.func $begin))
        (elem declare func $declared)
        (data (memory $m) (i32.const 5) "hello")
        (data $later "later")
        (func $run (type $f) (local $x i64)
            (block $out (result i32) (br_if $out (local.get 0) (i32.eqz (local.get 0)))))
        (func $begin (drop (ref.func $declared)) (data.drop $later) (elem.drop $passive))
        (func $declared (param f64 v128) (result f64 i64) (local.get 0) (i64.const 9))
        (@custom "other" "contents"))"#,
    r#"(module
        (rec (type $a (sub (func (param (ref null $b))))) (type $b (sub (func (param (ref null $a))))))
        (type $sub (sub final $a (func (param (ref null $b)))))
        (func $one (type $sub)) (func (export "two") (type $b))
        (table 2 (ref null $a) (ref.func $one))
        (func (param (ref $a)) (call_ref $a (ref.null $b) (local.get 0))))"#,
    r#"(module (memory i64 1) (memory 1 4 shared) (table i64 5 funcref)
        (func (result v128) (v128.load 0 (i64.const 16)))
        (func (result i32) (i32.atomic.rmw.add 1 (i32.const 0) (i32.const 1)))
        (func (result v128) (return_call 0)))"#,
    r#"(module (type $s (struct (field (mut i8)))) (tag $e (param i32))
        (func (drop (struct.new_default $s)))
        (func (result i32) (try_table (catch $e 0) (throw $e (i32.const 1))) (unreachable)))"#,
    "(module (func (result i32) (i64.const 1)))",
    "(module (func (call 7)))",
    r#"(module (func (export "bad") (drop)))"#,
];

fn sample(index: usize) -> Vec<u8> {
    // Several of the samples are invalid on purpose, so they are only parsed.
    binary(SAMPLES[index])
}
