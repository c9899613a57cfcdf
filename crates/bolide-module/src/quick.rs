//! A quick check of bodies, which most valid bodies pass.
//!
//! It knows the four number types and the instructions of WebAssembly 1.0 with the small extensions that compilers
//! emit by default, so a type is a byte and equality is the only relation. What it accepts is valid. Of what it does
//! not accept nothing is said: wasmparser validates that, and finds the error if there is one. So its typing rules
//! (core spec, appendix "Validation Algorithm") are here twice, but no list of instructions: what the common ones are
//! is asked of wasmparser's decoder ([`Shape`]), and the others are decoded by it. The tests compare both on mutated
//! modules.

use std::sync::LazyLock;

use wasmparser::{
    BinaryReader, BlockType, BrTable, CompositeInnerType, FrameKind, FrameStack, RefType, ValType,
    ValidatorResources, VisitOperator, WasmFeatures, WasmModuleResources,
};

/// Features that the check takes for granted.
const NEEDED: WasmFeatures = WasmFeatures::FLOATS
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES);

/// Locals, parameters included, that every function may have (wasmparser's limit).
const MOST_LOCALS: usize = 50_000;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ty {
    /// That of a value that code which is not reached has not pushed: any.
    Any,
    I32,
    I64,
    F32,
    F64,
}

impl Ty {
    fn new(ty: ValType) -> Option<Ty> {
        match ty {
            ValType::I32 => Some(Ty::I32),
            ValType::I64 => Some(Ty::I64),
            ValType::F32 => Some(Ty::F32),
            ValType::F64 => Some(Ty::F64),
            ValType::V128 | ValType::Ref(_) => None,
        }
    }

    fn all(types: &[ValType]) -> Option<Box<[Ty]>> {
        types.iter().map(|ty| Ty::new(*ty)).collect()
    }

    fn as_slice(self) -> &'static [Ty] {
        match self {
            Ty::Any => &[],
            Ty::I32 => &[Ty::I32],
            Ty::I64 => &[Ty::I64],
            Ty::F32 => &[Ty::F32],
            Ty::F64 => &[Ty::F64],
        }
    }
}

#[derive(Debug)]
struct Signature {
    params: Box<[Ty]>,
    results: Box<[Ty]>,
}

/// What the check needs to know about a module. `None` stands for what it does not know.
#[derive(Debug)]
pub(crate) struct Quick {
    types: Vec<Option<Signature>>,
    /// Type, and whether it is mutable.
    globals: Vec<Option<(Ty, bool)>>,
    /// Whether it is a table of functions with 32-bit indices.
    tables: Vec<bool>,
    /// Whether there is a memory 0 with 32-bit addresses.
    memory32: bool,
    features: WasmFeatures,
    /// By opcode.
    shapes: &'static [Shape; 256],
}

/// What a common instruction does, and what follows its opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// It is not one of these.
    Other,
    LocalGet,
    LocalSet,
    LocalTee,
    Call,
    BrIf,
    End,
    /// A constant, in a signed LEB128 number of at most so many bytes. The last of them has seven bits, of which the
    /// mask says which are all equal.
    Const(Ty, usize, u8),
    /// From so many operands of one type to a result.
    Operation(u8, Ty, Ty),
    /// The type of the value, and the natural alignment.
    Load(Ty, u8),
    Store(Ty, u8),
}

/// The shapes of all opcodes that are one byte.
static SHAPES: LazyLock<[Shape; 256]> = LazyLock::new(|| {
    std::array::from_fn(|opcode| {
        // With zeros for what belongs to it.
        let mut bytes = [0; 16];
        bytes[0] = opcode as u8;
        let mut reader = BinaryReader::new_features(&bytes, 0, NEEDED);
        let shape = reader.visit_operator(&mut Shaper);
        shape.unwrap_or(Shape::Other)
    })
});

/// Stacks of one check, whose memory the next one uses again.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    locals: Vec<Ty>,
    values: Vec<Ty>,
    /// All frames but the innermost.
    frames: Vec<Frame>,
}

