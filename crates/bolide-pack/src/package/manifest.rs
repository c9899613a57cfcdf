//! `package.json`.

use std::collections::BTreeMap;

use cargo_metadata::Package;
use serde::Serialize;

use super::documents::Documents;
use super::{DebugInfo, Packaging};
use crate::glue::Glue;
use crate::target::Target;

/// What there is in a package, beyond what Cargo knows about it.
pub(super) struct Contents<'a> {
    /// The name of the files, without `.js`.
    pub(super) name: &'a str,
    pub(super) packaging: &'a Packaging,
    pub(super) glue: &'a Glue,
    pub(super) documents: &'a Documents,
}

/// The fields, in the order in which npm documents them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    name: String,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    keywords: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    homepage: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    collaborators: &'a [String],
    files: Vec<String>,
    r#type: &'static str,
    exports: Exports,
    main: String,
    module: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    types: Option<String>,
    side_effects: SideEffects,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<Repository<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dependencies: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Repository<'a> {
    r#type: &'static str,
    url: &'a str,
}

/// `"exports"`: subpaths in the order in which they are tried.
struct Exports(Vec<(String, Export)>);

#[derive(Serialize)]
#[serde(untagged)]
enum Export {
    File(String),
    Conditions(Conditions),
}

/// What `import` of the package leads to. The first that holds is taken, so `types` is first.
#[derive(Default, Serialize)]
struct Conditions {
    #[serde(skip_serializing_if = "Option::is_none")]
    types: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bolide: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deno: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    browser: Option<String>,
    default: String,
}

impl Serialize for Exports {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(path, export)| (path, export)))
    }
}

/// `"sideEffects"`: which files do something when they are imported and nothing of them is used.
#[derive(Serialize)]
#[serde(untagged)]
enum SideEffects {
    None(bool),
    Files(Vec<String>),
}

