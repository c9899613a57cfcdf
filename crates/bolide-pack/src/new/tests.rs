use std::collections::BTreeMap;
use std::path::Path;

use super::*;

fn options(path: impl Into<PathBuf>) -> Options {
    Options {
        path: path.into(),
        name: None,
        template: &TEMPLATES[0],
        git: Some(false),
    }
}

/// The files of a folder, by their paths in it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().is_file());
    let files = files.map(|entry| {
        let path = entry.path().strip_prefix(folder).unwrap();
        (
            path.to_str().unwrap().to_owned(),
            fs::read_to_string(entry.path()).unwrap(),
        )
    });
    files.collect()
}

fn root() -> &'static Path {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("the crate is in crates/ of the repository")
}

#[test]
fn every_template_makes_a_whole_project() {
    for template in &TEMPLATES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my-first_project");
        let created = create(&Options {
            template,
            ..options(&path)
        })
        .unwrap();
        assert_eq!(created.name, "my-first_project");
        assert_eq!(created.membership, Membership::None);
        let files = files(&path);
        for (name, text) in &files {
            let left = ["{{", "}}"].iter().any(|braces| name.contains(braces))
                || text.contains("{{name")
                || text.contains("{{crate")
                || text.contains("{{wasm");
            assert!(!left, "{name} of {}: {text}", template.name);
        }
        for name in ["README.md", ".gitignore", "index.html"] {
            assert!(files.contains_key(name), "{name} of {}", template.name);
        }
        assert!(
            files.keys().any(|name| name.starts_with("src/")),
            "{}",
            template.name
        );
        let mut texts = files.values();
        assert!(
            texts.any(|text| text.contains("./pkg/my_first_project.js")),
            "{}",
            template.name
        );
        // The README says how to do what the program says is next.
        for line in &created.next {
            assert!(
                files["README.md"].contains(line),
                "{line} of {}",
                template.name
            );
        }
    }
}

#[test]
fn the_template_hello_is_the_example() {
    let example = root().join("examples/hello");
    for (path, text) in TEMPLATES[0].render("hello") {
        let file = example.join(&path);
        let expected =
            fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        assert_eq!(text, expected, "{path}");
    }
}

#[test]
fn templates_want_the_wasm_bindgen_that_makes_the_glue() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let entry = format!("name = \"wasm-bindgen-cli-support\"\nversion = \"{WASM_BINDGEN}\"\n");
    assert!(lock.contains(&entry), "{WASM_BINDGEN}");
}

#[test]
fn the_name_is_that_of_the_folder_or_given() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("here");
    fs::create_dir_all(here.join(".git")).unwrap();
    assert_eq!(create(&options(here.join("."))).unwrap().name, "here");
    let other = Options {
        name: Some("other".to_owned()),
        ..options(folder.path().join("My App"))
    };
    assert_eq!(create(&other).unwrap().name, "other");
    assert!(files(&folder.path().join("My App"))["Cargo.toml"].contains("name = \"other\""));
}

#[test]
fn what_is_refused_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("full")).unwrap();
    for name in ["d", "c", "b", "a"] {
        fs::write(path("full").join(name), "").unwrap();
    }
    fs::write(path("file"), "").unwrap();
    fs::create_dir(path("Upper")).unwrap();
    let before = files(folder.path());
    let not_there = path("not there").display().to_string();
    for (options, what, cause, help) in [
        (
            options(path("full")),
            "is not empty",
            "`a`, `b`, `c` and 1 more",
            "does not exist, or is empty",
        ),
        (
            options(path("file")),
            "is a file",
            "",
            "does not exist, or is empty",
        ),
        (
            options(path("MyApp")),
            "`MyApp` cannot be",
            "small letters",
            "my-app`",
        ),
        (
            options(path("Upper")),
            "`Upper` cannot be",
            "small letters",
            "`--name upper`",
        ),
        (options(path("file").join("x")), "", "", ""),
        (
            Options {
                name: Some("fn".to_owned()),
                ..options(path("x"))
            },
            "`fn` cannot be",
            "keyword",
            "`--name my-fn`",
        ),
    ] {
        let error = create(&options).unwrap_err();
        let has = |texts: Vec<&str>, part: &str| {
            part.is_empty() || texts.iter().any(|text| text.contains(part))
        };
        assert!(error.what().contains(what), "{error}");
        assert!(has(error.causes().collect(), cause), "{error}");
        assert!(
            has(error.help().collect(), help),
            "{error}: {:?}",
            error.help().collect::<Vec<_>>()
        );
        assert!(!Path::new(&not_there).exists());
    }
    assert_eq!(files(folder.path()), before);
    assert!(!path("x").exists() && !path("MyApp").exists());
}

#[test]
fn workspaces_around_the_project() {
    for (manifest, is_apart, expected) in [
        ("[workspace]\nmembers = [\"crates/*\"]\n", false, "Member"),
        ("[workspace]\nmembers = [\"other\"]\n", true, "Apart"),
        ("[workspace]\nexclude = [\"crates\"]\n", false, "None"),
        ("[package]\nname = \"x\"\n", false, "None"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        let path = folder.path().join("crates/a");
        let created = create(&options(&path)).unwrap();
        assert!(
            format!("{:?}", created.membership).starts_with(expected),
            "{manifest}: {created:?}"
        );
        let text = fs::read_to_string(path.join("Cargo.toml")).unwrap();
        assert_eq!(text.contains("[workspace]"), is_apart, "{manifest}");
    }
}

#[test]
fn a_manifest_that_cargo_could_not_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Cargo.toml"), "[workspace").unwrap();
    let error = create(&options(folder.path().join("a"))).unwrap_err();
    assert!(error.what().contains("no valid manifest"), "{error}");
    assert!(!folder.path().join("a").exists());
}