impl Quick {
    /// `None` if there are features switched off that the check takes for granted.
    pub(crate) fn new(resources: &ValidatorResources, features: WasmFeatures) -> Option<Quick> {
        if !features.contains(NEEDED) {
            return None;
        }
        let signature = |index| {
            let ty = &resources.sub_type_at(index)?.composite_type;
            Some(match &ty.inner {
                CompositeInnerType::Func(func) if !ty.shared => Ty::all(func.params())
                    .zip(Ty::all(func.results()))
                    .map(|(params, results)| Signature { params, results }),
                _ => None,
            })
        };
        let global = |index| {
            let global = resources.global_at(index)?;
            let ty = Ty::new(global.content_type).filter(|_| !global.shared);
            Some(ty.map(|ty| (ty, global.mutable)))
        };
        let table = |index| {
            let table = resources.table_at(index)?;
            Some(table.element_type == RefType::FUNCREF && !table.table64 && !table.shared)
        };
        Some(Quick {
            types: (0..).map_while(signature).collect(),
            globals: (0..).map_while(global).collect(),
            tables: (0..).map_while(table).collect(),
            memory32: resources.memory_at(0).is_some_and(|m| !m.memory64),
            features,
            shapes: &SHAPES,
        })
    }

    /// Whether the body of function `index` is certainly valid.
    pub(crate) fn accepts(
        &self,
        resources: &ValidatorResources,
        index: u32,
        body: BinaryReader<'_>,
        stacks: &mut Stacks,
    ) -> bool {
        stacks.locals.clear();
        stacks.values.clear();
        stacks.frames.clear();
        let Some(ty) = resources.type_index_of_function(index) else {
            return false;
        };
        let mut checker = Checker {
            quick: self,
            resources,
            stacks,
            frame: Some(Frame {
                kind: FrameKind::Block,
                unreachable: false,
                height: 0,
                block: Block::Function(ty),
            }),
            height: 0,
        };
        checker.body(ty, body).is_some()
    }

    fn signature(&self, index: u32) -> Option<&Signature> {
        self.types.get(index as usize)?.as_ref()
    }
}

/// The type of a block. A type of a function exists and is known.
#[derive(Clone, Copy, Debug)]
enum Block {
    Empty,
    Result(Ty),
    Function(u32),
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    kind: FrameKind,
    unreachable: bool,
    /// Values below those of the frame.
    height: usize,
    block: Block,
}

/// The state of one check.
struct Checker<'q, 's> {
    quick: &'q Quick,
    resources: &'q ValidatorResources,
    stacks: &'s mut Stacks,
    /// The innermost frame; `None` after the end.
    frame: Option<Frame>,
    /// That of the innermost frame.
    height: usize,
}

/// Goes on if that is right.
fn require(right: bool) -> Option<()> {
    right.then_some(())
}

