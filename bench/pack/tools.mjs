// What `run.mjs` compares with, and the compiler that all contestants use: installed once, below .cache/tools/pack-bench.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

export const VERSIONS = { pack: "0.15.1", bindgen: "0.2.130", binaryen: "132.0.0" };

const TARGET = "wasm32-unknown-unknown";

function run(program, args, options = {}) {
  const result = spawnSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], ...options });
  if (result.status !== 0) {
    console.error(`bench/pack: ${program} ${args.join(" ")} failed ${result.error ?? ""}`);
    process.exit(1);
  }
  return result.stdout.trim();
}

/** wasm-pack and wasm-bindgen from crates.io, and wasm-opt from npm. */
export function tools(root) {
  const folder = path.join(root, ".cache/tools/pack-bench");
  const bin = path.join(folder, "bin");
  const npm = path.join(folder, "npm");
  const npmBin = path.join(npm, "node_modules/.bin");
  mkdirSync(npm, { recursive: true });
  const install = (name, ...args) => {
    // Not in the tree, whose toolchain file would choose the compiler.
    run("cargo", ["install", "--root", folder, ...args, name], { cwd: os.tmpdir() });
  };
  if (!existsSync(path.join(bin, "wasm-pack"))) install(`wasm-pack@${VERSIONS.pack}`, "--locked");
  // Without its lock file, which asks for a version of a dependency that is not to be had everywhere.
  if (!existsSync(path.join(bin, "wasm-bindgen"))) install(`wasm-bindgen-cli@${VERSIONS.bindgen}`);
  if (!existsSync(path.join(npmBin, "wasm-opt"))) {
    run("npm", ["install", "--prefix", npm, "--no-audit", "--no-fund", `binaryen@${VERSIONS.binaryen}`]);
  }
  return { folder, bin, npmBin };
}

/**
 * The compiler that `scripts/setup rust` installed, with a standard library for the target in its sysroot: as rustup would
 * have it. So neither tool builds the standard library, and wasm-pack needs no options that it is not made for.
 */
export function toolchain(root, folder) {
  const program = (name) => {
    const link = path.join(root, ".cache/tools", name);
    if (existsSync(link)) return link;
    console.error(`bench/pack: ${link} is missing: run scripts/setup rust`);
    return process.exit(1);
  };
  const [cargo, rustc, linker] = ["web-cargo", "web-rustc", "wasm-ld"].map(program);
  const made = path.join(realpathSync(folder), "toolchain");
  const bin = path.join(made, "bin");
  if (existsSync(path.join(bin, "rustc"))) return { bin, linker };

  rmSync(made, { recursive: true, force: true });
  const real = path.join(run(rustc, ["--print", "sysroot"]), "lib/rustlib");
  const host = run(rustc, ["-vV"]).match(/host: (.*)/)[1];
  const libraries = path.join(made, "sysroot/lib/rustlib");
  const own = path.join(libraries, TARGET, "lib");
  mkdirSync(own, { recursive: true });
  mkdirSync(bin, { recursive: true });
  symlinkSync(path.join(real, host), path.join(libraries, host));
  const empty = path.join(made, "empty");
  mkdirSync(path.join(empty, "src"), { recursive: true });
  writeFileSync(path.join(empty, "Cargo.toml"), '[package]\nname = "empty"\nedition = "2024"\n\n[workspace]\n');
  writeFileSync(path.join(empty, "src/lib.rs"), "");
  // With what link-time optimization needs, as in the libraries that rustup installs.
  const RUSTFLAGS = "-Cembed-bitcode=yes";
  const env = { ...process.env, RUSTC: rustc, RUSTC_BOOTSTRAP: "1", RUSTFLAGS, CARGO_TARGET_DIR: path.join(empty, "target") };
  run(cargo, ["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort"], { cwd: empty, env });
  const built = path.join(empty, "target", TARGET, "release/deps");
  for (const file of readdirSync(built).filter((name) => name.endsWith(".rlib") && !name.startsWith("libempty"))) {
    cpSync(path.join(built, file), path.join(own, file));
  }
  rmSync(empty, { recursive: true });
  symlinkSync(cargo, path.join(bin, "cargo"));
  const wrapper = path.join(bin, "rustc");
  writeFileSync(wrapper, `#!/bin/sh\nexec ${rustc} --sysroot '${path.join(made, "sysroot")}' "$@"\n`);
  chmodSync(wrapper, 0o755);
  return { bin, linker };
}
