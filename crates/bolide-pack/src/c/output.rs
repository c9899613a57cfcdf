//! What is written, and where.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wasmparser::{Parser, Payload};

use super::{Kind, Options};
use crate::error::{Error, Result};
use crate::new;
use crate::plain::Glue;

/// The files of a build.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) wasm: PathBuf,
    /// Where `package.json` is written, and what is in it.
    manifest: Option<(PathBuf, String)>,
}

impl Output {
    pub(super) fn new(options: &Options, kind: Kind) -> Result<Output> {
        let stem = options.files.first().and_then(|file| file.file_stem());
        let stem = stem
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let name = options.name.clone().unwrap_or(stem);
        if name.is_empty() || name.contains(['/', '\\']) {
            return Err(Error::new(format!("`{name}` is no name of a file"))
                .with_help("folders are given by `--out-dir`"));
        }
        if let Some(output) = &options.output {
            if output
                .extension()
                .is_none_or(|extension| extension != "wasm")
            {
                return Err(Error::new(format!(
                    "the output `{}` is no .wasm file",
                    output.display()
                ))
                .with_help(format!("`-o {}`", output.with_extension("wasm").display())));
            }
            return Ok(Output {
                wasm: output.clone(),
                manifest: None,
            });
        }
        let default = match kind {
            Kind::Command => Path::new(""),
            Kind::Library => Path::new("pkg"),
        };
        let folder = options.out_dir.as_deref().unwrap_or(default);
        let manifest =
            (kind == Kind::Library).then(|| (folder.join("package.json"), manifest(&name)));
        Ok(Output {
            wasm: folder.join(format!("{name}.wasm")),
            manifest,
        })
    }

    /// The file name of the module.
    pub(super) fn wasm_name(&self) -> String {
        let name = self.wasm.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Writes all files, each at once.
    pub(super) fn write(&self, wasm: &[u8], glue: Option<&Glue>) -> Result<()> {
        let mut files: Vec<(PathBuf, Vec<u8>)> = vec![(self.wasm.clone(), wasm.to_owned())];
        if let Some(glue) = glue {
            files.push((self.wasm.with_extension("js"), glue.js.clone().into_bytes()));
            files.push((
                self.wasm.with_extension("d.ts"),
                glue.dts.clone().into_bytes(),
            ));
        }
        if let Some((file, manifest)) = &self.manifest {
            refuse_foreign(file, manifest)?;
            files.push((file.clone(), manifest.clone().into_bytes()));
        }
        let folder = match self.wasm.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, &e))?;
        let mut written = Vec::new();
        for (path, bytes) in &files {
            let cannot = |e: std::io::Error| Error::io("write", path, &e);
            let mut file = tempfile::Builder::new()
                .prefix(".bolide-")
                .permissions(permissions())
                .tempfile_in(folder)
                .map_err(cannot)?;
            file.write_all(bytes).map_err(cannot)?;
            written.push((file, path));
        }
        // From here on only a rename can fail: half a build is not left behind.
        for (file, path) in written {
            file.persist(path)
                .map_err(|e| Error::io("write", path, &e.error))?;
        }
        Ok(())
    }
}

/// Those of a file that a program makes in the usual way; the umask takes away from them.
#[cfg(unix)]
fn permissions() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

/// The `package.json`. The order of its members matters: hosts take the first condition that holds.
fn manifest(name: &str) -> String {
    let package = quote(&new::suggest_name(name));
    let file = |extension: &str| quote(&format!("{name}.{extension}"));
    let path = |extension: &str| quote(&format!("./{name}.{extension}"));
    let (wasm, js, dts) = (file("wasm"), file("js"), file("d.ts"));
    let (wasm_path, js_path, dts_path) = (path("wasm"), path("js"), path("d.ts"));
    format!(
        r#"{{
  "name": {package},
  "version": "0.1.0",
  "type": "module",
  "sideEffects": false,
  "exports": {{
    ".": {{
      "types": {dts_path},
      "default": {js_path}
    }},
    {wasm_path}: {wasm_path}
  }},
  "main": {js},
  "types": {dts},
  "files": [{wasm}, {js}, {dts}]
}}
"#
    )
}

fn quote(text: &str) -> String {
    serde_json::to_string(text).expect("text is JSON")
}

/// A `package.json` that describes something else is somebody's work.
fn refuse_foreign(file: &Path, manifest: &str) -> Result<()> {
    let Ok(text) = std::fs::read_to_string(file) else {
        return Ok(());
    };
    let known = serde_json::from_str::<Value>(&text).unwrap_or_default();
    let own = serde_json::from_str::<Value>(manifest).unwrap_or_default();
    let is_of_this = known["main"] == own["main"] && known["files"] == own["files"];
    // One that another build has written, and nobody has changed, is overwritten too.
    let is_made = known["main"]
        .as_str()
        .and_then(|main| main.strip_suffix(".js"))
        .and_then(|name| serde_json::from_str(&self::manifest(name)).ok())
        .is_some_and(|made: Value| made == known);
    if is_of_this || is_made {
        return Ok(());
    }
    Err(
        Error::new(format!("`{}` describes another package", file.display()))
            .with_help("write to another folder: `--out-dir FOLDER`")
            .with_help("or write the module and its glue only: `-o FILE.wasm`"),
    )
}

/// The module as users get it: without debug information, unless they want it.
pub(super) fn finish(wasm: Vec<u8>, keep_debug: bool) -> Result<Vec<u8>> {
    if keep_debug {
        return Ok(wasm);
    }
    // A section is copied from the end of the one before, so with its header.
    let malformed =
        |cause: String| Error::new("clang has linked a malformed module").with_cause(cause);
    let header = wasm
        .get(..8)
        .ok_or_else(|| malformed("it has no header".to_owned()))?;
    let mut stripped = header.to_owned();
    let mut start = header.len();
    for payload in Parser::new(0).parse_all(&wasm) {
        let payload = payload.map_err(|e| malformed(e.to_string()))?;
        let is_debug = matches!(&payload, Payload::CustomSection(section) if section.name().starts_with(".debug_"));
        if let Some((_, range)) = payload.as_section() {
            let end = usize::try_from(range.end).unwrap_or(usize::MAX);
            let section = wasm
                .get(start..end)
                .ok_or_else(|| malformed("a section has no end".to_owned()))?;
            if !is_debug {
                stripped.extend_from_slice(section);
            }
            start = end;
        }
    }
    Ok(stripped)
}
