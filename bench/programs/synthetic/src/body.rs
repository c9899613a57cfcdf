//! Bodies of functions: statements that read and write locals, memory and globals, branch, loop, and call.

use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, MemArgTarget, ValType};

use crate::module::{SIGNATURES, TABLE_SIZE, signature};
use crate::random::Random;

/// Addresses are masked to these bits, so that accesses are in bounds and aligned.
const ADDRESS_MASK: i32 = 0xfff8;

/// What floating-point locals are kept below: with as few operations and calls as can nest, nothing becomes infinite,
/// and so nothing becomes a NaN, whose bits engines may choose.
const F64_LIMIT: f64 = 1e6;

/// How long a body is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
    /// One statement.
    Short,
    /// As in compiled programs: most functions are short, some are long, few are very long.
    Usual,
}

/// What a body depends on.
pub(crate) struct Context {
    /// The function's index; only lower ones are called.
    pub(crate) index: u32,
    pub(crate) length: Length,
}

/// A function that ends with every argument: loops have bounds, and the first parameter bounds the depth of calls.
pub(crate) fn body(random: &mut Random, context: &Context) -> Function {
    let (params, result) = SIGNATURES[signature(context.index)];
    let declared = [(4, ValType::I32), (3, ValType::I64), (2, ValType::F64)];
    let mut locals = params.to_vec();
    for (count, ty) in declared {
        locals.extend(std::iter::repeat_n(ty, count));
    }
    let mut function = Function::new(declared.map(|(count, ty)| (count as u32, ty)));
    let mut writer = Writer {
        code: function.instructions(),
        random,
        // Of the integers declared here, the last is the counter of loops.
        counter: params.len() as u32 + 3,
        locals,
        index: context.index,
    };
    let (statements, nesting) = match context.length {
        Length::Short => (1, 1),
        Length::Usual if writer.random.one_in(200) => (80 + writer.random.below(160), 2),
        Length::Usual if writer.random.one_in(12) => (12 + writer.random.below(28), 2),
        Length::Usual => (1 + writer.random.below(7), 2),
    };
    for _ in 0..statements {
        writer.statement(nesting);
    }
    writer.expression(result, 1);
    writer.code.end();
    function
}

struct Writer<'a> {
    code: InstructionSink<'a>,
    random: &'a mut Random,
    /// The types of parameters and locals.
    locals: Vec<ValType>,
    /// The local that counts the rounds of a loop.
    counter: u32,
    index: u32,
}

