//! `wasm-opt` of Binaryen, where it is installed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasmparser::{Validator, WasmFeatures};

use crate::error::{Error, Result};
use crate::package::{DebugInfo, Packaging};
use crate::report::Report;

const PROGRAM: &str = "wasm-opt";

/// How the arguments begin if none are asked for: small code, at little cost of speed.
const DEFAULT: [&str; 1] = ["-Os"];

/// Whether and how `wasm-opt` is run on the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum WasmOpt {
    /// As Cargo.toml says; and otherwise with `-Os` in profiles that optimize, if it is installed.
    #[default]
    Default,
    /// Never.
    Off,
    /// With these arguments.
    With(Vec<String>),
}

impl WasmOpt {
    /// The arguments in a line, which spaces separate.
    pub fn with(line: &str) -> WasmOpt {
        WasmOpt::With(line.split_whitespace().map(str::to_owned).collect())
    }
}

/// Optimizes the file `module`, if `packaging` asks for it and `wasm-opt` is there.
///
/// # Errors
///
/// If `wasm-opt` fails.
pub(crate) fn run(module: &Path, packaging: &Packaging, report: &mut dyn Report) -> Result<()> {
    let arguments = match &packaging.wasm_opt {
        WasmOpt::Off => return Ok(()),
        WasmOpt::Default => DEFAULT.map(str::to_owned).to_vec(),
        WasmOpt::With(arguments) => arguments.clone(),
    };
    let Ok(program) = which::which(PROGRAM) else {
        report.step(
            "Skipping",
            &"wasm-opt, which makes modules smaller: it is not installed \
              (`apt install binaryen`, `brew install binaryen`, `npm install -g binaryen`)",
        );
        return Ok(());
    };
    let name = module.file_name().unwrap_or_default().display();
    report.step(
        "Optimizing",
        &format_args!("{name} with wasm-opt {}", arguments.join(" ")),
    );
    optimize(&program, module, &arguments, packaging.debug_info)
}

fn optimize(
    program: &PathBuf,
    module: &Path,
    arguments: &[String],
    debug_info: DebugInfo,
) -> Result<()> {
    let wasm = fs::read(module).map_err(|e| Error::io("read", module, &e))?;
    // Beside the module, which is not in place yet.
    let optimized = module.with_extension("wasm-opt");
    let mut all: Vec<OsString> = vec![module.into(), "-o".into(), (&optimized).into()];
    all.extend(arguments.iter().map(OsString::from));
    all.extend(required_features(&wasm).map(|name| format!("--enable-{name}").into()));
    // Without it, `wasm-opt` drops names, too.
    if debug_info.keeps_names() {
        all.push("-g".into());
    }
    let output = Command::new(program)
        .args(&all)
        .output()
        .map_err(|e| Error::io("run", program, &e))?;
    if !output.status.success() || !optimized.exists() {
        let line: Vec<_> = all
            .iter()
            .map(|argument| argument.to_string_lossy())
            .collect();
        let stderr = String::from_utf8_lossy(&output.stderr);
        let reason = match stderr.trim() {
            "" => format!("it said nothing ({})", output.status),
            text => text.to_owned(),
        };
        return Err(Error::new(format!("wasm-opt failed: wasm-opt {}", line.join(" ")))
            .with_cause(reason)
            .with_help("`--no-wasm-opt` does without; a newer wasm-opt may know what this one does not"));
    }
    fs::rename(&optimized, module).map_err(|e| Error::io("write", module, &e))
}

/// What a module may use beyond WebAssembly 1.0, and what `wasm-opt` calls it.
const FEATURES: [(WasmFeatures, &str); 14] = [
    (WasmFeatures::MUTABLE_GLOBAL, "mutable-globals"),
    (
        WasmFeatures::SATURATING_FLOAT_TO_INT,
        "nontrapping-float-to-int",
    ),
    (WasmFeatures::SIGN_EXTENSION, "sign-ext"),
    (WasmFeatures::REFERENCE_TYPES, "reference-types"),
    (WasmFeatures::MULTI_VALUE, "multivalue"),
    (WasmFeatures::BULK_MEMORY, "bulk-memory"),
    (WasmFeatures::SIMD, "simd"),
    (WasmFeatures::RELAXED_SIMD, "relaxed-simd"),
    (WasmFeatures::THREADS, "threads"),
    (WasmFeatures::TAIL_CALL, "tail-call"),
    (WasmFeatures::EXCEPTIONS, "exception-handling"),
    (WasmFeatures::EXTENDED_CONST, "extended-const"),
    (WasmFeatures::MULTI_MEMORY, "multimemory"),
    (WasmFeatures::MEMORY64, "memory64"),
];

