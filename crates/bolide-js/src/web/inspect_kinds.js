// The inspector: what each kind of object looks like.
//
// A shape is { text } if that is all, or { base, braces, entries, keys, type, fallback }.

const { rest, numberText, bigintText, formatPrimitive, styleNone } = load("web/inspect_text");
const { prefix, functionBase, errorBase } = load("web/inspect_names");
const { promiseState } = native("inspect");

const ARRAY_ELEMENT = 1;
const ARRAY = 2;

const getter = (Class, name) => Object.getOwnPropertyDescriptor(Class.prototype, name).get;
const mapSize = getter(Map, "size");
const setSize = getter(Set, "size");
const mapEntries = Map.prototype.entries;
const setValues = Set.prototype.values;
const typedLength = getter(Object.getPrototypeOf(Uint8Array), "length");

/** Runs `body` with what nested values are indented by. */
function indented(state, body) {
  state.indentation += 2;
  try {
    return body();
  } finally {
    state.indentation -= 2;
  }
}

function noun(count, word) {
  return count === 1 ? word : `${word}s`;
}

function arrayShape(state, { value, constructor, tag }, keysOf) {
  const plain = constructor === "Array" && tag === "";
  const start = plain ? "" : prefix(constructor, tag, "Array", `(${value.length})`);
  const keys = keysOf(state, value, true);
  if (value.length === 0 && keys.length === 0) return { text: `${start}[]` };
  return {
    braces: [`${start}[`, "]"], keys, type: ARRAY, fallback: "Array",
    entries: (_, level, formatValue, formatProperty) => arrayEntries(state, value, level, formatProperty),
  };
}

function arrayEntries(state, value, level, formatProperty) {
  const output = [];
  const limit = Math.max(0, state.maxArrayLength);
  let i = 0;
  while (i < value.length && output.length < limit) {
    if (Object.hasOwn(value, i)) {
      output.push(formatProperty(state, value, level, `${i}`, ARRAY_ELEMENT));
      i++;
      continue;
    }
    const end = nextElement(value, i);
    output.push(state.style(`<${end - i} empty ${noun(end - i, "item")}>`, "undefined"));
    i = end;
  }
  if (i < value.length) output.push(rest(value.length - i, "item"));
  return output;
}

/** The index of the first element at or after `start`, or the length. */
function nextElement(value, start) {
  if (start + 64 < value.length) {
    // A long array may be sparse: its keys are in order.
    for (const key of Object.keys(value)) {
      const index = Number(key);
      if (!(index < value.length)) break;
      if (index >= start) return index;
    }
    return value.length;
  }
  while (start < value.length && !Object.hasOwn(value, start)) start++;
  return start;
}

function typedArrayShape(state, { value, kind, constructor, tag }, keysOf) {
  const length = typedLength.call(value);
  const keys = keysOf(state, value, true);
  const start = prefix(constructor, tag, kind, `(${length})`);
  if (length === 0 && keys.length === 0 && !state.showHidden) return { text: `${start}[]` };
  return {
    braces: [`${start}[`, "]"], keys, type: ARRAY, fallback: kind,
    entries: (_, level, formatValue) => typedArrayEntries(state, value, length, level, formatValue),
  };
}

function typedArrayEntries(state, value, length, level, formatValue) {
  const shown = Math.min(Math.max(0, state.maxArrayLength), length);
  const output = [];
  for (let i = 0; i < shown; i++) output.push(formatPrimitive(state.style, value[i], state));
  if (shown < length) output.push(rest(length - shown, "item"));
  if (state.showHidden) {
    state.withoutContents = true;
    output.push(...hiddenFields(state, value, typedFields, level, formatValue));
    state.withoutContents = false;
  }
  return output;
}

const typedFields = ["BYTES_PER_ELEMENT", "length", "byteLength", "byteOffset", "buffer"];

/** Properties that prototypes have, which tell what a value is. */
function hiddenFields(state, value, names, level, formatValue) {
  return indented(state, () => names.map((name) => `[${name}]: ${formatValue(state, value[name], level)}`));
}

function setShape(state, { value, constructor, tag }, keysOf) {
  const size = setSize.call(value);
  const start = prefix(constructor, tag, "Set", `(${size})`);
  const keys = keysOf(state, value);
  if (size === 0 && keys.length === 0) return { text: `${start}{}` };
  return {
    braces: [`${start}{`, "}"], keys, fallback: "Set",
    entries: (_, level, formatValue) =>
      collectionEntries(state, setValues.call(value), size, (item) => formatValue(state, item, level)),
  };
}

