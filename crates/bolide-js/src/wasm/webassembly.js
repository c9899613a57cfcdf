// The namespace object (JS API §5).

const wasm = native("wasm");
const { CompileError, LinkError, RuntimeError } = load("wasm/errors");
const { Module, Instance, functions } = load("wasm/compile");
const { Memory } = load("wasm/memory");
const { Table } = load("wasm/table");
const { Global } = load("wasm/global");
const tags = load("wasm/tag");

const classes = { Module, Instance, Memory, Table, Global, Tag: tags.Tag, Exception: tags.Exception };
const errors = { CompileError, LinkError, RuntimeError };

const prototypes = {};
for (const name in classes) prototypes[name] = classes[name].prototype;
wasm.setPrototypes(prototypes);

const WebAssembly = {};
const define = (name, value, enumerable) =>
  Object.defineProperty(WebAssembly, name, { value, enumerable, writable: true, configurable: true });
for (const name in classes) define(name, classes[name], false);
for (const name in errors) define(name, errors[name], false);
for (const name in functions) define(name, functions[name], true);
Object.defineProperty(WebAssembly, "JSTag", {
  get: Object.getOwnPropertyDescriptor({ get JSTag() { return tags.jsTag(); } }, "JSTag").get,
  enumerable: true,
  configurable: true,
});
Object.defineProperty(WebAssembly, Symbol.toStringTag, { value: "WebAssembly", configurable: true });

exports.WebAssembly = WebAssembly;
