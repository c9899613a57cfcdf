//! Values of options.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::Duration;

use bolide_js::NetRule;

/// A directory that the guest is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dir {
    pub(crate) host: PathBuf,
    /// Its name in the guest.
    pub(crate) guest: String,
    pub(crate) writable: bool,
}

impl Dir {
    /// From `HOST[::GUEST][:ro|:rw]`.
    pub(crate) fn parse(text: &OsStr) -> Result<Dir, String> {
        let text = text.as_bytes();
        let (paths, access) = match text {
            [paths @ .., b':', b'r', b'o'] => (paths, Some(false)),
            [paths @ .., b':', b'r', b'w'] => (paths, Some(true)),
            paths => (paths, None),
        };
        let separator = paths.windows(2).rposition(|pair| pair == b"::");
        let (host, guest) = match separator {
            Some(at) => (&paths[..at], &paths[at + 2..]),
            None => (paths, paths),
        };
        if host.is_empty() {
            return Err("the name of the host's directory is missing before `::`".to_owned());
        }
        if guest.is_empty() {
            return Err("the guest's name of the directory is missing after `::`".to_owned());
        }
        // A mistyped `:ro` must not grant write access.
        if access.is_none()
            && separator.is_some()
            && let Some(at) = guest.iter().rposition(|b| *b == b':')
        {
            return Err(format!(
                "unknown access `{}`; known are `:ro` and `:rw` (which also end a guest's name that contains `:`)",
                String::from_utf8_lossy(&guest[at..])
            ));
        }
        let guest = std::str::from_utf8(guest).map_err(|_| {
            "the guest's name of the directory must be valid UTF-8; give one after `::`".to_owned()
        })?;
        Ok(Dir {
            host: OsString::from_vec(host.to_vec()).into(),
            guest: guest.to_owned(),
            writable: access.unwrap_or(true),
        })
    }
}

/// A variable of the guest's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Env {
    pub(crate) name: OsString,
    pub(crate) value: OsString,
}

impl Env {
    /// From `K=V`, or `K` with the value from the environment of the process.
    pub(crate) fn parse(text: &OsStr) -> Result<Env, String> {
        let bytes = text.as_bytes();
        let equals = bytes.iter().position(|&b| b == b'=');
        let name = OsStr::from_bytes(&bytes[..equals.unwrap_or(bytes.len())]).to_owned();
        if name.is_empty() {
            return Err("the name of the variable is missing".to_owned());
        }
        let value = match equals {
            Some(at) => OsStr::from_bytes(&bytes[at + 1..]).to_owned(),
            None => std::env::var_os(&name).ok_or_else(|| {
                format!(
                    "`{0}` is not set in bolide's environment; give it a value with `{0}=VALUE`",
                    name.to_string_lossy()
                )
            })?,
        };
        Ok(Env { name, value })
    }
}

/// A host that a script may connect to; `*` for all.
pub(crate) fn net_rule(text: &str) -> Result<NetRule, String> {
    match text {
        "*" => Ok(NetRule::Any),
        text => text.parse(),
    }
}

/// Splits a number from its unit.
fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_');
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    (number.trim(), unit.trim())
}

fn number(text: &str) -> Option<f64> {
    text.replace('_', "").parse().ok()
}

/// A number of bytes, such as `64MiB`.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let (digits, unit) = split_unit(text);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => {
            return Err(format!(
                "unknown unit `{unit}`; known are K or KiB, M or MiB, G or GiB, T or TiB (powers of 1024) and KB, MB, \
                 GB, TB (powers of 1000)"
            ));
        }
    };
    let too_large = || format!("`{text}` is more than this machine can address");
    if let Ok(digits) = digits.replace('_', "").parse::<u64>() {
        let bytes = digits.checked_mul(factor).ok_or_else(too_large)?;
        return usize::try_from(bytes).map_err(|_| too_large());
    }
    let bytes = number(digits).ok_or("expected a number with an optional unit, such as `64MiB`")?
        * factor as f64;
    // The conversion saturates.
    match bytes < usize::MAX as f64 {
        true => Ok(bytes as usize),
        false => Err(too_large()),
    }
}

/// A time, such as `500ms`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (digits, unit) = split_unit(text);
    let seconds = match unit {
        "ms" => 1e-3,
        "us" | "µs" => 1e-6,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => {
            return Err(format!(
                "unknown unit `{unit}`; known are us, ms, s, m and h"
            ));
        }
    };
    let number = number(digits)
        .ok_or("expected a number with an optional unit, such as `500ms` or `1.5s`")?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| format!("`{text}` is too long"))
}

/// A number of instructions.
pub(crate) fn fuel(text: &str) -> Result<u64, String> {
    let digits = text.replace('_', "");
    digits
        .parse()
        .map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("0", Some(0)),
            ("512", Some(512)),
            ("64K", Some(64 << 10)),
            ("64KiB", Some(64 << 10)),
            ("64kb", Some(64_000)),
            ("1.5M", Some(3 << 19)),
            ("4 GiB", Some(4 << 30)),
            ("1_000B", Some(1000)),
            ("", None),
            ("M", None),
            ("-1", None),
            ("1.2.3", None),
            ("5 apples", None),
            ("99999999999G", None),
            ("18446744073709551615", Some(usize::MAX)),
            ("18446744073709551616", None),
        ] {
            assert_eq!(size(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn durations() {
        for (text, milliseconds) in [
            ("10", Some(10_000)),
            ("500ms", Some(500)),
            ("1.5s", Some(1_500)),
            ("2m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("0", Some(0)),
            ("", None),
            ("-1s", None),
            ("1d", None),
            ("soon", None),
            ("1e99", None),
        ] {
            let expected = milliseconds.map(Duration::from_millis);
            assert_eq!(duration(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn directories() {
        for (text, expected) in [
            ("/data", Some(("/data", "/data", true))),
            (".", Some((".", ".", true))),
            ("/data:ro", Some(("/data", "/data", false))),
            ("./d::/data", Some(("./d", "/data", true))),
            ("./d::/data:ro", Some(("./d", "/data", false))),
            ("a:b::/c", Some(("a:b", "/c", true))),
            ("a::b::c", Some(("a::b", "c", true))),
            ("a:b", Some(("a:b", "a:b", true))),
            ("x:ro::/x:rw", Some(("x:ro", "/x", true))),
            ("x:ro:rw", Some(("x:ro", "x:ro", true))),
            ("", None),
            ("::/data", None),
            ("d::", None),
            ("d:::ro", None),
            (":ro", None),
        ] {
            let dir = Dir::parse(OsStr::new(text)).ok();
            let found = dir
                .as_ref()
                .map(|d| (d.host.to_str().unwrap(), d.guest.as_str(), d.writable));
            assert_eq!(found, expected, "{text}");
        }
    }
}
