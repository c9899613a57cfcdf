// WebAssembly JavaScript Interface, "Memories": constructor, grow, buffer, "create a fixed length memory buffer",
// "refresh the memory buffer". Buffers of other kinds are in memory_buffers.mjs.
import { ModuleBuilder, i32, i64, op } from "./harness/wasm-builder.mjs";
import { assert, equal, notEqual, run, sameValues, test, throws } from "./harness/harness.mjs";

const { Memory } = WebAssembly;
const page = 65536;

const notObjects = [undefined, null, true, 1, "", 1n, Symbol.iterator];
// What [EnforceRange] unsigned long refuses.
const notIndices = [NaN, Infinity, -Infinity, -1, 2 ** 32, 2 ** 53, "x", {}, undefined, [1, 2]];

// Memory(descriptor)
test("constructor: arguments", () => {
  throws(TypeError, () => Memory({ initial: 1 }), "without new");
  throws(TypeError, () => new Memory());
  for (const value of notObjects) {
    throws(TypeError, () => new Memory(value), String(value));
  }
  throws(TypeError, () => new Memory({}), "initial is required");
  throws(TypeError, () => new Memory({ maximum: 1 }), "initial is required");
  throws(TypeError, () => new Memory({ initial: undefined }));
});

test("constructor: bounds are integers in range", () => {
  for (const value of notIndices) {
    throws(TypeError, () => new Memory({ initial: value }), `initial ${String(value)}`);
    if (value !== undefined) {
      throws(TypeError, () => new Memory({ initial: 0, maximum: value }), `maximum ${String(value)}`);
    }
  }
  throws(TypeError, () => new Memory({ initial: 1n }), "a BigInt is no i32 address");
  throws(TypeError, () => new Memory({ initial: 0, maximum: 1n }));
  throws(TypeError, () => new Memory({ initial: Symbol() }));
});

test("constructor: bounds are converted to integers", () => {
  equal(new Memory({ initial: "1" }).buffer.byteLength, page);
  equal(new Memory({ initial: 1.9 }).buffer.byteLength, page);
  equal(new Memory({ initial: null }).buffer.byteLength, 0);
  equal(new Memory({ initial: { valueOf: () => 2 } }).buffer.byteLength, 2 * page);
});

test("constructor: the integer part counts", () => {
  equal(new Memory({ initial: -0.5 }).buffer.byteLength, 0);
});

test("constructor: a memory type that is not valid is a RangeError", () => {
  throws(RangeError, () => new Memory({ initial: 2, maximum: 1 }));
});

test("constructor: more than 65536 pages is a RangeError", () => {
  throws(RangeError, () => new Memory({ initial: 65537 }));
  throws(RangeError, () => new Memory({ initial: 0, maximum: 65537 }));
});

test("constructor: the members are read in lexicographical order", () => {
  const order = [];
  const member = (name, value) => ({
    get() {
      order.push(name);
      return { valueOf: () => (order.push(`${name} value`), value) };
    },
  });
  const descriptor = Object.defineProperties({}, { maximum: member("maximum", 2), initial: member("initial", 1) });
  new Memory(descriptor);
  sameValues(order, ["initial", "maximum", "initial value", "maximum value"]);
});

test("constructor: what a getter throws", () => {
  const reason = {};
  throws(reason, () => new Memory({ get initial() { throw reason; } }));
  throws(reason, () => new Memory({ initial: { valueOf() { throw reason; } } }));
});

test("constructor: the prototype, and no own properties", () => {
  const memory = new Memory({ initial: 0 });
  equal(Object.getPrototypeOf(memory), Memory.prototype);
  equal(String(memory), "[object WebAssembly.Memory]");
  sameValues(Reflect.ownKeys(memory), []);
  class Named extends Memory {}
  equal(Object.getPrototypeOf(new Named({ initial: 0 })), Named.prototype);
});

test("constructor: inherited members of a descriptor count", () => {
  equal(new Memory(Object.create({ initial: 1 })).buffer.byteLength, page);
  equal(new Memory(Object.assign(() => {}, { initial: 1 })).buffer.byteLength, page);
});

// buffer
test("buffer: an ArrayBuffer of zeros", () => {
  const { buffer } = new Memory({ initial: 2 });
  equal(Object.getPrototypeOf(buffer), ArrayBuffer.prototype);
  equal(buffer.byteLength, 2 * page);
  equal(buffer.resizable, false);
  assert(new Uint8Array(buffer).every((byte) => byte === 0));
  equal(new Memory({ initial: 0 }).buffer.byteLength, 0);
});

test("buffer: the same object until the memory grows", () => {
  const memory = new Memory({ initial: 1 });
  const { buffer } = memory;
  equal(memory.buffer, buffer);
  memory.grow(1);
  notEqual(memory.buffer, buffer);
  equal(memory.buffer, memory.buffer);
});

