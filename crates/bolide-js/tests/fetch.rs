//! Fetching: the scripts that also run in Node, files, and a server.

mod server;

use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bolide_js::{Error, NetRule, Runtime, RuntimeBuilder};
use server::Server;

/// Collects what a script prints.
#[derive(Clone, Default)]
struct Output(Rc<RefCell<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs a file and returns what it printed, and the error that it ended with.
fn run_file(builder: RuntimeBuilder, file: &Path) -> String {
    let output = Output::default();
    let mut runtime = builder
        .stdout(output.clone())
        .stderr(output.clone())
        .build()
        .unwrap();
    let result = runtime.run_file(file);
    let mut text = String::from_utf8(output.0.take()).unwrap();
    match result {
        Ok(()) => {}
        Err(Error::Exception(exception)) => text.push_str(&format!("{exception}\n")),
        Err(error) => text.push_str(&format!("{error}\n")),
    }
    text.trim_end().to_owned()
}

/// A folder with a script `main.mjs`, which scripts may read, and what else is put into it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(script: &str) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.put("app/main.mjs", script.as_bytes());
        folder
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(name)
    }

    fn builder(&self) -> RuntimeBuilder {
        let app = self.path("app");
        Runtime::builder().dir(&app, &app, false)
    }

    fn run(&self) -> String {
        run_file(self.builder(), &self.path("app/main.mjs"))
    }
}

#[test]
fn scripts_that_also_run_in_node() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/fetch");
    for name in ["streams.mjs", "fetch.mjs"] {
        let builder = Runtime::builder().dir(&folder, &folder, false);
        let printed = run_file(builder, &folder.join(name));
        assert!(printed.ends_with(" passed"), "{name}:\n{printed}");
    }
}

#[test]
fn files() {
    let folder = Folder::new(
        r#"
        const show = async (url, init) => {
          try {
            const response = await fetch(url, init);
            const { status, ok, type, redirected, url: own } = response;
            const text = await response.text();
            console.log(status, ok, type, redirected, own === new URL(url, import.meta.url).href,
              response.headers.get("content-type"), response.headers.get("content-length"), text.slice(0, 20));
          } catch (error) {
            console.log(`${error.name}: ${error.message}; ${error.cause?.name}: ${error.cause?.message}`);
          }
        };
        await show("data.json");
        await show("./sub/../data.json?query");
        await show(new URL("sub/page.html", import.meta.url));
        await show("a%20b.txt");
        await show("module.wasm");
        await show("module.mjs");
        await show("picture.svg");
        await show("unknown.zzz");
        await show("data.json", { method: "HEAD" });
        await show("data.json", { method: "POST" });
        await show("missing.txt");
        await show("sub");
        const big = await fetch("big.bin");
        let length = 0, chunks = 0;
        for await (const chunk of big.body) { length += chunk.length; chunks++; }
        console.log(length, chunks > 1);
        const bytes = new Uint8Array(await (await fetch("big.bin")).arrayBuffer());
        console.log(bytes.length, bytes[1], bytes[bytes.length - 1]);
        const partial = (await fetch("big.bin")).body.getReader();
        await partial.read();
        await partial.cancel();
        fetch("big.bin");
        "#,
    );
    folder.put("app/data.json", b"[1, 2]");
    folder.put("app/sub/page.html", b"<p>");
    folder.put("app/a b.txt", b"blank");
    folder.put("app/module.wasm", b"\0asm\x01\0\0\0");
    folder.put("app/module.mjs", b"1");
    folder.put("app/picture.svg", b"<svg/>");
    folder.put("app/unknown.zzz", b"?");
    let big: Vec<u8> = (0..20_000_000_u32).map(|i| (i % 251) as u8).collect();
    folder.put("app/big.bin", &big);
    let app = folder.path("app");
    let app = app.display();
    let expected = format!(
        "\
200 true basic false true application/json 6 [1, 2]
200 true basic false true application/json 6 [1, 2]
200 true basic false true text/html 3 <p>
200 true basic false true text/plain 5 blank
200 true basic false true application/wasm 8 \0asm\x01\0\0\0
200 true basic false true text/javascript 1 1
200 true basic false true image/svg+xml 6 <svg/>
200 true basic false true null 1 ?
200 true basic false true application/json 6 
TypeError: fetch failed; Error: file: URLs can only be fetched with GET, not with POST
TypeError: fetch failed; Error: ENOENT: no such file or directory, open '{app}/missing.txt'
TypeError: fetch failed; Error: EISDIR: illegal operation on a directory, open '{app}/sub'
20000000 true
20000000 1 {}",
        big[big.len() - 1]
    );
    assert_eq!(folder.run(), expected);
}

