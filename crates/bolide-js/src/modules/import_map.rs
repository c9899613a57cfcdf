//! Import maps: <https://html.spec.whatwg.org/multipage/webappapis.html#import-maps>.

use url::Url;

use super::json::Json;
use crate::error::HostError;

/// Specifiers and what they stand for; `None` blocks.
type SpecifierMap = Vec<(String, Option<Url>)>;

/// A parsed import map.
#[derive(Debug, Default)]
pub(super) struct ImportMap {
    imports: SpecifierMap,
    /// By prefix, longest first.
    scopes: Vec<(String, SpecifierMap)>,
    /// What the standard tells hosts to report and otherwise ignore.
    pub(super) warnings: Vec<String>,
}

impl ImportMap {
    /// "Parse an import map string". `base` is the URL of the map.
    pub(super) fn parse(bytes: &[u8], base: &Url) -> Result<ImportMap, HostError> {
        let invalid = |text: &str| HostError::type_error(format!("import map {base}: {text}"));
        let json = Json::parse(bytes).map_err(|error| invalid(&error.to_string()))?;
        let Some(entries) = json.as_object() else {
            return Err(invalid("the top level must be a JSON object"));
        };
        let mut map = ImportMap::default();
        for (key, value) in entries {
            match (key.as_str(), value) {
                ("imports", Json::Object(entries)) => {
                    map.imports = map.specifiers(entries, base);
                }
                ("scopes", Json::Object(entries)) => map.read_scopes(entries, base)?,
                ("integrity", Json::Object(_)) => map.warnings.push(
                    "\"integrity\" has no effect, for modules come from files only".to_owned(),
                ),
                ("imports" | "scopes" | "integrity", _) => {
                    return Err(invalid(&format!("\"{key}\" must be a JSON object")));
                }
                _ => map
                    .warnings
                    .push(format!("the key \"{key}\" is unknown and ignored")),
            }
        }
        for warning in &mut map.warnings {
            *warning = format!("import map {base}: {warning}");
        }
        Ok(map)
    }

    fn read_scopes(&mut self, entries: &[(String, Json)], base: &Url) -> Result<(), HostError> {
        for (prefix, value) in entries {
            let Some(entries) = value.as_object() else {
                let text =
                    format!("import map {base}: the scope \"{prefix}\" must be a JSON object");
                return Err(HostError::type_error(text));
            };
            match base.join(prefix) {
                Ok(url) => {
                    let specifiers = self.specifiers(entries, base);
                    self.scopes.push((url.to_string(), specifiers));
                }
                Err(_) => self
                    .warnings
                    .push(format!("the scope \"{prefix}\" is no URL and is ignored")),
            }
        }
        self.scopes.sort_by(|(a, _), (b, _)| b.cmp(a));
        Ok(())
    }

    /// "Sort and normalize a module specifier map".
    fn specifiers(&mut self, entries: &[(String, Json)], base: &Url) -> SpecifierMap {
        let mut map = SpecifierMap::new();
        for (key, value) in entries {
            if key.is_empty() {
                self.warnings.push("an empty key is ignored".to_owned());
                continue;
            }
            let address = match value {
                Json::String(text) => url_like(text, base),
                _ => None,
            };
            let address = address.filter(|url| !key.ends_with('/') || url.as_str().ends_with('/'));
            if address.is_none() && *value != Json::Null {
                self.warnings.push(format!(
                    "the address of \"{key}\" is invalid, which blocks it: addresses are URLs or begin with \
                     \"/\", \"./\" or \"../\", and end in \"/\" if the key does"
                ));
            }
            let key = url_like(key, base).map_or_else(|| key.clone(), |url| url.to_string());
            map.push((key, address));
        }
        map.sort_by(|(a, _), (b, _)| b.cmp(a));
        map
    }

    /// "Resolve a module specifier", up to the import map's part: `None` if the map says nothing.
    pub(super) fn resolve(&self, specifier: &str, base: &Url) -> Result<Option<Url>, HostError> {
        let url = url_like(specifier, base);
        let normalized = url.as_ref().map_or(specifier, Url::as_str);
        for (prefix, map) in &self.scopes {
            let inside = base.as_str() == prefix
                || (prefix.ends_with('/') && base.as_str().starts_with(prefix.as_str()));
            if inside && let Some(found) = find(map, normalized, url.as_ref())? {
                return Ok(Some(found));
            }
        }
        find(&self.imports, normalized, url.as_ref())
    }
}

/// "Resolve a URL-like module specifier".
fn url_like(specifier: &str, base: &Url) -> Option<Url> {
    let relative = ["/", "./", "../"]
        .iter()
        .any(|start| specifier.starts_with(start));
    match relative {
        true => base.join(specifier).ok(),
        false => Url::parse(specifier).ok(),
    }
}

/// "Resolve an imports match".
fn find(map: &SpecifierMap, specifier: &str, url: Option<&Url>) -> Result<Option<Url>, HostError> {
    let refused = |text: String| HostError::type_error(text);
    for (key, address) in map {
        let rest = match key.ends_with('/') && url.is_none_or(is_special) {
            true => specifier.strip_prefix(key.as_str()),
            false => None,
        };
        if specifier != key && rest.is_none() {
            continue;
        }
        let Some(address) = address else {
            return Err(refused(format!(
                "the import map blocks \"{specifier}\": the address of \"{key}\" is null or invalid"
            )));
        };
        let Some(rest) = rest.filter(|_| specifier != key) else {
            return Ok(Some(address.clone()));
        };
        let joined = address.join(rest);
        let inside = joined
            .ok()
            .filter(|url| url.as_str().starts_with(address.as_str()));
        return match inside {
            Some(url) => Ok(Some(url)),
            None => Err(refused(format!(
                "\"{specifier}\" leads out of {address}, where the import map puts \"{key}\""
            ))),
        };
    }
    Ok(None)
}

fn is_special(url: &Url) -> bool {
    matches!(
        url.scheme(),
        "ftp" | "file" | "http" | "https" | "ws" | "wss"
    )
}
