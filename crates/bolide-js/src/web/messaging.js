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
    };
  }

  constructor(key) {
    if (key !== create) throw illegalConstructor();
    super();
  }

  postMessage(message, options = undefined) {
    requireArguments(arguments.length, 1, "MessagePort.postMessage");
    const transfer = Array.isArray(options) ? options : options?.transfer ?? [];
    if ([...transfer].includes(this)) throw new DOMException("A port cannot be sent through itself", "DataCloneError");
    const data = load("web/clone").structuredClone(message, { transfer });
    this.#other?.#enqueue(data);
  }

  #enqueue(data) {
    if (this.#closed) return;
    this.#queue.push(data);
    if (this.#started) post(() => this.#deliver());
  }

  #deliver() {
    if (this.#closed || this.#queue.length === 0) return;
    fire(this, new MessageEvent("message", { data: this.#queue.shift() }));
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

Object.assign(exports, { MessagePort, MessageChannel });
