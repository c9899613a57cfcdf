import assert from "./assert.cjs";
import { name, own } from "linked";
assert.equal(name.endsWith("/store/linked/index.js"), true);
assert.equal(own, "dependency of linked");
assert.matches(await import("outside").catch((error) => error), { code: "ERR_MODULE_NOT_FOUND" });
console.log("ok");