impl<'q> Checker<'q, '_> {
    fn body(&mut self, ty: u32, mut reader: BinaryReader<'_>) -> Option<()> {
        let signature = self.quick.signature(ty)?;
        self.stacks.locals.extend_from_slice(&signature.params);
        for _ in 0..reader.read_var_u32().ok()? {
            let count = reader.read_var_u32().ok()? as usize;
            let ty = Ty::new(reader.read().ok()?)?;
            let locals = self.stacks.locals.len().checked_add(count)?;
            require(locals <= MOST_LOCALS)?;
            self.stacks.locals.resize(locals, ty);
        }
        let code = reader.read_bytes(reader.bytes_remaining()).ok()?;
        let mut at = 0;
        while at < code.len() {
            // There is nothing after the end.
            require(self.frame.is_some())?;
            at = self.run(code, at);
            if let Some(opcode) = code.get(at) {
                at = self.instruction(*opcode, code, at)?;
            }
        }
        require(self.frame.is_none())
    }

    /// Checks instructions from a place on that are common, have their operands in the innermost frame, and need no
    /// more of the stack than there is room for. Returns the place of the first that is not or may not be valid.
    ///
    /// [`instruction`](Self::instruction) can do the same, but each of its steps waits for the stack's length in memory.
    fn run(&mut self, code: &[u8], mut at: usize) -> usize {
        const ROOM: usize = 32;
        let (shapes, memory32) = (self.quick.shapes, self.quick.memory32);
        let Stacks { values, locals, .. } = &mut *self.stacks;
        let mut len = values.len() - self.height;
        values.resize(values.len() + ROOM, Ty::Any);
        // What is in use of this is `..len`.
        let stack = &mut values[self.height..];
        while len < stack.len()
            && let Some(opcode) = code.get(at)
        {
            let has =
                |stack: &[Ty], below: usize, ty: Ty| len > below && stack[len - 1 - below] == ty;
            let next = at + 1;
            let done = match shapes[usize::from(*opcode)] {
                Shape::LocalGet => match local(locals, code, next) {
                    Some((ty, next)) => {
                        stack[len] = ty;
                        len += 1;
                        Some(next)
                    }
                    None => None,
                },
                Shape::LocalSet => match local(locals, code, next) {
                    Some((ty, next)) if has(stack, 0, ty) => {
                        len -= 1;
                        Some(next)
                    }
                    _ => None,
                },
                Shape::LocalTee => match local(locals, code, next) {
                    Some((ty, next)) if has(stack, 0, ty) => Some(next),
                    _ => None,
                },
                Shape::Const(ty, most, equal) => match skip_number(code, next, most, equal) {
                    Some(next) => {
                        stack[len] = ty;
                        len += 1;
                        Some(next)
                    }
                    None => None,
                },
                Shape::Operation(1, operand, result) if has(stack, 0, operand) => {
                    stack[len - 1] = result;
                    Some(next)
                }
                Shape::Operation(2, operand, result)
                    if has(stack, 0, operand) && has(stack, 1, operand) =>
                {
                    len -= 1;
                    stack[len - 1] = result;
                    Some(next)
                }
                Shape::Load(ty, natural) if memory32 && has(stack, 0, Ty::I32) => {
                    let end = address(code, next, natural);
                    if end.is_some() {
                        stack[len - 1] = ty;
                    }
                    end
                }
                Shape::Store(ty, natural)
                    if memory32 && has(stack, 0, ty) && has(stack, 1, Ty::I32) =>
                {
                    let end = address(code, next, natural);
                    len -= 2 * usize::from(end.is_some());
                    end
                }
                _ => None,
            };
            match done {
                Some(next) => at = next,
                None => break,
            }
        }
        values.truncate(self.height + len);
        at
    }

    /// Checks the instruction at a place, and returns the next one's.
    fn instruction(&mut self, opcode: u8, code: &[u8], at: usize) -> Option<usize> {
        let next = at + 1;
        match self.quick.shapes[usize::from(opcode)] {
            Shape::Other => return self.other(code, at),
            Shape::LocalGet => {
                let (ty, next) = local(&self.stacks.locals, code, next)?;
                self.push(ty);
                return Some(next);
            }
            Shape::LocalSet => {
                let (ty, next) = local(&self.stacks.locals, code, next)?;
                self.pop(ty)?;
                return Some(next);
            }
            Shape::LocalTee => {
                let (ty, next) = local(&self.stacks.locals, code, next)?;
                self.operation(1, ty, ty)?;
                return Some(next);
            }
            Shape::Call => {
                let (function, next) = read_u32(code, next)?;
                self.call(self.resources.type_index_of_function(function)?)?;
                return Some(next);
            }
            Shape::BrIf => {
                let (depth, next) = read_u32(code, next)?;
                self.br_if(depth)?;
                return Some(next);
            }
            Shape::End => self.end()?,
            Shape::Const(ty, most, equal) => {
                let next = skip_number(code, next, most, equal)?;
                self.push(ty);
                return Some(next);
            }
            Shape::Operation(operands, operand, result) => {
                self.operation(operands, operand, result)?;
            }
            Shape::Load(ty, natural) => {
                require(self.quick.memory32)?;
                let next = address(code, next, natural)?;
                self.operation(1, Ty::I32, ty)?;
                return Some(next);
            }
            Shape::Store(ty, natural) => {
                require(self.quick.memory32)?;
                let next = address(code, next, natural)?;
                self.pop(ty)?;
                self.pop(Ty::I32)?;
                return Some(next);
            }
        }
        Some(next)
    }

    /// The same for an instruction that is not common.
    fn other(&mut self, code: &[u8], at: usize) -> Option<usize> {
        let mut reader = BinaryReader::new_features(&code[at..], 0, self.quick.features);
        reader.visit_operator(self).ok()??;
        Some(at + reader.current_position())
    }

    fn params(&self, block: Block) -> Option<&'q [Ty]> {
        Some(match block {
            Block::Empty | Block::Result(_) => &[],
            Block::Function(ty) => &self.quick.signature(ty)?.params,
        })
    }

    fn results(&self, block: Block) -> Option<&'q [Ty]> {
        Some(match block {
            Block::Empty => &[],
            Block::Result(ty) => ty.as_slice(),
            Block::Function(ty) => &self.quick.signature(ty)?.results,
        })
    }

    #[inline]
    fn push(&mut self, ty: Ty) {
        self.stacks.values.push(ty);
    }

    #[inline]
    fn pop_any(&mut self) -> Option<Ty> {
        if self.stacks.values.len() > self.height {
            return self.stacks.values.pop();
        }
        self.frame?.unreachable.then_some(Ty::Any)
    }

    #[inline]
    fn pop(&mut self, expected: Ty) -> Option<()> {
        let actual = self.pop_any()?;
        require(actual == expected || actual == Ty::Any)
    }

    fn pop_all(&mut self, expected: &[Ty]) -> Option<()> {
        expected.iter().rev().try_for_each(|ty| self.pop(*ty))
    }

    /// An instruction with operands of one type.
    #[inline]
    fn operation(&mut self, operands: u8, operand: Ty, result: Ty) -> Option<()> {
        for _ in 0..operands {
            self.pop(operand)?;
        }
        self.push(result);
        Some(())
    }

    fn set_unreachable(&mut self) -> Option<()> {
        self.stacks.values.truncate(self.height);
        self.frame.as_mut()?.unreachable = true;
        Some(())
    }

    fn enter(&mut self, kind: FrameKind, block: BlockType) -> Option<()> {
        let block = match block {
            BlockType::Empty => Block::Empty,
            BlockType::Type(ty) => Block::Result(Ty::new(ty)?),
            BlockType::FuncType(ty) => Block::Function(ty),
        };
        // Both are known, or neither.
        let params = self.params(block)?;
        self.pop_all(params)?;
        self.stacks.frames.push(self.frame?);
        self.begin(kind, block, params)
    }

    fn begin(&mut self, kind: FrameKind, block: Block, params: &[Ty]) -> Option<()> {
        self.height = self.stacks.values.len();
        self.frame = Some(Frame {
            kind,
            unreachable: false,
            height: self.height,
            block,
        });
        self.stacks.values.extend_from_slice(params);
        Some(())
    }

    /// The innermost frame, whose values are its results, which are taken.
    fn finish(&mut self) -> Option<Frame> {
        let frame = self.frame?;
        self.pop_all(self.results(frame.block)?)?;
        require(self.stacks.values.len() == self.height)?;
        Some(frame)
    }

    /// What a branch takes.
    fn label(&self, depth: u32) -> Option<&'q [Ty]> {
        let frame = match (depth as usize).checked_sub(1) {
            None => self.frame?,
            Some(outer) => *self.stacks.frames.iter().rev().nth(outer)?,
        };
        match frame.kind {
            FrameKind::Loop => self.params(frame.block),
            _ => self.results(frame.block),
        }
    }

    fn if_(&mut self, block: BlockType) -> Option<()> {
        self.pop(Ty::I32)?;
        self.enter(FrameKind::If, block)
    }

    fn else_(&mut self) -> Option<()> {
        let frame = self.finish()?;
        require(frame.kind == FrameKind::If)?;
        let params = self.params(frame.block)?;
        self.begin(FrameKind::Else, frame.block, params)
    }

    fn end(&mut self) -> Option<()> {
        let frame = self.finish()?;
        let results = self.results(frame.block)?;
        // Without `else`, the parameters are the results.
        require(frame.kind != FrameKind::If || self.params(frame.block)? == results)?;
        self.frame = self.stacks.frames.pop();
        self.height = self.frame.map_or(0, |frame| frame.height);
        self.stacks.values.extend_from_slice(results);
        Some(())
    }

    fn br(&mut self, depth: u32) -> Option<()> {
        self.pop_all(self.label(depth)?)?;
        self.set_unreachable()
    }

    fn br_if(&mut self, depth: u32) -> Option<()> {
        self.pop(Ty::I32)?;
        let label = self.label(depth)?;
        self.pop_all(label)?;
        self.stacks.values.extend_from_slice(label);
        Some(())
    }

    fn br_table(&mut self, table: BrTable<'_>) -> Option<()> {
        self.pop(Ty::I32)?;
        let label = self.label(table.default())?;
        for target in table.targets() {
            require(self.label(target.ok()?)? == label)?;
        }
        self.pop_all(label)?;
        self.set_unreachable()
    }

    fn return_(&mut self) -> Option<()> {
        let function = self.stacks.frames.first().copied().or(self.frame)?;
        self.pop_all(self.results(function.block)?)?;
        self.set_unreachable()
    }

    fn call(&mut self, ty: u32) -> Option<()> {
        let signature = self.quick.signature(ty)?;
        self.pop_all(&signature.params)?;
        self.stacks.values.extend_from_slice(&signature.results);
        Some(())
    }

    fn call_indirect(&mut self, ty: u32, table: u32) -> Option<()> {
        require(*self.quick.tables.get(table as usize)?)?;
        self.pop(Ty::I32)?;
        self.call(ty)
    }

    fn select(&mut self) -> Option<()> {
        self.pop(Ty::I32)?;
        let result = match (self.pop_any()?, self.pop_any()?) {
            (Ty::Any, ty) | (ty, Ty::Any) => ty,
            (first, second) => {
                require(first == second)?;
                first
            }
        };
        self.push(result);
        Some(())
    }

    fn global_get(&mut self, global: u32) -> Option<()> {
        let (ty, _) = (*self.quick.globals.get(global as usize)?)?;
        self.push(ty);
        Some(())
    }

    fn global_set(&mut self, global: u32) -> Option<()> {
        let (ty, mutable) = (*self.quick.globals.get(global as usize)?)?;
        require(mutable)?;
        self.pop(ty)
    }

    /// An instruction about memories, from so many numbers to one.
    fn memory(&mut self, operands: u8, memories: &[u32]) -> Option<()> {
        require(self.quick.memory32 && memories.iter().all(|memory| *memory == 0))?;
        self.operation(operands, Ty::I32, Ty::I32)
    }
}

