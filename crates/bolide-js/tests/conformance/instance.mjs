// WebAssembly JavaScript Interface, "Instances": Instance(module, importObject), exports,
// "create an exports object", "initialize an instance object".
import { ModuleBuilder, emptyModule, externref, f64, i32, op } from "./harness/wasm-builder.mjs";
import { assert, equal, hasProperty, notEqual, run, sameValues, test, throws } from "./harness/harness.mjs";

const { Instance, Module } = WebAssembly;
const empty = new Module(emptyModule);

// Instance(module, importObject)
test("constructor: arguments", () => {
  throws(TypeError, () => Instance(empty), "without new");
  throws(TypeError, () => new Instance());
  for (const value of [undefined, null, 1, "", {}, emptyModule, Module, Module.prototype]) {
    throws(TypeError, () => new Instance(value), String(value));
  }
  for (const value of [null, true, 1, "", 1n, Symbol.iterator]) {
    throws(TypeError, () => new Instance(empty, value), String(value));
  }
  assert(new Instance(empty, undefined) instanceof Instance);
  assert(new Instance(empty, []) instanceof Instance);
});

test("constructor: the prototype, and no own properties", () => {
  const instance = new Instance(empty);
  equal(Object.getPrototypeOf(instance), Instance.prototype);
  equal(String(instance), "[object WebAssembly.Instance]");
  assert(Object.isExtensible(instance));
  sameValues(Reflect.ownKeys(instance), []);
});

test("constructor: subclasses", () => {
  class Named extends Instance {}
  const instance = new Named(empty);
  equal(Object.getPrototypeOf(instance), Named.prototype);
  sameValues(Reflect.ownKeys(instance.exports), []);
});

test("constructor: the start function runs at once", () => {
  const builder = new ModuleBuilder();
  builder.start(builder.import("m", "f", "func"));
  let count = 0;
  new Instance(builder.module(), { m: { f: () => count++ } });
  equal(count, 1);
});

test("constructor: what the start function throws", () => {
  const builder = new ModuleBuilder();
  builder.start(builder.import("m", "f", "func"));
  const module = builder.module();
  const reason = {};
  throws(reason, () => new Instance(module, { m: { f: () => { throw reason; } } }));

  const trapping = new ModuleBuilder();
  trapping.start(trapping.func({ body: op.unreachable }));
  throws(WebAssembly.RuntimeError, () => new Instance(trapping.module()));
});

test("constructor: segments out of bounds trap", () => {
  const data = new ModuleBuilder();
  data.memory({ min: 1 });
  throws(WebAssembly.RuntimeError, () => new Instance(data.data(65536, [1]).module()));

  const elements = new ModuleBuilder();
  elements.table({ min: 1 });
  const f = elements.func();
  throws(WebAssembly.RuntimeError, () => new Instance(elements.elements(1, [f]).module()));
});

test("constructor: segments before one that traps stay written", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const builder = new ModuleBuilder();
  builder.import("m", "memory", "memory", { min: 1 });
  builder.data(0, [1, 2]).data(65535, [3, 4]);
  throws(WebAssembly.RuntimeError, () => new Instance(builder.module(), { m: { memory } }));
  const bytes = new Uint8Array(memory.buffer);
  sameValues([bytes[0], bytes[1], bytes[65535]], [1, 2, 0]);
});

// "create an exports object"
const everyKind = () => {
  const builder = new ModuleBuilder();
  builder.func({ results: [i32], body: op.i32Const(1), export: "z" });
  builder.table({ element: externref, min: 1, export: "2" });
  builder.memory({ min: 1, export: "1" });
  builder.global({ type: f64, init: op.f64Const(1.5), export: "" });
  builder.tag({ export: "a" });
  builder.exportAs("again", "func", 0).exportAs("memory", "memory", 0);
  return builder;
};

test("exports: an object of the right classes", () => {
  const exports = everyKind().exports();
  assert(exports.z instanceof Function);
  equal(Object.getPrototypeOf(exports[2]), WebAssembly.Table.prototype);
  equal(Object.getPrototypeOf(exports[1]), WebAssembly.Memory.prototype);
  equal(Object.getPrototypeOf(exports[""]), WebAssembly.Global.prototype);
  equal(Object.getPrototypeOf(exports.a), WebAssembly.Tag.prototype);
  equal(exports[""].value, 1.5);
});

test("exports: no prototype, frozen, in the order of the module", () => {
  const exports = everyKind().exports();
  equal(Object.getPrototypeOf(exports), null);
  assert(Object.isFrozen(exports));
  assert(!Object.isExtensible(exports));
  // Integer indices come first in every object.
  sameValues(Reflect.ownKeys(exports), ["1", "2", "z", "", "a", "again", "memory"]);
  for (const key of Reflect.ownKeys(exports)) {
    hasProperty(exports, key, "enumerable");
  }
  throws(TypeError, () => { exports.z = 1; });
  throws(TypeError, () => { exports.other = 1; });
  throws(TypeError, () => { delete exports.z; });
});

test("exports: one object for one thing", () => {
  const instance = new Instance(everyKind().module());
  const { exports } = instance;
  equal(instance.exports, exports);
  equal(exports.again, exports.z);
  equal(exports.memory, exports[1]);
});

test("exports: names that objects have are nothing special", () => {
  const builder = new ModuleBuilder();
  const f = builder.func();
  for (const name of ["__proto__", "constructor", "then", "toString"]) {
    builder.exportAs(name, "func", f);
  }
  const exports = builder.exports();
  sameValues(Reflect.ownKeys(exports), ["__proto__", "constructor", "then", "toString"]);
  equal(exports.__proto__, exports.constructor);
});

test("exports: instances share nothing that they define", () => {
  const module = everyKind().module();
  const [first, second] = [new Instance(module).exports, new Instance(module).exports];
  for (const key of Reflect.ownKeys(first)) {
    notEqual(first[key], second[key], key);
  }
});

test("exports: an import that is exported is the same object", () => {
  const { z, 1: memory, 2: table, "": global, a: tag } = everyKind().exports();
  const builder = new ModuleBuilder();
  builder.import("m", "z", "func", { results: [i32], export: "z" });
  builder.import("m", "table", "table", { element: externref, min: 1, export: "table" });
  builder.import("m", "memory", "memory", { min: 1, export: "memory" });
  builder.import("m", "global", "global", { type: f64, export: "global" });
  builder.import("m", "tag", "tag", { export: "tag" });
  const exports = builder.exports({ m: { z, table, memory, global, tag } });
  equal(exports.z, z);
  equal(exports.table, table);
  equal(exports.memory, memory);
  equal(exports.global, global);
  equal(exports.tag, tag);
});

// exports is a read-only attribute
test("exports: the getter checks its receiver", () => {
  const { get } = Object.getOwnPropertyDescriptor(Instance.prototype, "exports");
  for (const value of [undefined, null, 1, {}, Instance.prototype, empty]) {
    throws(TypeError, () => get.call(value), String(value));
  }
  const instance = new Instance(empty);
  throws(TypeError, () => { instance.exports = {}; });
});

await run();
