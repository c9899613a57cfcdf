//! Which tests are run.

use super::module::Test;

/// Chooses tests by their names and by whether they are ignored, as options do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only tests whose names contain one of these; all if there are none.
    pub filters: Vec<String>,
    /// No tests whose names contain one of these.
    pub skip: Vec<String>,
    /// Names must be equal, instead of containing something.
    pub exact: bool,
    /// What becomes of ignored tests.
    pub ignored: Ignored,
}

/// What becomes of tests with the attribute `#[ignore]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ignored {
    /// They are listed as ignored.
    #[default]
    Skipped,
    /// They are run like all others.
    Included,
    /// They alone are run.
    Only,
}

impl Selection {
    /// Those of `tests` that are chosen, and the number of the others.
    pub(super) fn choose(&self, tests: &[Test]) -> (Vec<Test>, usize) {
        let chosen: Vec<Test> = tests
            .iter()
            .filter(|test| self.covers(test))
            .cloned()
            .collect();
        let others = tests.len() - chosen.len();
        (chosen, others)
    }

    fn covers(&self, test: &Test) -> bool {
        let matches = |pattern: &String| match self.exact {
            true => test.name == *pattern,
            false => test.name.contains(pattern.as_str()),
        };
        (self.filters.is_empty() || self.filters.iter().any(matches))
            && !self.skip.iter().any(matches)
            && (self.ignored != Ignored::Only || test.ignored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices() {
        let tests = [("a::one", false), ("a::two", true), ("b::one", false)];
        let tests = tests.map(|(name, ignored)| Test {
            name: name.to_owned(),
            export: String::new(),
            ignored,
        });
        let check = |filters: &[&str], skip: &[&str], exact, ignored, expected: &[&str]| {
            let owned = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
            let selection = Selection {
                filters: owned(filters),
                skip: owned(skip),
                exact,
                ignored,
            };
            let (chosen, others) = selection.choose(&tests);
            let names: Vec<&str> = chosen.iter().map(|test| test.name.as_str()).collect();
            assert_eq!(names, expected, "{selection:?}");
            assert_eq!(others, tests.len() - expected.len());
        };
        check(
            &[],
            &[],
            false,
            Ignored::Skipped,
            &["a::one", "a::two", "b::one"],
        );
        check(
            &["one"],
            &[],
            false,
            Ignored::Skipped,
            &["a::one", "b::one"],
        );
        check(
            &["two", "b"],
            &[],
            false,
            Ignored::Skipped,
            &["a::two", "b::one"],
        );
        check(&["one"], &[], true, Ignored::Skipped, &[]);
        check(&["b::one"], &[], true, Ignored::Skipped, &["b::one"]);
        check(&["one"], &["a::"], false, Ignored::Skipped, &["b::one"]);
        check(
            &[],
            &["one"],
            true,
            Ignored::Included,
            &["a::one", "a::two", "b::one"],
        );
        check(&[], &[], false, Ignored::Only, &["a::two"]);
    }
}
