// Run with map.json as import map.
import assert from "../assert.cjs";
import exact from "exact";
import below from "prefix/below.mjs";
import { createRequire } from "builtin";
import scoped from "./scope/inside.mjs";
import relative from "./old.mjs";

assert.equal(exact, "target");
assert.equal(below, "below");
assert.equal(typeof createRequire, "function");
assert.equal(scoped, "scoped");
assert.equal(relative, "target");
assert.equal(import.meta.resolve("exact"), new URL("lib/target.mjs", import.meta.url).href);
const failure = (specifier) => import(specifier).then(() => assert.fail(specifier), (error) => error);
assert.matches(await failure("blocked"), /blocks "blocked"/);
assert.matches(await failure("prefix/../../main.mjs"), /leads out/);
assert.matches(await failure("unmapped"), { code: "ERR_MODULE_NOT_FOUND" });
console.log("ok");