/// The type of the local whose index is at a place, and where that ends.
#[inline]
fn local(locals: &[Ty], code: &[u8], at: usize) -> Option<(Ty, usize)> {
    let (index, next) = read_u32(code, at)?;
    Some((*locals.get(index as usize)?, next))
}

/// Where that ends which says where a memory with 32-bit addresses is read or written, at its natural alignment or a
/// smaller one.
#[inline]
fn address(code: &[u8], at: usize, natural: u8) -> Option<usize> {
    // Flags besides the alignment, such as for another memory, make the number larger.
    require(*code.get(at)? <= natural)?;
    let (_offset, next) = read_u32(code, at + 1)?;
    Some(next)
}

/// An unsigned LEB128 number of 32 bits, and where it ends.
#[inline]
fn read_u32(code: &[u8], at: usize) -> Option<(u32, usize)> {
    let first = *code.get(at)?;
    if first < 0x80 {
        return Some((u32::from(first), at + 1));
    }
    let mut number = u32::from(first & 0x7f);
    for i in 1..5 {
        let byte = *code.get(at + i)?;
        number |= u32::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            // The fifth has the four highest bits.
            require(i < 4 || byte < 0x10)?;
            return Some((number, at + i + 1));
        }
    }
    None
}

/// Where a signed LEB128 number ends, see [`Shape::Const`].
#[inline]
fn skip_number(code: &[u8], at: usize, most: usize, equal: u8) -> Option<usize> {
    for i in 0..most {
        let byte = *code.get(at + i)?;
        if byte < 0x80 {
            require(i + 1 < most || byte & equal == 0 || byte & equal == equal)?;
            return Some(at + i + 1);
        }
    }
    None
}

