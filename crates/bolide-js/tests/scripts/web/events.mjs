// https://dom.spec.whatwg.org/#events and #aborting-ongoing-activities
const assert = (condition, what) => { if (!condition) throw new Error(`failed: ${what}`); };
const equal = (actual, expected, what = "") => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a} is not ${b}`);
};
const throws = (body, check, what) => {
  try { body(); } catch (error) {
    assert(check(error), `${what}: ${error}`);
    return;
  }
  throw new Error(`${what}: did not throw`);
};
const isTypeError = (error) => error instanceof TypeError;

// Events.
const event = new Event("x", { bubbles: true, cancelable: true, composed: true });
equal([event.type, event.bubbles, event.cancelable, event.composed, event.eventPhase, event.defaultPrevented], ["x", true, true, true, 0, false]);
equal([event.target, event.currentTarget, event.isTrusted, event.composedPath()], [null, null, false, []]);
assert(event.timeStamp >= 0 && event.timeStamp <= performance.now(), "timeStamp");
equal([Event.NONE, Event.CAPTURING_PHASE, Event.AT_TARGET, Event.BUBBLING_PHASE], [0, 1, 2, 3]);
equal([new Event(5).type, new Event(null).type], ["5", "null"]);
for (const body of [() => new Event(), () => Event("x"), () => new Event("x", 5), () => new Event(Symbol())]) throws(body, isTypeError, `${body}`);
equal(new CustomEvent("c", { detail: { a: 1 } }).detail, { a: 1 });
equal(new CustomEvent("c").detail, null);
assert(new CustomEvent("c") instanceof Event, "CustomEvent is an Event");
equal(Object.prototype.toString.call(new CustomEvent("c")), "[object CustomEvent]");
const message = new MessageEvent("m", { data: [1], origin: "o" });
equal([message.data, message.origin, message.lastEventId], [[1], "o", ""]);

// Dispatching.
const target = new EventTarget();
const log = [];
const listener = (e) => log.push([e.type, e.eventPhase, e.target === target, e.currentTarget === target, e.composedPath().length]);
target.addEventListener("x", listener);
target.addEventListener("x", listener);
equal(target.dispatchEvent(event), true);
equal(log, [["x", 2, true, true, 1]], "the same listener once");
equal([event.eventPhase, event.currentTarget, event.target === target], [0, null, true], "after the dispatch");
target.removeEventListener("x", listener, { capture: true });
target.dispatchEvent(event);
equal(log.length, 2, "that was another one");
target.removeEventListener("x", listener);
target.dispatchEvent(event);
equal(log.length, 2, "none is left");

const order = [];
const say = (name) => () => order.push(name);
const t = new EventTarget();
t.addEventListener("e", say("bubble"));
t.addEventListener("e", say("once"), { once: true });
t.addEventListener("e", { handleEvent(e) { order.push(["object", this.name, e.type]); }, name: "me" });
t.addEventListener("e", function () { order.push(this === t); });
t.dispatchEvent(new Event("e"));
equal(order, ["bubble", "once", ["object", "me", "e"], true]);
order.length = 0;
t.dispatchEvent(new Event("e"));
assert(!order.includes("once"), "once");

const u = new EventTarget();
const added = [];
const second = () => added.push("second");
u.addEventListener("e", () => u.removeEventListener("e", second));
u.addEventListener("e", second);
u.dispatchEvent(new Event("e"));
equal(added, [], "a listener that another one removed does not run");

const v = new EventTarget();
v.addEventListener("e", (e) => e.preventDefault(), { passive: true });
equal(v.dispatchEvent(new Event("e", { cancelable: true })), true, "passive");
v.addEventListener("e", (e) => e.preventDefault());
equal(v.dispatchEvent(new Event("e", { cancelable: true })), false, "prevented");
equal(v.dispatchEvent(new Event("e")), true, "not cancelable");
let after = 0;
v.addEventListener("stop", (e) => e.stopImmediatePropagation());
v.addEventListener("stop", () => after++);
v.dispatchEvent(new Event("stop"));
equal(after, 0, "stopImmediatePropagation");
v.addEventListener("again", (e) => throws(() => v.dispatchEvent(e), (error) => error instanceof Error, "again"));
v.dispatchEvent(new Event("again"));
v.addEventListener("null", null);
v.addEventListener("null", undefined);
v.dispatchEvent(new Event("null"));
for (const body of [() => v.addEventListener("x"), () => v.addEventListener("x", 5), () => v.dispatchEvent({}), () => v.dispatchEvent(),
  () => v.addEventListener("x", () => {}, { signal: {} })]) throws(body, isTypeError, `${body}`);
class Sub extends EventTarget { fire() { return this.dispatchEvent(new Event("sub")); } }
const sub = new Sub();
let subs = 0;
sub.addEventListener("sub", () => subs++);
sub.fire();
equal(subs, 1, "subclasses");

// Aborting.
const controller = new AbortController();
const { signal } = controller;
const aborts = [];
signal.onabort = (e) => aborts.push(["on", e.type, e.isTrusted, e.target === signal]);
signal.addEventListener("abort", () => aborts.push("listener"));
const w = new EventTarget();
let heard = 0;
w.addEventListener("e", () => heard++, { signal });
w.dispatchEvent(new Event("e"));
signal.throwIfAborted();
controller.abort();
controller.abort("again");
w.dispatchEvent(new Event("e"));
equal(heard, 1, "listeners go with their signal");
equal(aborts, [["on", "abort", true, true], "listener"], "one event");
equal([signal.aborted, signal.reason.name, signal.reason.code, signal.reason instanceof DOMException], [true, "AbortError", 20, true]);
throws(() => signal.throwIfAborted(), (error) => error === signal.reason, "throwIfAborted");
equal(AbortSignal.abort("why").reason, "why");
const own = new AbortController();
own.abort(new Error("own"));
equal(own.signal.reason.message, "own");
throws(() => new AbortSignal(), isTypeError, "new AbortSignal");
const [a, b] = [new AbortController(), new AbortController()];
const any = AbortSignal.any([a.signal, b.signal]);
const nested = AbortSignal.any([any]);
let anyCount = 0;
any.addEventListener("abort", () => anyCount++);
nested.addEventListener("abort", () => anyCount++);
b.abort("b");
a.abort("a");
equal([any.aborted, any.reason, nested.reason, anyCount], [true, "b", "b", 2]);
equal(AbortSignal.any([AbortSignal.abort(1), a.signal]).reason, 1);
equal(AbortSignal.any([]).aborted, false);
throws(() => AbortSignal.any([{}]), isTypeError, "any");
throws(() => AbortSignal.timeout(-1), (error) => error instanceof Error, "timeout");
const timeout = AbortSignal.timeout(5);
const reason = await new Promise((resolve) => {
  const keep = setTimeout(() => {}, 1000);
  timeout.onabort = () => {
    clearTimeout(keep);
    resolve(timeout.reason);
  };
});
equal([reason.name, reason.code], ["TimeoutError", 23]);

// DOMException.
equal([new DOMException().name, new DOMException("m").message, new DOMException("m", "NotFoundError").code, DOMException.DATA_CLONE_ERR], ["Error", "m", 8, 25]);
assert(new DOMException() instanceof Error, "DOMException is an Error");

// Channels.
const { port1, port2 } = new MessageChannel();
const got = [];
const done = new Promise((resolve) => {
  port2.addEventListener("message", (e) => {
    got.push(e.data);
    if (e.data === "end") resolve();
  });
});
port1.postMessage({ a: 1 });
port1.postMessage("end");
port2.start();
await done;
equal(got, [{ a: 1 }, "end"]);
port1.close();
console.log("done");
