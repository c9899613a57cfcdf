// Timers: as the web has them, with Node's objects as handles.

const { setTimer, clearTimer, holdTimer, post, holdTask } = native("loop");
const { coded } = load("web/webidl");
const { promisify } = load("web/symbols");

const LONGEST = 2 ** 31 - 1;

/** Timeouts by their number, for those of which a script took the number. */
const numbered = new Map();

function checkCallback(callback) {
  if (typeof callback === "function") return;
  throw coded(TypeError, "ERR_INVALID_ARG_TYPE", `The "callback" argument must be of type function`);
}

function toDelay(after) {
  const delay = +after;
  return delay >= 1 && delay <= LONGEST ? Math.trunc(delay) : 1;
}

class Timeout {
  #callback;
  #args;
  #delay;
  #repeats;
  #holds = true;
  // What the event loop calls it; undefined if it is not set.
  #id;
  #number;

  constructor(callback, after, args, repeats) {
    this.#callback = callback;
    this.#args = args;
    this.#delay = toDelay(after);
    this.#repeats = repeats;
    this.#start();
  }

  #start() {
    this.#id = setTimer(() => this.#fire(), this.#delay, this.#repeats);
    if (!this.#holds) holdTimer(this.#id, false);
  }

  #fire() {
    if (!this.#repeats) {
      this.#id = undefined;
      if (this.#number !== undefined) numbered.delete(this.#number);
    }
    const callback = this.#callback;
    Reflect.apply(callback, this, this.#args);
  }

  static clear(timeout) {
    if (timeout.#id === undefined) return;
    clearTimer(timeout.#id);
    timeout.#id = undefined;
    if (timeout.#number !== undefined) numbered.delete(timeout.#number);
  }

  static is(value) { return typeof value === "object" && value !== null && #id in value; }

  ref() {
    this.#holds = true;
    if (this.#id !== undefined) holdTimer(this.#id, true);
    return this;
  }

  unref() {
    this.#holds = false;
    if (this.#id !== undefined) holdTimer(this.#id, false);
    return this;
  }

  hasRef() { return this.#holds; }

  /** Starts anew, also after it has run. */
  refresh() {
    if (this.#id !== undefined) clearTimer(this.#id);
    this.#start();
    if (this.#number !== undefined) numbered.set(this.#number, this);
    return this;
  }

  close() {
    Timeout.clear(this);
    return this;
  }

  [Symbol.toPrimitive]() {
    this.#number ??= this.#id;
    if (this.#id !== undefined) numbered.set(this.#number, this);
    return this.#number;
  }

  [Symbol.dispose]() { Timeout.clear(this); }
}

class Immediate {
  #callback;
  #args;
  #holds = true;
  #id;

  constructor(callback, args) {
    this.#callback = callback;
    this.#args = args;
    this.#id = post(() => {
      const run = this.#callback;
      if (run === null) return;
      this.#callback = null;
      Reflect.apply(run, this, this.#args);
    });
  }

  static clear(immediate) {
    immediate.#callback = null;
    holdTask(immediate.#id, false);
  }

  static is(value) { return typeof value === "object" && value !== null && #callback in value; }

  ref() {
    this.#holds = true;
    if (this.#callback !== null) holdTask(this.#id, true);
    return this;
  }

  unref() {
    this.#holds = false;
    holdTask(this.#id, false);
    return this;
  }

  hasRef() { return this.#holds; }

  [Symbol.dispose]() { Immediate.clear(this); }
}

function setTimeout(callback, after, ...args) {
  checkCallback(callback);
  return new Timeout(callback, after, args, false);
}

function setInterval(callback, after, ...args) {
  checkCallback(callback);
  return new Timeout(callback, after, args, true);
}

function setImmediate(callback, ...args) {
  checkCallback(callback);
  return new Immediate(callback, args);
}

function clearTimeout(timer) {
  if (Timeout.is(timer)) return Timeout.clear(timer);
  if (typeof timer !== "number" && typeof timer !== "string") return undefined;
  const timeout = numbered.get(+timer);
  if (timeout !== undefined) Timeout.clear(timeout);
  return undefined;
}

function clearInterval(timer) {
  clearTimeout(timer);
}

function clearImmediate(immediate) {
  if (Immediate.is(immediate)) Immediate.clear(immediate);
}

function promised(start) {
  return { value: start, enumerable: false, configurable: true };
}

Object.defineProperty(setTimeout, promisify, promised((after, value) =>
  new Promise((resolve) => { setTimeout(resolve, after, value); })));
Object.defineProperty(setImmediate, promisify, promised((value) =>
  new Promise((resolve) => { setImmediate(resolve, value); })));

Object.assign(exports, {
  setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate, Timeout, Immediate,
});
