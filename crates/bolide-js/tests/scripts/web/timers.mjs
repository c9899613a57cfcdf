// Timers, and in which order things happen.
const log = [];
const assert = (condition, what) => { if (!condition) throw new Error(`failed: ${what}`); };
const wait = (time) => new Promise((resolve) => { setTimeout(resolve, time); });

// Arguments, `this`, order.
setTimeout((...args) => log.push(["arguments", args]), 1, "a", 2);
const handle = setTimeout(function () { log.push(["this", this === handle]); }, 2);
setTimeout(() => log.push("10"), 10);
setTimeout(() => log.push("5"), 5);
setTimeout(() => log.push("cleared"), 3).close();
clearTimeout(setTimeout(() => log.push("cleared"), 3));
clearTimeout(+setTimeout(() => log.push("cleared"), 3));
clearTimeout(`${+setTimeout(() => log.push("cleared"), 3)}`);
clearInterval(setTimeout(() => log.push("cleared"), 3));
clearImmediate(setImmediate(() => log.push("cleared")));
for (const nothing of [undefined, null, 0, -1, "x", {}, 12345678]) clearTimeout(nothing);
await wait(40);
console.log(JSON.stringify(log.splice(0)));

// Intervals.
let count = 0;
await new Promise((resolve) => {
  const interval = setInterval(() => {
    if (++count < 3) return;
    clearInterval(interval);
    resolve();
  }, 1);
});
await wait(10);
console.log("intervals", count);

// Microtasks run between callbacks.
await new Promise((resolve) => {
  setTimeout(() => {
    log.push("timer 1");
    queueMicrotask(() => log.push("microtask 1"));
    Promise.resolve().then(() => log.push("promise 1")).then(() => log.push("promise 2"));
  }, 1);
  setTimeout(() => log.push("timer 2"), 1);
  setTimeout(resolve, 10);
});
console.log(log.splice(0).join(", "));

// Immediates run before timers that are set later, and those that they set wait for the next turn.
await new Promise((resolve) => {
  setTimeout(() => {
    setTimeout(() => log.push("timer"), 1);
    setImmediate(() => {
      log.push("immediate 1");
      setImmediate(() => { log.push("immediate 3"); });
      Promise.resolve().then(() => log.push("its microtask"));
    });
    setImmediate(() => log.push("immediate 2"));
    setTimeout(resolve, 20);
  }, 1);
});
console.log(log.splice(0).join(", "));

// Handles.
const timeout = setTimeout(() => {}, 1000);
console.log(timeout.hasRef(), timeout.unref() === timeout, timeout.hasRef(), timeout.ref().hasRef(), typeof +timeout, +timeout === +timeout);
clearTimeout(timeout);
let runs = 0;
const again = setTimeout(() => runs++, 2);
await wait(10);
again.refresh();
await wait(10);
console.log("refreshed", runs);
const immediate = setImmediate(() => {});
console.log(immediate.hasRef(), immediate.unref().hasRef());
setTimeout(() => console.log("never, for nothing else is left"), 100000).unref();
for (const wrong of [undefined, "code", 5]) {
  try { setTimeout(wrong, 1); } catch (error) { console.log(error.name, error.code); }
}
for (const odd of [-1, NaN, Infinity, 2 ** 31, "2", undefined]) setTimeout((text) => log.push(text), odd, `${odd}`);
await wait(30);
console.log(log.splice(0).sort().join(", "));

// performance
const start = performance.now();
await wait(5);
const passed = performance.now() - start;
assert(passed >= 4 && passed < 5000, `time passes: ${passed}`);
assert(Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1000, "timeOrigin");
performance.mark("a", { startTime: 1, detail: { x: 1 } });
performance.mark("b", { startTime: 4 });
const measure = performance.measure("m", "a", "b");
console.log(measure.duration, measure.entryType, performance.getEntriesByName("a")[0].detail);
console.log(performance.getEntriesByType("mark").map((entry) => entry.name), performance.measure("n", { start: 2, duration: 3 }).startTime);
performance.clearMarks("a");
console.log(performance.getEntriesByType("mark").length, Object.prototype.toString.call(performance));
try { performance.measure("x", "missing"); } catch (error) { console.log(error.name); }

// Long chains of promises.
let chain = Promise.resolve(0);
for (let i = 0; i < 10000; i++) chain = chain.then((n) => n + 1);
console.log(await chain);
const deferred = Promise.reject(new Error("handled in the same turn"));
await null;
deferred.catch(() => console.log("no failure"));
