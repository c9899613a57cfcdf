// Agrees with Node: require, its cache, cycles, JSON, module, require(esm), import() from CommonJS.
const assert = require("../assert.cjs");
const path = {
  dirname: (path) => path.slice(0, path.lastIndexOf("/")),
  basename: (path) => path.slice(path.lastIndexOf("/") + 1),
  join: (...parts) => parts.join("/"),
};

assert.equal(require.main, module);
assert.equal(module.id, ".");
assert.equal(module.loaded, false);
assert.equal(this, module.exports);
assert.equal(__filename, module.filename);
assert.equal(__dirname, path.dirname(__filename));
assert.equal(arguments.length, 5);

const a = require("./a");
assert.deepEqual(a, { early: true, name: "a", b: { name: "b", partial: ["early"] } });
assert.equal(require("./a.js"), a);
assert.ok(require.cache[require.resolve("./a")].loaded);
assert.equal(require("./data").value, 1);
assert.equal(require("./data.json").value, 1);
assert.equal(require("./folder").name, "folder");
assert.equal(require("./folder/").name, "folder");
assert.equal(require("node:module"), require("module"));
delete require.cache[require.resolve("./a")];
assert.notEqual(require("./a"), a);

assert.throws(() => require("./throws"), /thrown once/);
assert.equal(require.cache[path.join(__dirname, "throws.js")], undefined);
assert.throws(() => require("./broken.json"), SyntaxError);
assert.throws(() => require("./broken.json"), /broken\.json/);
assert.throws(() => require(""), { code: "ERR_INVALID_ARG_VALUE" });
assert.throws(() => require(1), { code: "ERR_INVALID_ARG_TYPE" });
try {
  require("./missing");
  assert.fail();
} catch (error) {
  assert.equal(error.code, "MODULE_NOT_FOUND");
  assert.deepEqual(error.requireStack, [__filename]);
}
assert.equal(require.resolve("node:module"), "node:module");
assert.deepEqual(require.resolve.paths("module"), null);
assert.equal(require.resolve.paths("x")[0], path.join(__dirname, "node_modules"));
assert.equal(require.resolve("./a", { paths: [__dirname] }), path.join(__dirname, "a.js"));

const esm = require("./esm.mjs");
assert.equal(esm.named, "named");
assert.equal(esm.default, "default");
assert.equal(esm.__esModule, true);
assert.equal(require("./esm.mjs"), esm);
assert.equal(require("./replaced.mjs"), "replaced");
assert.throws(() => require("./tla.mjs"), { code: "ERR_REQUIRE_ASYNC_MODULE" });
assert.throws(() => require("./esm-throws.mjs"), /from esm/);

require.extensions[".txt"] = (module, filename) => {
  module.exports = path.basename(filename);
};
assert.equal(require("./note.txt"), "note.txt");
assert.equal(typeof require("module").createRequire(__filename)("./a").name, "string");
assert.equal(new Function("return typeof module")(), "undefined");

import("./esm.mjs").then(async (namespace) => {
  assert.equal(namespace.named, "named");
  const names = await import("./names.cjs");
  assert.deepEqual(Object.keys(names).sort(), ["__esModule", "a", "b", "c", "d", "default", "fromA", "module.exports"]);
  assert.equal(names.default.fromA, 1);
  assert.equal(names.c, 3);
  console.log("ok");
});
