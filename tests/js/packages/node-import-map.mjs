// Node has no import maps. Loaded before a script NAME.mjs, this applies the map NAME.importmap.json beside it.
import { readFileSync, realpathSync } from "node:fs";
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

const map = pathToFileURL(realpathSync(process.argv[1]).replace(/\.mjs$/, ".importmap.json"));
const { imports } = JSON.parse(readFileSync(map, "utf8"));
const isRelative = (specifier) => /^\.{0,2}\//.test(specifier);
const normalized = (specifier, base) => (isRelative(specifier) ? new URL(specifier, base).href : specifier);
const targets = new Map(Object.entries(imports).map(([key, target]) => [normalized(key, map), new URL(target, map).href]));

registerHooks({
  resolve: (specifier, context, next) => next(targets.get(normalized(specifier, context.parentURL)) ?? specifier, context),
});
