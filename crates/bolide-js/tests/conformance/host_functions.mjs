// WebAssembly JavaScript Interface, "Exported Functions": "run a host function", "create a host function".
import { ModuleBuilder, externref, f32, f64, funcref, i32, i64, op, v128 } from "./harness/wasm-builder.mjs";
import { assert, equal, run, sameValues, test, throws } from "./harness/harness.mjs";

/** A function of this type that calls `host`. */
function calling(host, params, results) {
  const builder = new ModuleBuilder();
  const f = builder.import("m", "f", "func", { params, results });
  builder.func({ params, results, body: [params.map((_, i) => op.localGet(i)), op.call(f)], export: "call" });
  return builder.exports({ m: { f: host } }).call;
}

test("arguments are converted to JavaScript", () => {
  const object = {};
  let seen;
  calling((...values) => { seen = values; }, [i32, i64, f32, f64, externref, funcref], [])(-1, -1n, 0.1, 0.1, object, null);
  sameValues(seen, [-1, -1n, Math.fround(0.1), 0.1, object, null]);
});

test("the receiver is undefined", () => {
  let receiver = 1;
  calling(function () { receiver = this; }, [], [])();
  equal(receiver, undefined);
});

test("new.target is undefined, and arguments are exactly the parameters", () => {
  let target = 1;
  let count;
  calling(function () { target = new.target; count = arguments.length; }, [i32, i32], [])(1, 2);
  equal(target, undefined);
  equal(count, 2);
});

test("every callable will do", () => {
  class Base {
    static twice(x) { return 2 * x; }
    #secret = 5;
    bound = (x) => x + this.#secret;
  }
  const twice = (x) => 2 * x;
  for (const f of [twice, Base.twice, twice.bind(null), new Proxy(twice, {}), { twice }.twice]) {
    equal(calling(f, [i32], [i32])(21), 42);
  }
  equal(calling(new Base().bound, [i32], [i32])(1), 6);
  equal(calling(Math.abs, [f64], [f64])(-2.5), 2.5);
  equal(calling(new Proxy(twice, { apply: (target, receiver, values) => values.length }), [i32], [i32])(9), 1);
});

test("a class is callable and throws", () => {
  throws(TypeError, () => calling(class {}, [], [])());
});

// One result
test("a single result is converted", () => {
  equal(calling(() => "12", [], [i32])(), 12);
  equal(calling(() => 1.9, [], [i32])(), 1);
  equal(calling(() => undefined, [], [i32])(), 0);
  equal(calling(() => undefined, [], [f64])(), NaN);
  equal(calling(() => "5", [], [i64])(), 5n);
  equal(calling(() => ({ valueOf: () => 8 }), [], [i32])(), 8);
  throws(TypeError, () => calling(() => 1n, [], [i32])());
  throws(TypeError, () => calling(() => 1, [], [i64])());
  throws(TypeError, () => calling(() => () => {}, [], [funcref])());
});

test("without results the value is ignored", () => {
  equal(calling(() => Symbol(), [], [])(), undefined);
  let touched = false;
  calling(() => ({ get [Symbol.iterator]() { touched = true; }, valueOf: () => { touched = true; } }), [], [])();
  equal(touched, false);
});

// Many results
test("many results come from an iterable", () => {
  const f = (result) => calling(() => result, [], [i32, i64, f64])();
  sameValues(f([1, 2n, 3]), [1, 2n, 3]);
  sameValues(f(new Set(["1", true, "3"])), [1, 1n, 3]);
  sameValues(f({ *[Symbol.iterator]() { yield 4; yield 5n; yield 6; } }), [4, 5n, 6]);
  sameValues(f("123"), [1, 2n, 3]);
});

test("the number of values must be that of the results", () => {
  const f = (result) => calling(() => result, [], [i32, i32])();
  throws(TypeError, () => f([]));
  throws(TypeError, () => f([1]));
  throws(TypeError, () => f([1, 2, 3]));
  throws(TypeError, () => f("1"));
});

test("what is not iterable is a TypeError", () => {
  for (const value of [undefined, null, 1, true, 1n, {}, { length: 2 }, { [Symbol.iterator]: null }, { [Symbol.iterator]: 1 }]) {
    throws(TypeError, () => calling(() => value, [], [i32, i32])(), String(value));
  }
});

