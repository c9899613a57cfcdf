#!/usr/bin/env node
// Measures Bolide beside Node 24 and beside Node 24 without a JIT: cost of calls between JavaScript and
// WebAssembly, start, memory, and two packages end to end. Prints a Markdown table of medians.
//
// usage: bench/js/run.mjs [--rounds N] [--bolide PATH]
//
// Needs `scripts/setup node npm` and `cargo build --release -p bolide-cli`. The hosts take turns in every round, so
// that what else the machine does touches all of them. `node --jitless` has no WebAssembly (V8 disables it), so
// only start and memory can be measured there.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, realpathSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const option = (name, otherwise) => {
  const index = process.argv.indexOf(name);
  return index < 0 ? otherwise : process.argv[index + 1];
};
const rounds = Number(option("--rounds", 9));
const bolide = path.resolve(option("--bolide", path.join(root, process.env.CARGO_TARGET_DIR ?? "target", "release/bolide")));
const node = path.join(root, ".cache/tools/node24");

for (const [file, hint] of [[bolide, "cargo build --release -p bolide-cli"], [node, "scripts/setup node npm"]]) {
  if (!existsSync(file)) {
    console.error(`bench/js/run.mjs: ${file} is missing: run ${hint}`);
    process.exit(1);
  }
}

const hosts = {
  bolide: { command: [bolide, "run"], hasWasm: true },
  node: { command: [node], hasWasm: true },
  "node --jitless": { command: [node, "--jitless"], hasWasm: false },
};

/** Runs a script and gives its standard output, and its time in milliseconds from outside. */
function run(host, script, bolideFlags = []) {
  const [program, ...ownFlags] = hosts[host].command;
  const flags = host === "bolide" ? [...ownFlags, ...bolideFlags] : ownFlags;
  const start = process.hrtime.bigint();
  const result = spawnSync(program, [...flags, script], { cwd: path.dirname(script), encoding: "utf8" });
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (result.error || result.status !== 0) {
    throw new Error(`${host} failed at ${script}: ${result.error ?? result.stderr}`);
  }
  return { stdout: result.stdout, milliseconds };
}

/** The largest resident set of a run in megabytes, as the kernel counts it; needs GNU time. */
function residentMegabytes(host, script) {
  const time = "/usr/bin/time";
  if (existsSync(time)) {
    const result = spawnSync(time, ["--format=%M", ...hosts[host].command, script], { cwd: path.dirname(script), encoding: "utf8" });
    return Number(result.stderr.trim().split("\n").at(-1)) / 1024;
  }
  const code = `import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)`;
  const result = spawnSync("python3", ["-c", code, ...hosts[host].command, script], { cwd: path.dirname(script), encoding: "utf8" });
  return Number(result.stdout) / 1024;
}

/** Milliseconds from before the process is made to the first line of its script. */
function untilFirstLine(host) {
  const start = performance.timeOrigin + performance.now();
  return Number(run(host, path.join(here, "first-line.mjs")).stdout) - start;
}

const packages = realpathSync(path.join(root, ".cache/packages"));
for (const name of ["resvg", "sqljs"]) {
  copyFileSync(path.join(root, `tests/js/packages/${name}.mjs`), path.join(packages, `${name}.mjs`));
}
const calls = path.join(here, "calls.mjs");
const hello = path.join(here, "hello.mjs");

// Each gives [name, number] pairs for one round. Times from inside scripts are printed as JSON.
const measures = [
  { unit: "ns", needsWasm: true, measure: (host) => Object.entries(JSON.parse(run(host, calls, ["--dir", root]).stdout)) },
  { unit: "ms", measure: (host) => [["hello script, whole process", run(host, hello).milliseconds]] },
  { unit: "ms", measure: (host) => [["start to first line of the script", untilFirstLine(host)]] },
  { unit: "MB", measure: (host) => [["hello script, largest resident set", residentMegabytes(host, hello)]] },
  { unit: "ms", needsWasm: true, measure: (host) => [["resvg, SVG to PNG, whole process", run(host, path.join(packages, "resvg.mjs")).milliseconds]] },
  { unit: "ms", needsWasm: true, measure: (host) => [["sql.js, 200,000 rows, whole process", run(host, path.join(packages, "sqljs.mjs")).milliseconds]] },
];

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const results = new Map();
for (let round = 0; round < rounds; round++) {
  for (const { unit, needsWasm, measure } of measures) {
    for (const host of Object.keys(hosts)) {
      if (needsWasm && !hosts[host].hasWasm) {
        continue;
      }
      for (const [name, value] of measure(host)) {
        const row = results.get(name) ?? { unit, values: {} };
        (row.values[host] ??= []).push(value);
        results.set(name, row);
      }
    }
  }
  console.error(`bench/js/run.mjs: round ${round + 1} of ${rounds}`);
}

const show = (value) => (value === undefined ? "–" : value >= 100 ? value.toFixed(0) : value.toFixed(1));
// V8 inlines some calls away, so that nothing is left to measure.
const ratio = (ours, theirs) => (theirs < 0.5 ? "–" : (ours / theirs).toFixed(2));
const version = (host) => spawnSync(hosts[host].command[0], ["--version"], { encoding: "utf8" }).stdout.trim().split("\n")[0];
console.log(`${version("bolide")}; Node ${version("node")}; ${os.cpus()[0].model}, ${os.cpus().length} processors; medians of ${rounds} rounds.`);
console.log("`node --jitless` has no WebAssembly.\n");
console.log("| what | unit | bolide | node | node --jitless | bolide / node |");
console.log("|---|---|---:|---:|---:|---:|");
for (const [name, { unit, values }] of results) {
  const [ours, theirs, jitless] = Object.keys(hosts).map((host) => values[host] && median(values[host]));
  console.log(`| ${name} | ${unit} | ${show(ours)} | ${show(theirs)} | ${show(jitless)} | ${ratio(ours, theirs)} |`);
}
