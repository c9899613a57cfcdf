// WebAssembly JavaScript Interface, "Builtins": compile options, "js-string" and imported string constants.
import { ModuleBuilder, externref, i32, op, ref, refNull, typeIndex } from "./harness/wasm-builder.mjs";
import { assert, equal, rejects, run, sameValues, test, throws } from "./harness/harness.mjs";

const { CompileError, Instance, LinkError, Module, RuntimeError } = WebAssembly;
const builtins = { builtins: ["js-string"] };
const string = ref(externref);
const nameSpace = "wasm:js-string";

const signatures = {
  test: [[externref], [i32]],
  cast: [[externref], [string]],
  fromCharCode: [[i32], [string]],
  fromCodePoint: [[i32], [string]],
  charCodeAt: [[externref, i32], [i32]],
  codePointAt: [[externref, i32], [i32]],
  length: [[externref], [i32]],
  concat: [[externref, externref], [string]],
  substring: [[externref, i32, i32], [string]],
  equals: [[externref, externref], [i32]],
  compare: [[externref, externref], [i32]],
};

/** A module that imports the builtins and exports functions that call them. */
function wrapping(chosen = Object.keys(signatures)) {
  const builder = new ModuleBuilder();
  const calls = chosen.map((name) => {
    const [params, results] = signatures[name];
    return [name, params, results, builder.import(nameSpace, name, "func", { params, results })];
  });
  for (const [name, params, results, index] of calls) {
    builder.func({ params, results, body: [params.map((_, i) => op.localGet(i)), op.call(index)], export: name });
  }
  return builder;
}

const strings = () => new Instance(new Module(wrapping().bytes(), builtins)).exports;

test("options: unknown members, sets of builtins and empty lists are ignored", () => {
  const bytes = wrapping(["length"]).bytes();
  for (const options of [undefined, null, {}, { builtins: [] }, { builtins: ["unknown"] }, { other: 1 }]) {
    equal(Module.imports(new Module(bytes, options)).length, 1);
    equal(WebAssembly.validate(bytes, options), true);
  }
});

test("options: builtins are a sequence of strings", () => {
  const bytes = wrapping(["length"]).bytes();
  for (const value of [null, 1, "js-string", {}]) {
    throws(TypeError, () => new Module(bytes, { builtins: value }), String(value));
  }
  equal(Module.imports(new Module(bytes, { builtins: new Set(["js-string"]) })).length, 0);
});

test("options: a set named twice is a CompileError", () => {
  const bytes = wrapping(["length"]).bytes();
  const options = { builtins: ["js-string", "js-string"] };
  throws(CompileError, () => new Module(bytes, options));
  equal(WebAssembly.validate(bytes, options), false);
});

test("imports: those of builtins are not listed", () => {
  const builder = wrapping(["length", "concat"]);
  equal(Module.imports(new Module(builder.bytes())).length, 2);
  equal(Module.imports(new Module(builder.bytes(), builtins)).length, 0);
});

test("imports: a wrong type of a builtin is a CompileError", async () => {
  const builder = new ModuleBuilder();
  builder.import(nameSpace, "length", "func", { params: [i32], results: [i32] });
  const bytes = builder.bytes();
  equal(WebAssembly.validate(bytes), true);
  equal(WebAssembly.validate(bytes, builtins), false);
  throws(CompileError, () => new Module(bytes, builtins));
  await rejects(CompileError, () => WebAssembly.compile(bytes, builtins));
  await rejects(CompileError, () => WebAssembly.instantiate(bytes, {}, builtins));
});

test("imports: what is no builtin is an ordinary import", () => {
  const builder = new ModuleBuilder();
  builder.import(nameSpace, "unknown", "func");
  const module = new Module(builder.bytes(), builtins);
  equal(Module.imports(module).length, 1);
  assert(new Instance(module, { [nameSpace]: { unknown() {} } }) instanceof Instance);
  throws(LinkError, () => new Instance(module, { [nameSpace]: {} }));
});

test("imports: without the option a script gives the functions", () => {
  const exports = new Instance(new Module(wrapping(["length"]).bytes()), { [nameSpace]: { length: () => 99 } }).exports;
  equal(exports.length("abc"), 99);
});

