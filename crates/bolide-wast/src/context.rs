//! The state of a script and its directives.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::thread::{Scope, ScopedJoinHandle};

use bolide::{
    Context, Engine, Error, Extern, Func, Instance, Linker, Module, Result, Store, Trap, Val,
    ValType, WasmBacktrace, format_err,
};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::{Id, Span};
use wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, WastThread, Wat};

use crate::report::{self, Failure, Report};
use crate::spectest::{self, SpectestConfig};
use crate::value;

/// The modules and the store of a script, which its directives work on.
///
/// A script that is run after another one in the same context sees the modules of the first.
pub struct WastContext<T: 'static> {
    store: Store<T>,
    linker: Linker<T>,
    spectest: Option<SpectestConfig>,
    /// What the latest `module` directive made.
    current: Option<Entry>,
    /// What directives refer to as `$id`.
    named: HashMap<String, Entry>,
    /// What modules import from.
    registered: HashMap<String, Entry>,
    /// Modules by `$id`; under `None` the latest.
    definitions: HashMap<Option<String>, Result<Module, Stop>>,
}

/// The exports of an instance, or why there is no instance.
type Entry = Result<Arc<HashMap<String, Extern>>, Stop>;

/// Why a directive did not pass.
#[derive(Clone, Debug)]
enum Stop {
    Failed(String),
    /// It needs something that the engine validates but cannot execute.
    Unsupported(String),
}

/// What a guest returned, or the error that stopped it.
type Outcome = Result<Vec<Val>, Error>;

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Failed(message(&error))
    }
}

/// An error with its causes, but without a backtrace: the frames of a script say little.
fn message(error: &Error) -> String {
    if error.is::<WasmBacktrace>() {
        error.root_cause().to_string()
    } else {
        format!("{error:#}")
    }
}

fn fail<V>(message: impl Into<String>) -> Result<V, Stop> {
    Err(Stop::Failed(message.into()))
}

/// A script's text, with what turns places in it into lines and columns.
#[derive(Clone)]
struct Source<'a> {
    file: Arc<str>,
    text: &'a str,
}

impl Source<'_> {
    fn report(&self, span: Span, directive: &'static str, outcome: Result<(), Stop>) -> Report {
        let mut report = Report::default();
        let failure = |message| {
            let (line, col) = span.linecol_in(self.text);
            Failure {
                file: self.file.clone(),
                line: line + 1,
                col: col + 1,
                directive,
                message,
            }
        };
        match outcome {
            Ok(()) if report::is_assertion(directive) => report.passed += 1,
            Ok(()) => report.commands += 1,
            Err(Stop::Failed(message)) => report.failed.push(failure(message)),
            Err(Stop::Unsupported(message)) => report.skipped.push(failure(message)),
        }
        report
    }
}

/// The threads of a script that are running.
struct Threads<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    running: HashMap<String, ScopedJoinHandle<'scope, Report>>,
}

