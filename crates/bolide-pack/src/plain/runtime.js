//# start
const $encoder = new TextEncoder();
const $decoder = new TextDecoder();
const $text = (bytes) => $decoder.decode(bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice());

let $exports = new Proxy({}, {
  get() {
    throw new Error("the module is not there yet: await what the default export returns, before anything else");
  },
});

/** The module's memory, from when the module is there. */
export let memory;

/** The text at a pointer of type `const char *`. */
export function readString(pointer) {
  if (!pointer) return null;
  const bytes = new Uint8Array(memory.buffer);
  const start = pointer >>> 0;
  const end = bytes.indexOf(0, start);
  if (end < 0) throw new RangeError("the text has no end");
  return $text(bytes.subarray(start, end));
}

const $u64 = (value) => BigInt.asUintN(64, value);
//# allocation
function $allocate(size, scope) {
  const pointer = $exports.malloc(size) >>> 0;
  if (pointer === 0) throw new RangeError(`the module has no memory for ${size} bytes`);
  scope.push({ pointer });
  return pointer;
}

// Ends what was passed for the time of a call.
function $leave(scope) {
  for (const { pointer, array } of scope) {
    if (array) $bytes(array).set(new Uint8Array(memory.buffer, pointer, array.byteLength));
    $exports.free(pointer);
  }
}

const $bytes = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
//# strings
function $string(text, scope) {
  if (text === null || text === undefined) return 0;
  if (typeof text !== "string") throw new TypeError(`expected a string, got ${typeof text}`);
  if (text.includes("\0")) throw new TypeError("a string for C cannot contain the character U+0000");
  const bytes = $encoder.encode(text);
  const pointer = $allocate(bytes.length + 1, scope);
  const target = new Uint8Array(memory.buffer, pointer, bytes.length + 1);
  target.set(bytes);
  target[bytes.length] = 0;
  return pointer;
}
//# arrays
function $array(value, type, isConst, scope) {
  if (value === null || value === undefined) return 0;
  if (typeof value === "number") return value;
  if (!(value instanceof type)) throw new TypeError(`expected a pointer or a ${type.name}`);
  const pointer = $allocate(Math.max(value.byteLength, 1), scope);
  new Uint8Array(memory.buffer).set($bytes(value), pointer);
  if (!isConst) scope.at(-1).array = value;
  return pointer;
}
//# callbacks
const $slots = [];

function $callback(callback, signature) {
  if (callback === null || callback === undefined) return 0;
  if (typeof callback === "number") return callback;
  if (typeof callback !== "function") throw new TypeError(`expected a function, got ${typeof callback}`);
  let index = signature.indices.get(callback);
  if (index === undefined) {
    const { exports } = new WebAssembly.Instance(signature.module(), { $: { $: signature.wrap(callback) } });
    const table = $exports.__indirect_function_table;
    index = $slots.pop() ?? table.grow(1);
    table.set(index, exports.$);
    signature.indices.set(callback, index);
  }
  return index;
}

function $signature(bytes, wrap) {
  let compiled;
  const module = () => (compiled ??= new WebAssembly.Module(bytes));
  return { indices: new Map(), module, wrap };
}

/** Ends the use of a function that was passed as a callback: the module must not call it any more. */
export function release(callback) {
  for (const { indices } of $signatures) {
    const index = indices.get(callback);
    if (index === undefined) continue;
    indices.delete(callback);
    $exports.__indirect_function_table.set(index, null);
    $slots.push(index);
  }
}
//# init
async function $compile(source = new URL($FILE, import.meta.url)) {
  source = await source;
  if (typeof source === "string" && URL.canParse(source)) source = new URL(source);
  if (source instanceof URL && source.protocol === "file:") {
    const { readFile } = await import(/* webpackIgnore: true */ /* @vite-ignore */ "node:fs/promises");
    source = await readFile(source);
  } else if (typeof source === "string" || source instanceof URL || $is(source, "Request")) {
    source = await fetch(source);
  }
  if ($is(source, "Response")) {
    if (!source.ok) throw new Error(`cannot load ${source.url}: ${source.status} ${source.statusText}`);
    if (WebAssembly.compileStreaming && source.headers.get("content-type") === "application/wasm") {
      return WebAssembly.compileStreaming(source);
    }
    source = await source.arrayBuffer();
  }
  return source instanceof WebAssembly.Module ? source : WebAssembly.compile(source);
}

const $is = (value, name) => typeof globalThis[name] === "function" && value instanceof globalThis[name];

const $isOptions = (value) => value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;

function $given(imports, module, name, type, own) {
  const value = imports?.[module]?.[name] ?? own;
  if (type === "function" ? typeof value === "function" : value !== undefined) return value;
  const path = [module, name].map((part) => JSON.stringify(part)).join(": { ");
  throw new TypeError(`the module imports a ${type} that is missing: give it as { imports: { ${path}: … } } }`);
}

let $isReady = false;

function $start(instance, imports) {
  if ($isReady) return $exports;
  $exports = instance.exports;
  memory = $exports.memory ?? $MEMORY;
  $exports._initialize?.();
  $isReady = true;
  return $exports;
}

/** Loads the module: the file beside this one, if nothing else is given. */
export default async function init(options = {}) {
  if ($isReady) return $exports;
  if (!$isOptions(options)) options = { module_or_path: options };
  const module = await $compile(options.module_or_path);
  const imports = $link(options.imports);
  return $start(await WebAssembly.instantiate(module, imports), imports);
}

/** Makes the module from its bytes, at once. */
export function initSync(options) {
  if ($isReady) return $exports;
  if (!$isOptions(options)) options = { module: options };
  const { module } = options;
  const imports = $link(options.imports);
  const compiled = module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module);
  return $start(new WebAssembly.Instance(compiled, imports), imports);
}
