//! Functions grouped by what their names say about where they come from: crates and modules of Rust, namespaces of C++,
//! packages of Go, files of AssemblyScript, and common prefixes in C.

use std::collections::HashMap;

use serde::Serialize;

use super::bounds;

/// How deep groups nest.
const DEPTH: usize = 3;

/// Groups at most.
const GROUPS: usize = 20_000;

/// Bytes of the names of all groups.
const NAMES: usize = 1 << 20;

/// Functions that must have a prefix in common to be a group.
const PREFIXED: usize = 8;

/// A group, and what of it the page does not list: how many functions, and their size in bytes.
#[derive(Debug, Default, Serialize)]
pub(super) struct Group {
    name: String,
    /// Position of the group that this one is in.
    parent: Option<u32>,
    pub(super) rest: u32,
    pub(super) rest_size: u64,
}

/// The groups of a module.
pub(super) struct Groups {
    pub(super) groups: Vec<Group>,
    /// Bytes that the names of further groups may have.
    budget: usize,
    known: HashMap<(Option<u32>, String), u32>,
}

impl Default for Groups {
    fn default() -> Groups {
        Groups {
            groups: Vec::new(),
            budget: NAMES,
            known: HashMap::new(),
        }
    }
}

impl Groups {
    /// The group of each name. Functions without a name, or whose name says nothing, are in none.
    pub(super) fn assign(&mut self, names: &[Option<String>]) -> Vec<Option<u32>> {
        let mut prefixes: HashMap<&str, usize> = HashMap::new();
        for prefix in names.iter().flatten().filter_map(|name| prefix(name)) {
            *prefixes.entry(prefix).or_default() += 1;
        }
        let group = |name: &Option<String>| {
            let name = name.as_deref()?;
            let mut path = path(name);
            if let (true, Some(prefix)) = (path.is_empty(), prefix(name))
                && prefixes[prefix] >= PREFIXED
            {
                path.push(format!("{prefix}*"));
            }
            path.truncate(DEPTH);
            let parts = path.into_iter();
            parts.fold(None, |parent, part| self.group(parent, part))
        };
        names.iter().map(group).collect()
    }

    /// The group with a name in another one, or that other one if there are too many.
    fn group(&mut self, parent: Option<u32>, name: String) -> Option<u32> {
        let key = (parent, name);
        if let Some(&group) = self.known.get(&key) {
            return Some(group);
        }
        if self.groups.len() == GROUPS {
            return parent;
        }
        let group = self.groups.len() as u32;
        self.groups.push(Group {
            name: bounds::text(&key.1, &mut self.budget),
            parent,
            ..Group::default()
        });
        self.known.insert(key, group);
        Some(group)
    }
}

/// The prefix of a name of C, such as `rb_`.
fn prefix(name: &str) -> Option<&str> {
    if name.contains([':', '.', '/', '<', ' ']) {
        return None;
    }
    let start = name.len() - name.trim_start_matches('_').len();
    let end = start + name[start..].find('_')?;
    (end - start >= 2).then(|| &name[..=end])
}

/// The parts of a name that are not the function itself.
fn path(name: &str) -> Vec<String> {
    if let Some(inner) = name.strip_prefix('<') {
        return implementor(inner);
    }
    let mut parts = if name.contains("::") {
        colons(name)
    } else if name.contains('/') && !name.contains(['.', ' ']) {
        name.split('/').map(str::to_owned).collect()
    } else {
        dots(name)
    };
    parts.pop();
    parts.retain(|part| !part.is_empty());
    parts
}

/// Of `<Type as Trait>::method`, without the first bracket: the path of the type, or of the trait if the type has none.
fn implementor(inner: &str) -> Vec<String> {
    let mut depth = 0;
    let mut end = inner.len();
    let mut split = None;
    for (i, byte) in inner.bytes().enumerate() {
        match byte {
            b'<' | b'(' | b'[' => depth += 1,
            b'>' if inner[..i].ends_with('-') => {}
            b'>' | b')' | b']' if depth == 0 => {
                end = i;
                break;
            }
            b'>' | b')' | b']' => depth -= 1,
            b' ' if depth == 0 && split.is_none() && inner[i..].starts_with(" as ") => {
                split = Some(i);
            }
            _ => {}
        }
    }
    let (ty, implemented) = match split {
        Some(i) => (&inner[..i], &inner[i + 4..end]),
        None => (&inner[..end], ""),
    };
    let known = [ty, implemented]
        .into_iter()
        .find(|path| path.contains("::"));
    colons(known.unwrap_or(ty))
}

