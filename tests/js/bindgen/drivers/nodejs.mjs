// The target for Node: CommonJS that reads the module synchronously.
import { createRequire } from "node:module";
import { exercise } from "./exercise.mjs";

await exercise(createRequire(import.meta.url)("./nodejs/gallery.js"));
