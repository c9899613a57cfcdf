// WebAssembly JavaScript Interface, "The WebAssembly Namespace".
import { ModuleBuilder, emptyModule, i32, op } from "./harness/wasm-builder.mjs";
import { assert, equal, hasOperation, hasProperty, notEqual, rejects, run, test, throws } from "./harness/harness.mjs";

const answer = () => {
  const builder = new ModuleBuilder();
  builder.func({ results: [i32], body: op.i32Const(42), export: "f" });
  return builder.bytes();
};
const importing = () => {
  const builder = new ModuleBuilder();
  builder.import("m", "f", "func", { results: [i32], export: "f" });
  return builder.bytes();
};
const invalid = () => {
  const builder = new ModuleBuilder();
  builder.func({ results: [i32] });
  return builder.bytes();
};
const starting = (...body) => {
  const builder = new ModuleBuilder();
  return builder.start(builder.func({ body })).bytes();
};

const notBufferSources = [undefined, null, true, "", 0, 1n, Symbol.iterator, {}, [], () => {}, [0, 97, 115, 109]];

// Web IDL, "Namespaces": the namespace object.
test("WebAssembly is an ordinary object with a tag", () => {
  hasProperty(globalThis, "WebAssembly", "writable configurable");
  equal(Object.getPrototypeOf(WebAssembly), Object.prototype);
  equal(String(WebAssembly), "[object WebAssembly]");
  equal(hasProperty(WebAssembly, Symbol.toStringTag, "configurable").value, "WebAssembly");
  equal(typeof WebAssembly, "object");
  throws(TypeError, () => WebAssembly());
  throws(TypeError, () => new WebAssembly());
});

test("the operations of the namespace", () => {
  for (const name of ["validate", "compile", "instantiate", "compileStreaming", "instantiateStreaming"]) {
    hasOperation(WebAssembly, name, 1);
  }
});

test("operations need no receiver", async () => {
  const { validate, compile, instantiate } = WebAssembly;
  equal(validate(emptyModule), true);
  assert((await compile(emptyModule)) instanceof WebAssembly.Module);
  assert((await instantiate(emptyModule)).instance instanceof WebAssembly.Instance);
});

// validate(bytes, options)
test("validate: what is a module", () => {
  equal(WebAssembly.validate(emptyModule), true);
  equal(WebAssembly.validate(answer()), true);
  equal(WebAssembly.validate(new Uint8Array()), false);
  equal(WebAssembly.validate(new Uint8Array([0, 97, 115, 109])), false);
  equal(WebAssembly.validate(emptyModule.map((byte, i) => (i === 4 ? 2 : byte))), false);
  equal(WebAssembly.validate(invalid()), false);
});

test("validate: every kind of BufferSource", () => {
  const bytes = answer();
  const padded = new Uint8Array(bytes.length + 8);
  padded.set(bytes, 4);
  equal(WebAssembly.validate(bytes.buffer), true);
  equal(WebAssembly.validate(padded.buffer), false);
  equal(WebAssembly.validate(padded.subarray(4, 4 + bytes.length)), true);
  equal(WebAssembly.validate(new Int8Array(padded.buffer, 4, bytes.length)), true);
  equal(WebAssembly.validate(new Uint32Array(emptyModule.buffer.slice(0))), true);
});

test("validate: a DataView is a BufferSource", () => {
  equal(WebAssembly.validate(new DataView(answer().buffer)), true);
});

test("validate: a detached buffer has no bytes", () => {
  const bytes = emptyModule.slice();
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  equal(WebAssembly.validate(bytes), false);
  equal(WebAssembly.validate(bytes.buffer), false);
});

test("validate: other values are refused", () => {
  throws(TypeError, () => WebAssembly.validate());
  for (const value of notBufferSources) {
    throws(TypeError, () => WebAssembly.validate(value), String(value));
  }
});

// compile(bytes, options), "asynchronously compile a WebAssembly module"
test("compile: a promise for a module", async () => {
  const promise = WebAssembly.compile(answer());
  equal(Object.getPrototypeOf(promise), Promise.prototype);
  const module = await promise;
  equal(Object.getPrototypeOf(module), WebAssembly.Module.prototype);
  equal(new WebAssembly.Instance(module).exports.f(), 42);
});

test("compile: other values are refused by rejection", async () => {
  await rejects(TypeError, () => WebAssembly.compile());
  for (const value of notBufferSources) {
    await rejects(TypeError, () => WebAssembly.compile(value), String(value));
  }
});

test("compile: what is no module is a CompileError", async () => {
  await rejects(WebAssembly.CompileError, () => WebAssembly.compile(new Uint8Array()));
  await rejects(WebAssembly.CompileError, () => WebAssembly.compile(invalid()));
});

test("compile: the bytes are copied before it returns", async () => {
  const bytes = answer();
  const promise = WebAssembly.compile(bytes);
  bytes.fill(0);
  equal(new WebAssembly.Instance(await promise).exports.f(), 42);
});

