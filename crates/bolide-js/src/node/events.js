// node:events
const { make, invalidArgType, outOfRange, validate } = load("node/errors");

const ERROR_MONITOR = Symbol("events.errorMonitor");
const CAPTURE = Symbol("kCapture");
const REJECTION = Symbol.for("nodejs.rejection");
let defaultMax = 10;

function checkListener(listener) {
  if (typeof listener !== "function") throw invalidArgType("listener", "function", listener);
}

function EventEmitter(options) {
  EventEmitter.init.call(this, options);
}

EventEmitter.prototype._events = undefined;
EventEmitter.prototype._eventsCount = 0;
EventEmitter.prototype._maxListeners = undefined;
EventEmitter.usingDomains = false;

EventEmitter.init = function init(options) {
  if (this._events === undefined || this._events === Object.getPrototypeOf(this)._events) {
    this._events = { __proto__: null };
    this._eventsCount = 0;
  }
  this._maxListeners = this._maxListeners || undefined;
  const capture = options?.captureRejections ?? EventEmitter.captureRejections;
  if (options?.captureRejections !== undefined) validate.boolean(options.captureRejections, "options.captureRejections");
  if (capture) Object.defineProperty(this, CAPTURE, { value: true, configurable: true, writable: true });
};

function unhandledError(emitter, args) {
  const [error] = args;
  if (error instanceof Error) return error;
  const { inspect } = load("web/inspect");
  let text;
  try {
    text = inspect(error);
  } catch {
    text = String(error);
  }
  const wrapped = make(Error, "ERR_UNHANDLED_ERROR", `Unhandled error. (${text})`);
  wrapped.context = error;
  return wrapped;
}

function handleRejection(emitter, error, type, args) {
  if (typeof emitter[REJECTION] === "function") {
    emitter[REJECTION](error, type, ...args);
    return;
  }
  const capture = emitter[CAPTURE];
  try {
    // So that a listener of `error` that rejects does not call itself for ever.
    emitter[CAPTURE] = false;
    emitter.emit("error", error);
  } finally {
    emitter[CAPTURE] = capture;
  }
}

function callListener(emitter, listener, type, args) {
  const result = Reflect.apply(listener, emitter, args);
  if (emitter[CAPTURE] && result != null && typeof result.then === "function") {
    result.then(undefined, (error) => {
      load("node/process").process.nextTick(handleRejection, emitter, error, type, args);
    });
  }
}

const methods = {
  emit(type, ...args) {
    const events = this._events;
    if (type === "error") {
      if (events?.[ERROR_MONITOR] !== undefined) this.emit(ERROR_MONITOR, ...args);
      if (events?.error === undefined) throw unhandledError(this, args);
    }
    const handler = events?.[type];
    if (handler === undefined) return false;
    if (typeof handler === "function") callListener(this, handler, type, args);
    else for (const listener of [...handler]) callListener(this, listener, type, args);
    return true;
  },

  addListener(type, listener) {
    return add(this, type, listener, false);
  },

  prependListener(type, listener) {
    return add(this, type, listener, true);
  },

  once(type, listener) {
    checkListener(listener);
    return this.on(type, wrapOnce(this, type, listener));
  },

  prependOnceListener(type, listener) {
    checkListener(listener);
    return this.prependListener(type, wrapOnce(this, type, listener));
  },

  removeListener(type, listener) {
    checkListener(listener);
    const list = this._events?.[type];
    if (list === undefined) return this;
    if (list === listener || list.listener === listener) {
      forget(this, type);
      if (this._events.removeListener) this.emit("removeListener", type, list.listener ?? listener);
      return this;
    }
    if (typeof list === "function") return this;
    const index = list.findLastIndex((item) => item === listener || item.listener === listener);
    if (index < 0) return this;
    list.splice(index, 1);
    if (list.length === 1) this._events[type] = list[0];
    if (this._events.removeListener !== undefined) this.emit("removeListener", type, listener);
    return this;
  },

  removeAllListeners(type) {
    const events = this._events;
    if (events === undefined) return this;
    if (events.removeListener === undefined) {
      if (arguments.length === 0) {
        this._events = { __proto__: null };
        this._eventsCount = 0;
      } else if (events[type] !== undefined) forget(this, type);
      return this;
    }
    if (arguments.length === 0) {
      for (const key of Reflect.ownKeys(events)) if (key !== "removeListener") this.removeAllListeners(key);
      this.removeAllListeners("removeListener");
      this._events = { __proto__: null };
      this._eventsCount = 0;
      return this;
    }
    for (const listener of this.rawListeners(type).reverse()) this.removeListener(type, listener);
    return this;
  },

  setMaxListeners(count) {
    checkMax(count, "setMaxListeners");
    this._maxListeners = count;
    return this;
  },

  getMaxListeners() {
    return this._maxListeners ?? defaultMax;
  },

  listeners(type) {
    return this.rawListeners(type).map((listener) => listener.listener ?? listener);
  },

  rawListeners(type) {
    const list = this._events?.[type];
    if (list === undefined) return [];
    return typeof list === "function" ? [list] : [...list];
  },

  listenerCount(type, listener) {
    const list = this.rawListeners(type);
    if (listener == null) return list.length;
    return list.filter((item) => item === listener || item.listener === listener).length;
  },

  eventNames() {
    return this._eventsCount > 0 ? Reflect.ownKeys(this._events) : [];
  },
};

