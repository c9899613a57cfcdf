//! Where a module comes from and what it is made for, as far as its imports, exports and custom sections show it.

use bolide_module::Module;

/// What a module is made for, in words for a page; what is more specific comes first.
pub(super) fn origin(module: &Module) -> Vec<&'static str> {
    let section = |name: &str| module.custom_section(name).is_some();
    let imports = |test: &dyn Fn(&str, &str) -> bool| {
        let mut imports = module.imports.iter();
        imports.any(|import| test(&import.module, &import.name))
    };
    let from = |prefix: &str| imports(&|module, _| module.starts_with(prefix));
    let export = |name: &str| module.export(name).is_some();
    let made_by = |name: &str| module.producers().iter().any(|p| p.name == name);

    let emscripten = imports(&|module, name| {
        matches!(module, "env" | "a")
            && (name.starts_with("emscripten_") || name.starts_with("_emscripten_"))
    });
    let facts = [
        (
            "wasm-bindgen",
            made_by("wasm-bindgen")
                || section("__wasm_bindgen_unstable")
                || from("__wbindgen")
                || imports(&|_, name| {
                    name.starts_with("__wbg_") || name.starts_with("__wbindgen_")
                }),
        ),
        ("Emscripten", emscripten || section("emscripten_metadata")),
        ("TinyGo", made_by("TinyGo")),
        ("Go", section("go:buildid") || from("gojs") || made_by("Go")),
        (
            "AssemblyScript",
            export("__new") && export("__pin") && export("__rtti_base"),
        ),
        ("shared library (dylink)", section("dylink.0")),
        ("WASI preview 1", from("wasi_snapshot_preview1")),
        ("WASI unstable", from("wasi_unstable")),
    ];
    let facts = facts.into_iter().filter(|(_, holds)| *holds);
    facts.map(|(what, _)| what).collect()
}
