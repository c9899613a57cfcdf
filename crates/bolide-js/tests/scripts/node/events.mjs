import assert from "node:assert";
import EventEmitter, { once, on } from "node:events";

const emitter = new EventEmitter();
const log = [];
emitter.on("newListener", (name) => log.push(`new ${String(name)}`));
emitter.once("a", (...values) => log.push(["once", ...values]));
emitter.prependListener("a", () => log.push("first"));
assert.strictEqual(emitter.emit("a", 1, 2), true);
assert.strictEqual(emitter.emit("a"), true);
assert.deepStrictEqual(log, ["new a", "new a", "first", ["once", 1, 2], "first"]);
assert.strictEqual(emitter.listenerCount("a"), 1);
assert.deepStrictEqual(emitter.eventNames(), ["newListener", "a"]);
assert.throws(() => emitter.emit("error", new Error("boom")), { message: "boom" });
assert.throws(() => emitter.emit("error", 5), { code: "ERR_UNHANDLED_ERROR", message: "Unhandled error. (5)" });
assert.throws(() => emitter.on("x", 5), { code: "ERR_INVALID_ARG_TYPE" });

setTimeout(() => emitter.emit("later", 7), 1);
assert.deepStrictEqual(await once(emitter, "later"), [7]);
setTimeout(() => emitter.emit("error", new Error("late")), 1);
await assert.rejects(once(emitter, "never"), { message: "late" });

const seen = [];
setTimeout(() => { for (const value of [1, 2, 3]) emitter.emit("tick", value); }, 1);
for await (const [value] of on(emitter, "tick")) {
  seen.push(value);
  if (value === 3) break;
}
assert.deepStrictEqual(seen, [1, 2, 3]);

class Old { }
Object.setPrototypeOf(Old.prototype, EventEmitter.prototype);
const old = new Old();
old.on("x", () => log.push("x"));
old.emit("x");
assert.strictEqual(log.at(-1), "x");
const captured = new EventEmitter({ captureRejections: true });
captured.on("go", async () => { throw new Error("async"); });
captured.emit("go");
assert.strictEqual((await once(captured, "error"))[0].message, "async");
