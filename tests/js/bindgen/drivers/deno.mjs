// The target for Deno: an ES module that fetches the module while it is evaluated.
import { exercise } from "./exercise.mjs";

await exercise(await import("./deno/gallery.js"));
