//! Parsing `multipart/form-data` (RFC 7578, and Fetch standard, 5.2).

use std::ops::Range;

use crate::error::HostError;

/// One part of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    /// Of a file.
    pub(super) filename: Option<String>,
    /// Of a file; `text/plain` if the part does not say.
    pub(super) media_type: String,
    /// Where its bytes are.
    pub(super) body: Range<usize>,
}

fn invalid(why: &str) -> HostError {
    HostError::type_error(format!("the multipart/form-data body is not valid: {why}"))
}

fn find(bytes: &[u8], from: usize, pattern: &[u8]) -> Option<usize> {
    let first = *pattern.first()?;
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == first)?;
        if bytes[at..].starts_with(pattern) {
            return Some(at);
        }
        at += 1;
    }
}

/// Parses a body with the given boundary.
pub(super) fn parse(bytes: &[u8], boundary: &[u8]) -> Result<Vec<Part>, HostError> {
    let delimiter = [b"--", boundary].concat();
    let separator = [b"\r\n", &*delimiter].concat();
    // What precedes the first delimiter is to be ignored (RFC 2046, 5.1.1).
    let mut at = match bytes.starts_with(&delimiter) {
        true => delimiter.len(),
        false => {
            let start = find(bytes, 0, &separator);
            start.ok_or_else(|| invalid("the boundary does not occur"))? + separator.len()
        }
    };
    let mut parts = Vec::new();
    loop {
        if bytes[at..].starts_with(b"--") {
            return Ok(parts);
        }
        while bytes
            .get(at)
            .is_some_and(|byte| matches!(byte, b' ' | b'\t'))
        {
            at += 1;
        }
        if !bytes[at..].starts_with(b"\r\n") {
            return Err(invalid("a boundary is not followed by a line break"));
        }
        let headers = at + 2..header_end(bytes, at)?;
        let start = headers.end + 4;
        let end = find(bytes, headers.end + 2, &separator)
            .ok_or_else(|| invalid("the last boundary is missing"))?;
        let text = bytes.get(headers).unwrap_or_default();
        parts.push(part(text, start.min(end)..end)?);
        at = end + separator.len();
    }
}

/// Where the empty line after the headers begins, less the line break before it.
fn header_end(bytes: &[u8], from: usize) -> Result<usize, HostError> {
    find(bytes, from, b"\r\n\r\n").ok_or_else(|| invalid("a part has no end of its headers"))
}

fn part(headers: &[u8], body: Range<usize>) -> Result<Part, HostError> {
    let text = String::from_utf8_lossy(headers);
    let mut name = None;
    let mut filename = None;
    let mut media_type = None;
    for line in text.split("\r\n") {
        let Some((header, value)) = line.split_once(':') else {
            return Err(invalid("a header has no colon"));
        };
        if header.eq_ignore_ascii_case("content-disposition") {
            let parameters = value.trim().strip_prefix("form-data");
            let parameters =
                parameters.ok_or_else(|| invalid("a part's disposition is not form-data"))?;
            name = parameter(parameters, "name");
            filename = parameter(parameters, "filename");
        } else if header.eq_ignore_ascii_case("content-type") {
            media_type = Some(value.trim().to_owned());
        }
    }
    Ok(Part {
        name: name.ok_or_else(|| invalid("a part has no name"))?,
        filename,
        media_type: media_type.unwrap_or_else(|| "text/plain".to_owned()),
        body,
    })
}

/// A parameter `; name="value"`, or without quotes. The escapes are those of the HTML standard (4.10.22.8).
fn parameter(mut text: &str, wanted: &str) -> Option<String> {
    while let Some((_, rest)) = text.split_once(';') {
        let (name, rest) = rest.split_once('=')?;
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => {
                let end = rest.find(';').unwrap_or(rest.len());
                (rest[..end].trim_end(), &rest[end..])
            }
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(unescape(value));
        }
        text = rest;
    }
    None
}

fn unescape(text: &str) -> String {
    text.replace("%0A", "\n")
        .replace("%0D", "\r")
        .replace("%22", "\"")
}

#[cfg(test)]
mod tests {
    use super::parse;

    /// What the parts are: name, filename, type and bytes.
    fn describe(body: &str) -> Result<String, String> {
        let parts = parse(body.as_bytes(), b"X").map_err(|error| error.message)?;
        let text = parts.iter().map(|part| {
            let file = part.filename.as_deref().unwrap_or("-");
            let body = &body[part.body.clone()];
            format!("{} {file} {} {body:?}", part.name, part.media_type)
        });
        Ok(text.collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn forms() {
        let disposition = "Content-Disposition: form-data; name=";
        let cases = [
            (
                format!("--X\r\n{disposition}\"a\"\r\n\r\n1\r\n--X--\r\n"),
                Ok("a - text/plain \"1\""),
            ),
            (
                format!(
                    "preamble\r\n--X \r\n{disposition}a; filename=\"f;%22\"\r\ncontent-type: a/b\r\n\r\n\r\n--X--"
                ),
                Ok("a f;\" a/b \"\""),
            ),
            (
                format!(
                    "--X\r\n{disposition}\"\"\r\n\r\n--X\r\n--X\r\n{disposition}\"b\"\r\n\r\n\r\n\r\n--X--"
                ),
                Ok(" - text/plain \"--X\"; b - text/plain \"\\r\\n\""),
            ),
            ("--X--\r\n".to_owned(), Ok("")),
            ("--X".to_owned(), Err("line break")),
            (String::new(), Err("boundary does not occur")),
            ("--X\r\na: b\r\n\r\n".to_owned(), Err("last boundary")),
            ("--X\r\na: b\r\n\r\n\r\n--X--".to_owned(), Err("no name")),
            ("--X\r\nab\r\n\r\n\r\n--X--".to_owned(), Err("no colon")),
            ("--X\r\nab".to_owned(), Err("end of its headers")),
        ];
        for (body, expected) in cases {
            match (describe(&body), expected) {
                (Ok(parts), Ok(expected)) => assert_eq!(parts, expected, "{body:?}"),
                (Err(message), Err(part)) => assert!(message.contains(part), "{body:?}: {message}"),
                (result, expected) => panic!("{body:?}: {result:?}, not {expected:?}"),
            }
        }
    }
}