/// Type of operands and type of the result of an instruction on numbers, by its name: `i32.add` and all that are alike;
/// `i32.eq` and what else says yes or no; `i64.extend_i32_s` and what else converts.
const fn types_of(visit: &str) -> (Ty, Ty) {
    let name = visit.as_bytes();
    let first = type_at(name, "visit_".len());
    let operation = "visit_i32_".len();
    let mut at = operation;
    while at < name.len() {
        if name[at - 1] == b'_' {
            let source = type_at(name, at);
            if !matches!(source, Ty::Any) {
                return (source, first);
            }
        }
        at += 1;
    }
    // `eq`, `eqz`, `ne`; `lt`, `gt`, `le` and `ge` with or without a sign.
    let test = match (name[operation], name[operation + 1]) {
        (b'e', b'q') => true,
        (b'n', b'e') => name.len() == operation + 2,
        (b'l' | b'g', b't' | b'e') => true,
        _ => false,
    };
    (first, if test { Ty::I32 } else { first })
}

/// The number type that a name has at a place, or `Any`.
const fn type_at(name: &[u8], at: usize) -> Ty {
    if at + 3 > name.len() {
        return Ty::Any;
    }
    match (name[at], name[at + 1], name[at + 2]) {
        (b'i', b'3', b'2') => Ty::I32,
        (b'i', b'6', b'4') => Ty::I64,
        (b'f', b'3', b'2') => Ty::F32,
        (b'f', b'6', b'4') => Ty::F64,
        _ => Ty::Any,
    }
}

