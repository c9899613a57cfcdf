//! Functions that are part of the code of others, as seen from program counters: a backtrace shows the same frames
//! as if each had its own.

use bolide_module::DefinedFuncIndex;

/// A call whose callee is part of the code of the function that is compiled.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct InlinedCall {
    /// The callee.
    pub func: DefinedFuncIndex,
    /// Byte offset in the module of the call instruction.
    pub call: u32,
    /// The call that the call instruction is itself inlined by, which stands before this one in the table.
    /// `None`: it is an instruction of the compiled function.
    pub parent: Option<u32>,
}

/// Start of a range of machine code that belongs to one inlined call, or to none.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct InlinedRange {
    /// First code offset of the range.
    pub code: u32,
    /// Position in the table of calls.
    pub call: Option<u32>,
}

/// The inlined calls of a compiled function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inlining {
    /// The calls.
    pub calls: Box<[InlinedCall]>,
    /// Where their code is, by ascending offset. Code before the first range belongs to no call.
    pub ranges: Box<[InlinedRange]>,
}

impl Inlining {
    /// The calls that the code at an offset is in, innermost first.
    pub fn calls_at(&self, offset: u32) -> impl Iterator<Item = InlinedCall> {
        let after = self.ranges.partition_point(|range| range.code <= offset);
        let range = after.checked_sub(1).map(|i| self.ranges[i]);
        let at = |index: u32| self.calls.get(index as usize).copied();
        let innermost = range.and_then(|range| range.call).and_then(at);
        std::iter::successors(innermost, move |call| call.parent.and_then(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_end_in_the_compiled_function() {
        let call = |func, call, parent| InlinedCall {
            func: DefinedFuncIndex(func),
            call,
            parent,
        };
        let range = |code, call| InlinedRange { code, call };
        let inlining = Inlining {
            calls: [call(7, 100, None), call(8, 200, Some(0))].into(),
            ranges: [range(4, Some(0)), range(8, Some(1)), range(12, None)].into(),
        };
        let at = |offset| -> Vec<u32> { inlining.calls_at(offset).map(|c| c.func.0).collect() };
        assert_eq!(at(3), []);
        assert_eq!(at(4), [7]);
        assert_eq!(at(11), [8, 7]);
        assert_eq!(at(12), []);
        assert_eq!(Inlining::default().calls_at(0).count(), 0);
    }
}
