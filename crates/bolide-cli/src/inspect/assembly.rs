//! `bolide inspect --asm`: the machine code of a function.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use bolide::{Config, Engine, Features, FunctionCode, Module, ModuleError, Strategy, Tier};
use bolide_module::{DefinedFuncIndex, EntityIndex, FuncIndex};
use iced_x86::{
    Code, Decoder, DecoderOptions, FlowControl, Formatter, Instruction, IntelFormatter, OpKind,
};
use wasmparser::{BinaryReader, FunctionBody};

use crate::args::TierChoice;
use crate::failure::Failure;
use crate::input::{self, Source};
use crate::terminal;

/// Bytes of data on a line.
const DATA_ON_A_LINE: usize = 8;
/// Widths of the column for machine code, in bytes, and of that for WebAssembly, in characters.
const CODE_COLUMN: usize = 10;
const WASM_COLUMN: usize = 30;

/// The page for a function, which is an index, an export or a name.
pub(super) fn show(source: Source, function: &str, tier: TierChoice) -> Result<String, Failure> {
    let mut config = Config::new();
    config.features(Features::ALL).strategy(match tier {
        TierChoice::Baseline => Strategy::Tiered,
        TierChoice::Optimizing => Strategy::Optimizing,
    });
    let tier = match tier {
        TierChoice::Baseline => Tier::Baseline,
        TierChoice::Optimizing => Tier::Optimizing,
    };
    let engine = Engine::new(&config)
        .map_err(|error| Failure::from_error("cannot start the engine", &error))?;
    let module = Module::from_bytes(&engine, source.binary).map_err(|error| {
        match error.downcast_ref::<ModuleError>() {
            Some(error) => input::invalid(&source.name, error, None),
            None => Failure::from_error(format!("cannot load {}", source.name), &error),
        }
    })?;
    let func = find(&module, function)?;
    let code = module.function_code(func.0, tier);
    let code = code.map_err(|error| {
        Failure::from_error(format!("cannot show the code of `{function}`"), &error)
    })?;
    Ok(render(&module, func, tier, &code))
}

fn find(module: &Module, function: &str) -> Result<FuncIndex, Failure> {
    let decoded = module.decoded();
    let count = decoded.functions.len() as u32;
    let named = |index: &u32| {
        let name = decoded.names().function(FuncIndex(*index));
        name.is_some_and(|name| name == function || bolide::demangle(name) == function)
    };
    let found = match (function.parse::<u32>(), decoded.export(function)) {
        (_, Some(EntityIndex::Func(index))) => Some(index),
        (Ok(index), _) => Some(FuncIndex(index)).filter(|_| index < count),
        _ => (0..count).find(named).map(FuncIndex),
    };
    let Some(index) = found else {
        return Err(
            Failure::new(format!("the module has no function `{function}`"))
                .with_help("--asm takes an index, the name of an export, or the name of a function; `bolide inspect` lists them"),
        );
    };
    if decoded.defined_func(index).is_none() {
        return Err(Failure::new(format!(
            "function {} is an import: it has no code in this module",
            index.0
        )));
    }
    Ok(index)
}

fn render(module: &Module, func: FuncIndex, tier: Tier, code: &FunctionCode) -> String {
    let mut page = String::new();
    let name = module.decoded().names().function(func);
    let name = name.map(|name| format!(" {}", terminal::printable(&bolide::demangle(name))));
    let _ = writeln!(
        page,
        "function {}{}, {tier} tier: {} of machine code\n",
        func.0,
        name.unwrap_or_default(),
        terminal::size(code.bytes().len() as u64)
    );
    let mut sources = Sources::new(module, func);
    let layout = Layout::of(code.bytes());
    let mut formatter = formatter();
    let mut last_wasm = None;
    for piece in &layout.pieces {
        match piece {
            Piece::Data { start, bytes } => {
                for (i, bytes) in bytes.chunks(DATA_ON_A_LINE).enumerate() {
                    let text = format!("{:<WASM_COLUMN$}", "");
                    let offset = start + i * DATA_ON_A_LINE;
                    let _ = writeln!(
                        page,
                        "{text} {offset:>6x}  {:<width$}  data",
                        hex(bytes),
                        width = 2 * CODE_COLUMN
                    );
                }
            }
            Piece::Instruction(instruction) => {
                let offset = instruction.ip() as usize;
                let wasm = code.wasm_offset(offset);
                let shown = wasm.filter(|_| wasm != last_wasm);
                let shown = shown.map(|wasm| sources.describe(wasm));
                last_wasm = wasm;
                let bytes = &code.bytes()[offset..offset + instruction.len()];
                let mut text = String::new();
                formatter.format(instruction, &mut text);
                if let Some(trap) = code.trap(offset) {
                    let _ = write!(text, "  ; traps: {}", trap.message());
                }
                let label = if layout.targets.contains(&offset) {
                    ":"
                } else {
                    " "
                };
                let _ = writeln!(
                    page,
                    "{:<WASM_COLUMN$} {offset:>6x}{label} {:<width$}  {text}",
                    shown.unwrap_or_default(),
                    hex(bytes),
                    width = 2 * CODE_COLUMN,
                );
            }
        }
    }
    page
}

fn formatter() -> IntelFormatter {
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_space_after_operand_separator(true);
    options.set_branch_leading_zeros(false);
    options.set_first_operand_char_index(8);
    formatter
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Where machine code comes from: instructions of the function, and of those that are inlined in it.
struct Sources<'a> {
    module: &'a Module,
    func: FuncIndex,
    /// Names of instructions by their offset in the module, of the functions that were met.
    operators: BTreeMap<FuncIndex, BTreeMap<u32, String>>,
}

