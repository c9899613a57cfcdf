//! `bolide serve`, as clients see it that say what no browser says: what is answered, what is refused, and what pages are
//! told. Builds and browsers are in `pack`.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything may take on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// A folder with files, below one that is not served.
struct Folder {
    outside: tempfile::TempDir,
    path: PathBuf,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Folder {
        let outside = tempfile::tempdir().unwrap();
        let path = outside.path().canonicalize().unwrap().join("site");
        let folder = Folder { outside, path };
        folder.write("../secret.txt", "secret");
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    fn write(&self, name: &str, text: &str) {
        let file = self.path.join(name);
        if let Some(name) = name.strip_prefix("../") {
            return fs::write(self.outside.path().join(name), text).unwrap();
        }
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

fn bolide(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bolide"));
    command.arg("serve").args(arguments).current_dir(folder);
    command.env("BOLIDE_CONFIG", folder.join("no-config.toml"));
    fs::write(folder.join("no-config.toml"), "").unwrap();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

struct Server {
    process: Child,
    port: u16,
    told: Vec<String>,
    lines: Receiver<String>,
}

impl Server {
    fn start(folder: &Folder, arguments: &[&str]) -> Server {
        let arguments = [&["--port", "0"], arguments].concat();
        Server::with(&mut bolide(&folder.path, &arguments))
    }

    fn with(command: &mut Command) -> Server {
        let mut process = command.spawn().unwrap();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            stderr
                .lines()
                .map_while(Result::ok)
                .try_for_each(|l| sender.send(l))
        });
        let mut server = Server {
            process,
            port: 0,
            told: Vec::new(),
            lines,
        };
        let line = server.line_with("Serving");
        let (_, port) = line.trim_end_matches('/').rsplit_once(':').unwrap();
        server.port = port.parse().unwrap();
        server
    }

    /// Waits for a line that it tells.
    fn line_with(&mut self, part: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(TIME_LIMIT);
            let line = line.unwrap_or_else(|e| panic!("no {part:?}: {e}: {:?}", self.told));
            self.told.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Sends a head of a request, line by line, and reads the answer.
    fn send(&self, head: &[&str]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(TIME_LIMIT)).unwrap();
        let head = [head, &["Connection: close", "\r\n"]].concat().join("\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Answer::parse(&bytes)
    }

    /// Asks with a method for a path, with more headers.
    fn ask(&self, line: &str, headers: &[&str]) -> Answer {
        let line = format!("{line} HTTP/1.1");
        self.send(&[&[line.as_str(), "Host: localhost"], headers].concat())
    }

    /// The states that it tells pages.
    fn events(&self) -> Events {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(TIME_LIMIT)).unwrap();
        stream
            .write_all(b"GET /.bolide/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .unwrap();
        Events(BufReader::new(stream))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Answer {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            body: bytes[end + 4..].to_vec(),
            head,
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

struct Events(BufReader<TcpStream>);

impl Events {
    /// The next state that it tells.
    fn next(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the stream ended");
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }

    /// Waits until a number of the state is larger than in `before`, and returns the state.
    fn until_more(&mut self, name: &str, before: &Value) -> Value {
        loop {
            let state = self.next();
            if state[name].as_u64() > before[name].as_u64() {
                return state;
            }
        }
    }
}

const PAGE: &str = "<!doctype html><body><p>page</p></body>";

fn site() -> Folder {
    Folder::new(&[
        ("index.html", PAGE),
        ("a b.txt", "text"),
        ("main.js", "0"),
        ("main.mjs", "0"),
        ("style.css", ""),
        ("data.json", "{}"),
        ("module.wasm", "\0asm"),
        ("ten.bin", "0123456789"),
        ("types.d.ts", ""),
        ("LICENSE", "licence"),
        ("empty", ""),
        ("app/index.html", PAGE),
        ("list/<b>&.txt", ""),
        ("list/Zoo/x", ""),
        (".env", "hidden"),
        (".git/config", "hidden"),
        (".well-known/x.txt", "known"),
    ])
}

#[test]
fn types_and_folders() {
    let folder = site();
    let server = Server::start(&folder, &[]);
    for (path, status, mime) in [
        ("/", 200, "text/html; charset=utf-8"),
        ("/index.html?x=1", 200, "text/html; charset=utf-8"),
        ("/a%20b.txt", 200, "text/plain; charset=utf-8"),
        ("/main.js", 200, "text/javascript; charset=utf-8"),
        ("/main.mjs", 200, "text/javascript; charset=utf-8"),
        ("/style.css", 200, "text/css; charset=utf-8"),
        ("/data.json", 200, "application/json"),
        ("/module.wasm", 200, "application/wasm"),
        ("/ten.bin", 200, "application/octet-stream"),
        ("/types.d.ts", 200, "text/plain; charset=utf-8"),
        ("/LICENSE", 200, "text/plain; charset=utf-8"),
        ("/empty", 200, "text/plain; charset=utf-8"),
        ("/app/", 200, "text/html; charset=utf-8"),
        ("/list/", 200, "text/html; charset=utf-8"),
        ("/app", 307, "text/plain; charset=utf-8"),
        ("/main.js/", 404, "text/plain; charset=utf-8"),
        ("/main.js/x", 404, "text/plain; charset=utf-8"),
        ("/.well-known/x.txt", 200, "text/plain; charset=utf-8"),
        ("/.bolide/client.js", 200, "text/javascript; charset=utf-8"),
        ("/.bolide/other", 404, "text/plain; charset=utf-8"),
    ] {
        let answer = server.ask(&format!("GET {path}"), &[]);
        let found = (answer.status, answer.header("content-type").unwrap());
        assert_eq!(found, (status, mime), "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name} of {path}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
        assert!(
            answer.header("cache-control").unwrap().starts_with("no-"),
            "{path}"
        );
    }
    let redirect = server.ask("GET /app?q=1", &[]);
    assert_eq!(redirect.header("location"), Some("/app/?q=1"));
    let list = server.ask("GET /list/", &[]).text();
    let (folder, file) = (
        list.find("./Zoo/").unwrap(),
        list.find("./%3Cb%3E%26.txt").unwrap(),
    );
    assert!(
        folder < file && list.contains("&lt;b&gt;&amp;.txt"),
        "{list}"
    );
    assert!(!list.contains("<b>"), "{list}");
}

#[test]
fn nothing_outside_the_folder_is_served() {
    let folder = site();
    let link =
        |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.path.join(name)).unwrap();
    link("../secret.txt", "leaving.txt");
    link("..", "up");
    link("/etc", "etc");
    link("a b.txt", "staying.txt");
    let server = Server::start(&folder, &[]);
    for path in [
        "/../secret.txt",
        "/app/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "/app/..%2f..%2fsecret.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/leaving.txt",
        "/up/secret.txt",
        "/etc/passwd",
        "/secret.txt%00.html",
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/%ff",
        "/%zz",
        "http://localhost/../secret.txt",
    ] {
        let answer = server.ask(&format!("GET {path}"), &[]);
        assert!(
            [400, 403, 404].contains(&answer.status),
            "{path}: {}",
            answer.status
        );
        let text = answer.text();
        assert!(
            !text.contains("hidden") && !text.starts_with("secret"),
            "{path}: {text}"
        );
    }
    assert_eq!(server.ask("GET /staying.txt", &[]).text(), "text");
    assert_eq!(
        server.ask("GET http://localhost/a%20b.txt", &[]).text(),
        "text"
    );
    // What leads out or is hidden is not listed either.
    fs::remove_file(folder.path.join("index.html")).unwrap();
    let list = server.ask("GET /", &[]).text();
    assert!(list.contains("staying.txt"), "{list}");
    for name in ["leaving.txt", "./up", ".env", ".git"] {
        assert!(!list.contains(name), "{name}: {list}");
    }
}

#[test]
fn only_its_own_names_are_answered() {
    let folder = site();
    let server = Server::start(&folder, &["--allow-host", "box.lan"]);
    for (head, status) in [
        (&["GET / HTTP/1.1", "Host: localhost:1"][..], 200),
        (&["GET / HTTP/1.1", "Host: [::1]:8080"], 200),
        (&["GET / HTTP/1.1", "Host: 192.168.1.7"], 200),
        (&["GET / HTTP/1.1", "Host: Box.lan:8080"], 200),
        (&["GET / HTTP/1.1", "Host: evil.example"], 403),
        (&["GET /.bolide/events HTTP/1.1", "Host: evil.example"], 403),
        (&["GET / HTTP/1.1", "Host: localhost.evil.example"], 403),
        (
            &["GET http://evil.example/ HTTP/1.1", "Host: localhost"],
            403,
        ),
        (
            &["GET / HTTP/1.1", "Host: localhost", "Host: evil.example"],
            400,
        ),
        (&["GET / HTTP/1.1"], 400),
        (&["GET / HTTP/1.0"], 200),
    ] {
        assert_eq!(server.send(head).status, status, "{head:?}");
    }
    let refusal = server.send(&["GET / HTTP/1.1", "Host: my.lan:99"]).text();
    assert!(refusal.contains("--allow-host my.lan"), "{refusal}");
}

#[test]
fn methods_ranges_and_versions() {
    let folder = site();
    let server = Server::start(&folder, &[]);
    let file = server.ask("GET /ten.bin", &[]);
    let (etag, date) = (
        file.header("etag").unwrap(),
        file.header("last-modified").unwrap(),
    );
    let if_none = format!("If-None-Match: \"x\", {etag}");
    let if_since = format!("If-Modified-Since: {date}");
    let if_range = format!("If-Range: {etag}");
    for (line, headers, status, body, more) in [
        (
            "HEAD /ten.bin",
            &[][..],
            200,
            "",
            Some(("content-length", "10")),
        ),
        ("HEAD /absent", &[], 404, "", None),
        (
            "OPTIONS /ten.bin",
            &[],
            204,
            "",
            Some(("allow", "GET, HEAD, OPTIONS")),
        ),
        (
            "OPTIONS *",
            &[],
            204,
            "",
            Some(("allow", "GET, HEAD, OPTIONS")),
        ),
        (
            "DELETE /ten.bin",
            &[],
            405,
            "files do not take DELETE\n",
            Some(("allow", "GET, HEAD, OPTIONS")),
        ),
        (
            "POST /",
            &["Content-Length: 0"],
            405,
            "files do not take POST\n",
            None,
        ),
        (
            "GET /ten.bin",
            &["Range: bytes=2-4"],
            206,
            "234",
            Some(("content-range", "bytes 2-4/10")),
        ),
        (
            "GET /ten.bin",
            &["Range: bytes=-3"],
            206,
            "789",
            Some(("content-range", "bytes 7-9/10")),
        ),
        (
            "HEAD /ten.bin",
            &["Range: bytes=7-99"],
            200,
            "",
            Some(("content-length", "10")),
        ),
        (
            "GET /ten.bin",
            &["Range: bytes=10-"],
            416,
            "",
            Some(("content-range", "bytes */10")),
        ),
        (
            "GET /ten.bin",
            &["Range: bytes=0-1,4-5"],
            200,
            "0123456789",
            None,
        ),
        (
            "GET /ten.bin",
            &["Range: bytes=2-4", &if_range],
            206,
            "234",
            None,
        ),
        (
            "GET /ten.bin",
            &["Range: bytes=2-4", "If-Range: \"x\""],
            200,
            "0123456789",
            None,
        ),
        ("GET /ten.bin", &[&if_none], 304, "", Some(("etag", etag))),
        (
            "GET /ten.bin",
            &["If-None-Match: \"x\""],
            200,
            "0123456789",
            None,
        ),
        (
            "GET /ten.bin",
            &["If-None-Match: \"x\"", &if_since],
            200,
            "0123456789",
            None,
        ),
        ("GET /ten.bin", &[&if_since], 304, "", None),
        (
            "GET /ten.bin",
            &["If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT"],
            200,
            "0123456789",
            None,
        ),
        ("GET /empty", &["Range: bytes=0-"], 416, "", None),
    ] {
        let answer = server.ask(line, headers);
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (status, body),
            "{line} {headers:?}"
        );
        if let Some((name, value)) = more {
            assert_eq!(answer.header(name), Some(value), "{line} {headers:?}");
        }
    }
    folder.write("ten.bin", "another");
    assert_eq!(server.ask("GET /ten.bin", &[&if_none]).text(), "another");
}

#[test]
fn large_files_arrive_whole() {
    let folder = site();
    let large: String = (0..200_000).map(|i| format!("{i:>7}\n")).collect();
    folder.write("large.txt", &large);
    let server = Server::start(&folder, &[]);
    assert!(server.ask("GET /large.txt", &[]).text() == large);
    let part = server.ask("GET /large.txt", &["Range: bytes=700000-1400000"]);
    assert!(part.text() == large[700_000..=1_400_000]);
}

#[test]
fn what_is_in_pages() {
    let folder = site();
    let server = Server::start(
        &folder,
        &["--spa", "--no-isolation", "--header", "X-Made: here"],
    );
    let script = "<script src=\"/.bolide/client.js\"";
    for (path, headers, expected) in [
        ("/", &[][..], true),
        ("/index.html", &["Sec-Fetch-Dest: document"], true),
        ("/index.html", &["Sec-Fetch-Dest: iframe"], true),
        // A part of a page, which a script asks for.
        ("/index.html", &["Sec-Fetch-Dest: empty"], false),
        ("/list/", &[], true),
        ("/some/route", &["Accept: text/html,*/*"], true),
        ("/main.js", &[], false),
    ] {
        let answer = server.ask(&format!("GET {path}"), headers);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            answer.text().contains(script),
            expected,
            "{path} {headers:?}"
        );
        assert_eq!(answer.header("x-made"), Some("here"), "{path}");
        assert_eq!(
            answer.header("cross-origin-embedder-policy"),
            None,
            "{path}"
        );
        let length = answer.header("content-length").unwrap();
        assert_eq!(length.parse(), Ok(answer.body.len()), "{path}");
    }
    let page = server.ask("GET /", &[]).text();
    assert!(
        page.starts_with("<!doctype html><body><p>page</p><script src="),
        "{page}"
    );
    assert!(page.ends_with("></script></body>"), "{page}");
    let on_disk = fs::read_to_string(folder.path.join("index.html")).unwrap();
    assert_eq!(on_disk, PAGE);
    assert_eq!(
        server.ask("GET /some/file.js", &["Accept: */*"]).status,
        404
    );
}

#[test]
fn what_may_be_meant() {
    let folder = site();
    let server = Server::start(&folder, &[]);
    let page = server.ask("GET /app/indx.htm%3C", &["Accept: text/html"]);
    assert_eq!(page.status, 404);
    let text = page.text();
    assert!(
        text.contains("app/indx.htm&lt;") && text.contains("href=\"/app/index.html\""),
        "{text}"
    );
    for (path, expected) in [
        ("/mian.js", "a similar name exists: `/main.js`"),
        ("/MODULE.wasm", "a similar name exists: `/module.wasm`"),
        ("/pkg/hello.js", "`bolide build` makes a package in `pkg`"),
    ] {
        let text = server.ask(&format!("GET {path}"), &[]).text();
        assert!(text.contains(expected), "{path}: {text}");
    }
}

#[test]
fn pages_are_told_about_changes() {
    let folder = site();
    let server = Server::start(&folder, &[]);
    let mut events = server.events();
    let mut state = events.next();
    assert_eq!(state["build"]["status"], "done");
    let pages: [(&str, &dyn Fn()); 6] = [
        ("a changed page", &|| folder.write("index.html", "new")),
        ("a new file", &|| folder.write("new.js", "1")),
        ("a file in a new folder", &|| {
            folder.write("one/two/three.js", "1")
        }),
        ("a change there", &|| folder.write("one/two/three.js", "2")),
        ("a file that is gone", &|| {
            fs::remove_file(folder.path.join("new.js")).unwrap()
        }),
        ("a file that an editor replaces", &|| {
            folder.write("main.js.tmp", "replaced");
            let at = |name| folder.path.join(name);
            fs::rename(at("main.js.tmp"), at("main.js")).unwrap();
        }),
    ];
    for (what, change) in pages {
        change();
        let next = events.until_more("reload", &state);
        assert_eq!(next["styles"], state["styles"], "{what}");
        state = next;
    }
    // Style sheets can be replaced in pages, and what is hidden is none of them.
    folder.write(".git/index", "changed");
    folder.write("node_modules/x/index.js", "changed");
    folder.write("index.html~", "changed");
    folder.write("style.css", "p { color: red }");
    let next = events.until_more("styles", &state);
    assert_eq!(next["reload"], state["reload"]);
    // One that comes late is told the same.
    assert_eq!(server.events().next(), next);
}

#[test]
fn a_folder_that_is_made_anew() {
    let folder = site();
    let server = Server::start(&folder, &[]);
    let mut events = server.events();
    let state = events.next();
    fs::remove_dir_all(&folder.path).unwrap();
    let state = events.until_more("reload", &state);
    assert_eq!(server.ask("GET /main.js", &[]).status, 404);
    folder.write("main.js", "made anew");
    let mut state = events.until_more("reload", &state);
    assert_eq!(server.ask("GET /main.js", &[]).text(), "made anew");
    // It may be told twice: that the folder is there again, and that the file is.
    for text in ["one", "two", "three"] {
        folder.write("main.js", text);
        state = events.until_more("reload", &state);
    }
    // As tools do that write beside, and then replace everything at once.
    let other = Folder::new(&[("main.js", "replaced")]);
    fs::rename(&folder.path, folder.outside.path().join("old")).unwrap();
    fs::rename(&other.path, &folder.path).unwrap();
    while server.ask("GET /main.js", &[]).text() != "replaced" {}
    state = events.until_more("reload", &state);
    folder.write("new.js", "1");
    events.until_more("reload", &state);
}

#[test]
fn pipes_are_neither_served_nor_waited_for() {
    let folder = site();
    let server = Server::start(&folder, &[]);
    let mut events = server.events();
    let state = events.next();
    let pipe = folder.path.join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(server.ask("GET /pipe", &[]).status, 403);
    let state = events.until_more("reload", &state);
    folder.write("main.js", "changed");
    events.until_more("reload", &state);
}

#[test]
fn what_is_not_built_is_said() {
    let folder = site();
    let mut server = Server::start(&folder, &[]);
    server.line_with("nothing is built: there is no Cargo.toml here");
    folder.write("src/thing.c", "");
    let mut server = Server::start(&folder, &[]);
    server.line_with("`bolide build src/thing.c`");
}

#[test]
fn a_package_that_cannot_be_built() {
    let folder = site();
    folder.write("Cargo.toml", "this is <no> manifest");
    let mut server = Server::start(&folder, &["--offline"]);
    let mut events = server.events();
    let state = loop {
        let state = events.next();
        if state["build"]["status"] != "running" {
            break state;
        }
    };
    assert_eq!(state["build"]["status"], "failed", "{state}");
    assert!(
        !state["build"]["title"].as_str().unwrap().is_empty(),
        "{state}"
    );
    server.line_with("waiting for a change");
    // The page is there, and what it imports says why it is not.
    assert_eq!(server.ask("GET /", &[]).status, 200);
    let module = server.ask("GET /pkg/site.js", &["Sec-Fetch-Dest: script"]);
    assert_eq!(module.status, 503);
    assert!(
        module.text().contains("its build has failed"),
        "{}",
        module.text()
    );
    // A change makes another attempt.
    folder.write("Cargo.toml", "this is <no> manifest either");
    let running = |state: &Value| state["build"]["status"] == "running";
    while !running(&events.next()) {}
    while running(&events.next()) {}
}

#[test]
fn ports() {
    let folder = site();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = bolide(&folder.path, &["--port", &port]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    let owner = if cfg!(target_os = "linux") {
        format!(" by `{}` (process {})", comm(), std::process::id())
    } else {
        String::new()
    };
    let expected = format!(
        "error: port {port} is in use{owner}\n  help: choose another with --port, or --port 0 for any that is free\n"
    );
    assert_eq!(told, expected);
    // Without the option, the next one is as good.
    let first = Server::with(&mut bolide(&folder.path, &[]));
    let second = Server::with(&mut bolide(&folder.path, &[]));
    assert!(first.port >= 8080 && second.port > first.port);
    assert!(
        second.told[0].contains("port 8080 is in use"),
        "{:?}",
        second.told
    );
}

/// What the system calls this program.
fn comm() -> String {
    let name = fs::read_to_string("/proc/self/comm").unwrap();
    name.trim().to_owned()
}

#[test]
fn mistakes_are_told() {
    let folder = site();
    for (arguments, expected) in [
        (&["absent"][..], "cannot serve `absent`"),
        (&["main.js"], "cannot open"),
        (&["--header", "nothing"], "`nothing` is no header"),
        (
            &["--header", "Content-Length: 1"],
            "`Content-Length` is for the server to say",
        ),
        (
            &["--host", "192.0.2.1"],
            "this machine has no address 192.0.2.1",
        ),
    ] {
        let arguments = [&["--port", "0"], arguments].concat();
        let output = bolide(&folder.path, &arguments).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(
            told.starts_with("error: ") && told.contains(expected),
            "{told}"
        );
    }
}

#[test]
fn it_ends_when_it_is_interrupted() {
    let folder = site();
    for signal in ["-INT", "-TERM"] {
        let mut server = Server::start(&folder, &[]);
        let mut events = server.events();
        events.next();
        let id = server.process.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        let end = Instant::now() + TIME_LIMIT;
        let status = loop {
            if let Some(status) = server.process.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < end, "it goes on after {signal}");
            thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(status.code(), Some(0), "{signal}");
    }
}

#[test]
fn headers_and_addresses_of_ones_own() {
    let folder = site();
    let server = Server::start(
        &folder,
        &[
            "--host=localhost",
            "--header=X-A: 1",
            "--header=x-a: 2",
            "--header=Cross-Origin-Embedder-Policy: credentialless",
        ],
    );
    let answer = server.ask("GET /main.js", &[]);
    let of = |name: &str| -> Vec<&str> {
        let lines = answer.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    };
    assert_eq!(of("x-a"), ["1", "2"]);
    assert_eq!(of("cross-origin-embedder-policy"), ["credentialless"]);
    assert_eq!(of("cross-origin-opener-policy"), ["same-origin"]);
}

#[test]
fn a_qr_code_is_shown_on_request() {
    let folder = site();
    let mut server = Server::start(&folder, &["--qr"]);
    // The quiet zone, and the border of a finder.
    let line = server.line_with("██");
    assert!(line.chars().all(|c| " █▀▄".contains(c)), "{line}");
}
