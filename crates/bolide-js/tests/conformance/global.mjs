// WebAssembly JavaScript Interface, "Globals".
import { ModuleBuilder, externref, f32, f64, funcref, i32, i64, op, refNull, v128 } from "./harness/wasm-builder.mjs";
import { assert, equal, run, sameValues, test, throws } from "./harness/harness.mjs";

const { Global } = WebAssembly;

function exportedFunction() {
  const builder = new ModuleBuilder();
  builder.func({ export: "f" });
  return builder.exports().f;
}

// Global(descriptor, v)
test("constructor: arguments", () => {
  throws(TypeError, () => Global({ value: "i32" }), "without new");
  throws(TypeError, () => new Global());
  for (const value of [undefined, null, true, 1, "", Symbol.iterator]) {
    throws(TypeError, () => new Global(value), String(value));
  }
  throws(TypeError, () => new Global({}));
  for (const value of ["", "i16", "I32", "funcref", "int", undefined, null, 5]) {
    throws(TypeError, () => new Global({ value }), String(value));
  }
});

test("constructor: the members are read in lexicographical order", () => {
  const order = [];
  const values = { value: "i32", mutable: true };
  new Global(new Proxy(values, { get: (target, key) => (order.push(key), target[key]) }));
  sameValues(order, ["mutable", "value"]);
});

test("constructor: the prototype, and no own properties", () => {
  const global = new Global({ value: "i32" });
  equal(Object.getPrototypeOf(global), Global.prototype);
  equal(String(global), "[object WebAssembly.Global]");
  sameValues(Reflect.ownKeys(global), []);
  class Named extends Global {}
  equal(Object.getPrototypeOf(new Named({ value: "i32" })), Named.prototype);
});

test("constructor: values when none is given", () => {
  const expected = { i32: 0, i64: 0n, f32: 0, f64: 0, externref: undefined, anyfunc: null };
  for (const [type, value] of Object.entries(expected)) {
    equal(new Global({ value: type }).value, value, type);
  }
});

test("constructor: undefined is as no value", () => {
  const expected = { i32: 0, i64: 0n, f32: 0, f64: 0, externref: undefined, anyfunc: null };
  for (const [type, value] of Object.entries(expected)) {
    equal(new Global({ value: type }, undefined).value, value, type);
  }
});

test("constructor: values are converted to the type", () => {
  const f = exportedFunction();
  const object = {};
  const cases = [
    ["i32", 3.7, 3], ["i32", "12", 12], ["i32", 2 ** 31, -(2 ** 31)], ["i32", null, 0], ["i32", NaN, 0],
    ["i64", 5n, 5n], ["i64", 2n ** 63n, -(2n ** 63n)], ["i64", "7", 7n], ["i64", true, 1n],
    ["f32", 0.1, Math.fround(0.1)], ["f32", "x", NaN], ["f64", 0.1, 0.1], ["f64", -0, -0],
    ["externref", object, object], ["externref", null, null], ["externref", 3, 3],
    ["anyfunc", f, f], ["anyfunc", null, null],
  ];
  for (const [type, given, value] of cases) {
    equal(new Global({ value: type }, given).value, value, `${type} ${String(given)}`);
  }
  for (const [type, given] of [["i32", 1n], ["i32", Symbol()], ["i64", 1], ["i64", null], ["f64", 1n], ["anyfunc", () => {}]]) {
    throws(TypeError, () => new Global({ value: type }, given), `${type} ${String(given)}`);
  }
  throws(SyntaxError, () => new Global({ value: "i64" }, "x"));
});

test("constructor: mutable is converted to a boolean", () => {
  for (const mutable of [true, 1, "x", {}]) {
    const global = new Global({ value: "i32", mutable });
    global.value = 2;
    equal(global.value, 2);
  }
  for (const mutable of [false, 0, "", null, undefined]) {
    throws(TypeError, () => { new Global({ value: "i32", mutable }).value = 2; });
  }
});

// value, "the getGlobalValue algorithm"
test("value: a getter and a setter", () => {
  const global = new Global({ value: "i64", mutable: true }, 1n);
  equal(global.value, 1n);
  equal((global.value = 2n), 2n);
  equal(global.value, 2n);
  throws(TypeError, () => { global.value = 1; });
  equal(global.value, 2n);
});

test("value: an immutable global refuses before it converts", () => {
  const global = new Global({ value: "i32" }, 1);
  let converted = false;
  throws(TypeError, () => { global.value = { valueOf: () => (converted = true) }; });
  equal(converted, false);
  equal(global.value, 1);
});

