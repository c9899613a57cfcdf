// Made by `bolide build`, which overwrites it.

export declare function print(text: string | null): void;

export declare function print_error(text: string | null): void;

export declare function print_part(text: string | null): void;

export declare function year(): number;

export declare function elapsed(): number;

export declare function has_randomness(): number;

export declare function variable(name: string | null): string | null;

export declare function open_file(path: string | null): string | null;

export declare function read_character(): number;

export declare function leave(code: number): void;

export declare function give_up(): void;

export declare function constructed(): number;

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
 * Loads the module: the file `system.wasm` beside this one, if nothing else is given. Everything else can be used when it
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
