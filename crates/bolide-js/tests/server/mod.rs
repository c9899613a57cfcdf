//! A small HTTP server for tests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Serves on a port of this machine until the test ends.
pub struct Server {
    /// `127.0.0.1:PORT`.
    pub address: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = requests.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counter.fetch_add(1, Ordering::SeqCst);
                // A client that goes away is no failure of the server.
                thread::spawn(move || drop(serve(stream)));
            }
        });
        Server { address, requests }
    }

    /// How many connections there were.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn read(reader: &mut impl BufRead) -> std::io::Result<Request> {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, path) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        let mut request = Request {
            method,
            path,
            headers: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            let pair = (name.to_ascii_lowercase(), value.trim().to_owned());
            request.headers.push(pair);
        }
        request.body = request.read_body(reader)?;
        Ok(request)
    }

    fn read_body(&self, reader: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
        if self.header("transfer-encoding") != "chunked" {
            let length = self.header("content-length").parse().unwrap_or(0);
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            return Ok(body);
        }
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let length = usize::from_str_radix(line.trim(), 16).unwrap_or(0);
            let start = body.len();
            body.resize(start + length, 0);
            reader.read_exact(&mut body[start..])?;
            reader.read_line(&mut String::new())?;
            if length == 0 {
                return Ok(body);
            }
        }
    }

    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map_or("-", |(_, value)| value)
    }

    fn describe(&self) -> String {
        let chunked = match self.header("transfer-encoding") {
            "chunked" => "yes",
            _ => "no",
        };
        format!(
            "{} host={} length={} chunked={chunked} type={} x-a={} body={}",
            self.method,
            self.header("host"),
            self.header("content-length"),
            self.header("content-type"),
            self.header("x-a"),
            String::from_utf8_lossy(&self.body),
        )
    }
}

fn respond(
    stream: &mut TcpStream,
    status: &str,
    headers: &str,
    body: &[u8],
) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n"
    )?;
    stream.write_all(body)
}

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let request = Request::read(&mut reader)?;
    let path = request.path.clone();
    let (first, rest) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    match first {
        "hello" => {
            let headers = "Content-Type: text/plain\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n";
            let body: &[u8] = if request.method == "HEAD" {
                b""
            } else {
                b"hello"
            };
            respond(&mut stream, "200 OK", headers, body)
        }
        "status" => respond(&mut stream, &format!("{rest} Text"), "", b""),
        "echo" => respond(&mut stream, "200 OK", "", request.describe().as_bytes()),
        "count" => respond(
            &mut stream,
            "200 OK",
            "",
            request.body.len().to_string().as_bytes(),
        ),
        "big" => {
            let body: Vec<u8> = (0..10_000_000_u32).map(|i| (i % 251) as u8).collect();
            respond(&mut stream, "200 OK", "", &body)
        }
        "gzip" => respond(&mut stream, "200 OK", "Content-Encoding: gzip\r\n", GZIPPED),
        "truncated" => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"),
        "slow-chunks" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            for i in 0..4 {
                stream.write_all(format!("7\r\npart {i} \r\n").as_bytes())?;
                thread::sleep(Duration::from_millis(60));
            }
            stream.write_all(b"0\r\n\r\n")
        }
        "endless" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            let chunk = [b"10000\r\n", &*vec![b'x'; 0x10000], b"\r\n"].concat();
            loop {
                stream.write_all(&chunk)?;
            }
        }
        "stalled" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")?;
            reader.read(&mut [0]).map(drop)
        }
        "silent" => reader.read(&mut [0]).map(drop),
        "redirect" => {
            let (status, target) = rest.split_once('/').unwrap_or((rest, ""));
            let location = format!("Location: /{target}\r\n");
            respond(&mut stream, &format!("{status} Moved"), &location, b"moved")
        }
        "redirect-to" => {
            let target = rest.replace("%3A", ":").replace("%2F", "/");
            respond(
                &mut stream,
                "302 Found",
                &format!("Location: {target}\r\n"),
                b"",
            )
        }
        "loop" => respond(&mut stream, "302 Found", "Location: /loop\r\n", b""),
        _ => respond(&mut stream, "404 Not Found", "", b""),
    }
}

/// 100,000 times `a`, compressed.
const GZIPPED: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 49, 1, 0, 0, 0, 194, 160, 172, 235, 95, 194, 26, 30,
    64, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 175, 6, 135, 250, 226, 27, 160, 134, 1, 0,
];
