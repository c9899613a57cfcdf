//! The tables of peers and of programs, as files say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Where everything is.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The repository.
    pub(crate) root: PathBuf,
    /// What is kept between runs: built programs, logs of builds.
    pub(crate) work: PathBuf,
}

impl Places {
    /// The places of the repository whose folder this is.
    pub(crate) fn of(root: &Path) -> Result<Self> {
        let root = root
            .canonicalize()
            .with_context(|| format!("find the repository at {}", root.display()))?;
        let work = root.join(".cache/bench");
        fs::create_dir_all(&work).with_context(|| format!("make {}", work.display()))?;
        Ok(Self { root, work })
    }

    pub(crate) fn bench(&self) -> PathBuf {
        self.root.join("bench")
    }

    /// Where the program's module is, or its machine code.
    pub(crate) fn artifact(&self, program: &Program, artifact: Artifact) -> PathBuf {
        match artifact {
            Artifact::Wasm => self
                .work
                .join("wasm")
                .join(format!("{}.wasm", program.name)),
            Artifact::So => self
                .work
                .join("native")
                .join(format!("{}.so", program.name)),
        }
    }
}

/// What a peer loads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Artifact {
    /// A module.
    #[default]
    Wasm,
    /// A shared library of the same source.
    So,
}

/// A row of `peers.toml`, which says what the fields mean.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) adapter: Option<String>,
    pub(crate) script: Option<PathBuf>,
    pub(crate) interpreter: Option<PathBuf>,
    #[serde(default)]
    pub(crate) options: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) instances: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) features: Vec<String>,
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) artifact: Artifact,
    pub(crate) opt_in: Option<String>,
    pub(crate) color: String,
}

/// What a program is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    C,
    Rust,
    /// A module of a package: it is loaded, never called.
    Npm,
    /// Made by the generator, for figures of growth.
    Synthetic,
}

/// One call of `bench_run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) n: i32,
    pub(crate) expected: i64,
}

/// A row of `programs.toml`, which says what the fields mean. What only the build needs is not here.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) language: Language,
    #[serde(default)]
    pub(crate) tags: BTreeSet<String>,
    pub(crate) full: Option<Call>,
    pub(crate) quick: Option<Call>,
}

impl Program {
    /// Whether there is machine code of the same source.
    pub(crate) fn is_native_too(&self) -> bool {
        matches!(self.language, Language::C | Language::Rust)
    }
}

/// Reads `peers.toml`; the first peer is who the others are compared with.
pub(crate) fn peers(path: &Path) -> Result<Vec<Peer>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        peer: Vec<Peer>,
    }
    let peers = read::<File>(path)?.peer;
    unique(path, peers.iter().map(|peer| &peer.name))?;
    for peer in &peers {
        match (&peer.adapter, &peer.script, &peer.interpreter) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => {}
            _ => bail!(
                "{}: {} needs either adapter, or script and interpreter",
                path.display(),
                peer.name
            ),
        }
    }
    if peers.is_empty() {
        bail!("{} has no peers", path.display());
    }
    Ok(peers)
}

/// Reads `programs.toml`.
pub(crate) fn programs(path: &Path) -> Result<Vec<Program>> {
    #[derive(Deserialize)]
    struct File {
        program: Vec<Program>,
    }
    let programs = read::<File>(path)?.program;
    unique(path, programs.iter().map(|program| &program.name))?;
    for program in &programs {
        if program.full.is_none() && program.language != Language::Npm {
            bail!(
                "{}: {} needs full = {{ n = …, expected = … }}",
                path.display(),
                program.name
            );
        }
    }
    Ok(programs)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("understand {}", path.display()))
}

fn unique<'a>(path: &Path, names: impl Iterator<Item = &'a String>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            bail!("{}: {name} is there twice", path.display());
        }
    }
    Ok(())
}

/// The rows that `wanted` names; all if it names none. `what` is for the error.
pub(crate) fn choose<T: Clone>(
    rows: &[T],
    wanted: &[String],
    what: &str,
    name: impl Fn(&T) -> &str,
) -> Result<Vec<T>> {
    if wanted.is_empty() {
        return Ok(rows.to_vec());
    }
    for wanted in wanted {
        if !rows.iter().any(|row| name(row) == wanted) {
            let names: Vec<&str> = rows.iter().map(&name).collect();
            bail!("no {what} '{wanted}': there are {}", names.join(", "));
        }
    }
    let is_wanted = |row: &&T| wanted.iter().any(|wanted| wanted == name(row));
    Ok(rows.iter().filter(is_wanted).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.toml");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn check_error<T: std::fmt::Debug>(result: Result<T>, part: &str) {
        let error = format!("{:#}", result.unwrap_err());
        assert!(error.contains(part), "{error}");
    }

    #[test]
    fn the_committed_tables_are_read() {
        let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        assert_eq!(peers(&bench.join("peers.toml")).unwrap()[0].name, "bolide");
        assert!(
            programs(&bench.join("programs/programs.toml"))
                .unwrap()
                .len()
                >= 25
        );
    }

    #[test]
    fn faults_of_tables_are_named() {
        let row = "[[peer]]\nname = 'a'\nlabel = 'A'\ncolor = '#000000'\n";
        let (_folder, path) = table(row);
        check_error(
            peers(&path),
            "a needs either adapter, or script and interpreter",
        );
        let (_folder, path) = table(&format!("{row}adapter = 'x'\n{row}adapter = 'x'\n"));
        check_error(peers(&path), "a is there twice");
        let (_folder, path) = table("[[program]]\nname = 'p'\nlanguage = 'c'\n");
        check_error(programs(&path), "p needs full");
    }

    #[test]
    fn unknown_names_are_an_error_that_lists_the_known_ones() {
        let rows = ["a", "b", "c"];
        let choose = |wanted: &[String]| choose(&rows, wanted, "peer", |row| row);
        assert_eq!(choose(&[]).unwrap(), rows);
        assert_eq!(choose(&["c".into(), "a".into()]).unwrap(), ["a", "c"]);
        check_error(choose(&["d".into()]), "no peer 'd': there are a, b, c");
    }
}
