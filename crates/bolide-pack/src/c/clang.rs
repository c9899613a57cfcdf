//! A C compiler for WebAssembly with a C library, as it is found on the machine.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Result};

/// What the user says about the compiler.
#[derive(Clone, Debug, Default)]
pub(super) struct Wishes<'a> {
    pub(super) clang: Option<&'a Path>,
    pub(super) sysroot: Option<&'a Path>,
    pub(super) needs_cpp: bool,
}

/// Clang for WebAssembly, with all that it needs.
#[derive(Clone, Debug)]
pub(super) struct Clang {
    c: PathBuf,
    cpp: Option<PathBuf>,
    /// What it is told always.
    args: Vec<OsString>,
    /// What it is told when it links.
    link_args: Vec<OsString>,
}

/// What a compiler lacks.
struct Lack {
    what: String,
    packages: Vec<String>,
}

impl Clang {
    /// The first compiler that has all that is needed: the one that is wished for; or else `CC`, the one of
    /// wasi-sdk, `clang`, and the newest `clang-NN`.
    pub(super) fn find(wishes: &Wishes) -> Result<Clang> {
        if let Some(clang) = wishes.clang {
            let path = which::which(clang).map_err(|e| {
                Error::new(format!("there is no compiler `{}`", clang.display()))
                    .with_cause(e.to_string())
            })?;
            return check(&path, wishes).map_err(|lack| lack.into_error(&path));
        }
        let mut first: Option<Error> = None;
        for path in candidates() {
            match check(&path, wishes) {
                Ok(clang) => return Ok(clang),
                Err(lack) => {
                    first.get_or_insert_with(|| lack.into_error(&path));
                }
            }
        }
        Err(first.unwrap_or_else(|| {
            let lack = Lack {
                what: "there is no clang on this machine".to_owned(),
                packages: packages(None, wishes.needs_cpp),
            };
            with_help(Error::new(lack.what), &lack.packages)
        }))
    }

    /// The compiler of C or of C++, in the current folder.
    pub(super) fn command(&self, is_cpp: bool) -> Command {
        let program = self.cpp.as_ref().filter(|_| is_cpp).unwrap_or(&self.c);
        let mut command = Command::new(program);
        command.args(&self.args).stdin(Stdio::null());
        command
    }

    /// The linker, through the compiler.
    pub(super) fn link(&self, is_cpp: bool) -> Command {
        let mut command = self.command(is_cpp);
        command.args(&self.link_args);
        command
    }
}

impl Lack {
    fn into_error(self, clang: &Path) -> Error {
        let error = Error::new(format!(
            "`{}` cannot build for WebAssembly",
            clang.display()
        ));
        with_help(error.with_cause(self.what), &self.packages)
    }
}

fn with_help(error: Error, packages: &[String]) -> Error {
    error
        .with_help(format!(
            "on Debian and its relatives: apt install {}",
            packages.join(" ")
        ))
        .with_help("elsewhere: install wasi-sdk, and set WASI_SDK_PATH to its folder")
}

/// The packages of Debian that make a compiler of this version complete.
fn packages(version: Option<u32>, needs_cpp: bool) -> Vec<String> {
    let numbered = |name: &str| match version {
        Some(version) => format!("{name}-{version}"),
        None => name.to_owned(),
    };
    let runtime = |name: &str| match version {
        Some(version) => format!("{name}-{version}-dev-wasm32"),
        None => format!("{name}-dev-wasm32"),
    };
    let mut packages = vec![
        numbered("clang"),
        numbered("lld"),
        "wasi-libc".to_owned(),
        runtime("libclang-rt"),
    ];
    if needs_cpp {
        packages.push(runtime("libc++"));
        // Debian has no package for the newest one of these.
        packages.extend(version.map(|_| runtime("libc++abi")));
    }
    packages
}

/// Compilers that may do, in the order of preference.
fn candidates() -> Vec<PathBuf> {
    let mut candidates = Vec::new();
    let cc = std::env::var_os("CC").map(PathBuf::from);
    let is_clang = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().contains("clang")
    };
    candidates.extend(cc.filter(is_clang).and_then(|cc| which::which(cc).ok()));
    let sdk = std::env::var_os("WASI_SDK_PATH").filter(|path| !path.is_empty());
    let sdk = sdk.map_or_else(|| "/opt/wasi-sdk".into(), PathBuf::from);
    candidates.extend(which::which(sdk.join("bin/clang")).ok());
    candidates.extend(which::which("clang").ok());
    let mut numbered: Vec<(u32, PathBuf)> = Vec::new();
    for folder in std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()) {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        numbered.extend(entries.filter_map(|entry| {
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix("clang-")?.parse().ok()?;
            Some((version, entry.path()))
        }));
    }
    numbered.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    candidates.extend(numbered.into_iter().map(|(_, path)| path));
    let mut seen = BTreeSet::new();
    candidates.retain(|path| seen.insert(path.clone()));
    candidates
}

