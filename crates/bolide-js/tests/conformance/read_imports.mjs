// WebAssembly JavaScript Interface, "Instances": "read the imports".
import {
  ModuleBuilder, anyref, externref, f32, f64, funcref, i31ref, i32, i64, op, ref, v128,
} from "./harness/wasm-builder.mjs";
import { assert, equal, run, sameValues, test, throws } from "./harness/harness.mjs";

const { Instance, LinkError } = WebAssembly;

function importing(...imports) {
  const builder = new ModuleBuilder();
  for (const [module, name, kind, description] of imports) {
    builder.import(module, name, kind, description);
  }
  return builder.module();
}

const link = (module, imports) => new Instance(module, imports);

test("an import object is required if there are imports", () => {
  const module = importing(["m", "f", "func"]);
  throws(TypeError, () => new Instance(module));
  throws(TypeError, () => new Instance(module, undefined));
});

test("a module's name must lead to an object", () => {
  const module = importing(["m", "f", "func"]);
  throws(TypeError, () => link(module, {}));
  for (const value of [undefined, null, true, 1, "text", 1n, Symbol.iterator]) {
    throws(TypeError, () => link(module, { m: value }), String(value));
  }
  const carrier = Object.assign(() => {}, { f() {} });
  assert(link(module, { m: carrier }) instanceof Instance);
});

test("names are looked up as properties, inherited ones too", () => {
  const module = importing(["m", "f", "func"], ["", "", "global", { type: i32 }], ["☺", "1", "global", { type: f64 }]);
  class Imports {
    get m() { return { f() {} }; }
  }
  const imports = Object.assign(new Imports(), { "": { "": 1 }, "☺": [0, 2.5] });
  assert(link(module, imports) instanceof Instance);
  const object = importing(["toString", "call", "func"]);
  assert(link(object, {}) instanceof Instance);
});

test("imports are read in order, each by two gets", () => {
  const module = importing(["a", "f", "func"], ["b", "g", "global", { type: i32 }], ["a", "f", "func"], ["a", "h", "func"]);
  const order = [];
  const watched = (name, target) => new Proxy(target, { get: (object, key) => (order.push(name + key), object[key]) });
  const f = () => {};
  link(module, watched("", { a: watched("a.", { f, h: f }), b: watched("b.", { g: 1 }) }));
  sameValues(order, ["a", "a.f", "b", "b.g", "a", "a.f", "a", "a.h"]);
});

test("reading stops at the first import that fails", () => {
  const module = importing(["a", "f", "func"], ["b", "g", "func"]);
  let read = false;
  const imports = { a: { f: 1 }, get b() { read = true; return {}; } };
  throws(LinkError, () => link(module, imports));
  equal(read, false);
});

test("all imports are read before types are compared", () => {
  const inner = new ModuleBuilder();
  inner.func({ params: [i32], export: "f" });
  const { f } = inner.exports();
  const module = importing(["a", "f", "func", { params: [i64] }], ["b", "g", "func"]);
  let read = false;
  throws(LinkError, () => link(module, { a: { f }, get b() { read = true; return { g() {} }; } }));
  equal(read, true);
});

test("what a getter throws", () => {
  const module = importing(["m", "f", "func"]);
  const reason = {};
  throws(reason, () => link(module, { get m() { throw reason; } }));
  throws(reason, () => link(module, { m: { get f() { throw reason; } } }));
});

// Functions
test("functions: callables only", () => {
  const module = importing(["m", "f", "func"]);
  for (const value of [undefined, null, true, 1, "", 1n, Symbol.iterator, {}, [], /x/, new WebAssembly.Global({ value: "i32" })]) {
    throws(LinkError, () => link(module, { m: { f: value } }), String(value));
  }
});

// Globals
test("globals: numbers and BigInts by type", () => {
  for (const [type, good] of [[i32, 5], [f32, 1.5], [f64, NaN]]) {
    const module = importing(["m", "g", "global", { type }]);
    assert(link(module, { m: { g: good } }) instanceof Instance);
    for (const value of [undefined, null, true, "1", 1n, {}, { valueOf: () => 1 }, [1], Symbol.iterator, Object(1)]) {
      throws(LinkError, () => link(module, { m: { g: value } }), String(value));
    }
  }
  const module = importing(["m", "g", "global", { type: i64 }]);
  assert(link(module, { m: { g: 5n } }) instanceof Instance);
  for (const value of [undefined, null, true, "1", 1, Object(1n)]) {
    throws(LinkError, () => link(module, { m: { g: value } }), String(value));
  }
});

test("globals: the values are converted", () => {
  const value = (type, given) => {
    const builder = new ModuleBuilder();
    builder.import("m", "g", "global", { type });
    builder.func({ results: [type], body: op.globalGet(0), export: "get" });
    return builder.exports({ m: { g: given } }).get();
  };
  equal(value(i32, 2 ** 32 + 1.5), 1);
  equal(value(i64, 2n ** 64n - 1n), -1n);
  equal(value(f32, 0.1), Math.fround(0.1));
  equal(value(f64, -0), -0);
});

