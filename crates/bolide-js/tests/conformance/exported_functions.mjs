// WebAssembly JavaScript Interface, "Exported Functions": "the name of the WebAssembly function",
// "create a new Exported Function", "call an Exported Function".
import { ModuleBuilder, externref, f64, funcref, i32, i64, op, v128 } from "./harness/wasm-builder.mjs";
import { assert, equal, hasProperty, notEqual, run, sameValues, test, throws } from "./harness/harness.mjs";

const add = () => {
  const builder = new ModuleBuilder();
  builder.func({ params: [i32, i32], results: [i32], body: [op.localGet(0), op.localGet(1), op.i32Add], export: "add" });
  return builder.exports().add;
};

// "create a new Exported Function"
test("an ordinary function object", () => {
  const f = add();
  equal(typeof f, "function");
  equal(Object.getPrototypeOf(f), Function.prototype);
  assert(f instanceof Function);
  assert(Object.isExtensible(f));
  equal(Object.prototype.toString.call(f), "[object Function]");
  f.own = 1;
  equal(f.own, 1);
});

test("length and name, and no other property", () => {
  const f = add();
  sameValues(Reflect.ownKeys(f), ["length", "name"]);
  equal(hasProperty(f, "length", "configurable").value, 2);
  equal(hasProperty(f, "name", "configurable").value, "0");
});

test("the name is the function's index", () => {
  const builder = new ModuleBuilder();
  builder.import("m", "f", "func");
  builder.func({ export: "first" });
  builder.func();
  builder.func({ params: [i32, i64, f64], export: "third" });
  const { first, third } = builder.exports({ m: { f() {} } });
  equal(first.name, "1");
  equal(third.name, "3");
  equal(third.length, 3);
});

test("the source text is that of a native function", () => {
  const text = Function.prototype.toString.call(add());
  assert(/^\s*function\s*0?\s*\(\s*\)\s*\{\s*\[\s*native\s+code\s*\]\s*\}\s*$/.test(text), text);
});

test("no constructor", () => {
  const f = add();
  throws(TypeError, () => new f(1, 2));
  throws(TypeError, () => Reflect.construct(Object, [], f));
  throws(TypeError, () => class extends f {});
});

test("it can be bound, applied and passed on", () => {
  const f = add();
  equal(f.call(undefined, 1, 2), 3);
  equal(f.apply({}, [3, 4]), 7);
  equal(f.bind(null, 5)(6), 11);
  equal([1, 2, 3].reduce(f), 6);
  equal(Reflect.apply(f, null, [1, 1]), 2);
  equal(new Proxy(f, {})(2, 2), 4);
});

test("the receiver does not matter", () => {
  for (const receiver of [undefined, null, 1, {}, globalThis]) {
    equal(add().call(receiver, 1, 1), 2);
  }
});

// One object for one function address
test("a function has one object in all places", () => {
  const builder = new ModuleBuilder();
  const f = builder.func({ export: "f" });
  builder.exportAs("again", "func", f);
  builder.table({ min: 1, export: "table" });
  builder.global({ type: funcref, init: op.refFunc(f), export: "global" });
  builder.func({ results: [funcref], body: op.refFunc(f), export: "get" });
  builder.func({ params: [funcref], results: [funcref], body: op.localGet(0), export: "same" });
  const exports = builder.elements(0, [f]).exports();
  equal(exports.again, exports.f);
  equal(exports.table.get(0), exports.f);
  equal(exports.global.value, exports.f);
  equal(exports.get(), exports.f);
  equal(exports.same(exports.f), exports.f);
});

test("a function has one object in all instances", () => {
  const f = add();
  const builder = new ModuleBuilder();
  builder.import("m", "f", "func", { params: [i32, i32], results: [i32], export: "f" });
  const module = builder.module();
  for (let i = 0; i < 3; i++) {
    equal(new WebAssembly.Instance(module, { m: { f } }).exports.f, f);
  }
});

test("instances have their own functions", () => {
  const builder = new ModuleBuilder();
  builder.func({ export: "f" });
  const module = builder.module();
  notEqual(new WebAssembly.Instance(module).exports.f, new WebAssembly.Instance(module).exports.f);
});

test("an imported host function is exported as a new function", () => {
  const builder = new ModuleBuilder();
  builder.import("m", "a", "func", { params: [i32], results: [i32], export: "a" });
  builder.import("m", "b", "func", { params: [i32], results: [i32], export: "b" });
  const host = (x, ...rest) => x + 1 + rest.length;
  const { a, b } = builder.exports({ m: { a: host, b: host } });
  notEqual(a, host);
  notEqual(a, b);
  equal(a.name, "0");
  equal(b.name, "1");
  equal(a.length, 1);
  equal(a("4", 9, 9), 5);
});

