//! HTTP on this machine: a server on a thread of its own, and folders that it serves.
//!
//! [`Listeners`] take a port, [`Server`] answers with an axum [`Router`] until it is stopped, [`Policy`] is what holds
//! for every answer, and [`Files`] are those of one folder, out of which nothing leads.

mod files;
mod partial;
mod path;
mod policy;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::serve::ListenerExt;
use tokio::sync::watch;

pub(crate) use files::{File, Files, Found, identity, is_hidden, other_method, redirect};
pub(crate) use path::{UrlPath, encode_segment};
pub(crate) use policy::Policy;

use crate::error::{Error, Result};

/// How long answers that are being sent may take when the server stops.
const GRACE: Duration = Duration::from_millis(500);

/// A port that is taken, on one or more addresses.
#[derive(Debug)]
pub(crate) struct Listeners(Vec<TcpListener>);

impl Listeners {
    /// Takes `port` on `address`; any free one if it is 0.
    pub(crate) fn bind(address: IpAddr, port: u16) -> io::Result<Listeners> {
        TcpListener::bind((address, port)).map(|listener| Listeners(vec![listener]))
    }

    /// Takes `port` of what `localhost` may mean: IPv4's loopback address, and IPv6's where there is one.
    ///
    /// # Errors
    ///
    /// If either is in use: a browser might talk to another program otherwise.
    pub(crate) fn bind_localhost(port: u16) -> io::Result<Listeners> {
        /// A free port of IPv4 is rarely taken in IPv6.
        const ATTEMPTS: usize = 16;
        let mut attempts = 0;
        loop {
            let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
            match TcpListener::bind((Ipv6Addr::LOCALHOST, v4.local_addr()?.port())) {
                Ok(v6) => return Ok(Listeners(vec![v4, v6])),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    attempts += 1;
                    if port != 0 || attempts == ATTEMPTS {
                        return Err(error);
                    }
                }
                Err(_) => return Ok(Listeners(vec![v4])),
            }
        }
    }

    /// The addresses with their ports.
    pub(crate) fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.0.iter().map(TcpListener::local_addr).collect()
    }
}

/// A server, which answers until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    addresses: Vec<SocketAddr>,
    stopping: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers requests with `router`, under `policy`.
    ///
    /// # Errors
    ///
    /// If the system gives no thread or no event queue.
    pub(crate) fn start(listeners: Listeners, router: Router, policy: Policy) -> Result<Server> {
        let cannot = |error: io::Error| {
            Error::new("cannot start the HTTP server").with_cause(error.to_string())
        };
        let addresses = listeners.addresses().map_err(cannot)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(cannot)?;
        let listeners = {
            let _inside = runtime.enter();
            let tokio = |listener: TcpListener| {
                listener.set_nonblocking(true)?;
                tokio::net::TcpListener::from_std(listener)
            };
            let listeners: io::Result<Vec<_>> = listeners.0.into_iter().map(tokio).collect();
            listeners.map_err(cannot)?
        };
        let router = policy.guard(router);
        let (stopping, stopped) = watch::channel(false);
        let thread = std::thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || {
                runtime.block_on(answer(listeners, router, stopped));
                runtime.shutdown_background();
            })
            .map_err(cannot)?;
        Ok(Server {
            addresses,
            stopping,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The URL of its root for this machine's programs, such as `http://127.0.0.1:8080/`.
    pub(crate) fn url(&self) -> String {
        let mut address = self.addresses[0];
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        format!("http://{address}/")
    }
}

impl Drop for Server {
    /// Takes no more requests, gives answers that are being sent a moment, and closes the port.
    fn drop(&mut self) {
        self.stopping.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // It has told about its panic.
            let _ = thread.join();
        }
    }
}

async fn answer(
    listeners: Vec<tokio::net::TcpListener>,
    router: Router,
    stopped: watch::Receiver<bool>,
) {
    let stop = |mut stopped: watch::Receiver<bool>| async move {
        // An error means that the server is gone, which is a stop, too.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    let servers: Vec<_> = listeners
        .into_iter()
        .map(|listener| {
            let listener = listener.tap_io(|stream| {
                // Without it small answers are late, and nothing else.
                let _ = stream.set_nodelay(true);
            });
            let server =
                axum::serve(listener, router.clone()).with_graceful_shutdown(stop(stopped.clone()));
            tokio::spawn(async move { server.await })
        })
        .collect();
    // What only the router holds, such as the senders of event streams, ends with it.
    drop(router);
    stop(stopped).await;
    let finished = async {
        for server in servers {
            let _ = server.await;
        }
    };
    let _ = tokio::time::timeout(GRACE, finished).await;
}

/// Runs what may take its time where nothing waits for it but the caller.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// An answer of plain text.
pub(crate) fn text(status: StatusCode, text: impl Into<String>) -> Response {
    body(status, "text/plain; charset=utf-8", text.into())
}

/// An answer of the given type, which nobody keeps.
pub(crate) fn body(status: StatusCode, mime: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
