//! What a script may reach beyond its own folder: the network.

use crate::error::HostError;

/// What `--allow-net` allows.
///
/// ```
/// use bolide_js::NetRule;
///
/// assert!(NetRule::Any.allows("example.com", 443));
/// let rule: NetRule = "localhost:8080".parse().unwrap();
/// assert!(rule.allows("localhost", 8080));
/// assert!(!rule.allows("localhost", 80));
/// let rule: NetRule = "example.com".parse().unwrap();
/// assert!(rule.allows("EXAMPLE.com", 80));
/// assert!(!rule.allows("www.example.com", 80));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetRule {
    /// Every host.
    Any,
    /// One host, by name or address, on one port or on all.
    Host(String, Option<u16>),
}

impl NetRule {
    /// Whether a connection to `host` and `port` is covered. Names are compared without case, and not resolved.
    pub fn allows(&self, host: &str, port: u16) -> bool {
        match self {
            NetRule::Any => true,
            NetRule::Host(name, only) => {
                let same = host.trim_matches(['[', ']']).eq_ignore_ascii_case(name);
                same && only.is_none_or(|only| only == port)
            }
        }
    }
}

impl std::str::FromStr for NetRule {
    type Err = String;

    /// `HOST` or `HOST:PORT`; an IPv6 address in brackets if a port follows.
    fn from_str(text: &str) -> Result<NetRule, String> {
        let bare = |name: &str| name.trim_matches(['[', ']']).to_owned();
        if text.is_empty() || text.contains('/') {
            return Err(format!(
                "`{text}` is no host; write a name or an address, such as example.com or 127.0.0.1:8080"
            ));
        }
        match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                let port = port
                    .parse()
                    .map_err(|_| format!("`{port}` is no port; ports are 0 to 65535"))?;
                Ok(NetRule::Host(bare(host), Some(port)))
            }
            _ => Ok(NetRule::Host(bare(text), None)),
        }
    }
}

/// The rules of one runtime.
#[derive(Clone, Debug, Default)]
pub(crate) struct Net {
    pub(crate) rules: Vec<NetRule>,
}

impl Net {
    /// Checks that a connection may be made.
    pub(crate) fn check(&self, host: &str, port: u16) -> Result<(), HostError> {
        if self.rules.iter().any(|rule| rule.allows(host, port)) {
            return Ok(());
        }
        Err(HostError::denied(
            format_args!("connecting to {host}:{port}"),
            format_args!("--allow-net={host}"),
        ))
    }
}