function mapShape(state, { value, constructor, tag }, keysOf) {
  const size = mapSize.call(value);
  const start = prefix(constructor, tag, "Map", `(${size})`);
  const keys = keysOf(state, value);
  if (size === 0 && keys.length === 0) return { text: `${start}{}` };
  const show = (level, formatValue) => ([key, item]) =>
    `${formatValue(state, key, level)} => ${formatValue(state, item, level)}`;
  return {
    braces: [`${start}{`, "}"], keys, fallback: "Map",
    entries: (_, level, formatValue) =>
      collectionEntries(state, mapEntries.call(value), size, show(level, formatValue)),
  };
}

function collectionEntries(state, iterator, size, show) {
  const limit = Math.max(0, state.maxArrayLength);
  return indented(state, () => {
    const output = [];
    for (const item of { [Symbol.iterator]: () => iterator }) {
      if (output.length >= limit) break;
      output.push(show(item));
    }
    if (output.length < size) output.push(rest(size - output.length, "item"));
    return output;
  });
}

function bufferShape(state, { value, kind, constructor, tag }, keysOf) {
  return {
    braces: [`${prefix(constructor, tag, kind)}{`, "}"], keys: keysOf(state, value), fallback: kind,
    entries: () => {
      const length = `[byteLength]: ${formatPrimitive(state.style, value.byteLength, state)}`;
      if (state.withoutContents) return [length];
      if (value.detached) return [state.style("(detached)", "special"), length];
      return [`${state.style("[Uint8Contents]", "special")}: <${hexBytes(state, value)}>`, length];
    },
  };
}

function hexBytes(state, buffer) {
  const bytes = new Uint8Array(buffer);
  const shown = Math.min(Math.max(0, state.maxArrayLength), bytes.length);
  let hex = "";
  for (let i = 0; i < shown; i++) hex += `${i === 0 ? "" : " "}${bytes[i].toString(16).padStart(2, "0")}`;
  const left = bytes.length - shown;
  return left > 0 ? `${hex} ... ${left} more ${noun(left, "byte")}` : hex;
}

function promiseShape(state, { value, constructor, tag }, keysOf) {
  return {
    braces: [`${prefix(constructor, tag, "Promise")}{`, "}"], keys: keysOf(state, value), fallback: "Promise",
    entries: (_, level, formatValue) => {
      const [status, result] = promiseState(value);
      if (status === "pending") return [state.style("<pending>", "special")];
      const shown = indented(state, () => formatValue(state, result, level));
      return [status === "rejected" ? `${state.style("<rejected>", "special")} ${shown}` : shown];
    },
  };
}

function namespaceShape(state, { value, constructor, tag }, keysOf) {
  const keys = keysOf(state, value);
  const start = prefix(constructor, tag, "Module");
  return {
    braces: [`${start}{`, "}"], keys: [], fallback: "Module",
    entries: (_, level, formatValue, formatProperty) => keys.map((key) => {
      try {
        return formatProperty(state, value, level, key, 0);
      } catch (error) {
        if (!(error instanceof ReferenceError)) throw error;
        const known = formatProperty(state, { [key]: "" }, level, key, 0);
        return known.slice(0, known.lastIndexOf(" ") + 1) + state.style("<uninitialized>", "special");
      }
    }),
  };
}

const primitiveOf = {
  Number: Number.prototype.valueOf, String: String.prototype.valueOf, Boolean: Boolean.prototype.valueOf,
  BigInt: BigInt.prototype.valueOf, Symbol: Symbol.prototype.valueOf,
};

function boxedShape(state, { value, kind, constructor, tag }, keysOf) {
  const keys = keysOf(state, value, kind === "String").filter((key) => kind !== "String" || key !== "length");
  let base = `[${kind}`;
  if (kind !== constructor) base += constructor === null ? " (null prototype)" : ` (${constructor})`;
  base += `: ${formatPrimitive(styleNone, primitiveOf[kind].call(value), state)}]`;
  if (tag !== "" && tag !== constructor && tag !== kind) base += ` [${tag}]`;
  if (keys.length === 0) return { text: state.style(base, kind.toLowerCase()) };
  return { base, braces: ["{", "}"], keys, fallback: kind };
}

function dateShape(state, { value, constructor, tag }, keysOf) {
  const keys = keysOf(state, value);
  const time = Date.prototype.getTime.call(value);
  let base = Number.isNaN(time) ? Date.prototype.toString.call(value) : Date.prototype.toISOString.call(value);
  const start = prefix(constructor, tag, "Date");
  if (start !== "Date ") base = `${start}${base}`;
  if (keys.length === 0) return { text: state.style(base, "date") };
  return { base, braces: ["{", "}"], keys, fallback: "Date" };
}

