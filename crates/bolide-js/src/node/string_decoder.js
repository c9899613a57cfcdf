// node:string_decoder
const { Buffer, canonicalEncoding } = load("node/buffer");
const { make, invalidArgType } = load("node/errors");

// How many bytes at the end belong to a character that goes on.
function incomplete(encoding, bytes) {
  const { length } = bytes;
  if (encoding === "base64" || encoding === "base64url") return length % 3;
  if (encoding === "utf16le") {
    const odd = length % 2;
    const high = length - odd >= 2 ? bytes[length - odd - 1] : 0;
    return odd + (high >= 0xd8 && high <= 0xdb ? 2 : 0);
  }
  if (encoding !== "utf8") return 0;
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const size = byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xc2 && byte < 0xe0 ? 2 : 1;
    if (size <= back) return 0;
    return validStart(bytes.subarray(length - back)) ? back : 0;
  }
  return 0;
}

// Whether bytes can be the beginning of a character: a second byte may rule that out.
function validStart([first, second]) {
  if (second === undefined) return true;
  if (first === 0xe0) return second >= 0xa0;
  if (first === 0xed) return second < 0xa0;
  if (first === 0xf0) return second >= 0x90;
  if (first === 0xf4) return second < 0x90;
  return true;
}

function StringDecoder(encoding) {
  const name = encoding === undefined || encoding === null ? "utf8" : canonicalEncoding(encoding);
  if (name === undefined) throw make(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
  this.encoding = name;
  Object.defineProperty(this, "rest", { value: Buffer.alloc(0), writable: true });
}

StringDecoder.prototype.write = function write(data) {
  if (typeof data === "string") return data;
  if (!ArrayBuffer.isView(data)) throw invalidArgType("buf", ["Buffer", "TypedArray", "DataView"], data);
  let bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (this.rest.length > 0) bytes = Buffer.concat([this.rest, bytes]);
  const keep = incomplete(this.encoding, bytes);
  this.rest = keep > 0 ? Buffer.from(bytes.subarray(bytes.length - keep)) : bytes.subarray(0, 0);
  return bytes.subarray(0, bytes.length - keep).toString(this.encoding);
};

StringDecoder.prototype.end = function end(data) {
  let text = data === undefined ? "" : this.write(data);
  if (this.rest.length > 0) {
    const rest = this.encoding === "utf16le" ? this.rest.subarray(0, this.rest.length & ~1) : this.rest;
    text += rest.toString(this.encoding);
    this.rest = Buffer.alloc(0);
  }
  return text;
};

StringDecoder.prototype.text = function text(data, offset) {
  this.rest = Buffer.alloc(0);
  return this.write(data.subarray(offset));
};

Object.defineProperties(StringDecoder.prototype, {
  lastChar: { get() { return this.rest; } },
  lastNeed: {
    get() {
      if (this.rest.length === 0) return 0;
      if (this.encoding === "utf16le") return this.rest.length === 1 ? 1 : 2;
      if (this.encoding !== "utf8") return 3 - this.rest.length;
      const [first] = this.rest;
      return (first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2) - this.rest.length;
    },
  },
  lastTotal: { get() { return this.rest.length + this.lastNeed; } },
});

exports.StringDecoder = StringDecoder;
