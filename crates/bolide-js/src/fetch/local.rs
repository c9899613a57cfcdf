//! What can be fetched without a network: files and data URLs; and what bodies are parsed with.

use std::path::PathBuf;
use std::sync::mpsc::channel;

use data_url::DataUrl;
use data_url::mime::Mime;
use rquickjs::function::Opt;
use rquickjs::{Ctx, Function, Object, Value};
use sha2::{Digest, Sha256, Sha384, Sha512};
use url::Url;

use super::body;
use crate::agent::agent;
use crate::buffer::copy_bytes;
use crate::error::{HostError, OrThrow};
use crate::files::{Access, system_error};

/// `base()`, `parse(url, base)`, `file(url)`, `data(url)`, `mime(text)`, `multipart(bytes, boundary)` and `integrity(metadata, bytes)`.
pub(super) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("base", Function::new(ctx.clone(), base)?)?;
    object.set("parse", Function::new(ctx.clone(), parse)?)?;
    object.set("file", Function::new(ctx.clone(), file)?)?;
    object.set("data", Function::new(ctx.clone(), data)?)?;
    object.set("mime", Function::new(ctx.clone(), mime)?)?;
    object.set("multipart", Function::new(ctx.clone(), multipart)?)?;
    object.set("integrity", Function::new(ctx.clone(), integrity)?)
}

/// The URL that relative ones are relative to: that of the main script, or of the working directory.
fn base(ctx: Ctx<'_>) -> Option<String> {
    let agent = agent(&ctx);
    agent.modules.main_url().or_else(|| {
        let url = Url::from_directory_path(&agent.settings.cwd);
        url.ok().map(String::from)
    })
}

/// Parses a URL: an object with `href`, `scheme`, `origin`, and whether it has `credentials` and a `fragment`; null
/// if it is none. The base is that of the agent if there is no other.
fn parse<'js>(
    ctx: Ctx<'js>,
    text: String,
    relative_to: Opt<String>,
) -> rquickjs::Result<Option<Object<'js>>> {
    let relative_to = relative_to.0.or_else(|| base(ctx.clone()));
    let relative_to = relative_to.and_then(|text| Url::parse(&text).ok());
    let parsed = Url::options().base_url(relative_to.as_ref()).parse(&text);
    let Ok(url) = parsed else {
        return Ok(None);
    };
    let object = Object::new(ctx)?;
    object.set("href", url.as_str())?;
    object.set("scheme", url.scheme())?;
    object.set("origin", url.origin().ascii_serialization())?;
    let credentials = !url.username().is_empty() || url.password().is_some();
    object.set("credentials", credentials)?;
    object.set("fragment", url.fragment().is_some())?;
    Ok(Some(object))
}

/// The path that a `file:` URL names. Encoded separators are refused: no file name contains one, so they only
/// serve to mislead whoever checks the URL.
fn file_path(text: &str) -> Result<PathBuf, HostError> {
    let invalid = |why: &str| HostError::type_error(format!("{text} names no file: {why}"));
    let url = Url::parse(text).map_err(|error| invalid(&error.to_string()))?;
    if url.scheme() != "file" {
        return Err(invalid("its scheme is not file"));
    }
    if url.host_str().is_some_and(|host| !host.is_empty()) {
        return Err(invalid("it names a host, and only local files can be read"));
    }
    let path = url.path().to_ascii_lowercase();
    if path.contains("%2f") {
        return Err(invalid("it contains an encoded slash"));
    }
    if path.contains("%00") {
        return Err(invalid("it contains an encoded null character"));
    }
    url.to_file_path()
        .map_err(|()| invalid("its path is not absolute"))
}

/// The type that servers give to a file of this name. Empty if it is unknown.
fn mime_type(path: &std::path::Path) -> String {
    let guess = mime_guess::from_path(path).first_raw();
    guess.unwrap_or_default().to_owned()
}

/// Opens a file: an object as [`body::object`] makes it, with `type` and `size`.
fn file<'js>(ctx: Ctx<'js>, url: String) -> rquickjs::Result<Object<'js>> {
    let agent = agent(&ctx);
    let path = file_path(&url).or_throw(&ctx)?;
    let located = agent.files.locate(&path, Access::Read).or_throw(&ctx)?;
    let failed = |error: &std::io::Error| system_error(error, "open", &path, Access::Read);
    let metadata = located.dir.metadata(&located.path);
    let metadata = metadata.map_err(|error| failed(&error)).or_throw(&ctx)?;
    if !metadata.is_file() {
        let error = match metadata.is_dir() {
            true => std::io::ErrorKind::IsADirectory.into(),
            false => std::io::Error::other("it is no regular file"),
        };
        return Err(failed(&error).throw(&ctx));
    }
    let opened = located.dir.open(&located.path);
    let opened = opened.map_err(|error| failed(&error)).or_throw(&ctx)?;
    let size = metadata.len();
    let (sender, receiver) = channel();
    let object = body::object(&ctx, sender)?;
    object.set("type", mime_type(&path))?;
    object.set("size", size as f64)?;
    let thread = std::thread::Builder::new().name("bolide-js-file".to_owned());
    let spawned = thread.spawn(move || {
        body::serve(opened, Some(size), &receiver, |error| {
            system_error(error, "read", &path, Access::Read)
        });
    });
    if let Err(error) = spawned {
        return Err(HostError::error(format!("cannot start a thread: {error}")).throw(&ctx));
    }
    Ok(object)
}

