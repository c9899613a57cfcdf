//! What a script may reach beyond its own folder: the network.

use url::Host;

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
    /// Whether a connection to `host` and `port` is covered. Names are compared without case, and not resolved: a
    /// rule for an address does not cover the names that lead there. Addresses are equal in every notation.
    pub fn allows(&self, host: &str, port: u16) -> bool {
        match self {
            NetRule::Any => true,
            NetRule::Host(name, only) => {
                let same = match (canonical(host), canonical(name)) {
                    (Some(host), Some(name)) => host == name,
                    _ => false,
                };
                same && only.is_none_or(|only| only == port)
            }
        }
    }
}

/// A host as URLs have it: names in lower case and ASCII, addresses in their shortest notation. `None` if it is no
/// host.
fn canonical(host: &str) -> Option<Host> {
    let bare = host.trim_matches(['[', ']']);
    match bare.parse() {
        Ok(address) => Some(Host::Ipv6(address)),
        Err(_) => Host::parse(bare).ok(),
    }
}

impl std::str::FromStr for NetRule {
    type Err = String;

    /// `HOST` or `HOST:PORT`; an IPv6 address in brackets if a port follows.
    fn from_str(text: &str) -> Result<NetRule, String> {
        let rule = |name: &str, port| match canonical(name) {
            Some(_) => Ok(NetRule::Host(
                name.trim_matches(['[', ']']).to_owned(),
                port,
            )),
            None => Err(format!(
                "`{text}` is no host; write a name or an address, such as example.com or 127.0.0.1:8080"
            )),
        };
        match text.rsplit_once(':') {
            // A slash is of a URL, which is no host.
            Some((host, port))
                if !port.contains('/') && (!host.contains(':') || host.ends_with(']')) =>
            {
                let number = port
                    .parse()
                    .map_err(|_| format!("`{port}` is no port; ports are 0 to 65535"))?;
                rule(host, Some(number))
            }
            _ => rule(text, None),
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
        // The least that would do: a port only where it is not the usual one.
        let flag = match port {
            80 | 443 => format!("--allow-net={host}"),
            _ => format!("--allow-net={host}:{port}"),
        };
        Err(HostError::denied(
            format_args!("connecting to {host}:{port}"),
            flag,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::NetRule;

    #[test]
    fn rules() {
        let cases = [
            ("example.com", "EXAMPLE.com", 1, true),
            ("example.com", "www.example.com", 1, false),
            ("example.com", "example.com.evil.org", 1, false),
            ("example.com:80", "example.com", 443, false),
            ("münchen.de", "xn--mnchen-3ya.de", 443, true),
            ("127.0.0.1", "127.0.0.1", 9, true),
            ("127.1", "127.0.0.1", 9, true),
            ("127.0.0.1", "localhost", 9, false),
            ("::1", "[::1]", 9, true),
            ("0:0:0:0:0:0:0:1", "[::1]", 9, true),
            ("[::1]:8", "[::1]", 8, true),
            ("[::1]:8", "[::1]", 9, false),
            ("::1", "[::2]", 9, false),
        ];
        for (rule, host, port, expected) in cases {
            let parsed: NetRule = rule.parse().unwrap();
            assert_eq!(
                parsed.allows(host, port),
                expected,
                "{rule} and {host}:{port}"
            );
        }
    }

    #[test]
    fn what_is_no_rule() {
        for text in [
            "",
            "http://example.com",
            "a b",
            "host:99999",
            "host:x",
            ":80",
            "a/b",
        ] {
            assert!(text.parse::<NetRule>().is_err(), "{text:?}");
        }
    }
}