impl<'a> Sources<'a> {
    fn new(module: &'a Module, func: FuncIndex) -> Self {
        Sources {
            module,
            func,
            operators: BTreeMap::new(),
        }
    }

    /// Offset and name of an instruction, and its function if that is inlined.
    fn describe(&mut self, wasm: u32) -> String {
        let Some(func) = self.function_at(wasm) else {
            return format!("{wasm:#x}");
        };
        let operators = self.operators.entry(func);
        let operators = operators.or_insert_with(|| operators_of(self.module, func));
        let mut text = format!("{wasm:#x}");
        if let Some(operator) = operators.get(&wasm) {
            let _ = write!(text, " {operator}");
        }
        if func != self.func {
            let names = self.module.decoded().names();
            let name = names.function(func).map(bolide::demangle);
            let name = name.map_or_else(
                || format!("function {}", func.0),
                |name| terminal::printable(&name),
            );
            let _ = write!(text, " in {name}");
        }
        text
    }

    /// The function whose body contains this offset.
    fn function_at(&self, wasm: u32) -> Option<FuncIndex> {
        let bodies = &self.module.decoded().bodies;
        let position = bodies.partition_point(|body| body.end <= wasm);
        let body = bodies.get(position)?;
        let defined = DefinedFuncIndex(position as u32);
        (body.start <= wasm).then(|| self.module.decoded().func_index(defined))
    }
}

/// Names of a function's instructions by their offset in the module.
fn operators_of(module: &Module, func: FuncIndex) -> BTreeMap<u32, String> {
    let decoded = module.decoded();
    let mut names = BTreeMap::new();
    let Some(func) = decoded.defined_func(func) else {
        return names;
    };
    let start = decoded.bodies[func.index()].start;
    let body = FunctionBody::new(BinaryReader::new(decoded.body(func), start.into()));
    if let Ok(mut reader) = body.get_operators_reader() {
        while let Ok((operator, offset)) = reader.read_with_offset() {
            names.insert(offset as u32, bolide_module::operator_name(&operator));
        }
    }
    names
}

/// What a function's bytes are.
struct Layout {
    pieces: Vec<Piece>,
    /// Where jumps go.
    targets: BTreeSet<usize>,
}

enum Piece {
    Instruction(Instruction),
    Data { start: usize, bytes: Vec<u8> },
}

impl Layout {
    /// Tells instructions from the constants and jump tables that instructions before them refer to.
    fn of(code: &[u8]) -> Layout {
        let mut pieces = Vec::new();
        let mut targets = BTreeSet::new();
        // Where data starts, and whether it is a jump table: what an instruction takes the address of.
        let mut data: BTreeMap<usize, bool> = BTreeMap::new();
        let mut decoder = Decoder::with_ip(64, code, 0, DecoderOptions::NONE);
        let mut at = 0;
        let mut falls_through = true;
        while at < code.len() {
            // Padding before data cannot be reached.
            let next_data = data.range(at..).next().map(|(&start, _)| start);
            let is_padding = !falls_through
                && next_data.is_some_and(|start| targets.range(at..=start).next().is_none());
            if is_padding || next_data == Some(at) {
                let start = next_data.unwrap_or(at);
                if data.get(&start) == Some(&true) {
                    add_table_targets(code, start, &mut targets);
                }
                let end = targets.range(start + 1..).next();
                let end = end.copied().unwrap_or(code.len());
                let bytes = code[at..end].to_vec();
                pieces.push(Piece::Data { start: at, bytes });
                at = end;
                falls_through = true;
                continue;
            }
            decoder.set_ip(at as u64);
            if decoder.set_position(at).is_err() {
                break;
            }
            let instruction = decoder.decode();
            note(&instruction, code.len(), &mut targets, &mut data);
            falls_through = !matches!(
                instruction.flow_control(),
                FlowControl::Return
                    | FlowControl::UnconditionalBranch
                    | FlowControl::IndirectBranch
                    | FlowControl::Exception
            );
            at += instruction.len();
            pieces.push(Piece::Instruction(instruction));
        }
        Layout { pieces, targets }
    }
}

/// Notes what an instruction refers to.
fn note(
    instruction: &Instruction,
    len: usize,
    targets: &mut BTreeSet<usize>,
    data: &mut BTreeMap<usize, bool>,
) {
    if instruction.op_count() > 0 && instruction.op0_kind() == OpKind::NearBranch64 {
        let target = instruction.near_branch_target() as usize;
        if target < len {
            targets.insert(target);
        }
    }
    if instruction.is_ip_rel_memory_operand() {
        let address = instruction.ip_rel_memory_address() as usize;
        if address < len && address > instruction.ip() as usize {
            data.insert(address, instruction.code() == Code::Lea_r64_m);
        }
    }
}

/// Adds the targets of a jump table of 32-bit distances from its start, which ends where the first of them is.
fn add_table_targets(code: &[u8], start: usize, targets: &mut BTreeSet<usize>) {
    let mut at = start;
    while let Some(entry) = code.get(at..at + 4) {
        if targets
            .range(start + 1..)
            .next()
            .is_some_and(|&end| at >= end)
        {
            break;
        }
        let distance = i32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]);
        match start.checked_add_signed(distance as isize) {
            Some(target) if target < code.len() => targets.insert(target),
            _ => break,
        };
        at += 4;
    }
}