/// Decodes a `data:` URL: an object with `type` and `bytes`.
fn data<'js>(ctx: Ctx<'js>, url: String) -> rquickjs::Result<Object<'js>> {
    let invalid = |why: String| HostError::type_error(format!("the data: URL is not valid: {why}"));
    let parsed = DataUrl::process(&url).map_err(|error| invalid(format!("{error:?}")));
    let parsed = parsed.or_throw(&ctx)?;
    let decoded = parsed.decode_to_vec();
    let (bytes, _fragment) = decoded
        .map_err(|error| invalid(error.to_string()))
        .or_throw(&ctx)?;
    let object = Object::new(ctx.clone())?;
    object.set("type", parsed.mime_type().to_string())?;
    object.set("bytes", body::array_buffer(&ctx, bytes)?)?;
    Ok(object)
}

/// Parses a MIME type: an object with `essence`, and with `boundary` and `text` (the serialization); null if it is
/// none.
fn mime<'js>(ctx: Ctx<'js>, text: String) -> rquickjs::Result<Option<Object<'js>>> {
    let Ok(mime) = text.parse::<Mime>() else {
        return Ok(None);
    };
    let object = Object::new(ctx)?;
    object.set("essence", format!("{}/{}", mime.type_, mime.subtype))?;
    object.set("boundary", mime.get_parameter("boundary"))?;
    object.set("text", mime.to_string())?;
    Ok(Some(object))
}

/// The parts of a `multipart/form-data` body: objects with `name`, `filename` (or undefined), `type`, `start` and
/// `end`.
fn multipart<'js>(
    ctx: Ctx<'js>,
    bytes: Value<'js>,
    boundary: String,
) -> rquickjs::Result<Vec<Object<'js>>> {
    let bytes = copy_bytes(&bytes).unwrap_or_default();
    let parts = super::multipart::parse(&bytes, boundary.as_bytes()).or_throw(&ctx)?;
    let objects = parts.into_iter().map(|part| {
        let object = Object::new(ctx.clone())?;
        object.set("name", part.name)?;
        object.set("filename", part.filename)?;
        object.set("type", part.media_type)?;
        object.set("start", part.body.start as f64)?;
        object.set("end", part.body.end as f64)?;
        Ok(object)
    });
    objects.collect()
}

/// Whether the bytes match integrity metadata (Subresource Integrity, 3.3): one of the hashes of the strongest
/// algorithm that is named. Metadata without a known algorithm matches everything.
fn integrity<'js>(
    ctx: Ctx<'js>,
    metadata: String,
    bytes: Opt<Value<'js>>,
) -> rquickjs::Result<bool> {
    use base64::Engine as _;
    let bytes = bytes.0.and_then(|bytes| copy_bytes(&bytes));
    let bytes = bytes
        .ok_or_else(|| HostError::type_error("there are no bytes to check"))
        .or_throw(&ctx)?;
    let known = metadata.split_ascii_whitespace().filter_map(|item| {
        let (algorithm, rest) = item.split_once('-')?;
        let strength = ["sha256", "sha384", "sha512"]
            .iter()
            .position(|name| algorithm.eq_ignore_ascii_case(name))?;
        let hash = rest.split('?').next().unwrap_or(rest);
        Some((strength, hash.replace('-', "+").replace('_', "/")))
    });
    let known: Vec<_> = known.collect();
    let Some(strongest) = known.iter().map(|(strength, _)| *strength).max() else {
        return Ok(true);
    };
    let digest = match strongest {
        0 => Sha256::digest(&bytes).to_vec(),
        1 => Sha384::digest(&bytes).to_vec(),
        _ => Sha512::digest(&bytes).to_vec(),
    };
    let actual = base64::engine::general_purpose::STANDARD.encode(digest);
    let mut wanted = known.iter().filter(|(strength, _)| *strength == strongest);
    Ok(wanted.any(|(_, hash)| hash.trim_end_matches('=') == actual.trim_end_matches('=')))
}