/// Splits a path of Rust or C++ at `::`, without type arguments, return type and parameters.
fn colons(name: &str) -> Vec<String> {
    let name = match name.starts_with("(anonymous namespace)") {
        true => name,
        false => name.trim_start_matches(['&', '*', '(', '[', '<']),
    };
    let name = ["mut ", "const ", "dyn ", "impl "]
        .iter()
        .fold(name, |name, word| name.strip_prefix(word).unwrap_or(name));
    let mut parts = vec![String::new()];
    let mut depth = 0_u32;
    let mut chars = name.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let part = parts.last_mut().expect("there is always a part");
        match c {
            '(' if depth == 0 && !part.is_empty() => break,
            '<' if part.starts_with("operator") => break,
            '<' if depth == 0 && part.is_empty() && !name[i..].starts_with("<impl") => {
                // Type arguments, as in `f::<T>`, are not a part of their own.
                if parts.len() > 1 {
                    parts.pop();
                }
                depth = 1;
            }
            '<' | '(' | '[' => depth += 1,
            '>' if name[..i].ends_with('-') => {}
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && chars.peek().is_some_and(|(_, next)| *next == ':') => {
                chars.next();
                parts.push(String::new());
            }
            // What was read is the type of the result.
            ' ' if depth == 0 => parts = vec![String::new()],
            _ if depth == 0 => part.push(c),
            _ => {}
        }
    }
    // A part in brackets only, such as `(anonymous namespace)`.
    for part in parts.iter_mut().filter(|part| part.is_empty()) {
        part.push_str("(unnamed)");
    }
    parts
}

/// Splits a path at dots, unless what follows them is what a compiler adds to names.
fn dots(name: &str) -> Vec<String> {
    const ADDED: &[&str] = &[
        "llvm",
        "cold",
        "part",
        "isra",
        "constprop",
        "command_export",
    ];
    let mut parts: Vec<String> = name.split('.').map(str::to_owned).collect();
    let added = |part: &String| ADDED.contains(&&**part) || part.parse::<u64>().is_ok();
    if name.contains(' ') || parts.iter().any(added) {
        return Vec::new();
    }
    // Go's linker writes `github.com/a/b.c` as `github.com_a_b.c`.
    if parts.len() > 2 && parts[1].contains('_') {
        let path = parts.remove(1);
        parts[0] = format!("{}.{path}", parts[0]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (name, expected) in [
            ("core::fmt::Formatter::pad", "core fmt Formatter"),
            ("alloc::vec::Vec<T,A>::push", "alloc vec Vec"),
            (
                "<alloc::string::String as core::fmt::Display>::fmt",
                "alloc string String",
            ),
            ("<&T as core::fmt::Debug>::fmt", "core fmt Debug"),
            ("<fn(a::B) -> c::D as e::F>::g", "fn"),
            ("core::ptr::drop_in_place<alloc::vec::Vec<u8>>", "core ptr"),
            (
                "core::ptr::drop_in_place::<alloc::vec::Vec<u8>>",
                "core ptr",
            ),
            (
                "core::num::<impl core::fmt::Display for u32>::fmt",
                "core num (unnamed)",
            ),
            ("hello::main::{{closure}}", "hello main"),
            ("void std::__2::sort<int*>(int*, int*)", "std __2"),
            (
                "(anonymous namespace)::Parser::parse(int)",
                "(unnamed) Parser",
            ),
            ("operator new(unsigned long)", ""),
            ("std::operator<(a::b, c)", "std"),
            (
                "github.com_evanw_esbuild_internal.parser.visit",
                "github.com_evanw_esbuild_internal parser",
            ),
            ("runtime.mallocgc", "runtime"),
            ("~lib/rt/itcms/__new", "~lib rt itcms"),
            ("memcpy", ""),
            ("compare.cold", ""),
            ("sort.1", ""),
            ("<", "(unnamed)"),
            ("::", "(unnamed)"),
            ("", ""),
        ] {
            assert_eq!(path(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn common_prefixes() {
        let name = |i: usize| Some(format!("__rb_f{i}"));
        let mut names: Vec<_> = (0..PREFIXED).map(name).collect();
        names.extend([Some("lua_call".to_owned()), None]);
        let mut groups = Groups::default();
        let assigned = groups.assign(&names);
        assert_eq!(assigned[..PREFIXED], [Some(0); PREFIXED]);
        assert_eq!(assigned[PREFIXED..], [None, None]);
        assert_eq!(groups.groups[0].name, "__rb_*");
    }
}
