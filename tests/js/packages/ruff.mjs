// Formats and checks Python with Ruff: wasm-bindgen for Node.
import { createRequire } from "node:module";

const ruff = createRequire(import.meta.url)("@astral-sh/ruff-wasm-nodejs");
const settings = { "line-length": 88, lint: { select: ["F", "E4", "I"] } };
const workspace = new ruff.Workspace(settings, ruff.PositionEncoding?.Utf16);
console.log(workspace.format('import os\ndef  f(a,b = 1):\n  return {"x":a,\n "y":[b,]}\n'));
const found = workspace.check("import os\nx = undefined_name\n");
console.log(JSON.stringify(found.map(({ code, message }) => [code, message])));
