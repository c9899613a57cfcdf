// https://w3c.github.io/webcrypto/
const assert = (condition, what) => { if (!condition) throw new Error(`failed: ${what}`); };
const throws = (body, check, what) => {
  try { body(); } catch (error) {
    assert(check(error), `${what}: ${error}`);
    return;
  }
  throw new Error(`${what}: did not throw`);
};
const named = (name) => (error) => error instanceof DOMException && error.name === name;

for (const Class of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint32Array, BigInt64Array, BigUint64Array]) {
  const array = new Class(4096);
  assert(crypto.getRandomValues(array) === array, "the same array");
  assert(new Set(array).size > 20, `${Class.name} is random`);
}
const part = new Uint8Array(64);
crypto.getRandomValues(part.subarray(16, 48));
assert(part.subarray(0, 16).every((byte) => byte === 0) && part.subarray(48).every((byte) => byte === 0), "only its part");
assert(part.some((byte) => byte !== 0), "the part is random");
crypto.getRandomValues(new Uint8Array(65536));
throws(() => crypto.getRandomValues(new Uint8Array(65537)), named("QuotaExceededError"), "quota");
for (const wrong of [new Float64Array(1), new DataView(new ArrayBuffer(1))]) {
  throws(() => crypto.getRandomValues(wrong), named("TypeMismatchError"), wrong.constructor.name);
}
const ids = Array.from({ length: 100 }, () => crypto.randomUUID());
assert(new Set(ids).size === 100, "unique");
assert(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)), "version 4");

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const abc = new TextEncoder().encode("abc");
for (const [name, digest] of [
  ["SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  ["sha-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["SHA-384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"],
  ["SHA-512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"],
]) {
  assert(hex(await crypto.subtle.digest(name, abc)) === digest, name);
  const result = await crypto.subtle.digest({ name }, abc.buffer);
  assert(result instanceof ArrayBuffer && hex(result) === digest, `${name} of a buffer`);
}
await crypto.subtle.digest("MD5", abc).then(() => assert(false, "MD5"), (error) => assert(named("NotSupportedError")(error), `${error}`));
await crypto.subtle.digest("SHA-1", "text").then(() => assert(false, "text"), (error) => assert(error instanceof TypeError, `${error}`));
throws(() => new Crypto(), (error) => error instanceof TypeError, "new Crypto");
assert(Object.prototype.toString.call(crypto) === "[object Crypto]", "tag");
console.log("done");