test("imports: a script's functions do not replace builtins", () => {
  const imports = { get [nameSpace]() { throw new Error("read"); } };
  const exports = new Instance(new Module(wrapping(["length"]).bytes(), builtins), imports).exports;
  equal(exports.length("abc"), 3);
});

test("compile and instantiate take options", async () => {
  const bytes = wrapping(["length"]).bytes();
  const module = await WebAssembly.compile(bytes, builtins);
  equal((await WebAssembly.instantiate(module)).exports.length("ab"), 2);
  equal((await WebAssembly.instantiate(bytes, undefined, builtins)).instance.exports.length("abcd"), 4);
  equal(WebAssembly.validate(bytes, builtins), true);
});

const notStrings = [undefined, null, 0, 1n, true, Symbol.iterator, {}, [], Object("x"), () => {}];

test("test: whether a value is a string", () => {
  const f = strings().test;
  for (const value of ["", "x", "\ud800", "a".repeat(1000)]) {
    equal(f(value), 1);
  }
  for (const value of notStrings) {
    equal(f(value), 0, typeof value);
  }
});

test("cast: the string itself, or a trap", () => {
  const { cast } = strings();
  equal(cast("text"), "text");
  equal(cast(""), "");
  for (const value of notStrings) {
    throws(RuntimeError, () => cast(value), typeof value);
  }
});

test("length: in code units", () => {
  const { length } = strings();
  sameValues(["", "abc", "é", "\u{1f980}", "\ud800"].map((text) => length(text)), [0, 3, 1, 2, 1]);
  for (const value of notStrings) {
    throws(RuntimeError, () => length(value), typeof value);
  }
});

test("fromCharCode and fromCodePoint", () => {
  const { fromCharCode, fromCodePoint } = strings();
  equal(fromCharCode(65), "A");
  equal(fromCharCode(0xd800), "\ud800");
  equal(fromCharCode(0x10041), "A");
  equal(fromCharCode(-1), "\uffff");
  equal(fromCodePoint(0x1f980), "\u{1f980}");
  equal(fromCodePoint(0xdfff), "\udfff");
  equal(fromCodePoint(0x10ffff), "\u{10ffff}");
  throws(RuntimeError, () => fromCodePoint(0x110000));
  throws(RuntimeError, () => fromCodePoint(-1));
});

test("charCodeAt and codePointAt", () => {
  const { charCodeAt, codePointAt } = strings();
  equal(charCodeAt("abc", 1), 98);
  equal(charCodeAt("\u{1f980}", 1), 0xdd80);
  equal(codePointAt("\u{1f980}", 0), 0x1f980);
  equal(codePointAt("\u{1f980}", 1), 0xdd80);
  for (const f of [charCodeAt, codePointAt]) {
    for (const index of [3, -1, 2 ** 31]) {
      throws(RuntimeError, () => f("abc", index), String(index));
    }
    throws(RuntimeError, () => f("", 0));
    throws(RuntimeError, () => f(null, 0));
    throws(RuntimeError, () => f(5, 0));
  }
});

test("concat", () => {
  const { concat } = strings();
  equal(concat("ab", "c"), "abc");
  equal(concat("", ""), "");
  equal(concat("\ud83e", "\udd80"), "\u{1f980}");
  throws(RuntimeError, () => concat("a", null));
  throws(RuntimeError, () => concat(1, "a"));
});

test("substring: bounds are unsigned, and clamped", () => {
  const { substring } = strings();
  equal(substring("hello", 1, 3), "el");
  equal(substring("hello", 0, 5), "hello");
  equal(substring("hello", 2, 99), "llo");
  equal(substring("hello", 2, -1), "llo");
  equal(substring("hello", 3, 2), "");
  equal(substring("hello", 5, 6), "");
  equal(substring("hello", -1, -1), "");
  throws(RuntimeError, () => substring(null, 0, 0));
});

test("equals: null is allowed", () => {
  const { equals } = strings();
  equal(equals("ab", "a" + "b"), 1);
  equal(equals("ab", "ac"), 0);
  equal(equals(null, null), 1);
  equal(equals(null, ""), 0);
  equal(equals("", null), 0);
  throws(RuntimeError, () => equals(undefined, "a"));
  throws(RuntimeError, () => equals("a", 1));
});

