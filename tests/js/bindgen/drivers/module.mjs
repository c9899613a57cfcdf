// The target for source phase imports: `import source module from "./gallery_bg.wasm"`.
import { exercise } from "./exercise.mjs";

await exercise(await import("./module/gallery.js"));
