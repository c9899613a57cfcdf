// WebAssembly JavaScript Interface, "Memories": toFixedLengthBuffer, toResizableBuffer, "create a resizable memory
// buffer", HostResizeArrayBuffer; and of the threads part: shared memories.
import { ModuleBuilder, i32, op } from "./harness/wasm-builder.mjs";
import { assert, equal, notEqual, run, sameValues, test, throws } from "./harness/harness.mjs";

const { Memory } = WebAssembly;
const page = 65536;

// toResizableBuffer()
test("toResizableBuffer: replaces the fixed-length buffer", () => {
  const memory = new Memory({ initial: 1, maximum: 4 });
  const fixed = memory.buffer;
  new Uint8Array(fixed)[3] = 8;
  const buffer = memory.toResizableBuffer();
  equal(fixed.detached, true);
  equal(memory.buffer, buffer);
  equal(buffer.resizable, true);
  equal(buffer.byteLength, page);
  equal(buffer.maxByteLength, 4 * page);
  equal(new Uint8Array(buffer)[3], 8);
  equal(memory.toResizableBuffer(), buffer);
});

test("toResizableBuffer: growing keeps the buffer and its views", () => {
  const memory = new Memory({ initial: 1, maximum: 4 });
  const buffer = memory.toResizableBuffer();
  const view = new Uint8Array(buffer);
  equal(memory.grow(1), 1);
  equal(memory.buffer, buffer);
  equal(buffer.detached, false);
  equal(buffer.byteLength, 2 * page);
  equal(view.length, 2 * page);
  view[2 * page - 1] = 6;
  equal(new Uint8Array(memory.buffer).at(-1), 6);
});

test("toResizableBuffer: memory.grow in a module keeps the buffer too", () => {
  const builder = new ModuleBuilder();
  builder.memory({ min: 1, max: 3, export: "memory" });
  builder.func({ params: [i32], results: [i32], body: [op.localGet(0), op.memoryGrow], export: "grow" });
  const { memory, grow } = builder.exports();
  const buffer = memory.toResizableBuffer();
  equal(grow(2), 1);
  equal(memory.buffer, buffer);
  equal(buffer.byteLength, 3 * page);
  equal(grow(1), -1);
});

test("resize: grows the memory by whole pages", () => {
  const builder = new ModuleBuilder();
  builder.memory({ min: 1, max: 3, export: "memory" });
  builder.func({ results: [i32], body: op.memorySize, export: "size" });
  const { memory, size } = builder.exports();
  const buffer = memory.toResizableBuffer();
  buffer.resize(2 * page);
  equal(size(), 2);
  equal(memory.buffer, buffer);
  buffer.resize(2 * page);
  for (const length of [2 * page + 1, 0, page, 4 * page]) {
    throws(RangeError, () => buffer.resize(length), String(length));
  }
  equal(buffer.byteLength, 2 * page);
});

test("a resizable buffer cannot be detached by scripts", () => {
  const buffer = new Memory({ initial: 1, maximum: 2 }).toResizableBuffer();
  throws(TypeError, () => buffer.transfer());
  throws(TypeError, () => buffer.transferToFixedLength());
  equal(buffer.byteLength, page);
});

// toFixedLengthBuffer()
test("toFixedLengthBuffer: the present buffer if it is one", () => {
  const memory = new Memory({ initial: 1 });
  const { buffer } = memory;
  equal(memory.toFixedLengthBuffer(), buffer);
  equal(buffer.detached, false);
});

test("toFixedLengthBuffer: replaces the resizable buffer", () => {
  const memory = new Memory({ initial: 1, maximum: 2 });
  const resizable = memory.toResizableBuffer();
  new Uint8Array(resizable)[0] = 1;
  const buffer = memory.toFixedLengthBuffer();
  equal(resizable.detached, true);
  equal(memory.buffer, buffer);
  equal(buffer.resizable, false);
  equal(new Uint8Array(buffer)[0], 1);
  memory.grow(1);
  equal(buffer.detached, true);
});

test("conversions check their receiver", () => {
  for (const name of ["toFixedLengthBuffer", "toResizableBuffer"]) {
    for (const value of [undefined, {}, Memory.prototype]) {
      throws(TypeError, () => Memory.prototype[name].call(value), name);
    }
  }
});

// Shared memories
test("shared: the maximum is required", () => {
  throws(TypeError, () => new Memory({ initial: 1, shared: true }));
  assert(new Memory({ initial: 1, shared: false }) instanceof Memory);
});