// "call an Exported Function"
test("missing arguments are undefined, extra ones are ignored", () => {
  const f = add();
  equal(f(), 0);
  equal(f(5), 5);
  let touched = false;
  equal(f(1, 2, { valueOf: () => (touched = true) }), 3);
  equal(touched, false);
  const builder = new ModuleBuilder();
  builder.func({ params: [f64], results: [f64], body: op.localGet(0), export: "number" });
  builder.func({ params: [externref], results: [externref], body: op.localGet(0), export: "reference" });
  builder.func({ params: [i64], export: "bigint" });
  const { number, reference, bigint } = builder.exports();
  equal(number(), NaN);
  equal(reference(), undefined);
  throws(TypeError, () => bigint());
});

test("arguments are converted from left to right, once", () => {
  const order = [];
  const argument = (name) => ({ valueOf: () => (order.push(name), 1) });
  add()(argument("first"), argument("second"));
  sameValues(order, ["first", "second"]);
});

test("a failing conversion ends the call before it starts", () => {
  const builder = new ModuleBuilder();
  const called = builder.import("m", "called", "func");
  builder.func({ params: [i32, i64, i32], body: op.call(called), export: "f" });
  let calls = 0;
  const order = [];
  const { f } = builder.exports({ m: { called: () => calls++ } });
  throws(TypeError, () => f({ valueOf: () => order.push(1) }, 1, { valueOf: () => order.push(2) }));
  sameValues(order, [1]);
  equal(calls, 0);
});

test("results: none, one, many", () => {
  const builder = new ModuleBuilder();
  builder.func({ export: "none" });
  builder.func({ results: [i64], body: op.i64Const(-1n), export: "one" });
  builder.func({ results: [i32, i64, f64], body: [op.i32Const(1), op.i64Const(2), op.f64Const(3.5)], export: "many" });
  const { none, one, many } = builder.exports();
  equal(none(), undefined);
  equal(one(), -1n);
  const results = many();
  assert(Array.isArray(results));
  equal(Object.getPrototypeOf(results), Array.prototype);
  sameValues(results, [1, 2n, 3.5]);
  notEqual(many(), results);
});

test("a type with v128 cannot be called from scripts", () => {
  const builder = new ModuleBuilder();
  builder.func({ params: [i32, v128], export: "parameter" });
  builder.func({ results: [v128], body: op.v128Const(new Array(16).fill(1)), export: "result" });
  const { parameter, result } = builder.exports();
  throws(TypeError, () => parameter(0, 0));
  throws(TypeError, () => result());
  equal(parameter.length, 2);
  let converted = false;
  throws(TypeError, () => parameter({ valueOf: () => (converted = true) }, 0));
  equal(converted, false);
});

test("many parameters and results", () => {
  const count = 200;
  const types = new Array(count).fill(i32);
  const builder = new ModuleBuilder();
  const body = types.map((_, i) => op.localGet(count - 1 - i));
  builder.func({ params: types, results: types, body, export: "reverse" });
  const { reverse } = builder.exports();
  equal(reverse.length, count);
  sameValues(reverse(...types.keys()), [...types.keys()].reverse());
});

test("every mixture of number types keeps its place", () => {
  const types = [i32, f64, i64, 0x7d, i64, i32, 0x7d, f64, i32, i64, f64, 0x7d, i32, i32, i32, i64, i64, f64, f64, 0x7d];
  const values = types.map((type, i) => (type === i64 ? BigInt(-i) : type === i32 ? 0 - i : i + 0.5));
  const builder = new ModuleBuilder();
  builder.func({ params: types, results: types, body: types.map((_, i) => op.localGet(i)), export: "same" });
  const host = builder.exports().same;
  sameValues(host(...values), values);
  const importer = new ModuleBuilder();
  const imported = importer.import("m", "f", "func", { params: types, results: types });
  importer.func({ params: types, results: types, body: [types.map((_, i) => op.localGet(i)), op.call(imported)], export: "f" });
  sameValues(importer.exports({ m: { f: (...all) => all } }).f(...values), values);
  sameValues(importer.exports({ m: { f: host } }).f(...values), values);
});

test("a trap is a RuntimeError, and the function can be called again", () => {
  const builder = new ModuleBuilder();
  builder.func({ params: [i32], results: [i32], body: [op.i32Const(12), op.localGet(0), op.i32DivS], export: "divide" });
  const { divide } = builder.exports();
  throws(WebAssembly.RuntimeError, () => divide(0));
  equal(divide(4), 3);
});

await run();
