// node:readline: lines of a stream.
const EventEmitter = load("node/events").default;
const { StringDecoder } = load("node/string_decoder");
const { make, validate } = load("node/errors");
const { promisify } = load("node/promisify");

class Interface extends EventEmitter {
  #decoder = new StringDecoder("utf8");
  #rest = "";
  #prompt;
  #question = null;
  #listeners;

  constructor(options, output) {
    super();
    const given = typeof options?.on === "function" ? { input: options, output } : options;
    this.input = given.input;
    this.output = given.output;
    this.terminal = false;
    this.closed = false;
    this.line = "";
    this.#prompt = given.prompt ?? "> ";
    this.#listeners = {
      data: (chunk) => this.#feed(typeof chunk === "string" ? chunk : this.#decoder.write(chunk)),
      end: () => this.#end(),
      error: (error) => this.emit("error", error),
    };
    for (const [name, listener] of Object.entries(this.#listeners)) this.input.on(name, listener);
    given.signal?.addEventListener("abort", () => this.close(), { once: true });
    this.input.resume?.();
  }

  #feed(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    for (const line of lines) if (!this.closed) this.#line(line);
  }

  #end() {
    const rest = this.#rest.replace(/\r$/, "");
    const had = this.#rest !== "";
    this.#rest = "";
    if (had && !this.closed) this.#line(rest);
    this.close();
  }

  #line(line) {
    const question = this.#question;
    this.#question = null;
    if (question) question(line);
    else this.emit("line", line);
  }

  #open() {
    if (this.closed) throw make(Error, "ERR_USE_AFTER_CLOSE", "readline was closed");
  }

  getPrompt() { return this.#prompt; }
  setPrompt(prompt) { this.#prompt = String(prompt); }

  prompt() {
    this.#open();
    this.output?.write(this.#prompt);
    this.resume();
  }

  question(text, options, callback = options) {
    this.#open();
    validate.function(callback, "cb");
    this.output?.write(text);
    this.#question = callback;
    this.resume();
  }

  write(data) {
    this.#open();
    if (data !== undefined && data !== null) this.#feed(String(data));
  }

  pause() {
    this.input.pause?.();
    this.emit("pause");
    return this;
  }

  resume() {
    this.input.resume?.();
    this.emit("resume");
    return this;
  }

  close() {
    if (this.closed) return;
    this.closed = true;
    for (const [name, listener] of Object.entries(this.#listeners)) this.input.removeListener(name, listener);
    this.input.pause?.();
    this.emit("close");
  }

  async *[Symbol.asyncIterator]() {
    const lines = [];
    let wake = () => {};
    const onLine = (line) => {
      lines.push(line);
      wake();
    };
    const onClose = () => wake();
    this.on("line", onLine);
    this.on("close", onClose);
    try {
      while (true) {
        if (lines.length > 0) yield lines.shift();
        else if (this.closed) return;
        else await new Promise((resolve) => { wake = resolve; });
      }
    } finally {
      this.removeListener("line", onLine);
      this.removeListener("close", onClose);
      this.close();
    }
  }
}
Object.defineProperty(Interface.prototype.question, promisify.custom, {
  get() { return function question(text) { return new Promise((resolve) => this.question(text, resolve)); }; },
});

const on = (name) => (stream, ...values) => {
  const callback = values.at(-1);
  if (stream === null || stream === undefined) {
    if (typeof callback === "function") load("node/process").process.nextTick(callback, null);
    return true;
  }
  return load("node/stdio").Output.prototype[name].apply(stream, values);
};

Object.assign(exports, {
  Interface,
  createInterface: (options, output) => new Interface(options, output),
  clearLine: on("clearLine"),
  clearScreenDown: on("clearScreenDown"),
  cursorTo: on("cursorTo"),
  moveCursor: on("moveCursor"),
  emitKeypressEvents() { throw load("node/errors").unavailable("readline.emitKeypressEvents", "the terminal stays as it is"); },
});
Object.defineProperty(exports, "promises", { enumerable: true, get: () => load("node/readline_promises") });