function checkMax(count, name) {
  if (typeof count !== "number") throw invalidArgType(name, "number", count);
  if (!(count >= 0)) throw outOfRange(name, ">= 0", count);
}

function forget(emitter, type) {
  if (--emitter._eventsCount === 0) emitter._events = { __proto__: null };
  else delete emitter._events[type];
}

function add(emitter, type, listener, first) {
  checkListener(listener);
  if (emitter._events === undefined) {
    emitter._events = { __proto__: null };
    emitter._eventsCount = 0;
  } else if (emitter._events.newListener !== undefined) {
    emitter.emit("newListener", type, listener.listener ?? listener);
  }
  const events = emitter._events;
  const list = events[type];
  if (list === undefined) {
    events[type] = listener;
    emitter._eventsCount++;
    return emitter;
  }
  if (typeof list === "function") events[type] = first ? [listener, list] : [list, listener];
  else if (first) list.unshift(listener);
  else list.push(listener);
  warnOfLeak(emitter, type);
  return emitter;
}

function warnOfLeak(emitter, type) {
  const list = emitter._events[type];
  const max = emitter.getMaxListeners();
  if (!(max > 0 && list.length > max) || list.warned) return;
  list.warned = true;
  const name = emitter.constructor?.name ?? "EventEmitter";
  const warning = new Error(`Possible EventEmitter memory leak detected. ${list.length} ${String(type)} listeners added to [${name}]. MaxListeners is ${max}. Use emitter.setMaxListeners() to increase limit`);
  Object.assign(warning, { name: "MaxListenersExceededWarning", emitter, type, count: list.length });
  load("node/process").process.emitWarning(warning);
}

function wrapOnce(target, type, listener) {
  let fired = false;
  function once(...args) {
    if (fired) return;
    target.removeListener(type, once);
    fired = true;
    return Reflect.apply(listener, target, args);
  }
  once.listener = listener;
  return once;
}

methods.on = methods.addListener;
methods.off = methods.removeListener;
for (const name of Object.keys(methods)) EventEmitter.prototype[name] = methods[name];

const isTarget = (emitter) => typeof emitter?.addEventListener === "function";

function listen(emitter, type, listener, once) {
  if (typeof emitter?.on === "function") emitter[once ? "once" : "on"](type, listener);
  else if (isTarget(emitter)) emitter.addEventListener(type, listener, { once });
  else throw invalidArgType("emitter", "EventEmitter", emitter);
}

function unlisten(emitter, type, listener) {
  if (typeof emitter?.removeListener === "function") emitter.removeListener(type, listener);
  else if (isTarget(emitter)) emitter.removeEventListener(type, listener);
}

function abortError(signal) {
  const error = make(Error, "ABORT_ERR", "The operation was aborted");
  error.name = "AbortError";
  if (signal?.reason !== undefined) error.cause = signal.reason;
  return error;
}

