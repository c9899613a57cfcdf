// The name of the global object in Node.
exports.global = globalThis;
