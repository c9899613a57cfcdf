// Node's fetch knows no file: URLs. Loaded before a driver, this adds them, with the type that modules need.
import { readFile } from "node:fs/promises";

const { fetch } = globalThis;

globalThis.fetch = async (resource, ...rest) => {
  if (!String(resource).startsWith("file:")) {
    return fetch(resource, ...rest);
  }
  return new Response(await readFile(new URL(resource)), { headers: { "Content-Type": "application/wasm" } });
};