macro_rules! shape {
    (@mvp visit_local_get $($rest:tt)*) => { Shape::LocalGet };
    (@mvp visit_local_set $($rest:tt)*) => { Shape::LocalSet };
    (@mvp visit_local_tee $($rest:tt)*) => { Shape::LocalTee };
    (@mvp visit_call $($rest:tt)*) => { Shape::Call };
    (@mvp visit_br_if $($rest:tt)*) => { Shape::BrIf };
    (@mvp visit_end $($rest:tt)*) => { Shape::End };
    (@mvp visit_i32_const $($rest:tt)*) => { Shape::Const(Ty::I32, 5, 0x78) };
    (@mvp visit_i64_const $($rest:tt)*) => { Shape::Const(Ty::I64, 10, 0x7f) };
    // The others are named after their types.
    (@mvp $visit:ident (arity memarg 1 -> 1) ($at:ident)) => { Shape::Load(shape!($visit), $at.max_align) };
    (@mvp $visit:ident (arity memarg 2 -> 0) ($at:ident)) => { Shape::Store(shape!($visit), $at.max_align) };
    (@mvp $visit:ident (arity $n:literal -> 1) ()) => { shape!($visit $n) };
    (@sign_extension $visit:ident (arity $n:literal -> 1) ()) => { shape!($visit $n) };
    (@$proposal:ident $visit:ident $($rest:tt)*) => { Shape::Other };
    // `select` does not say which types it is for.
    (visit_select $n:literal) => { Shape::Other };
    ($visit:ident $n:literal) => {{
        let (operand, result) = const { types_of(stringify!($visit)) };
        Shape::Operation($n, operand, result)
    }};
    ($visit:ident) => { const { type_at(stringify!($visit).as_bytes(), "visit_".len()) } };
}

