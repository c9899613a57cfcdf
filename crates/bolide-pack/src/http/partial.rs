//! What a request asks of a file besides its bytes: only if it has changed, and only a part (RFC 9110, sections 13 and 14).

use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::{HeaderMap, HeaderName, Method, header};

/// By what a version of a file is known.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// With its quotes.
    pub(super) etag: String,
    pub(super) modified: Option<SystemTime>,
}

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Nothing: the client has this version.
    NotModified,
    /// All of it.
    All,
    /// Some bytes, of which there is at least one.
    Bytes(Range<u64>),
    /// No byte that the file has was asked for.
    Unsatisfiable,
}

/// What of a file with `length` bytes the request asks for. Ranges are of `GET` only.
pub(super) fn part(method: &Method, headers: &HeaderMap, version: &Version, length: u64) -> Part {
    if is_known(headers, version) {
        return Part::NotModified;
    }
    let range = value(headers, header::RANGE).filter(|_| method == Method::GET);
    let Some(range) = range else {
        return Part::All;
    };
    let may_be_partial = value(headers, header::IF_RANGE)
        .is_none_or(|known| known == version.etag || Some(known) == version.date().as_deref());
    match parse_range(range, length) {
        Some(part) if may_be_partial => part,
        _ => Part::All,
    }
}

impl Version {
    /// When the file was changed, as HTTP writes it.
    pub(super) fn date(&self) -> Option<String> {
        self.modified.map(httpdate::fmt_http_date)
    }
}

fn is_known(headers: &HeaderMap, version: &Version) -> bool {
    if let Some(known) = value(headers, header::IF_NONE_MATCH) {
        let strong = |tag: &str| tag.trim().trim_start_matches("W/") == version.etag;
        return known.trim() == "*" || known.split(',').any(strong);
    }
    let since = value(headers, header::IF_MODIFIED_SINCE)
        .and_then(|date| httpdate::parse_http_date(date).ok());
    match (since, version.modified) {
        // HTTP's dates have whole seconds.
        (Some(since), Some(modified)) => seconds(modified) <= seconds(since),
        _ => false,
    }
}

fn seconds(time: SystemTime) -> Duration {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_secs(since.as_secs())
}

fn value(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// One range of bytes; `None` for whatever may be ignored: other units, many ranges, what is not well-formed.
fn parse_range(range: &str, length: u64) -> Option<Part> {
    let (unit, range) = range.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
        // What does not fit in 64 bits is beyond the end of every file.
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let (start, end) = match (first, last) {
        ("", suffix) => (length.saturating_sub(number(suffix)?), length),
        (first, "") => (number(first)?, length),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            (first, length.min(last.saturating_add(1)))
        }
    };
    Some(match start < end {
        true => Part::Bytes(start..end),
        false => Part::Unsatisfiable,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (range, length, expected) in [
            ("bytes=0-0", 10, Some(Part::Bytes(0..1))),
            ("bytes=2-5", 10, Some(Part::Bytes(2..6))),
            ("bytes=2-", 10, Some(Part::Bytes(2..10))),
            ("bytes=-3", 10, Some(Part::Bytes(7..10))),
            ("bytes=-30", 10, Some(Part::Bytes(0..10))),
            (
                "bytes=5-99999999999999999999999",
                10,
                Some(Part::Bytes(5..10)),
            ),
            ("bytes=10-", 10, Some(Part::Unsatisfiable)),
            (
                "bytes=99999999999999999999999-",
                10,
                Some(Part::Unsatisfiable),
            ),
            ("bytes=-0", 10, Some(Part::Unsatisfiable)),
            ("bytes=0-", 0, Some(Part::Unsatisfiable)),
            ("bytes=5-2", 10, None),
            ("bytes=0-1,3-4", 10, None),
            ("bytes=", 10, None),
            ("bytes=-", 10, None),
            ("bytes=+1-2", 10, None),
            ("lines=0-1", 10, None),
            ("0-1", 10, None),
        ] {
            assert_eq!(parse_range(range, length), expected, "{range}");
        }
    }
}
