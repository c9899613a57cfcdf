// node:async_hooks: contexts that follow calls. They do not follow promises, for the engine does not tell of them.
const { invalidArgType, validate } = load("node/errors");

let nextId = 2;
let current = new Map();

const inContext = (context, callback, self, values) => {
  const before = current;
  current = context;
  try {
    return Reflect.apply(callback, self, values);
  } finally {
    current = before;
  }
};

class AsyncLocalStorage {
  #default;

  constructor(options = {}) {
    this.#default = options.defaultValue;
    this.name = options.name ?? "";
  }

  static bind(callback) {
    validate.function(callback, "fn");
    const context = current;
    return function bound(...values) { return inContext(context, callback, this, values); };
  }

  static snapshot() {
    const context = current;
    return (callback, ...values) => inContext(context, callback, undefined, values);
  }

  run(store, callback, ...values) {
    return inContext(new Map(current).set(this, store), callback, undefined, values);
  }

  exit(callback, ...values) {
    const context = new Map(current);
    context.delete(this);
    return inContext(context, callback, undefined, values);
  }

  enterWith(store) {
    current = new Map(current).set(this, store);
  }

  disable() {
    current = new Map(current);
    current.delete(this);
  }

  getStore() {
    return current.has(this) ? current.get(this) : this.#default;
  }
}

class AsyncResource {
  #id = nextId++;
  #context = current;

  constructor(type) {
    validate.string(type, "type");
    this.type = type;
    Object.defineProperty(this, "type", { enumerable: false });
  }

  runInAsyncScope(callback, self, ...values) {
    return inContext(this.#context, callback, self, values);
  }

  emitDestroy() { return this; }
  asyncId() { return this.#id; }
  triggerAsyncId() { return 1; }

  bind(callback, self) {
    validate.function(callback, "fn");
    const resource = this;
    return function bound(...values) { return resource.runInAsyncScope(callback, self ?? this, ...values); };
  }

  static bind(callback, type, self) {
    return new AsyncResource(type || callback.name || "bound-anonymous-fn").bind(callback, self);
  }
}

const EventEmitter = load("node/events").default;
class EventEmitterAsyncResource extends EventEmitter {
  constructor(options) {
    super(typeof options === "object" ? options : undefined);
    this.asyncResource = new AsyncResource((typeof options === "string" ? options : options?.name) ?? new.target.name);
  }

  emit(...values) { return this.asyncResource.runInAsyncScope(super.emit, this, ...values); }
  emitDestroy() { this.asyncResource.emitDestroy(); }
  get asyncId() { return this.asyncResource.asyncId(); }
  get triggerAsyncId() { return this.asyncResource.triggerAsyncId(); }
}

exports.AsyncLocalStorage = AsyncLocalStorage;
exports.AsyncResource = AsyncResource;
exports.executionAsyncId = () => 1;
exports.triggerAsyncId = () => 0;
exports.executionAsyncResource = () => ({});
exports.asyncWrapProviders = Object.freeze({});
exports.createHook = (callbacks) => {
  if (callbacks === null || typeof callbacks !== "object") throw invalidArgType("callbacks", "Object", callbacks);
  throw load("node/errors").unavailable("async_hooks.createHook", "the engine does not tell of asynchronous resources");
};
Object.defineProperty(exports, "EventEmitterAsyncResource", { value: EventEmitterAsyncResource, enumerable: false });
