// Makes WebAssembly modules byte by byte, in the binary format of the core specification.

/** Value types, as the bytes that encode them. */
export const i32 = 0x7f;
export const i64 = 0x7e;
export const f32 = 0x7d;
export const f64 = 0x7c;
export const v128 = 0x7b;
export const funcref = 0x70;
export const externref = 0x6f;
export const anyref = 0x6e;
export const eqref = 0x6d;
export const i31ref = 0x6c;
export const structref = 0x6b;
export const arrayref = 0x6a;
export const exnref = 0x69;
export const nullref = 0x71;
export const nullexternref = 0x72;
export const nullfuncref = 0x73;
export const nullexnref = 0x74;

/** `(ref heap)` and `(ref null heap)`; `heap` is a type index or an abstract type such as `externref`. */
export const ref = (heap) => [0x64, heapType(heap)];
export const refNull = (heap) => [0x63, heapType(heap)];
/** The heap type with this type index, where one of the abstract types could stand. */
export const typeIndex = (index) => ({ index });

const heapType = (heap) => (typeof heap === "object" ? signed(heap.index) : heap);

/** LEB128. */
export function unsigned(value) {
  let rest = BigInt(value);
  const bytes = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return bytes;
}

export function signed(value) {
  let rest = BigInt(value);
  const bytes = [];
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)) {
      bytes.push(low);
      return bytes;
    }
    bytes.push(low | 0x80);
  }
}

function floatBytes(width, value) {
  const view = new DataView(new ArrayBuffer(width));
  if (width === 4) {
    view.setFloat32(0, value, true);
  } else {
    view.setFloat64(0, value, true);
  }
  return [...new Uint8Array(view.buffer)];
}

/** UTF-8, for text in which every surrogate has its pair. */
export function utf8(text) {
  return [...text].flatMap((character) => {
    const code = character.codePointAt(0);
    const tail = (shift) => 0x80 | ((code >> shift) & 0x3f);
    if (code < 0x80) return [code];
    if (code < 0x800) return [0xc0 | (code >> 6), tail(0)];
    if (code < 0x10000) return [0xe0 | (code >> 12), tail(6), tail(0)];
    return [0xf0 | (code >> 18), tail(12), tail(6), tail(0)];
  });
}

const vector = (items) => [unsigned(items.length), items];
const name = (text) => {
  const bytes = utf8(text);
  return [unsigned(bytes.length), bytes];
};
const section = (id, content) => {
  const bytes = content.flat(Infinity);
  return [id, unsigned(bytes.length), bytes];
};

