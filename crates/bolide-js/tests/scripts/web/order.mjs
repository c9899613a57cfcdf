// In which order ticks, microtasks, timers and immediates run, and what happens to late handlers.
const wait = (time) => new Promise((resolve) => { setTimeout(resolve, time); });
const log = [];
const say = (text) => () => { log.push(text); };
const flush = (title) => console.log(`${title}: ${log.splice(0).join(", ")}`);

// A module is evaluated within a microtask: promise jobs come first.
process.nextTick(say("tick"));
Promise.resolve().then(say("promise"));
queueMicrotask(say("microtask"));
await wait(5);
flush("module");

// In a callback, the tick queue comes first, and it is emptied before promise jobs.
setTimeout(() => {
  Promise.resolve().then(() => {
    log.push("promise");
    process.nextTick(say("tick of the promise"));
    Promise.resolve().then(say("promise of the promise"));
  });
  process.nextTick(() => {
    log.push("tick");
    process.nextTick(say("tick of the tick"));
    Promise.resolve().then(say("promise of the tick"));
  });
  log.push("callback");
}, 1);
await wait(10);
flush("callback");

// After every callback of one phase.
setTimeout(() => {
  for (const name of ["a", "b"]) {
    setImmediate(() => {
      log.push(name);
      process.nextTick(say(`tick of ${name}`));
      queueMicrotask(say(`microtask of ${name}`));
    });
  }
}, 1);
await wait(10);
flush("immediates");

// async functions
async function inner() {
  log.push("inner starts");
  await null;
  log.push("inner ends");
}
async function outer() {
  log.push("outer starts");
  await inner();
  log.push("outer ends");
}
setTimeout(() => {
  outer().then(say("then"));
  Promise.resolve().then(say("1")).then(say("2")).then(say("3")).then(say("4"));
  log.push("synchronous");
}, 1);
await wait(10);
flush("async");

// A handler that comes within the turn is in time, also from a tick or a microtask.
setTimeout(() => {
  const first = Promise.reject(1);
  process.nextTick(() => first.catch(say("caught in a tick")));
  const second = Promise.reject(2);
  queueMicrotask(() => second.catch(say("caught in a microtask")));
  const third = Promise.reject(3);
  Promise.resolve().then(() => {}).then(() => third.catch(say("caught in a job of a job")));
}, 1);
await wait(10);
flush("rejections");

// One that comes later is not.
process.on("unhandledRejection", (reason, promise) => log.push(`unhandled ${reason} ${promise === late}`));
process.on("rejectionHandled", (promise) => log.push(`handled ${promise === late}`));
const late = Promise.reject("late");
await wait(5);
late.catch(() => {});
await wait(5);
flush("late");

process.on("uncaughtException", (error, origin) => log.push(`${error.message} from ${origin}`));
setTimeout(() => { throw new Error("timer"); }, 1);
setImmediate(() => { throw new Error("immediate"); });
queueMicrotask(() => { throw new Error("microtask"); });
process.nextTick(() => { throw new Error("tick"); });
process.nextTick(say("the next tick"));
await wait(20);
flush("uncaught");

let rounds = 0;
process.on("beforeExit", (code) => {
  console.log("beforeExit", code, rounds);
  if (rounds++ < 2) setTimeout(() => console.log("once more"), 1);
});
process.on("exit", (code) => console.log("exit", code));