macro_rules! accept {
    // These have methods of their own.
    ($self:ident @mvp visit_end $($rest:tt)*) => {
        $self.end()
    };
    ($self:ident @mvp visit_unreachable $a:tt ()) => {
        $self.set_unreachable()
    };
    ($self:ident @mvp visit_nop $a:tt ()) => {
        Some(())
    };
    ($self:ident @mvp visit_block $a:tt ($ty:ident)) => {
        $self.enter(FrameKind::Block, $ty)
    };
    ($self:ident @mvp visit_loop $a:tt ($ty:ident)) => {
        $self.enter(FrameKind::Loop, $ty)
    };
    ($self:ident @mvp visit_if $a:tt ($ty:ident)) => {
        $self.if_($ty)
    };
    ($self:ident @mvp visit_else $a:tt ()) => {
        $self.else_()
    };
    ($self:ident @mvp visit_br $a:tt ($depth:ident)) => {
        $self.br($depth)
    };
    ($self:ident @mvp visit_br_table $a:tt ($table:ident)) => {
        $self.br_table($table)
    };
    ($self:ident @mvp visit_return $a:tt ()) => {
        $self.return_()
    };
    ($self:ident @mvp visit_call_indirect $a:tt ($ty:ident $table:ident)) => {
        $self.call_indirect($ty, $table)
    };
    ($self:ident @mvp visit_drop $a:tt ()) => {
        $self.pop_any().map(drop)
    };
    ($self:ident @mvp visit_select $a:tt ()) => {
        $self.select()
    };
    ($self:ident @mvp visit_global_get $a:tt ($global:ident)) => {
        $self.global_get($global)
    };
    ($self:ident @mvp visit_global_set $a:tt ($global:ident)) => {
        $self.global_set($global)
    };
    ($self:ident @mvp visit_f32_const $($rest:tt)*) => {
        $self.operation(0, Ty::Any, Ty::F32)
    };
    ($self:ident @mvp visit_f64_const $($rest:tt)*) => {
        $self.operation(0, Ty::Any, Ty::F64)
    };
    ($self:ident @mvp visit_memory_size $a:tt ($memory:ident)) => {
        $self.memory(0, &[$memory])
    };
    ($self:ident @mvp visit_memory_grow $a:tt ($memory:ident)) => {
        $self.memory(1, &[$memory])
    };
    ($self:ident @bulk_memory visit_memory_copy $a:tt ($to:ident $from:ident)) => {
        $self
            .memory(3, &[$to, $from])
            .and_then(|()| $self.pop(Ty::I32))
    };
    ($self:ident @bulk_memory visit_memory_fill $a:tt ($memory:ident)) => {
        $self
            .memory(3, &[$memory])
            .and_then(|()| $self.pop(Ty::I32))
    };
    ($self:ident @saturating_float_to_int $visit:ident (arity 1 -> 1) ()) => {{
        let (operand, result) = const { types_of(stringify!($visit)) };
        $self.operation(1, operand, result)
    }};
    // Nothing is known of the rest.
    ($self:ident @$proposal:ident $visit:ident $($rest:tt)*) => {
        None
    };
}

macro_rules! visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident $arity:tt)*) => {
        $(
            #[allow(unused_variables)]
            fn $visit(&mut self $($(, $arg: $argty)*)?) -> Self::Output {
                accept!(self @$proposal $visit $arity ($($($arg)*)?))
            }
        )*
    };
}

macro_rules! visit_for_shape {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident $arity:tt)*) => {
        $(
            #[allow(unused_variables)]
            fn $visit(&mut self $($(, $arg: $argty)*)?) -> Self::Output {
                shape!(@$proposal $visit $arity ($($($arg)*)?))
            }
        )*
    };
}

impl<'a> VisitOperator<'a> for Checker<'_, '_> {
    /// `None` if it is not certain that the instruction is valid.
    type Output = Option<()>;

    wasmparser::for_each_visit_operator!(visit);
}

/// Says which shapes instructions have.
struct Shaper;

impl<'a> VisitOperator<'a> for Shaper {
    type Output = Shape;

    wasmparser::for_each_visit_operator!(visit_for_shape);
}

impl FrameStack for Shaper {
    fn current_frame(&self) -> Option<FrameKind> {
        Some(FrameKind::Block)
    }
}

impl FrameStack for Checker<'_, '_> {
    fn current_frame(&self) -> Option<FrameKind> {
        self.frame.map(|frame| frame.kind)
    }
}

#[cfg(test)]
mod tests;
