// The ESM integration of WebAssembly. Most of it runs under Node 24 with --experimental-wasm-modules, too.
import assert from "../assert.cjs";
import { add, memory, table, constant, big, counter, increment, "not an identifier" as odd } from "./exports.wasm";
import * as all from "./exports.wasm";
import { useEnv, log, readGlobal } from "./imports.wasm";
import { total, sameMemory, sameTable, addCounter } from "./imports-wasm.wasm";
import { run } from "./cycle.mjs";
import { first } from "./reexport.mjs";
import source from "./identity.mjs";

assert.equal(add(2, 3), 5);
assert.equal(all.add, add);
assert.equal(odd(), 7);
assert.ok(memory instanceof WebAssembly.Memory);
assert.ok(table instanceof WebAssembly.Table);
assert.equal(constant, 42);
assert.equal(big, 5n);
assert.deepEqual(
  Object.keys(all),
  ["add", "big", "constant", "counter", "increment", "memory", "not an identifier", "table"],
);
assert.equal(all[Symbol.toStringTag], "Module");

// JavaScript modules by relative specifier, from WebAssembly.
assert.equal(useEnv(20), 41);
assert.deepEqual(log, ["start"]);
assert.equal(readGlobal(), 99);

// WebAssembly modules from WebAssembly, with globals, tables and memories themselves.
assert.equal(total(), 42 + 5);
assert.equal(sameMemory(), 1);
assert.equal(sameTable(), 1);

// A cycle between JavaScript and WebAssembly through a function that is hoisted.
assert.equal(run(), "from cycle 3");
assert.equal(first, 42);
assert.equal(source, true);

const dynamic = await import("./exports.wasm");
assert.equal(dynamic, all);

const failure = (specifier) => import(specifier).then(() => assert.fail(specifier), (error) => error);
assert.matches(await failure("./missing-import.wasm"), SyntaxError);
assert.matches(await failure("./dead-zone.mjs"), ReferenceError);
assert.matches(await failure("./wrong-type.wasm"), WebAssembly.LinkError);
assert.matches(await failure("./reserved.wasm"), WebAssembly.LinkError);
assert.matches(await failure("./traps.wasm"), WebAssembly.RuntimeError);
assert.matches(await failure("./invalid.wasm"), WebAssembly.CompileError);
assert.matches(await failure("./unresolved.wasm"), { code: "ERR_MODULE_NOT_FOUND" });
console.log("ok");
