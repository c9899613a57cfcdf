// Events. https://dom.spec.whatwg.org/#events, without trees: a target has no parents.

const webidl = load("web/webidl");
const { defineInterface, illegalInvocation, requireArguments, dictionary, typeError, isObject } = webidl;
const { custom } = load("web/symbols");
const { now } = native("clock");
const { uncaught, hook } = native("loop");

const NONE = 0;
const AT_TARGET = 2;

const eventInit = dictionary("EventInit", {
  bubbles: { convert: Boolean, default: () => false },
  cancelable: { convert: Boolean, default: () => false },
  composed: { convert: Boolean, default: () => false },
});

/** What only the host may do with events, set by the class. */
let internals;

class Event {
  #type;
  #bubbles;
  #cancelable;
  #composed;
  #time = now();
  #target = null;
  #phase = NONE;
  #canceled = false;
  #stopped = false;
  #stoppedNow = false;
  #passive = false;
  #dispatching = false;
  #trusted = false;

  static {
    internals = {
      isEvent: (value) => isObject(value) && #type in value,
      isDispatching: (event) => event.#dispatching,
      trust: (event) => {
        event.#trusted = true;
        return event;
      },
      begin: (event, target) => {
        event.#dispatching = true;
        event.#target = target;
        event.#phase = AT_TARGET;
      },
      end: (event) => {
        event.#dispatching = false;
        event.#phase = NONE;
        event.#stopped = false;
        event.#stoppedNow = false;
      },
      stopped: (event) => event.#stopped,
      stoppedNow: (event) => event.#stoppedNow,
      setPassive: (event, passive) => { event.#passive = passive; },
    };
  }

  constructor(type, options = undefined) {
    requireArguments(arguments.length, 1, "Event");
    const { bubbles, cancelable, composed } = eventInit(options, "Event options");
    this.#type = `${type}`;
    this.#bubbles = bubbles;
    this.#cancelable = cancelable;
    this.#composed = composed;
    Object.defineProperty(this, "isTrusted", trustedDescriptor);
  }

  get type() { return this.#type; }

  get target() { return this.#target; }

  get currentTarget() { return this.#dispatching ? this.#target : null; }

  get srcElement() { return this.#target; }

  get eventPhase() { return this.#phase; }

  get bubbles() { return this.#bubbles; }

  get cancelable() { return this.#cancelable; }

  get composed() { return this.#composed; }

  get timeStamp() { return this.#time; }

  get defaultPrevented() { return this.#canceled; }

  get returnValue() { return !this.#canceled; }

  set returnValue(value) {
    if (!value) this.preventDefault();
  }

  get cancelBubble() { return this.#stopped; }

  set cancelBubble(value) {
    if (value) this.stopPropagation();
  }

  static isTrusted(event) { return event.#trusted; }

  composedPath() { return this.#dispatching ? [this.#target] : []; }

  stopPropagation() { this.#stopped = true; }

  stopImmediatePropagation() {
    this.#stopped = true;
    this.#stoppedNow = true;
  }

  preventDefault() {
    if (this.#cancelable && !this.#passive) this.#canceled = true;
  }

  initEvent(type, bubbles = false, cancelable = false) {
    requireArguments(arguments.length, 1, "Event.initEvent");
    if (this.#dispatching) return;
    this.#type = `${type}`;
    this.#bubbles = !!bubbles;
    this.#cancelable = !!cancelable;
    this.#canceled = false;
    this.#target = null;
  }

  [custom](depth, options, inspect) {
    const name = this.constructor.name;
    if (depth < 0) return name;
    const { type, defaultPrevented, cancelable, timeStamp } = this;
    const inner = { ...options, depth: Number.isInteger(options.depth) ? options.depth - 1 : options.depth };
    return `${name} ${inspect({ type, defaultPrevented, cancelable, timeStamp }, inner)}`;
  }
}

const { isTrusted } = Event;
delete Event.isTrusted;
const trustedDescriptor = {
  get: Object.getOwnPropertyDescriptor({ get isTrusted() { return isTrusted(this); } }, "isTrusted").get,
  enumerable: true,
};

defineInterface(Event, { constants: { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 } });

/** Defines a kind of event whose members are those of its dictionary: `members` gives their defaults. */
function eventClass(name, members) {
  const fields = new WeakMap();
  const Class = {
    [name]: class extends Event {
      constructor(type, options = undefined) {
        super(type, options);
        const values = {};
        for (const key of Object.keys(members)) values[key] = options?.[key] ?? members[key]();
        fields.set(this, values);
      }
    },
  }[name];
  for (const key of Object.keys(members)) {
    const { get } = Object.getOwnPropertyDescriptor({
      get [key]() {
        const values = fields.get(this);
        if (values === undefined) throw illegalInvocation(name);
        return values[key];
      },
    }, key);
    Object.defineProperty(Class.prototype, key, { get, enumerable: true, configurable: true });
  }
  return { Class: defineInterface(Class), fields };
}

const nothing = () => null;
const emptyText = () => "";
const zero = () => 0;

const { Class: CustomEvent } = eventClass("CustomEvent", { detail: nothing });
const { Class: ErrorEvent } = eventClass("ErrorEvent", {
  message: emptyText, filename: emptyText, lineno: zero, colno: zero, error: () => undefined,
});
const { Class: MessageEvent } = eventClass("MessageEvent", {
  data: nothing, origin: emptyText, lastEventId: emptyText, source: nothing, ports: () => Object.freeze([]),
});
const { Class: CloseEvent } = eventClass("CloseEvent", { wasClean: () => false, code: zero, reason: emptyText });
const { Class: ProgressEvent } = eventClass("ProgressEvent", {
  lengthComputable: () => false, loaded: zero, total: zero,
});
const { Class: PromiseRejectionEvent } = eventClass("PromiseRejectionEvent", {
  promise: () => undefined, reason: () => undefined,
});

/** Listeners of each target: `{ type, callback, capture, once, passive, removed }`. */
const listenersOf = new WeakMap();

function flatten(options) {
  return typeof options === "boolean" ? { capture: options } : options ?? {};
}

function targetOf(value) {
  // As in browsers, the operations of the global object work without one.
  const target = value ?? globalThis;
  if (!listenersOf.has(target)) throw illegalInvocation("EventTarget");
  return target;
}

function find(listeners, type, callback, capture) {
  return listeners.findIndex((listener) =>
    listener.type === type && listener.callback === callback && listener.capture === capture);
}

function remove(target, type, callback, capture) {
  const listeners = listenersOf.get(target);
  const index = find(listeners, type, callback, capture);
  if (index === -1) return;
  listeners[index].removed = true;
  // A new list, for a dispatch may be going through the old one.
  listenersOf.set(target, listeners.toSpliced(index, 1));
}

class EventTarget {
  constructor() {
    listenersOf.set(this, []);
  }

  addEventListener(type, callback, options = undefined) {
    const target = targetOf(this);
    requireArguments(arguments.length, 2, "EventTarget.addEventListener");
    const name = `${type}`;
    const { capture, once, passive, signal } = flatten(options);
    if (signal !== undefined && !load("web/abort").isSignal(signal)) {
      throw typeError("EventTarget.addEventListener: signal is not an AbortSignal");
    }
    if (callback === null || callback === undefined) return;
    if (!isObject(callback)) throw typeError("EventTarget.addEventListener: the listener is not an object");
    if (signal?.aborted) return;
    const listeners = listenersOf.get(target);
    if (find(listeners, name, callback, !!capture) !== -1) return;
    const listener = { type: name, callback, capture: !!capture, once: !!once, passive: !!passive, removed: false };
    listenersOf.set(target, [...listeners, listener]);
    if (signal !== undefined) {
      load("web/abort").addAlgorithm(signal, () => remove(target, name, callback, !!capture));
    }
  }

  removeEventListener(type, callback, options = undefined) {
    const target = targetOf(this);
    requireArguments(arguments.length, 2, "EventTarget.removeEventListener");
    remove(target, `${type}`, callback, !!flatten(options).capture);
  }

  dispatchEvent(event) {
    const target = targetOf(this);
    requireArguments(arguments.length, 1, "EventTarget.dispatchEvent");
    if (!internals.isEvent(event)) throw typeError("EventTarget.dispatchEvent: the argument is not an Event");
    if (internals.isDispatching(event)) {
      throw new DOMException("The event is already being dispatched", "InvalidStateError");
    }
    return dispatch(target, event);
  }
}

defineInterface(EventTarget);

/** Calls the listeners of a target. Returns whether the default action is to happen. */
function dispatch(target, event) {
  internals.begin(event, target);
  const { type } = event;
  const listeners = listenersOf.get(target).filter((listener) => listener.type === type);
  for (const capture of [true, false]) {
    for (const listener of listeners) {
      if (listener.capture !== capture || listener.removed) continue;
      invoke(target, event, listener);
      if (internals.stoppedNow(event)) break;
    }
    if (internals.stopped(event)) break;
  }
  internals.end(event);
  return !event.defaultPrevented;
}

function invoke(target, event, listener) {
  const { callback } = listener;
  if (listener.once) remove(target, listener.type, callback, listener.capture);
  internals.setPassive(event, listener.passive);
  try {
    if (typeof callback === "function") {
      Reflect.apply(callback, target, [event]);
    } else {
      const { handleEvent } = callback;
      if (typeof handleEvent !== "function") throw typeError("the listener has no method handleEvent");
      Reflect.apply(handleEvent, callback, [event]);
    }
  } catch (error) {
    reportError(error);
  }
  internals.setPassive(event, false);
}

/** Defines an event handler attribute `on…`. https://html.spec.whatwg.org/#event-handler-attributes */
function defineHandler(prototype, type, onSet = undefined) {
  const handlers = new WeakMap();
  const name = `on${type}`;
  const { get, set } = Object.getOwnPropertyDescriptor({
    get [name]() { return handlers.get(this ?? globalThis)?.callback ?? null; },
    set [name](value) {
      const target = targetOf(this);
      const callback = isObject(value) ? value : null;
      const known = handlers.get(target);
      if (known !== undefined) {
        if (callback === null) {
          target.removeEventListener(type, known.listener);
          handlers.delete(target);
        } else {
          known.callback = callback;
        }
      } else if (callback !== null) {
        const handler = { callback, listener: (event) => runHandler(handler.callback, target, event) };
        handlers.set(target, handler);
        EventTarget.prototype.addEventListener.call(target, type, handler.listener);
      }
      onSet?.(target);
    },
  }, name);
  Object.defineProperty(prototype, name, { get, set, enumerable: true, configurable: true });
}

function runHandler(callback, target, event) {
  if (typeof callback !== "function") return;
  if (event.type === "error" && event instanceof ErrorEvent && target === globalThis) {
    const { message, filename, lineno, colno, error } = event;
    if (Reflect.apply(callback, target, [message, filename, lineno, colno, error]) === true) event.preventDefault();
  } else if (Reflect.apply(callback, target, [event]) === false) {
    event.preventDefault();
  }
}

/** An event that the host fires. Returns whether the default action is to happen. */
function fire(target, event) {
  return dispatch(target, internals.trust(event));
}

/** https://html.spec.whatwg.org/#dom-reporterror */
function reportError(error) {
  requireArguments(arguments.length, 1, "reportError");
  uncaught(error);
}

function messageOf(error) {
  try {
    return error instanceof Error ? `Uncaught ${error.name}: ${error.message}` : `Uncaught ${String(error)}`;
  } catch {
    return "Uncaught error";
  }
}

const settledRejections = new WeakSet();

/** Fires `error`, `unhandledrejection` and `rejectionhandled` at the global object. */
function installGlobal() {
  listenersOf.set(globalThis, []);
  hook("uncaught", (error, origin) => {
    if (origin !== "uncaughtException") return false;
    const event = new ErrorEvent("error", { cancelable: true, message: messageOf(error), error });
    return !fire(globalThis, event);
  });
  hook("rejection", (reason, promise) => {
    const event = new PromiseRejectionEvent("unhandledrejection", { cancelable: true, promise, reason });
    const settled = !fire(globalThis, event);
    if (settled) settledRejections.add(promise);
    return settled;
  });
  hook("handled", (promise, reason) => {
    if (!settledRejections.delete(promise)) return;
    fire(globalThis, new PromiseRejectionEvent("rejectionhandled", { promise, reason }));
  });
}

const { addEventListener, removeEventListener, dispatchEvent } = EventTarget.prototype;

installGlobal();

Object.assign(exports, {
  Event, EventTarget, CustomEvent, ErrorEvent, MessageEvent, CloseEvent, ProgressEvent, PromiseRejectionEvent,
  addEventListener, removeEventListener, dispatchEvent, reportError, fire, defineHandler,
});
