use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use crate::messages::{Info, Refusal};

/// One engine behind the modes of [`crate::main`].
///
/// Everything is used as a host would use it that wants speed: compiled code is not kept on disk between processes,
/// and no time limits, fuel or other instrumentation are on. Choices that matter are reported by [`Engine::info`].
pub trait Engine: Sized + Sync {
    /// What is made from bytes once, and instantiated often, by many threads.
    type Module: Send + Sync;
    /// An instance with all that it needs to live and to be called: its store, its handles.
    type Instance;
    /// An exported function of type `(i32) -> i64`, looked up once and called often.
    type Func;

    /// Sets the engine up. Options that are not taken are an error of the driver's.
    fn new(options: &mut Options) -> Result<Self, Failure>;

    /// Name, version and options.
    fn info(&self) -> Info;

    /// Makes a module of `bytes`, all that the engine does before the first instance. `path` is where the bytes are
    /// from, for what can only be loaded by the system (native code).
    fn load(&self, bytes: &[u8], path: &Path) -> Result<Self::Module, Failure>;

    /// Makes an instance, and runs the module's start function, but not `_initialize`.
    fn instantiate(
        &self,
        module: &Self::Module,
        imports: Imports,
    ) -> Result<Self::Instance, Failure>;

    /// Calls the export `_initialize`, if there is one.
    fn call_initialize(&self, instance: &mut Self::Instance) -> Result<(), Failure>;

    /// The export `name` of type `(i32) -> i64`; `None` if there is no such export, an error if its type differs.
    fn function(
        &self,
        instance: &mut Self::Instance,
        name: &str,
    ) -> Result<Option<Self::Func>, Failure>;

    /// Calls the function, by the engine's fastest way for a signature that is known at compile time.
    fn call(
        &self,
        instance: &mut Self::Instance,
        function: &Self::Func,
        argument: i32,
    ) -> Result<i64, Failure>;

    /// Bytes of machine code (for interpreters: of their own code) that exist for the module now; `None` if the
    /// engine does not tell.
    fn code_bytes(&self, _module: &Self::Module) -> Option<u64> {
        None
    }
}

/// How imports are satisfied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imports {
    /// By what their types say: functions that trap when called, memories and tables of the least size, globals
    /// that are zero or null. Modules without imports need nothing.
    ByType,
    /// `host.add_one: (i32) -> i32` is a function of the host that adds one, as cheap as the engine's API allows.
    AddOne,
}

/// The engine options of the command line, each of which is taken once.
#[derive(Debug, Default)]
pub struct Options(pub(crate) BTreeMap<String, String>);

impl Options {
    /// The value of `key`, if it was given.
    pub fn take(&mut self, key: &str) -> Option<String> {
        self.0.remove(key)
    }
}

/// Why there is no answer. Every error that can be displayed becomes [`Refusal::Error`] with `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub Refusal);

impl Failure {
    /// Something went wrong.
    pub fn error(message: impl Display) -> Self {
        Self(Refusal::Error(format!("{message:#}")))
    }

    /// The engine cannot do this, and does not claim to.
    pub fn unsupported(why: impl Display) -> Self {
        Self(Refusal::Unsupported(format!("{why:#}")))
    }

    /// The engine computed something wrong.
    pub fn wrong(what: impl Display) -> Self {
        Self(Refusal::Wrong(format!("{what:#}")))
    }

    /// The same, with `context: ` before an error's message.
    #[must_use]
    pub fn context(self, context: impl Display) -> Self {
        match self.0 {
            Refusal::Error(message) => Self::error(format!("{context}: {message}")),
            other => Self(other),
        }
    }
}

impl<E: Display> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::error(error)
    }
}
