//! `@ruby/3.4-wasm-wasi`: Ruby 3.4 as a WASI reactor, with and without its standard library.
//!
//! Besides WASI it imports functions for handles of Ruby values, which are defined here, and
//! for JavaScript values, which trap: only `require "js"` calls them.

use bolide::{Config, Engine, Linker, Store};
use bolide_wasi::pipe::MemoryOutputPipe;
use bolide_wasi::{WasiCtx, WasiCtxBuilder};

use super::{Guest, module};

struct Host {
    wasi: WasiCtx,
    /// Ruby values by handle.
    handles: Vec<Option<u32>>,
}

impl Host {
    fn insert(&mut self, value: u32) -> u32 {
        let free = self.handles.iter().position(Option::is_none);
        let index = free.unwrap_or_else(|| {
            self.handles.push(None);
            self.handles.len() - 1
        });
        self.handles[index] = Some(value);
        index as u32
    }

    fn get(&self, handle: u32) -> bolide::Result<u32> {
        let value = self.handles.get(handle as usize).copied().flatten();
        value.ok_or_else(|| bolide::format_err!("no Ruby value has the handle {handle}"))
    }

    fn take(&mut self, handle: u32) -> u32 {
        let value = self.get(handle).expect("a handle that Ruby returned");
        self.handles[handle as usize] = None;
        value
    }
}

fn linker(engine: &Engine) -> Linker<Host> {
    let mut linker = Linker::new(engine);
    let defined = bolide_wasi::add_to_linker(&mut linker, |host: &mut Host| &mut host.wasi)
        .and_then(|()| {
            let module = "canonical_abi";
            linker.func_wrap(
                module,
                "resource_new_rb-abi-value",
                |mut caller: bolide::Caller<'_, Host>, value: u32| caller.data_mut().insert(value),
            )?;
            linker.func_wrap(
                module,
                "resource_get_rb-abi-value",
                |caller: bolide::Caller<'_, Host>, handle: u32| caller.data().get(handle),
            )?;
            linker.func_wrap(module, "resource_drop_js-abi-value", |_handle: u32| {})?;
            Ok(())
        });
    defined.expect("nothing is defined twice");
    linker
}

struct Ruby {
    guest: Guest<Host>,
    stdout: MemoryOutputPipe,
    stderr: MemoryOutputPipe,
}

impl Ruby {
    fn start(name: &str) -> Ruby {
        let engine = Engine::new(Config::new().max_wasm_stack(8 << 20)).expect("valid");
        let module = module(&engine, name);
        let mut linker = linker(&engine);
        let rest = linker.define_unknown_imports_as_traps(&module);
        rest.expect("all imports are functions");
        let (stdout, stderr) = (
            MemoryOutputPipe::new(1 << 20),
            MemoryOutputPipe::new(1 << 20),
        );
        let wasi = WasiCtxBuilder::new()
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .build();
        let host = Host {
            wasi,
            handles: Vec::new(),
        };
        let mut ruby = Ruby {
            guest: Guest::new(Store::new(&engine, host), &linker, &module),
            stdout,
            stderr,
        };
        ruby.guest.call::<(), ()>("_initialize", ());
        ruby.initialize(&["ruby.wasm", "--disable=gems", "-EUTF-8", "-e_=0"]);
        ruby
    }

    fn initialize(&mut self, arguments: &[&str]) {
        let size = arguments.len() as u32 * 8;
        let list: u32 = self.guest.call("cabi_realloc", (0, 0, 4, size));
        for (i, argument) in arguments.iter().enumerate() {
            let (address, len) = self.string(argument);
            let pair = [address.to_le_bytes(), len.to_le_bytes()].concat();
            self.guest.write(list + i as u32 * 8, &pair);
        }
        let init = "ruby-init: func(args: list<string>) -> ()";
        self.guest
            .call::<_, ()>(init, (list, arguments.len() as u32));
    }

    /// Gives Ruby a string; the NUL at its end counts.
    fn string(&mut self, text: &str) -> (u32, u32) {
        let bytes = [text.as_bytes(), b"\0"].concat();
        let len = bytes.len() as u32;
        let address: u32 = self.guest.call("cabi_realloc", (0, 0, 1, len));
        self.guest.write(address, &bytes);
        (address, len)
    }

    /// Reads a pair of a handle and a state, and exchanges the handle for its value.
    fn pair(&mut self, address: u32) -> (u32, u32) {
        let (handle, state) = (self.guest.u32(address), self.guest.u32(address + 4));
        (self.guest.store.data_mut().take(handle), state)
    }

