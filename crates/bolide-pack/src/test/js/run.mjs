// Runs tests in a page or a worker. Bolide says which, one at a time.

import * as harness from "./harness.mjs";

const post = (path, value) =>
    fetch(`/bolide/${path}`, { method: "POST", body: typeof value === "string" ? value : JSON.stringify(value) });

const isPage = typeof document === "object";
if (isPage) harness.listen(document.getElementById("output"));

// What consoles print for a value, roughly.
function show(value) {
    if (typeof value === "string") return value;
    if (value instanceof Error) return value.stack;
    if (typeof value === "object" && value !== null) {
        try {
            return JSON.stringify(value);
        } catch {
            // It contains itself, say.
        }
    }
    return String(value);
}

let output = "";
let captures = true;
// What is printed at once, in its order.
let printed = Promise.resolve();

for (const method of ["debug", "log", "info", "warn", "error"]) {
    const original = console[method];
    console[method] = (...values) => {
        const text = `${values.map(show).join(" ")}\n`;
        if (captures) output += text;
        else printed = printed.then(() => post("print", text));
        original.apply(console, values);
    };
}

// Errors that no test caught end the one that is running, unless it has passed.
let uncaught;
const fail = error => {
    if (!harness.passed()) uncaught?.(error?.stack ?? String(error));
};
addEventListener("error", event => fail(event.error ?? event.message));
addEventListener("unhandledrejection", event => fail(event.reason));

async function main() {
    const module = await WebAssembly.compileStreaming(fetch("/tests_bg.wasm"));
    harness.instantiate(async count => {
        const glue = await import(`/tests.js?${count}`);
        glue.initSync({ module });
        return glue;
    });
    await post("ready", "");
    for (;;) {
        const next = await fetch("/bolide/next");
        if (!next.ok) return;
        const test = await next.json();
        output = "";
        captures = test.captures;
        const error = new Promise(resolve => (uncaught = resolve));
        const result = await Promise.race([
            harness.run(test.export, test.includeIgnored).catch(fail).then(result => result ?? error),
            error,
        ]);
        uncaught = undefined;
        const wasUncaught = typeof result === "string";
        const said = wasUncaught ? { passed: false, lines: [], error: result } : result;
        await printed;
        await post("result", { said, output, reloads: wasUncaught });
        if (wasUncaught) {
            if (isPage) location.reload();
            else new BroadcastChannel("bolide").postMessage("reload");
            return;
        }
    }
}

main().catch(error => post("broken", show(error)));
