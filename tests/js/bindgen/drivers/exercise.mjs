// Uses everything that the gallery exports; what it prints does not depend on the target of the glue.

const print = (...values) => console.log(...values.map((value) => (typeof value === "bigint" ? `${value}n` : String(value))));
const json = (value) => JSON.stringify(value, (_key, v) => (typeof v === "bigint" ? `${v}n` : v));

let listener;

globalThis.host = {
  note: (text) => print("note:", text),
  Shape: class Shape {
    constructor(sides) { this.sides = sides; }
    describe(prefix) { return `${prefix} shape with ${this.sides} sides`; }
    static unit() { return new Shape(3); }
  },
  withWords: (visit) => ["one", "two", "three"].every((word, i) => visit(word, i)),
  later: (f) => { listener = f; },
  applyOnce: (f) => f("away"),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  loadText: async (name) => {
    if (name === "missing") {
      throw new TypeError("no such text");
    }
    return `text of ${name}`;
  },
  risky: (name) => {
    switch (name) {
      case "error": throw new RangeError("too risky");
      case "string": throw "just text";
      default: return name.length;
    }
  },
};

/** The name and message of what `body` throws. */
function thrown(body) {
  try {
    return `returned ${body()}`;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : `value ${json(error)}`;
  }
}

function values(gallery) {
  print(gallery.greet("Wörld ☺ \u{1f980}"));
  print(gallery.reverse("añb\u{1f980}"), gallery.next_char("a"), gallery.next_char("\u{1f97f}"));
  print(gallery.greet("x".repeat(100_000)).length, gallery.greet("é".repeat(50_000)).length, gallery.greet("\ud800").length);
  print(gallery.join(["a", "b"], "-"), gallery.join(["a", "b"]), gallery.join([], undefined) === "");
  print(gallery.first_word("  two words"), gallery.first_word(" "));
  print(gallery.numbers(-1, 65535, -2, 4294967295, 0.5, 0.25, true));
  print(gallery.big_sum(-5n, 2n ** 63n), gallery.largest(), gallery.widest(-(2n ** 100n)));
  print(gallery.half(5), gallery.half(0), gallery.half(undefined), gallery.checked_add(1, 2), gallery.checked_add(4294967295, 1), gallery.checked_add(null, 1));
  print(gallery.sum_bytes(new Uint8Array(1000).fill(7)), gallery.sum_bytes(new Uint8Array()));
  const doubles = new Float64Array([1, 2.5, -0]);
  gallery.double_all(doubles);
  print(json([...doubles]), json([...gallery.squares(6)]), gallery.squares(0).constructor.name);
  const bytes = new Uint8Array(5);
  print(gallery.fill(bytes, 9), bytes, gallery.copied(new Float32Array([0, 1.25])), json([...gallery.big_array()]));
  for (const value of [null, undefined, "s", print, [1], {}, true, 1.5, 5n, Symbol.iterator]) {
    const [kind, same] = gallery.describe(value);
    print(kind, same === value);
  }
  print(json([...gallery.counted(["a", "b", "a", 1])]), json(gallery.pair("key", [1, { two: 2 }])));
  print(gallery.grow_by(3_000_000), gallery.greet("again"));
}

function classes(gallery) {
  const { Counter, Direction } = gallery;
  print(Direction.Up, Direction.Down, Direction[5], gallery.opposite(Direction.Up), gallery.other_size("small"));
  const counter = new Counter("first");
  print(counter instanceof Counter, counter.advance(), counter.advance(), counter.created);
  counter.step = 10;
  counter.name = "renamed";
  print(counter.advance(), counter.step, counter.name);
  const other = Counter.startingAt(100);
  print(other.isAhead(counter), counter.absorb(other), thrown(() => other.advance()).includes("null pointer"));
  const parts = counter.halves();
  print(parts.length, parts[0].advance(), parts[1].name);
  parts.forEach((part) => part.free());
  counter.free();
  print(thrown(() => counter.advance()).startsWith("Error"));
  print(json(gallery.shapes()));
}

function closures(gallery) {
  print(gallery.sum_of((n) => n * n, 5), thrown(() => gallery.sum_of(() => { throw new Error("in a callback"); }, 1)));
  const adder = gallery.adder();
  print(adder(1), adder(2), adder(39));
  print(json(gallery.words()), gallery.once());
  gallery.listen();
  listener("this");
  print(gallery.stopListening(), gallery.stopListening(), thrown(() => listener("that")).startsWith("Error"));
  print(gallery.bounce((f, depth) => `${gallery.bounce(f, depth)}.`, 20));
}

async function promises(gallery) {
  print(await gallery.addLater(Promise.resolve(40), 2), await gallery.addLater(Promise.resolve(2.5), 1));
  for (const promise of [Promise.reject(new Error("refused")), Promise.resolve("text")]) {
    const outcome = await gallery.addLater(promise, 1).catch((error) => `${error.name}: ${error.message}`);
    print(outcome);
  }
  print(json(await gallery.loadAll(["a", "missing", "b"])));
  print(await gallery.tasks());
  const many = await Promise.all(Array.from({ length: 50 }, (_, i) => gallery.addLater(Promise.resolve(i), i)));
  print(many.reduce((a, b) => a + b));
}

function errors(gallery) {
  print(gallery.parse(" 42 "), thrown(() => gallery.parse("4x")));
  const reason = { code: 7 };
  print(thrown(() => gallery.fail(reason)), thrown(() => gallery.fail("text")), thrown(() => gallery.throw_text()));
  print(gallery.guarded("fine"), "|", gallery.guarded("error"), "|", gallery.guarded("string"));
  print(gallery.exposed("four"), thrown(() => gallery.exposed("error")), thrown(() => gallery.exposed("string")));
  try {
    gallery.index(new Uint8Array(3), 3);
  } catch (error) {
    print(error instanceof WebAssembly.RuntimeError);
  }
}

export async function exercise(gallery) {
  values(gallery);
  classes(gallery);
  closures(gallery);
  await promises(gallery);
  errors(gallery);
}
