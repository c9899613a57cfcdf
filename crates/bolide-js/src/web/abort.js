// Aborting. https://dom.spec.whatwg.org/#aborting-ongoing-activities

const {
  defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments, typeError, sequence, unsignedLongLong,
} = load("web/webidl");
const { EventTarget, Event, fire, defineHandler } = load("web/events");
const { custom } = load("web/symbols");
const { setTimer, holdTimer } = native("loop");

const create = Symbol("create");

/** What only this file may do with signals, set by the class. */
let internals;

class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  #algorithms = new Set();
  // For signals made by `any`: what they depend on, never such signals themselves.
  #sources = new Set();
  #dependents = new Set();

  static {
    internals = {
      isSignal: (value) => isObject(value) && #aborted in value,
      signalAbort: (signal, reason) => signal.#signalAbort(reason),
      add: (signal, algorithm) => {
        if (!signal.#aborted) signal.#algorithms.add(algorithm);
      },
      remove: (signal, algorithm) => signal.#algorithms.delete(algorithm),
    };
  }

  constructor(key) {
    if (key !== create) throw illegalConstructor();
    super();
  }

  static abort(reason = new DOMException("This operation was aborted", "AbortError")) {
    const signal = new AbortSignal(create);
    signal.#aborted = true;
    signal.#reason = reason;
    return signal;
  }

  static timeout(milliseconds) {
    requireArguments(arguments.length, 1, "AbortSignal.timeout");
    const delay = unsignedLongLong(milliseconds, "AbortSignal.timeout: the delay", { enforceRange: true });
    const signal = new AbortSignal(create);
    const id = setTimer(() => {
      signal.#signalAbort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    }, delay, false);
    holdTimer(id, false);
    return signal;
  }

  static any(signals) {
    requireArguments(arguments.length, 1, "AbortSignal.any");
    const toSignal = (value, what) => {
      if (!internals.isSignal(value)) throw typeError(`${what} is not an AbortSignal`);
      return value;
    };
    const list = sequence(toSignal)(signals, "AbortSignal.any: the signals");
    const result = new AbortSignal(create);
    const aborted = list.find((signal) => signal.#aborted);
    if (aborted !== undefined) {
      result.#aborted = true;
      result.#reason = aborted.#reason;
      return result;
    }
    for (const signal of list) {
      const sources = signal.#sources.size > 0 ? signal.#sources : [signal];
      for (const source of sources) {
        result.#sources.add(source);
        source.#dependents.add(result);
      }
    }
    return result;
  }

  get aborted() {
    if (!internals.isSignal(this)) throw illegalInvocation("AbortSignal");
    return this.#aborted;
  }

  get reason() {
    if (!internals.isSignal(this)) throw illegalInvocation("AbortSignal");
    return this.#reason;
  }

  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }

  #signalAbort(reason) {
    if (this.#aborted) return;
    const all = [this];
    this.#become(reason);
    for (const dependent of this.#dependents) {
      if (dependent.#aborted) continue;
      dependent.#become(reason);
      all.push(dependent);
    }
    this.#dependents.clear();
    for (const signal of all) signal.#run();
  }

  #become(reason) {
    this.#aborted = true;
    this.#reason = reason;
  }

  #run() {
    for (const source of this.#sources) source.#dependents.delete(this);
    const algorithms = [...this.#algorithms];
    this.#algorithms.clear();
    for (const algorithm of algorithms) algorithm(this.#reason);
    fire(this, new Event("abort"));
  }

  [custom](depth, options, inspect) {
    if (depth < 0) return this;
    return `AbortSignal ${inspect({ aborted: this.aborted }, nested(options))}`;
  }
}

function nested(options) {
  return { ...options, depth: options.depth === null ? null : options.depth - 1 };
}

class AbortController {
  #signal = new AbortSignal(create);

  get signal() {
    if (!(#signal in this)) throw illegalInvocation("AbortController");
    return this.#signal;
  }

  abort(reason = new DOMException("This operation was aborted", "AbortError")) {
    internals.signalAbort(this.signal, reason);
  }

  [custom](depth, options, inspect) {
    if (depth < 0) return this;
    return `AbortController ${inspect({ signal: this.signal }, nested(options))}`;
  }
}

defineHandler(AbortSignal.prototype, "abort");
defineInterface(AbortSignal);
defineInterface(AbortController);

Object.assign(exports, {
  AbortSignal, AbortController,
  isSignal: internals.isSignal,
  /** Runs `algorithm(reason)` when the signal is aborted, before its event. */
  addAlgorithm: internals.add,
  removeAlgorithm: internals.remove,
});
