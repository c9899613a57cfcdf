// The experimental target for Node: an ES module that reads the module synchronously.
import { exercise } from "./exercise.mjs";

await exercise(await import("./nodejs-module/gallery.js"));