/// The text of `package.json`.
pub(super) fn write(package: &Package, contents: &Contents<'_>) -> String {
    let Contents {
        name, packaging, ..
    } = contents;
    let script = format!("{name}.js");
    let types = (!packaging.no_typescript).then(|| format!("{name}.d.ts"));
    let manifest = Manifest {
        name: npm_name(&package.name, packaging.scope.as_deref()),
        version: package.version.to_string(),
        description: package.description.as_deref().map(str::trim),
        keywords: &package.keywords,
        homepage: package.homepage.as_deref(),
        license: license(package, contents.documents.license_file.as_deref()),
        collaborators: &package.authors,
        files: files(contents),
        r#type: "module",
        exports: exports(contents),
        main: script.clone(),
        module: script,
        types,
        side_effects: side_effects(contents),
        repository: package
            .repository
            .as_deref()
            .map(|url| Repository { r#type: "git", url }),
        dependencies: &contents.glue.dependencies,
    };
    let text = serde_json::to_string_pretty(&manifest).expect("its keys are strings");
    text + "\n"
}

/// Names in npm have no capital letters.
fn npm_name(name: &str, scope: Option<&str>) -> String {
    let name = name.to_ascii_lowercase();
    match scope.map(|scope| scope.trim_start_matches('@')) {
        None | Some("") => name,
        Some(scope) => format!("@{scope}/{name}"),
    }
}

fn license(package: &Package, file: Option<&str>) -> Option<String> {
    match (&package.license, file) {
        // Cargo took a slash for `OR`, once.
        (Some(license), _) => Some(license.replace('/', " OR ").replace("  ", " ")),
        (None, Some(file)) => Some(format!("SEE LICENSE IN {file}")),
        (None, None) => None,
    }
}

/// What is published. npm adds package.json and the README.
fn files(contents: &Contents<'_>) -> Vec<String> {
    let Contents {
        name,
        packaging,
        glue,
        ..
    } = contents;
    let mut files = vec![format!("{name}_bg.wasm"), format!("{name}.js")];
    if matches!(glue.target, Target::All | Target::Bundler) {
        files.push(format!("{name}_bg.js"));
    }
    if !packaging.no_typescript {
        files.push(format!("{name}.d.ts"));
        if !glue.is_plain {
            files.push(format!("{name}_bg.wasm.d.ts"));
        }
    }
    if packaging.debug_info == DebugInfo::Split {
        files.push(format!("{name}_bg.debug.wasm"));
    }
    if !contents.glue.snippets.is_empty() {
        files.push("snippets".to_owned());
    }
    files.extend_from_slice(&contents.documents.licenses);
    files
}

fn exports(contents: &Contents<'_>) -> Exports {
    let Contents {
        name,
        packaging,
        glue,
        ..
    } = contents;
    let script = || format!("./{name}.js");
    let mut main = Conditions {
        types: (!packaging.no_typescript).then(|| format!("./{name}.d.ts")),
        default: script(),
        ..Conditions::default()
    };
    if glue.target == Target::All {
        main.bolide = Some(script());
        main.deno = Some(script());
        main.node = Some(script());
        main.browser = Some(format!("./{name}_bg.js"));
    }
    let file = |path: String| (path.clone(), Export::File(path));
    Exports(vec![
        (".".to_owned(), Export::Conditions(main)),
        file(format!("./{name}_bg.wasm")),
        file("./package.json".to_owned()),
    ])
}

fn side_effects(contents: &Contents<'_>) -> SideEffects {
    let mut files = Vec::new();
    // The others make the module ready, which runs its start function, when `init` is called.
    if contents.glue.target != Target::Web {
        files.push(format!("./{}.js", contents.name));
    }
    files.extend(
        contents
            .glue
            .snippets
            .iter()
            .map(|path| format!("./{path}")),
    );
    if files.is_empty() {
        SideEffects::None(false)
    } else {
        SideEffects::Files(files)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// A package as `cargo metadata` describes it.
    pub(crate) fn package() -> Package {
        serde_json::from_value(json!({
            "name": "Two-words",
            "version": "1.2.3-beta.1",
            "id": "path+file:///two-words#1.2.3",
            "dependencies": [],
            "targets": [],
            "features": {},
            "manifest_path": "/two-words/Cargo.toml",
        }))
        .unwrap()
    }

    struct Case {
        package: Package,
        packaging: Packaging,
        glue: Glue,
        documents: Documents,
    }

    impl Case {
        fn new(target: Target) -> Case {
            Case {
                package: package(),
                packaging: Packaging::default(),
                glue: Glue {
                    target,
                    ..Glue::default()
                },
                documents: Documents::default(),
            }
        }

        fn text(&self) -> String {
            write(
                &self.package,
                &Contents {
                    name: "two_words",
                    packaging: &self.packaging,
                    glue: &self.glue,
                    documents: &self.documents,
                },
            )
        }

        fn json(&self) -> Value {
            serde_json::from_str(&self.text()).unwrap()
        }
    }

    #[test]
    fn a_package_for_all_targets() {
        let expected = r#"{
  "name": "two-words",
  "version": "1.2.3-beta.1",
  "files": [
    "two_words_bg.wasm",
    "two_words.js",
    "two_words_bg.js",
    "two_words.d.ts",
    "two_words_bg.wasm.d.ts"
  ],
  "type": "module",
  "exports": {
    ".": {
      "types": "./two_words.d.ts",
      "bolide": "./two_words.js",
      "deno": "./two_words.js",
      "node": "./two_words.js",
      "browser": "./two_words_bg.js",
      "default": "./two_words.js"
    },
    "./two_words_bg.wasm": "./two_words_bg.wasm",
    "./package.json": "./package.json"
  },
  "main": "two_words.js",
  "module": "two_words.js",
  "types": "two_words.d.ts",
  "sideEffects": [
    "./two_words.js"
  ]
}
"#;
        assert_eq!(Case::new(Target::All).text(), expected);
    }

    #[test]
    fn what_cargo_knows_is_carried_over() {
        let mut case = Case::new(Target::Web);
        case.package.description = Some("Two words.\n".into());
        case.package.keywords = vec!["word".into()];
        case.package.homepage = Some("https://example.com".into());
        case.package.repository = Some("https://example.com/code".into());
        case.package.license = Some("MIT/Apache-2.0".into());
        case.package.authors = vec!["A. Uthor <a@example.com>".into()];
        case.packaging.scope = Some("@words".into());
        case.glue
            .dependencies
            .insert("left-pad".into(), "^1".into());
        case.documents.licenses = vec!["LICENSE-MIT".into()];
        let json = case.json();
        for (field, value) in [
            ("name", json!("@words/two-words")),
            ("description", json!("Two words.")),
            ("keywords", json!(["word"])),
            ("homepage", json!("https://example.com")),
            ("license", json!("MIT OR Apache-2.0")),
            ("collaborators", json!(["A. Uthor <a@example.com>"])),
            ("dependencies", json!({"left-pad": "^1"})),
            (
                "repository",
                json!({"type": "git", "url": "https://example.com/code"}),
            ),
        ] {
            assert_eq!(json[field], value, "{field}");
        }
        let files = json["files"].as_array().unwrap();
        assert!(files.contains(&json!("LICENSE-MIT")), "{files:?}");
    }

    #[test]
    fn a_licence_of_its_own_is_named_by_its_file() {
        let mut case = Case::new(Target::All);
        case.documents.license_file = Some("TERMS".into());
        assert_eq!(case.json()["license"], "SEE LICENSE IN TERMS");
    }

    #[test]
    fn side_effects_are_the_files_that_have_some() {
        let snippet = "snippets/two-words-1a2b/inline0.js";
        for (target, without) in [
            (Target::Web, json!(false)),
            (Target::All, json!(["./two_words.js"])),
            (Target::Bundler, json!(["./two_words.js"])),
            (Target::Node, json!(["./two_words.js"])),
        ] {
            let mut case = Case::new(target);
            assert_eq!(case.json()["sideEffects"], without, "{target}");
            case.glue.snippets.push(snippet.into());
            let json = case.json();
            let with = json["sideEffects"].as_array().unwrap();
            assert_eq!(with.last().unwrap(), &format!("./{snippet}"), "{target}");
            assert!(
                json["files"]
                    .as_array()
                    .unwrap()
                    .contains(&json!("snippets"))
            );
        }
    }

    #[test]
    fn files_and_types_are_those_that_there_are() {
        let mut case = Case::new(Target::Node);
        case.packaging.no_typescript = true;
        case.packaging.debug_info = DebugInfo::Split;
        let json = case.json();
        assert_eq!(
            json["files"],
            json!([
                "two_words_bg.wasm",
                "two_words.js",
                "two_words_bg.debug.wasm"
            ])
        );
        assert_eq!(json["exports"]["."], json!({"default": "./two_words.js"}));
        assert_eq!(json.get("types"), None);
    }
}
