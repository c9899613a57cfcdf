// WebAssembly JavaScript Interface, "Tags", "JavaScript Exceptions", "Exceptions": Tag(type),
// Exception(exceptionTag, payload, options), getArg, is, stack, JSTag.
import { ModuleBuilder, empty, externref, exnref, f64, i32, i64, op } from "./harness/wasm-builder.mjs";
import { assert, equal, notEqual, run, sameValues, test, throws } from "./harness/harness.mjs";

const { Exception, JSTag, Tag } = WebAssembly;

// Tag(type)
test("Tag: arguments", () => {
  throws(TypeError, () => Tag({ parameters: [] }), "without new");
  throws(TypeError, () => new Tag());
  for (const value of [undefined, null, true, 1, "", {}, { parameters: undefined }, { parameters: null }, { parameters: {} }]) {
    throws(TypeError, () => new Tag(value), String(value));
  }
  for (const type of ["", "i16", "I32", undefined, null, 1]) {
    throws(TypeError, () => new Tag({ parameters: [type] }), String(type));
  }
});

test("Tag: parameters are a sequence of value types", () => {
  for (const parameters of [[], ["i32"], ["i64", "f32", "f64", "externref", "anyfunc"]]) {
    const tag = new Tag({ parameters });
    equal(Object.getPrototypeOf(tag), Tag.prototype);
    equal(String(tag), "[object WebAssembly.Tag]");
    sameValues(Reflect.ownKeys(tag), []);
  }
});

test("Tag: parameters are read by iteration", () => {
  const generator = (function* () { yield { toString: () => "i32" }; })();
  const tag = new Tag({ parameters: generator });
  equal(new Exception(tag, [5]).getArg(tag, 0), 5);
});

test("Tag: subclasses", () => {
  class Named extends Tag {}
  equal(Object.getPrototypeOf(new Named({ parameters: [] })), Named.prototype);
});

// Exception(exceptionTag, payload, options)
const pair = new Tag({ parameters: ["i32", "externref"] });

test("Exception: arguments", () => {
  throws(TypeError, () => Exception(pair, [1, 2]), "without new");
  throws(TypeError, () => new Exception());
  throws(TypeError, () => new Exception(pair));
  for (const tag of [undefined, null, 1, {}, Tag, Tag.prototype]) {
    throws(TypeError, () => new Exception(tag, []), String(tag));
  }
  for (const payload of [undefined, null, 1, "", {}]) {
    throws(TypeError, () => new Exception(pair, payload), String(payload));
  }
  throws(TypeError, () => new Exception(pair, [1, 2], 1));
  throws(TypeError, () => new Exception(pair, [1, 2], "x"));
});

test("Exception: the payload has as many values as the tag", () => {
  throws(TypeError, () => new Exception(pair, []));
  throws(TypeError, () => new Exception(pair, [1]));
  throws(TypeError, () => new Exception(pair, [1, 2, 3]));
  throws(TypeError, () => new Exception(new Tag({ parameters: [] }), [1]));
});

test("Exception: an object that is no Error", () => {
  const exception = new Exception(pair, [1, "x"]);
  equal(Object.getPrototypeOf(exception), Exception.prototype);
  equal(String(exception), "[object WebAssembly.Exception]");
  equal(exception instanceof Error, false);
});

test("Exception: subclasses", () => {
  class Named extends Exception {}
  equal(Object.getPrototypeOf(new Named(pair, [1, 2])), Named.prototype);
});

test("Exception: the payload is read by iteration", () => {
  const exception = new Exception(pair, new Set([1, "x"]));
  equal(exception.getArg(pair, 1), "x");
});

test("Exception: the payload is converted in order", () => {
  const order = [];
  const value = (name, result) => ({ valueOf: () => (order.push(name), result) });
  const tag = new Tag({ parameters: ["i32", "i64", "f32", "f64", "externref", "anyfunc"] });
  const object = {};
  const payload = [value("a", 1.5), value("b", 2n), value("c", 0.1), value("d", 0.1), object, null];
  const exception = new Exception(tag, payload);
  sameValues(order, ["a", "b", "c", "d"]);
  const values = [0, 1, 2, 3, 4, 5].map((i) => exception.getArg(tag, i));
  sameValues(values, [1, 2n, Math.fround(0.1), 0.1, object, null]);
});

