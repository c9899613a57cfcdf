// node:perf_hooks
const { unavailable } = load("node/errors");

for (const name of ["performance", "Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure"]) {
  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get: () => globalThis[name] ?? load("web/performance")[name] });
}

class PerformanceObserver {
  #callback;

  constructor(callback) {
    load("node/errors").validate.function(callback, "callback");
    this.#callback = callback;
  }

  observe() { throw unavailable("PerformanceObserver", "read performance.getEntries()"); }
  disconnect() { this.#callback = undefined; }
  takeRecords() { return []; }
  static supportedEntryTypes = Object.freeze([]);
}

Object.assign(exports, {
  PerformanceObserver,
  constants: Object.freeze({}),
  monitorEventLoopDelay() { throw unavailable("perf_hooks.monitorEventLoopDelay", "measure with performance.now()"); },
  createHistogram() { throw unavailable("perf_hooks.createHistogram", "measure with performance.now()"); },
});