test("shared: a frozen SharedArrayBuffer", () => {
  const memory = new Memory({ initial: 1, maximum: 2, shared: true });
  const { buffer } = memory;
  equal(Object.getPrototypeOf(buffer), SharedArrayBuffer.prototype);
  equal(buffer.byteLength, page);
  equal(memory.buffer, buffer);
  assert(Object.isFrozen(buffer));
});

test("shared: growing makes a new buffer of the same memory", () => {
  const memory = new Memory({ initial: 1, maximum: 3, shared: true });
  const { buffer } = memory;
  const view = new Int32Array(buffer);
  equal(memory.grow(1), 1);
  notEqual(memory.buffer, buffer);
  equal(buffer.byteLength, page);
  equal(memory.buffer.byteLength, 2 * page);
  new Int32Array(memory.buffer)[4] = 12;
  equal(view[4], 12);
  throws(RangeError, () => memory.grow(2));
});

test("shared: with 64-bit addresses", () => {
  const memory = new Memory({ address: "i64", initial: 1n, maximum: 3n, shared: true });
  equal(Object.getPrototypeOf(memory.buffer), SharedArrayBuffer.prototype);
  equal(memory.grow(1n), 1n);
  equal(memory.buffer.byteLength, 2 * page);
  throws(TypeError, () => memory.grow(1));
  throws(RangeError, () => memory.grow(2n));
});

test("shared: atomics work on the buffer", () => {
  const view = new Int32Array(new Memory({ initial: 1, maximum: 1, shared: true }).buffer);
  equal(Atomics.add(view, 0, 5), 0);
  equal(Atomics.compareExchange(view, 0, 5, 7), 5);
  equal(Atomics.load(view, 0), 7);
  equal(Atomics.notify(view, 0, 1), 0);
});

test("shared: linking compares sharedness", () => {
  const builder = new ModuleBuilder();
  builder.import("m", "memory", "memory", { min: 1, max: 2, shared: true, export: "memory" });
  const memory = new Memory({ initial: 1, maximum: 2, shared: true });
  equal(builder.exports({ m: { memory } }).memory, memory);
  throws(WebAssembly.LinkError, () => builder.exports({ m: { memory: new Memory({ initial: 1, maximum: 2 }) } }));
});

test("shared: a growable SharedArrayBuffer", () => {
  const memory = new Memory({ initial: 1, maximum: 3, shared: true });
  const buffer = memory.toResizableBuffer();
  equal(Object.getPrototypeOf(buffer), SharedArrayBuffer.prototype);
  equal(buffer.growable, true);
  equal(buffer.maxByteLength, 3 * page);
  equal(memory.buffer, buffer);
  memory.grow(1);
  equal(buffer.byteLength, 2 * page);
  buffer.grow(3 * page);
  equal(buffer.byteLength, 3 * page);
  throws(RangeError, () => memory.grow(1));
  sameValues([memory.toFixedLengthBuffer().growable, memory.buffer.byteLength], [false, 3 * page]);
});

test("shared: a growable buffer that was replaced never shows more than the memory", () => {
  const memory = new Memory({ initial: 1, maximum: 10, shared: true });
  const old = memory.toResizableBuffer();
  memory.toFixedLengthBuffer();
  try {
    old.grow(10 * page);
  } catch (error) {
    assert(error instanceof TypeError, String(error));
  }
  assert(old.byteLength <= memory.buffer.byteLength, "no bytes beyond the memory");
  new Uint8Array(old)[old.byteLength - 1] = 1;
  const again = memory.toResizableBuffer();
  again.grow(10 * page);
  equal(again.byteLength, 10 * page);
});

test("a resizable buffer follows the memory or is detached when the stack ends", () => {
  const builder = new ModuleBuilder();
  // There is room for one growth, so that no later one mends what the first has left.
  builder.memory({ min: 1, max: 2, export: "memory" });
  builder.func({ params: [i32], results: [i32], body: [op.localGet(0), op.memoryGrow], export: "grow" });
  // Frames of several sizes, so that the stack ends in several places of a call.
  for (let size = 0; size < 24; size++) {
    const { memory, grow } = builder.exports();
    const buffer = memory.toResizableBuffer();
    const view = new Uint8Array(buffer);
    const last = new Function("f", ...Array.from({ length: size }, (_, i) => `a${i}`), "return f(1)");
    const growBy = (pages) => grow(pages);
    const dive = () => {
      try {
        dive();
      } catch {}
      try {
        last(growBy);
      } catch {}
    };
    try {
      dive();
    } catch {}
    const now = 2 * page;
    assert(buffer.detached || buffer.byteLength === now, `${buffer.byteLength} bytes of ${now}`);
    equal(memory.buffer.byteLength, now);
    if (!buffer.detached) view.fill(1);
  }
});

await run();