    /// Evaluates a program: the result's `to_s`, or the message of what it raised.
    fn evaluate(&mut self, program: &str) -> Result<String, String> {
        let program = self.string(program);
        let name = "rb-eval-string-protect: func(str: string) -> tuple<handle<rb-abi-value>, s32>";
        let result: u32 = self.guest.call(name, program);
        let (value, state) = self.pair(result);
        if state != 0 {
            let name = "rb-errinfo: func() -> handle<rb-abi-value>";
            let handle: u32 = self.guest.call(name, ());
            self.guest
                .call::<(), ()>("rb-clear-errinfo: func() -> ()", ());
            let error = self.guest.store.data_mut().take(handle);
            return Err(self.string_of(error));
        }
        let text = self.string_of(value);
        self.guest
            .call::<u32, ()>("canonical_abi_drop_rb-abi-value", value);
        Ok(text)
    }

    /// What Ruby has written. It keeps output that does not go to a terminal until it is flushed.
    fn written(&mut self) -> String {
        let flushed = self.evaluate("$stdout.flush; nil");
        assert_eq!(flushed, Ok(String::new()));
        assert_eq!(String::from_utf8_lossy(&self.stderr.contents()), "");
        String::from_utf8_lossy(&self.stdout.contents()).into_owned()
    }

    fn string_of(&mut self, value: u32) -> String {
        let to_s = self.string("to_s");
        let method: u32 = self
            .guest
            .call("rb-intern: func(name: string) -> u32", to_s);
        let name = "rb-funcallv-protect: func(recv: handle<rb-abi-value>, mid: u32, args: list<handle<rb-abi-value>>) -> tuple<handle<rb-abi-value>, s32>";
        let receiver = self.guest.store.data_mut().insert(value);
        let result: u32 = self.guest.call(name, (receiver, method, 4, 0));
        let (string, state) = self.pair(result);
        assert_eq!(state, 0, "`to_s` raised");
        let name = "rstring-ptr: func(value: handle<rb-abi-value>) -> string";
        let handle = self.guest.store.data_mut().insert(string);
        let result: u32 = self.guest.call(name, handle);
        let text = self
            .guest
            .text(self.guest.u32(result), self.guest.u32(result + 4));
        self.guest.call::<u32, ()>("cabi_post_rstring-ptr", result);
        text
    }
}

/// Runs `test` with enough stack for Ruby's recursion.
fn with_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(32 << 20);
    let thread = thread.spawn(test).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn ruby_runs_programs() {
    with_stack(|| {
        let mut ruby = Ruby::start("ruby");
        assert_eq!(ruby.evaluate("puts 1"), Ok(String::new()));
        assert_eq!(ruby.written(), "1\n");
        for (program, expected) in [
            (
                "[RUBY_VERSION, RUBY_PLATFORM, (1..10).sum].inspect",
                Ok(r#"["3.4.1", "wasm32-wasi", 55]"#),
            ),
            (r#"raise ArgumentError, "boom""#, Err("boom")),
            (
                r#"def fib(n) = n < 2 ? n : fib(n - 1) + fib(n - 2)
                begin
                  raise "boom"
                rescue => e
                  m = e.message
                end
                f = Fiber.new { Fiber.yield 1; 2 }
                [fib(20), m, (1..10).each_slice(3).map(&:sum), f.resume, f.resume, 2**100].inspect"#,
                Ok(r#"[6765, "boom", [6, 15, 24, 10], 1, 2, 1267650600228229401496703205376]"#),
            ),
            (
                r#"h = Hash.new(0); "the quick brown the lazy the".scan(/\w+/) { |w| h[w] += 1 }; h.max_by(&:last).inspect"#,
                Ok(r#"["the", 3]"#),
            ),
            (
                "def deep(n) = deep(n + 1); deep(0)",
                Err("stack level too deep"),
            ),
            ("1 +", Err("syntax error")),
            // Still as usable as before.
            ("GC.start; 6 * 7", Ok("42")),
        ] {
            match (ruby.evaluate(program), expected) {
                (Ok(text), Ok(expected)) => assert_eq!(text, expected, "{program}"),
                (Err(text), Err(expected)) => assert!(text.contains(expected), "{text}"),
                (result, _) => panic!("{program}: {result:?}"),
            }
        }
        assert_eq!(ruby.written(), "1\n");
    });
}

#[test]
fn ruby_has_its_standard_library() {
    with_stack(|| {
        let mut ruby = Ruby::start("ruby_stdlib");
        let program = r#"
            require "json"
            require "set"
            require "digest"
            puts JSON.generate([1, {"a" => nil}])
            puts JSON.parse('{"b": [1.5, "\u00e9"]}').inspect
            puts Digest::SHA256.hexdigest("abc")
            Set[1, 2, 2].size"#;
        assert_eq!(ruby.evaluate(program), Ok("2".to_owned()));
        assert_eq!(
            ruby.written(),
            concat!(
                "[1,{\"a\":null}]\n",
                "{\"b\" => [1.5, \"\u{e9}\"]}\n",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n",
            )
        );
    });
}
