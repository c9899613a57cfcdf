import assert from "node:assert";
import same, { env, argv } from "node:process";

assert.strictEqual(same, process);
assert.strictEqual(env, process.env);
assert.ok(argv[1].endsWith("process.mjs"));
assert.match(process.version, /^v24\./);
assert.strictEqual(process.platform, "linux");
assert.strictEqual(Object.prototype.toString.call(process), "[object process]");
process.env.NUMBER = 5;
assert.strictEqual(process.env.NUMBER, "5");
delete process.env.NUMBER;
assert.ok(!("NUMBER" in process.env));

const order = [];
await new Promise((resolve) => {
  setImmediate(() => { order.push("immediate"); resolve(); });
  setTimeout(() => {
    Promise.resolve().then(() => { order.push("promise"); process.nextTick(() => order.push("tick in promise")); });
    process.nextTick((word) => order.push(word), "tick");
    queueMicrotask(() => order.push("microtask"));
  }, 0);
});
assert.deepStrictEqual(order.filter((word) => word !== "immediate"), order.length > 1 ? ["tick", "promise", "microtask", "tick in promise"] : []);

const start = process.hrtime.bigint();
const [seconds, nanos] = process.hrtime(process.hrtime());
assert.ok(seconds === 0 && nanos >= 0);
assert.ok(process.hrtime.bigint() >= start);
assert.ok(process.memoryUsage().rss > 1e6 && process.uptime() > 0);
process.on("exit", (code) => console.log("exit", code, process.exitCode));
process.on("uncaughtException", (error, origin) => console.log("caught", error.message, origin));
process.once("beforeExit", () => setTimeout(() => console.log("went on"), 1));
process.stdout.write("text ");
process.stdout.write(Buffer.from("bytes\n"), () => console.log("written"));
setTimeout(() => { throw new Error("thrown"); }, 1);
assert.throws(() => process.nextTick(5), { code: "ERR_INVALID_ARG_TYPE" });

const { fs: flags, os } = process.binding("constants");
assert.deepStrictEqual([flags.O_RDONLY, flags.O_RDWR, os.signals.SIGINT, os.errno.ENOENT], [0, 2, 2, 2]);
assert.throws(() => process.binding("nothing"), /^Error: No such .*nothing/);