test("Exception: a payload of other types is refused", () => {
  throws(TypeError, () => new Exception(new Tag({ parameters: ["i64"] }), [1]));
  throws(TypeError, () => new Exception(new Tag({ parameters: ["i32"] }), [1n]));
  throws(TypeError, () => new Exception(new Tag({ parameters: ["anyfunc"] }), [() => {}]));
  throws(SyntaxError, () => new Exception(new Tag({ parameters: ["i64"] }), ["x"]));
});

test("Exception: options", () => {
  const plain = new Exception(pair, [1, 2]);
  equal(plain.stack, undefined);
  equal(new Exception(pair, [1, 2], { traceStack: false }).stack, undefined);
  equal(new Exception(pair, [1, 2], undefined).stack, undefined);
  const { stack } = new Exception(pair, [1, 2], { traceStack: true });
  assert(stack === undefined || typeof stack === "string");
  throws(TypeError, () => { "use strict"; plain.stack = "x"; });
});

// is(exceptionTag)
test("is: the tag by identity", () => {
  const exception = new Exception(pair, [1, 2]);
  equal(exception.is(pair), true);
  equal(exception.is(new Tag({ parameters: ["i32", "externref"] })), false);
  throws(TypeError, () => exception.is());
  for (const tag of [undefined, null, {}, Tag.prototype]) {
    throws(TypeError, () => exception.is(tag), String(tag));
  }
});

// getArg(index)
test("getArg: the tag must be the exception's", () => {
  const exception = new Exception(pair, [1, 2]);
  equal(exception.getArg(pair, 0), 1);
  throws(TypeError, () => exception.getArg(new Tag({ parameters: ["i32", "externref"] }), 0));
  throws(TypeError, () => exception.getArg({}, 0));
});

test("getArg: the index must be one of the payload's", () => {
  const exception = new Exception(pair, [1, 2]);
  throws(RangeError, () => exception.getArg(pair, 2));
  throws(RangeError, () => exception.getArg(pair, 2 ** 32 - 1));
  throws(TypeError, () => exception.getArg(pair));
  for (const index of [-1, 2 ** 32, NaN, Infinity, "x", undefined, 0n]) {
    throws(TypeError, () => exception.getArg(pair, index), String(index));
  }
  equal(exception.getArg(pair, "1"), 2);
});

test("members check their receiver", () => {
  const { get } = Object.getOwnPropertyDescriptor(Exception.prototype, "stack");
  for (const value of [undefined, null, {}, new Error(), Exception.prototype]) {
    throws(TypeError, () => Exception.prototype.is.call(value, pair));
    throws(TypeError, () => Exception.prototype.getArg.call(value, pair, 0));
    throws(TypeError, () => get.call(value));
  }
});

// JSTag
test("JSTag: a tag of the namespace", () => {
  equal(Object.getPrototypeOf(JSTag), Tag.prototype);
  equal(WebAssembly.JSTag, JSTag);
  throws(TypeError, () => { "use strict"; WebAssembly.JSTag = 1; });
});

test("JSTag: no exception is made of it", () => {
  throws(TypeError, () => new Exception(JSTag, [{}]));
});

test("JSTag: its type is one external reference", () => {
  const builder = new ModuleBuilder();
  builder.import("m", "tag", "tag", { params: [externref], export: "tag" });
  equal(builder.exports({ m: { tag: JSTag } }).tag, JSTag);
  const wrong = new ModuleBuilder();
  wrong.import("m", "tag", "tag", { params: [i32] });
  throws(WebAssembly.LinkError, () => wrong.exports({ m: { tag: JSTag } }));
});

// Tags of modules
test("tags of modules have identity", () => {
  const builder = new ModuleBuilder();
  builder.tag({ params: [i32], export: "tag" });
  const module = builder.module();
  const [first, second] = [new WebAssembly.Instance(module).exports, new WebAssembly.Instance(module).exports];
  notEqual(first.tag, second.tag);
  equal(new Exception(first.tag, [3]).is(first.tag), true);
  equal(new Exception(first.tag, [3]).is(second.tag), false);
});

