// What cannot be loaded is refused without harm to what was loaded with it, again and again.
import assert from "../assert.cjs";

const failure = (specifier, options) => import(specifier, options).then(() => assert.fail(specifier), (error) => error);

for (let round = 0; round < 3; round++) {
  // b imports c, which imports b; then b imports something that is not there.
  assert.matches(await failure("./cycle-b.mjs"), { code: "ERR_MODULE_NOT_FOUND" });
  assert.matches(await failure("./cycle-c.mjs"), { code: "ERR_MODULE_NOT_FOUND" });
  // What does not depend on the failure can still be had.
  assert.equal((await import("./good.mjs")).good, "good");
  assert.matches(await failure("./bad-syntax-user.mjs"), SyntaxError);
  assert.matches(await failure("./bad-syntax.mjs"), SyntaxError);
  assert.matches(await failure("./bad-name.mjs"), SyntaxError);
  assert.matches(await failure("./bad-name-user.mjs"), SyntaxError);
  assert.matches(await failure("./throws-user.mjs"), /thrown/);
  assert.matches(await failure("./throws.mjs"), /thrown/);
  assert.matches(await failure("./lone-surrogate.mjs"), { code: "ERR_MODULE_NOT_FOUND" });
  assert.matches(await failure("./broken.json", { with: { type: "json" } }), SyntaxError);
}
assert.matches(await failure("./data.json"), { code: "ERR_IMPORT_ATTRIBUTE_MISSING" });
assert.matches(await failure("./good.mjs", { with: { type: "json" } }), { code: "ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE" });
assert.matches(await failure("./good.mjs", { with: { type: "css" } }), TypeError);
assert.matches(await failure("./good.mjs", { with: { kind: "css" } }), { code: "ERR_IMPORT_ATTRIBUTE_UNSUPPORTED" });
console.log("ok");
