#!/usr/bin/env node
// Checks the expectations in tests/programs/cases.json without Bolide: every
// case runs under Node's WASI and, where the program can, as a native program.
//
// usage: scripts/check-programs.mjs [--bless]
//
// --bless writes the expected files anew from the first run of a case; the
// other must still agree. Needs `scripts/build-programs --native`.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const programs = path.join(root, "tests", "programs");
const built = path.join(root, ".cache", "programs");
const bless = process.argv.includes("--bless");

// Programs about what Node's WASI gets wrong; they run natively only.
const wrongInNode = new Set(["posix"]);

// How V8 words the traps that the specification names.
const v8Messages = {
  "integer divide by zero": "divide by zero",
  "out of bounds memory access": "memory access out of bounds",
  "undefined element": "table index is out of bounds",
  "unreachable": "unreachable",
  "call stack exhausted": "Maximum call stack size exceeded",
};

// Runs a case with fresh directories; `command` gets the host paths of the
// guest's directories and says what to start.
function run(testCase, command) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "check-programs-"));
  try {
    const hostPaths = Object.fromEntries((testCase.dirs ?? []).map((guest) => [guest, path.join(directory, guest)]));
    Object.values(hostPaths).forEach((host) => fs.mkdirSync(host, { recursive: true }));
    const [program, args] = command(hostPaths);
    const { status, error, output } = spawnSync(program, args, {
      input: testCase.stdin ? fs.readFileSync(path.join(programs, testCase.stdin)) : "",
      env: testCase.env ?? {},
      timeout: 60_000,
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      encoding: "utf8",
    });
    if (error) {
      throw error;
    }
    const [, stdout, stderr, trap] = output;
    return { exitCode: status, stdout, stderr, ...(trap ? JSON.parse(trap) : {}) };
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

const runInNode = (testCase) =>
  run(testCase, (hostPaths) => [process.execPath, [
    "--no-warnings",
    // Node 20 calls WASI functions in a way that its garbage collector does
    // not survive when the guest has grown its memory.
    "--no-turbo-fast-api-calls",
    path.join(root, "scripts", "run-in-node.mjs"),
    path.join(built, `${testCase.program}.wasm`),
    JSON.stringify([testCase.program, ...(testCase.args ?? [])]),
    JSON.stringify(hostPaths),
  ]]);

const runNatively = (testCase) =>
  run(testCase, (hostPaths) => [
    path.join(built, testCase.program),
    (testCase.args ?? []).map((arg) =>
      Object.entries(hostPaths).reduce((text, [guest, host]) => text.replace(guest, host), arg)),
  ]);

// The differences between what a run did and what the case expects.
function differences(testCase, result) {
  const found = [];
  const compare = (what, actual, expected) => {
    if (JSON.stringify(actual) !== JSON.stringify(expected)) {
      found.push(`${what} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
    }
  };
  if (testCase.trap) {
    const functions = testCase.trap.backtrace.map((frame) => frame.function);
    const isExpected = result.trap?.includes(v8Messages[testCase.trap.message]);
    compare("trap", isExpected ? testCase.trap.message : result.trap ?? `exit ${result.exitCode}`, testCase.trap.message);
    compare("backtrace", (result.backtrace ?? []).filter((name) => functions.includes(name)).slice(0, functions.length), functions);
  } else {
    compare("outcome", result.trap ?? result.exitCode, testCase.exit_code ?? 0);
  }
  if (testCase.stderr !== undefined) {
    compare("stderr", result.stderr, testCase.stderr);
  }
  const expected = fs.readFileSync(path.join(programs, testCase.stdout), "utf8").split("\n");
  const actual = result.stdout.split("\n");
  const line = [...actual, undefined].findIndex((text, i) => text !== expected[i]);
  if (line >= 0 && (line < actual.length || expected.length > actual.length)) {
    compare(`${testCase.stdout}:${line + 1}`, actual[line], expected[line]);
  }
  return found;
}

const readJson = (name) => JSON.parse(fs.readFileSync(path.join(programs, name), "utf8"));
const recipes = readJson("programs.json");
const cases = readJson("cases.json");
const blessed = new Set();
let failures = 0;
for (const testCase of cases) {
  const runs = {};
  if (!wrongInNode.has(testCase.program)) {
    runs.node = runInNode(testCase);
  }
  if (recipes[testCase.program].native && !testCase.trap) {
    runs.native = runNatively(testCase);
  }
  if (bless && !blessed.has(testCase.stdout)) {
    fs.writeFileSync(path.join(programs, testCase.stdout), Object.values(runs)[0].stdout);
    blessed.add(testCase.stdout);
  }
  for (const [where, result] of Object.entries(runs)) {
    const found = differences(testCase, result);
    failures += found.length > 0;
    console.log(`${found.length ? "FAILED" : "ok"}: ${testCase.name} (${where})`);
    found.forEach((text) => console.log(`    ${text}`));
  }
}
if (failures > 0) {
  console.error(`check-programs: ${failures} runs differ from tests/programs/cases.json`);
  process.exit(1);
}
