// Channel messaging. https://html.spec.whatwg.org/#channel-messaging

const { defineInterface, illegalConstructor, requireArguments } = load("web/webidl");
const { EventTarget, Event, MessageEvent, fire, defineHandler } = load("web/events");
const { post } = native("loop");

const create = Symbol("create");
let internals;

class MessagePort extends EventTarget {
  #other = null;
  // Messages that wait for `start`.
  #queue = [];
  #started = false;
  #closed = false;

  static {
    internals = {
      entangle: (one, two) => {
        one.#other = two;
        two.#other = one;
      },
      start: (port) => port.start(),
      isPort: (value) => typeof value === "object" && value !== null && #closed in value,
      move: (port) => port.#move(),
    };
  }

  constructor(key) {
    if (key !== create) throw illegalConstructor();
    super();
  }

  postMessage(message, options = undefined) {
    requireArguments(arguments.length, 1, "MessagePort.postMessage");
    const { cloneWithTransfer, toTransfer } = load("web/clone");
    const isList = typeof options?.[Symbol.iterator] === "function";
    const transfer = toTransfer((isList ? options : options?.transfer) ?? [], "MessagePort.postMessage: transfer");
    if (transfer.includes(this)) throw new DOMException("A port cannot be sent through itself", "DataCloneError");
    const { value, transferred } = cloneWithTransfer(message, transfer);
    const ports = Object.freeze(transferred.filter(internals.isPort));
    this.#other?.#enqueue({ data: value, ports });
  }

  #enqueue(message) {
    if (this.#closed) return;
    this.#queue.push(message);
    if (this.#started) post(() => this.#deliver());
  }

  /** A port that stands in the place of this one, which becomes useless. */
  #move() {
    if (this.#closed) throw new DOMException("The port is closed", "DataCloneError");
    const moved = new MessagePort(create);
    moved.#queue = this.#queue;
    if (this.#other !== null) internals.entangle(moved, this.#other);
    this.#other = null;
    this.#queue = [];
    this.#closed = true;
    return moved;
  }

  #deliver() {
    if (this.#closed || this.#queue.length === 0) return;
    fire(this, new MessageEvent("message", this.#queue.shift()));
  }

  start() {
    if (this.#started) return;
    this.#started = true;
    for (let i = 0; i < this.#queue.length; i++) post(() => this.#deliver());
  }

  close() {
    const other = this.#other;
    this.#closed = true;
    this.#other = null;
    if (other === null) return;
    other.#other = null;
    post(() => {
      other.#closed = true;
      for (const port of [this, other]) fire(port, new Event("close"));
    });
  }

  // Ports never keep the loop going, but for messages on their way.
  ref() { return this; }

  unref() { return this; }
}

class MessageChannel {
  #port1 = new MessagePort(create);
  #port2 = new MessagePort(create);

  constructor() {
    internals.entangle(this.#port1, this.#port2);
  }

  get port1() { return this.#port1; }

  get port2() { return this.#port2; }
}

defineHandler(MessagePort.prototype, "message", (port) => internals.start(port));
defineHandler(MessagePort.prototype, "messageerror");
defineHandler(MessagePort.prototype, "close");
defineInterface(MessagePort);
defineInterface(MessageChannel);

const { isPort, move } = internals;
Object.assign(exports, { MessagePort, MessageChannel, isPort, move });