function once(emitter, type, options = {}) {
  validate.object(options, "options");
  const { signal } = options;
  if (signal?.aborted) return Promise.reject(abortError(signal));
  return new Promise((resolve, reject) => {
    const stop = () => {
      unlisten(emitter, type, onEvent);
      unlisten(emitter, "error", onError);
      signal?.removeEventListener("abort", onAbort);
    };
    const onEvent = (...args) => { stop(); resolve(args); };
    const onError = (error) => { stop(); reject(error); };
    const onAbort = () => { stop(); reject(abortError(signal)); };
    listen(emitter, type, onEvent, true);
    if (type !== "error" && typeof emitter.once === "function") emitter.once("error", onError);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function on(emitter, type, options = {}) {
  validate.object(options, "options");
  const { signal, close = [] } = options;
  if (signal?.aborted) throw abortError(signal);
  const events = [];
  const waiting = [];
  let error;
  let finished = false;
  const finish = () => {
    finished = true;
    unlisten(emitter, type, onEvent);
    unlisten(emitter, "error", onError);
    for (const name of close) unlisten(emitter, name, finish);
    signal?.removeEventListener("abort", onAbort);
    for (const { resolve } of waiting.splice(0)) resolve({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  };
  const onEvent = (...args) => {
    if (waiting.length > 0) waiting.shift().resolve({ value: args, done: false });
    else events.push(args);
  };
  const onError = (reason) => {
    if (waiting.length > 0) waiting.shift().reject(reason);
    else error = reason;
    finish();
  };
  const onAbort = () => onError(abortError(signal));
  listen(emitter, type, onEvent, false);
  if (type !== "error" && typeof emitter.on === "function") emitter.on("error", onError);
  for (const name of close) listen(emitter, name, finish, false);
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    next() {
      if (events.length > 0) return Promise.resolve({ value: events.shift(), done: false });
      if (error !== undefined) {
        const reason = error;
        error = undefined;
        return Promise.reject(reason);
      }
      if (finished) return finish();
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    return: finish,
    throw(reason) { onError(reason); },
    [Symbol.asyncIterator]() { return this; },
  };
}

function getEventListeners(emitter, type) {
  if (typeof emitter?.listeners === "function") return emitter.listeners(type);
  throw invalidArgType("emitter", ["EventEmitter", "EventTarget"], emitter);
}

function setMaxListeners(count = defaultMax, ...emitters) {
  checkMax(count, "setMaxListeners");
  if (emitters.length === 0) defaultMax = count;
  for (const emitter of emitters) if (typeof emitter?.setMaxListeners === "function") emitter.setMaxListeners(count);
}

function addAbortListener(signal, listener) {
  if (typeof signal?.addEventListener !== "function") throw invalidArgType("signal", "AbortSignal", signal);
  checkListener(listener);
  if (signal.aborted) queueMicrotask(() => listener());
  else signal.addEventListener("abort", listener, { once: true });
  return { [Symbol.dispose ?? Symbol.for("nodejs.dispose")]: () => signal.removeEventListener("abort", listener) };
}

Object.defineProperty(EventEmitter, "defaultMaxListeners", {
  enumerable: true,
  get: () => defaultMax,
  set(count) {
    checkMax(count, "defaultMaxListeners");
    defaultMax = count;
  },
});
EventEmitter.captureRejections = false;
Object.assign(EventEmitter, {
  once, on, getEventListeners, setMaxListeners, addAbortListener,
  getMaxListeners: (emitter) => emitter.getMaxListeners?.() ?? defaultMax,
  listenerCount: (emitter, type) => emitter.listenerCount(type),
  errorMonitor: ERROR_MONITOR,
  captureRejectionSymbol: REJECTION,
  EventEmitter,
});
Object.defineProperty(EventEmitter, "EventEmitterAsyncResource", {
  configurable: true,
  enumerable: true,
  get: () => load("node/async_hooks").EventEmitterAsyncResource,
});

for (const name of Object.keys(EventEmitter)) {
  if (name !== "usingDomains" && name !== "init") {
    Object.defineProperty(exports, name, Object.getOwnPropertyDescriptor(EventEmitter, name));
  }
}
exports.abortError = abortError;
Object.defineProperty(exports, "abortError", { enumerable: false });
exports.default = EventEmitter;
