// The benchmark's adapter for Node, and so for V8: what `bench_protocol` says of adapters, in JavaScript. It has no
// options: V8 compiles functions at their first call with its baseline compiler, and hot ones again while they run.
//
//     node adapter.mjs MODE [--module FILE] ...

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker, isMainThread, workerData } from "node:worker_threads";
import { parseImports } from "./imports.mjs";

// The same limits as the driver of the adapters in Rust.
const MAX_ITERATIONS = 100_000;
const BATCH_NS = 5_000_000;
const MAX_I32 = 2 ** 31 - 1;

class Unsupported extends Error {}
class Wrong extends Error {}

const NUMBERS = { rounds: 1, "budget-ms": 0, threads: 1, live: 1, arg: -(2 ** 31) };

function parseArguments(words) {
    const given = { mode: "" };
    for (let i = 0; i < words.length; i += 1) {
        const word = words[i];
        if (!word.startsWith("--")) {
            if (given.mode !== "") throw new Error(`unexpected argument '${word}'`);
            given.mode = word;
            continue;
        }
        const [name, attached] = word.slice(2).split(/=(.*)/s);
        const value = attached ?? words[(i += 1)];
        if (value === undefined) throw new Error(`missing argument for option '${word}'`);
        if (name === "option") throw new Error(`this adapter has no option '${value.split("=")[0]}'`);
        if (name in NUMBERS) given[name] = parseNumber(word, value, NUMBERS[name]);
        else if (name === "module" || name === "call") given[name] = value;
        else throw new Error(`invalid option '${word}'`);
    }
    return given;
}

function parseNumber(option, text, least) {
    const number = Number(text);
    if (!Number.isSafeInteger(number) || text.trim() === "" || number < least || number > MAX_I32) {
        throw new Error(`${option} ${text}: it must be an integer from ${least} to ${MAX_I32}`);
    }
    return number;
}

function need(given, ...names) {
    for (const name of names) {
        if (given[name] === undefined) throw new Error(`${given.mode} needs --${name}`);
    }
}

function optionalCall(given) {
    if (given.call !== undefined) need(given, "arg");
    if (given.arg !== undefined) need(given, "call");
    return given.call === undefined ? undefined : [given.call, given.arg];
}

function now() {
    return process.hrtime.bigint();
}

function nanoseconds(from, to) {
    return Number(to - from);
}

function rssBytes() {
    return statusBytes("VmRSS");
}

function peakRssBytes() {
    return statusBytes("VmHWM");
}

function statusBytes(key) {
    const line = readFileSync("/proc/self/status", "utf8").split("\n").find((line) => line.startsWith(`${key}:`));
    if (line === undefined) throw new Error(`/proc/self/status has no ${key}: memory is measured on Linux only`);
    return Number.parseInt(line.slice(key.length + 1), 10) * 1024;
}

function read(file) {
    try {
        return readFileSync(file);
    } catch (error) {
        throw new Error(`${file}: ${error.message}`, { cause: error });
    }
}

function within(context, action) {
    try {
        return action();
    } catch (error) {
        if (error instanceof Unsupported || error instanceof Wrong) throw error;
        throw new Error(`${context}: ${error.message}`, { cause: error });
    }
}

// V8 gives the same module for the same bytes as long as the first one lives, so that only the first of several rounds
// would compile. A custom section makes the bytes of each round others.
function distinct(bytes, round) {
    const section = Buffer.from([0, 9, 4, 0x72, 0x6f, 0x75, 0x6e, 0, 0, 0, 0]);
    section.writeUInt32LE(round, 7);
    return Buffer.concat([bytes, section]);
}

function load(bytes) {
    return within("load", () => new WebAssembly.Module(bytes));
}

// An instance that is ready to be called.
function instantiate(module, imports) {
    const instance = withoutInitialize(module, imports);
    within("_initialize", () => instance.exports._initialize?.());
    return instance;
}

function withoutInitialize(module, imports) {
    return within("instantiate", () => {
        try {
            return new WebAssembly.Instance(module, imports);
        } catch (error) {
            if (error instanceof RangeError && /allocate memory/i.test(error.message)) {
                throw new Unsupported(`V8 has no more address space for memories: ${error.message}`);
            }
            throw error;
        }
    });
}

function exported(instance, name) {
    const found = instance.exports[name];
    if (typeof found !== "function") throw new Error(`the module exports no function '${name}'`);
    if (found.length !== 1) throw new Error(`'${name}' is not of type (i32) -> i64`);
    return found;
}

