import assert from "node:assert";
import { Readable, Writable, Transform, PassThrough, Duplex, pipeline as withCallback } from "node:stream";
import { pipeline, finished } from "node:stream/promises";
import { StringDecoder } from "node:string_decoder";

const sink = () => {
  const chunks = [];
  const stream = new Writable({ highWaterMark: 4, write(chunk, encoding, callback) { chunks.push(chunk.toString()); setImmediate(callback); } });
  return { stream, chunks };
};
const upper = new Transform({ transform(chunk, encoding, callback) { callback(null, chunk.toString().toUpperCase()); }, flush(callback) { callback(null, "."); } });
const { stream, chunks } = sink();
await pipeline(Readable.from(["ab", "cd", "ef"]), upper, stream);
assert.strictEqual(chunks.join(""), "ABCDEF.");

const source = new Readable({ read() {} });
source.push("one");
source.push("two");
source.push(null);
assert.deepStrictEqual(await source.toArray().then((all) => all.map(String)), ["onetwo"]);
assert.deepStrictEqual(await Readable.from([1, 2, 3, 4]).filter((n) => n % 2 === 0).map((n) => n * 10).toArray(), [20, 40]);

const writer = sink();
assert.strictEqual(writer.stream.write("12345"), false);
await new Promise((resolve) => writer.stream.once("drain", resolve));
writer.stream.end("x");
await finished(writer.stream);
assert.ok(writer.stream.writableFinished && writer.chunks.join("") === "12345x");
await new Promise((resolve) => {
  writer.stream.on("error", (error) => { assert.strictEqual(error.code, "ERR_STREAM_WRITE_AFTER_END"); resolve(); });
  writer.stream.write("y", () => resolve());
});

const broken = new Readable({ read() { this.destroy(new Error("broken")); } });
await assert.rejects(pipeline(broken, new PassThrough()), { message: "broken" });
await assert.rejects(async () => { for await (const _ of new Readable({ read() { this.destroy(new Error("again")); } })); }, { message: "again" });
const value = await pipeline(Readable.from(["x", "y"]), async function* (all) { for await (const one of all) yield one + one; }, async (all) => (await Array.fromAsync(all)).join());
assert.strictEqual(value, "xx,yy");
await new Promise((resolve) => withCallback(Readable.from(["a"]), new PassThrough().resume(), (error) => { assert.ok(!error); resolve(); }));

const echo = new Duplex({ read() {}, write(chunk, encoding, callback) { this.push(chunk); callback(); }, final(callback) { this.push(null); callback(); } });
echo.end("hello");
assert.strictEqual((await echo.toArray()).join(""), "hello");
const events = [];
const through = new PassThrough();
for (const name of ["data", "end", "finish", "close"]) through.on(name, () => events.push(name));
through.end("z");
await new Promise((resolve) => through.once("close", resolve));
assert.deepStrictEqual([...new Set(events)].sort(), ["close", "data", "end", "finish"]);
assert.strictEqual(events.at(-1), "close");

const decoder = new StringDecoder("utf8");
assert.strictEqual(decoder.write(Buffer.from([0xe2, 0x82])), "");
assert.strictEqual(decoder.write(Buffer.from([0xac])), "€");
assert.strictEqual(decoder.end(Buffer.from([0xe2])), "\ufffd");