/// The features without which the module is invalid.
///
/// `wasm-opt` believes the module's section `target_features`, which may have been stripped, and does not know what
/// wasm-bindgen added. Allowing it everything would let it use what the module's engines may not have.
fn required_features(wasm: &[u8]) -> impl Iterator<Item = &'static str> {
    let is_valid = |features| {
        Validator::new_with_features(features)
            .validate_all(wasm)
            .is_ok()
    };
    // What needs a feature that is not listed can do without none of them, and gets none.
    let all = is_valid(WasmFeatures::all());
    FEATURES
        .into_iter()
        .filter(move |(feature, _)| all && !is_valid(WasmFeatures::all().difference(*feature)))
        .map(|(_, name)| name)
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[track_caller]
    fn check_features(text: &str, expected: &[&str]) {
        let wasm = wat::parse_str(text).unwrap();
        assert_eq!(
            required_features(&wasm).collect::<Vec<_>>(),
            expected,
            "{text}"
        );
    }

    #[test]
    fn features_are_those_that_the_module_uses() {
        check_features("(module (func (param i32)))", &[]);
        check_features(
            "(module (func (result i32) i32.const 1 i32.extend8_s))",
            &["sign-ext"],
        );
        check_features(
            "(module (table 1 externref) (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))",
            &["reference-types", "bulk-memory"],
        );
        check_features(
            "(module (func (result i32 i64) i32.const 1 i64.const 1))",
            &["multivalue"],
        );
        check_features("(module (memory 1 1 shared))", &["threads"]);
        check_features("(module (func (param v128)))", &["simd"]);
        check_features("(module (func $f (return_call $f)))", &["tail-call"]);
        check_features("(module (memory i64 1))", &["memory64"]);
        assert_eq!(required_features(b"no module").count(), 0);
    }

    /// A process of its own writes: had this one the file open while another thread starts a program, nobody
    /// could run it yet ("text file busy").
    fn write_program(path: &Path, text: &str) {
        let mut command = Command::new("sh");
        command.args(["-c", "printf %s \"$1\" > \"$2\" && chmod +x \"$2\"", "sh"]);
        assert!(command.arg(text).arg(path).status().unwrap().success());
    }

    /// What a program of this script makes of a module, and which arguments it was given.
    fn run_script(script: &str, debug_info: DebugInfo) -> (Result<()>, Vec<u8>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let program = path("wasm-opt");
        let log = path("arguments");
        let text = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" > '{}'\n{script}\n",
            log.display()
        );
        write_program(&program, &text);
        let module = path("a_bg.wasm");
        let wasm =
            wat::parse_str("(module (func (result i32) i32.const 1 i32.extend8_s))").unwrap();
        fs::write(&module, &wasm).unwrap();
        let arguments = ["-O3".to_owned(), "--dce".to_owned()];
        let result = optimize(&program, &module, &arguments, debug_info);
        let arguments = fs::read_to_string(log).unwrap();
        let arguments = arguments.lines().skip(3).map(str::to_owned).collect();
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert!(result.is_err() || left == 3, "a file was left");
        (result, fs::read(module).unwrap(), arguments)
    }

    #[test]
    fn what_wasm_opt_writes_takes_the_place_of_the_module() {
        let (result, wasm, arguments) = run_script("printf smaller > \"$3\"", DebugInfo::Names);
        result.unwrap();
        assert_eq!(wasm, b"smaller");
        assert_eq!(arguments, ["-O3", "--dce", "--enable-sign-ext", "-g"]);
        let (_, _, arguments) = run_script("printf smaller > \"$3\"", DebugInfo::None);
        assert_eq!(arguments, ["-O3", "--dce", "--enable-sign-ext"]);
    }

    #[test]
    fn what_wasm_opt_says_when_it_fails_is_told() {
        for (script, reason) in [
            ("echo no such pass >&2; exit 1", "no such pass"),
            ("exit 0", "said nothing"),
        ] {
            let (result, wasm, _) = run_script(script, DebugInfo::None);
            let error = result.unwrap_err();
            assert!(
                error.causes().any(|cause| cause.contains(reason)),
                "{error}"
            );
            assert!(error.what().contains("-O3 --dce"), "{error}");
            assert!(wasm.starts_with(b"\0asm"));
        }
    }
}