impl<T: Clone + Send + 'static> WastContext<T> {
    /// A context without modules. Threads of a script get stores of the same engine with clones of the
    /// store's data.
    pub fn new(store: Store<T>) -> WastContext<T> {
        let mut linker = Linker::new(store.engine());
        linker.allow_shadowing(true);
        WastContext {
            store,
            linker,
            spectest: None,
            current: None,
            named: HashMap::new(),
            registered: HashMap::new(),
            definitions: HashMap::new(),
        }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        self.store.engine()
    }

    /// The store.
    pub fn store(&mut self) -> &mut Store<T> {
        &mut self.store
    }

    /// What modules can import apart from the modules that the script registers.
    pub fn linker(&mut self) -> &mut Linker<T> {
        &mut self.linker
    }

    /// Defines the module `spectest`, which scripts of the specification's test suite import.
    ///
    /// # Errors
    ///
    /// If the store's limits or the system forbid its memories and tables.
    pub fn register_spectest(&mut self, config: &SpectestConfig) -> Result<()> {
        spectest::define(&mut self.linker, &mut self.store, config)?;
        self.spectest = Some(config.clone());
        Ok(())
    }

    /// Runs all directives of a script, also after one that failed. Waits for its threads.
    ///
    /// Assertions about malformed and invalid modules hold if the module is rejected for any reason;
    /// traps and link errors must have the message that the script says, as a prefix.
    ///
    /// # Errors
    ///
    /// If the script is not UTF-8 or does not parse, with the place.
    pub fn run_wast(&mut self, filename: &str, script: &[u8]) -> Result<Report> {
        let text =
            std::str::from_utf8(script).with_context(|| format!("{filename} is not UTF-8 text"))?;
        let place = |mut error: wast::Error| {
            error.set_path(Path::new(filename));
            error.set_text(text);
            Error::new(error)
        };
        let mut lexer = Lexer::new(text);
        // The suite has identifiers of all kinds on purpose.
        lexer.allow_confusing_unicode(true);
        let buffer = ParseBuffer::new_with_lexer(lexer).map_err(place)?;
        let script: Wast<'_> = parser::parse(&buffer).map_err(place)?;
        let source = Source {
            file: filename.into(),
            text,
        };
        Ok(self.run_directives(script.directives, &source))
    }

    fn run_directives(
        &mut self,
        directives: Vec<WastDirective<'_>>,
        source: &Source<'_>,
    ) -> Report {
        let mut report = Report::default();
        std::thread::scope(|scope| {
            let mut threads = Threads {
                scope,
                running: HashMap::new(),
            };
            for directive in directives {
                report.merge(self.run_directive(directive, source, &mut threads));
            }
            for thread in threads.running.into_values() {
                report.merge(join(thread));
            }
        });
        report
    }

    fn run_directive<'scope, 'env: 'scope>(
        &mut self,
        directive: WastDirective<'env>,
        source: &Source<'env>,
        threads: &mut Threads<'scope, 'env>,
    ) -> Report {
        let span = directive.span();
        let (name, outcome) = match directive {
            WastDirective::Module(module) => ("module", self.module(module)),
            WastDirective::ModuleDefinition(module) => ("module definition", self.define(module)),
            WastDirective::ModuleInstance {
                instance, module, ..
            } => ("module instance", self.instance(instance, module)),
            WastDirective::Register { name, module, .. } => {
                ("register", self.register(name, module))
            }
            WastDirective::Invoke(invoke) => ("invoke", self.run_invoke(&invoke)),
            WastDirective::AssertReturn { exec, results, .. } => {
                let outcome = self.execute(exec).and_then(|outcome| {
                    let values = returned(outcome)?;
                    Ok(value::check_results(&self.store, &results, &values)?)
                });
                ("assert_return", outcome)
            }
            WastDirective::AssertTrap { exec, message, .. } => {
                ("assert_trap", self.assert_trap(exec, message))
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                let exec = WastExecute::Invoke(call);
                ("assert_exhaustion", self.assert_trap(exec, message))
            }
            WastDirective::AssertInvalid {
                module, message, ..
            } => ("assert_invalid", self.assert_rejected(module, message)),
            WastDirective::AssertMalformed {
                module, message, ..
            } => ("assert_malformed", self.assert_rejected(module, message)),
            WastDirective::AssertInvalidCustom {
                module, message, ..
            } => (
                "assert_invalid_custom",
                self.assert_rejected(module, message),
            ),
            WastDirective::AssertMalformedCustom {
                module, message, ..
            } => (
                "assert_malformed_custom",
                self.assert_rejected(module, message),
            ),
            WastDirective::AssertUnlinkable {
                module, message, ..
            } => ("assert_unlinkable", self.assert_unlinkable(module, message)),
            WastDirective::AssertException { .. } => {
                ("assert_exception", unsupported("exceptions"))
            }
            WastDirective::AssertSuspension { .. } => {
                ("assert_suspension", unsupported("stack-switching"))
            }
            WastDirective::Thread(thread) => ("thread", self.thread(thread, source, threads)),
            WastDirective::Wait { thread, .. } => {
                let outcome = match threads.running.remove(thread.name()) {
                    Some(handle) => {
                        let mut report = join(handle);
                        report.merge(source.report(span, "wait", Ok(())));
                        return report;
                    }
                    None => fail(format!("no thread `${}` is running", thread.name())),
                };
                ("wait", outcome)
            }
        };
        source.report(span, name, outcome)
    }

    /// Encodes and loads a module.
    fn load(&self, wat: &mut QuoteWat<'_>) -> Result<Module, Stop> {
        let bytes = wat
            .encode()
            .map_err(|e| Stop::Failed(format!("the text is malformed: {}", e.message())))?;
        match Module::from_binary(self.engine(), &bytes) {
            Ok(module) => Ok(module),
            Err(error) if Module::validate(self.engine(), &bytes).is_ok() => {
                Err(Stop::Unsupported(message(&error)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Instantiates a module. The inner error is one of linking or of the guest.
    fn instantiate(&mut self, module: &Module) -> Result<Result<Instance>, Stop> {
        let mut imports = Vec::new();
        for import in module.imports() {
            let found = match self.registered.get(import.module()) {
                Some(Ok(exports)) => exports.get(import.name()).cloned(),
                Some(Err(stop)) => return Err(stop.clone()),
                None => self.linker.get_by_import(&mut self.store, &import),
            };
            let Some(item) = found else {
                let (module, name) = (import.module(), import.name());
                return Ok(Err(format_err!(
                    "unknown import: `{module}::{name}` of type {} is not defined",
                    import.ty()
                )));
            };
            imports.push(item);
        }
        Ok(Instance::new(&mut self.store, module, &imports))
    }

    fn instantiate_entry(&mut self, module: &Module) -> Entry {
        let instance = self.instantiate(module)?.map_err(guest_error)?;
        let exports = instance.exports(&mut self.store);
        Ok(Arc::new(
            exports
                .map(|e| (e.name().to_owned(), e.into_extern()))
                .collect(),
        ))
    }

    /// Makes `entry` what later directives work on. Its own outcome is that of the directive.
    fn enter(&mut self, id: Option<Id<'_>>, entry: Entry) -> Result<(), Stop> {
        let outcome = entry.clone().map(drop);
        if let Some(id) = id {
            self.named.insert(id.name().to_owned(), entry.clone());
        }
        self.current = Some(entry);
        outcome
    }

    fn define(&mut self, mut module: QuoteWat<'_>) -> Result<(), Stop> {
        let loaded = self.load(&mut module);
        if let Some(id) = module.name() {
            let name = Some(id.name().to_owned());
            self.definitions.insert(name, loaded.clone());
        }
        self.definitions.insert(None, loaded.clone());
        loaded.map(drop)
    }

    fn module(&mut self, module: QuoteWat<'_>) -> Result<(), Stop> {
        let id = module.name();
        // Whether the module loads is seen below.
        let _ = self.define(module);
        self.instance(id, id)
    }

    fn instance(&mut self, instance: Option<Id<'_>>, module: Option<Id<'_>>) -> Result<(), Stop> {
        let name = module.map(|id| id.name().to_owned());
        let entry = match self.definitions.get(&name).cloned() {
            Some(Ok(module)) => self.instantiate_entry(&module),
            Some(Err(stop)) => Err(stop),
            None => fail(match name {
                Some(name) => format!("no module `${name}` is defined"),
                None => "no module is defined".to_owned(),
            }),
        };
        self.enter(instance, entry)
    }

    fn entry(&self, id: Option<Id<'_>>) -> Entry {
        match id {
            Some(id) => match self.named.get(id.name()) {
                Some(entry) => entry.clone(),
                None => fail(format!("there is no instance `${}`", id.name())),
            },
            None => match &self.current {
                Some(entry) => entry.clone(),
                None => fail("there is no instance yet"),
            },
        }
    }

    fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Result<(), Stop> {
        let entry = self.entry(module);
        let outcome = entry.clone().map(drop);
        self.registered.insert(name.to_owned(), entry);
        outcome
    }

    fn execute(&mut self, exec: WastExecute<'_>) -> Result<Outcome, Stop> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Wat(module) => {
                let module = self.load(&mut QuoteWat::Wat(module))?;
                Ok(self.instantiate(&module)?.map(|_| Vec::new()))
            }
            WastExecute::Get { module, global, .. } => {
                match self.entry(module)?.get(global).cloned() {
                    Some(Extern::Global(global)) => Ok(Ok(vec![global.get(&mut self.store)])),
                    _ => fail(format!("there is no global export `{global}`")),
                }
            }
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Outcome, Stop> {
        let func: Func = match self.entry(invoke.module)?.get(invoke.name).cloned() {
            Some(Extern::Func(func)) => func,
            _ => return fail(format!("there is no function export `{}`", invoke.name)),
        };
        let ty = func.ty(&self.store);
        let params: Vec<ValType> = ty.params().collect();
        let mut args = Vec::with_capacity(params.len());
        for (i, arg) in invoke.args.iter().enumerate() {
            args.push(value::argument(&mut self.store, arg, params.get(i))?);
        }
        let mut results = vec![Val::I32(0); ty.results().len()];
        let outcome = func.call(&mut self.store, &args, &mut results);
        Ok(outcome.map(|()| results))
    }

    fn run_invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<(), Stop> {
        returned(self.invoke(invoke)?).map(drop)
    }

    fn assert_trap(&mut self, exec: WastExecute<'_>, expected: &str) -> Result<(), Stop> {
        let error = match self.execute(exec)? {
            Ok(_) => return fail(format!("expected the trap `{expected}`, but it returned")),
            Err(error) => error,
        };
        let Some(trap) = error.downcast_ref::<Trap>() else {
            return fail(format!(
                "expected the trap `{expected}`, found the error: {}",
                message(&error)
            ));
        };
        if *trap == Trap::Unsupported {
            return Err(guest_error(error));
        }
        if !trap_matches(*trap, expected) {
            let found = trap.message();
            return fail(format!("expected the trap `{expected}`, found `{found}`"));
        }
        Ok(())
    }

    fn assert_rejected(&self, mut module: QuoteWat<'_>, expected: &str) -> Result<(), Stop> {
        let Ok(bytes) = module.encode() else {
            return Ok(());
        };
        match Module::validate(self.engine(), &bytes) {
            Ok(()) => fail(format!(
                "expected the module to be rejected with `{expected}`, but it is accepted"
            )),
            Err(_) => Ok(()),
        }
    }

    fn assert_unlinkable(&mut self, module: Wat<'_>, expected: &str) -> Result<(), Stop> {
        let module = self.load(&mut QuoteWat::Wat(module))?;
        let error = match self.instantiate(&module)? {
            Ok(_) => {
                return fail(format!(
                    "expected the link error `{expected}`, but the module was instantiated"
                ));
            }
            Err(error) => error,
        };
        let found = message(&error);
        let holds = match error.downcast_ref::<Trap>() {
            // Segments out of bounds were link errors in the first edition.
            Some(Trap::MemoryOutOfBounds) => expected == "data segment does not fit",
            Some(Trap::TableOutOfBounds) => expected == "elements segment does not fit",
            Some(_) => false,
            None => found.starts_with(expected),
        };
        if !holds {
            return fail(format!(
                "expected the link error `{expected}`, found: {found}"
            ));
        }
        Ok(())
    }

    fn thread<'scope, 'env: 'scope>(
        &mut self,
        thread: WastThread<'env>,
        source: &Source<'env>,
        threads: &mut Threads<'scope, 'env>,
    ) -> Result<(), Stop> {
        let mut child = WastContext::new(Store::new(self.engine(), self.store.data().clone()));
        if let Some(config) = &self.spectest {
            child.register_spectest(config)?;
        }
        if let Some(id) = thread.shared_module {
            let exports = self.entry(Some(id))?;
            let shared = exports
                .iter()
                .filter(|(_, item)| matches!(item, Extern::SharedMemory(_)))
                .map(|(name, item)| (name.clone(), item.clone()));
            child
                .named
                .insert(id.name().to_owned(), Ok(Arc::new(shared.collect())));
        }
        let source = source.clone();
        let handle = threads
            .scope
            .spawn(move || child.run_directives(thread.directives, &source));
        threads
            .running
            .insert(thread.name.name().to_owned(), handle);
        Ok(())
    }
}

fn join(thread: ScopedJoinHandle<'_, Report>) -> Report {
    match thread.join() {
        Ok(report) => report,
        Err(payload) => std::panic::resume_unwind(payload),
    }
}

fn unsupported(proposal: &str) -> Result<(), Stop> {
    Err(Stop::Unsupported(format!(
        "the `{proposal}` proposal is not supported"
    )))
}

fn returned(outcome: Outcome) -> Result<Vec<Val>, Stop> {
    outcome.map_err(guest_error)
}

fn guest_error(error: Error) -> Stop {
    match error.downcast_ref::<Trap>() {
        Some(Trap::Unsupported) => Stop::Unsupported(message(&error)),
        _ => error.into(),
    }
}

/// Whether a trap is what the script expects. Like the reference interpreter's, the trap's message may go
/// on where the expected one ends.
fn trap_matches(trap: Trap, expected: &str) -> bool {
    // The interpreter says which element is null.
    let expected = expected.trim_end_matches(|c: char| c.is_ascii_digit());
    let found = match trap {
        Trap::NullReference if expected.starts_with("null function") => "null function reference",
        Trap::AtomicWaitNonSharedMemory => "expected shared memory",
        trap => trap.message(),
    };
    found.starts_with(expected.trim_end())
}

impl<T: 'static> std::fmt::Debug for WastContext<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WastContext")
            .field("named", &self.named.keys())
            .field("registered", &self.registered.keys())
            .finish_non_exhaustive()
    }
}
