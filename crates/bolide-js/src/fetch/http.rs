//! Requests over HTTP, each on a thread of its own.
//!
//! One request is one exchange: redirects are followed by the caller, so that every hop passes the permission.
//! Each request has its own agent, because shutting an agent down is how one is interrupted.

use std::io::{self, Cursor, Read};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rquickjs::{Ctx, Function, Object, Value};
use ureq::http::{HeaderName, HeaderValue, Method, Request, Response};
use ureq::{Body, SendBody};
use url::Url;

use super::body::{self, Command};
use crate::agent::agent;
use crate::buffer::copy_bytes;
use crate::error::{HostError, OrThrow};
use crate::event_loop::Settle;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(30);

/// How long the other side may be silent. Scripts that want less use an AbortSignal.
const SILENCE: Duration = Duration::from_secs(300);

/// Headers that frame a message or choose its receiver: what they say is decided here, not by scripts.
const OWN_HEADERS: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// `check(url)` and `send({ url, method, headers, body, upload })`.
pub(super) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("check", Function::new(ctx.clone(), check)?)?;
    object.set("send", Function::new(ctx.clone(), send)?)
}

/// Throws unless the host of the URL may be connected to.
fn check(ctx: Ctx<'_>, url: String) -> rquickjs::Result<()> {
    allowed(&ctx, &url).or_throw(&ctx)
}

fn allowed(ctx: &Ctx<'_>, url: &str) -> Result<(), HostError> {
    let invalid = || HostError::type_error(format!("{url} is no URL of a server"));
    let parsed = Url::parse(url).map_err(|_| invalid())?;
    let host = parsed.host_str().ok_or_else(invalid)?;
    let port = parsed.port_or_known_default().ok_or_else(invalid)?;
    agent(ctx).net.check(host, port)
}

/// What a server answers before the body.
struct Head {
    status: u16,
    text: &'static str,
    /// Names and values in turn, values with one character per byte.
    headers: Vec<String>,
}

/// Sends a request. Returns an object as [`body::object`] makes it, with `response`, a promise of
/// `{ status, statusText, headers }`; `abort()`; and, if `upload` is true, `write(bytes)`, which returns a promise
/// that is fulfilled when there is room for more, and `end()`.
fn send<'js>(ctx: Ctx<'js>, options: Object<'js>) -> rquickjs::Result<Object<'js>> {
    let url: String = options.get("url")?;
    // Checked where the connection is made, whatever the caller has checked.
    allowed(&ctx, &url).or_throw(&ctx)?;
    let headers: Vec<String> = options.get("headers")?;
    let method: String = options.get("method")?;
    let body: Value<'js> = options.get("body")?;
    let upload = match options.get("upload")? {
        true => Some(channel()),
        false => None,
    };
    let (upload_sender, upload_receiver) = upload.unzip();
    let payload = match upload_receiver {
        Some(receiver) => Payload::Upload(Upload::new(receiver)),
        None => copy_bytes(&body).map_or(Payload::None, Payload::Bytes),
    };
    let exchange = Exchange {
        url,
        method,
        headers,
        payload,
    };
    let http = http_agent();
    let (promise, settle) = agent(&ctx).events.pending(&ctx, head_to_js)?;
    let id = settle.id();
    let (commands, receiver) = channel();
    let object = body::object(&ctx, commands)?;
    object.set("response", promise)?;
    let to_stop = http.clone();
    let abort = move |ctx: Ctx<'js>| {
        agent(&ctx).events.abandon(id);
        to_stop.clone().shutdown();
    };
    object.set("abort", Function::new(ctx.clone(), abort)?)?;
    if let Some(sender) = upload_sender {
        set_upload(&ctx, &object, sender)?;
    }
    let thread = std::thread::Builder::new().name("bolide-js-http".to_owned());
    let spawned = thread.spawn(move || exchange.run(&http, settle, &receiver));
    if let Err(error) = spawned {
        return Err(HostError::error(format!("cannot start a thread: {error}")).throw(&ctx));
    }
    Ok(object)
}

fn set_upload<'js>(
    ctx: &Ctx<'js>,
    object: &Object<'js>,
    sender: Sender<Option<Chunk>>,
) -> rquickjs::Result<()> {
    let end_sender = sender.clone();
    let write = move |ctx: Ctx<'js>, bytes: Value<'js>| {
        let bytes = copy_bytes(&bytes)
            .ok_or_else(|| HostError::type_error("the chunk's buffer is detached"))
            .or_throw(&ctx)?;
        let (promise, settle) = agent(&ctx).events.pending(&ctx, undefined)?;
        // If the request is over, dropping the chunk rejects the promise.
        let _ = sender.send(Some(Chunk { bytes, settle }));
        Ok::<_, rquickjs::Error>(promise)
    };
    object.set("write", Function::new(ctx.clone(), write)?)?;
    let end = move || {
        let _ = end_sender.send(None);
    };
    object.set("end", Function::new(ctx.clone(), end)?)
}

fn undefined<'js>(ctx: &Ctx<'js>, (): ()) -> rquickjs::Result<Value<'js>> {
    Ok(Value::new_undefined(ctx.clone()))
}

fn head_to_js<'js>(ctx: &Ctx<'js>, head: Head) -> rquickjs::Result<Value<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("status", head.status)?;
    object.set("statusText", head.text)?;
    object.set("headers", head.headers)?;
    Ok(object.into_value())
}

