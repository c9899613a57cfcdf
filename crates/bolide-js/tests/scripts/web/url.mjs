// https://url.spec.whatwg.org/
const equal = (actual, expected, what = "") => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a} is not ${b}`);
};
const throws = (body, what) => {
  try { body(); } catch (error) {
    if (!(error instanceof TypeError)) throw new Error(`${what}: threw ${error}`);
    return error;
  }
  throw new Error(`${what}: did not throw`);
};

// Parsing and serializing.
for (const [input, base, href] of [
  ["https://user:pass@sub.example.com:8080/p/a/t/h?query=string#hash", undefined, "https://user:pass@sub.example.com:8080/p/a/t/h?query=string#hash"],
  ["HTTP://EXAMPLE.com:80/../a/./b", undefined, "http://example.com/a/b"], ["../x?y#z", "http://h/a/b/c", "http://h/a/x?y#z"],
  ["//other/x", "https://h/a", "https://other/x"], ["?q", "http://h/a?b#c", "http://h/a?q"], ["#f", "http://h/a?b#c", "http://h/a?b#f"],
  ["", "http://h/a?b#c", "http://h/a?b"], ["file:///C:/x/../y", undefined, "file:///C:/y"], ["file:a", "file:///x/y", "file:///x/a"],
  ["data:text/plain,hi there", undefined, "data:text/plain,hi there"], ["mailto:a@b", undefined, "mailto:a@b"],
  ["http://münchen.de/ä?ö#ü", undefined, "http://xn--mnchen-3ya.de/%C3%A4?%C3%B6#%C3%BC"], ["http://0x7f.1/", undefined, "http://127.0.0.1/"],
  ["http://[::1]:3000/", undefined, "http://[::1]:3000/"], ["  http://a b.c/", undefined, null], ["http://a/ b\t\nc", undefined, "http://a/%20bc"],
  ["blob:https://a.b/id", undefined, "blob:https://a.b/id"], ["javascript:alert(1)", undefined, "javascript:alert(1)"],
  ["x.wasm", "file:///dir/main.mjs", "file:///dir/x.wasm"], ["nonsense", undefined, null], ["http://", undefined, null], ["http://a:99999", undefined, null],
  ["http://h/%7Ea%zz", undefined, "http://h/%7Ea%zz"], ["custom://Host/P", undefined, "custom://Host/P"], ["http:\\\\a\\b", undefined, "http://a/b"],
]) {
  equal(URL.parse(input, base)?.href ?? null, href, input);
  equal(URL.canParse(input, base), href !== null, input);
  if (href === null) equal(throws(() => new URL(input, base), input).code, "ERR_INVALID_URL");
  else equal(`${new URL(input, base)}`, href, input);
}
const members = ["origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];
const read = (url) => members.map((name) => url[name]);
equal(read(new URL("https://u:p@h.com:81/a?b#c")), ["https://h.com:81", "https:", "u", "p", "h.com:81", "h.com", "81", "/a", "?b", "#c"]);
equal(read(new URL("file:///x")), ["null", "file:", "", "", "", "", "", "/x", "", ""]);
equal(new URL("blob:https://a.b/id").origin, "https://a.b");
equal(JSON.stringify({ url: new URL("http://a/b") }), '{"url":"http://a/b"}');

// Setters: [start, member, value, result].
for (const [start, member, value, href] of [
  ["http://a/b", "protocol", "https", "https://a/b"], ["http://a:1/b", "protocol", "file", "http://a:1/b"], ["http://a:443/b", "protocol", "https:", "https://a/b"],
  ["http://a/b", "protocol", "custom", "http://a/b"], ["http://a/b", "username", "ü:x", "http://%C3%BC%3Ax@a/b"], ["http://u:p@a/", "password", "", "http://u@a/"],
  ["http://a/b", "host", "c:8080", "http://c:8080/b"], ["http://a:1/b", "host", "c", "http://c:1/b"], ["http://a/b", "host", "", "http://a/b"],
  ["http://a:1/b", "hostname", "c:2", "http://a:1/b"], ["http://a:1/b", "hostname", "c", "http://c:1/b"], ["http://a/b", "port", "8080", "http://a:8080/b"],
  ["http://a:1/b", "port", "80", "http://a/b"], ["http://a/b", "port", "99999", "http://a/b"], ["http://a/b", "port", "12ab", "http://a:12/b"], ["http://a:1/b", "port", "", "http://a/b"],
  ["http://a/b", "pathname", "x/../y z", "http://a/y%20z"], ["http://a/b", "pathname", "?#", "http://a/%3F%23"], ["data:x", "pathname", "y", "data:x"],
  ["http://a/b?c", "search", "", "http://a/b"], ["http://a/b", "search", "?x=y z'\"", "http://a/b?x=y%20z%27%22"], ["http://a/b", "search", "a#b", "http://a/b?a%23b"],
  ["http://a/b#c", "hash", "", "http://a/b"], ["http://a/b", "hash", "#x y`", "http://a/b#x%20y%60"], ["http://a/b", "href", "ftp://c", "ftp://c/"],
]) {
  const url = new URL(start);
  url[member] = value;
  equal(url.href, href, `${start} with ${member} ${value}`);
}
const kept = new URL("http://a/b");
throws(() => { kept.href = "nonsense"; }, "href");
equal(kept.href, "http://a/b");
throws(() => { "use strict"; kept.origin = "x"; }, "origin is read-only");

