//! Engine-wide canonical types.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::index::TypeId;
use crate::types::*;

/// Interns recursion groups so that equal types of different modules get the same [`TypeId`]
/// (core spec §3.1.4). One registry belongs to one engine; ids of different registries must not be
/// mixed.
///
/// A group lives as long as a [`TypeGuard`] (every [`Module`](crate::Module) has one) or another
/// living group refers to it. After that its ids are given to other types, so an id must not be
/// used for longer than the module that it came from.
#[derive(Debug, Default)]
pub struct TypeRegistry {
    inner: RwLock<Inner>,
}

/// Index of a group in `Inner::groups`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct GroupId(u32);

/// Marks a [`TypeId`] that is a position inside the group being defined. Real ids stay below it,
/// see [`Inner::insert`].
const RELATIVE: u32 = 1 << 31;

/// The id that stands for member `position` of a group in the input of [`TypeGuard::intern`].
pub(crate) fn relative(position: u32) -> TypeId {
    debug_assert!(position < RELATIVE);
    TypeId(RELATIVE | position)
}

#[derive(Debug, Default)]
struct Inner {
    /// By [`TypeId`]; `None` is a free id.
    types: Vec<Option<Entry>>,
    free_types: Vec<u32>,
    /// By [`GroupId`]; `None` is a free slot.
    groups: Vec<Option<Group>>,
    free_groups: Vec<u32>,
    /// Groups by definition. References to members are [`relative`], which makes equality of keys
    /// the iso-recursive equality of the spec.
    by_definition: HashMap<Arc<[SubType]>, GroupId>,
}

#[derive(Debug)]
struct Entry {
    ty: Arc<SubType>,
    func: Option<Arc<FuncType>>,
    group: GroupId,
}

#[derive(Debug)]
struct Group {
    definition: Arc<[SubType]>,
    members: Arc<[TypeId]>,
    /// Guards and groups that refer to this group.
    references: u64,
    /// Groups that this group refers to, once for each reference counted there.
    uses: Box<[GroupId]>,
}

impl Inner {
    fn entry(&self, id: TypeId) -> &Entry {
        self.types
            .get(id.index())
            .and_then(Option::as_ref)
            .expect("the type id belongs to this registry and its module is alive")
    }

    fn group_mut(&mut self, id: GroupId) -> &mut Group {
        self.groups[id.0 as usize]
            .as_mut()
            .expect("a counted group exists")
    }

    /// Finds or adds a group and counts one reference to it.
    fn intern(&mut self, definition: &[SubType]) -> GroupId {
        let id = match self.by_definition.get(definition) {
            Some(&id) => id,
            None => self.insert(definition),
        };
        self.group_mut(id).references += 1;
        id
    }

    fn insert(&mut self, definition: &[SubType]) -> GroupId {
        let group = match self.free_groups.pop() {
            Some(id) => GroupId(id),
            None => {
                self.groups.push(None);
                GroupId((self.groups.len() - 1) as u32)
            }
        };
        let members: Arc<[TypeId]> = definition.iter().map(|_| self.allocate_type()).collect();
        let mut uses = Vec::new();
        for (ty, member) in definition.iter().zip(&*members) {
            let ty = ty.map_ids(&mut |id| {
                if id.0 & RELATIVE != 0 {
                    members[(id.0 & !RELATIVE) as usize]
                } else {
                    uses.push(self.entry(id).group);
                    id
                }
            });
            self.types[member.index()] = Some(Entry {
                func: match &ty.composite {
                    CompositeType::Func(func) => Some(Arc::new(func.clone())),
                    _ => None,
                },
                ty: Arc::new(ty),
                group,
            });
        }
        uses.sort_unstable_by_key(|g| g.0);
        uses.dedup();
        for &used in &uses {
            self.group_mut(used).references += 1;
        }
        let definition: Arc<[SubType]> = definition.into();
        self.by_definition.insert(definition.clone(), group);
        self.groups[group.0 as usize] = Some(Group {
            definition,
            members,
            references: 0,
            uses: uses.into(),
        });
        group
    }

    fn allocate_type(&mut self) -> TypeId {
        if let Some(id) = self.free_types.pop() {
            return TypeId(id);
        }
        self.types.push(None);
        let id = (self.types.len() - 1) as u32;
        assert!(id < RELATIVE, "2^31 distinct types are alive");
        TypeId(id)
    }

    /// Gives references back and frees groups that nothing refers to any more.
    fn release(&mut self, groups: impl IntoIterator<Item = GroupId>) {
        let mut pending: Vec<GroupId> = groups.into_iter().collect();
        while let Some(id) = pending.pop() {
            let group = self.group_mut(id);
            group.references -= 1;
            if group.references > 0 {
                continue;
            }
            let Some(group) = self.groups[id.0 as usize].take() else {
                continue;
            };
            self.by_definition.remove(&group.definition);
            for member in &*group.members {
                self.types[member.index()] = None;
                self.free_types.push(member.0);
            }
            self.free_groups.push(id.0);
            pending.extend(group.uses);
        }
    }
}

impl TypeRegistry {
    /// An empty registry.
    pub fn new() -> TypeRegistry {
        TypeRegistry::default()
    }

