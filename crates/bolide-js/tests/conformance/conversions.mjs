// WebAssembly JavaScript Interface, "Exported Functions": ToWebAssemblyValue and ToJSValue.
import {
  ModuleBuilder, anyref, eqref, externref, f32, f64, funcref, i31ref, i32, i64, nullexternref, nullfuncref, nullref, op,
  ref, refNull, structref, typeIndex,
} from "./harness/wasm-builder.mjs";
import { assert, equal, notEqual, run, test, throws } from "./harness/harness.mjs";

/** The function that returns its argument. */
function identity(type, build = () => {}) {
  const builder = new ModuleBuilder();
  build(builder);
  builder.func({ params: [type], results: [type], body: op.localGet(0), export: "same" });
  return builder.exports().same;
}

/** A value in words; not every object has some. */
function label(value) {
  try {
    return `${typeof value} ${String(value)}`;
  } catch {
    return typeof value;
  }
}

/** Checks the identity function of a type: pairs of what is given and what comes back. */
function checkAll(type, cases) {
  const same = identity(type);
  for (const [given, expected] of cases) {
    equal(same(given), expected, label(given));
  }
}

function refusesAll(type, values, error = TypeError) {
  const same = identity(type);
  for (const value of values) {
    throws(error, () => same(value), label(value));
  }
}

// Numbers: ToInt32, ToBigInt64, ToNumber
test("i32: ToInt32", () => {
  const big = 2 ** 31;
  checkAll(i32, [
    [0, 0], [-0, 0], [1.9, 1], [-1.9, -1], [big - 1, big - 1], [big, -big], [-big, -big], [-big - 1, big - 1],
    [2 ** 32, 0], [2 ** 32 + 5, 5], [2 ** 53, 0], [1e300, 0], [NaN, 0], [Infinity, 0], [-Infinity, 0],
    ["", 0], [" 12 ", 12], ["0x10", 16], ["x", 0], [null, 0], [undefined, 0], [true, 1], [false, 0],
    [[], 0], [[7], 7], [{}, 0], [{ valueOf: () => 3 }, 3], [new Date(5), 5],
  ]);
  refusesAll(i32, [1n, Symbol(), Object(1n), { valueOf: () => 1n }, { [Symbol.toPrimitive]: 1 }]);
});

test("i64: ToBigInt64", () => {
  const big = 2n ** 63n;
  checkAll(i64, [
    [0n, 0n], [-1n, -1n], [big - 1n, big - 1n], [big, -big], [-big, -big], [-big - 1n, big - 1n], [2n ** 64n, 0n],
    [2n ** 64n + 9n, 9n], [-(2n ** 70n) - 1n, -1n], ["", 0n], ["12", 12n], ["0x10", 16n], [" -3 ", -3n],
    [true, 1n], [false, 0n], [[], 0n], [["4"], 4n], [{ valueOf: () => 3n }, 3n], [Object(6n), 6n],
  ]);
  refusesAll(i64, [0, 1, NaN, 1.5, null, undefined, Symbol(), [1, 2].length]);
  refusesAll(i64, ["x", "1n", "1.5", {}], SyntaxError);
});

test("f32: ToNumber, rounded to nearest", () => {
  checkAll(f32, [
    [0, 0], [-0, -0], [0.1, Math.fround(0.1)], [16777217, 16777216], [1e39, Infinity], [-1e39, -Infinity],
    [3.4028235677973366e38, Infinity], [3.4028235677973362e38, 3.4028234663852886e38], [1e-46, 0], [-1e-46, -0],
    [2 ** -149, 2 ** -149], [2 ** -150, 0], [2 ** -150 * 1.0001, 2 ** -149], [NaN, NaN], [Infinity, Infinity],
    [undefined, NaN], [null, 0], ["0x20", 32], ["x", NaN], [true, 1], [[2.5], 2.5], [{ valueOf: () => 3 }, 3],
  ]);
  refusesAll(f32, [1n, Symbol(), Object(1n)]);
});

test("f64: ToNumber", () => {
  checkAll(f64, [
    [0, 0], [-0, -0], [0.1, 0.1], [Number.MAX_VALUE, Number.MAX_VALUE], [Number.MIN_VALUE, Number.MIN_VALUE],
    [NaN, NaN], [-Infinity, -Infinity], [undefined, NaN], [null, 0], [" 1e3 ", 1000], ["", 0], [{}, NaN],
  ]);
  refusesAll(f64, [1n, Symbol(), { valueOf: () => 1n }]);
});

test("numbers: what a conversion throws", () => {
  const reason = {};
  for (const type of [i32, i64, f32, f64]) {
    throws(reason, () => identity(type)({ valueOf() { throw reason; } }));
  }
});

