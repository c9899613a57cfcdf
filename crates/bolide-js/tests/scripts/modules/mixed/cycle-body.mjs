import { createRequire } from "node:module";
import "./cycle-outer.mjs";
const require = createRequire(import.meta.url);
export let inBody;
try {
  require("./cycle-outer.mjs");
} catch (error) {
  inBody = error.code;
}
