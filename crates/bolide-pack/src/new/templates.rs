//! What new projects are made of.

use super::expand;

/// A kind of project.
#[derive(Debug)]
pub struct Template {
    /// What users call it.
    pub name: &'static str,
    /// What it makes, in one line.
    pub summary: &'static str,
    /// The commands that build and run it.
    pub(super) next: &'static [&'static str],
    /// Its files: their paths in the project, and their texts. Names in double braces stand for what
    /// [`expand`] replaces.
    files: &'static [(&'static str, &'static str)],
}

impl Template {
    /// The template that users call `name`.
    pub fn find(name: &str) -> Option<&'static Template> {
        TEMPLATES.iter().find(|template| template.name == name)
    }

    /// Whether cargo builds it.
    pub(super) fn is_rust(&self) -> bool {
        self.files.iter().any(|(path, _)| *path == "Cargo.toml")
    }

    /// The files of the project `name`, as paths in its folder and texts.
    pub(super) fn render(&self, name: &str) -> impl Iterator<Item = (String, String)> {
        let files = self.files.iter();
        files.map(move |(path, text)| (expand(path, name), expand(text, name)))
    }
}

/// The file `$path` of the project, from the file `$from` of the template.
macro_rules! files {
    ($template:literal: $($path:literal $(from $from:literal)?),* $(,)?) => {
        &[$(($path, include_str!(concat!("templates/", $template, "/", files!(@ $path $($from)?))))),*]
    };
    (@ $path:literal) => { $path };
    (@ $path:literal $from:literal) => { $from };
}

/// All kinds of projects; the first is made if nothing else is asked for.
pub static TEMPLATES: [Template; 4] = [
    Template {
        name: "hello",
        summary: "Rust and JavaScript call each other, in a page and in a script",
        next: &[
            "bolide build",
            "bolide run hello.mjs",
            "bolide serve",
            "bolide test",
        ],
        files: files!("hello":
            "Cargo.toml" from "Cargo.toml.in",
            ".gitignore" from "gitignore.in",
            "README.md" from "README.md.in",
            "hello.mjs" from "hello.mjs.in",
            "index.html" from "index.html.in",
            "main.js" from "main.js.in",
            "src/hello.js",
            "src/lib.rs" from "src/lib.rs.in",
            "style.css",
        ),
    },
    Template {
        name: "lib",
        summary: "a library in Rust for npm: strings, a class, errors, and tests",
        next: &["bolide build", "bolide run example.mjs", "bolide test"],
        files: files!("lib":
            "Cargo.toml" from "Cargo.toml.in",
            ".gitignore" from "gitignore.in",
            "README.md" from "README.md.in",
            "example.mjs" from "example.mjs.in",
            "index.html" from "index.html.in",
            "src/lib.rs",
        ),
    },
    Template {
        name: "app",
        summary: "a page in Rust: elements, events and animation",
        next: &["bolide serve", "bolide test"],
        files: files!("app":
            "Cargo.toml" from "Cargo.toml.in",
            ".gitignore" from "gitignore.in",
            "README.md" from "README.md.in",
            "index.html" from "index.html.in",
            "src/lib.rs",
            "src/orbit.rs",
            "style.css",
        ),
    },
    Template {
        name: "c",
        summary: "a library in C, with a page and a script that use it",
        next: &[
            "bolide build src/{{crate}}.c",
            "bolide run main.mjs",
            "bolide serve",
        ],
        files: files!("c":
            ".gitignore" from "gitignore.in",
            "README.md" from "README.md.in",
            "index.html" from "index.html.in",
            "main.mjs" from "main.mjs.in",
            "src/{{crate}}.c" from "src/library.c.in",
            "style.css",
            "test.mjs" from "test.mjs.in",
        ),
    },
];
