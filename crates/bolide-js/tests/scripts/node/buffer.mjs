import assert from "node:assert";
import { Buffer as Same, constants } from "node:buffer";

assert.strictEqual(Same, Buffer);
assert.ok(Buffer.alloc(2) instanceof Uint8Array);
assert.ok(constants.MAX_LENGTH > 2 ** 30);

// Encodings, there and back.
const text = "hé€𝄞\ud800x";
for (const [encoding, hex] of [
  ["utf8", "68c3a9e282acf09d849eefbfbd78"], ["utf16le", "6800e900ac2034d81edd00d87800"], ["latin1", "68e9ac341e0078"],
]) {
  assert.strictEqual(Buffer.from(text, encoding).toString("hex"), hex, encoding);
  assert.strictEqual(Buffer.byteLength(text, encoding), hex.length / 2, encoding);
}
assert.strictEqual(Buffer.from("6800e900ac2034d81edd00d87800", "hex").toString("utf16le"), text);
assert.strictEqual(Buffer.from("e9ff", "hex").toString("latin1"), "éÿ");
assert.strictEqual(Buffer.from("e9ff", "hex").toString("ascii"), "i\x7f");
assert.strictEqual(Buffer.from("f09d84", "hex").toString(), "\ufffd");
assert.strictEqual(Buffer.from("abxz12", "hex").length, 1);
assert.strictEqual(Buffer.from("aGk_-w==", "base64").toString("base64"), "aGk/+w==");
assert.strictEqual(Buffer.from("a GkA").toString("base64url"), "YSBHa0E");
assert.throws(() => Buffer.from("x", "nope"), { code: "ERR_UNKNOWN_ENCODING", name: "TypeError" });

// Sources.
assert.deepStrictEqual([...Buffer.from([1, 257, -1, "3"])], [1, 1, 255, 3]);
const shared = new Uint16Array([1, 2]).buffer;
const view = Buffer.from(shared, 2);
view[0] = 9;
assert.strictEqual(new Uint16Array(shared)[1], 9);
assert.deepStrictEqual(Buffer.from(JSON.parse(JSON.stringify(Buffer.from("ab")))), Buffer.from("ab"));
assert.throws(() => Buffer.from(5), { code: "ERR_INVALID_ARG_TYPE" });
assert.throws(() => Buffer.alloc(-1), { code: "ERR_OUT_OF_RANGE" });

// Parts share memory.
const whole = Buffer.from("hello");
whole.slice(1, 3)[0] = 97;
whole.subarray(-1)[0] = 33;
assert.strictEqual(whole.toString(), "hall!");
assert.strictEqual(whole.slice(-3, -1).toString(), "ll");

// Numbers.
const cell = Buffer.alloc(8);
for (const [name, value, hex] of [
  ["UInt16LE", 0x1234, "3412"], ["UInt16BE", 0x1234, "1234"], ["Int32LE", -2, "feffffff"], ["UInt32BE", 0xfffefdfc, "fffefdfc"],
  ["DoubleLE", 1.5, "000000000000f83f"], ["FloatBE", -2.5, "c0200000"], ["BigInt64LE", -2n, "feffffffffffffff"],
  ["BigUInt64BE", 2n ** 63n, "8000000000000000"], ["Int8", -128, "80"],
]) {
  const end = cell[`write${name}`](value, 0);
  assert.strictEqual(cell.toString("hex", 0, end), hex, name);
  assert.strictEqual(cell[`read${name}`](0), value, name);
}
assert.strictEqual(cell.writeIntBE(-123456, 1, 6), 7);
assert.strictEqual(cell.readIntBE(1, 6), -123456);
assert.strictEqual(cell.readUint8, cell.readUInt8);
assert.throws(() => cell.readUInt32LE(5), { code: "ERR_OUT_OF_RANGE", message: 'The value of "offset" is out of range. It must be >= 0 and <= 4. Received 5' });
assert.throws(() => cell.writeUInt8(256), { code: "ERR_OUT_OF_RANGE" });
assert.throws(() => cell.readInt8("0"), { code: "ERR_INVALID_ARG_TYPE" });
assert.throws(() => Buffer.alloc(1).readInt16LE(), { code: "ERR_BUFFER_OUT_OF_BOUNDS" });

// Searching, comparing, filling, copying.
const hay = Buffer.from("this is a test is");
assert.strictEqual(hay.indexOf("is"), 2);
assert.strictEqual(hay.indexOf("is", 3), 5);
assert.strictEqual(hay.lastIndexOf("is"), 15);
assert.strictEqual(hay.lastIndexOf("is", 14), 5);
assert.strictEqual(hay.indexOf(Buffer.from("nope")), -1);
assert.ok(hay.includes(116));
assert.strictEqual(hay.indexOf(""), 0);
assert.strictEqual(Buffer.compare(Buffer.from("a"), Buffer.from("b")), -1);
assert.ok(Buffer.from("abc").equals(new Uint8Array([97, 98, 99])));
assert.strictEqual(Buffer.alloc(7, "abc").toString(), "abcabca");
assert.strictEqual(Buffer.alloc(3, "ff00", "hex").toString("hex"), "ff00ff");
assert.strictEqual(hay.copy(cell, 2, 5, 100), 6);
assert.strictEqual(cell.toString("latin1", 2), "is a t");
assert.strictEqual(cell.write("€€€", 1), 6);
assert.strictEqual(Buffer.concat([Buffer.from("ab"), new Uint8Array([99])], 5).toString("hex"), "6162630000");
assert.strictEqual(Buffer.from([1, 2, 3, 4]).swap16().toString("hex"), "02010403");
assert.throws(() => Buffer.alloc(3).swap32(), { code: "ERR_INVALID_BUFFER_SIZE" });
assert.ok(Buffer.isEncoding("UTF-8") && !Buffer.isEncoding("utf"));
assert.strictEqual(Buffer.from("abc").map((byte) => byte + 1).constructor, Buffer);
console.log(Buffer.from("abc"), Buffer.alloc(60).length);
