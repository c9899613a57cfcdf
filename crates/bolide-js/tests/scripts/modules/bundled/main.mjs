// Packages for bundlers, which Node cannot load: "module" without "exports", endings and index.js left out.
import assert from "../assert.cjs";
import { name, helper, answer } from "bundled";
import both from "both";

assert.equal(name, "bundled");
assert.equal(helper, "helper");
assert.equal(answer(), 42);
// Where Node has rules, they hold.
assert.equal(both, "main");
assert.matches(await import("./main").catch((error) => error), { code: "ERR_MODULE_NOT_FOUND" });
console.log("ok");
