// node:module
const { Module, createRequire, builtinModules, isBuiltin } = load("modules/require");
const { unavailable } = load("node/errors");

exports.default = Module;
Object.assign(exports, {
  Module, createRequire, builtinModules, isBuiltin,
  findSourceMap: () => undefined,
  syncBuiltinESMExports() {},
  register() { throw unavailable("module.register", "an import map changes what specifiers mean"); },
  registerHooks() { throw unavailable("module.registerHooks", "an import map changes what specifiers mean"); },
});
for (const name of ["findSourceMap", "syncBuiltinESMExports", "register", "registerHooks"]) Module[name] ??= exports[name];

exports.builtin = (name) => (isBuiltin(name) ? createRequire("/")(name) : undefined);
Object.defineProperty(exports, "builtin", { enumerable: false });
