// https://html.spec.whatwg.org/#structured-cloning
const assert = (condition, what) => { if (!condition) throw new Error(`failed: ${what}`); };
const refused = (body, what) => {
  try { body(); } catch (error) {
    assert(error instanceof DOMException && error.name === "DataCloneError" && error.code === 25, `${what}: ${error}`);
    return;
  }
  throw new Error(`${what}: was cloned`);
};

class Point { constructor() { this.x = 1; } get y() { return 2; } }
const shared = { shared: true };
const original = {
  numbers: [0, -0, NaN, 1.5, 10n], texts: ["a", "\ud800"], nothing: [undefined, null], flags: [true, false], sparse: [1, , 3],
  boxed: [Object(1), Object("s"), Object(true), Object(2n)], date: new Date(5), wrongDate: new Date(NaN), regexp: /a(b)/giu,
  map: new Map([["k", { v: 1 }], [shared, 2]]), set: new Set([1, shared]), buffer: new Uint8Array([1, 2, 3]).buffer,
  views: [new Uint16Array([1, 2]), new Float32Array([0.5]), new BigInt64Array([-1n])], point: new Point(), shared, again: shared,
  list: Object.assign([1], { extra: 2 }), [Symbol("s")]: "symbols are left out", get computed() { return "from a getter"; },
  bare: Object.assign(Object.create(null), { a: 1 }),
};
Object.defineProperty(original, "hidden", { value: 1, enumerable: false });
const copy = structuredClone(original);
console.log(copy);
assert(copy !== original && copy.map !== original.map && copy.shared === copy.again, "identity");
assert([...copy.map.keys()][1] === copy.shared && copy.set.has(copy.shared), "identity within collections");
assert(Object.getPrototypeOf(copy.point) === Object.prototype && !("y" in copy.point), "classes become plain objects");
assert(!(1 in copy.sparse) && copy.sparse.length === 3, "holes");
assert(copy.regexp.lastIndex === 0 && copy.regexp instanceof RegExp, "lastIndex");
const circle = { list: [] };
circle.self = circle;
circle.list.push(circle, new Map([[circle, circle]]));
const ring = structuredClone(circle);
assert(ring.self === ring && ring.list[0] === ring && ring.list[1].get(ring) === ring, "cycles");

// Errors.
for (const Class of [Error, TypeError, RangeError, SyntaxError, EvalError, URIError, ReferenceError]) {
  const error = structuredClone(new Class("text", { cause: { deep: [1] } }));
  assert(error instanceof Class && error.message === "text" && error.name === Class.name, Class.name);
  assert(error.cause.deep[0] === 1 && typeof error.stack === "string", "cause and stack");
}
const custom = structuredClone(new (class MyError extends TypeError { constructor() { super("m"); this.name = "MyError"; this.extra = 1; } })());
assert(custom.constructor === Error && custom.name === "Error" && !("extra" in custom), "errors of scripts");
assert(!Object.hasOwn(structuredClone(new Error()), "message"), "no message");

// Buffers.
const buffer = new ArrayBuffer(8);
const [one, two] = structuredClone([new Uint8Array(buffer, 2, 4), new DataView(buffer)]);
assert(one.buffer === two.buffer && one.byteOffset === 2 && one.length === 4 && one.buffer !== buffer, "views share their buffer");
const resizable = structuredClone(new ArrayBuffer(2, { maxByteLength: 9 }));
assert(resizable.resizable && resizable.maxByteLength === 9 && resizable.byteLength === 2, "resizable buffers");

// Transfers.
const moved = new Uint8Array([1, 2, 3]);
const result = structuredClone({ moved, same: moved.buffer }, { transfer: [moved.buffer] });
assert(moved.byteLength === 0 && moved.buffer.byteLength === 0, "detached");
assert(result.moved[2] === 3 && result.moved.buffer === result.same, "moved");
refused(() => structuredClone(1, { transfer: [moved.buffer] }), "a detached buffer");
refused(() => structuredClone(moved.buffer), "a detached buffer");
const twice = new ArrayBuffer(1);
refused(() => structuredClone(1, { transfer: [twice, twice] }), "twice");
refused(() => structuredClone(1, { transfer: [{}] }), "an object");
const safe = new ArrayBuffer(1);
refused(() => structuredClone({ safe, f() {} }, { transfer: [safe] }), "a failure");
assert(safe.byteLength === 1, "nothing moves when cloning fails");
const late = new ArrayBuffer(4);
let length;
structuredClone({ late, get check() { length = late.byteLength; return 1; } }, { transfer: [late] });
assert(length === 4 && late.byteLength === 0, "detached after the getters ran");

// What cannot be cloned.
for (const [what, value] of Object.entries({
  "a function": () => 1, "a symbol": Symbol("s"), "a weak map": new WeakMap(), "a weak set": new WeakSet(), "a promise": Promise.resolve(),
  "a weak reference": new WeakRef({}), "a generator": (function* () {})(), "a method": { f() {} }, "a symbol within": [Symbol.iterator],
  "a class": class {}, "arguments": (function () { return arguments; })(1, 2), "a proxy": new Proxy({}, {}),
})) refused(() => structuredClone(value), what);
let own;
try { structuredClone({ get a() { throw (own = new Error("own")); } }); } catch (error) { assert(error === own, "errors of getters"); }
for (const body of [() => structuredClone(), () => structuredClone(1, 5), () => structuredClone(1, { transfer: 5 })]) {
  try { body(); assert(false, "wrong arguments"); } catch (error) { assert(error instanceof TypeError, `${error}`); }
}
const exception = structuredClone(new DOMException("m", "AbortError"));
assert(exception instanceof DOMException && exception.name === "AbortError" && exception.code === 20, "DOMException");

// Memories of WebAssembly and modules.
const memory = new WebAssembly.Memory({ initial: 1 });
assert(structuredClone(memory.buffer).byteLength === 65536, "the bytes of a memory are copied");
try {
  structuredClone(1, { transfer: [memory.buffer] });
  assert(false, "the buffer of a memory was transferred");
} catch (error) {
  assert(error instanceof TypeError || error.name === "DataCloneError", `${error}`);
}
assert(memory.buffer.byteLength === 65536, "the memory is still there");

// Ports.
const { port1, port2 } = new MessageChannel();
const received = [];
port2.onmessage = (event) => {
  received.push(event.data);
  if (received.length < 3) return;
  console.log(received);
  port1.close();
};
const bytes = new Uint8Array([7]);
port1.postMessage({ a: [1] });
port1.postMessage(bytes, [bytes.buffer]);
port1.postMessage("last");
assert(bytes.length === 0, "transferred through the port");
