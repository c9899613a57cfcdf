// node:readline/promises
const base = load("node/readline");

class Interface extends base.Interface {
  question(text, options = {}) {
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted) reject(load("node/events").abortError(options.signal));
      options.signal?.addEventListener("abort", () => reject(load("node/events").abortError(options.signal)), { once: true });
      super.question(text, resolve);
    });
  }
}

exports.Interface = Interface;
exports.createInterface = (options, output) => new Interface(options, output);
