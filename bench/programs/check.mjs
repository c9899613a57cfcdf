// usage: node check.mjs MODULE [N]
//
// Without N, the module only has to be valid. With N, it must import nothing and export what the benchmark uses;
// prints the results of two calls of bench_run(N).
import { readFileSync } from "node:fs";
import { argv, exit } from "node:process";

const [file, n] = argv.slice(2);
const module = new WebAssembly.Module(readFileSync(file));

function fail(message) {
    console.error(message);
    exit(1);
}

if (n !== undefined) {
    const imports = WebAssembly.Module.imports(module);
    if (imports.length > 0) {
        fail(`imports ${imports.map(({ module, name }) => `${module}.${name}`).join(", ")}`);
    }
    const { exports } = new WebAssembly.Instance(module);
    if (!(exports.memory instanceof WebAssembly.Memory) || typeof exports.bench_run !== "function") {
        fail(`exports ${Object.keys(exports).join(", ")}, without one of memory and bench_run`);
    }
    exports._initialize?.();
    console.log(`${exports.bench_run(Number(n))}\n${exports.bench_run(Number(n))}`);
}
