// WebAssembly.Memory (JS API §5.3).

const wasm = native("wasm");
const {
  adopt, defineInterface, fail, fromAddress, isObject, requireArguments, toAddress, toEnum,
} = load("wasm/convert");

const check = (value, what) => {
  if (wasm.kind(value) !== "Memory") fail(`WebAssembly.Memory.${what}: the receiver is not a memory`);
};

// Reads the first member of a descriptor of a memory or table, in the order that Web IDL wants.
const readAddressType = (descriptor, what) => {
  const address = descriptor.address;
  return address !== undefined && toEnum(address, ["i32", "i64"], `${what}: 'address'`) === "i64";
};
exports.readAddressType = readAddressType;

class Memory {
  constructor(descriptor) {
    requireArguments(arguments.length, 1, "WebAssembly.Memory()");
    if (!isObject(descriptor)) fail("WebAssembly.Memory(): argument 0 must be a memory descriptor");
    const is64 = readAddressType(descriptor, "WebAssembly.Memory()");
    const limits = { initial: descriptor.initial, maximum: descriptor.maximum };
    const shared = !!descriptor.shared;
    if (limits.initial === undefined) fail("WebAssembly.Memory(): property 'initial' is required");
    const initial = toAddress(limits.initial, is64, "WebAssembly.Memory(): property 'initial'");
    const maximum = limits.maximum === undefined ? undefined
      : toAddress(limits.maximum, is64, "WebAssembly.Memory(): property 'maximum'");
    if (maximum !== undefined && initial > maximum) {
      throw new RangeError(`WebAssembly.Memory(): 'maximum' ${maximum} is below 'initial' ${initial}`);
    }
    const most = is64 ? 1n << 48n : 65536;
    for (const [name, pages] of [["initial", initial], ["maximum", maximum]]) {
      if (pages > most) {
        throw new RangeError(`WebAssembly.Memory(): '${name}' is ${pages} pages, but at most ${most} are possible`);
      }
    }
    if (shared && maximum === undefined) {
      fail("WebAssembly.Memory(): a shared memory needs a 'maximum'");
    }
    return adopt(wasm.newMemory(initial, maximum, shared, is64), new.target, Memory);
  }

  grow(delta) {
    check(this, "grow()");
    requireArguments(arguments.length, 1, "WebAssembly.Memory.grow()");
    const is64 = wasm.memoryIs64(this);
    const pages = toAddress(delta, is64, "WebAssembly.Memory.grow(): argument 0");
    return fromAddress(wasm.memoryGrow(this, pages), is64);
  }

  toFixedLengthBuffer() {
    check(this, "toFixedLengthBuffer()");
    return wasm.memoryFixed(this);
  }

  toResizableBuffer() {
    check(this, "toResizableBuffer()");
    return wasm.memoryResizable(this);
  }

  get buffer() {
    check(this, "buffer");
    return wasm.memoryBuffer(this);
  }
}
defineInterface(Memory, "WebAssembly.Memory");

exports.Memory = Memory;