#[test]
fn files_outside_are_refused() {
    let folder = Folder::new(
        r#"
        const outside = new URL("../secret/key.txt", import.meta.url).pathname;
        for (const url of [
          "../secret/key.txt",
          "%2e%2e/secret/key.txt",
          "..%2fsecret/key.txt",
          "..%5csecret%5ckey.txt",
          "sub/../../secret/key.txt",
          "sub/%2e%2e/%2E%2E/secret/key.txt",
          `file://${outside}`,
          `file://localhost${outside}`,
          `file://host${outside}`,
          `file:////${outside}`,
          `file:${outside}`,
          "link.txt",
          "folder-link/key.txt",
          "folder-link/../app/main.mjs",
          "../app2/key.txt",
          "../APP/main.mjs",
          "key.txt%00.json",
          "inside.txt",
          "../app/ok.txt",
        ]) {
          const result = await fetch(url).then((response) => response.text(), (error) =>
            `${error.name}: ${error.code ?? error.cause.message}`);
          console.log(url.replaceAll(outside, "/OUTSIDE"), "→", result.replace(/file:\S*/, "URL"));
        }
        "#,
    );
    folder.put("secret/key.txt", b"secret");
    folder.put("app2/key.txt", b"secret");
    folder.put("app/sub/x", b"");
    folder.put("app/ok.txt", b"ok");
    let link = |target: &str, name: &str| {
        std::os::unix::fs::symlink(target, folder.path(name)).unwrap();
    };
    link("../secret/key.txt", "app/link.txt");
    link("../secret", "app/folder-link");
    link("ok.txt", "app/inside.txt");
    let denied = "Error: ERR_ACCESS_DENIED";
    let expected = [
        ("../secret/key.txt", denied),
        ("%2e%2e/secret/key.txt", denied),
        (
            "..%2fsecret/key.txt",
            "TypeError: URL names no file: it contains an encoded slash",
        ),
        (
            "..%5csecret%5ckey.txt",
            "TypeError: ENOENT: no such file or directory, open",
        ),
        ("sub/../../secret/key.txt", denied),
        ("sub/%2e%2e/%2E%2E/secret/key.txt", denied),
        ("file:///OUTSIDE", denied),
        ("file://localhost/OUTSIDE", denied),
        (
            "file://host/OUTSIDE",
            "TypeError: URL names no file: it names a host",
        ),
        ("file://///OUTSIDE", denied),
        ("file:/OUTSIDE", denied),
        ("link.txt", denied),
        ("folder-link/key.txt", denied),
        // `..` is resolved by text, as URLs do it: the link is never looked at.
        ("folder-link/../app/main.mjs", "TypeError: ENOENT"),
        ("../app2/key.txt", denied),
        ("../APP/main.mjs", denied),
        (
            "key.txt%00.json",
            "TypeError: URL names no file: it contains an encoded null character",
        ),
        ("inside.txt", "ok"),
        ("../app/ok.txt", "ok"),
    ];
    let printed = folder.run();
    assert!(!printed.contains("→ secret"), "{printed}");
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{printed}");
    for (line, (url, result)) in lines.into_iter().zip(expected) {
        let start = format!("{url} → {result}");
        assert!(
            line.starts_with(&start),
            "{line:?} does not start with {start:?}"
        );
    }
}

#[test]
fn a_folder_is_seen_where_it_is_put() {
    let folder = Folder::new(
        r#"
        const read = (url) => fetch(url).then((r) => r.text(), (e) => e.code ?? e.cause.code);
        console.log(await read("file:///data/x.txt"), await read("file:///data/../etc/passwd"),
          await read("file:///data/y.txt"), await read("file:///database/x.txt"));
        "#,
    );
    folder.put("elsewhere/x.txt", b"mapped");
    let builder = folder
        .builder()
        .dir(folder.path("elsewhere"), "/data", false);
    let printed = run_file(builder, &folder.path("app/main.mjs"));
    assert_eq!(printed, "mapped ERR_ACCESS_DENIED ENOENT ERR_ACCESS_DENIED");
}

