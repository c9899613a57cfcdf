// Agrees with Node: ES modules and CommonJS that need each other.
import assert from "../assert.cjs";
import { code } from "./cycle.mjs";
import { inBody } from "./cycle-body.mjs";
import { shared } from "./shared.mjs";
import late from "./requires-shared.cjs";

export const value = 1;
assert.equal(inBody, "ERR_REQUIRE_CYCLE_MODULE");
assert.equal(code, "ERR_REQUIRE_CYCLE_MODULE");
// A module that was evaluated already may be required, also while others are evaluated.
assert.equal(late.fromShared, shared);
assert.equal(late.later().viaFunction, shared);
assert.equal((await import("./babel.cjs")).default.default, "babel default");
assert.equal((await import("./babel.cjs")).named, "babel named");
const { createRequire } = await import("node:module");
const require = createRequire(import.meta.url);
assert.equal(require("./babel.cjs").named, "babel named");
assert.equal(require(import.meta.dirname + "/babel.cjs").named, "babel named");
assert.throws(() => createRequire("./relative"), { code: "ERR_INVALID_ARG_VALUE" });
assert.equal(createRequire(new URL("./cjs/", import.meta.url).href).resolve("../babel.cjs"), require.resolve("./babel.cjs"));
console.log("ok");