// Results are BigInts, for functions return i64.
function resultOf(name, value) {
    if (typeof value !== "bigint") throw new Error(`'${name}' is not of type (i32) -> i64`);
    return value.toString();
}

// Objects that satisfy what types say; V8 does not tell the types of imports, so the module's bytes are read.
function importsByType(bytes) {
    const imports = {};
    for (const { module, name, kind, type } of parseImports(bytes)) {
        imports[module] ??= {};
        imports[module][name] ??= importByType(kind, type);
    }
    return imports;
}

function importByType(kind, type) {
    switch (kind) {
        case "function":
            return () => {
                throw new Error("an import was called");
            };
        case "memory":
            return new WebAssembly.Memory(type);
        case "table":
            return new WebAssembly.Table(type);
        case "global":
            return importedGlobal(type);
        case "tag":
            return new WebAssembly.Tag(type);
        default:
            throw new Error(`an import is a ${kind}`);
    }
}

function importedGlobal(type) {
    switch (type.value) {
        case "v128":
            throw new Unsupported("JavaScript cannot make globals of type v128");
        case "i64":
            return new WebAssembly.Global(type, 0n);
        case "anyfunc":
            return new WebAssembly.Global(type, null);
        case "externref":
            return new WebAssembly.Global(type, undefined);
        default:
            return new WebAssembly.Global(type, 0);
    }
}

function info() {
    return {
        engine: "node",
        version: process.versions.node,
        options: { v8: process.versions.v8, compiler: "Liftoff, then TurboFan" },
    };
}

function cold(given) {
    need(given, "module", "call", "arg");
    const bytes = read(given.module);
    const instance = instantiate(load(bytes), importsByType(bytes));
    const result = resultOf(given.call, exported(instance, given.call)(given.arg));
    return { result, peak_rss_bytes: peakRssBytes() };
}

function loadRounds(given) {
    need(given, "module", "rounds");
    const bytes = read(given.module);
    const call = optionalCall(given);
    const answer = { load_ns: [], instantiate_ns: [], first_call_ns: [], rss_before_bytes: rssBytes(), rss_bytes: 0 };
    for (let round = 0; round < given.rounds; round += 1) {
        const these = round === 0 ? bytes : distinct(bytes, round);
        const start = now();
        const module = load(these);
        const loaded = now();
        const make = call === undefined ? withoutInitialize : instantiate;
        const instance = make(module, importsByType(bytes));
        const instantiated = now();
        answer.load_ns.push(nanoseconds(start, loaded));
        answer.instantiate_ns.push(nanoseconds(loaded, instantiated));
        if (call !== undefined) firstCall(instance, call, answer, round);
        if (round === 0) answer.rss_bytes = rssBytes();
    }
    return answer;
}

function firstCall(instance, [name, argument], answer, round) {
    const run = exported(instance, name);
    const start = now();
    const value = run(argument);
    answer.first_call_ns.push(nanoseconds(start, now()));
    const result = resultOf(name, value);
    answer.result ??= result;
    if (answer.result !== result) throw new Wrong(`${name}(${argument}) returned ${result} in round ${round}`);
}

function steady(given) {
    need(given, "module", "call", "arg", "budget-ms");
    const bytes = read(given.module);
    const run = exported(instantiate(load(bytes), importsByType(bytes)), given.call);
    const budget = BigInt(given["budget-ms"]) * 1_000_000n;
    const iterations = [];
    let first;
    let differs;
    let start = now();
    // The budget begins after the first call, as in the driver of the adapters in Rust.
    let deadline;
    while (iterations.length < MAX_ITERATIONS && (iterations.length < 2 || start < deadline)) {
        const result = run(given.arg);
        const end = now();
        first ??= result;
        if (first !== result) differs ??= { iteration: iterations.length, result: resultOf(given.call, result) };
        iterations.push(nanoseconds(start, end));
        deadline ??= end + budget;
        start = end;
    }
    return { result: resultOf(given.call, first), differs, iterations_ns: iterations };
}