/** Instructions; those with immediates are functions. */
export const op = {
  unreachable: 0x00,
  nop: 0x01,
  block: (type, ...body) => [0x02, type, body, 0x0b],
  loop: (type, ...body) => [0x03, type, body, 0x0b],
  if: (type, then, otherwise) => [0x04, type, then, otherwise ? [0x05, otherwise] : [], 0x0b],
  /** `try_table` with clauses made by `catch_`, `catchRef`, `catchAll` and `catchAllRef`. */
  tryTable: (type, clauses, ...body) => [0x1f, type, vector(clauses), body, 0x0b],
  catch_: (tag, label) => [0x00, unsigned(tag), unsigned(label)],
  catchRef: (tag, label) => [0x01, unsigned(tag), unsigned(label)],
  catchAll: (label) => [0x02, unsigned(label)],
  catchAllRef: (label) => [0x03, unsigned(label)],
  throw: (tag) => [0x08, unsigned(tag)],
  throwRef: 0x0a,
  br: (label) => [0x0c, unsigned(label)],
  brIf: (label) => [0x0d, unsigned(label)],
  return: 0x0f,
  call: (index) => [0x10, unsigned(index)],
  callIndirect: (type, table = 0) => [0x11, unsigned(type), unsigned(table)],
  drop: 0x1a,
  localGet: (index) => [0x20, unsigned(index)],
  localSet: (index) => [0x21, unsigned(index)],
  localTee: (index) => [0x22, unsigned(index)],
  globalGet: (index) => [0x23, unsigned(index)],
  globalSet: (index) => [0x24, unsigned(index)],
  tableGet: (table) => [0x25, unsigned(table)],
  tableSet: (table) => [0x26, unsigned(table)],
  tableGrow: (table) => [0xfc, unsigned(15), unsigned(table)],
  tableSize: (table) => [0xfc, unsigned(16), unsigned(table)],
  i32Load: (offset = 0) => [0x28, 2, unsigned(offset)],
  i32Load8U: (offset = 0) => [0x2d, 0, unsigned(offset)],
  i32Store: (offset = 0) => [0x36, 2, unsigned(offset)],
  i32Store8: (offset = 0) => [0x3a, 0, unsigned(offset)],
  memorySize: [0x3f, 0],
  memoryGrow: [0x40, 0],
  i32Const: (value) => [0x41, signed(value | 0)],
  i64Const: (value) => [0x42, signed(BigInt.asIntN(64, BigInt(value)))],
  f32Const: (value) => [0x43, floatBytes(4, value)],
  f64Const: (value) => [0x44, floatBytes(8, value)],
  i32Eqz: 0x45,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32DivS: 0x6d,
  i64Add: 0x7c,
  f64Add: 0xa0,
  i32ReinterpretF32: 0xbc,
  i64ReinterpretF64: 0xbd,
  f32ReinterpretI32: 0xbe,
  f64ReinterpretI64: 0xbf,
  refNull: (heap) => [0xd0, heapType(heap)],
  refIsNull: 0xd1,
  refFunc: (index) => [0xd2, unsigned(index)],
  refAsNonNull: 0xd4,
  refI31: [0xfb, 28],
  i31GetS: [0xfb, 29],
  i31GetU: [0xfb, 30],
  structNew: (type) => [0xfb, 0, unsigned(type)],
  structGet: (type, field) => [0xfb, 2, unsigned(type), unsigned(field)],
  arrayNew: (type) => [0xfb, 6, unsigned(type)],
  arrayNewDefault: (type) => [0xfb, 7, unsigned(type)],
  arrayGetU: (type) => [0xfb, 13, unsigned(type)],
  arraySet: (type) => [0xfb, 14, unsigned(type)],
  arrayLen: [0xfb, 15],
  anyConvertExtern: [0xfb, 26],
  externConvertAny: [0xfb, 27],
  v128Const: (bytes) => [0xfd, 12, bytes],
};

/** The type of a block without parameters and results. */
export const empty = 0x40;

const kinds = { func: 0, table: 1, memory: 2, global: 3, tag: 4 };

/** Flags and bounds, for memories and tables. */
function limits({ min = 0, max, shared = false, address = "i32" }) {
  const flags = (max === undefined ? 0 : 1) | (shared ? 2 : 0) | (address === "i64" ? 4 : 0);
  return [flags, unsigned(min), max === undefined ? [] : unsigned(max)];
}

const zero = new Map([
  [i32, op.i32Const(0)],
  [i64, op.i64Const(0)],
  [f32, op.f32Const(0)],
  [f64, op.f64Const(0)],
  [v128, op.v128Const(new Array(16).fill(0))],
]);

/**
 * Collects the parts of a module. Every method that adds something with an index returns the index;
 * imports of a kind come before its definitions. `export` in a description exports it by that name.
 */
export class ModuleBuilder {
  #types = [];
  #imports = [];
  #counts = { func: 0, table: 0, memory: 0, global: 0, tag: 0 };
  #functions = [];
  #tables = [];
  #memories = [];
  #tags = [];
  #globals = [];
  #exports = [];
  #start = [];
  #elements = [];
  #data = [];
  #customs = [];

  /** Adds a function type. */
  type(params = [], results = []) {
    return this.#types.push([0x60, vector(params), vector(results)]) - 1;
  }

  /** Adds a struct type whose fields are `[valueType, isMutable]`. */
  structType(fields) {
    return this.#types.push([0x5f, vector(fields.map(([type, isMutable]) => [type, isMutable ? 1 : 0]))]) - 1;
  }

  /** Adds an array type; the packed types i8 and i16 are 0x78 and 0x77. */
  arrayType(element, isMutable = true) {
    return this.#types.push([0x5e, element, isMutable ? 1 : 0]) - 1;
  }

