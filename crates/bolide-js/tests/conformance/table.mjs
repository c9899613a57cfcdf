// WebAssembly JavaScript Interface, "Tables".
import { ModuleBuilder, externref, funcref, i32, i64, op } from "./harness/wasm-builder.mjs";
import { equal, notEqual, run, sameValues, test, throws } from "./harness/harness.mjs";

const { Table } = WebAssembly;

const notIndices = [NaN, Infinity, -Infinity, -1, 2 ** 32, 2 ** 53, "x", {}, undefined];

/** Exported functions `a` and `b`, which return 1 and 2. */
function functions() {
  const builder = new ModuleBuilder();
  builder.func({ results: [i32], body: op.i32Const(1), export: "a" });
  builder.func({ results: [i32], body: op.i32Const(2), export: "b" });
  return builder.exports();
}

const contents = (table) => Array.from({ length: table.length }, (_, i) => table.get(i));

// Table(descriptor, value)
test("constructor: arguments", () => {
  throws(TypeError, () => Table({ element: "anyfunc", initial: 1 }), "without new");
  throws(TypeError, () => new Table());
  for (const value of [undefined, null, true, 1, "", Symbol.iterator]) {
    throws(TypeError, () => new Table(value), String(value));
  }
  throws(TypeError, () => new Table({}));
  throws(TypeError, () => new Table({ element: "anyfunc" }));
  throws(TypeError, () => new Table({ initial: 1 }));
});

test("constructor: element types", () => {
  for (const element of ["", "func", "i32", "f64", "v128", undefined, null, 1]) {
    throws(TypeError, () => new Table({ element, initial: 1 }), String(element));
  }
  equal(new Table({ element: { toString: () => "anyfunc" }, initial: 1 }).get(0), null);
});

test("constructor: bounds are integers in range", () => {
  for (const value of notIndices) {
    throws(TypeError, () => new Table({ element: "anyfunc", initial: value }), String(value));
    if (value !== undefined) {
      throws(TypeError, () => new Table({ element: "anyfunc", initial: 0, maximum: value }), String(value));
    }
  }
  throws(TypeError, () => new Table({ element: "anyfunc", initial: 1n }));
  throws(RangeError, () => new Table({ element: "anyfunc", initial: 2, maximum: 1 }));
  equal(new Table({ element: "anyfunc", initial: "3" }).length, 3);
});

test("constructor: the members are read in lexicographical order", () => {
  const order = [];
  const values = { maximum: 2, initial: 1, element: "externref", address: undefined };
  const descriptor = new Proxy(values, { get: (target, key) => (order.push(key), target[key]) });
  new Table(descriptor);
  sameValues(order, ["address", "element", "initial", "maximum"]);
});

test("constructor: the prototype, and no own properties", () => {
  const table = new Table({ element: "anyfunc", initial: 0 });
  equal(Object.getPrototypeOf(table), Table.prototype);
  equal(String(table), "[object WebAssembly.Table]");
  sameValues(Reflect.ownKeys(table), []);
  class Named extends Table {}
  equal(Object.getPrototypeOf(new Named({ element: "anyfunc", initial: 0 })), Named.prototype);
});

test("constructor: the elements when no value is given", () => {
  sameValues(contents(new Table({ element: "anyfunc", initial: 2 })), [null, null]);
  sameValues(contents(new Table({ element: "externref", initial: 2 })), [undefined, undefined]);
  sameValues(contents(new Table({ element: "externref", initial: 1 }, undefined)), [undefined]);
  sameValues(contents(new Table({ element: "anyfunc", initial: 1 }, undefined)), [null]);
});

test("constructor: the elements when a value is given", () => {
  const { a } = functions();
  const object = {};
  sameValues(contents(new Table({ element: "anyfunc", initial: 2 }, a)), [a, a]);
  sameValues(contents(new Table({ element: "anyfunc", initial: 1 }, null)), [null]);
  for (const value of [object, null, 1, "text", 1n, Symbol.iterator, NaN]) {
    sameValues(contents(new Table({ element: "externref", initial: 2 }, value)), [value, value]);
  }
  for (const value of [1, "", {}, () => {}, Symbol.iterator]) {
    throws(TypeError, () => new Table({ element: "anyfunc", initial: 1 }, value), String(value));
  }
});

