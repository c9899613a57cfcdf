// As web.mjs, for a module without reference types: the glue keeps JavaScript's values in an array of its own.
import { readFileSync } from "node:fs";
import { exercise } from "./exercise.mjs";
import * as gallery from "./web-without-references/gallery.js";

const file = new URL("./web-without-references/gallery_bg.wasm", import.meta.url);
gallery.initSync({ module: readFileSync(file) });
await exercise(gallery);
