// WebAssembly JavaScript Interface, "Exported Functions" and "Error Condition Mappings: Stack Overflow": calls
// that go to and fro between scripts and modules.
import { ModuleBuilder, empty, externref, funcref, i32, op } from "./harness/wasm-builder.mjs";
import { assert, equal, rejects, run, sameValues, test, throws } from "./harness/harness.mjs";

/** `down(n)` calls `m.f(n)` and adds one to its result. */
function bouncing(f) {
  const builder = new ModuleBuilder();
  const host = builder.import("m", "f", "func", { params: [i32], results: [i32] });
  builder.func({ params: [i32], results: [i32], body: [op.localGet(0), op.call(host), op.i32Const(1), op.i32Add], export: "down" });
  return builder.exports({ m: { f } });
}

test("calls nest", () => {
  const exports = bouncing((n) => (n === 0 ? 0 : exports.down(n - 1)));
  for (const depth of [0, 1, 10, 200]) {
    equal(exports.down(depth), depth + 1);
  }
});

test("an exception unwinds every level", () => {
  const reason = new Error("deep");
  const levels = [];
  const exports = bouncing((n) => {
    if (n === 0) {
      throw reason;
    }
    try {
      return exports.down(n - 1);
    } finally {
      levels.push(n);
    }
  });
  throws(reason, () => exports.down(50));
  sameValues(levels, Array.from({ length: 50 }, (_, i) => i + 1));
});

test("an exception may be caught half way", () => {
  const exports = bouncing((n) => {
    if (n === 0) {
      throw new Error("bottom");
    }
    try {
      return exports.down(n - 1);
    } catch {
      return 1000;
    }
  });
  equal(exports.down(10), 1010);
});

test("instances are made and run inside a call", () => {
  const inner = new ModuleBuilder();
  inner.func({ params: [i32], results: [i32], body: [op.localGet(0), op.i32Const(2), op.i32Mul], export: "double" });
  const bytes = inner.bytes();
  const exports = bouncing((n) => new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.double(n));
  equal(exports.down(21), 43);
});

test("a start function may call what its imports call", () => {
  const outer = bouncing((n) => n);
  const builder = new ModuleBuilder();
  const f = builder.import("m", "f", "func");
  const seen = [];
  builder.start(builder.func({ body: [op.call(f), op.call(f)] }));
  builder.exports({ m: { f: () => seen.push(outer.down(seen.length)) } });
  sameValues(seen, [1, 2]);
});

test("conversions of arguments may call the same function", () => {
  const exports = bouncing((n) => n);
  equal(exports.down({ valueOf: () => exports.down({ valueOf: () => exports.down(1) }) }), 4);
});

test("a table that changes during a call", () => {
  const builder = new ModuleBuilder();
  const type = builder.type([], [i32]);
  const change = builder.import("m", "change", "func");
  builder.table({ min: 2, export: "table" });
  const [one, two] = [1, 2].map((n) => builder.func({ results: [i32], body: op.i32Const(n) }));
  const call = (index) => [op.i32Const(index), op.callIndirect(type)];
  builder.func({ results: [i32, i32], body: [call(0), op.call(change), call(0)], export: "run" });
  const exports = builder.elements(0, [one, two]).exports({ m: { change: () => exports.table.set(0, exports.table.get(1)) } });
  sameValues(exports.run(), [1, 2]);
});

test("a table that grows during a call", () => {
  const builder = new ModuleBuilder();
  const grow = builder.import("m", "grow", "func");
  builder.table({ element: externref, min: 1, export: "table" });
  builder.func({ results: [externref], body: [op.call(grow), op.i32Const(500), op.tableGet(0)], export: "run" });
  const exports = builder.exports({ m: { grow: () => exports.table.grow(1000, "grown") } });
  equal(exports.run(), "grown");
});

test("a memory that grows during a call", () => {
  const builder = new ModuleBuilder();
  const grow = builder.import("m", "grow", "func");
  builder.memory({ min: 1, export: "memory" });
  const body = [op.i32Const(0), op.i32Const(7), op.i32Store(), op.call(grow), op.i32Const(0), op.i32Load(), op.i32Const(65536 * 40), op.i32Load(), op.i32Add];
  builder.func({ results: [i32], body, export: "run" });
  const exports = builder.exports({
    m: {
      grow() {
        exports.memory.grow(50);
        new Int32Array(exports.memory.buffer)[65536 * 10] = 35;
      },
    },
  });
  equal(exports.run(), 42);
});