test("numbers: valueOf comes before toString", () => {
  const both = { valueOf: () => 1, toString: () => "2" };
  equal(identity(i32)(both), 1);
  equal(identity(f64)({ valueOf: () => ({}), toString: () => "2" }), 2);
  equal(identity(i64)({ [Symbol.toPrimitive]: (hint) => (hint === "number" ? 7n : 8n) }), 7n);
});

test("numbers: results are signed", () => {
  const builder = new ModuleBuilder();
  builder.func({ results: [i32], body: op.i32Const(0xffffffff), export: "i32" });
  builder.func({ results: [i64], body: op.i64Const(2n ** 64n - 1n), export: "i64" });
  const exports = builder.exports();
  equal(exports.i32(), -1);
  equal(exports.i64(), -1n);
});

test("numbers: every NaN is the NaN of JavaScript", () => {
  const builder = new ModuleBuilder();
  const bits = (body, results, name) => builder.func({ results, body, export: name });
  bits([op.i32Const(0x7f800001), op.f32ReinterpretI32], [f32], "signalling32");
  bits([op.i64Const(0xfff8000000000123n), op.f64ReinterpretI64], [f64], "payload64");
  const exports = builder.exports();
  equal(exports.signalling32(), NaN);
  equal(exports.payload64(), NaN);
});

test("numbers: the NaN of JavaScript is a NaN", () => {
  const builder = new ModuleBuilder();
  builder.func({ params: [f32], results: [i32], body: [op.localGet(0), op.i32ReinterpretF32], export: "bits32" });
  builder.func({ params: [f64], results: [i64], body: [op.localGet(0), op.i64ReinterpretF64], export: "bits64" });
  const { bits32, bits64 } = builder.exports();
  assert((bits32(NaN) & 0x7fffffff) > 0x7f800000);
  assert((BigInt.asUintN(63, bits64(NaN))) > 0x7ff0000000000000n);
  equal(bits32(-0), -(2 ** 31));
  equal(bits64(-0), -(2n ** 63n));
});

// External references
const anything = () => {
  const exported = identity(i32);
  return [
    undefined, null, true, false, 0, -0, 1, -1, 1.5, NaN, Infinity, 2 ** 31, 2 ** 53, "", "text", "\ud800", 0n, 2n ** 100n,
    Symbol("s"), Symbol.iterator, Symbol.for("f"), {}, [], () => {}, class {}, /x/, new Date(), new Map(), globalThis,
    Object.create(null), Object.freeze({}), new Proxy({}, {}), new Proxy(() => {}, {}), exported, WebAssembly,
    new WebAssembly.Memory({ initial: 0 }), new ArrayBuffer(1), new Error("e"), Promise.resolve(),
  ];
};

test("externref: every value comes back as it went", () => {
  checkAll(externref, anything().map((value) => [value, value]));
});

test("externref: only null is null", () => {
  const builder = new ModuleBuilder();
  builder.func({ params: [externref], results: [i32], body: [op.localGet(0), op.refIsNull], export: "isNull" });
  const { isNull } = builder.exports();
  for (const value of anything()) {
    equal(isNull(value), value === null ? 1 : 0, typeof value);
  }
  equal(isNull(), 0);
});

test("(ref extern): null is refused", () => {
  const same = identity(ref(externref));
  equal(same(undefined), undefined);
  equal(same("x"), "x");
  throws(TypeError, () => same(null));
});

test("nullexternref: only null", () => {
  checkAll(nullexternref, [[null, null]]);
  refusesAll(nullexternref, [undefined, 0, {}, ""]);
});

// Functions
test("funcref: null and exported functions", () => {
  const exported = identity(i32);
  checkAll(funcref, [[null, null], [exported, exported]]);
  refusesAll(funcref, [undefined, 0, "", {}, () => {}, Math.abs, exported.bind(null), new Proxy(exported, {}), WebAssembly.Module]);
});

test("(ref func): null is refused", () => {
  const same = identity(ref(funcref));
  const exported = identity(i32);
  equal(same(exported), exported);
  throws(TypeError, () => same(null));
});

test("nullfuncref: only null", () => {
  checkAll(nullfuncref, [[null, null]]);
  refusesAll(nullfuncref, [undefined, identity(i32)]);
});

test("a concrete function type takes functions of that type", () => {
  const type = (results) => (builder) => builder.type([], results);
  const make = (results) => {
    const builder = new ModuleBuilder();
    builder.func({ results, body: results.length > 0 ? op.i32Const(1) : [], export: "f" });
    return builder.exports().f;
  };
  const same = identity(refNull(typeIndex(0)), type([i32]));
  const [right, wrong] = [make([i32]), make([])];
  equal(same(right), right);
  equal(same(null), null);
  throws(TypeError, () => same(wrong));
  throws(TypeError, () => same({}));
  throws(TypeError, () => identity(ref(typeIndex(0)), type([i32]))(null));
});

