// node:process as a module: the object, and its properties as named exports.
const { process } = load("node/process");
for (const name of Object.keys(process)) {
  if (name.startsWith("_")) continue;
  Object.defineProperty(exports, name, {
    enumerable: true,
    get: () => process[name],
  });
}
for (const name of ["on", "once", "off", "emit", "addListener", "removeListener", "removeAllListeners", "listeners", "listenerCount"]) {
  exports[name] = process[name].bind(process);
}
exports.default = process;