fn http_agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(true)
        // The environment of the process is not the script's.
        .proxy(None)
        .user_agent(concat!("bolide/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(CONNECT))
        .timeout_resolve(Some(CONNECT))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE))
        .timeout_per_write(Some(SILENCE))
        .build();
    config.into()
}

/// A piece of a body that is sent as it is made.
struct Chunk {
    bytes: Vec<u8>,
    /// Asks for the next piece.
    settle: Settle<()>,
}

/// A body that is sent as it is made.
struct Upload {
    chunks: Receiver<Option<Chunk>>,
    current: Cursor<Vec<u8>>,
    settle: Option<Settle<()>>,
}

impl Upload {
    fn new(chunks: Receiver<Option<Chunk>>) -> Upload {
        Upload {
            chunks,
            current: Cursor::default(),
            settle: None,
        }
    }
}

impl Read for Upload {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.current.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            if let Some(settle) = self.settle.take() {
                settle.settle(Ok(()));
            }
            match self.chunks.recv() {
                Ok(Some(chunk)) => {
                    self.current = Cursor::new(chunk.bytes);
                    self.settle = Some(chunk.settle);
                }
                Ok(None) => return Ok(0),
                Err(_) => return Err(io::Error::other("the body was not sent to its end")),
            }
        }
    }
}

enum Payload {
    None,
    Bytes(Vec<u8>),
    Upload(Upload),
}

/// One request and its response.
struct Exchange {
    url: String,
    method: String,
    headers: Vec<String>,
    payload: Payload,
}

impl Exchange {
    fn run(self, http: &ureq::Agent, settle: Settle<Head>, commands: &Receiver<Command>) {
        let url = self.url.clone();
        let result = self.exchange(http);
        let (head, body) = match result {
            Ok(response) => split(response),
            Err(error) => {
                settle.settle(Err(error));
                return;
            }
        };
        // What is decoded has another size.
        let encoded = head
            .headers
            .iter()
            .step_by(2)
            .any(|name| name == "content-encoding");
        let size = body.content_length().filter(|_| !encoded);
        settle.settle(Ok(head));
        body::serve(body.into_reader(), size, commands, |error| {
            HostError::error(format!(
                "the body of {url} cannot be read to its end: {error}"
            ))
        });
    }

    fn exchange(self, http: &ureq::Agent) -> Result<Response<Body>, HostError> {
        let malformed = |what: &str| HostError::type_error(format!("{what} cannot be sent"));
        let method = Method::from_bytes(self.method.as_bytes())
            .map_err(|_| malformed(&format!("the method {}", self.method)))?;
        let mut request = Request::builder().method(method).uri(&self.url);
        for pair in self.headers.chunks_exact(2) {
            if OWN_HEADERS.contains(&&*pair[0]) {
                continue;
            }
            // Byte strings: one character is one byte.
            let value: Vec<u8> = pair[1].chars().map(|c| c as u8).collect();
            let name = HeaderName::from_bytes(pair[0].as_bytes());
            let value = HeaderValue::from_bytes(&value);
            let (Ok(name), Ok(value)) = (name, value) else {
                return Err(malformed(&format!("the header {}", pair[0])));
            };
            request = request.header(name, value);
        }
        let failed = |error: ureq::Error| describe(&self.url, &error);
        let built = |error: ureq::http::Error| malformed(&format!("the request ({error})"));
        match self.payload {
            Payload::None => http.run(request.body(()).map_err(built)?),
            Payload::Bytes(bytes) => http.run(request.body(bytes).map_err(built)?),
            Payload::Upload(upload) => {
                let body = SendBody::from_owned_reader(upload);
                http.run(request.body(body).map_err(built)?)
            }
        }
        .map_err(failed)
    }
}

fn split(response: Response<Body>) -> (Head, Body) {
    let (parts, body) = response.into_parts();
    let headers = parts.headers.iter().flat_map(|(name, value)| {
        let value = value.as_bytes().iter().map(|byte| char::from(*byte));
        [name.as_str().to_owned(), value.collect()]
    });
    let head = Head {
        status: parts.status.as_u16(),
        text: parts.status.canonical_reason().unwrap_or_default(),
        headers: headers.collect(),
    };
    (head, body)
}

/// Says what failed, where, and what to do.
fn describe(url: &str, error: &ureq::Error) -> HostError {
    let host = Url::parse(url).ok();
    let host = host.as_ref().and_then(Url::host_str).unwrap_or(url);
    let unknown_name = (
        "ENOTFOUND",
        format!("the name {host} is not known; check its spelling and the connection"),
    );
    let (code, text) = match error {
        ureq::Error::HostNotFound => unknown_name,
        // What the standard library says of the system's resolver has no kind of its own.
        ureq::Error::Io(error) if error.to_string().starts_with("failed to lookup address") => {
            unknown_name
        }
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => (
                "ECONNREFUSED",
                format!(
                    "cannot connect to {url}: the connection is refused; check that a server listens there"
                ),
            ),
            io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof => (
                "ECONNRESET",
                format!("the server ended the connection to {url} before it answered"),
            ),
            _ => ("EIO", format!("cannot exchange data with {url}: {error}")),
        },
        ureq::Error::Timeout(what) => (
            "ETIMEDOUT",
            format!("{url} did not answer in time ({what}); try again later"),
        ),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => (
            "ERR_TLS",
            format!("no secure connection to {url}: {error}; check the server's certificate"),
        ),
        _ => ("ERR_HTTP", format!("cannot fetch {url}: {error}")),
    };
    HostError::error(text).with_code(code)
}
