//! The programs of `tests/programs`, compiled from C, C++, Zig and Go, do under `bolide run` what their cases say.

use std::fs::{self, File};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use bolide::{Engine, Linker, Module, Store, WasmBacktrace};
use bolide_wasi::{WasiCtx, WasiCtxBuilder, add_to_linker};
use serde_json::Value;
use wasmparser::{Parser, Payload};

fn root() -> &'static Path {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("the crate is in crates/ of the repository")
}

/// Where the compiled programs are.
fn programs() -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let status = Command::new(root().join("scripts/build-programs")).status();
        let built = status.as_ref().is_ok_and(|status| status.success());
        assert!(
            built,
            "scripts/build-programs failed ({status:?}): run scripts/setup, then try again"
        );
    });
    root().join(".cache/programs")
}

/// Runs a case, and says what is different from what it says.
fn check(case: &Value) -> Result<(), String> {
    let directory = tempfile::tempdir().unwrap();
    let expected = root().join("tests/programs");
    let strings = |field: &str| -> Vec<&str> {
        case[field]
            .as_array()
            .into_iter()
            .flatten()
            .map(|v| v.as_str().unwrap())
            .collect()
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_bolide"));
    command.arg("run");
    for (name, value) in case["env"].as_object().into_iter().flatten() {
        command.args(["--env", &format!("{name}={}", value.as_str().unwrap())]);
    }
    for guest in strings("dirs") {
        let host = directory.path().join(guest.trim_start_matches('/'));
        fs::create_dir_all(&host).unwrap();
        command.args(["--dir", &format!("{}::{guest}", host.display())]);
    }
    let program = case["program"].as_str().unwrap();
    command.arg(programs().join(program).with_extension("wasm"));
    command.args(strings("args"));
    command.stdin(match case["stdin"].as_str() {
        Some(file) => Stdio::from(File::open(expected.join(file)).unwrap()),
        None => Stdio::null(),
    });
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);

    let trap = &case["trap"];
    let exit_code = if trap.is_null() {
        case["exit_code"].as_i64().unwrap_or(0)
    } else {
        134
    };
    if output.status.code().map(i64::from) != Some(exit_code) {
        return Err(format!(
            "{} instead of exit code {exit_code}\n{stderr}",
            output.status
        ));
    }
    let stdout = fs::read(expected.join(case["stdout"].as_str().unwrap())).unwrap();
    if output.stdout != stdout {
        return Err(format!(
            "other output\n{}\n{stderr}",
            String::from_utf8_lossy(&output.stdout)
        ));
    }
    if let Some(expected) = case["stderr"].as_str()
        && stderr != expected
    {
        return Err(format!("other errors\n{stderr}"));
    }
    if !trap.is_null() {
        check_trap(trap, &stderr)?;
    }
    Ok(())
}

fn check_trap(trap: &Value, stderr: &str) -> Result<(), String> {
    let message = format!("trapped: {}\n", trap["message"].as_str().unwrap());
    if !stderr.contains(&message) {
        return Err(format!("other trap\n{stderr}"));
    }
    let backtrace = trap["backtrace"].as_array().unwrap();
    for (i, frame) in backtrace.iter().enumerate() {
        let start = format!("{i}: {}", frame["function"].as_str().unwrap());
        let line = stderr
            .lines()
            .find_map(|line| line.trim_start().strip_prefix(&start));
        let line = line.ok_or_else(|| format!("no frame `{start}`\n{stderr}"))?;
        if let Some(location) = frame["location"].as_str()
            && !line.contains(&format!("/{location}:"))
        {
            return Err(format!("frame {i} is not at {location}\n{stderr}"));
        }
    }
    Ok(())
}

#[test]
fn cases() {
    let cases = fs::read(root().join("tests/programs/cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&cases).unwrap();
    assert!(!cases.is_empty());
    let failed: Vec<String> = cases
        .iter()
        .filter_map(|case| Some(format!("{}: {}", case["name"], check(case).err()?)))
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {} cases failed:\n{}",
        failed.len(),
        cases.len(),
        failed.join("\n\n")
    );
}

/// A backtrace never depends on what is in debug sections: whatever is there, the functions' names are right.
#[test]
fn broken_debug_information_takes_nothing_else_away() {
    let original = fs::read(programs().join("trap.wasm")).unwrap();
    let debug: Vec<Range<usize>> = Parser::new(0)
        .parse_all(&original)
        .filter_map(|payload| match payload.unwrap() {
            Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
                Some(section.data_offset() as usize..section.range().end as usize)
            }
            _ => None,
        })
        .collect();
    assert!(debug.len() > 3);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi).unwrap();
    for round in 0..100 {
        let mut bytes = original.clone();
        for _ in 0..1 + round % 20 {
            // Units and tables begin with lengths and offsets, where a mistake does most.
            let section = &debug[next(debug.len())];
            let reach = if round % 2 == 0 {
                section.len().min(64)
            } else {
                section.len()
            };
            bytes[section.start + next(reach)] = next(256) as u8;
        }
        let module = Module::new(&engine, &bytes).unwrap();
        let wasi = WasiCtxBuilder::new().args(&["trap", "divide"]).build();
        let mut store = Store::new(&engine, wasi);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let start = instance
            .get_typed_func::<(), ()>(&mut store, "_start")
            .unwrap();
        let error = start.call(&mut store, ()).unwrap_err();
        let backtrace = error.downcast_ref::<WasmBacktrace>().unwrap();
        let names: Vec<_> = backtrace
            .frames()
            .iter()
            .take(3)
            .map(|f| f.func_name().unwrap())
            .collect();
        assert_eq!(names, ["divide", "dispatch", "main"]);
        assert!(backtrace.to_string().contains("divide"));
    }
}
