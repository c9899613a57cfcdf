import init, * as c from "./pkg/types.js";

const show = (name, value) => console.log(`${name}: ${typeof value === "bigint" ? `${value}n` : JSON.stringify(value) ?? value}`);
const error = (name, action) => {
  try {
    action();
    console.log(`${name}: no error`);
  } catch (error) {
    console.log(`${name}: ${error.name}: ${error.message}`);
  }
};

error("too early", () => c.int32(1));
try {
  await init({ imports: {} });
} catch (error) {
  console.log(`${error.name}: ${error.message}`);
}
await init({ imports: { host: { log: (...values) => console.log("log", ...values) } } });

show("shout", c.shout("grüße, world"));
show("shout null", c.shout(null));
show("shout empty", c.shout(""));
show("length", c.length("日本語"));
error("zero in a string", () => c.length("a\0b"));
error("no string", () => c.length(1));

show("both", [c.both(true, true), c.both(true, false), c.both(1, "x")]);
show("int8", [c.int8(127), c.int8(128), c.int8(-129)]);
show("uint8", [c.uint8(255), c.uint8(256), c.uint8(-1)]);
show("int16", [c.int16(32768), c.int16(-32769)]);
show("uint16", [c.uint16(65536), c.uint16(-1)]);
show("int32", [c.int32(2 ** 31), c.int32(-1)]);
show("uint32", [c.uint32(2 ** 32 - 1), c.uint32(-1)]);
show("int64", c.int64(-(2n ** 63n)));
show("uint64", c.uint64(2n ** 64n - 1n));
show("float32", c.float32(0.1));
show("float64", c.float64(0.1));
error("no bigint", () => {
  try {
    c.int64(1);
  } catch (error) {
    throw Object.assign(new Error("a number"), { name: error.name });
  }
});

show("shape", c.shape);
show("with_corners", c.with_corners(4) === c.shape.SQUARE);
show("corners", c.corners(c.shape.TRIANGLE));
show("opposite", c.opposite(c.level_t.LOW) === c.level_t.HIGH);

const counter = c.counter_new(5);
show("counter", [typeof counter, c.counter_next(counter), c.counter_next(counter), c.counter_next(null)]);
c.counter_free(counter);

show("sum", c.sum(Float64Array.of(1, 2, 3.5), 3));
show("sum of nothing", c.sum(null, 0));
const values = Int32Array.of(1, 2, 3);
c.twice(values.subarray(1), 2);
show("twice", [...values]);
const bytes = new Uint8Array(4);
c.fill(bytes, 7, 3);
show("fill", [...bytes]);
error("another array", () => c.sum(Float32Array.of(1), 1));

const seen = [];
show("each", c.each(3, (number, name) => seen.push([number, name])));
show("seen", seen);
show("each until", c.each(10, (number) => number < 4));
error("thrown", () =>
  c.each(3, () => {
    throw new RangeError("by the callback");
  }),
);
error("no function", () => c.each(1, "x"));
// What is thrown through C must not use up its stack.
for (let i = 0; i < 20000; i++) {
  try {
    c.each(1, () => {
      throw i;
    });
  } catch {}
}
show("after many throws", c.each(2, () => true));

const keep = (value) => show("stored", value);
c.store(keep);
c.call_stored(42n);
c.release(keep);
error("released", () => {
  try {
    c.call_stored(1n);
  } catch (error) {
    throw Object.assign(new Error("a trap"), { name: error.constructor.name });
  }
});
c.store(null);
c.call_stored(1n);

c.log_all(2);

const exports = await init();
const point = exports.malloc?.(32) ?? 0;
new Float64Array(c.memory.buffer, point, 2).set([1, 2]);
c.mirrored(point + 16, point);
show("mirrored", [...new Float64Array(c.memory.buffer, point + 16, 2)]);

show("words", c.words(1, 2, 3));
show("delete", c.delete(4));
show("two-words", c["two-words"]());
show("console", c.console(1));
