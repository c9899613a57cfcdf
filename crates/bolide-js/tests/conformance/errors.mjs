// WebAssembly JavaScript Interface, "Error Objects": CompileError, LinkError and RuntimeError are NativeErrors
// (ECMAScript, "NativeError Object Structure"); and "Error Condition Mappings": traps.
import { ModuleBuilder, empty, externref, f32, f64, i32, i64, op } from "./harness/wasm-builder.mjs";
import { assert, equal, hasProperty, run, sameValues, test, throws } from "./harness/harness.mjs";

const names = ["CompileError", "LinkError", "RuntimeError"];

for (const name of names) {
  const Constructor = WebAssembly[name];

  test(`${name}: the constructor`, () => {
    hasProperty(WebAssembly, name, "writable configurable");
    equal(Object.getPrototypeOf(Constructor), Error);
    equal(hasProperty(Constructor, "name", "configurable").value, name);
    equal(hasProperty(Constructor, "length", "configurable").value, 1);
    hasProperty(Constructor, "prototype", "");
  });

  test(`${name}: the prototype`, () => {
    const { prototype } = Constructor;
    equal(Object.getPrototypeOf(prototype), Error.prototype);
    equal(hasProperty(prototype, "constructor", "writable configurable").value, Constructor);
    equal(hasProperty(prototype, "name", "writable configurable").value, name);
    equal(hasProperty(prototype, "message", "writable configurable").value, "");
    sameValues(Reflect.ownKeys(prototype).sort(), ["constructor", "message", "name"]);
    equal(Object.prototype.toString.call(prototype), "[object Object]");
  });

  test(`${name}: instances, with and without new`, () => {
    for (const error of [new Constructor("why"), Constructor("why")]) {
      equal(Object.getPrototypeOf(error), Constructor.prototype);
      assert(error instanceof Error);
      equal(hasProperty(error, "message", "writable configurable").value, "why");
      equal(error.name, name);
      equal(String(error), `${name}: why`);
      equal(Object.prototype.toString.call(error), "[object Error]");
    }
  });

  test(`${name}: the message is converted, undefined is none`, () => {
    equal(Object.hasOwn(new Constructor(), "message"), false);
    equal(Object.hasOwn(new Constructor(undefined), "message"), false);
    equal(new Constructor(5).message, "5");
    equal(new Constructor(null).message, "null");
    equal(String(new Constructor()), name);
    throws(TypeError, () => new Constructor(Symbol()));
  });

  test(`${name}: the cause`, () => {
    const cause = {};
    equal(hasProperty(new Constructor("m", { cause }), "cause", "writable configurable").value, cause);
    equal(Object.hasOwn(new Constructor("m", { cause: undefined }), "cause"), true);
    equal(Object.hasOwn(new Constructor("m", {}), "cause"), false);
    equal(Object.hasOwn(new Constructor("m", "cause"), "cause"), false);
  });

  test(`${name}: a stack, and subclasses`, () => {
    equal(typeof new Constructor("m").stack, "string");
    class Named extends Constructor {}
    const error = new Named("m");
    equal(Object.getPrototypeOf(error), Named.prototype);
    equal(error.message, "m");
    equal(Object.prototype.toString.call(error), "[object Error]");
  });
}

// Traps
const trapping = (params, results, ...body) => {
  const builder = new ModuleBuilder();
  builder.func({ params, results, body, export: "f" });
  return builder.exports().f;
};

test("traps are RuntimeErrors with a message and a stack", () => {
  const error = throws(WebAssembly.RuntimeError, trapping([], [], op.unreachable));
  assert(error.message.length > 0);
  assert(error.stack.length > 0);
  hasProperty(error, "message", "writable configurable");
});

test("traps: integers", () => {
  const divide = trapping([i32, i32], [i32], op.localGet(0), op.localGet(1), op.i32DivS);
  throws(WebAssembly.RuntimeError, () => divide(1, 0));
  throws(WebAssembly.RuntimeError, () => divide(-(2 ** 31), -1));
  const i32TruncF64S = 0xaa;
  const truncate = trapping([f64], [i32], op.localGet(0), i32TruncF64S);
  for (const value of [NaN, Infinity, 2 ** 31, -(2 ** 31) - 1]) {
    throws(WebAssembly.RuntimeError, () => truncate(value), String(value));
  }
  equal(truncate(-1.9), -1);
});

test("traps: memory and tables", () => {
  const builder = new ModuleBuilder();
  const type = builder.type([], []);
  const other = builder.func({ params: [i32] });
  builder.memory({ min: 1 });
  builder.table({ min: 2 });
  builder.elements(0, [other]);
  builder.func({ params: [i32], results: [i32], body: [op.localGet(0), op.i32Load()], export: "load" });
  builder.func({ params: [i32], body: [op.localGet(0), op.callIndirect(type)], export: "call" });
  builder.func({ params: [i32], body: [op.localGet(0), op.tableGet(0), op.drop], export: "get" });
  const { load, call, get } = builder.exports();
  equal(load(65532), 0);
  for (const address of [65533, 65536, -1, 2 ** 31]) {
    throws(WebAssembly.RuntimeError, () => load(address), String(address));
  }
  throws(WebAssembly.RuntimeError, () => call(0), "another type");
  throws(WebAssembly.RuntimeError, () => call(1), "null");
  throws(WebAssembly.RuntimeError, () => call(2), "out of bounds");
  throws(WebAssembly.RuntimeError, () => get(2));
});

test("a trap unwinds the module, and its effects stay", () => {
  const builder = new ModuleBuilder();
  builder.global({ type: i32, mutable: true, export: "count" });
  const inner = builder.func({ body: [op.globalGet(0), op.i32Const(1), op.i32Add, op.globalSet(0), op.unreachable] });
  builder.func({ body: [op.call(inner), op.i32Const(100), op.globalSet(0)], export: "f" });
  const { f, count } = builder.exports();
  for (let i = 1; i <= 3; i++) {
    throws(WebAssembly.RuntimeError, f);
    equal(count.value, i);
  }
});

test("a script catches a trap between modules", () => {
  const inner = trapping([], [], op.unreachable);
  const builder = new ModuleBuilder();
  const host = builder.import("m", "f", "func", { results: [i32] });
  builder.func({ results: [i32], body: [op.call(host), op.i32Const(1), op.i32Add], export: "run" });
  const f = () => {
    throws(WebAssembly.RuntimeError, inner);
    return 41;
  };
  equal(builder.exports({ m: { f } }).run(), 42);
});

test("a trap passes through the scripts that do not catch it", () => {
  const builder = new ModuleBuilder();
  const host = builder.import("m", "f", "func");
  builder.func({ body: op.call(host), export: "run" });
  const error = new WebAssembly.RuntimeError("mine");
  throws(error, builder.exports({ m: { f() { throw error; } } }).run);
  const inner = trapping([], [], op.unreachable);
  throws(WebAssembly.RuntimeError, builder.exports({ m: { f: () => inner() } }).run);
});

test("messages of compilation say where", () => {
  const builder = new ModuleBuilder();
  builder.func({ results: [i64], body: [op.block(empty), op.f32Const(1)] });
  builder.global({ type: externref, init: op.refNull(externref) });
  builder.global({ type: f32 });
  const error = throws(WebAssembly.CompileError, () => builder.module());
  assert(/\d/.test(error.message), error.message);
});

await run();
