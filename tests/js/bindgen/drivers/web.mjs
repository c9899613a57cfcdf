// The target for browsers without a bundler: the module is fetched from beside the glue.
import { exercise } from "./exercise.mjs";
import init, * as gallery from "./web/gallery.js";

await init();
await exercise(gallery);
