// node:process and the global `process`.
const host = native("process");
const loop = native("loop");
const EventEmitter = load("node/events").default;
const { make, invalidArgType, outOfRange, unavailable, validate } = load("node/errors");

// The release of Node whose behaviour is followed. Glue code asks for `versions.node` and for a least major version.
const NODE_VERSION = "24.19.0";
const info = host.info();

function environment(entries) {
  const target = {};
  for (const [name, value] of entries) target[name] = value;
  const text = (value) => {
    if (typeof value === "symbol") throw new TypeError("Cannot convert a Symbol value to a string");
    return String(value);
  };
  return new Proxy(target, {
    set(object, name, value) {
      object[text(name)] = text(value);
      return true;
    },
    defineProperty(object, name, descriptor) {
      if ("get" in descriptor || "set" in descriptor) {
        throw make(TypeError, "ERR_INVALID_OBJECT_DEFINE_PROPERTY", "'process.env' does not accept an accessor(getter/setter) descriptor");
      }
      object[text(name)] = text(descriptor.value);
      return true;
    },
  });
}

class Process extends EventEmitter {}
Object.defineProperty(Process, "name", { value: "process", configurable: true });

const process = new Process();
exports.process = process;
Object.defineProperty(process, Symbol.toStringTag, { value: "process", configurable: true });

let ticks = [];
let exitCode;
let failed = false;
let exiting = false;
let title = "bolide";

function checkedCode(code, name) {
  if (code === undefined || code === null) return undefined;
  const number = typeof code === "string" && /^\s*-?\d/.test(code) ? Number(code) : code;
  if (typeof number !== "number") throw invalidArgType(name, "number", code);
  if (!Number.isInteger(number)) throw outOfRange(name, "an integer", code);
  return number;
}

function emitExit(code) {
  if (exiting) return;
  exiting = true;
  process.emit("exit", exitCode ?? code);
}

function exit(code) {
  const wanted = checkedCode(code, "code");
  if (wanted !== undefined) exitCode = wanted;
  emitExit(exitCode ?? 0);
  host.exit(exitCode | 0);
}

function nextTick(callback, ...args) {
  validate.function(callback, "callback");
  if (exiting) return;
  ticks.push(args.length === 0 ? callback : () => callback(...args));
  if (ticks.length === 1) loop.requestTick();
}

// Runs until the queue is empty. What throws is off the queue, so that the rest can go on.
function runTicks() {
  while (ticks.length > 0) {
    const batch = ticks;
    ticks = [];
    let next = 0;
    try {
      while (next < batch.length) batch[next++]();
    } finally {
      if (next < batch.length) ticks = [...batch.slice(next), ...ticks];
    }
  }
}

function hrtime(previous) {
  const [seconds, nanos] = host.now();
  if (previous === undefined) return [seconds, nanos];
  if (!Array.isArray(previous)) throw invalidArgType("time", "Array", previous);
  if (previous.length !== 2) throw outOfRange("time", "2", previous.length);
  const carry = nanos < previous[1] ? 1 : 0;
  return [seconds - previous[0] - carry, nanos - previous[1] + carry * 1e9];
}
hrtime.bigint = function bigint() {
  const [seconds, nanos] = host.now();
  return BigInt(seconds) * 1000000000n + BigInt(nanos);
};

function memoryUsage() {
  const { rss } = host.usage();
  const heap = native("heap").usage();
  return { rss, heapTotal: heap.total, heapUsed: heap.used, external: heap.buffers, arrayBuffers: heap.buffers };
}
memoryUsage.rss = () => host.usage().rss;

function cpuUsage(previous) {
  const { user, system } = host.usage();
  return previous ? { user: user - previous.user, system: system - previous.system } : { user, system };
}

function umask(mask) {
  if (mask !== undefined) throw unavailable("process.umask(mask)", "the mask belongs to the whole process");
  return host.usage().umask;
}

function emitWarning(warning, type, code) {
  let detail;
  if (type !== null && typeof type === "object" && !Array.isArray(type)) ({ detail, code, type } = type);
  else if (typeof type === "function") [type, code] = [undefined, undefined];
  if (typeof code === "function") code = undefined;
  if (type !== undefined) validate.string(type, "type");
  if (typeof warning === "string") {
    warning = new Error(warning);
    warning.name = String(type || "Warning");
    if (code !== undefined) warning.code = code;
    if (typeof detail === "string") warning.detail = detail;
  } else if (!(warning instanceof Error)) {
    throw invalidArgType("warning", ["string", "Error"], warning);
  }
  if (warning.name === "DeprecationWarning") {
    if (process.noDeprecation) return;
    if (process.throwDeprecation) return nextTick(() => { throw warning; });
  }
  nextTick(() => process.emit("warning", warning));
}

