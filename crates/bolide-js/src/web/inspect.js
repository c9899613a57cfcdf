// The inspector: values as text, as Node's util.inspect writes them.

const text = load("web/inspect_text");
const names = load("web/inspect_names");
const { className, proxyTarget, proxyHandler } = native("inspect");
const { styleNone, styleWithColor, quote, formatPrimitive, layOut } = text;

const custom = Symbol.for("nodejs.util.inspect.custom");
const hasOwn = Object.prototype.hasOwnProperty;
const isEnumerable = Object.prototype.propertyIsEnumerable;

/** What the entries of a value are, for the layout and for the names of properties. */
const OBJECT = 0;
const ARRAY_ELEMENT = 1;
const ARRAY = 2;

const defaultOptions = {
  showHidden: false, depth: 2, colors: false, customInspect: true, showProxy: false, maxArrayLength: 100,
  maxStringLength: 10000, breakLength: 80, compact: 3, sorted: false, getters: false, numericSeparator: false,
};

function makeState(options) {
  const state = {
    ...inspect.defaultOptions, ...options, userOptions: options, indentation: 0, currentDepth: 0, seen: [],
    circular: undefined, budget: 0,
  };
  state.style ??= options?.stylize ?? (state.colors ? styleWithColor : styleNone);
  if (state.maxArrayLength === null) state.maxArrayLength = Infinity;
  if (state.maxStringLength === null) state.maxStringLength = Infinity;
  return state;
}

/** `inspect(value, options)`, or with the old arguments `showHidden, depth, colors`. */
function inspect(value, options) {
  if (typeof options === "boolean" || arguments.length > 2) {
    const old = { showHidden: typeof options === "boolean" ? options : false };
    if (arguments[2] !== undefined) old.depth = arguments[2];
    if (arguments[3] !== undefined) old.colors = arguments[3];
    options = typeof options === "object" && options !== null ? { ...old, ...options } : old;
  }
  return formatValue(makeState(options ?? undefined), value, 0, true);
}

function formatValue(state, value, level, topmost = false) {
  if (typeof value !== "object" && typeof value !== "function") return formatPrimitive(state.style, value, state);
  if (value === null) return state.style("null", "null");
  const context = value;
  const target = proxyTarget(value);
  if (target !== undefined) {
    if (state.showProxy) return formatProxy(state, value, target, level);
    if (target === null) return state.style("<Revoked Proxy>", "special");
    value = innermostTarget(target);
    if (value === null) return state.style("<Revoked Proxy>", "special");
  }
  if (state.customInspect) {
    const formatted = formatCustom(state, value, context, level);
    if (formatted !== undefined) return formatted;
  }
  if (state.seen.includes(value)) return formatCircular(state, value);
  return formatRaw(state, value, level, topmost);
}

function innermostTarget(target) {
  for (;;) {
    const inner = proxyTarget(target);
    if (inner === undefined) return target;
    if (inner === null) return null;
    target = inner;
  }
}

/** What the value's own method says; undefined if it has none. */
function formatCustom(state, value, context, level) {
  const method = value[custom];
  if (typeof method !== "function" || method === inspect) return undefined;
  if (value.constructor?.prototype === value) return undefined;
  const depth = state.depth === null ? null : state.depth - level;
  const result = method.call(context, depth, optionsForUser(state), inspect);
  if (result === context) return undefined;
  const shown = typeof result === "object" ? formatValue(state, result, level) : `${result}`;
  return shown.replaceAll("\n", `\n${" ".repeat(state.indentation)}`);
}

function optionsForUser(state) {
  const options = {};
  for (const name of Object.keys(defaultOptions)) options[name] = state[name];
  return { ...options, ...state.userOptions, stylize: state.style };
}

/** The class, by which values are shown. Functions of the host are like any other. */
function kindOf(value) {
  const name = className(value);
  return name === "RustFunction" ? "Function" : name;
}

function formatCircular(state, value) {
  state.circular ??= new Map();
  let index = state.circular.get(value);
  if (index === undefined) {
    index = state.circular.size + 1;
    state.circular.set(value, index);
  }
  return state.style(`[Circular *${index}]`, "special");
}

function formatProxy(state, proxy, target, level) {
  if (target === null) return state.style("<Revoked Proxy>", "special");
  if (level > state.depth && state.depth !== null) return state.style("Proxy [Array]", "special");
  state.indentation += 2;
  const parts = [formatValue(state, target, level + 1), formatValue(state, proxyHandler(proxy), level + 1)];
  state.indentation -= 2;
  return layOut(state, parts, "", ["Proxy [", "]"], true, level + 1, undefined);
}

/** The names of the properties to show. */
function propertyKeys(state, value, skipIndices) {
  let keys = state.showHidden ? Object.getOwnPropertyNames(value) : enumerableNames(value);
  if (skipIndices) keys = keys.filter((key) => !isIndex(key));
  const symbols = Object.getOwnPropertySymbols(value);
  const shown = state.showHidden ? symbols : symbols.filter((symbol) => isEnumerable.call(value, symbol));
  return keys.concat(shown);
}

function enumerableNames(value) {
  try {
    return Object.keys(value);
  } catch {
    // A module namespace with a binding that is not initialised.
    return Object.getOwnPropertyNames(value);
  }
}

function isIndex(key) {
  return /^(?:0|[1-9]\d{0,9})$/.test(key) && +key < 4294967295;
}

function tagOf(state, value) {
  const tag = value[Symbol.toStringTag];
  if (typeof tag !== "string" || tag === "") return "";
  const own = state.showHidden ? hasOwn : isEnumerable;
  return own.call(value, Symbol.toStringTag) ? "" : tag;
}

