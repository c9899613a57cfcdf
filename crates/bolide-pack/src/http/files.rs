//! The files of one folder.

use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File as CapFile, Metadata, MetadataExt as _};
use futures_util::stream;

use super::partial::{Part, Version, part};
use super::path::UrlPath;
use super::{blocking, text};
use crate::error::{Error, Result};

/// How much of a file is in memory for each request.
const CHUNK: u64 = 256 * 1024;

/// A folder whose files are served, and nothing outside it: no path and no symbolic link leads out.
///
/// Files and folders whose names start with a dot are not there, but for `.well-known`.
#[derive(Clone, Debug)]
pub(crate) struct Files(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    dir: Mutex<Arc<Dir>>,
}

/// What is at a path.
#[derive(Debug)]
pub(crate) enum Found {
    /// A file.
    File(File),
    /// A folder.
    Folder,
    /// Nothing.
    Nothing,
    /// Something that is not served, and why.
    Refused(String),
}

/// A file that is open.
#[derive(Debug)]
pub(crate) struct File {
    file: CapFile,
    length: u64,
    mime: String,
    version: Version,
}

impl Files {
    /// Serves `folder`.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, or is no folder.
    pub(crate) fn open(folder: &Path) -> Result<Files> {
        let dir = Dir::open_ambient_dir(folder, ambient_authority())
            .map_err(|e| Error::io("open", folder, &e))?;
        Ok(Files(Arc::new(Folder {
            path: folder.to_owned(),
            dir: Mutex::new(Arc::new(dir)),
        })))
    }

    /// What is at a path, relative to the folder.
    pub(crate) async fn find(&self, path: PathBuf) -> Found {
        self.blocking(move |dir| find(dir, &path)).await
    }

    /// Runs what reads the folder where it may take its time.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Dir) -> T + Send + 'static,
    ) -> T {
        let folder = self.0.clone();
        blocking(move || work(&folder.current())).await
    }
}

impl Folder {
    /// The folder, also if it was removed and made anew, as other programs do with what they write.
    fn current(&self) -> Arc<Dir> {
        let mut dir = self.dir.lock().unwrap_or_else(PoisonError::into_inner);
        let known = dir
            .dir_metadata()
            .map(|known| (known.dev(), known.ino()))
            .ok();
        if identity(&self.path).is_some_and(|now| Some(now) != known)
            && let Ok(new) = Dir::open_ambient_dir(&self.path, ambient_authority())
        {
            *dir = Arc::new(new);
        }
        dir.clone()
    }
}

/// What tells a file or folder from another one with the same path, if there is one.
pub(crate) fn identity(path: &Path) -> Option<(u64, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Whether a name is of what is never served.
pub(crate) fn is_hidden(name: &str) -> bool {
    name.starts_with('.') && name != ".well-known"
}

fn find(dir: &Dir, path: &Path) -> Found {
    let mut names = path.iter().filter_map(|name| name.to_str());
    if names.any(|name| name != "." && is_hidden(name)) {
        return Found::Nothing;
    }
    match open(dir, path) {
        Ok(found) => found,
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Found::Nothing,
            _ => Found::Refused(format!("cannot open `{}`: {error}\n", path.display())),
        },
    }
}

fn open(dir: &Dir, path: &Path) -> io::Result<Found> {
    let metadata = dir.metadata(path)?;
    if metadata.is_dir() {
        return Ok(Found::Folder);
    }
    // To open a pipe would wait for its writer.
    if !metadata.is_file() {
        let why = format!("`{}` is no regular file\n", path.display());
        return Ok(Found::Refused(why));
    }
    let mut file = dir.open(path)?;
    let metadata = file.metadata()?;
    let mime = mime(path, &mut file)?;
    Ok(Found::File(File {
        length: metadata.len(),
        version: version(&metadata),
        file,
        mime,
    }))
}

/// A new size or a new time is a new version.
fn version(metadata: &Metadata) -> Version {
    let modified = metadata.modified().ok().map(|time| time.into_std());
    let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let since = since.unwrap_or_default().as_nanos();
    Version {
        etag: format!("\"{since:x}-{:x}\"", metadata.len()),
        modified,
    }
}

/// The MIME type by the name, or by the first bytes if there is nothing in the name.
fn mime(path: &Path, file: &mut CapFile) -> io::Result<String> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let known = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("js" | "mjs" | "cjs") => Some("text/javascript"),
        Some("wasm") => Some("application/wasm"),
        Some("map") => Some("application/json"),
        // What the tables have for these is video, or nothing that browsers show.
        Some("ts" | "mts" | "cts" | "tsx" | "rs" | "toml" | "lock" | "wat" | "wast" | "md") => {
            Some("text/plain")
        }
        Some(extension) => mime_guess::from_ext(extension).first_raw(),
        None => None,
    };
    Ok(match known {
        Some(mime) if is_text(mime) => format!("{mime}; charset=utf-8"),
        Some(mime) => mime.to_owned(),
        None if looks_like_text(file)? => "text/plain; charset=utf-8".to_owned(),
        None => "application/octet-stream".to_owned(),
    })
}

