// Agrees with Node: relative and data: modules, cycles, import.meta, JSON, dynamic imports, order.
import assert from "../assert.cjs";
import value, { counter, increment } from "./counter.mjs";
import * as a from "./cycle-a.mjs";
import json from "./data.json" with { type: "json" };
import { answer } from "data:text/javascript,export const answer = 42";
import "./folder with%20space/é.mjs";
import { order } from "./order.mjs";
import "./order-tla.mjs";
import "./order-last.mjs";
import detected from "./detected.js";
import { typed } from "./typed/index.js";
import old, { a as oldA } from "./typed/old.cjs";

assert.equal(value, "default");
assert.equal(counter, 0);
increment();
assert.equal(counter, 1);
assert.equal(a.fromB(), "a1");
assert.deepEqual(json, { name: "data", list: [1, 2] });
assert.equal(answer, 42);
assert.equal(globalThis.spaced, true);
assert.deepEqual(order, ["first", "tla", "last"]);
assert.equal(detected, "esm by syntax");
assert.equal(typed, "module by package.json");
assert.equal(old.a, 1);
assert.equal(oldA, 1);

const meta = import.meta;
assert.ok(meta.url.startsWith("file:///") && meta.url.endsWith("/esm/main.mjs"));
assert.ok(meta.filename.endsWith("/esm/main.mjs"));
assert.ok(meta.dirname.endsWith("/esm"));
assert.equal(meta.resolve("./counter.mjs"), new URL("counter.mjs", meta.url).href);
assert.equal(meta.resolve("./missing.mjs"), new URL("missing.mjs", meta.url).href);
assert.equal(meta.resolve("node:module"), "node:module");
assert.equal(meta.main, true);
assert.equal(Object.getPrototypeOf(meta), null);
assert.equal(a.main, false);

const again = await import("./counter.mjs");
assert.equal(again.counter, 1);
assert.equal((await import("./counter.mjs?fresh")).counter, 0);
assert.equal((await import(new URL("counter.mjs", import.meta.url))).counter, 1);
assert.equal((await import("./data.json", { with: { type: "json" } })).default, json);
assert.deepEqual(Object.keys(again), ["counter", "default", "increment"]);
assert.equal(again[Symbol.toStringTag], "Module");
assert.equal((await a.importer("./counter.mjs")).counter, 1);
console.log("ok");
