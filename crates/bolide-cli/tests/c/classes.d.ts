// Made by `bolide build`, which overwrites it.

export declare const Case: {
  readonly Lower: 0;
  readonly Upper: 1;
};
export type Case = (typeof Case)[keyof typeof Case];

/** An empty list. */
export declare function words_new(): Pointer<"Words"> | null;

export declare function words_add(words: Pointer<"Words"> | null, word: string | null): void;

/** The longest word of the list, which is not empty. */
export declare function words_longest(words: Pointer<"Words"> | null): string | null;

export declare function words_delete(words: Pointer<"Words"> | null): void;

export declare function add(a: number, b: number): number;

export declare function _Z6scaledd(x: number): number;

export declare function _Z6scaledf(x: number): number;

/** Whether a text has capitals only. */
export declare function of(text: string | null): Case;

declare const pointee: unique symbol;

/** The address of a `Target` in the module's memory; a plain number when the program runs. */
export type Pointer<Target extends string> = number & { readonly [pointee]: Target };

/** What the module imports. */
export interface Imports {
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
 * Loads the module: the file `classes.wasm` beside this one, if nothing else is given. Everything else can be used when it
 * is there.
 *
 * @returns the module's own exports, without conversions
 */
export default function init(options?: {
  module_or_path?: InitInput | Promise<InitInput>;
  imports?: Imports;
} | InitInput | Promise<InitInput>): Promise<WebAssembly.Exports>;

/** Makes the module from its bytes, at once. */
export declare function initSync(options: {
  module: BufferSource | WebAssembly.Module;
  imports?: Imports;
} | BufferSource | WebAssembly.Module): WebAssembly.Exports;

export {};
