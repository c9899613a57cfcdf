//! `@dprint/typescript`: a formatter of TypeScript with the plugin interface of dprint, version 4.

use bolide::{Engine, Linker, Store};

use super::{Guest, module};

struct Plugin(Guest<()>);

impl Plugin {
    fn new() -> Plugin {
        let engine = Engine::default();
        let module = module(&engine, "dprint_typescript");
        let linker = Linker::new(&engine);
        let mut plugin = Plugin(Guest::new(Store::new(&engine, ()), &linker, &module));
        let version: u32 = plugin.0.call("dprint_plugin_version_4", ());
        assert_eq!(version, 4);
        plugin
    }

    fn send(&mut self, text: &str) {
        let address: u32 = self.0.call("clear_shared_bytes", text.len() as u32);
        self.0.write(address, text.as_bytes());
    }

    /// The text that an export leaves behind; it returns the length.
    fn receive(&mut self, len: u32) -> String {
        let address: u32 = self.0.call("get_shared_bytes_ptr", ());
        self.0.text(address, len)
    }

    fn configure(&mut self, id: u32, config: &str) {
        self.send(config);
        self.0.call::<u32, ()>("register_config", id);
        let len: u32 = self.0.call("get_config_diagnostics", id);
        assert_eq!(self.receive(len), "[]");
    }

    /// The formatted source, `None` if nothing changes.
    fn format(&mut self, config: u32, path: &str, source: &str) -> Result<Option<String>, String> {
        self.send(path);
        self.0.call::<(), ()>("set_file_path", ());
        self.send(source);
        match self.0.call::<u32, u32>("format", config) {
            0 => Ok(None),
            1 => {
                let len: u32 = self.0.call("get_formatted_text", ());
                Ok(Some(self.receive(len)))
            }
            2 => {
                let len: u32 = self.0.call("get_error_text", ());
                Err(self.receive(len))
            }
            other => panic!("`format` returned {other}"),
        }
    }
}

#[test]
fn typescript_is_formatted() {
    let mut plugin = Plugin::new();
    let len: u32 = plugin.0.call("get_plugin_info", ());
    let info = plugin.receive(len);
    assert!(
        info.contains(r#""name":"dprint-plugin-typescript","version":"0.96.1""#),
        "{info}"
    );

    plugin.configure(1, r#"{"plugin":{},"global":{}}"#);
    let formatted = concat!(
        "const a: number = 1;\n",
        "function f(x) {\n",
        "  if (x) return { a, b: [1, 2, 3] };\n",
        "}\n",
        "class A<T> {\n",
        "  private x?: T;\n",
        "}\n",
    );
    let source = "const  a :number=1;function f( x ){if(x){return  {a,b:[1,2,3]}}}\nclass A<T>{ private  x?:T }";
    assert_eq!(
        plugin.format(1, "/a.ts", source),
        Ok(Some(formatted.to_owned()))
    );
    assert_eq!(plugin.format(1, "/a.ts", formatted), Ok(None));
    let error = concat!(
        "Unexpected token `=`. Expected yield, an identifier, [ or { at file:///a.ts:1:7\n\n",
        "  const = ;\n",
        "        ~",
    );
    assert_eq!(
        plugin.format(1, "/a.ts", "const = ;"),
        Err(error.to_owned())
    );

    plugin.configure(
        2,
        r#"{"plugin":{"indentWidth":4,"semiColons":"asi","quoteStyle":"preferSingle"},"global":{}}"#,
    );
    let source = "let s = \"x\";\nconst e = <div   a=\"1\">{s}</div>;";
    let formatted = "let s = 'x'\nconst e = <div a='1'>{s}</div>\n";
    assert_eq!(
        plugin.format(2, "/b.tsx", source),
        Ok(Some(formatted.to_owned()))
    );
    plugin.0.call::<u32, ()>("release_config", 2);
}