test("buffer: shared with the module", () => {
  const builder = new ModuleBuilder();
  builder.import("m", "memory", "memory", { min: 1, export: "memory" });
  builder.func({ params: [i32], results: [i32], body: [op.localGet(0), op.i32Load()], export: "load" });
  builder.func({ params: [i32, i32], body: [op.localGet(0), op.localGet(1), op.i32Store()], export: "store" });
  const memory = new Memory({ initial: 1 });
  const exports = builder.exports({ m: { memory } });
  const words = new Int32Array(memory.buffer);
  words[3] = -7;
  equal(exports.load(12), -7);
  exports.store(page - 4, 99);
  equal(words.at(-1), 99);
  equal(exports.memory, memory);
});

test("buffer: data segments are seen at once", () => {
  const builder = new ModuleBuilder();
  builder.memory({ min: 1, export: "memory" });
  const { memory } = builder.data(5, [1, 2, 3]).exports();
  sameValues(new Uint8Array(memory.buffer, 4, 5), [0, 1, 2, 3, 0]);
});

test("buffer: scripts cannot detach it", () => {
  const memory = new Memory({ initial: 1 });
  const { buffer } = memory;
  throws(TypeError, () => buffer.transfer());
  throws(TypeError, () => buffer.transferToFixedLength());
  equal(buffer.detached, false);
  equal(memory.buffer, buffer);
});

test("buffer: structuredClone cannot transfer it", () => {
  const { buffer } = new Memory({ initial: 1 });
  let thrown;
  try {
    structuredClone(buffer, { transfer: [buffer] });
  } catch (error) {
    thrown = error;
  }
  assert(thrown instanceof Error);
  equal(buffer.byteLength, page);
});

test("buffer: it may be copied", () => {
  const { buffer } = new Memory({ initial: 1 });
  new Uint8Array(buffer)[1] = 5;
  const copy = buffer.slice(0, 2);
  sameValues(new Uint8Array(copy), [0, 5]);
  sameValues(new Uint8Array(structuredClone(buffer)).subarray(0, 2), [0, 5]);
});

test("buffer: a frozen or marked buffer is left alone", () => {
  const memory = new Memory({ initial: 1 });
  memory.buffer.mark = "here";
  equal(memory.buffer.mark, "here");
  Object.freeze(memory.buffer);
  memory.grow(1);
  equal(memory.buffer.mark, undefined);
});

test("buffer: it outlives its memory", () => {
  const views = [];
  for (let i = 0; i < 20; i++) {
    const view = new Uint8Array(new Memory({ initial: 1 }).buffer);
    view[0] = i;
    views.push(view);
  }
  sameValues(views.map((view) => view[0]), [...views.keys()]);
});

// grow(delta), "refresh the memory buffer"
test("grow: detaches the buffer and gives the old size", () => {
  const memory = new Memory({ initial: 1, maximum: 4 });
  const { buffer } = memory;
  const view = new Uint8Array(buffer);
  view[9] = 42;
  equal(memory.grow(2), 1);
  equal(buffer.byteLength, 0);
  equal(buffer.detached, true);
  equal(view.length, 0);
  equal(view[9], undefined);
  equal(memory.buffer.byteLength, 3 * page);
  equal(new Uint8Array(memory.buffer)[9], 42);
  equal(memory.grow(1), 3);
});

test("grow: by zero pages detaches too", () => {
  const memory = new Memory({ initial: 1 });
  const { buffer } = memory;
  equal(memory.grow(0), 1);
  equal(buffer.detached, true);
  notEqual(memory.buffer, buffer);
  equal(memory.buffer.byteLength, page);
});

test("grow: an empty memory", () => {
  const memory = new Memory({ initial: 0, maximum: 1 });
  const { buffer } = memory;
  equal(memory.grow(1), 0);
  equal(buffer.detached, true);
  equal(memory.buffer.byteLength, page);
});

test("grow: failing is a RangeError and changes nothing", () => {
  const memory = new Memory({ initial: 1, maximum: 2 });
  const { buffer } = memory;
  throws(RangeError, () => memory.grow(2));
  throws(RangeError, () => memory.grow(65536));
  throws(RangeError, () => new Memory({ initial: 1 }).grow(65536));
  equal(memory.buffer, buffer);
  equal(buffer.byteLength, page);
});

test("grow: the delta is an integer in range", () => {
  const memory = new Memory({ initial: 0 });
  throws(TypeError, () => memory.grow());
  for (const value of notIndices) {
    throws(TypeError, () => memory.grow(value), String(value));
  }
  throws(TypeError, () => memory.grow(1n));
  equal(memory.grow("1"), 0);
  equal(memory.grow(null), 1);
  equal(memory.grow({ valueOf: () => 1.5 }), 1);
  equal(memory.buffer.byteLength, 2 * page);
});

