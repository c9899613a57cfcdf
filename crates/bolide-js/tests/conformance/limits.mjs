// WebAssembly JavaScript Interface, "Implementation-defined Limits": what every implementation accepts, and
// that more is refused by an error of the right kind.
import { ModuleBuilder, f64, i32, op } from "./harness/wasm-builder.mjs";
import { assert, equal, run, test, throws } from "./harness/harness.mjs";

const { CompileError, Memory, Module, Table } = WebAssembly;

/** Exactly `count` are accepted; one more is a CompileError, and no module for `validate`. */
function limited(count, build) {
  assert(build(count).module() instanceof Module, `${count} are accepted`);
  const bytes = build(count + 1).bytes();
  throws(CompileError, () => new Module(bytes), `${count + 1} are refused`);
  equal(WebAssembly.validate(bytes), false);
}

test("1,000 parameters of a function", () => {
  limited(1000, (count) => {
    const builder = new ModuleBuilder();
    builder.func({ params: new Array(count).fill(i32) });
    return builder;
  });
});

test("1,000 results of a function", () => {
  limited(1000, (count) => {
    const builder = new ModuleBuilder();
    builder.type([], new Array(count).fill(f64));
    return builder;
  });
});

test("50,000 locals of a function, parameters included", () => {
  limited(50_000, (count) => {
    const builder = new ModuleBuilder();
    builder.func({ params: [i32, i32], locals: new Array(count - 2).fill(i32) });
    return builder;
  });
});

test("7,654,321 bytes of a function", () => {
  const build = (size) => {
    const builder = new ModuleBuilder();
    // The count of locals and the end take a byte each.
    builder.func({ body: [new Array(size - 2).fill(op.nop)], export: "f" });
    return builder;
  };
  assert(build(100_000).exports().f() === undefined);
  throws(CompileError, () => build(7_654_322).module());
});

test("10,000 fields of a struct", () => {
  limited(10_000, (count) => {
    const builder = new ModuleBuilder();
    builder.structType(new Array(count).fill([i32, true]));
    return builder;
  });
});

test("100 memories", () => {
  const memories = new ModuleBuilder();
  for (let i = 0; i < 100; i++) {
    memories.memory({ min: 0 });
  }
  assert(memories.module() instanceof Module);
  memories.memory({ min: 0 });
  throws(CompileError, () => memories.module());
});

test("100,000 data segments", () => {
  limited(100_000, (count) => {
    const builder = new ModuleBuilder();
    builder.memory({ min: 1 });
    for (let i = 0; i < count; i++) {
      builder.data(0, []);
    }
    return builder;
  });
});

test("100,000 types of the 1,000,000", () => {
  const builder = new ModuleBuilder();
  for (let i = 0; i < 100_000; i++) {
    builder.type();
  }
  assert(builder.module() instanceof Module);
});

test("65,536 pages of a memory", () => {
  const builder = new ModuleBuilder();
  builder.memory({ min: 0, max: 65536, export: "memory" });
  equal(builder.exports().memory.grow(1), 0);
  assert(new Memory({ initial: 0, maximum: 65536 }) instanceof Memory);
  const refused = new ModuleBuilder();
  refused.memory({ min: 65537 });
  throws(CompileError, () => refused.module());
});

test("10,000,000 elements of a table", () => {
  assert(new Table({ element: "anyfunc", initial: 1, maximum: 2 ** 32 - 1 }) instanceof Table);
  throws(RangeError, () => new Table({ element: "anyfunc", initial: 10_000_001 }));
  const table = new Table({ element: "externref", initial: 1 });
  throws(RangeError, () => table.grow(10_000_000));
  equal(table.length, 1);
  equal(table.grow(99_999, "x"), 1);
  equal(table.get(99_999), "x");
});

test("a module with a larger table cannot be instantiated", () => {
  const builder = new ModuleBuilder();
  builder.table({ min: 10_000_001 });
  throws(Error, () => builder.exports());
});

await run();