// Throwing and catching in modules
test("an exception thrown by a module is an Exception", () => {
  const builder = new ModuleBuilder();
  const tag = builder.tag({ params: [i32, externref], export: "tag" });
  builder.func({ params: [i32, externref], body: [op.localGet(0), op.localGet(1), op.throw(tag)], export: "raise" });
  const { tag: object, raise } = builder.exports();
  const value = {};
  const thrown = throws(Exception, () => raise(7, value));
  equal(thrown.is(object), true);
  equal(thrown.getArg(object, 0), 7);
  equal(thrown.getArg(object, 1), value);
});

/** A module that calls `m.f` and catches what it throws. */
function catching(clauses, results, finish = []) {
  const builder = new ModuleBuilder();
  const jsTag = builder.import("m", "jsTag", "tag", { params: [externref] });
  const tag = builder.import("m", "tag", "tag", { params: [i32] });
  const f = builder.import("m", "f", "func");
  const type = results.length === 1 ? results[0] : builder.type([], results);
  const body = [op.block(type, op.tryTable(empty, clauses({ jsTag, tag }), op.call(f)), finish, op.return)];
  builder.func({ results, body, export: "run" });
  return (host, tagObject) => builder.exports({ m: { jsTag: JSTag, tag: tagObject, f: host } }).run();
}

test("a module catches the Exception that a script throws", () => {
  const run = catching(({ tag }) => [op.catch_(tag, 0)], [i32], op.i32Const(-1));
  const [tag, other] = [new Tag({ parameters: ["i32"] }), new Tag({ parameters: ["i32"] })];
  equal(run(() => { throw new Exception(tag, [42]); }, tag), 42);
  equal(run(() => {}, tag), -1);
  const uncaught = new Exception(other, [1]);
  throws(uncaught, () => run(() => { throw uncaught; }, tag));
});

test("a module catches other values by JSTag", () => {
  const run = catching(({ jsTag }) => [op.catch_(jsTag, 0)], [externref], op.refNull(externref));
  const tag = new Tag({ parameters: ["i32"] });
  for (const reason of [new Error("e"), {}, "text", 5, undefined]) {
    equal(run(() => { throw reason; }, tag), reason);
  }
  const exception = new Exception(tag, [1]);
  throws(exception, () => run(() => { throw exception; }, tag));
});

test("what is caught and thrown again is the same", () => {
  const run = catching(() => [op.catchAllRef(0)], [exnref], [op.refNull(exnref)]);
  const tag = new Tag({ parameters: ["i32"] });
  throws(TypeError, () => run(() => {}, tag), "exnref does not reach scripts");

  const builder = new ModuleBuilder();
  const f = builder.import("m", "f", "func");
  builder.func({ body: [op.block(exnref, op.tryTable(empty, [op.catchAllRef(0)], op.call(f)), op.return), op.throwRef], export: "again" });
  for (const reason of [new Error("e"), "text", new Exception(tag, [1])]) {
    throws(reason, () => builder.exports({ m: { f() { throw reason; } } }).again());
  }
});

test("a module throws any value by JSTag", () => {
  const builder = new ModuleBuilder();
  const tag = builder.import("m", "jsTag", "tag", { params: [externref] });
  builder.func({ params: [externref], body: [op.localGet(0), op.throw(tag)], export: "raise" });
  const { raise } = builder.exports({ m: { jsTag: JSTag } });
  for (const reason of [new Error("e"), {}, "text", 5, null, undefined]) {
    throws(reason, () => raise(reason));
  }
});

test("catch_all does not catch traps", () => {
  const builder = new ModuleBuilder();
  const inner = builder.func({ body: op.unreachable });
  builder.func({ body: op.block(empty, op.tryTable(empty, [op.catchAll(0)], op.call(inner))), export: "run" });
  throws(WebAssembly.RuntimeError, () => builder.exports().run());
});

test("exception payloads of every type pass", () => {
  const builder = new ModuleBuilder();
  const tag = builder.tag({ params: [i32, i64, f64, externref], export: "tag" });
  const body = [op.i32Const(1), op.i64Const(2), op.f64Const(3.5), op.localGet(0), op.throw(tag)];
  builder.func({ params: [externref], body, export: "raise" });
  const exports = builder.exports();
  const thrown = throws(Exception, () => exports.raise("x"));
  sameValues([0, 1, 2, 3].map((i) => thrown.getArg(exports.tag, i)), [1, 2n, 3.5, "x"]);
});

await run();