function formatRaw(state, value, level, topmost) {
  const kind = kindOf(value);
  const inherited = topmost && state.showHidden ? [] : undefined;
  const constructor = names.constructorName(value, state, level, inspect, inherited);
  const subject = { value, kind, constructor, tag: tagOf(state, value), level };
  const shape = load("web/inspect_kinds").shapeOf(state, subject, propertyKeys);
  if (shape.text !== undefined && !inherited?.length) return shape.text;
  if (level > state.depth && state.depth !== null) {
    const name = names.prefix(constructor, subject.tag, shape.fallback ?? "Object").slice(0, -1);
    return state.style(constructor === null ? name : `[${name}]`, "special");
  }
  return formatNested(state, subject, shape);
}

function formatNested(state, subject, shape) {
  const { value, level } = subject;
  const deeper = level + 1;
  state.seen.push(value);
  state.currentDepth = deeper;
  const output = formatEntries(state, value, shape, deeper);
  let { base = "" } = shape;
  const { braces } = shape;
  const index = state.circular?.get(value);
  if (index !== undefined) {
    const reference = state.style(`<ref *${index}>`, "special");
    if (state.compact === true) braces[0] = `${reference} ${braces[0]}`;
    else base = base === "" ? reference : `${reference} ${base}`;
  }
  state.seen.pop();
  sortEntries(state, output, shape);
  const result = layOut(state, output, base, braces, shape.type === ARRAY, deeper, value);
  limit(state, result);
  return result;
}

function formatEntries(state, value, shape, deeper) {
  try {
    const output = shape.entries === undefined ? [] : shape.entries(state, deeper, formatValue, formatProperty);
    for (const key of shape.keys) output.push(formatProperty(state, value, deeper, key, shape.type ?? OBJECT));
    return output;
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof InternalError)) throw error;
    if (!/stack/i.test(error.message)) throw error;
    return ["[the value is nested too deeply to be shown]"];
  }
}

function sortEntries(state, output, shape) {
  if (!state.sorted) return;
  const compare = state.sorted === true ? undefined : state.sorted;
  if ((shape.type ?? OBJECT) === OBJECT) {
    output.sort(compare);
  } else if (shape.keys.length > 1) {
    const start = output.length - shape.keys.length;
    output.splice(start, shape.keys.length, ...output.slice(start).sort(compare));
  }
}

/** Stops going deeper when the text has become enormous. */
function limit(state, result) {
  state.budget += result.length;
  if (state.budget > 2 ** 27) state.depth = -1;
}

function describeProperty(value, key) {
  return Object.getOwnPropertyDescriptor(value, key) ??
    { value: value[key], configurable: true, enumerable: true };
}

function formatProperty(state, value, level, key, type, descriptor = describeProperty(value, key)) {
  let shown;
  let separator = " ";
  if (descriptor.value !== undefined) {
    const indent = state.compact !== true || type !== OBJECT ? 2 : 3;
    state.indentation += indent;
    shown = formatValue(state, descriptor.value, level);
    if (indent === 3 && state.breakLength < text.stringWidth(shown, state.colors)) {
      separator = `\n${" ".repeat(state.indentation)}`;
    }
    state.indentation -= indent;
  } else if (descriptor.get !== undefined) {
    shown = formatGetter(state, value, descriptor, level);
  } else if (descriptor.set !== undefined) {
    shown = state.style("[Setter]", "special");
  } else {
    shown = state.style("undefined", "undefined");
  }
  if (type === ARRAY_ELEMENT) return shown;
  return `${propertyName(state, key, descriptor)}:${separator}${shown}`;
}

function formatGetter(state, value, { get, set }, level) {
  const label = set === undefined ? "Getter" : "Getter/Setter";
  const special = (words) => state.style(words, "special");
  const wanted = state.getters === true || (state.getters === "get" && set === undefined) ||
    (state.getters === "set" && set !== undefined);
  if (!wanted) return special(`[${label}]`);
  try {
    const result = get.call(value);
    state.indentation += 2;
    let shown;
    if (result === null) shown = `${special(`[${label}:`)} ${state.style("null", "null")}${special("]")}`;
    else if (typeof result === "object") shown = `${special(`[${label}]`)} ${formatValue(state, result, level)}`;
    else shown = `${special(`[${label}:`)} ${formatPrimitive(state.style, result, state)}${special("]")}`;
    state.indentation -= 2;
    return shown;
  } catch (error) {
    return special(`[${label}: <Inspection threw (${error?.message})>]`);
  }
}

function propertyName(state, key, descriptor) {
  if (typeof key === "symbol") {
    const words = Symbol.prototype.toString.call(key).replace(text.special, text.escapeCharacter);
    const name = state.style(words, "symbol");
    return descriptor.enumerable === false ? `[${name}]` : name;
  }
  if (key === "__proto__") return "['__proto__']";
  if (descriptor.enumerable === false) return `[${key.replace(text.special, text.escapeCharacter)}]`;
  if (/^[a-zA-Z_][a-zA-Z_0-9]*$/.test(key)) return state.style(key, "name");
  return state.style(quote(key), "string");
}

inspect.custom = custom;
inspect.colors = Object.assign(Object.create(null), text.codes);
inspect.styles = Object.assign(Object.create(null), text.styles);
Object.defineProperty(inspect, "defaultOptions", {
  get: () => defaultOptions,
  set: (options) => Object.assign(defaultOptions, options),
  enumerable: true,
});

Object.assign(exports, {
  inspect, custom, OBJECT, ARRAY_ELEMENT, ARRAY, stripColors: text.stripColors, stringWidth: text.stringWidth,
});
