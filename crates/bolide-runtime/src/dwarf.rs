//! Names and source positions from a module's debug information (DWARF in custom sections, see the
//! "DWARF for WebAssembly" document of the tool conventions).

use std::fmt;
use std::sync::{Arc, Mutex};

use gimli::{EndianArcSlice, LittleEndian};
use wasmparser::{Parser, Payload};

use crate::Module;
use crate::error::FrameSymbol;

type Reader = EndianArcSlice<LittleEndian>;

/// Longest name that is demangled, and longest result, in bytes. A few bytes of a mangled name can
/// stand for gigabytes.
const LONGEST_NAME: usize = 16 << 10;

/// Parsed debug information of a module. Without any, or when it is broken, there is no context.
pub(crate) struct Symbols {
    /// The context fills its caches through shared references, which only one thread may do.
    context: Option<Mutex<addr2line::Context<Reader>>>,
    /// Where the contents of the code section start in the module: DWARF's address 0.
    code_start: u64,
}

impl Symbols {
    fn new(module: &bolide_module::Module) -> Symbols {
        let code_start = code_start(module.bytes.as_slice());
        Symbols {
            context: code_start.and_then(|_| context(module)).map(Mutex::new),
            code_start: code_start.unwrap_or(0),
        }
    }

    fn find(&self, offset: u64) -> Option<Vec<FrameSymbol>> {
        // What a panicking thread left in the caches is complete: they are filled in one step.
        let context = self.context.as_ref()?;
        let context = context.lock().unwrap_or_else(|e| e.into_inner());
        let address = offset.checked_sub(self.code_start)?;
        let mut frames = context.find_frames(address).skip_all_loads().ok()?;
        let mut symbols = Vec::new();
        // A mistake after some frames does not take those away.
        while let Ok(Some(frame)) = frames.next() {
            let name = frame.function.as_ref().and_then(|f| f.raw_name().ok());
            let location = frame.location;
            symbols.push(FrameSymbol {
                name: name.map(|name| demangle(&name)),
                file: location.as_ref().and_then(|l| l.file).map(str::to_owned),
                // DWARF's 0 means that there is none.
                line: location.as_ref().and_then(|l| l.line).filter(|&n| n > 0),
                column: location.and_then(|l| l.column).filter(|&n| n > 0),
            });
        }
        Some(symbols)
    }
}

/// Where the contents of the code section start.
fn code_start(bytes: &[u8]) -> Option<u64> {
    Parser::new(0)
        .parse_all(bytes)
        .map_while(Result::ok)
        .find_map(|payload| match payload {
            Payload::CodeSectionStart {
                unchecked_range, ..
            } => Some(unchecked_range.start),
            _ => None,
        })
}

/// Opens the debug information, if there is any that can be read.
fn context(module: &bolide_module::Module) -> Option<addr2line::Context<Reader>> {
    module.custom_section(gimli::SectionId::DebugInfo.name())?;
    let load = |id: gimli::SectionId| -> gimli::Result<Reader> {
        let section = module.custom_section(id.name()).unwrap_or_default();
        Ok(Reader::new(Arc::from(section), LittleEndian))
    };
    let dwarf = gimli::Dwarf::load(load).ok()?;
    addr2line::Context::from_dwarf(dwarf).ok()
}

/// Source positions of the instruction at a byte offset in the module, innermost inlined function
/// first. Empty where there is no debug information.
pub(crate) fn symbols(module: &Module, offset: usize) -> Vec<FrameSymbol> {
    let inner = &module.inner;
    let symbols = inner.symbols.get_or_init(|| Symbols::new(&inner.module));
    symbols.find(offset as u64).unwrap_or_default()
}

/// The name that the programmer gave to a symbol of Rust or C++; any other name as it is.
///
/// ```
/// assert_eq!(bolide::demangle("_ZN4core9panicking5panic17h0123456789abcdefE"), "core::panicking::panic");
/// assert_eq!(bolide::demangle("main"), "main");
/// ```
pub fn demangle(name: &str) -> String {
    if name.len() > LONGEST_NAME {
        return name.to_owned();
    }
    // The alternate form leaves Rust's hash out.
    let readable = match rustc_demangle::try_demangle(name) {
        Ok(symbol) => Text::of(|text| fmt::write(text, format_args!("{symbol:#}"))),
        Err(_) if name.starts_with("_Z") => match cpp_demangle::Symbol::new(name) {
            Ok(symbol) => Text::of(|text| symbol.structured_demangle(text, &Default::default())),
            Err(_) => None,
        },
        Err(_) => None,
    };
    readable.unwrap_or_else(|| name.to_owned())
}

/// Text that cannot grow without bound.
#[derive(Default)]
struct Text(String);

impl Text {
    fn of(write: impl FnOnce(&mut Text) -> fmt::Result) -> Option<String> {
        let mut text = Text::default();
        write(&mut text).ok()?;
        Some(text.0)
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        if self.0.len() + s.len() > LONGEST_NAME {
            return Err(fmt::Error);
        }
        self.0.push_str(s);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::demangle;

    #[test]
    fn names_are_demangled() {
        for (name, expected) in [
            ("main", "main"),
            ("", ""),
            (
                "_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE",
                "core::fmt::Write::write_fmt",
            ),
            ("_RNvC6_123foo3bar", "123foo::bar"),
            (
                "_ZN9container3addEiRKNS_4itemE",
                "container::add(int, container::item const&)",
            ),
            (
                "_ZNSt6vectorIiSaIiEE9push_backEOi",
                "std::vector<int, std::allocator<int> >::push_back(int&&)",
            ),
            ("_Z", "_Z"),
            ("_Znonsense", "_Znonsense"),
            ("_start", "_start"),
            ("größe", "größe"),
        ] {
            assert_eq!(demangle(name), expected, "{name}");
        }
    }

    /// A function whose parameter's type takes the type before it twice, and so on: the name doubles with each.
    fn doubling(times: u32) -> String {
        let mut name = "_Z1fSt4pairIiiE".to_owned();
        for i in 0..times {
            // Each type adds its template and itself to the list that `S` refers to.
            let place = char::from_digit(2 * i, 36).unwrap().to_ascii_uppercase();
            name.push_str(&format!("St4pairIS{place}_S{place}_E"));
        }
        name
    }

    #[test]
    fn names_that_explode_stay_as_they_are() {
        let few = demangle(&doubling(4));
        assert!(few.starts_with("f(std::pair<int, int>, "), "{few}");
        assert_eq!(demangle(&doubling(17)), doubling(17));
        let long = format!("_ZN{}3fooE", "1a".repeat(20_000));
        assert_eq!(demangle(&long), long);
    }
}
