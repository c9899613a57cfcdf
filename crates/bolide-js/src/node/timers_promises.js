// node:timers/promises
const timers = load("web/timers");
const { abortError } = load("node/events");
const { validate } = load("node/errors");

function waiter(set, clear) {
  return (...values) => {
    const { signal, ref = true } = values.at(-1) ?? {};
    validate.boolean(ref, "options.ref");
    if (signal?.aborted) return Promise.reject(abortError(signal));
    return new Promise((resolve, reject) => {
      const timer = set(() => {
        signal?.removeEventListener("abort", stop);
        resolve(values.at(-2));
      }, values[0]);
      const stop = () => {
        clear(timer);
        reject(abortError(signal));
      };
      if (!ref) timer.unref?.();
      signal?.addEventListener("abort", stop, { once: true });
    });
  };
}

const timeout = waiter((callback, delay) => timers.setTimeout(callback, delay), timers.clearTimeout);
const immediate = waiter((callback) => timers.setImmediate(callback), timers.clearImmediate);

exports.setTimeout = (delay, value, options = {}) => timeout(delay, value, options);
exports.setImmediate = (value, options = {}) => immediate(undefined, value, options);

exports.setInterval = async function* setInterval(delay, value, options = {}) {
  const { signal, ref = true } = options;
  if (signal?.aborted) throw abortError(signal);
  let due = 0;
  let wake = () => {};
  const timer = timers.setInterval(() => {
    due++;
    wake();
  }, delay);
  if (!ref) timer.unref?.();
  const stop = () => wake();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    while (!signal?.aborted) {
      if (due === 0) await new Promise((resolve) => { wake = resolve; });
      for (; due > 0; due--) yield value;
    }
    throw abortError(signal);
  } finally {
    timers.clearInterval(timer);
    signal?.removeEventListener("abort", stop);
  }
};

exports.scheduler = {
  wait: (delay, options) => exports.setTimeout(delay, undefined, options),
  yield: () => exports.setImmediate(),
};