function regexpShape(state, { value, constructor, tag, level }, keysOf) {
  const keys = keysOf(state, value);
  let base = RegExp.prototype.toString.call(constructor === null ? new RegExp(value) : value);
  const start = prefix(constructor, tag, "RegExp");
  if (start !== "RegExp ") base = `${start}${base}`;
  const tooDeep = level > state.depth && state.depth !== null;
  if (keys.length === 0 || tooDeep) return { text: state.style(base, "regexp") };
  return { base, braces: ["{", "}"], keys, fallback: "RegExp" };
}

function functionShape(state, { value, kind, constructor, tag }, keysOf) {
  const keys = keysOf(state, value);
  const show = (name) => formatPrimitive(styleNone, name, state);
  const base = functionBase(value, constructor, tag, kind, show);
  if (keys.length === 0) return { text: state.style(base, "special") };
  return { base, braces: ["{", "}"], keys, fallback: "Function" };
}

function errorShape(state, { value, constructor, tag }, keysOf) {
  const keys = keysOf(state, value);
  const base = errorBase(state, value, constructor, tag, keys);
  if (keys.length === 0) return { text: base };
  return { base, braces: ["{", "}"], keys, fallback: "Error" };
}

/** Objects whose content cannot be read without changing it, or not at all. */
function opaqueShape(fallback, content) {
  return (state, { value, constructor, tag }, keysOf) => ({
    braces: [`${prefix(constructor, tag, fallback)}{`, "}"], keys: keysOf(state, value), fallback,
    entries: () => [state.style(content, "special")],
  });
}

function weakRefShape(state, { value, constructor, tag }, keysOf) {
  return {
    braces: [`${prefix(constructor, tag, "WeakRef")}{`, "}"], keys: keysOf(state, value), fallback: "WeakRef",
    entries: (_, level, formatValue) =>
      [indented(state, () => formatValue(state, WeakRef.prototype.deref.call(value), level))],
  };
}

function dataViewShape(state, { value, constructor, tag }, keysOf) {
  return {
    braces: [`${prefix(constructor, tag, "DataView")}{`, "}"], fallback: "DataView",
    keys: keysOf(state, value),
    entries: (_, level, formatValue) =>
      hiddenFields(state, value, ["byteLength", "byteOffset", "buffer"], level, formatValue),
  };
}

function objectShape(state, { value, kind, constructor, tag }, keysOf) {
  const keys = keysOf(state, value);
  let start = prefix(constructor, tag, "Object");
  if (kind === "Arguments" && constructor === "Object") start = "[Arguments] ";
  else if (constructor === "Object" && tag === "") start = "";
  if (keys.length === 0) return { text: `${start}{}` };
  return { braces: [`${start}{`, "}"], keys, fallback: "Object" };
}

const functions = functionShape;
const shapes = {
  Array: arrayShape, Set: setShape, Map: mapShape, ArrayBuffer: bufferShape, SharedArrayBuffer: bufferShape,
  DataView: dataViewShape, Promise: promiseShape, Error: errorShape, DOMException: errorShape, Date: dateShape,
  RegExp: regexpShape, Function: functions, GeneratorFunction: functions, AsyncFunction: functions,
  AsyncGeneratorFunction: functions, Number: boxedShape, String: boxedShape, Boolean: boxedShape,
  BigInt: boxedShape, Symbol: boxedShape, WeakRef: weakRefShape,
  WeakSet: opaqueShape("WeakSet", "<items unknown>"), WeakMap: opaqueShape("WeakMap", "<items unknown>"),
};

const typedArrays = new Set([
  "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array",
  "BigInt64Array", "BigUint64Array", "Float16Array", "Float32Array", "Float64Array",
]);

function isNamespace(value) {
  if (Object.getPrototypeOf(value) !== null || Object.isExtensible(value)) return false;
  const tag = Object.getOwnPropertyDescriptor(value, Symbol.toStringTag);
  return tag?.value === "Module" && !tag.writable && !tag.configurable;
}

/** The shape of a subject `{ value, kind, constructor, tag, level }`. */
function shapeOf(state, subject, keysOf) {
  const { value, kind } = subject;
  if (typeof value === "function") return functionShape(state, subject, keysOf);
  if (typedArrays.has(kind)) return typedArrayShape(state, subject, keysOf);
  if (kind === "Object" && isNamespace(value)) return namespaceShape(state, { ...subject, tag: "Module" }, keysOf);
  if (Object.hasOwn(shapes, kind)) return shapes[kind](state, subject, keysOf);
  return (value instanceof Error ? errorShape : objectShape)(state, subject, keysOf);
}

Object.assign(exports, { shapeOf, numberText, bigintText });