test("globals: references", () => {
  const value = (type, given) => {
    const builder = new ModuleBuilder();
    builder.import("m", "g", "global", { type, export: "g" });
    return builder.exports({ m: { g: given } }).g.value;
  };
  const inner = new ModuleBuilder();
  inner.func({ export: "f" });
  const { f } = inner.exports();
  for (const given of [{}, null, undefined, 1, "x", Symbol.iterator, f]) {
    equal(value(externref, given), given);
  }
  equal(value(funcref, f), f);
  equal(value(funcref, null), null);
  for (const given of [undefined, 1, {}, () => {}]) {
    throws(LinkError, () => value(funcref, given), String(given));
  }
  throws(LinkError, () => value(ref(externref), null));
  throws(LinkError, () => value(ref(funcref), null));
});

test("globals: internal references", () => {
  const value = (type, given) => {
    const builder = new ModuleBuilder();
    builder.import("m", "g", "global", { type, export: "g" });
    return builder.exports({ m: { g: given } }).g.value;
  };
  equal(value(i31ref, 5), 5);
  equal(value(anyref, "x"), "x");
  throws(LinkError, () => value(i31ref, "x"));
});

test("globals: v128 comes from Global objects only", () => {
  const module = importing(["m", "g", "global", { type: v128 }]);
  for (const value of [0, 0n, undefined, null, {}]) {
    throws(LinkError, () => link(module, { m: { g: value } }), String(value));
  }
  const builder = new ModuleBuilder();
  builder.global({ type: v128, export: "g" });
  assert(link(module, { m: builder.exports() }) instanceof Instance);
});

test("globals: a mutable global needs a Global object", () => {
  const module = importing(["m", "g", "global", { type: i32, mutable: true }]);
  throws(LinkError, () => link(module, { m: { g: 1 } }));
  throws(LinkError, () => link(module, { m: { g: new WebAssembly.Global({ value: "i32" }, 1) } }));
  assert(link(module, { m: { g: new WebAssembly.Global({ value: "i32", mutable: true }, 1) } }) instanceof Instance);
});

test("globals: a Global object is never taken as a value", () => {
  const global = new WebAssembly.Global({ value: "i32" }, 1);
  throws(LinkError, () => link(importing(["m", "g", "global", { type: externref }]), { m: { g: global } }));
});

// Memories, tables, tags
test("memories, tables and tags: objects of the class only", () => {
  const things = {
    memory: new WebAssembly.Memory({ initial: 1 }),
    table: new WebAssembly.Table({ element: "anyfunc", initial: 1 }),
    tag: new WebAssembly.Tag({ parameters: [] }),
    global: new WebAssembly.Global({ value: "i32" }),
  };
  for (const kind of ["memory", "table", "tag"]) {
    const module = importing(["m", "x", kind, {}]);
    assert(link(module, { m: { x: things[kind] } }) instanceof Instance, kind);
    const others = Object.entries(things).filter(([name]) => name !== kind).map(([, thing]) => thing);
    const prototype = Object.create(Object.getPrototypeOf(things[kind]));
    for (const value of [...others, undefined, null, 1, {}, () => {}, new ArrayBuffer(65536), prototype]) {
      throws(LinkError, () => link(module, { m: { x: value } }), `${kind} from ${String(value)}`);
    }
  }
});

test("subclasses and other prototypes are of the class", () => {
  class Named extends WebAssembly.Memory {}
  const module = importing(["m", "x", "memory", {}]);
  assert(link(module, { m: { x: new Named({ initial: 1 }) } }) instanceof Instance);
  const memory = new WebAssembly.Memory({ initial: 1 });
  Object.setPrototypeOf(memory, null);
  assert(link(module, { m: { x: memory } }) instanceof Instance);
});

test("tags: the type must be the same", () => {
  const module = importing(["m", "x", "tag", { params: [i32] }]);
  assert(link(module, { m: { x: new WebAssembly.Tag({ parameters: ["i32"] }) } }) instanceof Instance);
  throws(LinkError, () => link(module, { m: { x: new WebAssembly.Tag({ parameters: [] }) } }));
  throws(LinkError, () => link(module, { m: { x: new WebAssembly.Tag({ parameters: ["i64"] }) } }));
});

test("an error of linking names the import", () => {
  const module = importing(["some-module", "some-field", "func"]);
  for (const imports of [{ "some-module": {} }, {}]) {
    let message = "";
    try {
      link(module, imports);
    } catch (error) {
      ({ message } = error);
    }
    assert(message.includes("some-module"), message);
  }
});

test("setters of prototypes do not see what is read", () => {
  const inner = new ModuleBuilder();
  inner.import("m", "f", "func");
  inner.func({
    params: [externref], results: [externref, externref], body: [op.localGet(0), op.localGet(0)], export: "pair",
  });
  const module = inner.module();
  const f = () => {};
  let seen = 0;
  const spied = [[Array.prototype, 0], [Array.prototype, 1], [Object.prototype, "kind"]];
  let pair, results, imports;
  for (const [prototype, key] of spied) {
    Object.defineProperty(prototype, key, { get: () => undefined, set() { seen++; }, configurable: true });
  }
  try {
    ({ pair } = link(module, { m: { f } }).exports);
    results = pair(f);
    imports = WebAssembly.Module.imports(module);
  } finally {
    for (const [prototype, key] of spied) delete prototype[key];
  }
  equal(seen, 0);
  sameValues(results, [f, f]);
  equal(imports[0].kind, "function");
});

await run();
