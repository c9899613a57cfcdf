// Cryptography. https://w3c.github.io/webcrypto/: random numbers and digests.

const {
  bufferSource, defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments,
} = load("web/webidl");
const { fillRandom, randomUUID, digest } = native("webcrypto");

const create = Symbol("create");
const QUOTA = 65536;

const integerArrays = new Set([
  "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array",
  "BigInt64Array", "BigUint64Array",
]);
const typeOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;

class SubtleCrypto {
  #brand;

  constructor(key) {
    if (key !== create) throw illegalConstructor();
  }

  async digest(algorithm, data) {
    if (!(#brand in this)) throw illegalInvocation("SubtleCrypto");
    requireArguments(arguments.length, 2, "SubtleCrypto.digest");
    const name = `${isObject(algorithm) ? algorithm.name : algorithm}`;
    const bytes = bufferSource(data, "SubtleCrypto.digest: the data");
    const result = digest(name, bytes);
    if (result === undefined) throw new DOMException(`Unrecognized algorithm name: ${name}`, "NotSupportedError");
    return result;
  }
}

const unsupported = [
  "encrypt", "decrypt", "sign", "verify", "generateKey", "deriveKey", "deriveBits", "importKey", "exportKey",
  "wrapKey", "unwrapKey",
];
for (const name of unsupported) {
  SubtleCrypto.prototype[name] = {
    async [name]() {
      throw new DOMException(`crypto.subtle.${name} is not supported, only digest is`, "NotSupportedError");
    },
  }[name];
}

const subtle = new SubtleCrypto(create);

class Crypto {
  #brand;

  constructor(key) {
    if (key !== create) throw illegalConstructor();
  }

  get subtle() {
    if (!(#brand in this)) throw illegalInvocation("Crypto");
    return subtle;
  }

  getRandomValues(array) {
    if (!(#brand in this)) throw illegalInvocation("Crypto");
    requireArguments(arguments.length, 1, "Crypto.getRandomValues");
    if (!ArrayBuffer.isView(array) || !integerArrays.has(typeOf.call(array))) {
      throw new DOMException("The data argument must be an integer-type TypedArray", "TypeMismatchError");
    }
    if (array.byteLength > QUOTA) {
      throw new DOMException(`The requested length exceeds ${QUOTA} bytes`, "QuotaExceededError");
    }
    fillRandom(array);
    return array;
  }

  randomUUID() {
    if (!(#brand in this)) throw illegalInvocation("Crypto");
    return randomUUID();
  }
}

defineInterface(Crypto);
defineInterface(SubtleCrypto);

Object.assign(exports, { Crypto, SubtleCrypto, crypto: new Crypto(create) });