test("value: undefined is converted as any value", () => {
  const number = new Global({ value: "f64", mutable: true }, 1);
  number.value = undefined;
  equal(number.value, NaN);
  const reference = new Global({ value: "externref", mutable: true }, 1);
  reference.value = undefined;
  equal(reference.value, undefined);
  throws(TypeError, () => { new Global({ value: "i64", mutable: true }).value = undefined; });
  throws(TypeError, () => { new Global({ value: "anyfunc", mutable: true }).value = undefined; });
});

test("value: the setter needs an argument", () => {
  const { set } = Object.getOwnPropertyDescriptor(Global.prototype, "value");
  const global = new Global({ value: "i32", mutable: true }, 5);
  throws(TypeError, () => set.call(global));
  equal(global.value, 5);
});

test("value: v128 has no value in JavaScript", () => {
  const builder = new ModuleBuilder();
  builder.global({ type: v128, mutable: true, export: "g" });
  const { g } = builder.exports();
  throws(TypeError, () => g.value);
  throws(TypeError, () => { g.value = 0; });
  throws(TypeError, () => g.valueOf());
});

// valueOf()
test("valueOf: the value", () => {
  equal(new Global({ value: "i32" }, 4).valueOf(), 4);
  equal(new Global({ value: "i64" }, 4n).valueOf(), 4n);
  equal(new Global({ value: "i32" }, 4) + 1, 5);
});

// Globals and modules
const accessors = (type, mutable, init) => {
  const builder = new ModuleBuilder();
  builder.global({ type, mutable, init, export: "g" });
  builder.func({ results: [type], body: op.globalGet(0), export: "get" });
  if (mutable) {
    builder.func({ params: [type], body: [op.localGet(0), op.globalSet(0)], export: "set" });
  }
  return builder.exports();
};

test("a module's global and its object are one", () => {
  const cases = [
    [i32, -5, 6], [i64, -5n, 6n], [f32, 1.5, -0], [f64, 0.1, NaN], [externref, { a: 1 }, null], [funcref, exportedFunction(), null],
  ];
  for (const [type, first, second] of cases) {
    const init = type === externref || type === funcref ? op.refNull(type) : undefined;
    const { g, get, set } = accessors(type, true, init);
    set(first);
    equal(g.value, first);
    g.value = second;
    equal(get(), second);
  }
});

test("an immutable exported global cannot be set", () => {
  const { g, get } = accessors(i32, false, op.i32Const(8));
  equal(g.value, 8);
  throws(TypeError, () => { g.value = 9; });
  equal(get(), 8);
});

test("linking compares types and mutability", () => {
  const link = (description, descriptor, value) => {
    const builder = new ModuleBuilder();
    builder.import("m", "g", "global", { ...description, export: "g" });
    const global = value === undefined ? new Global(descriptor) : new Global(descriptor, value);
    equal(builder.exports({ m: { g: global } }).g, global);
  };
  link({ type: i32 }, { value: "i32" }, 1);
  link({ type: i64, mutable: true }, { value: "i64", mutable: true }, 1n);
  link({ type: externref }, { value: "externref" }, {});
  throws(WebAssembly.LinkError, () => link({ type: i32 }, { value: "i64" }));
  throws(WebAssembly.LinkError, () => link({ type: f32 }, { value: "f64" }));
  throws(WebAssembly.LinkError, () => link({ type: i32 }, { value: "i32", mutable: true }));
  throws(WebAssembly.LinkError, () => link({ type: i32, mutable: true }, { value: "i32" }));
  throws(WebAssembly.LinkError, () => link({ type: externref }, { value: "anyfunc" }));
});

test("a global may initialise another", () => {
  const builder = new ModuleBuilder();
  builder.import("m", "g", "global", { type: i32 });
  builder.global({ type: i32, init: op.globalGet(0), export: "copy" });
  equal(builder.exports({ m: { g: new Global({ value: "i32" }, 33) } }).copy.value, 33);
});

test("a global of a function refuses null only if its type does", () => {
  const builder = new ModuleBuilder();
  const f = builder.func({ export: "f" });
  builder.global({ type: refNull(funcref), mutable: true, init: op.refFunc(f), export: "g" });
  const { f: exported, g } = builder.exports();
  equal(g.value, exported);
  g.value = null;
  equal(g.value, null);
});

test("members check their receiver", () => {
  const { get, set } = Object.getOwnPropertyDescriptor(Global.prototype, "value");
  for (const value of [undefined, null, 1, {}, Global.prototype]) {
    throws(TypeError, () => get.call(value));
    throws(TypeError, () => set.call(value, 1));
    throws(TypeError, () => Global.prototype.valueOf.call(value));
  }
  assert(new Global({ value: "i32" }) instanceof Global);
});

await run();