impl Writer<'_> {
    /// A local of a type. Neither the depth of calls nor the counter of loops: they are not for statements.
    fn local(&mut self, ty: ValType) -> u32 {
        let of_type = |index: &u32| self.locals[*index as usize] == ty && *index != self.counter;
        let candidates: Vec<u32> = (1..self.locals.len() as u32).filter(of_type).collect();
        candidates[self.random.below(candidates.len() as u32) as usize]
    }

    /// Statements nest as deep as `nesting`.
    fn statement(&mut self, nesting: u32) {
        match self.random.below(if nesting > 0 { 12 } else { 6 }) {
            0..=2 => self.assignment(),
            3 => self.store(),
            4 => self.global(),
            5 => self.call(),
            6..=8 => self.condition(nesting),
            9 => self.switch(),
            10 if nesting == 2 => self.counted_loop(),
            _ => self.early_exit(nesting),
        }
    }

    fn assignment(&mut self) {
        let ty =
            [ValType::I32, ValType::I32, ValType::I64, ValType::F64][self.random.below(4) as usize];
        self.expression(ty, 2);
        if ty == ValType::F64 {
            self.code
                .f64_const(F64_LIMIT.into())
                .f64_min()
                .f64_const((-F64_LIMIT).into())
                .f64_max();
        }
        let local = self.local(ty);
        self.code.local_set(local);
    }

    fn store(&mut self) {
        self.address();
        let offset = u64::from(self.random.below(64)) * 8;
        match self.random.below(4) {
            0 => {
                self.expression(ValType::I64, 1);
                self.code.i64_store(access(offset, 3));
            }
            1 => {
                self.expression(ValType::F64, 1);
                self.code.f64_store(access(offset, 3));
            }
            2 => {
                self.expression(ValType::I32, 1);
                self.code.i32_store8(access(offset, 0));
            }
            _ => {
                self.expression(ValType::I32, 1);
                self.code.i32_store(access(offset, 2));
            }
        }
    }

    /// As compilers keep a stack pointer.
    fn global(&mut self) {
        let local = self.local(ValType::I32);
        let size = 16 * (1 + self.random.below(8) as i32);
        self.code
            .global_get(0)
            .i32_const(size)
            .i32_sub()
            .local_tee(local)
            .i32_const(ADDRESS_MASK)
            .i32_and()
            .global_set(0);
    }

    /// A call of an earlier function, directly or through the table, if the depth allows it.
    fn call(&mut self) {
        if self.index == 0 {
            return self.assignment();
        }
        let through_table = self.random.one_in(4);
        let callee = match self.random.below(3) {
            0 => self.random.below(self.index),
            // Calls are mostly between neighbours.
            _ => self.index - 1 - self.random.below(self.index.min(50)),
        };
        let callee = if through_table { 0 } else { callee };
        let (params, result) = SIGNATURES[signature(callee)];
        self.code
            .local_get(0)
            .i32_const(0)
            .i32_gt_s()
            .if_(BlockType::Empty)
            .local_get(0)
            .i32_const(1)
            .i32_sub();
        for param in &params[1..] {
            self.expression(*param, 0);
        }
        if through_table {
            self.expression(ValType::I32, 0);
            self.code
                .i32_const(TABLE_SIZE as i32 - 1)
                .i32_and()
                .call_indirect(0, signature(callee) as u32);
        } else {
            self.code.call(callee);
        }
        let local = self.local(result);
        self.code.local_set(local).end();
    }

    fn condition(&mut self, nesting: u32) {
        self.comparison();
        self.code.if_(BlockType::Empty);
        self.statement(nesting - 1);
        if self.random.one_in(2) {
            self.code.else_();
            self.statement(nesting - 1);
        }
        self.code.end();
    }

    fn switch(&mut self) {
        let cases = 3 + self.random.below(4);
        for _ in 0..=cases {
            self.code.block(BlockType::Empty);
        }
        self.expression(ValType::I32, 1);
        let targets: Vec<u32> = (0..cases).collect();
        self.code.br_table(targets, cases);
        for case in 0..cases {
            self.code.end();
            self.assignment();
            self.code.br(cases - 1 - case);
        }
        self.code.end();
    }

    /// A loop of a few rounds. It contains no further one: they share the counter.
    fn counted_loop(&mut self) {
        let rounds = 2 + self.random.below(6) as i32;
        self.code
            .i32_const(rounds)
            .local_set(self.counter)
            .loop_(BlockType::Empty);
        self.assignment();
        self.statement(1);
        self.code
            .local_get(self.counter)
            .i32_const(1)
            .i32_sub()
            .local_tee(self.counter)
            .br_if(0)
            .end();
    }

    /// A block that is left early.
    fn early_exit(&mut self, nesting: u32) {
        self.code.block(BlockType::Empty);
        self.comparison();
        self.code.br_if(0);
        self.statement(nesting.saturating_sub(1));
        self.code.end();
    }

    fn address(&mut self) {
        self.expression(ValType::I32, 0);
        self.code.i32_const(ADDRESS_MASK).i32_and();
    }

    fn comparison(&mut self) {
        match self.random.below(4) {
            0 => {
                self.expression(ValType::I64, 0);
                self.expression(ValType::I64, 0);
                self.code.i64_lt_s();
            }
            1 => {
                self.expression(ValType::I32, 1);
                self.code.i32_eqz();
            }
            2 => {
                self.expression(ValType::F64, 0);
                self.expression(ValType::F64, 0);
                self.code.f64_gt();
            }
            _ => {
                self.expression(ValType::I32, 0);
                self.expression(ValType::I32, 0);
                self.code.i32_ge_u();
            }
        }
    }

    /// A value of a type; operations nest as deep as `depth`.
    fn expression(&mut self, ty: ValType, depth: u32) {
        if depth == 0 || self.random.one_in(4) {
            return self.leaf(ty);
        }
        match (ty, self.random.below(6)) {
            (ValType::I32, 0) => {
                self.address();
                self.code
                    .i32_load(access(u64::from(self.random.below(32)) * 4, 2));
            }
            (ValType::I32, 1) => {
                self.address();
                self.code
                    .i32_load8_u(access(u64::from(self.random.below(256)), 0));
            }
            (ValType::I32, 2) => {
                self.expression(ValType::I64, depth - 1);
                self.code.i32_wrap_i64();
            }
            (ValType::I64, 0) => {
                self.address();
                self.code
                    .i64_load(access(u64::from(self.random.below(32)) * 8, 3));
            }
            (ValType::I64, 1) => {
                self.expression(ValType::I32, depth - 1);
                self.code.i64_extend_i32_u();
            }
            (ValType::F64, 0) => {
                self.expression(ValType::I32, depth - 1);
                self.code.f64_convert_i32_s();
            }
            (ValType::F64, 1) => {
                // Not as a floating-point number: memory may have any bits.
                self.address();
                self.code
                    .i32_load(access(u64::from(self.random.below(32)) * 4, 2));
                self.code.f64_convert_i32_u();
            }
            _ => {
                self.expression(ty, depth - 1);
                self.expression(ty, depth - 1);
                self.operation(ty);
            }
        }
    }

    fn leaf(&mut self, ty: ValType) {
        if self.random.below(3) > 0 {
            let local = self.local(ty);
            self.code.local_get(local);
            return;
        }
        match ty {
            ValType::I64 => {
                let value = self.random.next_u64().cast_signed() >> (20 + self.random.below(40));
                self.code.i64_const(value);
            }
            ValType::F64 => {
                let value = f64::from(self.random.below(1000)) / 8.0;
                self.code.f64_const(value.into());
            }
            _ => {
                let value = self.random.next_u64() as i32 >> self.random.below(30);
                self.code.i32_const(value);
            }
        }
    }

    /// An operation that cannot trap.
    fn operation(&mut self, ty: ValType) {
        let choice = self.random.below(8);
        let code = &mut self.code;
        match ty {
            ValType::I64 => match choice {
                0 | 1 => code.i64_add(),
                2 => code.i64_sub(),
                3 => code.i64_mul(),
                4 => code.i64_xor(),
                5 => code.i64_and(),
                6 => code.i64_shr_u(),
                _ => code.i64_rotl(),
            },
            ValType::F64 => match choice {
                0..=2 => code.f64_add(),
                3 | 4 => code.f64_mul(),
                5 => code.f64_sub(),
                6 => code.f64_max(),
                _ => code.f64_copysign(),
            },
            _ => match choice {
                0..=2 => code.i32_add(),
                3 => code.i32_sub(),
                4 => code.i32_mul(),
                5 => code.i32_xor(),
                6 => code.i32_shl(),
                _ => code.i32_or(),
            },
        };
    }
}

fn access(offset: u64, align: u32) -> MemArg {
    MemArg {
        offset,
        align,
        target: MemArgTarget::Memory(0),
        ordering: None,
    }
}