/// What `program` prints.
fn output(program: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether the compiler has all that it needs.
fn check(clang: &Path, wishes: &Wishes) -> Result<Clang, Lack> {
    let version = output(clang, &["--version"]).and_then(|text| major(&text));
    let lack = |what: String| Lack {
        what,
        packages: packages(version, wishes.needs_cpp),
    };
    let targets = output(clang, &["--print-targets"]);
    let Some(targets) = targets else {
        return Err(lack(
            "it does not say what it can compile for, so it is no clang, or a very old one"
                .to_owned(),
        ));
    };
    if !targets.contains("wasm32") {
        return Err(lack("it does not know the target wasm32".to_owned()));
    }
    let linker = linker(clang, version)
        .ok_or_else(|| lack("there is no wasm-ld, the linker for WebAssembly".to_owned()))?;
    let (sysroot, triple) = sysroot(clang, wishes.sysroot)
        .ok_or_else(|| lack("there is no wasi-libc, the C library for WebAssembly".to_owned()))?;
    let target = format!("--target={triple}");
    let builtins = output(
        clang,
        &[&target, "-rtlib=compiler-rt", "--print-libgcc-file-name"],
    );
    if !builtins.is_some_and(|file| Path::new(&file).exists()) {
        return Err(lack(
            "there is no libclang_rt.builtins-wasm32.a, the compiler's runtime library".to_owned(),
        ));
    }
    let cpp = cpp_compiler(clang);
    if wishes.needs_cpp {
        let headers = [
            format!("include/{triple}/c++/v1"),
            "include/c++/v1".to_owned(),
        ];
        if cpp.is_none() {
            return Err(lack("there is no clang++ beside it".to_owned()));
        }
        if !headers
            .iter()
            .any(|headers| sysroot.join(headers).join("cstddef").exists())
            || !sysroot.join("lib").join(&triple).join("libc++.a").exists()
        {
            return Err(lack(
                "there is no libc++, the C++ library, for WebAssembly".to_owned(),
            ));
        }
    }
    let mut args: Vec<OsString> = vec![target.into()];
    let mut argument = OsString::from("--sysroot=");
    argument.push(&sysroot);
    args.push(argument);
    if triple == OLD_TARGET {
        // The name of the target is deprecated, and the only one that this C library has.
        args.extend(["-Wno-deprecated", "-Wdeprecated-declarations"].map(OsString::from));
    }
    let mut link_args = vec![OsString::from("--no-wasm-opt")];
    if let Some(linker) = linker {
        let mut argument = OsString::from("-fuse-ld=");
        argument.push(linker);
        link_args.push(argument);
    }
    Ok(Clang {
        c: clang.to_owned(),
        cpp,
        args,
        link_args,
    })
}

/// The targets that C libraries are made for, the better one first.
const TARGETS: [&str; 2] = ["wasm32-wasip1", OLD_TARGET];
const OLD_TARGET: &str = "wasm32-wasi";

/// The number after `clang version`.
fn major(text: &str) -> Option<u32> {
    let version = text.split("clang version ").nth(1)?;
    version
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// The linker, if there is one: its path if the compiler does not find it by itself.
fn linker(clang: &Path, version: Option<u32>) -> Option<Option<PathBuf>> {
    let own = output(clang, &["--print-prog-name=wasm-ld"])?;
    if which::which(own).is_ok() {
        return Some(None);
    }
    let version = version?;
    Some(Some(which::which(format!("wasm-ld-{version}")).ok()?))
}

/// The folder of the C library, and the target that it is for.
fn sysroot(clang: &Path, wish: Option<&Path>) -> Option<(PathBuf, String)> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let of_sdk = |sdk: PathBuf| sdk.join("share/wasi-sysroot");
    let own = clang.canonicalize().ok();
    let own = own
        .as_deref()
        .and_then(Path::parent)
        .and_then(Path::parent)
        .map(|sdk| of_sdk(sdk.to_owned()));
    let candidates = match wish {
        Some(wish) => vec![wish.to_owned()],
        None => [
            variable("WASI_SYSROOT"),
            own,
            variable("WASI_SDK_PATH").map(of_sdk),
            Some(of_sdk("/opt/wasi-sdk".into())),
            Some("/usr".into()),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    candidates.into_iter().find_map(|sysroot| {
        let has = |triple: &&str| {
            sysroot.join("include").join(triple).exists()
                && sysroot.join("lib").join(triple).join("libc.a").exists()
        };
        let triple = TARGETS.into_iter().find(|triple| has(triple))?;
        Some((sysroot, triple.to_owned()))
    })
}

/// The compiler of C++ that belongs to this one of C.
fn cpp_compiler(clang: &Path) -> Option<PathBuf> {
    let name = clang.file_name()?.to_str()?;
    if name.contains("clang++") {
        return Some(clang.to_owned());
    }
    let beside = |path: &Path| {
        let name = path.file_name()?.to_str()?;
        let cpp = path.with_file_name(name.replacen("clang", "clang++", 1));
        which::which(cpp).ok()
    };
    // A link such as `cc` or `tools/clang` leads to a compiler with its sibling beside it.
    beside(clang).or_else(|| beside(&clang.canonicalize().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (text, expected) in [
            (
                "Debian clang version 22.1.8 (1~deb12u1)\nTarget: x",
                Some(22),
            ),
            ("clang version 9.0.0", Some(9)),
            ("gcc (Debian 12.2.0-14) 12.2.0", None),
        ] {
            assert_eq!(major(text), expected, "{text}");
        }
    }

    #[test]
    fn packages_have_the_version_of_the_compiler() {
        assert_eq!(
            packages(Some(22), true).join(" "),
            "clang-22 lld-22 wasi-libc libclang-rt-22-dev-wasm32 libc++-22-dev-wasm32 libc++abi-22-dev-wasm32"
        );
        assert_eq!(
            packages(None, false).join(" "),
            "clang lld wasi-libc libclang-rt-dev-wasm32"
        );
    }
}