    // A panic inside a lock can only come from an id of another registry, before anything was
    // changed, so the data stays consistent.
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The definition of a type.
    ///
    /// # Panics
    ///
    /// If `id` is not of this registry.
    pub fn get(&self, id: TypeId) -> Arc<SubType> {
        self.read().entry(id).ty.clone()
    }

    /// The function type that `id` stands for.
    ///
    /// # Panics
    ///
    /// If `id` is not of this registry or not a function type.
    pub fn func_type(&self, id: TypeId) -> Arc<FuncType> {
        self.read()
            .entry(id)
            .func
            .clone()
            .expect("the type id is of a function type")
    }

    /// Whether `sub` is `sup` or was declared as its subtype, directly or through others
    /// (spec §3.3.5 "defined types").
    ///
    /// # Panics
    ///
    /// If an id is not of this registry.
    pub fn is_subtype(&self, sub: TypeId, sup: TypeId) -> bool {
        if sub == sup {
            return true;
        }
        let inner = self.read();
        let mut next = inner.entry(sub).ty.supertype;
        while let Some(id) = next {
            if id == sup {
                return true;
            }
            next = inner.entry(id).ty.supertype;
        }
        false
    }

    /// The id of a function type of the host: final, without supertype, in its own group. A module
    /// that declares `(type (func …))` with the same parameters and results has the same id.
    ///
    /// The type stays registered for the lifetime of the registry. Use [`TypeGuard::intern_func`]
    /// for types that come and go.
    ///
    /// # Panics
    ///
    /// If `ty` refers to an id that is not of this registry.
    pub fn intern_func(&self, ty: FuncType) -> TypeId {
        let mut inner = self.write();
        let group = inner.intern(&[plain_func(ty)]);
        inner.group_mut(group).members[0]
    }

    /// How many types are registered. For tests and metrics.
    pub fn len(&self) -> usize {
        let inner = self.read();
        inner.types.len() - inner.free_types.len()
    }

    /// Whether no type is registered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn plain_func(ty: FuncType) -> SubType {
    SubType {
        is_final: true,
        supertype: None,
        composite: CompositeType::Func(ty),
    }
}

/// Keeps types registered; gives them back when dropped.
#[derive(Debug)]
pub struct TypeGuard {
    registry: Arc<TypeRegistry>,
    groups: Vec<GroupId>,
}

impl TypeGuard {
    /// A guard that keeps nothing yet.
    pub fn new(registry: Arc<TypeRegistry>) -> TypeGuard {
        TypeGuard {
            registry,
            groups: Vec::new(),
        }
    }

    /// Registers a recursion group and keeps it. Members refer to each other with [`relative`].
    pub(crate) fn intern(&mut self, definition: &[SubType]) -> Arc<[TypeId]> {
        let mut inner = self.registry.write();
        let group = inner.intern(definition);
        self.groups.push(group);
        inner.group_mut(group).members.clone()
    }

    /// Keeps a type, with its recursion group, that is registered already.
    ///
    /// # Panics
    ///
    /// If `id` is not of this registry, or nothing else has kept it until now.
    pub fn retain(&mut self, id: TypeId) {
        let mut inner = self.registry.write();
        let group = inner.entry(id).group;
        inner.group_mut(group).references += 1;
        self.groups.push(group);
    }

    /// Like [`TypeRegistry::intern_func`], but the type is kept only as long as this guard.
    ///
    /// # Panics
    ///
    /// If `ty` refers to an id that is not of this registry.
    pub fn intern_func(&mut self, ty: FuncType) -> TypeId {
        self.intern(&[plain_func(ty)])[0]
    }
}

impl Drop for TypeGuard {
    fn drop(&mut self) {
        if !self.groups.is_empty() {
            self.registry.write().release(self.groups.drain(..));
        }
    }
}

impl SubType {
    /// A copy with every type id replaced.
    fn map_ids(&self, f: &mut impl FnMut(TypeId) -> TypeId) -> SubType {
        SubType {
            is_final: self.is_final,
            supertype: self.supertype.map(&mut *f),
            composite: match &self.composite {
                CompositeType::Func(func) => CompositeType::Func(FuncType {
                    params: func.params.iter().map(|ty| ty.map_ids(f)).collect(),
                    results: func.results.iter().map(|ty| ty.map_ids(f)).collect(),
                }),
                CompositeType::Struct(fields) => {
                    CompositeType::Struct(fields.iter().map(|field| field.map_ids(f)).collect())
                }
                CompositeType::Array(field) => CompositeType::Array(field.map_ids(f)),
            },
        }
    }
}

impl FieldType {
    fn map_ids(self, f: &mut impl FnMut(TypeId) -> TypeId) -> FieldType {
        FieldType {
            storage: match self.storage {
                StorageType::Val(ty) => StorageType::Val(ty.map_ids(f)),
                packed => packed,
            },
            ..self
        }
    }
}

impl ValType {
    fn map_ids(self, f: &mut impl FnMut(TypeId) -> TypeId) -> ValType {
        let ValType::Ref(r) = self else { return self };
        let heap = match r.heap {
            HeapType::ConcreteFunc(id) => HeapType::ConcreteFunc(f(id)),
            HeapType::ConcreteStruct(id) => HeapType::ConcreteStruct(f(id)),
            HeapType::ConcreteArray(id) => HeapType::ConcreteArray(f(id)),
            heap => heap,
        };
        ValType::Ref(RefType { heap, ..r })
    }
}
