#!/usr/bin/env node
// Measures `bolide build` beside wasm-pack: what each adds to cargo, builds where nothing has changed, and the size of
// what they write. Prints a Markdown table of medians, with the least and the largest value.
//
// usage: bench/pack/run.mjs [--rounds N] [--bolide PATH] [--crates NAME,…] [--json FILE]
//
// Needs `scripts/setup rust` and `cargo build --release -p bolide-cli`. What else it needs is installed once, to
// .cache/tools/pack-bench. Cargo alone, wasm-pack and Bolide take turns in every round, with the same compiler, the same
// standard library and folders of their own, so that what else the machine does touches all of them.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import zlib from "node:zlib";

import { tools, toolchain, VERSIONS } from "./tools.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const option = (name, otherwise) => {
  const index = process.argv.indexOf(name);
  return index < 0 ? otherwise : process.argv[index + 1];
};
const rounds = Number(option("--rounds", 7));
const bolide = path.resolve(option("--bolide", path.join(root, process.env.CARGO_TARGET_DIR ?? "target", "release/bolide")));
const crates = option("--crates", "hello,types").split(",");

if (!existsSync(bolide)) {
  console.error(`bench/pack/run.mjs: ${bolide} is missing: run cargo build --release -p bolide-cli`);
  process.exit(1);
}