/// Runs a script in which `url` is the address of a test server that may be connected to, and `other` that of one
/// that may not.
fn with_server(script: &str) -> String {
    let server = Server::start();
    let other = Server::start();
    let folder = Folder::new(&format!(
        "const url = 'http://{}', other = 'http://{}';\n\
         const fails = (promise) => promise.then((r) => `answered ${{r.status}}`, (e) => \
           `${{e.name}}: ${{e.message}}` + (e.cause ? `; ${{e.cause.message}}` : ''));\n{script}",
        server.address, other.address
    ));
    let rule: NetRule = server.address.parse().unwrap();
    let builder = folder.builder().allow_net(rule);
    let printed = run_file(builder, &folder.path("app/main.mjs"));
    assert_eq!(
        other.requests(),
        0,
        "a host that is not allowed was connected to"
    );
    printed
        .replace(&server.address, "SERVER")
        .replace(&other.address, "OTHER")
}

#[test]
fn servers() {
    let cases = [
        (
            "a response",
            r#"
            const response = await fetch(`${url}/hello`);
            console.log(response.status, response.statusText, response.ok, response.url, response.type,
              response.headers.get("content-type"), response.headers.getSetCookie(), await response.text());
            try { response.headers.set("a", "b"); } catch (error) { console.log(error.name); }
            "#,
            "200 OK true http://SERVER/hello basic text/plain [ 'a=1', 'b=2' ] hello\nTypeError",
        ),
        (
            "statuses are no errors, and HEAD has no body",
            r#"
            console.log((await fetch(`${url}/status/404`)).status, (await fetch(`${url}/status/204`)).body);
            console.log((await fetch(`${url}/hello`, { method: "HEAD" })).body);
            "#,
            "404 null\nnull",
        ),
        (
            "methods, headers and bodies arrive",
            r#"
            const echo = async (init) => console.log(await (await fetch(`${url}/echo`, init)).text());
            await echo({ method: "post", body: "text", headers: { "X-A": "1", host: "evil", "content-length": "999" } });
            await echo({ method: "PATCH", body: new Uint8Array([104, 105]) });
            await echo({ method: "DELETE" });
            await echo({ method: "PUT" });
            await echo({ method: "PROPFIND", body: new URLSearchParams("a=b") });
            const body = new ReadableStream({
              async start(c) {
                for (const part of ["one ", "two ", "three"]) {
                  await new Promise((resolve) => setTimeout(resolve, 5));
                  c.enqueue(new TextEncoder().encode(part));
                }
                c.close();
              },
            });
            await echo({ method: "POST", body, duplex: "half" });
            "#,
            "POST host=SERVER length=4 chunked=no type=text/plain;charset=UTF-8 x-a=1 body=text\n\
             PATCH host=SERVER length=2 chunked=no type=- x-a=- body=hi\n\
             DELETE host=SERVER length=- chunked=no type=- x-a=- body=\n\
             PUT host=SERVER length=0 chunked=no type=- x-a=- body=\n\
             PROPFIND host=SERVER length=3 chunked=no type=application/x-www-form-urlencoded;charset=UTF-8 x-a=- body=a=b\n\
             POST host=SERVER length=- chunked=yes type=- x-a=- body=one two three",
        ),
        (
            "chunks come as they are sent",
            r#"
            const response = await fetch(`${url}/slow-chunks`);
            const parts = [];
            const start = performance.now();
            let first;
            for await (const chunk of response.body) {
              first ??= performance.now() - start;
              parts.push(new TextDecoder().decode(chunk));
            }
            console.log(parts.join(""), parts.length > 1, first < 150);
            "#,
            "part 0 part 1 part 2 part 3  true true",
        ),
        (
            "big and compressed bodies",
            r#"
            const big = new Uint8Array(await (await fetch(`${url}/big`)).arrayBuffer());
            console.log(big.length, big[0], big[250], big[big.length - 1]);
            const packed = await fetch(`${url}/gzip`);
            console.log((await packed.text()).length);
            const upload = await fetch(`${url}/count`, { method: "POST", body: new Uint8Array(5_000_000) });
            console.log(await upload.text());
            "#,
            "10000000 0 250 161\n100000\n5000000",
        ),
        (
            "a truncated body",
            "console.log(await fails(fetch(`${url}/truncated`).then((r) => r.text())));",
            "Error: the body of http://SERVER/truncated cannot be read to its end: \
             Peer disconnected",
        ),
        (
            "a body that nobody reads does not hold the script",
            "const { status } = await fetch(`${url}/endless`); console.log(status);",
            "200",
        ),
        (
            "backpressure: an endless body fills no memory",
            r#"
            const response = await fetch(`${url}/endless`);
            const reader = response.body.getReader();
            await reader.read();
            await new Promise((resolve) => setTimeout(resolve, 50));
            await reader.cancel();
            console.log("done");
            "#,
            "done",
        ),
        (
            "redirects",
            r#"
            const followed = await fetch(`${url}/redirect/302/hello#part`);
            console.log(followed.status, followed.redirected, followed.url, await followed.text());
            for (const status of [301, 303, 307]) {
              const response = await fetch(`${url}/redirect/${status}/echo`, { method: "POST", body: "b" });
              console.log(status, (await response.text()).replace(/ host.*body/, ""));
            }
            const manual = await fetch(`${url}/redirect/302/hello`, { redirect: "manual" });
            console.log(manual.status, manual.headers.get("location"));
            console.log(await fails(fetch(`${url}/redirect/302/hello`, { redirect: "error" })));
            console.log(await fails(fetch(`${url}/loop`)));
            const body = new ReadableStream({ start(c) { c.enqueue(new Uint8Array(1)); c.close(); } });
            console.log(await fails(fetch(`${url}/redirect/307/echo`, { method: "POST", body, duplex: "half" })));
            "#,
            "200 true http://SERVER/hello hello\n301 GET=\n303 GET=\n307 POST=b\n302 /hello\n\
             TypeError: fetch failed; http://SERVER/redirect/302/hello redirects to /hello, which is not wanted\n\
             TypeError: fetch failed; http://SERVER/loop redirects more than 20 times\n\
             TypeError: fetch failed; http://SERVER/redirect/307/echo redirects, but the body was a stream and cannot be sent again",
        ),
        (
            "hosts that are not allowed, directly and by redirect",
            r#"
            console.log(await fails(fetch(`${other}/hello`)));
            const target = encodeURIComponent(`${other}/hello`);
            console.log(await fails(fetch(`${url}/redirect-to/${target}`)));
            console.log(await fails(fetch(`${url}/redirect-to/${encodeURIComponent("file:///etc/passwd")}`)));
            console.log(await fails(fetch("https://example.com/")));
            console.log(await fails(fetch("http://[::1]:1/")));
            "#,
            "Error: connecting to OTHER is not allowed; `--allow-net=OTHER` allows it\n\
             Error: connecting to OTHER is not allowed; `--allow-net=OTHER` allows it\n\
             TypeError: fetch failed; http://SERVER/redirect-to/file%3A%2F%2F%2Fetc%2Fpasswd redirects to file:///etc/passwd, which is no URL of a server\n\
             Error: connecting to example.com:443 is not allowed; `--allow-net=example.com` allows it\n\
             Error: connecting to [::1]:1 is not allowed; `--allow-net=[::1]:1` allows it",
        ),
        (
            "abort before the answer, during the body, and by time",
            r#"
            const controller = new AbortController();
            const pending = fails(fetch(`${url}/silent`, { signal: controller.signal }));
            setTimeout(() => controller.abort(), 30);
            console.log(await pending);
            const second = new AbortController();
            const response = await fetch(`${url}/endless`, { signal: second.signal });
            const reader = response.body.getReader();
            await reader.read();
            second.abort(new RangeError("enough"));
            console.log(await fails((async () => { for (;;) if ((await reader.read()).done) return {}; })()));
            const third = await fetch(`${url}/stalled`, { signal: AbortSignal.timeout(100) });
            console.log(await fails(third.arrayBuffer()));
            "#,
            "AbortError: The operation was aborted.\nRangeError: enough\nTimeoutError: ",
        ),
        (
            "errors of an upload's stream",
            r#"
            const body = new ReadableStream({ pull() { throw new RangeError("no more"); } });
            console.log(await fails(fetch(`${url}/count`, { method: "POST", body, duplex: "half" })));
            "#,
            "TypeError: fetch failed; no more",
        ),
    ];
    for (name, script, expected) in cases {
        let printed = with_server(script);
        assert!(
            printed.starts_with(expected) || printed == expected.trim_end(),
            "{name}:\n{printed}\nnot\n{expected}"
        );
    }
}

#[test]
fn connections_that_fail() {
    // Bound and closed again, so that nothing listens there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let folder = Folder::new(&format!(
        "for (const url of ['http://127.0.0.1:{port}/', 'http://name.invalid/', 'https://127.0.0.1:{port}/']) {{\n\
           const error = await fetch(url).catch((error) => error);\n\
           console.log(error.name, error.message, error.cause.code);\n\
         }}"
    ));
    let builder = folder.builder().allow_net(NetRule::Any);
    let printed = run_file(builder, &folder.path("app/main.mjs"));
    assert_eq!(
        printed,
        "TypeError fetch failed ECONNREFUSED\n\
         TypeError fetch failed ENOTFOUND\n\
         TypeError fetch failed ECONNREFUSED"
    );
}