test("compile: resolves in a later turn", async () => {
  const order = [];
  const promise = WebAssembly.compile(emptyModule).then(() => order.push("compiled"));
  order.push("returned");
  await promise;
  equal(order.join(), "returned,compiled");
});

test("compile: each call makes a new module", async () => {
  const modules = await Promise.all([WebAssembly.compile(emptyModule), WebAssembly.compile(emptyModule)]);
  notEqual(modules[0], modules[1]);
});

// instantiate(bytes, importObject, options)
test("instantiate bytes: module and instance", async () => {
  const promise = WebAssembly.instantiate(answer());
  equal(Object.getPrototypeOf(promise), Promise.prototype);
  const source = await promise;
  equal(Object.getPrototypeOf(source), Object.prototype);
  equal(Object.keys(source).sort().join(), "instance,module");
  hasProperty(source, "module", "writable enumerable configurable");
  hasProperty(source, "instance", "writable enumerable configurable");
  equal(Object.getPrototypeOf(source.module), WebAssembly.Module.prototype);
  equal(Object.getPrototypeOf(source.instance), WebAssembly.Instance.prototype);
  equal(source.instance.exports.f(), 42);
});

test("instantiate bytes: the bytes are copied before it returns", async () => {
  const bytes = answer();
  const promise = WebAssembly.instantiate(bytes);
  bytes.fill(0);
  equal((await promise).instance.exports.f(), 42);
});

test("instantiate bytes: imports are read after compilation", async () => {
  const order = [];
  const imports = {
    get m() {
      order.push("m");
      return { f: () => 7 };
    },
  };
  const promise = WebAssembly.instantiate(importing(), imports);
  order.push("returned");
  const { instance } = await promise;
  equal(order.join(), "returned,m");
  equal(instance.exports.f(), 7);
});

test("instantiate: rejections", async () => {
  await rejects(TypeError, () => WebAssembly.instantiate());
  for (const value of notBufferSources) {
    await rejects(TypeError, () => WebAssembly.instantiate(value), String(value));
    await rejects(TypeError, () => WebAssembly.instantiate(value, {}), String(value));
  }
  await rejects(WebAssembly.CompileError, () => WebAssembly.instantiate(invalid()));
  await rejects(WebAssembly.CompileError, () => WebAssembly.instantiate(new Uint8Array(), {}));
});

test("instantiate: an import object is an object", async () => {
  const module = new WebAssembly.Module(emptyModule);
  for (const value of [null, true, "", 0, 1n, Symbol.iterator]) {
    await rejects(TypeError, () => WebAssembly.instantiate(emptyModule, value), String(value));
    await rejects(TypeError, () => WebAssembly.instantiate(module, value), String(value));
  }
  assert((await WebAssembly.instantiate(module, undefined)) instanceof WebAssembly.Instance);
  assert((await WebAssembly.instantiate(module, () => {})) instanceof WebAssembly.Instance);
});

test("instantiate: errors of linking and starting", async () => {
  for (const make of [(bytes) => bytes, (bytes) => new WebAssembly.Module(bytes)]) {
    await rejects(TypeError, () => WebAssembly.instantiate(make(importing())));
    await rejects(TypeError, () => WebAssembly.instantiate(make(importing()), {}));
    await rejects(WebAssembly.LinkError, () => WebAssembly.instantiate(make(importing()), { m: {} }));
    await rejects(WebAssembly.RuntimeError, () => WebAssembly.instantiate(make(starting(op.unreachable))));
  }
});

test("instantiate: what a getter throws is the reason", async () => {
  const reason = { name: "reason" };
  const imports = {
    get m() {
      throw reason;
    },
  };
  await rejects(reason, () => WebAssembly.instantiate(importing(), imports));
  await rejects(reason, () => WebAssembly.instantiate(new WebAssembly.Module(importing()), imports));
});

// instantiate(moduleObject, importObject), "asynchronously instantiate a WebAssembly module"
test("instantiate module: an instance", async () => {
  const module = new WebAssembly.Module(answer());
  const instance = await WebAssembly.instantiate(module);
  equal(Object.getPrototypeOf(instance), WebAssembly.Instance.prototype);
  equal(instance.exports.f(), 42);
  notEqual(await WebAssembly.instantiate(module), instance);
});

test("instantiate module: imports are read before it returns", async () => {
  const order = [];
  const imports = {
    get m() {
      order.push("m");
      return { f: () => 7 };
    },
  };
  const promise = WebAssembly.instantiate(new WebAssembly.Module(importing()), imports);
  order.push("returned");
  await promise;
  equal(order.join(), "m,returned");
});

test("instantiate module: the start function runs in a later turn", async () => {
  const builder = new ModuleBuilder();
  builder.start(builder.import("m", "f", "func"));
  const order = [];
  const promise = WebAssembly.instantiate(builder.module(), { m: { f: () => order.push("started") } });
  order.push("returned");
  await promise;
  equal(order.join(), "returned,started");
});

await run();
