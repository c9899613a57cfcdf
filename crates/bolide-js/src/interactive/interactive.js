// What a read-eval-print loop shows of values, and how it completes names.
const { isProxy, lazyGlobals, colors } = native("interactive");

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;
const CHAIN = /(?:[\p{ID_Start}$_][\p{ID_Continue}$]*\s*\??\.\s*)*(?:[\p{ID_Start}$_][\p{ID_Continue}$]*)?$/u;
const KEYWORDS = [
  "async", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete", "do",
  "else", "export", "extends", "false", "finally", "for", "function", "if", "import", "in", "instanceof", "let", "new",
  "null", "return", "static", "super", "switch", "this", "throw", "true", "try", "typeof", "var", "void", "while",
  "with", "yield",
];
// Objects with more elements than this are not searched for names.
const MANY = 1000;

let remembered;
let ownsUnderscore = !Object.hasOwn(globalThis, "_");

// The text of a value, which becomes `_` unless that has been set by other code.
exports.show = (value) => {
  ownsUnderscore &&= !Object.hasOwn(globalThis, "_") || Object.is(globalThis._, remembered);
  if (ownsUnderscore) {
    remembered = value;
    globalThis._ = value;
  }
  return load("web/inspect").inspect(value, { colors: colors() });
};

function* prototypes(value) {
  for (let object = Object(value); object !== null; object = Object.getPrototypeOf(object)) {
    // Looking into a proxy would run its code.
    if (isProxy(object)) return;
    yield object;
  }
}

// The value of a property, if reading it runs no code.
function property(target, name) {
  for (const object of prototypes(target)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, name);
    if (descriptor === undefined) continue;
    if ("value" in descriptor) return descriptor.value;
    return object === globalThis && lazyGlobals().includes(name) ? globalThis[name] : undefined;
  }
  return undefined;
}

function names(target) {
  const found = new Set();
  for (const object of prototypes(target)) {
    if ((Array.isArray(object) || ArrayBuffer.isView(object)) && object.length > MANY) continue;
    for (const name of Object.getOwnPropertyNames(object).sort()) found.add(name);
  }
  return [...found].filter((name) => IDENTIFIER.test(name));
}

// Where the name before the end of `text` begins, and how it may go on.
exports.complete = (text) => {
  const [chain] = CHAIN.exec(text);
  const path = chain.split(/\s*\??\.\s*/);
  const prefix = path.pop();
  const start = text.length - prefix.length;
  const before = text.slice(0, text.length - chain.length).trimEnd();
  if (before.endsWith(".")) return [start, []];
  let target = globalThis;
  for (const name of path) {
    target = property(target, name);
    if (target === undefined || target === null) return [start, []];
  }
  const all = path.length === 0 ? [...names(target), ...KEYWORDS] : names(target);
  return [start, [...new Set(all)].filter((name) => name.startsWith(prefix))];
};