// URLSearchParams.
const make = (init) => [...new URLSearchParams(init)];
equal(make("?a=1&b=2&a=3&c&=d&"), [["a", "1"], ["b", "2"], ["a", "3"], ["c", ""], ["", "d"]]);
equal(make("a+b=%20c%zz%F0%9F%98%80%ff"), [["a b", " c%zz😀\ufffd"]]);
equal(make({ x: 1, y: "é" }), [["x", "1"], ["y", "é"]]);
equal(make([["a", 1], new Set(["b", 2])]), [["a", "1"], ["b", "2"]]);
equal(make(new Map([["k", "v"]])), [["k", "v"]]);
equal(make(new URLSearchParams("q=1")), [["q", "1"]]);
for (const wrong of [[["a"]], [["a", "b", "c"]], ["ab", 5], [5]]) throws(() => make(wrong), JSON.stringify(wrong));
equal(`${new URLSearchParams([["a b", "c&d=e"], ["é", "*-._~'()!"]])}`, "a+b=c%26d%3De&%C3%A9=*-._%7E%27%28%29%21");
const list = new URLSearchParams("a=1&b=2&a=3");
equal([list.get("a"), list.get("x"), list.getAll("a"), list.has("b"), list.has("b", "3"), list.size], ["1", null, ["1", "3"], true, false, 3]);
list.append("c", 4);
list.set("a", 5);
equal(`${list}`, "a=5&b=2&c=4");
list.delete("b", "3");
list.delete("a");
equal(`${list}`, "b=2&c=4");
const sorted = new URLSearchParams("z=1&\ufb01=2&\ud83c\udf08=3&a=4&z=0");
sorted.sort();
equal([...sorted.keys()], ["a", "z", "z", "\ud83c\udf08", "\ufb01"]);
equal([...sorted.values()], ["4", "1", "0", "3", "2"]);
const seen = [];
sorted.forEach((value, key, object) => seen.push([key, value, object === sorted]));
equal(seen[0], ["a", "4", true]);
const iterator = sorted.entries();
equal(Object.prototype.toString.call(iterator), "[object URLSearchParams Iterator]");
equal(iterator.next(), { value: ["a", "4"], done: false });
for (const [key] of list) if (key === "b") list.delete("c");
equal(`${list}`, "b=2", "live iteration");

// The two are in step.
const url = new URL("http://a/?x=1#h");
const { searchParams } = url;
equal(searchParams === url.searchParams, true);
searchParams.append("y", "ä &");
equal(url.href, "http://a/?x=1&y=%C3%A4+%26#h");
url.search = "?q=5";
equal([...searchParams], [["q", "5"]]);
searchParams.delete("q");
equal(url.href, "http://a/#h");
url.href = "http://b/?n=1";
equal(searchParams.get("n"), "1");
equal(searchParams === url.searchParams, true);

throws(() => URL("http://a"), "without new");
throws(() => new URL(), "without arguments");
throws(() => Object.getOwnPropertyDescriptor(URL.prototype, "href").get.call({}), "on another object");
equal(Object.prototype.toString.call(url), "[object URL]");
equal(Object.keys(URL.prototype).includes("href"), true, "enumerable");
console.log(url, searchParams, [url], searchParams.keys(), new URLSearchParams());
console.log({ a: { b: { url } } });