test("grow: the conversion of the delta may itself grow", () => {
  const memory = new Memory({ initial: 1 });
  equal(memory.grow({ valueOf: () => (memory.grow(1), 1) }), 2);
  equal(memory.buffer.byteLength, 3 * page);
});

test("grow: memory.grow in a module detaches too", () => {
  const builder = new ModuleBuilder();
  builder.memory({ min: 1, max: 3, export: "memory" });
  builder.func({ params: [i32], results: [i32], body: [op.localGet(0), op.memoryGrow], export: "grow" });
  builder.func({ results: [i32], body: op.memorySize, export: "size" });
  const { memory, grow, size } = builder.exports();
  const { buffer } = memory;
  equal(grow(1), 1);
  equal(buffer.byteLength, 0);
  equal(memory.buffer.byteLength, 2 * page);
  const second = memory.buffer;
  equal(grow(5), -1);
  equal(memory.buffer, second);
  equal(second.detached, false);
  equal(grow(0), 2);
  equal(second.detached, true);
  equal(memory.grow(1), 2);
  equal(size(), 3);
});

test("grow: a view made in an import's call is detached when the module grows", () => {
  const builder = new ModuleBuilder();
  const look = builder.import("m", "look", "func");
  builder.import("m", "memory", "memory", { min: 1 });
  builder.func({ body: [op.call(look), op.i32Const(1), op.memoryGrow, op.drop, op.call(look)], export: "run" });
  const memory = new Memory({ initial: 1 });
  const seen = [];
  builder.exports({ m: { memory, look: () => seen.push(memory.buffer) } }).run();
  equal(seen[0].byteLength, 0);
  equal(seen[1].byteLength, 2 * page);
});

test("grow: importing a memory compares its present size", () => {
  const builder = new ModuleBuilder();
  builder.import("m", "memory", "memory", { min: 2 });
  const module = builder.module();
  const memory = new Memory({ initial: 1 });
  throws(WebAssembly.LinkError, () => new WebAssembly.Instance(module, { m: { memory } }));
  memory.grow(1);
  assert(new WebAssembly.Instance(module, { m: { memory } }) instanceof WebAssembly.Instance);
});

// The address type
test("address: i32 and i64, and nothing else", () => {
  equal(new Memory({ initial: 1, address: "i32" }).buffer.byteLength, page);
  equal(new Memory({ initial: 1, address: undefined }).buffer.byteLength, page);
  for (const address of ["", "i16", "I32", null, 32]) {
    throws(TypeError, () => new Memory({ initial: 1, address }), String(address));
  }
});

test("address i64: bounds and deltas are BigInts", () => {
  const memory = new Memory({ initial: 1n, maximum: 3n, address: "i64" });
  equal(memory.buffer.byteLength, page);
  equal(memory.grow(1n), 1n);
  equal(memory.grow("1"), 2n);
  equal(memory.grow(false), 3n);
  throws(RangeError, () => memory.grow(1n));
  for (const value of [1, undefined, null, "x", -1n, 2n ** 64n, Symbol()]) {
    throws(value === "x" ? SyntaxError : TypeError, () => memory.grow(value), String(value));
  }
  throws(TypeError, () => new Memory({ initial: 1, address: "i64" }));
  throws(TypeError, () => new Memory({ initial: 1n, maximum: 3, address: "i64" }));
  throws(TypeError, () => new Memory({ initial: -1n, address: "i64" }));
  throws(RangeError, () => new Memory({ initial: 3n, maximum: 2n, address: "i64" }));
});

test("address i64: linking compares address types", () => {
  const builder = new ModuleBuilder();
  builder.import("m", "memory", "memory", { min: 1, address: "i64" });
  builder.func({ params: [i64], results: [i32], body: [op.localGet(0), op.i32Load8U()], export: "load" });
  const memory = new Memory({ initial: 1n, address: "i64" });
  new Uint8Array(memory.buffer)[8] = 77;
  equal(builder.exports({ m: { memory } }).load(8n), 77);
  throws(WebAssembly.LinkError, () => builder.exports({ m: { memory: new Memory({ initial: 1 }) } }));
});

// Receivers
test("operations check their receiver", () => {
  const { get } = Object.getOwnPropertyDescriptor(Memory.prototype, "buffer");
  for (const value of [undefined, null, 1, {}, Memory.prototype, new ArrayBuffer(1)]) {
    throws(TypeError, () => get.call(value), `buffer of ${String(value)}`);
    throws(TypeError, () => Memory.prototype.grow.call(value, 0), `grow of ${String(value)}`);
  }
});

await run();
