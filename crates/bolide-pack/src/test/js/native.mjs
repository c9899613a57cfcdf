// Runs tests in Bolide.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as harness from "./harness.mjs";

const module = new WebAssembly.Module(readFileSync(new URL("tests_bg.wasm", import.meta.url)));

harness.instantiate(async count => {
    const glue = await import(`./tests.js?${count}`);
    glue.initSync({ module });
    return glue;
});

// Tests for Node may call it, for the glue that they know is CommonJS.
globalThis.require ??= createRequire(`${process.cwd()}/`);
globalThis.__bolide_tests = harness;
