// Symbols that Node shares with every library.

exports.custom = Symbol.for("nodejs.util.inspect.custom");
exports.promisify = Symbol.for("nodejs.util.promisify.custom");

/** A method for `custom` that shows these properties of an object, as if they were its own. */
exports.showing = (Class, names) => ({
  value(depth, options, inspect) {
    if (typeof depth === "number" && depth < 0) return `[${Class.name}]`;
    const shown = Object.create({ constructor: Class });
    for (const name of names) shown[name] = this[name];
    const inner = { ...options, depth: options.depth === null ? null : depth };
    return `${Class.name} ${inspect(Object.assign({}, shown), inner)}`;
  },
  writable: true,
  configurable: true,
});
