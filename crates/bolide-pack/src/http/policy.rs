//! What holds for every request and every answer.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::Response;

use super::text;

/// Which requests are answered, and what is in the head of every answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    /// Whether pages are isolated from other origins, which is what makes threads (`SharedArrayBuffer`) available.
    pub(crate) isolated: bool,
    /// Names by which this server may be called, besides `localhost`, names in it, and all IP addresses.
    ///
    /// A page of another site could have its name resolve to this machine, and read what is here (DNS rebinding).
    pub(crate) hosts: Vec<String>,
    /// More headers for every answer, which replace those of the answer.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Policy {
    /// `router`, under this policy.
    pub(super) fn guard(self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(Arc::new(self), guard))
    }

    /// Why a request is not answered.
    fn refusal(&self, request: &Request) -> Option<Response> {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let host = hosts.next();
        let needs_host = request.version() != Version::HTTP_10;
        if hosts.next().is_some() || (host.is_none() && needs_host) {
            return Some(text(
                StatusCode::BAD_REQUEST,
                "a request has one Host header\n",
            ));
        }
        let host = host.map(HeaderValue::as_bytes);
        let authority = request.uri().authority().map(Authority::as_str);
        for host in host.into_iter().chain(authority.map(str::as_bytes)) {
            let host = String::from_utf8_lossy(host);
            if !self.allows(&host) {
                let name = name_of(&host).unwrap_or(&host);
                return Some(text(
                    StatusCode::FORBIDDEN,
                    format!(
                        "this server is not called `{name}`\n\n\
                         If it is you who calls it so, start it with --allow-host {name}\n"
                    ),
                ));
            }
        }
        None
    }

    fn allows(&self, host: &str) -> bool {
        let Some(name) = name_of(host) else {
            return false;
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        let address = name.trim_start_matches('[').trim_end_matches(']');
        let local = name.eq_ignore_ascii_case("localhost")
            || name.to_ascii_lowercase().ends_with(".localhost");
        local
            || address.parse::<IpAddr>().is_ok()
            || (self.hosts.iter()).any(|allowed| allowed.eq_ignore_ascii_case(name))
    }

    fn apply(&self, headers: &mut HeaderMap) {
        let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
        set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        let same_origin = "same-origin";
        set(
            HeaderName::from_static("cross-origin-resource-policy"),
            same_origin,
        );
        if self.isolated {
            set(
                HeaderName::from_static("cross-origin-opener-policy"),
                same_origin,
            );
            set(
                HeaderName::from_static("cross-origin-embedder-policy"),
                "require-corp",
            );
        }
        for (name, _) in &self.headers {
            headers.remove(name);
        }
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
    }
}

async fn guard(State(policy): State<Arc<Policy>>, request: Request, next: Next) -> Response {
    let mut response = match policy.refusal(&request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    policy.apply(response.headers_mut());
    response
}

/// The host of `host` or `host:port`, an IPv6 address in its brackets.
fn name_of(host: &str) -> Option<&str> {
    let (name, port) = match host.rfind(']') {
        Some(end) if host.starts_with('[') => host.split_at(end + 1),
        _ => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let port = port.strip_prefix(':').unwrap_or(port);
    (!name.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_server() {
        let policy = Policy {
            hosts: vec!["box.lan".to_owned()],
            ..Policy::default()
        };
        for (host, expected) in [
            ("localhost", true),
            ("LocalHost:8080", true),
            ("localhost.:8080", true),
            ("app.localhost:1", true),
            ("127.0.0.1:8080", true),
            ("192.168.1.7", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("BOX.lan:99", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("notlocalhost", false),
            ("127.0.0.1.evil.example", false),
            ("localhost:80@evil.example", false),
            ("localhost:x", false),
            ("[::1]x", false),
            ("", false),
            (":80", false),
        ] {
            assert_eq!(policy.allows(host), expected, "{host}");
        }
    }
}
