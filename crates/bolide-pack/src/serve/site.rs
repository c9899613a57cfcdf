//! What requests are answered with.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;

use super::live::Live;
use super::{CLIENT, Console, EVENTS, RESERVED, page};
use crate::http::{self, File, Files, Found, UrlPath};

/// A request that was answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Access {
    /// Its method.
    pub method: String,
    /// The path and the query that it asked for, as they were sent.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// How long it took until the answer began.
    pub time: Duration,
}

/// The folder, and what is known about it.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) files: Files,
    pub(super) live: Live,
    /// Whether paths of no file are answered with the page of the root.
    pub(super) spa: bool,
    /// Requests for what is built wait for a build that runs.
    pub(super) output: Output,
}

/// Where the package is that is built, if there is one.
#[derive(Clone, Debug)]
pub(super) struct Output {
    root: PathBuf,
    package: Arc<Mutex<Option<PathBuf>>>,
}

impl Output {
    /// In the folder `root`, which is served. Paths are absolute, without symbolic links.
    pub(super) fn new(root: PathBuf, package: Option<PathBuf>) -> Output {
        let package = Arc::new(Mutex::new(package));
        Output { root, package }
    }

    fn package(&self) -> MutexGuard<'_, Option<PathBuf>> {
        self.package.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It has turned out to be elsewhere.
    pub(super) fn set(&self, package: PathBuf) {
        *self.package() = Some(package);
    }

    /// Whether there is none.
    fn is_none(&self) -> bool {
        self.package().is_none()
    }

    fn holds(&self, path: &UrlPath) -> bool {
        let place = self.root.join(path.to_relative());
        self.package()
            .as_ref()
            .is_some_and(|package| place.starts_with(package))
    }
}

const HTML: &str = "text/html; charset=utf-8";

/// Answers to everything.
pub(super) fn router(site: Site, console: Arc<dyn Console>) -> Router {
    let site = Arc::new(site);
    let live = site.live.clone();
    let client = || async {
        http::body(
            StatusCode::OK,
            "text/javascript; charset=utf-8",
            include_str!("client.js"),
        )
    };
    let log = move |request: Request, next: Next| log(console.clone(), request, next);
    Router::new()
        .route(EVENTS, get(move || async move { live.events() }))
        .route(CLIENT, get(client))
        .fallback(move |request: Request| {
            let site = site.clone();
            let (head, _) = request.into_parts();
            async move { site.answer(&head).await }
        })
        .layer(middleware::from_fn(log))
}

async fn log(console: Arc<dyn Console>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().to_string();
    let uri = request.uri();
    let path = uri
        .path_and_query()
        .map_or_else(|| uri.to_string(), ToString::to_string);
    let response = next.run(request).await;
    if !path.starts_with(RESERVED) {
        console.access(&Access {
            method,
            path,
            status: response.status().as_u16(),
            time: started.elapsed(),
        });
    }
    response
}

impl Site {
    async fn answer(&self, head: &Parts) -> Response {
        if let Some(response) = http::other_method(&head.method) {
            return response;
        }
        let path = match UrlPath::parse(head.uri.path()) {
            Ok(path) => path,
            Err(why) => return http::text(StatusCode::BAD_REQUEST, format!("{why}\n")),
        };
        let in_package = self.output.holds(&path);
        if in_package && !self.live.settled().await {
            return http::text(
                StatusCode::SERVICE_UNAVAILABLE,
                "the package is being built\n",
            );
        }
        match self.files.find(path.to_relative()).await {
            Found::File(file) if !path.is_folder() => self.file(file, head).await,
            Found::Folder if !path.is_folder() => {
                http::redirect(&path.to_folder(), head.uri.query())
            }
            Found::Folder => self.folder(path, head).await,
            Found::Refused(why) => http::text(StatusCode::FORBIDDEN, why),
            Found::File(_) | Found::Nothing => self.nothing(path, in_package, head).await,
        }
    }

    async fn folder(&self, path: UrlPath, head: &Parts) -> Response {
        match self.files.find(path.to_relative().join("index.html")).await {
            Found::File(file) => self.file(file, head).await,
            Found::Refused(why) => http::text(StatusCode::FORBIDDEN, why),
            Found::Folder | Found::Nothing => {
                let listing = self
                    .files
                    .blocking(move |dir| page::listing(dir, &path))
                    .await;
                self.page(StatusCode::OK, listing.into_bytes(), HTML, head)
            }
        }
    }

    async fn file(&self, file: File, head: &Parts) -> Response {
        if !file.is_html() || !is_page(&head.headers) {
            return file.respond(&head.method, &head.headers);
        }
        match file.read().await {
            Ok(page) => {
                // The page says in another way how it is encoded.
                let mime = match std::str::from_utf8(&page) {
                    Ok(_) => HTML,
                    Err(_) => "text/html",
                };
                self.page(StatusCode::OK, page, mime, head)
            }
            Err(error) => http::text(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("cannot read the page: {error}\n"),
            ),
        }
    }

    async fn nothing(&self, path: UrlPath, in_package: bool, head: &Parts) -> Response {
        if in_package && let Some(problem) = self.live.problem() {
            return http::text(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("there is no package yet, for its build has failed: {problem}\n"),
            );
        }
        let page_wanted = is_page(&head.headers) && accepts_html(&head.headers);
        if self.spa
            && page_wanted
            && !in_package
            && let Found::File(file) = self.files.find("index.html".into()).await
        {
            return self.file(file, head).await;
        }
        let unbuilt = self.output.is_none() && path.segments().first().is_some_and(|s| s == "pkg");
        if page_wanted {
            let page = self
                .files
                .blocking(move |dir| page::missing(dir, &path))
                .await;
            return self.page(StatusCode::NOT_FOUND, page.into_bytes(), HTML, head);
        }
        let (name, near) = (
            path.encode(),
            self.files.blocking(move |dir| page::near(dir, &path)),
        );
        let mut text = format!("there is no `{name}`\n");
        if let Some(near) = near.await.first() {
            text += &format!("a similar name exists: `{near}`\n");
        } else if unbuilt {
            text += "`bolide build` makes a package in `pkg`\n";
        }
        http::text(StatusCode::NOT_FOUND, text)
    }

    fn page(
        &self,
        status: StatusCode,
        page: Vec<u8>,
        mime: &'static str,
        head: &Parts,
    ) -> Response {
        let page = page::with_client(page, &self.live);
        let length = page.len();
        let body = if head.method == Method::HEAD {
            Vec::new()
        } else {
            page
        };
        let mut response = http::body(status, mime, body);
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, length.into());
        response
    }
}

/// Whether what is asked for is to be a page of its own, and not a part that a script puts somewhere.
fn is_page(headers: &HeaderMap) -> bool {
    let destination = headers.get("sec-fetch-dest").map(|value| value.as_bytes());
    // Browsers do not say it to servers on other machines.
    matches!(
        destination,
        None | Some(b"document" | b"iframe" | b"frame" | b"embed" | b"object")
    )
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}
