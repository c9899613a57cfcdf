// util.promisify
const { invalidArgType, validate } = load("node/errors");
const CUSTOM = Symbol.for("nodejs.util.promisify.custom");

function promisify(original) {
  validate.function(original, "original");
  const custom = original[CUSTOM];
  if (custom) {
    if (typeof custom !== "function") throw invalidArgType("util.promisify.custom", "function", custom);
    return Object.defineProperty(custom, CUSTOM, { value: custom, configurable: true });
  }
  function promised(...values) {
    return new Promise((resolve, reject) => {
      Reflect.apply(original, this, [...values, (error, value) => (error ? reject(error) : resolve(value))]);
    });
  }
  Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
  Object.defineProperty(promised, CUSTOM, { value: promised, configurable: true });
  return Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original));
}
promisify.custom = CUSTOM;
exports.promisify = promisify;
