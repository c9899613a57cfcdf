// WebAssembly Web API: compileStreaming, instantiateStreaming, "compile a potential WebAssembly response".
import { ModuleBuilder, emptyModule, i32, op } from "./harness/wasm-builder.mjs";
import { assert, equal, rejects, run, test } from "./harness/harness.mjs";

const answer = () => {
  const builder = new ModuleBuilder();
  builder.func({ results: [i32], body: op.i32Const(42), export: "f" });
  return builder.bytes();
};
const response = (body, type = "application/wasm", init = {}) => new Response(body, { headers: { "Content-Type": type }, ...init });

test("compileStreaming: a module from a response", async () => {
  const promise = WebAssembly.compileStreaming(response(answer()));
  equal(Object.getPrototypeOf(promise), Promise.prototype);
  const module = await promise;
  equal(Object.getPrototypeOf(module), WebAssembly.Module.prototype);
  equal(new WebAssembly.Instance(module).exports.f(), 42);
});

test("compileStreaming: a promise for a response", async () => {
  assert((await WebAssembly.compileStreaming(Promise.resolve(response(emptyModule)))) instanceof WebAssembly.Module);
  const thenable = { then: (resolve) => resolve(response(emptyModule)) };
  assert((await WebAssembly.compileStreaming(thenable)) instanceof WebAssembly.Module);
});

test("compileStreaming: the reason of a rejected promise", async () => {
  const reason = {};
  await rejects(reason, () => WebAssembly.compileStreaming(Promise.reject(reason)));
  await rejects(reason, () => WebAssembly.instantiateStreaming(Promise.reject(reason)));
});

test("instantiateStreaming: module and instance", async () => {
  const source = await WebAssembly.instantiateStreaming(response(answer()));
  equal(Object.keys(source).sort().join(), "instance,module");
  equal(source.instance.exports.f(), 42);
  assert(source.module instanceof WebAssembly.Module);
});

test("instantiateStreaming: imports", async () => {
  const builder = new ModuleBuilder();
  builder.start(builder.import("m", "f", "func"));
  let calls = 0;
  await WebAssembly.instantiateStreaming(response(builder.bytes()), { m: { f: () => calls++ } });
  equal(calls, 1);
  await rejects(TypeError, () => WebAssembly.instantiateStreaming(response(builder.bytes())));
  await rejects(TypeError, () => WebAssembly.instantiateStreaming(response(builder.bytes()), 5));
  await rejects(WebAssembly.LinkError, () => WebAssembly.instantiateStreaming(response(builder.bytes()), { m: {} }));
});

test("what is no response is a TypeError", async () => {
  for (const name of ["compileStreaming", "instantiateStreaming"]) {
    await rejects(TypeError, () => WebAssembly[name](), name);
    for (const value of [undefined, null, 1, "", {}, emptyModule, emptyModule.buffer, Promise.resolve(emptyModule), Response]) {
      await rejects(TypeError, () => WebAssembly[name](value), `${name}(${String(value)})`);
    }
  }
});

test("the MIME type must be application/wasm", async () => {
  for (const type of ["application/wasm", "Application/WASM"]) {
    assert((await WebAssembly.compileStreaming(response(emptyModule, type))) instanceof WebAssembly.Module, type);
  }
  for (const type of ["", "text/plain", "application/octet-stream", "application/wasmx", "application/wasm+x", "application/javascript"]) {
    await rejects(TypeError, () => WebAssembly.compileStreaming(response(emptyModule, type)), type);
  }
  await rejects(TypeError, () => WebAssembly.compileStreaming(new Response(emptyModule)));
});

test("the MIME type has no parameters", async () => {
  for (const type of ["application/wasm;", "application/wasm;x=y", "application/wasm; charset=utf-8"]) {
    await rejects(TypeError, () => WebAssembly.compileStreaming(response(emptyModule, type)), type);
  }
});

test("the status must be ok", async () => {
  for (const status of [400, 404, 500]) {
    await rejects(TypeError, () => WebAssembly.compileStreaming(response(emptyModule, "application/wasm", { status })), String(status));
  }
  assert((await WebAssembly.compileStreaming(response(emptyModule, "application/wasm", { status: 201 }))) instanceof WebAssembly.Module);
});

test("the body must not be used or locked", async () => {
  const used = response(emptyModule);
  await used.arrayBuffer();
  await rejects(TypeError, () => WebAssembly.compileStreaming(used));
  const locked = response(emptyModule);
  locked.body.getReader();
  await rejects(TypeError, () => WebAssembly.compileStreaming(locked));
});

test("the body is used afterwards", async () => {
  const source = response(emptyModule);
  await WebAssembly.compileStreaming(source);
  equal(source.bodyUsed, true);
  await rejects(TypeError, () => WebAssembly.compileStreaming(source));
});

test("a body that is no module is a CompileError", async () => {
  await rejects(WebAssembly.CompileError, () => WebAssembly.compileStreaming(response(new Uint8Array([1, 2, 3]))));
  await rejects(WebAssembly.CompileError, () => WebAssembly.compileStreaming(response("")));
  await rejects(WebAssembly.CompileError, () => WebAssembly.instantiateStreaming(response(new Uint8Array([0, 97, 115, 109]))));
});

test("a response without a body is a CompileError", async () => {
  await rejects(WebAssembly.CompileError, () => WebAssembly.compileStreaming(response(null)));
});

test("a body that comes in pieces", async () => {
  const bytes = answer();
  const body = new ReadableStream({
    async start(controller) {
      for (const byte of bytes) {
        controller.enqueue(new Uint8Array([byte]));
        await undefined;
      }
      controller.close();
    },
  });
  const { instance } = await WebAssembly.instantiateStreaming(response(body));
  equal(instance.exports.f(), 42);
});

test("the error of a body's stream is the reason", async () => {
  const reason = new RangeError("broken");
  const body = new ReadableStream({ pull: (controller) => controller.error(reason) });
  await rejects(reason, () => WebAssembly.compileStreaming(response(body)));
});

test("a response of fetch", async () => {
  const data = `data:application/wasm;base64,${btoa(String.fromCharCode(...answer()))}`;
  const { instance } = await WebAssembly.instantiateStreaming(fetch(data));
  equal(instance.exports.f(), 42);
  await rejects(TypeError, () => WebAssembly.compileStreaming(fetch("data:text/plain,x")));
});

await run();