  #add(kind, description) {
    const index = this.#counts[kind]++;
    if (description.export !== undefined) {
      this.exportAs(description.export, kind, index);
    }
    return index;
  }

  #functionType({ type, params = [], results = [] }) {
    return unsigned(type ?? this.type(params, results));
  }

  #externType(kind, description) {
    switch (kind) {
      case "func":
        return this.#functionType(description);
      case "table":
        return [description.element ?? funcref, limits(description)];
      case "memory":
        return limits(description);
      case "global":
        return [description.type, description.mutable ? 1 : 0];
      default:
        return [0, this.#functionType(description)];
    }
  }

  /** Adds an import; `kind` is func, table, memory, global or tag. */
  import(module, field, kind, description = {}) {
    this.#imports.push([name(module), name(field), kinds[kind], this.#externType(kind, description)]);
    return this.#add(kind, description);
  }

  /** Adds a function `{params, results, locals, body, export}`, or with `type` instead of the first two. */
  func(description = {}) {
    const { locals = [], body = [] } = description;
    const code = [vector(locals.map((local) => [1, local])), body, 0x0b].flat(Infinity);
    this.#functions.push({ type: this.#functionType(description), code: [unsigned(code.length), code] });
    return this.#add("func", description);
  }

  /** Adds a table `{element, min, max, address, init, export}`. */
  table(description = {}) {
    const type = this.#externType("table", description);
    this.#tables.push(description.init ? [0x40, 0x00, type, description.init, 0x0b] : type);
    return this.#add("table", description);
  }

  /** Adds a memory `{min, max, shared, address, export}`. */
  memory(description = {}) {
    this.#memories.push(limits(description));
    return this.#add("memory", description);
  }

  /** Adds a global `{type, mutable, init, export}`; numbers are 0 if `init` is not given. */
  global(description) {
    this.#globals.push([this.#externType("global", description), description.init ?? zero.get(description.type), 0x0b]);
    return this.#add("global", description);
  }

  /** Adds a tag `{params, export}`. */
  tag(description = {}) {
    this.#tags.push(this.#externType("tag", description));
    return this.#add("tag", description);
  }

  exportAs(field, kind, index) {
    this.#exports.push([name(field), kinds[kind], unsigned(index)]);
    return this;
  }

  start(index) {
    this.#start = unsigned(index);
    return this;
  }

  /** Adds an active element segment of functions to table 0. */
  elements(offset, indices) {
    this.#elements.push([0x00, op.i32Const(offset), 0x0b, vector(indices.map(unsigned))]);
    return this;
  }

  /** Declares functions that `ref.func` may name. */
  declare(...indices) {
    this.#elements.push([0x03, 0x00, vector(indices.map(unsigned))]);
    return this;
  }

  /** Adds an active data segment to memory 0. */
  data(offset, bytes) {
    this.#data.push([0x00, op.i32Const(offset), 0x0b, vector([...bytes])]);
    return this;
  }

  /** Adds a custom section at the end. */
  custom(sectionName, bytes = []) {
    this.#customs.push([name(sectionName), [...bytes]]);
    return this;
  }

  bytes() {
    const list = (id, items) => (items.length > 0 ? section(id, vector(items)) : []);
    return new Uint8Array([
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      list(1, this.#types),
      list(2, this.#imports),
      list(3, this.#functions.map(({ type }) => type)),
      list(4, this.#tables),
      list(5, this.#memories),
      list(13, this.#tags),
      list(6, this.#globals),
      list(7, this.#exports),
      this.#start.length > 0 ? section(8, this.#start) : [],
      list(9, this.#elements),
      list(10, this.#functions.map(({ code }) => code)),
      list(11, this.#data),
      this.#customs.map((content) => section(0, content)),
    ].flat(Infinity));
  }

  module() {
    return new WebAssembly.Module(this.bytes());
  }

  /** Instantiates the module and returns its exports. */
  exports(imports = {}) {
    return new WebAssembly.Instance(this.module(), imports).exports;
  }
}

/** The bytes of the smallest module. */
export const emptyModule = new ModuleBuilder().bytes();

/** An exported function with this type and body. */
export function wasmFunction(params, results, body) {
  const builder = new ModuleBuilder();
  builder.func({ params, results, body, export: "f" });
  return builder.exports().f;
}