test("constructor: the value is converted even if there is no element", () => {
  throws(TypeError, () => new Table({ element: "anyfunc", initial: 0 }, {}));
});

// length
test("length: a read-only attribute", () => {
  const table = new Table({ element: "anyfunc", initial: 3 });
  equal(table.length, 3);
  throws(TypeError, () => { table.length = 4; });
});

// get(index) and set(index, value)
test("get and set: functions", () => {
  const { a, b } = functions();
  const table = new Table({ element: "anyfunc", initial: 3 });
  equal(table.set(0, a), undefined);
  table.set(1, b);
  sameValues(contents(table), [a, b, null]);
  table.set(0, null);
  table.set(1);
  sameValues(contents(table), [null, null, null]);
  for (const value of [1, "", {}, () => {}, Table, Symbol.iterator]) {
    throws(TypeError, () => table.set(0, value), String(value));
  }
});

test("get and set: external references keep their identity", () => {
  const table = new Table({ element: "externref", initial: 2 });
  for (const value of [{}, [], () => {}, Symbol("s"), "s", 0, -0, NaN, 1n, true, null, undefined, functions().a]) {
    table.set(1, value);
    equal(table.get(1), value);
  }
  table.set(1);
  equal(table.get(1), undefined);
});

test("get and set: an index out of bounds is a RangeError", () => {
  const table = new Table({ element: "anyfunc", initial: 2 });
  for (const index of [2, 3, 2 ** 32 - 1]) {
    throws(RangeError, () => table.get(index), String(index));
    throws(RangeError, () => table.set(index, null), String(index));
  }
});

test("get and set: the index is an integer in range", () => {
  const table = new Table({ element: "anyfunc", initial: 2 });
  throws(TypeError, () => table.get());
  throws(TypeError, () => table.set());
  for (const index of notIndices) {
    throws(TypeError, () => table.get(index), String(index));
    throws(TypeError, () => table.set(index, null), String(index));
  }
  throws(TypeError, () => table.get(0n));
  equal(table.get("1"), null);
  equal(table.get(null), null);
  equal(table.get({ valueOf: () => 1.7 }), null);
});

test("set: the index is converted before the value is checked", () => {
  const table = new Table({ element: "anyfunc", initial: 1 });
  const reason = {};
  throws(reason, () => table.set({ valueOf() { throw reason; } }, 1));
});

// grow(delta, value)
test("grow: the old length, and the default value", () => {
  const table = new Table({ element: "anyfunc", initial: 1, maximum: 4 });
  equal(table.grow(2), 1);
  equal(table.length, 3);
  equal(table.grow(0), 3);
  equal(table.get(2), null);
  const others = new Table({ element: "externref", initial: 0 });
  others.grow(1);
  sameValues(contents(others), [undefined]);
});

test("grow: with a value", () => {
  const { a, b } = functions();
  const table = new Table({ element: "anyfunc", initial: 1 }, a);
  equal(table.grow(2, b), 1);
  sameValues(contents(table), [a, b, b]);
  throws(TypeError, () => table.grow(1, () => {}));
  equal(table.length, 3);
  const object = {};
  const others = new Table({ element: "externref", initial: 0 });
  others.grow(2, object);
  sameValues(contents(others), [object, object]);
});

test("grow: failing is a RangeError and changes nothing", () => {
  const table = new Table({ element: "anyfunc", initial: 1, maximum: 2 });
  throws(RangeError, () => table.grow(2));
  throws(RangeError, () => table.grow(2 ** 32 - 1));
  equal(table.length, 1);
  throws(TypeError, () => table.grow());
  for (const value of notIndices) {
    throws(TypeError, () => table.grow(value), String(value));
  }
});

