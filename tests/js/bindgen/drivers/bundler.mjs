// The target for bundlers: the module is imported as an ES module.
import { exercise } from "./exercise.mjs";

await exercise(await import("./bundler/gallery.js"));
