//! Where the server listens, and how it is called.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use super::{Console, owner};
use crate::error::{Error, Result};
use crate::http::Listeners;

/// On which addresses to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// Those that `localhost` stands for: only this machine can connect.
    Localhost,
    /// One address; all that the machine has if it is `0.0.0.0` or `::`.
    Ip(IpAddr),
}

/// On which port to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// This one; any free one if it is 0.
    Exactly(u16),
    /// This one, or the next that is free.
    AtLeast(u16),
}

/// How many ports are tried.
const TRIES: u16 = 100;

/// Takes a port.
pub(super) fn listen(address: Address, port: Port, console: &dyn Console) -> Result<Listeners> {
    let bind = |port| match address {
        Address::Localhost => Listeners::bind_localhost(port),
        Address::Ip(ip) => Listeners::bind(ip, port),
    };
    let (first, tries) = match port {
        Port::Exactly(port) => (port, 1),
        Port::AtLeast(port) => (port, TRIES),
    };
    let mut last = Error::new("there is no port to try");
    for port in (0..tries).map_while(|i| first.checked_add(i)) {
        match bind(port) {
            Ok(listeners) => {
                if port != first {
                    console.warn(&format_args!("{}; using {port}", in_use(first)));
                }
                return Ok(listeners);
            }
            Err(error) => {
                let is_taken = error.kind() == io::ErrorKind::AddrInUse;
                last = refused(address, port, &error);
                if !is_taken {
                    break;
                }
            }
        }
    }
    Err(last)
}

fn in_use(port: u16) -> String {
    match owner::of_port(port) {
        Some(owner) => format!("port {port} is in use by {owner}"),
        None => format!("port {port} is in use"),
    }
}

fn refused(address: Address, port: u16, error: &io::Error) -> Error {
    match (error.kind(), address) {
        (io::ErrorKind::AddrInUse, _) => Error::new(in_use(port))
            .with_help("choose another with --port, or --port 0 for any that is free"),
        (io::ErrorKind::PermissionDenied, _) => {
            Error::new(format!("port {port} is not for everyone to take"))
                .with_cause(error.to_string())
                .with_help("choose one from 1024 on with --port")
        }
        (io::ErrorKind::AddrNotAvailable, Address::Ip(ip)) => {
            Error::new(format!("this machine has no address {ip}"))
                .with_help("--host 0.0.0.0 listens on all that it has")
        }
        _ => Error::new(format!("cannot listen on port {port}")).with_cause(error.to_string()),
    }
}

/// The URL by which this machine's browser reaches a server that listens on `addresses`.
pub(super) fn local_url(addresses: &[SocketAddr]) -> String {
    let address = addresses[0];
    match address.ip() {
        // A secure context, as every name and address of the loopback interface is.
        ip if ip.is_unspecified() || ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST => {
            format!("http://localhost:{}/", address.port())
        }
        _ => format!("http://{address}/"),
    }
}

/// The URLs by which other machines reach it.
pub(super) fn network_urls(addresses: &[SocketAddr]) -> Vec<String> {
    let reachable = addresses.iter().flat_map(|address| {
        let ips = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => own_address(false).into_iter().collect(),
            // It takes connections of both versions.
            IpAddr::V6(ip) if ip.is_unspecified() => [own_address(false), own_address(true)]
                .into_iter()
                .flatten()
                .collect(),
            ip if ip.is_loopback() => Vec::new(),
            ip => vec![ip],
        };
        ips.into_iter()
            .map(|ip| SocketAddr::new(ip, address.port()))
    });
    reachable
        .map(|address| format!("http://{address}/"))
        .collect()
}

/// The address from which this machine talks to others.
fn own_address(v6: bool) -> Option<IpAddr> {
    // Reserved for documentation. Nothing is sent: to connect such a socket only chooses the address.
    let (own, other): (IpAddr, IpAddr) = match v6 {
        true => (
            Ipv6Addr::UNSPECIFIED.into(),
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
        ),
        false => (
            Ipv4Addr::UNSPECIFIED.into(),
            Ipv4Addr::new(192, 0, 2, 1).into(),
        ),
    };
    let socket = UdpSocket::bind((own, 0)).ok()?;
    socket.connect((other, 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

/// A QR code of `text` for a terminal: lines of half blocks, black on white if there are `colors`, or else in whatever
/// colour the terminal writes, on a dark ground.
pub fn qr_code(text: &str, colors: bool) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    let mut renderer = code.render::<Dense1x2>();
    if !colors {
        // What is written is light.
        renderer
            .dark_color(Dense1x2::Light)
            .light_color(Dense1x2::Dark);
    }
    let image = renderer.build();
    let line = |line| match colors {
        true => format!("  \x1b[38;5;16;48;5;231m{line}\x1b[0m\n"),
        false => format!("  {line}\n"),
    };
    Some(image.lines().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (address, url) in [
            ("127.0.0.1:80", "http://localhost:80/"),
            ("[::1]:8080", "http://localhost:8080/"),
            ("0.0.0.0:8080", "http://localhost:8080/"),
            ("127.0.0.2:8080", "http://127.0.0.2:8080/"),
            ("192.168.1.7:8080", "http://192.168.1.7:8080/"),
            ("[fd00::7]:8080", "http://[fd00::7]:8080/"),
        ] {
            let address: SocketAddr = address.parse().unwrap();
            assert_eq!(local_url(&[address]), url);
            let network = network_urls(&[address]);
            if address.ip().is_loopback() {
                assert!(network.is_empty(), "{address}");
            } else if !address.ip().is_unspecified() {
                assert_eq!(network, [url]);
            }
        }
    }
}