test("the iterable is read to its end before a value is converted", () => {
  const order = [];
  const value = (name) => ({ valueOf: () => (order.push(`convert ${name}`), 1) });
  const iterable = {
    *[Symbol.iterator]() {
      order.push("first");
      yield value("first");
      order.push("second");
      yield value("second");
      order.push("end");
    },
  };
  calling(() => iterable, [], [i32, i32])();
  sameValues(order, ["first", "second", "end", "convert first", "convert second"]);
});

test("too many values are read before the TypeError", () => {
  let count = 0;
  const iterable = { *[Symbol.iterator]() { while (count < 5) { yield count++; } } };
  throws(TypeError, () => calling(() => iterable, [], [i32, i32])());
  equal(count, 5);
});

test("what an iterator throws is thrown", () => {
  const reason = {};
  throws(reason, () => calling(() => ({ get [Symbol.iterator]() { throw reason; } }), [], [i32, i32])());
  throws(reason, () => calling(() => ({ *[Symbol.iterator]() { yield 1; throw reason; } }), [], [i32, i32])());
});

// Types that scripts cannot see
test("a type with v128 cannot be called", () => {
  let called = false;
  const builder = new ModuleBuilder();
  const parameter = builder.import("m", "f", "func", { params: [v128] });
  const result = builder.import("m", "f", "func", { results: [v128] });
  builder.func({ body: [op.v128Const(new Array(16).fill(0)), op.call(parameter)], export: "parameter" });
  builder.func({ body: [op.call(result), op.drop], export: "result" });
  const exports = builder.exports({ m: { f: () => { called = true; } } });
  throws(TypeError, () => exports.parameter());
  throws(TypeError, () => exports.result());
  equal(called, false);
});

// What a host function throws
test("what it throws passes through the module unchanged", () => {
  for (const reason of [new Error("e"), {}, "text", 1, undefined, null, Symbol("s")]) {
    throws(reason, () => calling(() => { throw reason; }, [], [])(), String(reason));
    throws(reason, () => calling(() => { throw reason; }, [i32], [i32, i64])(1), String(reason));
  }
});

test("after an exception the module goes on", () => {
  let fail = true;
  const f = calling(() => { if (fail) throw 1; return 2; }, [], [i32]);
  throws(1, f);
  fail = false;
  equal(f(), 2);
});

test("a conversion that throws passes through the module", () => {
  const reason = {};
  throws(reason, () => calling(() => ({ valueOf() { throw reason; } }), [], [i32])());
  throws(SyntaxError, () => calling(() => "x", [], [i64])());
});

// "create a host function": one for each import
test("the function that was imported is called, whatever the import object becomes", () => {
  const builder = new ModuleBuilder();
  const f = builder.import("m", "f", "func", { results: [i32] });
  builder.func({ results: [i32], body: op.call(f), export: "call" });
  const imports = { m: { f: () => 1 } };
  const { call } = builder.exports(imports);
  imports.m.f = () => 2;
  equal(call(), 1);
});

test("an imported exported function is called directly", () => {
  const inner = new ModuleBuilder();
  inner.func({ params: [v128], results: [v128], body: op.localGet(0), export: "f" });
  const { f } = inner.exports();
  const outer = new ModuleBuilder();
  const imported = outer.import("m", "f", "func", { params: [v128], results: [v128] });
  outer.func({ results: [i32], body: [op.v128Const(new Array(16).fill(3)), op.call(imported), op.drop, op.i32Const(1)], export: "run" });
  equal(outer.exports({ m: { f } }).run(), 1);
});

test("an imported exported function must have the type", () => {
  const inner = new ModuleBuilder();
  inner.func({ params: [i32], export: "f" });
  const { f } = inner.exports();
  throws(WebAssembly.LinkError, () => calling(f, [i64], []));
  throws(WebAssembly.LinkError, () => calling(f, [], []));
  throws(WebAssembly.LinkError, () => calling(f, [i32], [i32]));
  equal(calling(f.bind(null), [f64], [])(1), undefined);
});

test("an exported function behind a bound function is converted twice", () => {
  const inner = new ModuleBuilder();
  inner.func({ params: [i32], results: [i32], body: op.localGet(0), export: "f" });
  const { f } = inner.exports();
  assert(Object.is(calling(f.bind(null), [f64], [f64])(3.7), 3));
});

await run();
