// WebAssembly JavaScript Interface, "Modules".
import { ModuleBuilder, emptyModule, externref, f64, funcref, i32, i64, op, utf8 } from "./harness/wasm-builder.mjs";
import { assert, equal, hasOperation, notEqual, run, sameValues, test, throws } from "./harness/harness.mjs";

const { Module } = WebAssembly;

/** Descriptors as text, independent of the order of their members. */
const list = (descriptors) => descriptors.map((d) => ["module" in d ? `${d.module}.` : "", d.name, ":", d.kind].join(""));

// Module(bytes, options)
test("constructor: arguments", () => {
  throws(TypeError, () => Module(emptyModule), "without new");
  throws(TypeError, () => new Module());
  for (const value of [undefined, null, true, "", 0, 1n, Symbol.iterator, {}, [], () => {}]) {
    throws(TypeError, () => new Module(value), String(value));
  }
});

test("constructor: what is no module is a CompileError", () => {
  throws(WebAssembly.CompileError, () => new Module(new Uint8Array()));
  throws(WebAssembly.CompileError, () => new Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0])));
  throws(WebAssembly.CompileError, () => new Module(new Uint8Array([...emptyModule, 0xff])));
});

test("constructor: the prototype, and no own properties", () => {
  const module = new Module(emptyModule);
  equal(Object.getPrototypeOf(module), Module.prototype);
  equal(String(module), "[object WebAssembly.Module]");
  assert(Object.isExtensible(module));
  sameValues(Reflect.ownKeys(module), []);
});

test("constructor: the options must be an object", () => {
  for (const options of [undefined, null, {}, () => {}]) {
    assert(new Module(emptyModule, options) instanceof Module, String(options));
  }
});

test("constructor: subclasses", () => {
  class Named extends Module {
    label = "named";
  }
  const module = new Named(emptyModule);
  equal(Object.getPrototypeOf(module), Named.prototype);
  equal(module.label, "named");
  sameValues(Module.exports(module), []);
});

test("constructor: the bytes are copied", () => {
  const builder = new ModuleBuilder();
  builder.func({ results: [i32], body: op.i32Const(3), export: "f" });
  const bytes = builder.bytes();
  const module = new Module(bytes);
  bytes.fill(0);
  equal(new WebAssembly.Instance(module).exports.f(), 3);
});

// exports(moduleObject)
const everyKind = () => {
  const builder = new ModuleBuilder();
  builder.import("a", "f", "func", { params: [i32] });
  builder.import("a", "t", "table", { element: externref, min: 1 });
  builder.import("b", "m", "memory", { min: 1 });
  builder.import("a", "g", "global", { type: i64 });
  builder.import("", "", "tag", { params: [f64] });
  builder.func({ export: "function" });
  builder.table({ min: 1, export: "table" });
  builder.global({ type: f64, export: "global" });
  builder.tag({ export: "tag" });
  builder.exportAs("memory", "memory", 0);
  builder.exportAs("", "func", 0);
  builder.exportAs("☺\u{1f980}", "func", 0);
  return builder.module();
};

test("exports: kinds in the order of the module", () => {
  const found = Module.exports(everyKind());
  const expected = ["function:function", "table:table", "global:global", "tag:tag", "memory:memory", ":function"];
  sameValues(list(found), [...expected, "☺\u{1f980}:function"]);
});

test("exports: fresh arrays of ordinary objects", () => {
  const module = everyKind();
  const [first, second] = [Module.exports(module), Module.exports(module)];
  notEqual(first, second);
  notEqual(first[0], second[0]);
  assert(Array.isArray(first));
  for (const descriptor of first) {
    equal(Object.getPrototypeOf(descriptor), Object.prototype);
    equal(Object.keys(descriptor).sort().join(), "kind,name");
    for (const property of Object.values(Object.getOwnPropertyDescriptors(descriptor))) {
      assert(property.writable && property.enumerable && property.configurable);
    }
  }
  sameValues(Module.exports(new Module(emptyModule)), []);
});

// imports(moduleObject)
test("imports: kinds in the order of the module", () => {
  const module = everyKind();
  const found = Module.imports(module);
  sameValues(list(found), ["a.f:function", "a.t:table", "b.m:memory", "a.g:global", ".:tag"]);
  equal(Object.keys(found[0]).sort().join(), "kind,module,name");
  notEqual(Module.imports(module), found);
  sameValues(Module.imports(new Module(emptyModule)), []);
});

test("imports: one name twice", () => {
  const builder = new ModuleBuilder();
  builder.import("m", "x", "func");
  builder.import("m", "x", "global", { type: i32 });
  sameValues(list(Module.imports(builder.module())), ["m.x:function", "m.x:global"]);
});

// customSections(moduleObject, sectionName)
const customised = () => {
  const builder = new ModuleBuilder();
  builder.custom("name-a", [1, 2, 3]).custom("", [4]).custom("name-a").custom("é", utf8("text"));
  return builder.module();
};
const contents = (buffers) => buffers.map((buffer) => [...new Uint8Array(buffer)]);

test("customSections: the contents of those with the name", () => {
  const module = customised();
  sameValues(contents(Module.customSections(module, "name-a")), [[1, 2, 3], []]);
  sameValues(contents(Module.customSections(module, "")), [[4]]);
  sameValues(contents(Module.customSections(module, "é")), [utf8("text")]);
  sameValues(contents(Module.customSections(module, "other")), []);
});

test("customSections: copies in array buffers", () => {
  const module = customised();
  const [buffer] = Module.customSections(module, "name-a");
  equal(Object.getPrototypeOf(buffer), ArrayBuffer.prototype);
  new Uint8Array(buffer).fill(9);
  sameValues(contents(Module.customSections(module, "name-a")), [[1, 2, 3], []]);
});

test("customSections: the name is converted to a string", () => {
  const builder = new ModuleBuilder();
  const module = builder.custom("null", [1]).custom("5", [2]).custom("x", [3]).module();
  sameValues(contents(Module.customSections(module, null)), [[1]]);
  sameValues(contents(Module.customSections(module, 5)), [[2]]);
  sameValues(contents(Module.customSections(module, { toString: () => "x" })), [[3]]);
  throws(TypeError, () => Module.customSections(module, Symbol.iterator));
});

test("customSections: undefined is converted too", () => {
  const module = new ModuleBuilder().custom("undefined", [1]).module();
  sameValues(contents(Module.customSections(module, undefined)), [[1]]);
});

test("customSections: a lone surrogate names no section", () => {
  const module = new ModuleBuilder().custom("\ufffd", [1]).module();
  sameValues(contents(Module.customSections(module, "\ud800")), []);
});

// All three are static operations.
test("static operations: properties and arguments", () => {
  hasOperation(Module, "exports", 1);
  hasOperation(Module, "imports", 1);
  hasOperation(Module, "customSections", 2);
  throws(TypeError, () => Module.customSections(new Module(emptyModule)));
  for (const name of ["exports", "imports", "customSections"]) {
    throws(TypeError, () => Module[name](), name);
    for (const value of [undefined, null, 1, "", {}, Module, Module.prototype, Object.create(Module.prototype)]) {
      throws(TypeError, () => Module[name](value, ""), `${name}(${typeof value})`);
    }
    const operation = Module[name];
    assert(Array.isArray(operation.call(undefined, new Module(emptyModule), "")), `${name} needs no receiver`);
  }
});

test("a module may be compiled without being instantiable", () => {
  const builder = new ModuleBuilder();
  builder.import("nowhere", "x", "table", { element: funcref, min: 5, max: 4_000_000_000 });
  equal(Module.imports(builder.module()).length, 1);
});

await run();