test("references stay alive in the frames of modules", () => {
  const builder = new ModuleBuilder();
  const churn = builder.import("m", "churn", "func");
  builder.func({ params: [externref], results: [externref], body: [op.call(churn), op.localGet(0)], export: "keep" });
  const { keep } = builder.exports({
    m: {
      churn() {
        let list = [];
        for (let i = 0; i < 20_000; i++) {
          list = [{ i, list: list.length }];
        }
      },
    },
  });
  for (let i = 0; i < 5; i++) {
    equal(keep({ name: `object ${i}` }).name, `object ${i}`);
  }
});

test("functions made in a call can be called after it", () => {
  const builder = new ModuleBuilder();
  builder.import("m", "f", "func", { params: [funcref] });
  const f = builder.func({ results: [i32], body: op.i32Const(9) });
  builder.declare(f);
  builder.func({ body: [op.refFunc(f), op.call(0)], export: "run" });
  let given;
  builder.exports({ m: { f: (value) => { given = value; } } }).run();
  equal(given(), 9);
});

test("promises: calls in later turns", async () => {
  const exports = bouncing((n) => n);
  const later = async (n) => {
    await undefined;
    return exports.down(n);
  };
  sameValues(await Promise.all([later(1), later(2), later(3)]), [2, 3, 4]);
  const trap = new ModuleBuilder();
  trap.func({ body: op.unreachable, export: "f" });
  const { f } = trap.exports();
  await rejects(WebAssembly.RuntimeError, () => Promise.resolve().then(f));
});

test("promises: jobs do not run inside a call", () => {
  const order = [];
  const builder = new ModuleBuilder();
  const first = builder.import("m", "first", "func");
  const second = builder.import("m", "second", "func");
  builder.func({ body: [op.call(first), op.call(second)], export: "run" });
  const imports = { first: () => Promise.resolve().then(() => order.push("job")), second: () => order.push("second") };
  builder.exports({ m: imports }).run();
  sameValues(order, ["second"]);
});

// Stack overflow
const isStackError = (error) => error instanceof RangeError || (typeof InternalError === "function" && error instanceof InternalError);

function overflows(f) {
  let error;
  try {
    f();
  } catch (thrown) {
    error = thrown;
  }
  assert(isStackError(error), `expected an error of the stack, got ${String(error)}`);
}

test("stack overflow: in a module", () => {
  const builder = new ModuleBuilder();
  builder.func({ params: [i32], results: [i32], body: [op.localGet(0), op.i32Const(1), op.i32Add, op.call(0), op.i32Const(1), op.i32Add], export: "f" });
  builder.func({ results: [i32], body: op.i32Const(3), export: "g" });
  const { f, g } = builder.exports();
  for (let i = 0; i < 3; i++) {
    overflows(() => f(0));
    equal(g(), 3);
  }
});

test("stack overflow: between a module and a script", () => {
  const exports = bouncing((n) => exports.down(n + 1));
  for (let i = 0; i < 3; i++) {
    overflows(() => exports.down(0));
  }
  let depth = 0;
  const once = bouncing((n) => (++depth > 100 ? 0 : once.down(n)));
  equal(once.down(0), 101);
});

test("stack overflow: in a start function", () => {
  const builder = new ModuleBuilder();
  builder.start(builder.func({ body: op.call(0) }));
  const module = builder.module();
  overflows(() => new WebAssembly.Instance(module));
});

test("stack overflow: through indirect calls and large frames", () => {
  const builder = new ModuleBuilder();
  const type = builder.type([], []);
  builder.table({ min: 1 });
  const f = builder.func({
    type, locals: new Array(500).fill(i32), body: [op.loop(empty, op.i32Const(0), op.callIndirect(type)), op.i32Const(1), op.localSet(499)],
    export: "f",
  });
  const exports = builder.elements(0, [f]).exports();
  overflows(() => exports.f());
});

await run();