// Internal references
test("anyref: small integers are i31", () => {
  const big = 2 ** 30;
  checkAll(anyref, [[0, 0], [1, 1], [-1, -1], [big - 1, big - 1], [-big, -big], [big, big], [-big - 1, -big - 1], [1.5, 1.5], [NaN, NaN]]);
});

test("anyref: every other value is external", () => {
  checkAll(anyref, anything().filter((value) => !Object.is(value, -0)).map((value) => [value, value]));
});

test("i31ref: integers of 31 bits and null", () => {
  const big = 2 ** 30;
  checkAll(i31ref, [[0, 0], [5, 5], [-5, -5], [big - 1, big - 1], [-big, -big], [null, null]]);
  refusesAll(i31ref, [big, -big - 1, 1.5, NaN, undefined, "1", true, 1n, {}, () => {}]);
});

test("eqref and structref: external values are refused", () => {
  checkAll(eqref, [[7, 7], [null, null]]);
  refusesAll(eqref, [1.5, "x", {}, undefined, () => {}]);
  checkAll(structref, [[null, null]]);
  refusesAll(structref, [7, "x", {}, undefined]);
  checkAll(nullref, [[null, null]]);
  refusesAll(nullref, [0, undefined, {}]);
});

test("i31: unsigned values come out signed", () => {
  const builder = new ModuleBuilder();
  builder.func({ params: [i32], results: [i31ref], body: [op.localGet(0), op.refI31], export: "make" });
  builder.func({ params: [i31ref], results: [i32], body: [op.localGet(0), op.i31GetU], export: "unsigned" });
  const { make, unsigned } = builder.exports();
  equal(make(-1), -1);
  equal(make(0x7fffffff), -1);
  equal(make(0x40000000), -0x40000000);
  equal(unsigned(-1), 0x7fffffff);
});

test("conversion between the hierarchies keeps the value", () => {
  const builder = new ModuleBuilder();
  builder.func({ params: [externref], results: [anyref], body: [op.localGet(0), op.anyConvertExtern], export: "internalise" });
  builder.func({ params: [anyref], results: [externref], body: [op.localGet(0), op.externConvertAny], export: "externalise" });
  const { internalise, externalise } = builder.exports();
  for (const value of [null, {}, "x", 1.5, Symbol("s"), undefined]) {
    equal(internalise(value), value);
    equal(externalise(value), value);
  }
});

// "Garbage Collected Objects": Exported GC Objects
const structs = () => {
  const builder = new ModuleBuilder();
  const type = builder.structType([[i32, true]]);
  builder.func({ params: [i32], results: [ref(typeIndex(type))], body: [op.localGet(0), op.structNew(type)], export: "make" });
  builder.func({ params: [ref(typeIndex(type))], results: [i32], body: [op.localGet(0), op.structGet(type, 0)], export: "read" });
  builder.func({ params: [anyref], results: [anyref], body: op.localGet(0), export: "same" });
  builder.func({ params: [externref], results: [externref], body: op.localGet(0), export: "extern" });
  return builder.exports();
};

test("structs are opaque objects with identity", () => {
  const { make, read, same, extern } = structs();
  const struct = make(5);
  equal(typeof struct, "object");
  equal(read(struct), 5);
  equal(same(struct), struct);
  equal(extern(struct), struct);
  notEqual(make(5), struct);
  throws(TypeError, () => read({}));
  throws(TypeError, () => read(null));
});

test("structs have no properties and take none", () => {
  const struct = structs().make(1);
  equal(Object.getPrototypeOf(struct), null);
  equal(Object.isExtensible(struct), false);
  equal(Reflect.ownKeys(struct).length, 0);
  equal(struct.x, undefined);
  equal("x" in struct, false);
  throws(TypeError, () => { struct.x = 1; });
  throws(TypeError, () => Object.setPrototypeOf(struct, {}));
  equal(new Map([[struct, 1]]).get(struct), 1);
});

test("structs: refusals by the internal methods", () => {
  const struct = structs().make(1);
  equal(Reflect.set(struct, "x", 1), false);
  equal(Reflect.defineProperty(struct, "x", { value: 1 }), false);
  equal(Reflect.setPrototypeOf(struct, {}), false);
  equal(Reflect.preventExtensions(struct), false);
  equal(Reflect.deleteProperty(struct, "x"), false);
});

await run();
