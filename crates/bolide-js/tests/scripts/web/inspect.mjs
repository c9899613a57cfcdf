// Every value is printed as util.inspect prints it. The expected output was recorded from Node.

import * as self from "./inspect.mjs";

export const exported = { a: 1 };
export function named() {}
export default class {}

const custom = Symbol.for("nodejs.util.inspect.custom");
let inspect;
console.debug({ [custom](depth, options, given) { inspect = given; return "the inspector is at hand"; } });

function show(value, options) {
  console.log(inspect(value, options).split("\n").filter((line) => !/^\s+at /.test(line)).join("\n"));
}

function section(name) {
  console.log(`--- ${name}`);
}

section("primitives");
for (const value of [undefined, null, true, false, 0, -0, 1.5, -1e21, NaN, Infinity, 10n, -5n, Symbol(), Symbol("a b"),
  Symbol.iterator, "", "a", "it's", 'say "hi"', `it's "both"`, "it's \"all\" `three`", "${x} ' \"", "\n\t\b\f\r\v\0\x1b\x7f\x9f\\",
  "\ud800", "a\udc00b", "😀", "é", "\u2028", "x".repeat(200)]) show(value);
show(["it's", 'say "hi"', `it's "both"`]);
show({ text: "line one\nline two\nline three which is rather longer than the others\nline four, and then it ends here" });
show({ text: "no line breaks, but this is still much longer than what fits into a single line of eighty columns" });
show("a\nb".repeat(40));

section("objects");
show({});
show({ a: 1 });
show({ a: 1, b: "two", c: [3], d: { e: { f: { g: 1 } } } });
show({ a: { b: { c: {} } } });
show({ a: { b: { c: [] } } });
show({ a: { b: { c: [1] } } });
show({ a: { b: { c: new Map([[1, 2]]), d: new Set(), e: new Date(0), f: /x/, g: () => 1, h: new Error("x"), i: Object.create(null) } } });
show({ a: { b: { c: new (class Foo { x = 1; })(), d: new Uint8Array(2), e: Promise.resolve(), f: Symbol("s"), g: new ArrayBuffer(1) } } });
show({ "a-b": 1, "1a": 2, 3: 4, $a: 5, _a: 6, "": 7, "it's": 8, "ü": 9, a1: 10, "a\nb": 11 });
show({ [Symbol("s")]: 1, [Symbol()]: 2, [Symbol.iterator]: 3, [Symbol("a\nb")]: 4 });
show({ ["__proto__"]: 1 });
show({ undefined, null: null, nan: NaN, f() {}, g: () => {}, h: class {}, async i() {}, *j() {}, async *k() {} });
show({ get a() { return 1; }, set b(v) {}, get c() { return 1; }, set c(v) {} });
show(Object.create(null));
show(Object.assign(Object.create(null), { a: 1 }));
show(Object.create({}));
show(Object.create({ a: 1 }));
show(Object.create(Object.create(null)));
show(Object.create(Object.create(null), { a: { value: 1, enumerable: true } }));
show(Object.defineProperty({}, "hidden", { value: 1 }));
show(Object.defineProperty({ a: 1 }, "hidden", { value: 1 }), { showHidden: true });
show({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9, j: 10, k: 11, l: 12, m: 13, n: 14, o: 15, p: 16, q: 17 });
show({ aaaaaaaaaaaaaaaaaaaaaaa: 1, bbbbbbbbbbbbbbbbbbbbbbbbbbb: 2, ccccccccccccccccccc: 3 });
show({ aaaaaaaaaaaaaaaaaaaaaaa: 1, bbbbbbbbbbbbbbbbbbbbbbbbbbb: 2, cccccccccccccc: 3 });
show({ aaaaaaaaaaaaaaaaaaaaaaa: 1, bbbbbbbbbbbbbbbbbbbbbbbbbbb: 2, ccccccccc: 3 });
show({ level1: { level2: { level3: { level4: 1 } } } }, { depth: null });
show({ level1: { level2: { level3: { level4: { level5: { level6: 1 } } } } } }, { depth: Infinity });
show({ a: [{ b: 1, c: 2 }, { b: 3, c: 4 }], d: "x".repeat(50) });
show({ user: { name: "Ada", tags: ["x", "y"], address: { street: "Main", city: "London", geo: { lat: 1, lng: 2 } } }, list: [[1, [2, [3, [4]]]]] });
show(globalThis === globalThis.globalThis);
show(JSON);
show(Math);
show(Reflect);
show(Atomics);
show({ toString() { return "x"; } });
show({ constructor: "x" });
show({ constructor: { name: "Fake" } });
show({ [Symbol.toStringTag]: "Tag" });
show(Object.create({ get [Symbol.toStringTag]() { return "Inherited"; } }));
show((function () { return arguments; })(1, "b"));
show((function () { return arguments; })());
show((function () { "use strict"; return arguments; })({ a: 1 }));