function printWarning(warning) {
  const code = warning.code ? `[${warning.code}] ` : "";
  const detail = typeof warning.detail === "string" ? `\n${warning.detail}` : "";
  native("stdio").write(2, `(bolide:${info.pid}) ${code}${warning.name}: ${warning.message}${detail}\n`);
}

let capture = null;

const methods = {
  exit,
  reallyExit: (code) => host.exit(code | 0),
  nextTick,
  hrtime,
  memoryUsage,
  cpuUsage,
  umask,
  emitWarning,
  cwd: () => info.cwd,
  uptime: () => host.uptime(),
  availableMemory: () => native("process").system().freemem,
  constrainedMemory: () => 0,
  setUncaughtExceptionCaptureCallback(callback) {
    if (callback !== null) validate.function(callback, "fn");
    if (callback !== null && capture !== null) {
      throw make(Error, "ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET", "`process.setupUncaughtExceptionCapture()` was called while a capture callback was already active");
    }
    capture = callback;
  },
  hasUncaughtExceptionCaptureCallback: () => capture !== null,
  getBuiltinModule(name) {
    validate.string(name, "id");
    return load("node/module").builtin(name);
  },
  setSourceMapsEnabled(value) { validate.boolean(value, "val"); },
  chdir() { throw unavailable("process.chdir", "the folder that paths are relative to is fixed when the script starts"); },
  kill() { throw unavailable("process.kill", "scripts have no access to other processes"); },
  abort() { throw unavailable("process.abort", "call process.exit"); },
  dlopen() { throw make(Error, "ERR_DLOPEN_DISABLED", "Cannot load native addons: they are machine code for Node; packages often have a WebAssembly build"); },
  binding(name) {
    if (name === "constants") return load("node/constants").groups();
    throw make(Error, "ERR_INVALID_MODULE", `No such module: ${name}`);
  },
};
for (const [name, value] of Object.entries(methods)) process[name] = value;

Object.assign(process, {
  argv: [info.execPath, ...(info.main === undefined || info.main === null ? [] : [info.main]), ...info.args],
  argv0: "bolide",
  execPath: info.execPath,
  execArgv: [],
  env: environment(info.env),
  pid: info.pid,
  ppid: info.ppid,
  platform: "linux",
  arch: { x86_64: "x64", aarch64: "arm64" }[info.arch] ?? info.arch,
  version: `v${NODE_VERSION}`,
  versions: Object.freeze({ node: NODE_VERSION, bolide: info.bolide }),
  release: { name: "node", lts: "Krypton" },
  features: Object.freeze({
    inspector: false, debug: false, uv: false, ipv6: true, tls_alpn: false, tls_sni: false, tls_ocsp: false, tls: false,
    openssl_is_boringssl: false, cached_builtins: true, require_module: true, quic: false, typescript: false,
  }),
  config: Object.freeze({ target_defaults: {}, variables: {} }),
  allowedNodeEnvironmentFlags: new Set(),
  sourceMapsEnabled: false,
});

Object.defineProperties(process, {
  exitCode: {
    enumerable: true,
    configurable: true,
    get: () => exitCode,
    set(code) { exitCode = checkedCode(code, "code"); },
  },
  title: {
    enumerable: true,
    configurable: true,
    get: () => title,
    set(text) { title = String(text); },
  },
  _exiting: { get: () => exiting, configurable: true },
});

// A stream that is made when it is first used.
for (const [name, fd] of [["stdin", 0], ["stdout", 1], ["stderr", 2]]) {
  Object.defineProperty(process, name, {
    enumerable: true,
    configurable: true,
    get() {
      const value = load("node/stdio").stream(fd);
      Object.defineProperty(process, name, { value, enumerable: true, configurable: true, writable: true });
      return value;
    },
    set(value) {
      Object.defineProperty(process, name, { value, enumerable: true, configurable: true, writable: true });
    },
  });
}

process.on("warning", (warning) => {
  if (!process.noDeprecation || warning.name !== "DeprecationWarning") printWarning(warning);
});

// Whether a listener took the error.
function uncaught(error, origin) {
  if (capture !== null) {
    capture(error);
    return true;
  }
  process.emit("uncaughtExceptionMonitor", error, origin);
  const taken = process.emit("uncaughtException", error, origin);
  if (!taken) failed = true;
  return taken;
}

loop.hook("tick", runTicks);
loop.hook("uncaught", uncaught);
loop.hook("rejection", (reason, promise) => process.emit("unhandledRejection", reason, promise));
loop.hook("handled", (promise) => { process.emit("rejectionHandled", promise); });
loop.hook("idle", () => { process.emit("beforeExit", exitCode ?? 0); });
loop.hook("exit", () => {
  emitExit(failed ? 1 : 0);
  if (!failed && exitCode) host.exit(exitCode | 0);
});
