// Web IDL, "Interfaces": what the definitions of the WebAssembly JavaScript Interface become in JavaScript.
import { equal, hasAttribute, hasInterface, hasOperation, hasProperty, run, sameValues, test, throws } from "./harness/harness.mjs";

const interfaces = {
  Module: { length: 1 },
  Instance: { length: 1, attributes: { exports: true } },
  Memory: { length: 1, attributes: { buffer: true }, operations: { grow: 1, toFixedLengthBuffer: 0, toResizableBuffer: 0 } },
  Table: { length: 1, attributes: { length: true }, operations: { grow: 1, get: 1, set: 1 } },
  Global: { length: 1, attributes: { value: false }, operations: { valueOf: 0 } },
  Tag: { length: 1 },
  Exception: { length: 2, attributes: { stack: true }, operations: { getArg: 2, is: 1 } },
};

for (const [name, { length, attributes = {}, operations = {} }] of Object.entries(interfaces)) {
  test(`${name}: the interface object`, () => {
    hasInterface(WebAssembly, name, length);
    // The proposal of source phase imports puts %AbstractModuleSource% between Module and Function.prototype.
    if (name !== "Module") {
      equal(Object.getPrototypeOf(WebAssembly[name]), Function.prototype);
      equal(Object.getPrototypeOf(WebAssembly[name].prototype), Object.prototype);
    }
  });

  test(`${name}: attributes`, () => {
    for (const [attribute, isReadOnly] of Object.entries(attributes)) {
      hasAttribute(WebAssembly[name].prototype, attribute, isReadOnly);
    }
  });

  test(`${name}: operations`, () => {
    for (const [operation, count] of Object.entries(operations)) {
      hasOperation(WebAssembly[name].prototype, operation, count);
    }
  });

  test(`${name}: nothing else`, () => {
    const { prototype } = WebAssembly[name];
    const members = [...Object.keys(attributes), ...Object.keys(operations), "constructor", Symbol.toStringTag];
    sameValues(Reflect.ownKeys(prototype).map(String).sort(), members.map(String).sort());
  });

  test(`${name}: the tag can be replaced by those who define it`, () => {
    class Derived extends WebAssembly[name] {
      get [Symbol.toStringTag]() { return "Mine"; }
    }
    equal(Object.prototype.toString.call(Derived.prototype), "[object Mine]");
  });
}

test("the members of interfaces are enumerable in their order of definition", () => {
  sameValues(Object.keys(WebAssembly.Memory.prototype).sort(), ["buffer", "grow", "toFixedLengthBuffer", "toResizableBuffer"]);
  sameValues(Object.keys(WebAssembly.Table.prototype).sort(), ["get", "grow", "length", "set"]);
  sameValues(Object.keys(WebAssembly.Module).sort(), ["customSections", "exports", "imports"]);
});

test("the namespace has its members and no others", () => {
  const errors = ["CompileError", "LinkError", "RuntimeError"];
  const operations = ["validate", "compile", "instantiate", "compileStreaming", "instantiateStreaming"];
  const expected = [...Object.keys(interfaces), ...errors, ...operations, "JSTag", "Symbol(Symbol.toStringTag)"];
  sameValues(Reflect.ownKeys(WebAssembly).map(String).sort(), expected.sort());
  sameValues(Object.keys(WebAssembly).filter((key) => key !== "JSTag").sort(), operations.sort());
});

test("JSTag is a read-only attribute of the namespace", () => {
  const { get, set } = hasProperty(WebAssembly, "JSTag", "enumerable configurable");
  equal(get.name, "get JSTag");
  equal(set, undefined);
});

test("classes need new, and do not take each other's objects", () => {
  for (const name of Object.keys(interfaces)) {
    throws(TypeError, () => WebAssembly[name].call({}), name);
  }
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { get } = Object.getOwnPropertyDescriptor(WebAssembly.Table.prototype, "length");
  throws(TypeError, () => get.call(memory));
  throws(TypeError, () => WebAssembly.Table.prototype.grow.call(memory, 1));
});

test("a proxy is not the object behind it", () => {
  const proxy = new Proxy(new WebAssembly.Memory({ initial: 1 }), {});
  throws(TypeError, () => proxy.buffer);
});

test("the prototype of new.target is the object's", () => {
  function Target() {}
  Target.prototype = { marker: 1 };
  const memory = Reflect.construct(WebAssembly.Memory, [{ initial: 1 }], Target);
  equal(Object.getPrototypeOf(memory), Target.prototype);
  equal(Object.getOwnPropertyDescriptor(WebAssembly.Memory.prototype, "buffer").get.call(memory).byteLength, 65536);
});

test("a new.target without a prototype gives the class's own", () => {
  const bare = function () {};
  bare.prototype = null;
  equal(Object.getPrototypeOf(Reflect.construct(WebAssembly.Memory, [{ initial: 1 }], bare)), WebAssembly.Memory.prototype);
});

await run();