const installed = tools(root);
const rust = toolchain(root, installed.folder);
const work = mkdtempSync(path.join(os.tmpdir(), "bolide-pack-bench-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));

/** The environment of a contestant: the compiler, wasm-bindgen, and wasm-opt only where it is to be used. */
function environment(target, withOpt) {
  const folders = [rust.bin, installed.bin, ...(withOpt ? [installed.npmBin, path.dirname(process.execPath)] : []), "/usr/bin", "/bin"];
  const config = path.join(work, "no-configuration.toml");
  writeFileSync(config, "");
  const { HOME, CARGO_HOME, RUSTUP_HOME } = process.env;
  return {
    HOME,
    ...(CARGO_HOME && { CARGO_HOME }),
    ...(RUSTUP_HOME && { RUSTUP_HOME }),
    PATH: folders.join(":"),
    CARGO_TARGET_DIR: target,
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: rust.linker,
    CARGO_NET_OFFLINE: "true",
    BOLIDE_CONFIG: config,
  };
}

const CARGO = ["cargo", "build", "--lib", "--release", "--target", "wasm32-unknown-unknown"];

/** What takes part. */
const contestants = [
  { name: "cargo", command: () => CARGO },
  { name: "wasm-pack", command: (out) => ["wasm-pack", "build", "--mode", "no-install", "--no-opt", "--target", "web", "--out-dir", out] },
  { name: "bolide", command: (out) => [bolide, "build", "--no-wasm-opt", "--target", "web", "--out-dir", out] },
  {
    name: "wasm-pack + wasm-opt",
    withOpt: true,
    command: (out) => ["wasm-pack", "build", "--mode", "no-install", "--target", "web", "--out-dir", out],
  },
  { name: "bolide + wasm-opt", withOpt: true, command: (out) => [bolide, "build", "--target", "web", "--out-dir", out] },
];

/** Runs a contestant, and gives its time in milliseconds. */
function build({ name, folder, out, env, command }) {
  const [program, ...args] = command(out);
  const start = process.hrtime.bigint();
  const result = spawnSync(program, args, { cwd: folder, env, encoding: "utf8" });
  const time = Number(process.hrtime.bigint() - start) / 1e6;
  if (result.status !== 0) {
    console.error(`bench/pack/run.mjs: ${name} failed: ${program} ${args.join(" ")}\n${result.error ?? ""}${result.stdout}${result.stderr}`);
    process.exit(1);
  }
  return time;
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Sizes in bytes of what was written. */
function sizes(out) {
  const read = (extension) =>
    readdirSync(out)
      .filter((file) => file.endsWith(extension))
      .map((file) => readFileSync(path.join(out, file)));
  const sum = (contents) => contents.reduce((total, content) => total + content.length, 0);
  const packed = (contents) => contents.map((content) => zlib.gzipSync(content, { level: 9 }));
  const [wasm, js] = [read(".wasm"), read(".js")];
  return { wasm: sum(wasm), wasmGzip: sum(packed(wasm)), js: sum(js), jsGzip: sum(packed(js)) };
}

/** Measures one crate. */
function measure(crate) {
  const runs = contestants.map((contestant) => {
    const folder = path.join(work, contestant.name.replaceAll(" ", ""), crate);
    mkdirSync(path.dirname(folder), { recursive: true });
    cpSync(path.join(root, "examples", crate), folder, { recursive: true, filter: (file) => !/\/(target|pkg|node_modules)$/.test(file) });
    const run = { ...contestant, folder, out: path.join(folder, "pkg"), env: environment(path.join(folder, "target"), contestant.withOpt) };
    pin(run);
    build(run);
    return { ...run, clean: [], noop: [] };
  });
  for (let round = 0; round < rounds; round++) {
    // Whoever goes first meets other conditions than the last, so the order turns.
    const order = [...runs.slice(round % runs.length), ...runs.slice(0, round % runs.length)];
    for (const run of order) {
      rmSync(run.out, { recursive: true, force: true });
      const now = new Date();
      utimesSync(path.join(run.folder, "src/lib.rs"), now, now);
      run.clean.push(build(run));
    }
    for (const run of order) run.noop.push(build(run));
    process.stderr.write(`${crate}: round ${round + 1} of ${rounds}\n`);
  }
  const [cargo] = runs;
  return runs.map(({ name, out, clean, noop }) => ({
    name,
    clean,
    noop,
    overhead: clean.map((time, i) => time - cargo.clean[i]),
    ...(existsSync(out) ? { sizes: sizes(out) } : {}),
  }));
}

/** Makes the lock file have the version of wasm-bindgen that all tools know. */
function pin({ folder, env }) {
  const cargo = (...args) => execFileSync("cargo", args, { cwd: folder, env: { ...env, CARGO_NET_OFFLINE: "false" }, stdio: "pipe" });
  if (!existsSync(path.join(folder, "Cargo.lock"))) cargo("generate-lockfile");
  const locked = readFileSync(path.join(folder, "Cargo.lock"), "utf8").match(/name = "wasm-bindgen"\nversion = "(.*)"/)[1];
  if (locked !== VERSIONS.bindgen) cargo("update", "--package", "wasm-bindgen", "--precise", VERSIONS.bindgen);
  cargo("fetch");
}

const version = (program, ...args) => spawnSync(program, args, { env: environment(work, true), encoding: "utf8" }).stdout.trim().split("\n")[0];
const results = Object.fromEntries(crates.map((crate) => [crate, measure(crate)]));
const versions = [version(bolide, "--version"), version("wasm-pack", "--version"), version("wasm-bindgen", "--version")];
versions.push(version("wasm-opt", "--version"), version("rustc", "--version"));

const times = (values) => `${median(values).toFixed(0)} (${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)})`;
const kib = (bytes) => (bytes / 1024).toFixed(1);
console.log(`${versions.join(", ")}; ${os.cpus().length} × ${os.cpus()[0].model}; ${rounds} rounds: median (least–largest)\n`);
console.log("| crate | tool | clean, ms | beyond cargo, ms | nothing changed, ms | wasm, KiB (gzip) | js, KiB (gzip) |");
console.log("|---|---|---:|---:|---:|---:|---:|");
for (const [crate, rows] of Object.entries(results)) {
  for (const { name, clean, noop, overhead, sizes: size } of rows) {
    const beyond = name === "cargo" ? "" : times(overhead);
    const wasm = size ? `${kib(size.wasm)} (${kib(size.wasmGzip)})` : "";
    const js = size ? `${kib(size.js)} (${kib(size.jsGzip)})` : "";
    console.log(`| ${crate} | ${name} | ${times(clean)} | ${beyond} | ${times(noop)} | ${wasm} | ${js} |`);
  }
}
const file = option("--json", null);
if (file) writeFileSync(file, `${JSON.stringify({ versions, rounds, cpus: os.cpus().length, results }, null, 2)}\n`);
