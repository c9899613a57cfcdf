import assert from "node:assert";
import util from "node:util";
import url from "node:url";
import querystring from "node:querystring";
import zlib from "node:zlib";
import os from "node:os";
import { AsyncLocalStorage } from "node:async_hooks";
import { createRequire, isBuiltin } from "node:module";

assert.strictEqual(util.format("%s %d %j %%", "a", 5, { b: 1 }, "rest"), 'a 5 {"b":1} % rest');
assert.strictEqual(await util.promisify((value, callback) => callback(null, value + 1))(1), 2);
await new Promise((resolve) => util.callbackify(async () => 7)((error, value) => { assert.strictEqual(value, 7); resolve(); }));
assert.ok(util.isDeepStrictEqual(new Map([[{ a: 1 }, new Set([1])]]), new Map([[{ a: 1 }, new Set([1])]])));
assert.ok(!util.isDeepStrictEqual([1, , 3], [1, undefined, 3]));
assert.ok(!util.isDeepStrictEqual(0, -0));
assert.ok(util.types.isPromise(Promise.resolve()) && util.types.isRegExp(/x/) && util.types.isProxy(new Proxy({}, {})) && !util.types.isDate({}));
assert.ok(util.types.isUint8Array(Buffer.alloc(1)) && util.types.isGeneratorFunction(function* () {}));
assert.deepStrictEqual({ ...util.parseArgs({ args: ["-f", "--bar=b", "pos"], options: { foo: { type: "boolean", short: "f" }, bar: { type: "string" } }, allowPositionals: true }).values }, { foo: true, bar: "b" });
assert.strictEqual(util.stripVTControlCharacters("\x1b[31mred\x1b[39m"), "red");
assert.strictEqual(util.styleText("red", "x", { validateStream: false }), "\x1b[31mx\x1b[39m");
function Old() {}
util.inherits(Old, Array);
assert.ok(new Old() instanceof Array);

assert.strictEqual(url.fileURLToPath("file:///a%20b/c"), "/a b/c");
assert.strictEqual(url.pathToFileURL("/a b#?%").href, "file:///a%20b%23%3F%25");
assert.throws(() => url.fileURLToPath("http://x/"), { code: "ERR_INVALID_URL_SCHEME" });
const parsed = url.parse("http://user:pass@host.com:8080/p/a?query=string#hash", true);
assert.deepStrictEqual([parsed.auth, parsed.host, parsed.pathname, parsed.query.query, parsed.hash], ["user:pass", "host.com:8080", "/p/a", "string", "#hash"]);
assert.strictEqual(url.resolve("http://a.com/b/c", "../d?x"), "http://a.com/d?x");
assert.strictEqual(url.format({ protocol: "https", host: "x.org", pathname: "/y", query: { z: [1, 2] } }), "https://x.org/y?z=1&z=2");
assert.deepStrictEqual({ ...querystring.parse("a=1&b=%20x+y&a=2") }, { a: ["1", "2"], b: " x y" });
assert.strictEqual(querystring.stringify({ a: [1, "ä"], b: true }), "a=1&a=%C3%A4&b=true");

for (const [pack, unpack] of [["gzipSync", "gunzipSync"], ["deflateSync", "inflateSync"], ["deflateRawSync", "inflateRawSync"], ["gzipSync", "unzipSync"]]) {
  assert.strictEqual(zlib[unpack](zlib[pack]("hello".repeat(100))).toString(), "hello".repeat(100));
}
assert.throws(() => zlib.inflateSync(Buffer.from("nonsense")), { code: "Z_DATA_ERROR", errno: -3 });
assert.strictEqual(zlib.crc32("hello"), 907060870);
assert.strictEqual(os.EOL, "\n");
assert.ok(os.totalmem() > os.freemem());
const storage = new AsyncLocalStorage();
assert.strictEqual(storage.run(5, () => storage.getStore()), 5);
assert.ok(isBuiltin("node:fs") && createRequire(import.meta.url)("path").sep === "/");

assert.throws(() => assert.deepStrictEqual({ a: 1 }, { a: 2 }), { name: "AssertionError", code: "ERR_ASSERTION", message: /Expected values to be strictly deep-equal/ });
assert.throws(() => assert.strictEqual(1, 2), { message: "Expected values to be strictly equal:\n\n1 !== 2\n" });
assert.throws(() => assert(0), { generatedMessage: true });
await assert.rejects(assert.rejects(Promise.resolve()), { message: "Missing expected rejection." });
assert.throws(() => assert.match("abc", /x/), /did not match/);
assert.deepEqual([1, "2"], [1, 2]);
