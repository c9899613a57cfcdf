// Renders an SVG with a gradient and a blur, and prints the hashes of the PNG and of its pixels.
import { createHash } from "node:crypto";
import fs from "node:fs";
import { Resvg, initWasm } from "@resvg/resvg-wasm";

await initWasm(fs.readFileSync("node_modules/@resvg/resvg-wasm/index_bg.wasm"));

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="200">
  <defs>
    <linearGradient id="g"><stop offset="0" stop-color="#f06"/><stop offset="1" stop-color="#06f"/></linearGradient>
    <filter id="b"><feGaussianBlur stdDeviation="4"/></filter>
  </defs>
  <rect width="320" height="200" fill="url(#g)"/>
  <circle cx="100" cy="90" r="60" fill="lime" opacity=".6" filter="url(#b)"/>
  <path d="M10 150 C 80 20 200 240 310 40" stroke="#000" stroke-width="5" fill="none"/>
</svg>`;
const image = new Resvg(svg, { font: { loadSystemFonts: false } }).render();
const png = image.asPng();
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");
console.log(image.width, image.height, png.length, hash(png), hash(image.pixels));
