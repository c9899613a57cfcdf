import assert from "node:assert";
import crypto, { createHash, createHmac } from "node:crypto";

for (const [name, digest] of [
  ["md5", "900150983cd24fb0d6963f7d28e17f72"], ["sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  ["sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["SHA512-256", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"],
]) {
  assert.strictEqual(createHash(name).update("a").update(Buffer.from("bc")).digest("hex"), digest);
}
assert.strictEqual(createHash("sha1").update("616263", "hex").digest("base64"), "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
assert.strictEqual(createHmac("sha256", "key").update("data").digest("hex"), "5031fe3d989c6d1537a013fa6e739da23463fdaec3b70137d828e36ace221bd0");
assert.strictEqual(createHmac("md5", "k".repeat(100)).update("data").digest("hex").length, 32);
const hash = createHash("sha256").update("a");
const copy = hash.copy();
assert.strictEqual(copy.digest("hex"), hash.digest("hex"));
assert.throws(() => hash.update("b"), { code: "ERR_CRYPTO_HASH_FINALIZED" });
assert.throws(() => createHash("nope"), /Digest method not supported/);
assert.throws(() => createHash("md5").update(5), { code: "ERR_INVALID_ARG_TYPE" });
assert.strictEqual(crypto.randomBytes(16).length, 16);
assert.match(crypto.randomUUID(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const number = crypto.randomInt(5, 8);
assert.ok(number >= 5 && number < 8);
assert.strictEqual(crypto.timingSafeEqual(Buffer.from("ab"), Buffer.from("ab")), true);
assert.throws(() => crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("ab")), RangeError);
assert.strictEqual(crypto.pbkdf2Sync("password", "salt", 2, 20, "sha1").toString("hex"), "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
assert.strictEqual(crypto.hash("md5", "abc"), "900150983cd24fb0d6963f7d28e17f72");
