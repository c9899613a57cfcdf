// The cost of calls between JavaScript and WebAssembly, in nanoseconds, as JSON. An empty loop is taken off.
import { ModuleBuilder, empty, externref, i32, i64, op } from "../../crates/bolide-js/tests/conformance/harness/wasm-builder.mjs";

const count = 300_000;

const builder = new ModuleBuilder();
const imported = {
  nothing: builder.import("m", "nothing", "func"),
  add: builder.import("m", "add", "func", { params: [i32, i32], results: [i32] }),
};
builder.func({ export: "nothing" });
builder.func({ params: [i32, i32], results: [i32], body: [op.localGet(0), op.localGet(1), op.i32Add], export: "add" });
builder.func({ params: [i64], results: [i64], body: op.localGet(0), export: "bigint" });
builder.func({ params: [externref], results: [externref], body: op.localGet(0), export: "reference" });

/** A function that does `body` as often as its parameter says. */
const repeat = (name, ...body) => builder.func({
  params: [i32],
  body: op.loop(empty, body, op.localGet(0), op.i32Const(1), op.i32Sub, op.localTee(0), op.brIf(0)),
  export: name,
});
repeat("loop");
repeat("callNothing", op.call(imported.nothing));
repeat("callAdd", op.i32Const(1), op.i32Const(2), op.call(imported.add), op.drop);

const wasm = builder.exports({ m: { nothing() {}, add: (a, b) => a + b } });

/** The best of several runs of `body`, in nanoseconds for each of `count` steps. */
function best(body) {
  let least = Infinity;
  for (let i = 0; i < 7; i++) {
    const start = performance.now();
    body();
    least = Math.min(least, performance.now() - start);
  }
  return (least * 1e6) / count;
}

const { nothing, add, bigint, reference, loop, callNothing, callAdd } = wasm;
const base = best(() => { for (let i = 0; i < count; i++) {} });
const object = {};
const same = (x) => x;
const moduleBase = best(() => loop(count));

console.log(JSON.stringify({
  "JS→wasm call, no parameters": best(() => { for (let i = 0; i < count; i++) nothing(); }) - base,
  "JS→wasm call, (i32, i32) → i32": best(() => { for (let i = 0; i < count; i++) add(i, 1); }) - base,
  "JS→wasm call, i64 → i64": best(() => { for (let i = 0; i < count; i++) bigint(5n); }) - base,
  "JS→wasm call, externref → externref": best(() => { for (let i = 0; i < count; i++) reference(object); }) - base,
  "JS→JS call, for comparison": best(() => { for (let i = 0; i < count; i++) same(i); }) - base,
  "wasm→JS call, no parameters": best(() => callNothing(count)) - moduleBase,
  "wasm→JS call, (i32, i32) → i32": best(() => callAdd(count)) - moduleBase,
}));
