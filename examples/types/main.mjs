// Uses everything that the package exports. It prints the same in browsers, Node and Bolide.
import init, * as types from "./pkg/types.js";

/** What an expression throws, in a line. */
function thrown(action) {
  try {
    return `nothing thrown, but returned ${show(action())}`;
  } catch (error) {
    return describe(error);
  }
}

async function rejected(promise) {
  return promise.then((value) => `not rejected, but ${show(value)}`, describe);
}

function describe(error) {
  if (!(error instanceof Error)) return `a ${error?.constructor?.name ?? typeof error}: ${show(error)}`;
  return `${error.name}: ${error.message}${error.code ? ` (${error.code})` : ""}`;
}

/** A value as text, with the type where it matters. */
function show(value) {
  if (typeof value === "bigint") return `${value}n`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} [${Array.from(value, show).join(", ")}]`;
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (value instanceof Map) return `Map {${Array.from(value, ([k, v]) => `${show(k)} => ${show(v)}`).join(", ")}}`;
  if (typeof value === "number" || value === undefined) return String(value);
  return JSON.stringify(value);
}

function text(log) {
  log("greet", types.greet("wörld"));
  log("reverse", types.reverse("añb 🦀 ☺"), types.reverse(""));
  log("lengths", types.lengths("añb🦀"));
  log("character", types.nextCharacter("a"), types.nextCharacter("\u{10ffff}"), types.nextCharacter("\ud7ff"));
  log("join", types.join(["a", "b", "c"], " + "), types.join(["x", "y"]), types.join([]));
  log("lone surrogate", types.hasLoneSurrogates("a\ud83e"), types.hasLoneSurrogates("🦀"), types.reverse("a\ud83eb"));
  log("long", types.reverse("ab".repeat(100_000)).length);
}

function numbers(log) {
  log("sum", types.sum(new Float64Array([0.5, 1.25, 2])), types.sum([1, 2]), types.sum([]));
  const values = new Int32Array([3, -1, 2]);
  types.sort(values);
  log("sort", values);
  log("checksum", types.checksum(new Uint8Array([97, 98, 99, 100, 101])), types.checksum(types.encode("abcde")));
  log("squares", types.squares(5), types.squares(0));
  log("encode", types.encode("é🦀"));
  log("padded", types.padded(new Float32Array([1.5, -2])));
  const bytes = new Uint8Array(6);
  types.fill(bytes.subarray(2, 4), 7);
  log("fill", bytes);
  log("factorial", types.factorial(20n), types.factorial(21n));
  log("extremes", types.extremes());
  log("wide product", types.wideProduct(2n ** 64n - 1n, 2n ** 63n));
  log("wrapped", types.wrapped(127, 255, 32767, 65535, 2147483647, 4294967295));
}

function classes(log) {
  const song = new types.Song("  Ouverture ", 300);
  log("before", song.title, song.seconds);
  song.title = "  Overture ";
  song.seconds += 30;
  log("after", song.title, song.seconds);
  const first = new types.Playlist();
  first.add(song);
  first.add(new types.Song("Aria", 240));
  const second = types.Playlist.of([new types.Song("Finale", 400)]);
  log("alive", types.Playlist.countAlive(), first.seconds, second.longest().title);
  const both = first.followed_by(second);
  log("both", both.songs().map((song) => `${song.title} ${song.seconds}`), types.Playlist.countAlive());
  log("none", new types.Playlist().longest(), types.Playlist.countAlive());
  log("instance", both instanceof types.Playlist, both.longest() instanceof types.Song);
  both.free();
  log("freed", types.Playlist.countAlive(), thrown(() => first.seconds), typeof both[Symbol.dispose]);
}

function enums(log) {
  const { Direction } = types;
  log("direction", Direction.West, types.turnRight(Direction.West), Direction[types.turnRight(Direction.North)]);
  log("by name", types.direction("south"), types.direction("up"));
  log("size", types.sizeFor(0.5), types.sizeFor(5), types.sizeFor(50));
  log("capacity", types.capacity("medium"), types.capacity("giant"));
  log("option", types.half(3), types.half(undefined), types.half(null), types.half(0));
  log("result", types.divide(7, 2), thrown(() => types.divide(1, 0)));
}

function closures(log) {
  log("map", types.map([1, 2, 3], (n) => n * 10), types.map([], String));
  log("map throws", thrown(() => types.map([1], () => { throw new TypeError("not this one"); })));
  log("largest", types.largest([3, 9, 4]), types.largest([]));
  const next = types.counter(5);
  log("counter", next(), next(), next(), types.counter(1)());
  const open = types.envelope("Dear reader");
  log("envelope", open(), thrown(open).startsWith("Error: closure invoked"));
  const bell = new types.Bell();
  const heard = [];
  bell.onRing((number) => heard.push(`a${number}`));
  bell.onRing((number) => heard.push(`b${number}`));
  log("bell", bell.ring(2), heard);
  bell.onRing((number) => {
    if (number === 2) throw "enough";
  });
  log("bell throws", thrown(() => bell.ring(3)), heard.length);
}

async function later(log) {
  const before = Date.now();
  log("sleep", await types.sleep(20), Date.now() - before >= 19);
  log("doubled", await types.doubled(Promise.resolve(21)));
  log("rejected", await rejected(types.doubled(Promise.reject(new Error("broken promise")))));
  log("no number", await rejected(types.doubled(Promise.resolve("many"))));
  const load = async (name) => {
    await null;
    if (name === "b") throw new Error("it is empty");
    return `<${name}>`;
  };
  log("load all", await types.loadAll(["a", "b", "c"], load));
  const steps = [];
  types.background("first", 2, (line) => steps.push(line));
  types.background("second", 3, (line) => steps.push(line));
  log("background", steps);
  await types.sleep(5);
  for (const step of steps) log("background", step);
  log("together", await Promise.all([30, 10, 20].map((ms) => types.sleep(ms).then(() => ms))));
}

function data(log) {
  const recipe = {
    title: "Pancakes",
    servings: 2,
    ingredients: [
      { name: "flour", amount: { kind: "grams", grams: 125 } },
      { name: "egg", amount: { kind: "pieces", count: 1 } },
      { name: "salt", amount: { kind: "toTaste" } },
    ],
    notes: { topping: "sugar", "📝": "ünïcödé" },
  };
  log("scale", types.scale(recipe, 6));
  log("unchanged", recipe.servings, recipe.bakedAt);
  log("wrong type", thrown(() => types.scale({ ...recipe, servings: "two" }, 1)));
  log("missing", thrown(() => types.scale({ title: "Water", servings: 1 }, 1)));
  log("words", types.countWords("to be or not to be"));
  log("total", types.totalOf(types.countWords("a b a")), types.totalOf(new Map([[1, 0.5], ["x", 0.25]])));
  const forever = (function* () {
    for (let n = 1; ; n *= 2) yield n;
  })();
  log("take", types.take(forever, 6), types.take(new Set("hello"), 3), types.take(["a"], 9));
  log("take nothing", thrown(() => types.take(5, 1)), thrown(() => types.take({}, 1)));
  for (const [position, character] of types.characters("h🦀")) log("character", position, character);
}

function errors(log) {
  log("parse", types.parseNumber("42"), thrown(() => types.parseNumber("4x")), thrown(() => types.parseNumber("")));
  log("range", types.item(2), thrown(() => types.item(3)));
  log("code", thrown(() => types.open("notes.txt")));
  log("withdraw", types.withdraw(10, 4));
  try {
    types.withdraw(10, 15);
  } catch (error) {
    log("overdrawn", error instanceof types.Overdrawn, error.missing);
  }
  class Refusal extends Error {
    name = "Refusal";
  }
  log("attempt", types.attempt(() => 5), types.attempt(() => { throw new Refusal("not today"); }));
  log("attempt", types.attempt(() => { throw "text"; }), types.attempt(() => { throw null; }));
  log("JSON", types.isJson('{"a": [1]}'), types.isJson("{a: 1}"));
  log("element", types.element([5, 6, 7], 1));
}

/** The last part: after a panic, nothing of the module is to be used. */
function panic(log) {
  try {
    types.element([5, 6, 7], 3);
    log("panic", "none");
  } catch (error) {
    log("panic", error instanceof WebAssembly.RuntimeError);
  }
}

/** Calls `print` with each line of text. */
export async function drive(print) {
  await init();
  print(`started: ${types.hasStarted()}`);
  for (const part of [text, numbers, classes, enums, closures, later, data, errors, panic]) {
    print(`# ${part.name}`);
    await part((what, ...values) => print(`${what}: ${values.map(show).join("; ")}`));
  }
}
