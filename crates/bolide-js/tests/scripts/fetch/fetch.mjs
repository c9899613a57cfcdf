// Headers, Request, Response, FormData, Blob, File, and fetch of blob: and data: URLs: the same under Node.
const tests = [];
const test = (name, body) => tests.push([name, body]);
const same = (actual, expected, what = "value") => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what} is ${a}, not ${b}`);
};
const outcome = async (body) => {
  try { return ["ok", await body()]; } catch (error) { return ["error", error.name]; }
};
const throws = (body, name = "TypeError") => {
  try { body(); } catch (error) { same(error.name, name); return; }
  throw new Error(`nothing thrown by ${body}`);
};
const bytes = (...values) => new Uint8Array(values);

test("headers: names, values, order, combination", () => {
  const headers = new Headers([["B", " 2 "], ["a", "1"], ["b", "3"]]);
  same([...headers], [["a", "1"], ["b", "2, 3"]]);
  same([headers.get("A"), headers.get("c"), headers.has("B")], ["1", null, true]);
  headers.set("b", "4");
  headers.delete("A");
  headers.append("Set-Cookie", "x=1");
  headers.append("set-cookie", "y=2");
  same([...headers.entries()], [["b", "4"], ["set-cookie", "x=1"], ["set-cookie", "y=2"]]);
  same(headers.getSetCookie(), ["x=1", "y=2"]);
  same([...new Headers({ x: "1", Y: 2 }).keys()], ["x", "y"]);
  same([...new Headers(new Headers({ x: "1" })).values()], ["1"]);
  const seen = [];
  headers.forEach((value, name, all) => seen.push(value, name, all === headers));
  same(seen.slice(0, 3), ["4", "b", true]);
  for (const bad of [["a b", "1"], ["", "1"], ["a", "x\ny"], ["a", "\u{100}"], ["é", "1"]]) throws(() => new Headers([bad]));
  throws(() => new Headers([["a"]]));
  throws(() => new Headers(1));
  same([Headers.length, `${headers}`, Object.keys(headers)], [0, "[object Headers]", []]);
  same(Object.prototype.toString.call(headers.keys()), "[object Headers Iterator]");
});

test("responses: construction", async () => {
  const response = new Response("text", { status: 201, statusText: "Made", headers: { "X-A": "1" } });
  same([response.status, response.statusText, response.ok, response.type, response.url, response.redirected],
    [201, "Made", true, "default", "", false]);
  same([...response.headers], [["content-type", "text/plain;charset=UTF-8"], ["x-a", "1"]]);
  same([response.bodyUsed, await response.text(), response.bodyUsed], [false, "text", true]);
  same(await outcome(() => response.text()), ["error", "TypeError"]);
  throws(() => new Response("", { status: 199 }), "RangeError");
  throws(() => new Response("x", { status: 204 }));
  throws(() => new Response("", { statusText: "\n" }));
  same([new Response().body, await new Response().text(), new Response(null).bodyUsed], [null, "", false]);
  const error = Response.error();
  same([error.type, error.status, error.ok], ["error", 0, false]);
  throws(() => error.headers.set("a", "b"));
  const redirect = Response.redirect("http://example.com/x", 301);
  same([redirect.status, redirect.headers.get("location")], [301, "http://example.com/x"]);
  throws(() => Response.redirect("http://example.com/", 200), "RangeError");
  const json = Response.json({ a: [1] }, { status: 202 });
  same([json.status, json.headers.get("content-type"), await json.json()], [202, "application/json", { a: [1] }]);
  throws(() => Response.json(undefined));
});

test("bodies of every kind, read in every way", async () => {
  const big = new Uint8Array(300_000).map((_, i) => i % 251);
  const bodies = [
    ["string", () => "bö", [98, 195, 182]],
    ["ArrayBuffer", () => bytes(1, 2).buffer, [1, 2]],
    ["view", () => bytes(0, 1, 2, 3).subarray(1, 3), [1, 2]],
    ["DataView", () => new DataView(bytes(7).buffer), [7]],
    ["Blob", () => new Blob(["a", "b"]), [97, 98]],
    ["URLSearchParams", () => new URLSearchParams({ a: "1 2" }), [97, 61, 49, 43, 50]],
    ["stream", () => new ReadableStream({ start(c) { c.enqueue(bytes(1)); c.enqueue(bytes(2, 3)); c.close(); } }), [1, 2, 3]],
    ["big", () => big, [...big]],
    ["number", () => 12, [49, 50]],
  ];
  for (const [name, make, expected] of bodies) {
    same([...new Uint8Array(await new Response(make()).arrayBuffer())], expected, name);
    same([...(await new Response(make()).bytes())], expected, name);
    same([...new Uint8Array(await (await new Response(make()).blob()).arrayBuffer())], expected, name);
    const chunks = [];
    for await (const chunk of new Response(make()).body) for (const byte of chunk) chunks.push(byte);
    same(chunks, expected, name);
    const response = new Response(make());
    const copy = response.clone();
    same([...(await response.bytes())], expected, name);
    same([...(await copy.bytes())], expected, name);
  }
  const mine = bytes(1, 2, 3);
  const response = new Response(mine);
  mine[0] = 9;
  const [one, two] = [response.clone(), response];
  const first = await one.bytes();
  first[1] = 9;
  same([...(await two.bytes())], [1, 2, 3]);
  same(await new Response("\uFEFFx").text(), "x");
  same(await outcome(() => new Response("{").json()), ["error", "SyntaxError"]);
  const locked = new Response("x");
  const reader = locked.body.getReader();
  same(await outcome(() => locked.text()), ["error", "TypeError"]);
  throws(() => locked.clone());
  reader.releaseLock();
  same([locked.bodyUsed, await locked.text()], [false, "x"]);
  const odd = new Response(new ReadableStream({ start(c) { c.enqueue("text"); c.close(); } }));
  same(await outcome(() => odd.text()), ["error", "TypeError"]);
  same((await new Response("x", { headers: { "content-type": "Text/HTML; Charset=utf-8" } }).blob()).type, "text/html;charset=utf-8");
  const byob = new Response(bytes(1, 2, 3)).body.getReader({ mode: "byob" });
  same([...(await byob.read(new Uint8Array(8))).value], [1, 2, 3]);
  same((await byob.read(new Uint8Array(8))).done, true);
});

test("requests", async () => {
  const request = new Request("http://example.com/a?b#c", { method: "post", body: "x", headers: { a: "1" } });
  same([request.method, request.url, request.redirect, request.duplex], ["POST", "http://example.com/a?b#c", "follow", "half"]);
  same([...request.headers], [["a", "1"], ["content-type", "text/plain;charset=UTF-8"]]);
  const again = new Request(request, { headers: { b: "2" } });
  same([again.method, request.bodyUsed, await again.text(), [...again.headers]], ["POST", true, "x", [["b", "2"]]]);
  same([new Request("http://a/", { method: "patch" }).method, new Request("http://a/", { method: "delete" }).method], ["patch", "DELETE"]);
  throws(() => new Request("http://a/", { method: "TRACE" }));
  throws(() => new Request("http://a/", { method: "a b" }));
  throws(() => new Request("http://a/", { body: "x" }));
  throws(() => new Request("http://u:p@a/"));
  throws(() => new Request("http://a/", { redirect: "no" }));
  throws(() => new Request("http://a/", { signal: {} }));
  throws(() => new Request("http://a/", { method: "POST", body: new ReadableStream() }));
  throws(() => new Request(again));
  const controller = new AbortController();
  const watched = new Request("http://a/", { signal: controller.signal });
  const copy = watched.clone();
  controller.abort("why");
  same([watched.signal.aborted, watched.signal.reason, copy.signal.aborted], [true, "why", true]);
});

test("blobs and files", async () => {
  const blob = new Blob(["ab", bytes(99, 100), new Blob(["ef"])], { type: "Text/Plain" });
  same([blob.size, blob.type, await blob.text()], [6, "text/plain", "abcdef"]);
  const cases = [[[1, 3], "bc"], [[-2], "ef"], [[0, -4], "ab"], [[4, 2], ""], [[9], ""], [[], "abcdef"]];
  for (const [range, expected] of cases) same(await blob.slice(...range).text(), expected, JSON.stringify(range));
  same([blob.slice(0, 1, "A/B").type, blob.slice(0, 1).type], ["a/b", ""]);
  same(await new Response(blob.stream()).text(), "abcdef");
  same([...(await blob.slice(0, 2).bytes())], [97, 98]);
  same((await blob.slice(1, 3).arrayBuffer()).byteLength, 2);
  same(await new Blob(["a\r\nb\nc"], { endings: "native" }).text(), "a\nb\nc");
  throws(() => new Blob("text"));
  throws(() => new Blob([], { endings: "x" }));
  const file = new File(["x"], "a/b.txt", { type: "text/css", lastModified: 5 });
  same([file.name, file.lastModified, file.type, file.size, file instanceof Blob, `${file}`], ["a/b.txt", 5, "text/css", 1, true, "[object File]"]);
  throws(() => new File(["x"]));
});

test("forms", async () => {
  const form = new FormData();
  form.append("a", "1");
  form.append("b", new Blob(["file"], { type: "text/css" }), 'n"\n.css');
  form.append("a", "two\nlines");
  form.append("c", new Blob(["x"]));
  same([form.get("a"), form.getAll("a"), form.has("x"), form.get("c").name], ["1", ["1", "two\nlines"], false, "blob"]);
  same([...form.keys()], ["a", "b", "a", "c"]);
  const response = new Response(form);
  same(/^multipart\/form-data; boundary=/.test(response.headers.get("content-type")), true);
  const parsed = await response.formData();
  same([...parsed.keys()], ["a", "b", "a", "c"]);
  same(parsed.getAll("a"), ["1", "two\r\nlines"]);
  const file = parsed.get("b");
  same([file.name, file.type, await file.text()], ['n"\n.css', "text/css", "file"]);
  form.set("a", "3");
  form.delete("b");
  same([...form].map(([name, value]) => [name, typeof value]), [["a", "string"], ["c", "object"]]);
  const query = await new Response(new URLSearchParams("x=1&y=%C3%B6")).formData();
  same([...query], [["x", "1"], ["y", "ö"]]);
  same(await outcome(() => new Response("x").formData()), ["error", "TypeError"]);
  const broken = new Response("--b\r\nno", { headers: { "content-type": "multipart/form-data; boundary=b" } });
  same(await outcome(() => broken.formData()), ["error", "TypeError"]);
  throws(() => form.append("a"));
  throws(() => form.append("a", "text", "name"));
});

test("data: and blob: URLs", async () => {
  const cases = [
    ["data:,a%20b", "text/plain;charset=US-ASCII", "a b"],
    ["data:text/html,<p>x#frag", "text/html", "<p>x"],
    ["data:application/json;base64,eyJhIjoxfQ==", "application/json", '{"a":1}'],
    ["data:;charset=utf-8,%C3%B6", "text/plain;charset=utf-8", "ö"],
  ];
  for (const [url, type, text] of cases) {
    const response = await fetch(url);
    same([response.status, response.headers.get("content-type"), await response.text()], [200, type, text], url);
  }
  same(await outcome(() => fetch("data:no comma")), ["error", "TypeError"]);
  const url = URL.createObjectURL(new Blob(["abc"], { type: "a/b" }));
  same(url.startsWith("blob:"), true);
  const response = await fetch(url);
  same([response.status, response.headers.get("content-type"), await response.text()], [200, "a/b", "abc"]);
  URL.revokeObjectURL(url);
  same(await outcome(() => fetch(url)), ["error", "TypeError"]);
});

test("refusals", async () => {
  same(await outcome(() => fetch()), ["error", "TypeError"]);
  same(await outcome(() => fetch("unknown:x")), ["error", "TypeError"]);
  same(await outcome(() => fetch("data:,x", { signal: AbortSignal.abort() })), ["error", "AbortError"]);
  const thrown = await fetch("data:,x", { signal: AbortSignal.abort(7) }).catch((error) => error);
  same(thrown, 7);
  same([typeof XMLHttpRequest, typeof Worker], ["undefined", "undefined"]);
  const integrity = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
  same(await (await fetch("data:,abc", { integrity })).text(), "abc");
  same(await outcome(() => fetch("data:,abd", { integrity })), ["error", "TypeError"]);
});

test("shapes", () => {
  const shapes = [
    [Headers, ["append", "delete", "entries", "forEach", "get", "getSetCookie", "has", "keys", "set", "values"]],
    [FormData, ["append", "delete", "entries", "forEach", "get", "getAll", "has", "keys", "set", "values"]],
    [Blob, ["arrayBuffer", "bytes", "size", "slice", "stream", "text", "textStream", "type"]],
    [Response, ["arrayBuffer", "blob", "body", "bodyUsed", "bytes", "clone", "formData", "headers", "json", "ok",
      "redirected", "status", "statusText", "text", "type", "url"]],
  ];
  for (const [Class, members] of shapes) {
    same(Object.keys(Class.prototype).sort(), members, Class.name);
    same(Class.prototype[Symbol.toStringTag], Class.name);
    throws(() => Class());
  }
  throws(() => Headers.prototype.append.call({}, "a", "b"));
  throws(() => FormData.prototype.get.call(new Headers(), "a"));
  throws(() => Object.getOwnPropertyDescriptor(Response.prototype, "status").get.call(Response.prototype));
  same(Object.keys(Response).sort(), ["error", "json", "redirect"]);
  same([fetch.name, fetch.length, Request.length, Response.length], ["fetch", 1, 1, 0]);
});

let failures = 0;
for (const [name, body] of tests) {
  try {
    if (globalThis.TRACE) console.log(name);
    await body();
  } catch (error) {
    failures++;
    console.log(`FAILED ${name}: ${error?.message} ${error?.stack ?? ""}`);
  }
}
console.log(failures === 0 ? `${tests.length} passed` : `${failures} failed`);
