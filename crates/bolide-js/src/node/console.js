// node:console
const { console } = globalThis;
for (const name of Object.keys(console)) exports[name] = console[name];
exports.default = console;
