// Runs the tests of one module, one at a time, in whatever host imports this.
//
// A test is an export that wasm-bindgen-test makes. It takes the address of a `WasmBindgenTestContext`, which runs the
// test and writes lines about it: to `__wbgtest_og_console_log` in Node and here, to the element `output` in a page, to
// `__wbg_test_output_writeln` in a worker. Bolide reads those lines.

// Rust's frames are many.
Error.stackTraceLimit = 100;

let lines = [];
// The line that says that the test which runs has passed, and what to call then.
let success;
let succeed;
// Gives the glue of an instance.
let instance;
let glue;
// Whether an exception has gone through frames of the module, whose destructors did not run: locks may be taken, cells
// borrowed.
let damaged = false;

globalThis.__wbg_test_invoke = test => {
    try {
        return test();
    } catch (error) {
        damaged = true;
        throw error;
    }
};
function write(line) {
    lines.push(line);
    // The module frees the test now. Of an asynchronous one that panicked it frees things twice, so that it may fail or never
    // come to its end.
    if (damaged && line === success) succeed();
}

globalThis.__wbgtest_og_console_log = write;
globalThis.__wbg_test_output_writeln = write;

// Makes the lines that are written to an element come here.
export function listen(element) {
    let text = "";
    Object.defineProperty(element, "textContent", {
        get: () => text,
        set: value => {
            // The module appends a line by writing everything anew.
            if (value.startsWith(text)) write(value.slice(text.length).replace(/\n$/, ""));
            text = value;
        },
    });
}

// Makes `load` give the glue of a new instance of the module from now on.
export function instantiate(load) {
    let count = 0;
    instance = async () => {
        if (glue === undefined || damaged) {
            glue = await load(++count);
            damaged = false;
        }
        return glue;
    };
}

// Runs the test behind an export. `passed` is also true if it is ignored, as the lines then say.
export async function run(name, includeIgnored) {
    lines = [];
    success = `test ${name.slice(name.indexOf("::") + 2)} ... ok`;
    const { WasmBindgenTestContext, __wasm } = await instance();
    const context = new WasmBindgenTestContext(false);
    context.include_ignored(includeIgnored);
    try {
        const early = new Promise(resolve => (succeed = () => resolve(true)));
        const passed = await Promise.race([context.run([__wasm[name]]), early]);
        return { passed, lines };
    } catch (error) {
        damaged = true;
        return { passed: passed(), lines, error: String(error?.stack ?? error) };
    } finally {
        // A context in a damaged instance is never freed.
        if (damaged) context.__destroy_into_raw();
        else context.free();
    }
}

// Whether the test that ran last has passed, whatever came after.
export function passed() {
    return lines.includes(success);
}

// Runs the benchmarks behind exports. `before` is what `baseline` gave the last time, if there was one.
export async function bench(names, before) {
    lines = [];
    const { WasmBindgenTestContext, __wasm, __wbgbench_import } = await instance();
    const context = new WasmBindgenTestContext(true);
    if (before !== undefined) __wbgbench_import(before);
    const passed = await context.run(names.map(name => __wasm[name]));
    return { passed, lines };
}

// What the next run of the benchmarks is to be compared with.
export function baseline() {
    return glue.__wbgbench_dump();
}

// Runs the entry point of a program, and returns its exit code.
export async function main() {
    const { __wasm } = await instance();
    return __wasm.main(0, 0);
}