function calls(given) {
    need(given, "module", "budget-ms");
    const imports = { host: { add_one: (x) => (x + 1) | 0 } };
    const instance = instantiate(load(read(given.module)), imports);
    const budget = (given["budget-ms"] * 1e6) / 3;
    const identity = exported(instance, "bench_identity");
    const inGuest = (name) => {
        const run = exported(instance, name);
        return timePerCall(budget, (n) => Number(run(n)));
    };
    return {
        host_to_guest_ns: timePerCall(budget, (n) => {
            let right = 0;
            for (let i = 0; i < n; i += 1) right += Number(identity(i)) === i ? 1 : 0;
            return right;
        }),
        guest_to_host_ns: inGuest("bench_to_host"),
        indirect_ns: inGuest("bench_indirect"),
    };
}

// `run(n)` makes n calls and returns how many were right; as in the driver of the adapters in Rust.
function timePerCall(budget, run) {
    const timed = (n) => {
        const start = now();
        const right = run(n);
        const time = nanoseconds(start, now());
        if (right !== n) throw new Wrong(`${n} calls gave ${right}`);
        return time;
    };
    const begin = now();
    const elapsed = () => nanoseconds(begin, now());
    let n = 64;
    while (timed(n) < BATCH_NS && n < MAX_I32 / 2) n *= 2;
    while (elapsed() < budget / 2) timed(n);
    const batches = [timed(n)];
    while (elapsed() < budget) batches.push(timed(n));
    batches.sort((a, b) => a - b);
    return batches[Math.floor(batches.length / 2)] / n;
}

async function instances(given) {
    need(given, "module");
    const bytes = read(given.module);
    const module = load(bytes);
    if (given.threads !== undefined && given.live === undefined) {
        need(given, "budget-ms");
        return { per_second: await instancesPerSecond(module, given.threads, given["budget-ms"]) };
    }
    if (given.live === undefined || given.threads !== undefined) {
        throw new Error("instances needs either --threads N or --live N");
    }
    const before = rssBytes();
    const alive = [];
    while (alive.length < given.live) {
        const instance = within(`after ${alive.length} instances`, () => instantiate(module, importsByType(bytes)));
        checkSmall(exported(instance, "bench_run")(1));
        alive.push(instance);
    }
    return { rss_bytes: rssBytes(), rss_before_bytes: before };
}

function checkSmall(result) {
    if (result !== 8n) throw new Wrong(`bench_run(1) returned ${result}, not 8`);
}

// What the threads share: the phase they are in, how many are ready, and how many instances each has made.
const PHASE = 0;
const READY = 1;
const FIRST_COUNT = 2;
const WAIT = 0;
const WORK = 1;
const STOP = 2;

async function instancesPerSecond(module, threads, budget) {
    const shared = new Int32Array(new SharedArrayBuffer((FIRST_COUNT + threads) * 4));
    const workers = Array.from({ length: threads }, (_, index) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: { module, shared, index } });
        return new Promise((resolve, reject) => worker.once("error", reject).once("exit", resolve));
    });
    const done = Promise.all(workers);
    await Promise.race([done, until(() => Atomics.load(shared, READY) === threads)]);
    const start = now();
    Atomics.store(shared, PHASE, WORK);
    Atomics.notify(shared, PHASE);
    await until(() => nanoseconds(start, now()) >= budget * 1e6);
    Atomics.store(shared, PHASE, STOP);
    await done;
    const seconds = nanoseconds(start, now()) / 1e9;
    return shared.subarray(FIRST_COUNT).reduce((sum, made) => sum + made, 0) / seconds;
}

async function until(condition) {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

function work({ module, shared, index }) {
    checkSmall(exported(instantiate(module, {}), "bench_run")(1));
    Atomics.add(shared, READY, 1);
    Atomics.wait(shared, PHASE, WAIT);
    let made = 0;
    while (Atomics.load(shared, PHASE) !== STOP) {
        instantiate(module, {});
        made += 1;
    }
    Atomics.store(shared, FIRST_COUNT + index, made);
}

const MODES = { info, cold, load: loadRounds, steady, calls, instances };

async function main() {
    try {
        const given = parseArguments(process.argv.slice(2));
        if (!Object.hasOwn(MODES, given.mode)) {
            throw new Error(`no mode '${given.mode}': use ${Object.keys(MODES).join(", ")}`);
        }
        return [await MODES[given.mode](given), 0];
    } catch (error) {
        if (error instanceof Unsupported) return [{ unsupported: error.message }, 0];
        return [{ [error instanceof Wrong ? "wrong" : "error"]: error.message }, 1];
    }
}

if (isMainThread) {
    const [answer, code] = await main();
    process.exitCode = code;
    console.log(JSON.stringify(answer));
} else {
    work(workerData);
}