test("compare: by code units", () => {
  const { compare } = strings();
  equal(compare("a", "b"), -1);
  equal(compare("b", "a"), 1);
  equal(compare("ab", "ab"), 0);
  equal(compare("", "a"), -1);
  equal(compare("\uffff", "\u{10000}"), 1);
  throws(RuntimeError, () => compare(null, "a"));
});

test("fromCharCodeArray and intoCharCodeArray", () => {
  const builder = new ModuleBuilder();
  const i16 = 0x77;
  const type = builder.arrayType(i16, true);
  const array = refNull(typeIndex(type));
  const from = builder.import(nameSpace, "fromCharCodeArray", "func", { params: [array, i32, i32], results: [string] });
  const into = builder.import(nameSpace, "intoCharCodeArray", "func", { params: [externref, array, i32], results: [i32] });
  builder.func({
    params: [externref, i32, i32, i32], results: [i32, string], locals: [array],
    body: [
      op.i32Const(8), op.arrayNewDefault(type), op.localSet(4),
      op.localGet(0), op.localGet(4), op.localGet(1), op.call(into),
      op.localGet(4), op.localGet(2), op.localGet(3), op.call(from),
    ],
    export: "through",
  });
  const { through } = new Instance(new Module(builder.bytes(), builtins)).exports;
  sameValues(through("abc", 2, 1, 6), [3, "\0abc\0"]);
  sameValues(through("", 8, 8, 8), [0, ""]);
  throws(RuntimeError, () => through("abcdefghi", 0, 0, 1));
  throws(RuntimeError, () => through("abc", 6, 0, 1));
  throws(RuntimeError, () => through("abc", 0, 3, 2));
  throws(RuntimeError, () => through("abc", 0, 0, 9));
  throws(RuntimeError, () => through(null, 0, 0, 0));
});

// Imported string constants
const constants = (...texts) => {
  const builder = new ModuleBuilder();
  texts.forEach((text, i) => builder.import("strings", text, "global", { type: string, export: `s${i}` }));
  return builder;
};

test("importedStringConstants: globals with the text of their names", () => {
  const texts = ["", "hello", "☺\u{1f980}", "hello"];
  const module = new Module(constants(...texts).bytes(), { importedStringConstants: "strings" });
  equal(Module.imports(module).length, 0);
  const exports = new Instance(module).exports;
  sameValues(texts.map((_, i) => exports[`s${i}`].value), texts);
  throws(TypeError, () => { exports.s0.value = "x"; });
});

test("importedStringConstants: only the named module", () => {
  const bytes = constants("a").bytes();
  for (const options of [undefined, {}, { importedStringConstants: "other" }, { importedStringConstants: undefined }]) {
    const module = new Module(bytes, options);
    equal(Module.imports(module).length, 1);
    equal(new Instance(module, { strings: { a: "given" } }).exports.s0.value, "given");
  }
});

test("importedStringConstants: the empty name, and null is none", () => {
  const builder = new ModuleBuilder();
  builder.import("", "x", "global", { type: string, export: "s" });
  const module = new Module(builder.bytes(), { importedStringConstants: "" });
  equal(new Instance(module).exports.s.value, "x");
  equal(Module.imports(new Module(builder.bytes(), { importedStringConstants: null })).length, 1);
});

test("importedStringConstants: every import of the module must be such a global", () => {
  const options = { importedStringConstants: "strings" };
  for (const [kind, description] of [["global", { type: i32 }], ["global", { type: string, mutable: true }], ["func", {}], ["memory", {}]]) {
    const builder = new ModuleBuilder();
    builder.import("strings", "x", kind, description);
    throws(CompileError, () => new Module(builder.bytes(), options), kind);
    equal(WebAssembly.validate(builder.bytes(), options), false);
  }
});

test("constants and builtins together", () => {
  const builder = new ModuleBuilder();
  const [params, results] = signatures.concat;
  const concat = builder.import(nameSpace, "concat", "func", { params, results });
  builder.import("'", "hello ", "global", { type: string });
  builder.func({ params: [externref], results: [string], body: [op.globalGet(0), op.localGet(0), op.call(concat)], export: "greet" });
  const module = new Module(builder.bytes(), { builtins: ["js-string"], importedStringConstants: "'" });
  equal(new Instance(module, {}).exports.greet("world"), "hello world");
});

await run();
