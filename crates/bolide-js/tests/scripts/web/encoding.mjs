// https://encoding.spec.whatwg.org/
const assert = (condition, what) => { if (!condition) throw new Error(`failed: ${what}`); };
const equal = (actual, expected, what = "") => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a} is not ${b}`);
};
const throws = (body, check, what) => {
  try { body(); } catch (error) {
    assert(check(error), `${what}: threw ${error}`);
    return;
  }
  throw new Error(`${what}: did not throw`);
};
const bytes = (...values) => new Uint8Array(values);

// Labels (section 4.2).
for (const [label, name] of [
  ["utf8", "utf-8"], [" UTF-8\n", "utf-8"], ["unicode-1-1-utf-8", "utf-8"], ["latin1", "windows-1252"],
  ["ascii", "windows-1252"], ["iso-8859-1", "windows-1252"], ["sjis", "shift_jis"], ["utf-16", "utf-16le"],
  ["utf-16be", "utf-16be"], ["gbk", "gbk"], ["gb2312", "gbk"], ["big5", "big5"], ["euc-kr", "euc-kr"], ["koi8-r", "koi8-r"],
  ["windows-1251", "windows-1251"], ["gb18030", "gb18030"],
]) equal(new TextDecoder(label).encoding, name, label);
for (const label of ["", "nonsense", "utf-7", "\u00a0utf-8"]) {
  throws(() => new TextDecoder(label), (error) => error instanceof RangeError, label);
}

// Decoding.
for (const [label, input, text] of [
  ["utf-8", [0x68, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80], "hé€😀"],
  ["utf-8", [0xff, 0x61], "\ufffda"], ["utf-8", [0xe2, 0x82], "\ufffd"], ["utf-8", [0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd"],
  ["utf-8", [0xf0, 0x90, 0x41], "\ufffdA"], ["utf-8", [0xc0, 0x80], "\ufffd\ufffd"], ["utf-8", [0xef, 0xbb, 0xbf, 0x61], "a"],
  ["utf-8", [0, 0x61, 0], "\0a\0"], ["utf-8", [], ""],
  ["shift_jis", [0x83, 0x65, 0x83, 0x58, 0x83, 0x67], "テスト"], ["gb18030", [0xc4, 0xe3, 0xba, 0xc3], "你好"],
  ["windows-1252", [0x80, 0x9c, 0xe9], "€œé"], ["utf-16le", [0x3d, 0xd8, 0x00, 0xde], "😀"],
  ["utf-16be", [0xfe, 0xff, 0x00, 0x61], "a"], ["euc-kr", [0xb0, 0xa1], "가"], ["koi8-r", [0xc1], "а"],
]) equal(new TextDecoder(label).decode(bytes(...input)), text, label);
equal(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes(0xef, 0xbb, 0xbf, 0x61)), "\ufeffa", "ignoreBOM");
for (const label of ["utf-8", "utf-16le", "shift_jis"]) {
  const decoder = new TextDecoder(label, { fatal: true });
  assert(decoder.fatal, "fatal");
  throws(() => decoder.decode(bytes(0xff, 0xff, 0xff)), (error) => error instanceof TypeError, `fatal ${label}`);
  equal(decoder.decode(bytes()), "", "a fatal decoder goes on");
}
const aligned = new Uint16Array([0x6261, 0x6463]);
equal(new TextDecoder().decode(aligned), "abcd", "other views");
equal(new TextDecoder().decode(aligned.buffer), "abcd", "buffers");
equal(new TextDecoder().decode(new DataView(aligned.buffer, 1, 2)), "bc", "data views");
equal(new TextDecoder().decode(bytes(0x61, 0x62, 0x63).subarray(1)), "bc", "parts");
equal(new TextDecoder().decode(), "", "nothing");
for (const wrong of [null, "text", 5, {}, []]) {
  throws(() => new TextDecoder().decode(wrong), (error) => error instanceof TypeError, String(wrong));
}
const long = "x".repeat(100000) + "é".repeat(1000) + "😀";
equal(new TextDecoder().decode(new TextEncoder().encode(long)) === long, true, "long texts");

// Streaming.
const stream = new TextDecoder();
let text = "";
for (const byte of new TextEncoder().encode("a€😀é")) text += stream.decode(bytes(byte), { stream: true });
equal(text + stream.decode(), "a€😀é", "one byte at a time");
const cut = new TextDecoder();
equal(cut.decode(bytes(0xe2, 0x82), { stream: true }), "", "incomplete");
equal(cut.decode(), "\ufffd", "flushed");
const sjis = new TextDecoder("shift_jis");
equal(sjis.decode(bytes(0x83), { stream: true }) + sjis.decode(bytes(0x65)), "テ", "in two parts");
const bom = new TextDecoder();
equal(bom.decode(bytes(0xef), { stream: true }) + bom.decode(bytes(0xbb, 0xbf, 0x61), { stream: true }), "a", "split mark");

// Encoding.
const encoder = new TextEncoder();
equal(encoder.encoding, "utf-8");
equal([...encoder.encode("h€\ud800x\udc00")], [0x68, 0xe2, 0x82, 0xac, 0xef, 0xbf, 0xbd, 0x78, 0xef, 0xbf, 0xbd], "surrogates");
equal([...encoder.encode("\ud83d\ude00")], [0xf0, 0x9f, 0x98, 0x80], "pairs");
equal([...encoder.encode()], [], "nothing");
equal([...encoder.encode(undefined)], [], "undefined");
equal([...encoder.encode(null)], [0x6e, 0x75, 0x6c, 0x6c], "null");
equal([...encoder.encode("\0")], [0], "zero");
assert(encoder.encode("x").buffer.byteLength === 1, "a buffer of its own");
for (const [input, room, read, written] of [
  ["abc", 3, 3, 3], ["abc", 2, 2, 2], ["abc", 0, 0, 0], ["", 4, 0, 0], ["é", 1, 0, 0], ["a€b", 3, 1, 1], ["a€b", 4, 2, 4],
  ["😀", 3, 0, 0], ["😀", 4, 2, 4], ["😀a", 4, 2, 4], ["x😀a", 6, 4, 6], ["\ud800", 3, 1, 3], ["\ud800a", 3, 1, 3], ["é".repeat(9), 7, 3, 6],
]) equal(encoder.encodeInto(input, new Uint8Array(room)), { read, written }, `${input} into ${room}`);
const target = new Uint8Array(10);
equal(encoder.encodeInto("hé", target.subarray(4)), { read: 2, written: 3 });
equal([...target], [0, 0, 0, 0, 0x68, 0xc3, 0xa9, 0, 0, 0], "at an offset");
equal(encoder.encodeInto("abcdef", target.subarray(8)), { read: 2, written: 2 });
throws(() => encoder.encodeInto("x", [1]), (error) => error instanceof TypeError, "encodeInto an array");
throws(() => encoder.encodeInto("x", new Uint16Array(1)), (error) => error instanceof TypeError, "encodeInto other views");
throws(() => TextEncoder(), (error) => error instanceof TypeError, "without new");
throws(() => TextEncoder.prototype.encode.call({}), (error) => error instanceof TypeError, "on another object");
throws(() => TextDecoder.prototype.decode.call({}), (error) => error instanceof TypeError, "on another object");
equal(Object.prototype.toString.call(encoder), "[object TextEncoder]");

// atob and btoa.
for (const [plain, coded] of [["", ""], ["a", "YQ=="], ["ab", "YWI="], ["abc", "YWJj"], ["\xff\x00", "/wA="]]) {
  equal(btoa(plain), coded);
  equal(atob(coded), plain);
}
equal(atob(" Y W\nI = "), "ab", "white space");
equal(atob("YWI"), "ab", "without padding");
equal(btoa(null), "bnVsbA==");
for (const wrong of ["YWI==", "Y", "=", "a€", "YW=I"]) {
  throws(() => atob(wrong), (error) => error.name === "InvalidCharacterError" && error.code === 5, wrong);
}
throws(() => btoa("€"), (error) => error instanceof DOMException && error.name === "InvalidCharacterError", "btoa");
console.log("done");
