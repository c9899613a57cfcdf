// Made by `bolide build`, which overwrites it.

/** The corners of a shape. */
export declare const shape: {
  readonly CIRCLE: 0;
  readonly TRIANGLE: 3;
  readonly SQUARE: 4;
};
export type shape = (typeof shape)[keyof typeof shape];

export declare const level_t: {
  readonly LOW: -1;
  readonly HIGH: 1;
};
export type level_t = (typeof level_t)[keyof typeof level_t];

/**
 * Turns `text` into capitals.
 *
 * It is valid until the next call.
 */
export declare function shout(text: string | null): string | null;

export declare function length(text: string | null): number;

export declare function both(a: boolean, b: boolean): boolean;

export declare function int8(x: number): number;

export declare function uint8(x: number): number;

export declare function int16(x: number): number;

export declare function uint16(x: number): number;

export declare function int32(x: number): number;

export declare function uint32(x: number): number;

export declare function int64(x: bigint): bigint;

export declare function uint64(x: bigint): bigint;

export declare function float32(x: number): number;

export declare function float64(x: number): number;

export declare function with_corners(corners: number): shape;

export declare function corners(shape: shape): number;

export declare function opposite(level: level_t): level_t;

export declare function counter_new(start: number): Pointer<"counter"> | null;

export declare function counter_next(counter: Pointer<"counter"> | null): number;

export declare function counter_free(counter: Pointer<"counter"> | null): void;

export declare function sum(values: Pointer<"double"> | Float64Array | null, count: number): number;

export declare function twice(values: Pointer<"int"> | Int32Array | null, count: number): void;

export declare function fill(data: Pointer<string> | Uint8Array | null, byte: number, size: number): void;

/** Calls `visit` with each number below `count`, until it returns false. */
export declare function each(count: number, visit: ((arg0: number, arg1: string | null) => boolean) | null): number;

export declare function store(callback: ((arg0: bigint) => void) | null): void;

export declare function call_stored(value: bigint): void;

export declare function log_all(how_often: number): void;

export declare function mirrored(arg0: number, arg1: number): void;

export declare function words(function_: number, delete_: number, memory_: number): number;

declare function _2450(x: number): number;
export { _2450 as delete };

declare function _2522(): number;
export { _2522 as "two-words" };

export declare function console(x: number): number;

declare const pointee: unique symbol;

/** The address of a `Target` in the module's memory; a plain number when the program runs. */
export type Pointer<Target extends string> = number & { readonly [pointee]: Target };

/**
 * Ends the use of a function that was passed as a callback: the module must not call it any more. Until then it can be
 * called at any time, and is kept.
 */
export declare function release(callback: Function): void;

/** What the module imports. */
export interface Imports {
  "host": {
    "log": (arg0: string | null, arg1: shape, arg2: number, arg3: boolean) => void;
  };
  /** Instead of the functions for its C library that come with this module. */
  wasi_snapshot_preview1?: Record<string, Function>;
}

/** The text at a pointer of type `const char *`. */
export declare function readString(pointer: number | null): string | null;

/** The module's memory, from when the module is there. */
export declare let memory: WebAssembly.Memory;

/** Where the module comes from. */
export type InitInput = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/**
 * Loads the module: the file `types.wasm` beside this one, if nothing else is given. Everything else can be used when it
 * is there.
 *
 * @returns the module's own exports, without conversions
 */
export default function init(options: {
  module_or_path?: InitInput | Promise<InitInput>;
  imports: Imports;
}): Promise<WebAssembly.Exports>;

/** Makes the module from its bytes, at once. */
export declare function initSync(options: {
  module: BufferSource | WebAssembly.Module;
  imports: Imports;
}): WebAssembly.Exports;

export {};
