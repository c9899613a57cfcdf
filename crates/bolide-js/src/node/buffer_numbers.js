// read* and write* of Buffer.
const { make, invalidArgType, outOfRange } = load("node/errors");

const float32 = new Float32Array(1);
const float32Bytes = new Uint8Array(float32.buffer);
const float64 = new Float64Array(1);
const float64Bytes = new Uint8Array(float64.buffer);

function badOffset(offset, last) {
  if (typeof offset !== "number") return invalidArgType("offset", "number", offset);
  if (!Number.isInteger(offset)) return outOfRange("offset", "an integer", offset);
  if (last < 0) return make(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", "Attempt to access memory outside buffer bounds");
  return outOfRange("offset", `>= 0 and <= ${last}`, offset);
}

function checkOffset(buffer, offset, size) {
  const last = buffer.length - size;
  if (!(Number.isInteger(offset) && offset >= 0 && offset <= last)) throw badOffset(offset, last);
}

function readUnsigned(buffer, offset, size, little) {
  checkOffset(buffer, offset, size);
  let value = 0;
  if (little) for (let i = size - 1; i >= 0; i--) value = value * 256 + buffer[offset + i];
  else for (let i = 0; i < size; i++) value = value * 256 + buffer[offset + i];
  return value;
}

function readSigned(buffer, offset, size, little) {
  const value = readUnsigned(buffer, offset, size, little);
  const half = 2 ** (size * 8 - 1);
  return value >= half ? value - half * 2 : value;
}

function rangeText(min, max, size) {
  if (size <= 4) return `>= ${min} and <= ${max}`;
  const bits = size * 8;
  return min === 0 ? `>= 0 and < 2 ** ${bits}` : `>= -(2 ** ${bits - 1}) and < 2 ** ${bits - 1}`;
}

function put(buffer, value, offset, size, little) {
  let rest = value;
  for (let i = 0; i < size; i++) {
    const byte = rest % 256;
    buffer[offset + (little ? i : size - 1 - i)] = byte;
    rest = (rest - byte) / 256;
  }
  return offset + size;
}

function writeInteger(buffer, value, offset, size, little, signed) {
  const number = +value;
  const min = signed ? -(2 ** (size * 8 - 1)) : 0;
  const max = signed ? 2 ** (size * 8 - 1) - 1 : 2 ** (size * 8) - 1;
  if (number < min || number > max) throw outOfRange("value", rangeText(min, max, size), value);
  checkOffset(buffer, offset, size);
  const whole = Math.trunc(number) || 0;
  return put(buffer, whole < 0 ? whole + 2 ** (size * 8) : whole, offset, size, little);
}

function readBig(buffer, offset, little, signed) {
  checkOffset(buffer, offset, 8);
  const first = BigInt(readUnsigned(buffer, offset, 4, little));
  const second = BigInt(readUnsigned(buffer, offset + 4, 4, little));
  const value = little ? (second << 32n) | first : (first << 32n) | second;
  return signed ? BigInt.asIntN(64, value) : value;
}

function writeBig(buffer, value, offset, little, signed) {
  if (typeof value !== "bigint") throw invalidArgType("value", "bigint", value);
  const fits = signed ? BigInt.asIntN(64, value) === value : BigInt.asUintN(64, value) === value;
  if (!fits) {
    const range = signed ? ">= -(2n ** 63n) and < 2n ** 63n" : ">= 0n and < 2n ** 64n";
    throw outOfRange("value", range, value);
  }
  checkOffset(buffer, offset, 8);
  const bits = BigInt.asUintN(64, value);
  const low = Number(bits & 0xffffffffn);
  const high = Number(bits >> 32n);
  put(buffer, little ? low : high, offset, 4, little);
  return put(buffer, little ? high : low, offset + 4, 4, little);
}

function readFloat(buffer, offset, cell, cellBytes, little) {
  const size = cellBytes.length;
  checkOffset(buffer, offset, size);
  for (let i = 0; i < size; i++) cellBytes[little ? i : size - 1 - i] = buffer[offset + i];
  return cell[0];
}

function writeFloat(buffer, value, offset, cell, cellBytes, little) {
  const size = cellBytes.length;
  checkOffset(buffer, offset, size);
  cell[0] = value;
  for (let i = 0; i < size; i++) buffer[offset + i] = cellBytes[little ? i : size - 1 - i];
  return offset + size;
}

function checkByteLength(size) {
  if (typeof size !== "number") throw invalidArgType("byteLength", "number", size);
  if (!Number.isInteger(size)) throw outOfRange("byteLength", "an integer", size);
  if (size < 1 || size > 6) throw outOfRange("byteLength", ">= 1 and <= 6", size);
}

function needOffset(offset) {
  if (offset === undefined) throw invalidArgType("offset", "number", offset);
}

function* integers(little, end) {
  for (const size of [1, 2, 4]) {
    if (size === 1 && !little) continue;
    const suffix = size === 1 ? "8" : `${size * 8}${end}`;
    yield [`readUInt${suffix}`, function (offset = 0) { return readUnsigned(this, offset, size, little); }];
    yield [`readInt${suffix}`, function (offset = 0) { return readSigned(this, offset, size, little); }];
    yield [`writeUInt${suffix}`, function (value, offset = 0) { return writeInteger(this, value, offset, size, little, false); }];
    yield [`writeInt${suffix}`, function (value, offset = 0) { return writeInteger(this, value, offset, size, little, true); }];
  }
  for (const [name, read, signed] of [["UInt", readUnsigned, false], ["Int", readSigned, true]]) {
    yield [`read${name}${end}`, function (offset, byteLength) {
      needOffset(offset);
      checkByteLength(byteLength);
      return read(this, offset, byteLength, little);
    }];
    yield [`write${name}${end}`, function (value, offset, byteLength) {
      checkByteLength(byteLength);
      return writeInteger(this, value, offset, byteLength, little, signed);
    }];
  }
}

function* wides(little, end) {
  yield [`readBigUInt64${end}`, function (offset = 0) { return readBig(this, offset, little, false); }];
  yield [`readBigInt64${end}`, function (offset = 0) { return readBig(this, offset, little, true); }];
  yield [`writeBigUInt64${end}`, function (value, offset = 0) { return writeBig(this, value, offset, little, false); }];
  yield [`writeBigInt64${end}`, function (value, offset = 0) { return writeBig(this, value, offset, little, true); }];
  yield [`readFloat${end}`, function (offset = 0) { return readFloat(this, offset, float32, float32Bytes, little); }];
  yield [`readDouble${end}`, function (offset = 0) { return readFloat(this, offset, float64, float64Bytes, little); }];
  yield [`writeFloat${end}`, function (value, offset = 0) { return writeFloat(this, value, offset, float32, float32Bytes, little); }];
  yield [`writeDouble${end}`, function (value, offset = 0) { return writeFloat(this, value, offset, float64, float64Bytes, little); }];
}

exports.define = (prototype) => {
  for (const [little, end] of [[true, "LE"], [false, "BE"]]) {
    for (const entries of [integers(little, end), wides(little, end)]) {
      for (const [name, value] of entries) {
        Object.defineProperty(value, "name", { value: name, configurable: true });
        const property = { value, writable: true, enumerable: true, configurable: true };
        Object.defineProperty(prototype, name, property);
        if (name.includes("UInt")) Object.defineProperty(prototype, name.replace("UInt", "Uint"), property);
      }
    }
  }
};
