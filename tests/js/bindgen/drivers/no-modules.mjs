// The target for classic scripts, which define the global `wasm_bindgen`.
import { readFileSync } from "node:fs";
import { exercise } from "./exercise.mjs";

const read = (name) => readFileSync(new URL(`./no-modules/${name}`, import.meta.url));
const script = new Function(`${read("gallery.js").toString()}\nreturn wasm_bindgen;`);
const wasm_bindgen = script();
await wasm_bindgen({ module_or_path: read("gallery_bg.wasm") });
await exercise(wasm_bindgen);
