// node:timers
const names = ["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate"];
for (const name of names) exports[name] = load("web/timers")[name];
Object.defineProperty(exports, "promises", { enumerable: true, get: () => load("node/timers_promises") });
