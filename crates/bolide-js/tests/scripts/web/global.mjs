// What scripts look for to find out where they run, and what the globals look like.
for (const name of ["window", "document", "self", "WorkerGlobalScope", "importScripts", "Deno", "Bun"]) {
  console.log(name, typeof globalThis[name]);
}
for (const name of ["console", "setTimeout", "URL", "TextDecoder", "performance", "structuredClone", "AbortController", "crypto"]) {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
  console.log(name, descriptor !== undefined, name in globalThis, typeof globalThis[name]);
}
const shape = (Class) => [
  Class.name, Object.getOwnPropertyDescriptor(Class, "prototype").writable, Object.prototype.toString.call(Class.prototype),
  Object.keys(Class.prototype).length > 0,
];
for (const Class of [URL, URLSearchParams, TextEncoder, TextDecoder, Event, EventTarget, AbortController, AbortSignal, CustomEvent,
]) console.log(...shape(Class));
globalThis.setTimeout = 5;
console.log(globalThis.setTimeout);
const { stack } = new TypeError("message");
console.log(stack.split("\n")[0], /^ +at /.test(stack.split("\n")[1]));
class Coded extends Error { constructor(m) { super(m); this.name = "Coded"; Error.captureStackTrace(this, Coded); } }
const coded = new Coded("text");
console.log(coded.stack.split("\n")[0], Object.keys(coded));
coded.stack = "mine";
console.log(coded.stack);
const holder = {};
Error.captureStackTrace(holder);
console.log(/\n +at /.test(holder.stack), Object.keys(holder));
