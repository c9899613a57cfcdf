use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use bolide::{Engine, Instance, Linker, Memory, Module, Store, TypedFunc, WasmParams, WasmResults};

mod dprint;
mod ruby;
mod zig_fmt;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join(".cache/modules");
    let names = ["zig_fmt", "dprint_typescript", "ruby", "ruby_stdlib"];
    if !names
        .iter()
        .all(|name| folder.join(name).with_extension("wasm").exists())
    {
        let setup = Command::new(root.join("scripts/setup")).arg("npm").status();
        let setup = setup.expect("scripts/setup can be started");
        assert!(
            setup.success(),
            "scripts/setup npm failed; its message is above"
        );
    }
    folder
});

/// A module that setup installed.
fn module(engine: &Engine, name: &str) -> Module {
    let file = FOLDER.join(name).with_extension("wasm");
    Module::from_file(engine, file).expect("a valid module")
}

/// An instance that exports its memory as `memory`.
struct Guest<T: 'static> {
    store: Store<T>,
    instance: Instance,
    memory: Memory,
}

impl<T> Guest<T> {
    fn new(mut store: Store<T>, linker: &Linker<T>, module: &Module) -> Guest<T> {
        let instance = linker.instantiate(&mut store, module);
        let instance = instance.expect("all imports are defined");
        let memory = instance.get_memory(&mut store, "memory");
        Guest {
            memory: memory.expect("the memory is exported"),
            store,
            instance,
        }
    }

    fn func<P: WasmParams, R: WasmResults>(&mut self, name: &str) -> TypedFunc<P, R> {
        let func = self.instance.get_typed_func(&mut self.store, name);
        func.unwrap_or_else(|error| panic!("{name}: {error:#}"))
    }

    fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, params: P) -> R {
        let func = self.func::<P, R>(name);
        let result = func.call(&mut self.store, params);
        result.unwrap_or_else(|error| panic!("{name}: {error:?}"))
    }

    fn write(&mut self, address: u32, bytes: &[u8]) {
        let memory = self.memory.data_mut(&mut self.store);
        memory[address as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    fn read(&self, address: u32, len: u32) -> &[u8] {
        &self.memory.data(&self.store)[address as usize..][..len as usize]
    }

    fn text(&self, address: u32, len: u32) -> String {
        let bytes = self.read(address, len).to_vec();
        String::from_utf8(bytes).expect("text is UTF-8")
    }

    fn u32(&self, address: u32) -> u32 {
        let bytes = self.read(address, 4).try_into();
        u32::from_le_bytes(bytes.expect("4 bytes"))
    }
}
