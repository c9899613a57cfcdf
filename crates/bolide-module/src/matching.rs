//! Subtyping and import matching (core spec §3.3 "matching").

use crate::registry::TypeRegistry;
use crate::types::*;

impl TypeRegistry {
    /// Whether a value of type `sub` can be used as `sup` (spec §3.3.1 to §3.3.4).
    pub fn val_matches(&self, sub: ValType, sup: ValType) -> bool {
        match (sub, sup) {
            (ValType::Ref(sub), ValType::Ref(sup)) => self.ref_matches(sub, sup),
            _ => sub == sup,
        }
    }

    /// Whether a reference of type `sub` can be used as `sup`.
    pub fn ref_matches(&self, sub: RefType, sup: RefType) -> bool {
        (sup.nullable || !sub.nullable) && self.heap_matches(sub.heap, sup.heap)
    }

    /// Whether everything in heap type `sub` is in `sup`.
    pub fn heap_matches(&self, sub: HeapType, sup: HeapType) -> bool {
        use HeapType::*;
        if sub == sup {
            return true;
        }
        match (sub, sup) {
            (NoFunc | NoExtern | None | NoExn, _) => sub.top() == sup.top(),
            (_, Func | Extern | Any | Exn) => sub.top() == sup.top(),
            (I31 | Struct | Array | ConcreteStruct(_) | ConcreteArray(_), Eq) => true,
            (ConcreteStruct(_), Struct) | (ConcreteArray(_), Array) => true,
            (ConcreteFunc(a), ConcreteFunc(b))
            | (ConcreteStruct(a), ConcreteStruct(b))
            | (ConcreteArray(a), ConcreteArray(b)) => self.is_subtype(a, b),
            _ => false,
        }
    }

    /// Whether an entity of type `provided` can fill an import of type `expected` (spec §3.3.13
    /// "external types").
    ///
    /// A memory or table that exists matches with its current size, so the caller sets `minimum`
    /// of `provided` to that.
    pub fn matches(&self, provided: &EntityType, expected: &EntityType) -> bool {
        match (provided, expected) {
            (EntityType::Func(p), EntityType::Func(e)) => self.is_subtype(*p, *e),
            (EntityType::Table(p), EntityType::Table(e)) => {
                p.index == e.index
                    && p.element == e.element
                    && limits_match((p.minimum, p.maximum), (e.minimum, e.maximum))
            }
            (EntityType::Memory(p), EntityType::Memory(e)) => {
                p.index == e.index
                    && p.shared == e.shared
                    && limits_match((p.minimum, p.maximum), (e.minimum, e.maximum))
            }
            (EntityType::Global(p), EntityType::Global(e)) => {
                p.mutable == e.mutable
                    && if p.mutable {
                        p.content == e.content
                    } else {
                        self.val_matches(p.content, e.content)
                    }
            }
            // Ids are canonical, so equality is the equivalence that the spec asks for.
            (EntityType::Tag(p), EntityType::Tag(e)) => p == e,
            _ => false,
        }
    }
}

fn limits_match(provided: (u64, Option<u64>), expected: (u64, Option<u64>)) -> bool {
    provided.0 >= expected.0
        && match (provided.1, expected.1) {
            (_, None) => true,
            (Some(p), Some(e)) => p <= e,
            (None, Some(_)) => false,
        }
}
