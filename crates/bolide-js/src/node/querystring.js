// node:querystring
function escape(value) {
  const text = typeof value === "object" ? String(value) : `${value}`;
  return encodeURIComponent(text);
}

function unescapeBuffer(text) {
  const { Buffer } = load("node/buffer");
  const bytes = Buffer.from(text);
  const out = Buffer.alloc(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const pair = bytes[i] === 37 ? bytes.toString("latin1", i + 1, i + 3) : "";
    if (/^[0-9a-fA-F]{2}$/.test(pair)) {
      out[length++] = parseInt(pair, 16);
      i += 2;
    } else {
      out[length++] = bytes[i];
    }
  }
  return out.subarray(0, length);
}

function unescape(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return unescapeBuffer(text).toString();
  }
}

function primitive(value) {
  if (typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return `${value}`;
  if (typeof value === "bigint" || typeof value === "boolean") return `${value}`;
  return "";
}

function stringify(object, separator = "&", equals = "=", options) {
  if (object === null || typeof object !== "object") return "";
  const encode = options?.encodeURIComponent ?? exports.escape;
  const pairs = [];
  for (const key of Object.keys(object)) {
    const values = Array.isArray(object[key]) ? object[key] : [object[key]];
    for (const value of values) pairs.push(encode(primitive(key)) + (equals || "=") + encode(primitive(value)));
  }
  return pairs.join(separator || "&");
}

function parse(text, separator = "&", equals = "=", options) {
  const result = { __proto__: null };
  if (typeof text !== "string" || text.length === 0) return result;
  const decode = options?.decodeURIComponent ?? exports.unescape;
  const limit = typeof options?.maxKeys === "number" ? options.maxKeys : 1000;
  let parts = text.split(separator || "&");
  if (limit > 0) parts = parts.slice(0, limit);
  for (const part of parts) {
    if (part === "") continue;
    const at = part.indexOf(equals || "=");
    const plain = (piece) => decode(piece.replaceAll("+", " "));
    const key = plain(at < 0 ? part : part.slice(0, at));
    const value = at < 0 ? "" : plain(part.slice(at + (equals || "=").length));
    if (!(key in result)) result[key] = value;
    else if (Array.isArray(result[key])) result[key].push(value);
    else result[key] = [result[key], value];
  }
  return result;
}

Object.assign(exports, { escape, unescape, unescapeBuffer, stringify, parse, encode: stringify, decode: parse });
