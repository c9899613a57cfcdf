// WebAssembly.Table (JS API §5.4).

const wasm = native("wasm");
const {
  adopt, defineInterface, fail, fromAddress, isObject, requireArguments, toAddress, toEnum,
} = load("wasm/convert");
const { readAddressType } = load("wasm/memory");

const check = (value, what) => {
  if (wasm.kind(value) !== "Table") fail(`WebAssembly.Table.${what}: the receiver is not a table`);
};

const MOST = 10000000;

class Table {
  constructor(descriptor, value = undefined) {
    requireArguments(arguments.length, 1, "WebAssembly.Table()");
    if (!isObject(descriptor)) fail("WebAssembly.Table(): argument 0 must be a table descriptor");
    const is64 = readAddressType(descriptor, "WebAssembly.Table()");
    const element = descriptor.element;
    if (element === undefined) fail("WebAssembly.Table(): property 'element' is required");
    const kind = toEnum(element, ["anyfunc", "externref"], "WebAssembly.Table(): property 'element'");
    const limits = { initial: descriptor.initial, maximum: descriptor.maximum };
    if (limits.initial === undefined) fail("WebAssembly.Table(): property 'initial' is required");
    const initial = toAddress(limits.initial, is64, "WebAssembly.Table(): property 'initial'");
    const maximum = limits.maximum === undefined ? undefined
      : toAddress(limits.maximum, is64, "WebAssembly.Table(): property 'maximum'");
    if (maximum !== undefined && initial > maximum) {
      throw new RangeError(`WebAssembly.Table(): 'maximum' ${maximum} is below 'initial' ${initial}`);
    }
    if (initial > MOST) {
      throw new RangeError(`WebAssembly.Table(): 'initial' is ${initial}, but at most ${MOST} is possible`);
    }
    const table = value === undefined
      ? wasm.newTable(kind, initial, maximum, is64)
      : wasm.newTable(kind, initial, maximum, is64, value);
    return adopt(table, new.target, Table);
  }

  grow(delta, value = undefined) {
    check(this, "grow()");
    requireArguments(arguments.length, 1, "WebAssembly.Table.grow()");
    const is64 = wasm.tableIs64(this);
    const count = toAddress(delta, is64, "WebAssembly.Table.grow(): argument 0");
    const old = arguments.length < 2 ? wasm.tableGrow(this, count) : wasm.tableGrow(this, count, value);
    return fromAddress(old, is64);
  }

  set(index, value = undefined) {
    check(this, "set()");
    requireArguments(arguments.length, 1, "WebAssembly.Table.set()");
    const at = toAddress(index, wasm.tableIs64(this), "WebAssembly.Table.set(): argument 0");
    if (arguments.length < 2) wasm.tableSet(this, at);
    else wasm.tableSet(this, at, value);
  }

  get(index) {
    check(this, "get()");
    requireArguments(arguments.length, 1, "WebAssembly.Table.get()");
    const at = toAddress(index, wasm.tableIs64(this), "WebAssembly.Table.get(): argument 0");
    return wasm.tableGet(this, at);
  }

  get length() {
    check(this, "length");
    return fromAddress(wasm.tableLength(this), wasm.tableIs64(this));
  }
}
defineInterface(Table, "WebAssembly.Table");

exports.Table = Table;