/// Whether files of a type are text, and so most likely UTF-8. JSON and XML say that themselves.
fn is_text(mime: &str) -> bool {
    mime.starts_with("text/")
}

fn looks_like_text(file: &mut CapFile) -> io::Result<bool> {
    let mut start = Vec::new();
    file.take(512).read_to_end(&mut start)?;
    file.rewind()?;
    let valid = match std::str::from_utf8(&start) {
        Ok(_) => true,
        // The last character may be cut off.
        Err(error) => error.error_len().is_none() && error.valid_up_to() > 0,
    };
    Ok(valid && !start.contains(&0))
}

impl File {
    /// Whether it is an HTML page.
    pub(crate) fn is_html(&self) -> bool {
        self.mime.starts_with("text/html")
    }

    /// All that is in it.
    pub(crate) async fn read(self) -> io::Result<Vec<u8>> {
        let mut file = self.file;
        let read = move || {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map(|_| bytes)
        };
        blocking(read).await
    }

    /// The answer to `GET` or `HEAD`: all of it, a part, or that the client has it already.
    pub(crate) fn respond(self, method: &Method, request: &HeaderMap) -> Response {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        let text = |text: String| HeaderValue::try_from(text).expect("it is ASCII");
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::ETAG, text(self.version.etag.clone()));
        if let Some(date) = self.version.date() {
            headers.insert(header::LAST_MODIFIED, text(date));
        }
        let (status, range) = match part(method, request, &self.version, self.length) {
            Part::NotModified => (StatusCode::NOT_MODIFIED, None),
            Part::All => (StatusCode::OK, Some(0..self.length)),
            Part::Bytes(range) => {
                let (first, last) = (range.start, range.end - 1);
                let content = format!("bytes {first}-{last}/{}", self.length);
                headers.insert(header::CONTENT_RANGE, text(content));
                (StatusCode::PARTIAL_CONTENT, Some(range))
            }
            Part::Unsatisfiable => {
                let content = format!("bytes */{}", self.length);
                headers.insert(header::CONTENT_RANGE, text(content));
                (StatusCode::RANGE_NOT_SATISFIABLE, None)
            }
        };
        if let Some(range) = range {
            headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
            headers.insert(header::CONTENT_TYPE, text(self.mime));
            let length = range.end - range.start;
            headers.insert(header::CONTENT_LENGTH, length.into());
            if method != Method::HEAD {
                *response.body_mut() = stream(self.file, range.start, length);
            }
        }
        *response.status_mut() = status;
        response
    }
}

/// `length` bytes of a file from `start` on.
fn stream(file: CapFile, start: u64, length: u64) -> Body {
    let state = Some((file, start, length));
    Body::from_stream(stream::unfold(state, async |state| {
        let (mut file, start, left) = state?;
        if left == 0 {
            return None;
        }
        let read = move || -> io::Result<_> {
            file.seek(SeekFrom::Start(start))?;
            let mut chunk = Vec::new();
            (&mut file).take(left.min(CHUNK)).read_to_end(&mut chunk)?;
            Ok((file, chunk))
        };
        Some(match blocking(read).await {
            // The length is promised: the client must not take this for all of it.
            Ok((_, chunk)) if chunk.is_empty() => (Err(io::ErrorKind::UnexpectedEof.into()), None),
            Ok((file, chunk)) => {
                let read = chunk.len() as u64;
                let rest = Some((file, start + read, left - read));
                (Ok(Bytes::from(chunk)), rest)
            }
            Err(error) => (Err(error), None),
        })
    }))
}

/// The answer to a method with which no file is asked for.
pub(crate) fn other_method(method: &Method) -> Option<Response> {
    const ALLOWED: &str = "GET, HEAD, OPTIONS";
    if method == Method::GET || method == Method::HEAD {
        return None;
    }
    let mut response = match *method == Method::OPTIONS {
        true => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
        false => text(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("files do not take {method}\n"),
        ),
    };
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, HeaderValue::from_static(ALLOWED));
    Some(response)
}

/// To where a folder is, so that relative URLs in its page mean what they say.
pub(crate) fn redirect(path: &UrlPath, query: Option<&str>) -> Response {
    let mut location = path.encode();
    if let Some(query) = query {
        location.push('?');
        location.push_str(query);
    }
    let mut response = text(StatusCode::TEMPORARY_REDIRECT, format!("see {location}\n"));
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
