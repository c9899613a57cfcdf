// Format strings, as Node's util.format and the console take them.

const { inspect } = load("web/inspect");
const { numberText, bigintText } = load("web/inspect_text");
const { className, proxyTarget } = native("inspect");

/** Whether `String(value)` would not run a method of the script. */
function hasBuiltinToString(value) {
  if (proxyTarget(value) !== undefined) return true;
  if (typeof value[Symbol.toPrimitive] === "function" && className(value) !== "Date") return false;
  if (typeof value.toString !== "function") return true;
  if (Object.hasOwn(value, "toString")) return false;
  let object = value;
  do {
    object = Object.getPrototypeOf(object);
  } while (object !== null && !Object.hasOwn(object, "toString"));
  const constructor = object?.constructor;
  return typeof constructor === "function" && globalThis[constructor.name] === constructor &&
    Function.prototype.toString.call(object.toString).includes("[native code]");
}

function asString(value, options) {
  if (typeof value === "number") return numberText(value, options.numericSeparator);
  if (typeof value === "bigint") return bigintText(value, options.numericSeparator);
  if (typeof value !== "object" || value === null || !hasBuiltinToString(value)) return String(value);
  return inspect(value, { ...options, depth: 0, colors: false, compact: 3 });
}

function asJson(value) {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (/circular/i.test(error.message)) return "[Circular]";
    throw error;
  }
}

function asNumber(value, parse, options) {
  if (typeof value === "symbol") return "NaN";
  if (parse === Number) {
    if (typeof value === "bigint") return bigintText(value, options.numericSeparator);
    return numberText(Number(value), options.numericSeparator);
  }
  if (parse === parseInt) {
    if (typeof value === "bigint") return bigintText(value, options.numericSeparator);
    return numberText(parseInt(value), options.numericSeparator);
  }
  return numberText(parseFloat(value), options.numericSeparator);
}

/** What `%` and this letter makes of a value; undefined if the letter means nothing. */
function directive(letter, value, options) {
  switch (letter) {
    case "s": return asString(value, options);
    case "d": return typeof value === "object" ? numberText(Number(value)) : asNumber(value, Number, options);
    case "i": return typeof value === "object" ? "NaN" : asNumber(value, parseInt, options);
    case "f": return asNumber(value, parseFloat, options);
    case "j": return `${asJson(value)}`;
    case "O": return inspect(value, options);
    case "o": return inspect(value, { ...options, showHidden: true, showProxy: true, depth: 4 });
    case "c": return "";
    default: return undefined;
  }
}

function fillIn(template, values, options) {
  let used = 0;
  const text = template.replace(/%([%sdifjOoc])/g, (whole, letter) => {
    if (letter === "%") return values.length === 0 ? whole : "%";
    if (used >= values.length) return whole;
    return directive(letter, values[used++], options);
  });
  return { text, used };
}

/** `values` as one text: the first may be a template, what is left is appended. */
function formatWithOptions(options, ...values) {
  options ??= {};
  const shape = { ...options, compact: 3, colors: !!options.colors, depth: options.depth ?? 2 };
  let text = "";
  let start = 0;
  if (typeof values[0] === "string") {
    if (values.length === 1) return values[0];
    const filled = fillIn(values[0], values.slice(1), options);
    text = filled.text;
    start = filled.used + 1;
  }
  for (let i = start; i < values.length; i++) {
    const value = values[i];
    const shown = typeof value === "string" ? value : inspect(value, shape);
    text += i === 0 ? shown : ` ${shown}`;
  }
  return text;
}

function format(...values) {
  return formatWithOptions(undefined, ...values);
}

Object.assign(exports, { format, formatWithOptions });
