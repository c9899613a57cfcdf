//! Paths of URLs, as paths within a folder.

use std::path::PathBuf;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stays as it is in a segment of a path, with what is unreserved in RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A URL's path: names that are decoded, none of which leads upwards or is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UrlPath {
    segments: Vec<String>,
    /// Whether it ends in a slash, as those of folders do.
    folder: bool,
}

impl UrlPath {
    /// Decodes the path of a request.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in a sentence.
    pub(crate) fn parse(path: &str) -> Result<UrlPath, &'static str> {
        let path = path.strip_prefix('/').ok_or("a path starts with `/`")?;
        let mut segments = Vec::new();
        if path.is_empty() {
            return Ok(UrlPath::folder(segments));
        }
        let (path, folder) = match path.strip_suffix('/') {
            Some(path) => (path, true),
            None => (path, false),
        };
        for segment in path.split('/') {
            segments.push(decode(segment)?);
        }
        Ok(UrlPath { segments, folder })
    }

    /// The folder with these names from the root on.
    pub(crate) fn folder(segments: Vec<String>) -> UrlPath {
        UrlPath {
            segments,
            folder: true,
        }
    }

    /// The names from the root on.
    pub(crate) fn segments(&self) -> &[String] {
        &self.segments
    }

    /// Whether it ends in a slash.
    pub(crate) fn is_folder(&self) -> bool {
        self.folder
    }

    /// Relative to the folder that is served; `.` for itself.
    pub(crate) fn to_relative(&self) -> PathBuf {
        match self.segments.as_slice() {
            [] => PathBuf::from("."),
            segments => segments.iter().collect(),
        }
    }

    /// As it is written in a URL.
    pub(crate) fn encode(&self) -> String {
        let mut url = String::new();
        for segment in &self.segments {
            url.push('/');
            url.push_str(&encode_segment(segment));
        }
        if self.folder {
            url.push('/');
        }
        url
    }

    /// The same, as that of a folder.
    pub(crate) fn to_folder(&self) -> UrlPath {
        UrlPath::folder(self.segments.clone())
    }
}

/// One name, as it is written in a URL.
pub(crate) fn encode_segment(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}

fn decode(segment: &str) -> Result<String, &'static str> {
    let valid_escapes = segment.split('%').skip(1).all(|rest| {
        let digits = rest.as_bytes();
        digits.len() >= 2 && digits[..2].iter().all(u8::is_ascii_hexdigit)
    });
    if !valid_escapes {
        return Err("the path has a `%` without two hexadecimal digits");
    }
    let name = percent_decode_str(segment)
        .decode_utf8()
        .map_err(|_| "the path is not UTF-8")?;
    match &*name {
        "" => Err("the path has an empty name"),
        "." | ".." => Err("the path has `.` or `..` in it, which browsers resolve themselves"),
        name if name.contains(['/', '\\', '\0']) => {
            Err("the path has a name with a separator or a NUL in it")
        }
        name => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_urls() {
        for (url, expected) in [
            ("/", Some("/")),
            ("/a", Some("/a")),
            ("/a/", Some("/a/")),
            ("/a%20b/c.txt", Some("/a%20b/c.txt")),
            ("/%61", Some("/a")),
            ("/%C3%A4", Some("/%C3%A4")),
            ("/a+b", Some("/a%2Bb")),
            ("/...", Some("/...")),
            ("/..", None),
            ("/../x", None),
            ("/a/../../x", None),
            ("/%2e%2e/x", None),
            ("/.%2E/x", None),
            ("/..%2fx", None),
            ("/a%2fb", None),
            ("/a%5c..%5cb", None),
            ("/a%00", None),
            ("//", None),
            ("//etc/passwd", None),
            ("/a//b", None),
            ("/./a", None),
            ("/%", None),
            ("/%2", None),
            ("/%zz", None),
            ("/%ff", None),
            ("a", None),
            ("*", None),
            ("", None),
        ] {
            let path = UrlPath::parse(url);
            assert_eq!(path.map(|p| p.encode()).ok().as_deref(), expected, "{url}");
        }
    }
}