section("classes and instances");
class Foo { x = 1; #p = 2; get y() { return 1; } }
class Bar extends Foo { z = [1]; }
class Tagged { get [Symbol.toStringTag]() { return "Marked"; } }
class Same { get [Symbol.toStringTag]() { return "Same"; } }
class Static { static a = 1; static b() {} }
class Empty {}
class List extends Array {}
class Dict extends Map {}
class Bag extends Set {}
class Bytes extends Uint8Array {}
class Problem extends Error {}
class Job extends Promise {}
show(new Foo());
show(new Bar());
show(new Tagged());
show(new Same());
show(Object.assign(new Tagged(), { a: 1 }));
show(new Empty());
show(new (class {})());
show(new (class { a = 1; })());
show([Foo, Bar, Tagged, Static, class {}, class extends Foo {}, class extends null {}, Empty]);
show(Foo.prototype);
show(Bar.prototype);
show(new List(1, 2, 3));
show(new List());
show(new Dict([["a", 1]]));
show(new Bag(["a"]));
show(new Bytes(3));
show(Job.resolve(1));
show(Object.setPrototypeOf([1, 2], null));
show(Object.setPrototypeOf(new Map([[1, 2]]), null));
show(Object.setPrototypeOf(new Set([1]), null));
show(Object.setPrototypeOf(new Date(0), null));
show(Object.setPrototypeOf(/x/g, null));
show(Object.setPrototypeOf(() => 1, null));
show(Object.setPrototypeOf(function named() {}, null));
function Old() { this.a = 1; }
show(new Old());
Old.prototype = { b: 1 };
show(new Old());
const shared = { shared: 1 };
show(Object.create(Foo.prototype));
show(Object.setPrototypeOf({ a: 1 }, shared));

section("functions");
show(() => {});
show(function () {});
show(function named() {});
show(async () => {});
show(async function a() {});
show(function* g() {});
show(async function* ag() {});
show(Object.assign(() => {}, { a: 1, b: { c: 2 } }));
show(Math.max);
show(Map);
show(Object.defineProperty(function () {}, "name", { value: "renamed" }));
show(Object.assign(function f() {}, { [Symbol("s")]: 1 }));
show(function f() {}.bind(null));
show([function f() {}, () => {}, class A {}]);
show(Object.assign(class A {}, { x: 1 }));
show({ class() {} }.class);
show({ f: Function.prototype });

section("arrays");
show([]);
show([1, 2, 3]);
show([[], [[]], [[[]]], [[[[]]]]]);
show(["a", "b"]);
show([undefined, null, NaN, -0]);
show([, ,]);
show([1, , 3, , ,]);
show(Object.assign([1, 2], { key: "value", [Symbol("s")]: 1, "-1": 2 }));
show(Object.assign([], { key: "value" }));
show(new Array(5));
show(new Array(200));
show(Array.from({ length: 7 }, (_, i) => i));
show(Array.from({ length: 27 }, (_, i) => i));
show(Array.from({ length: 100 }, (_, i) => i));
show(Array.from({ length: 101 }, (_, i) => i));
show(Array.from({ length: 120 }, (_, i) => i * 1000));
show(Array.from({ length: 30 }, (_, i) => `item ${i}`));
show(Array.from({ length: 30 }, (_, i) => "x".repeat(i % 13)));
show(Array.from({ length: 26 }, (_, i) => "abcdefghijklmnopqrstuvwxyz".slice(0, i)));
show(Array.from({ length: 12 }, (_, i) => ({ id: i })));
show(Array.from({ length: 8 }, (_, i) => [i, i + 1]));
show(Array.from({ length: 10 }, (_, i) => ({ id: i, name: `name ${i}`, tags: ["a", "b"] })));
show(Array.from({ length: 8 }, () => "a rather long string that takes some space"));
show(Array.from({ length: 10 }, (_, i) => (i % 2 ? i : `${i}`)));
show(Array.from({ length: 10 }, (_, i) => BigInt(i) ** 5n));
show(Array.from({ length: 10 }, (_, i) => i / 3));
show(Array.from({ length: 10 }, (_, i) => -i));
show({ nested: { array: Array.from({ length: 40 }, (_, i) => i * i) } });
show([["name", "value"], ["x", { y: [1, 2, { z: 1 }] }]]);
show(["日本語", "中文", "한국어", "😀", "x", "y", "z", "é"]);
show([true, false, null, undefined, 1, "a", Symbol("s"), 2n, {}, []]);
show([1.5, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 3]);
show(Array.from({ length: 7 }, () => "x".repeat(20)));
show(Array.from({ length: 7 }, () => "x".repeat(10)));
show(Array.from({ length: 16 }, (_, i) => "y".repeat((i * 7) % 11)));
const sparse = [];
sparse[1000000] = 1;
sparse[3] = 2;
show(sparse);
show([1, 2, 3, 4, 5, 6, 7], { compact: false });
show([1, 2, 3, [4, [5]]], { compact: true });
show({ a: 1, b: { c: [1, 2, 3] }, d: "x".repeat(60), e: { f: { g: 1 } } }, { compact: true });
show({ a: 1, b: { c: [1, 2, 3] } }, { compact: false });
show({ a: { b: { c: { d: 1 } } } }, { compact: 1, depth: 9 });
show({ a: { b: { c: { d: 1 } } } }, { compact: 10, depth: 9 });
show({ a: { b: { c: { d: 1 } } } }, { breakLength: 10, depth: 9 });
show(Array.from({ length: 50 }, (_, i) => i), { breakLength: 40 });
show(Array.from({ length: 50 }, (_, i) => i), { breakLength: Infinity });
show(Array.from({ length: 50 }, (_, i) => i), { maxArrayLength: 3 });
show(Array.from({ length: 50 }, (_, i) => i), { maxArrayLength: 0 });
show(Array.from({ length: 120 }, (_, i) => i), { maxArrayLength: null });
show(["a".repeat(30), "b"], { maxStringLength: 10 });
show(["a".repeat(11), "b"], { maxStringLength: 10 });
show({ b: 1, a: 2, c: [3, 1, 2] }, { sorted: true });
show({ b: 1, a: 2 }, { sorted: (x, y) => (x < y ? 1 : -1) });
show(new Set([3, 1, 2]), { sorted: true });
show({ n: 1234567.891, i: 1234567, b: 1234567n, s: 123 }, { numericSeparator: true });
show([1, 2], { showHidden: true });
show({ get a() { return 1; }, get b() { return { c: 1 }; }, set b(v) {} }, { getters: true });

section("maps, sets, weak things");
show(new Map());
show(new Map([["a", 1], [{ b: 1 }, new Map([[1, 2]])]]));
show(new Set());
show(new Set([1, "a", { b: 1 }, [1]]));
show(new Map(Array.from({ length: 120 }, (_, i) => [i, i])), { maxArrayLength: 2 });
show(new Set(Array.from({ length: 10 }, (_, i) => i)));
show(new Set(Array.from({ length: 30 }, (_, i) => `element ${i}`)));
show(Object.assign(new Map([[1, 2]]), { extra: true }));
show(new WeakMap());
show(new WeakSet());
show(new Map([["key", { a: { b: { c: 1 } } }]]));
show([new Map([["x", [1, 2, 3]]]), new Set(["y"])]);
show(Promise.resolve({ a: 1 }));
show(new Promise(() => {}));
const rejected = Promise.reject(5);
rejected.catch(() => {});
show(rejected);
show(Object.assign(Promise.resolve(1), { extra: 1 }));

section("binary");
show(new ArrayBuffer(5));
show(new ArrayBuffer(0));
show(new Uint8Array([1, 2, 255]).buffer);
show(new ArrayBuffer(120));
show(new SharedArrayBuffer(3));
show(new Uint8Array(0));
show(new Uint8Array(5));
show(new Uint8Array(200));
show(new Float64Array([1.5, -0, NaN]));
show(new BigInt64Array([1n, -2n]));
show(new Int16Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
show(Object.assign(new Uint8Array(2), { extra: 1 }));
show(new DataView(new ArrayBuffer(2)));
show(new Uint8Array(2), { showHidden: true });
const detached = new ArrayBuffer(4);
detached.transfer();
show(detached);

section("boxed, dates, regular expressions");
show([new Number(1), new Number(-0), new String("abc"), new Boolean(false), Object(1n), Object(Symbol("s"))]);
show(Object.assign(new String("abc"), { extra: 1 }));
show(Object.assign(new Number(3), { extra: 1 }));
show([new Date(0), new Date(NaN), Object.assign(new Date(1e12), { extra: 1 })]);
show([/a/, /b/gi, Object.assign(/c/, { extra: 1 })]);
show(new (class MyDate extends Date {})(0));
show(new (class MyNumber extends Number {})(0));

section("errors");
show(new Error("message"));
show(new Error(""));
show(new Error("two\nlines"));
show([new Error("in array")]);
show({ error: new TypeError("in object") });
show(new Problem("problem"));
show(Object.assign(new Error("coded"), { code: "ERR_X", info: { a: 1 } }));
show(new Error("outer", { cause: new Error("inner", { cause: "text" }) }));
show(new Error("cause", { cause: undefined }));
show(new AggregateError([new Error("one"), 2], "many"));
show(new AggregateError([]));
show(Object.assign(new Error("renamed"), { name: "Renamed" }));
show(Object.assign(new Error("renamed"), { name: "RenamedError" }));
show(Object.assign(new TypeError("renamed"), { name: "Error" }));
show(Object.assign(new Error("changed"), { message: "new message" }));
show(Object.setPrototypeOf(new Error("no prototype"), null));
show(Object.assign(new Error("no stack"), { stack: undefined }));
show(Object.assign(new Error("own stack"), { stack: "Whatever I say" }));
show(new (class NamedError extends Error { name = "NamedError"; })("x"));
show(new (class Named extends Error { constructor(m) { super(m); this.name = "Named"; } })("x"));
show(new (class Named extends TypeError { get name() { return "Getter"; } })("x"));
show(new DOMException("message", "AbortError"));
show(new RangeError("r"));
show({ a: { b: { c: new Error("deep", { cause: 1 }) } } });
show(Object.create(Error.prototype));

section("circular");
const circular = { name: "c", list: [] };
circular.self = circular;
circular.list.push(circular, { circular });
show(circular);
const ring = [1];
ring.push(ring);
show(ring);
const map = new Map();
map.set("self", map).set(map, 1);
show(map);
const one = {};
const two = { one };
one.two = two;
show({ one, two });
show([one, two]);
const error = new Error("circular");
error.self = error;
show(error);
class Node2 { constructor(parent) { this.parent = parent; this.children = []; } }
const root = new Node2(null);
root.children.push(new Node2(root), new Node2(root));
show(root);

section("proxies");
show(new Proxy({ a: 1 }, {}));
show(new Proxy([1, 2], {}));
show(new Proxy(function f() {}, {}));
show(new Proxy(class A {}, {}));
show(new Proxy({ a: 1 }, { get() { throw new Error("never"); } }));
show(new Proxy({ a: 1 }, { b: 2 }), { showProxy: true });
show(new Proxy(new Proxy({ a: 1 }, {}), {}));
const { proxy, revoke } = Proxy.revocable({}, {});
revoke();
show(proxy);
show({ proxy });

section("custom");
show({ [custom]() { return "as text"; } });
show({ [custom]() { return { other: 1 }; } });
show({ [custom](depth) { return `depth ${depth}`; } });
show({ a: { [custom](depth) { return `depth ${depth}`; } } });
show({ a: { [custom]() { return "two\nlines"; } } });
show({ a: 1, [custom]() { return this; } });
show({ a: 1, [custom]: 5 });
show({ [custom](depth, options) { return options.stylize("x", "special") + Object.keys(options).includes("depth"); } });
show({ a: 1, [custom]() { return "custom"; } }, { customInspect: false });
show({ a: { [custom](d, options, inner) { return `<${inner({ x: { y: 1 } }, options)}>`; } } });

section("colors");
show({ a: 1, b: "x", c: [true, null, undefined, 5n, Symbol("s")], d: new Date(0), e: /x/, f() {}, g: class {} }, { colors: true });
show([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { colors: true });
show({ [Symbol("k")]: 1, "a b": 2, get x() { return 1; }, m: new Map([["k", 1]]), n: [[[[]]]] }, { colors: true, depth: 1 });
show(circular, { colors: true });
show(new Proxy({}, {}), { colors: true });
show([, , 1], { colors: true });
show(Promise.resolve("v"), { colors: true });

section("WebAssembly and modules");
const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 4, 1, 2, 0, 11]);
const module = new WebAssembly.Module(bytes);
const instance = new WebAssembly.Instance(module);
show([module, instance, new WebAssembly.Memory({ initial: 1 }), new WebAssembly.Global({ value: "i32" }, 5)]);
show(new WebAssembly.Table({ initial: 1, element: "anyfunc" }));
show(instance.exports);
show(instance.exports.f);
show({ memory: new WebAssembly.Memory({ initial: 0 }).buffer });
show(WebAssembly.Module.exports(module));
show(new WebAssembly.RuntimeError("trapped"));
show(new WebAssembly.LinkError("unlinked"));
show(self);

section("the platform");
show([new AbortController(), AbortSignal.abort(1)]);
show(new TextEncoder());
show(new URL("https://user:pass@host:1/path?a=1&b=2#hash"));
show([new URLSearchParams("a=1&b=it's")]);
show(new URLSearchParams([["a".repeat(50), "b".repeat(50)], ["c", "d"]]));
show([TextEncoder, TextDecoder]);
