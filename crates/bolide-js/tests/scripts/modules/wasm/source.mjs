// Source phase imports and mutable globals, which Node 24 does not have in this form.
import assert from "../assert.cjs";
import source module from "./exports.wasm";
import { counter, increment } from "./exports.wasm";
import { addCounter } from "./imports-wasm.wasm";
import * as all from "./exports.wasm";

assert.ok(module instanceof WebAssembly.Module);
const instance = new WebAssembly.Instance(module);
assert.equal(instance.exports.add(1, 2), 3);
assert.equal(await import.source("./exports.wasm"), module);
const name = "exports";
assert.equal(await import.source(`./${name}.wasm`), module);
assert.matches(await import.source("./env.mjs").catch((error) => error), SyntaxError);

assert.equal(counter, 0);
increment();
assert.equal(counter, 1);
addCounter();
assert.equal(counter, 11);
assert.equal(all.counter, 11);

console.log("ok");