// Tables and modules
test("a module sees what scripts set", () => {
  const builder = new ModuleBuilder();
  const type = builder.type([], [i32]);
  builder.table({ min: 2, export: "table" });
  builder.func({ params: [i32], results: [i32], body: [op.localGet(0), op.callIndirect(type)], export: "call" });
  const { table, call } = builder.exports();
  const { a, b } = functions();
  table.set(0, a);
  table.set(1, b);
  sameValues([call(0), call(1)], [1, 2]);
  table.set(1, null);
  throws(WebAssembly.RuntimeError, () => call(1));
  throws(WebAssembly.RuntimeError, () => call(2));
  table.grow(1, a);
  equal(call(2), 1);
});

test("a script sees what modules set", () => {
  const builder = new ModuleBuilder();
  builder.table({ element: externref, min: 1, export: "table" });
  builder.func({ params: [i32, externref], body: [op.localGet(0), op.localGet(1), op.tableSet(0)], export: "set" });
  builder.func({
    params: [externref, i32], results: [i32], body: [op.localGet(0), op.localGet(1), op.tableGrow(0)], export: "grow",
  });
  const { table, set, grow } = builder.exports();
  const object = {};
  equal(table.get(0), null);
  set(0, object);
  equal(table.get(0), object);
  equal(grow("s", 2), 1);
  sameValues(contents(table), [object, "s", "s"]);
});

test("elements are exported functions with identity", () => {
  const builder = new ModuleBuilder();
  builder.table({ min: 3, export: "table" });
  const hidden = builder.func({ results: [i32], body: op.i32Const(5) });
  const shown = builder.func({ export: "shown" });
  const { table, shown: f } = builder.elements(0, [hidden, shown, hidden]).exports();
  equal(table.get(1), f);
  equal(table.get(0), table.get(2));
  equal(table.get(0)(), 5);
  equal(table.get(0).name, String(hidden));
  notEqual(table.get(0), f);
});

test("linking compares element types and bounds", () => {
  const builder = new ModuleBuilder();
  builder.import("m", "t", "table", { element: funcref, min: 2, max: 4 });
  const module = builder.module();
  const link = (descriptor) => new WebAssembly.Instance(module, { m: { t: new Table(descriptor) } });
  link({ element: "anyfunc", initial: 2, maximum: 4 });
  link({ element: "anyfunc", initial: 3, maximum: 3 });
  throws(WebAssembly.LinkError, () => link({ element: "anyfunc", initial: 1, maximum: 4 }));
  throws(WebAssembly.LinkError, () => link({ element: "anyfunc", initial: 2, maximum: 5 }));
  throws(WebAssembly.LinkError, () => link({ element: "anyfunc", initial: 2 }));
  throws(WebAssembly.LinkError, () => link({ element: "externref", initial: 2, maximum: 4 }));
});

// The address type
test("address i64: indices are BigInts", () => {
  const table = new Table({ element: "externref", initial: 1n, maximum: 3n, address: "i64" });
  equal(table.length, 1n);
  equal(table.grow(1n, "s"), 1n);
  equal(table.get(1n), "s");
  table.set(0n, 5);
  equal(table.get(0n), 5);
  throws(RangeError, () => table.get(2n));
  throws(TypeError, () => table.get(0));
  throws(TypeError, () => table.set(0, 1));
  throws(TypeError, () => table.grow(1));
  throws(TypeError, () => new Table({ element: "externref", initial: 1, address: "i64" }));
  throws(TypeError, () => new Table({ element: "externref", initial: 1, address: "" }));
});

test("address i64: with a module", () => {
  const builder = new ModuleBuilder();
  builder.table({ element: externref, min: 2, address: "i64", export: "table" });
  builder.func({ params: [i64], results: [externref], body: [op.localGet(0), op.tableGet(0)], export: "get" });
  const { table, get } = builder.exports();
  table.set(1n, "x");
  equal(get(1n), "x");
});

test("operations check their receiver", () => {
  const { get } = Object.getOwnPropertyDescriptor(Table.prototype, "length");
  for (const value of [undefined, null, 1, {}, Table.prototype]) {
    throws(TypeError, () => get.call(value));
    throws(TypeError, () => Table.prototype.get.call(value, 0));
    throws(TypeError, () => Table.prototype.set.call(value, 0, null));
    throws(TypeError, () => Table.prototype.grow.call(value, 0));
  }
});

await run();
