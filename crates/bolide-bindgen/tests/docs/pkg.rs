// What examples in the documentation begin with: a folder to be in, with a package `pkg`. It is the crate
// tests/js/bindgen/crate with glue for the web, in which what it imports is there already.
{
    use std::fs;
    use std::path::Path;

    const HOST: &str = "globalThis.host ??= {
        note() {},
        sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
        loadText: async (name) => `text of ${name}`,
    };\n";

    let glue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/bindgen/glue/web");
    let folder = tempfile::tempdir().unwrap();
    let pkg = folder.path().join("pkg");
    fs::create_dir(&pkg).unwrap();
    let script = fs::read_to_string(glue.join("gallery.js"))
        .expect("run scripts/test, or scripts/setup and scripts/build-bindgen");
    fs::write(pkg.join("gallery.js"), HOST.to_owned() + &script).unwrap();
    fs::copy(glue.join("gallery_bg.wasm"), pkg.join("gallery_bg.wasm")).unwrap();
    fs::write(pkg.join("package.json"), r#"{ "type": "module", "main": "gallery.js" }"#).unwrap();
    std::env::set_current_dir(folder.path()).unwrap();
    folder
}
