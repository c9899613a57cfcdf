//! Wasm3 as safe types: a parsed module, and an instance with its functions.
//!
//! Every module has an environment of its own, and every instance a runtime of its own, so that nothing is shared
//! between threads.

use std::ffi::{CStr, CString, c_void};
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::Arc;

use crate::ffi;

/// Wasm3's own stack. With 1 MiB, recursion that fits into what other engines have by default (512 KiB, 1 MiB) fits here, too.
const STACK_BYTES: u32 = 1 << 20;

/// What Wasm3 says is wrong.
pub(crate) type Result<T> = std::result::Result<T, String>;

struct Environment(NonNull<ffi::M3Environment>);

impl Drop for Environment {
    fn drop(&mut self) {
        // SAFETY: the pointer is from m3_NewEnvironment, and the owners of runtimes and modules drop them first.
        unsafe { ffi::m3_FreeEnvironment(self.0.as_ptr()) };
    }
}

/// A module that has been decoded, but belongs to no instance yet.
pub(crate) struct Parsed {
    module: NonNull<ffi::M3Module>,
    environment: Environment,
    bytes: Arc<[u8]>,
}

// SAFETY: Wasm3 has no state that belongs to a thread, and a `Parsed` owns all that its pointers lead to.
unsafe impl Send for Parsed {}

impl Parsed {
    pub(crate) fn new(bytes: Arc<[u8]>) -> Result<Self> {
        let len =
            u32::try_from(bytes.len()).map_err(|_| "the module has more than 4 GiB".to_owned())?;
        // SAFETY: the function has no preconditions.
        let environment =
            NonNull::new(unsafe { ffi::m3_NewEnvironment() }).ok_or("out of memory")?;
        let environment = Environment(environment);
        let mut module = ptr::null_mut();
        // SAFETY: the environment is alive, and the bytes live as long as the module does: here and in the instance.
        let result = unsafe {
            ffi::m3_ParseModule(environment.0.as_ptr(), &raw mut module, bytes.as_ptr(), len)
        };
        check(result)?;
        let module = NonNull::new(module).ok_or("there is no module")?;
        Ok(Self {
            module,
            environment,
            bytes,
        })
    }
}

impl Drop for Parsed {
    fn drop(&mut self) {
        // SAFETY: no runtime has taken the module: `Instance::new` forgets the value when one does.
        unsafe { ffi::m3_FreeModule(self.module.as_ptr()) };
    }
}

/// An import of a function.
pub(crate) struct Import {
    pub(crate) module: CString,
    pub(crate) name: CString,
    /// Wasm3's notation, such as `i(iI)`.
    pub(crate) signature: CString,
    pub(crate) function: HostFunction,
}

/// What there is as functions of the host.
#[derive(Clone, Copy)]
pub(crate) enum HostFunction {
    AddOne,
    Trap,
}

/// An instance with its runtime.
pub(crate) struct Instance {
    runtime: NonNull<ffi::M3Runtime>,
    module: NonNull<ffi::M3Module>,
    /// What [`Bench`] is an index of: functions of type `(i32) -> i64`, which live as long as the runtime.
    benches: Vec<NonNull<ffi::M3Function>>,
    // In this order after the runtime, which uses both.
    _environment: Environment,
    _bytes: Arc<[u8]>,
}

impl Instance {
    /// Loads the module into a new runtime, links `imports`, and runs the start function.
    pub(crate) fn new(parsed: Parsed, imports: &[Import]) -> Result<Self> {
        // SAFETY: the environment is alive.
        let runtime = unsafe {
            ffi::m3_NewRuntime(parsed.environment.0.as_ptr(), STACK_BYTES, ptr::null_mut())
        };
        let runtime = NonNull::new(runtime).ok_or("out of memory")?;
        // SAFETY: both are alive, of the same environment, and the module is in no runtime.
        let loaded = unsafe { ffi::m3_LoadModule(runtime.as_ptr(), parsed.module.as_ptr()) };
        if let Err(error) = check(loaded) {
            // SAFETY: the runtime is alive and did not take the module.
            unsafe { ffi::m3_FreeRuntime(runtime.as_ptr()) };
            return Err(error);
        }
        let instance = {
            let parsed = MaybeUninit::new(parsed);
            // SAFETY: `parsed` is initialized, and each field with a destructor is moved out once. The module has none;
            // it belongs to the runtime now.
            unsafe {
                let parsed = parsed.as_ptr();
                Self {
                    runtime,
                    module: (*parsed).module,
                    benches: Vec::new(),
                    _environment: ptr::read(&raw const (*parsed).environment),
                    _bytes: ptr::read(&raw const (*parsed).bytes),
                }
            }
        };
        for import in imports {
            instance.link(import)?;
        }
        // SAFETY: the module is loaded.
        instance.check(unsafe { ffi::m3_RunStart(instance.module.as_ptr()) })?;
        Ok(instance)
    }

    fn link(&self, import: &Import) -> Result<()> {
        let function: ffi::M3RawCall = match import.function {
            HostFunction::AddOne => add_one,
            HostFunction::Trap => trap,
        };
        // SAFETY: the module is loaded, the texts live during the call, and the function fits every signature it is
        // linked with: `add_one` is given for `i(i)` only, and `trap` touches nothing.
        let result = unsafe {
            ffi::m3_LinkRawFunction(
                self.module.as_ptr(),
                import.module.as_ptr(),
                import.name.as_ptr(),
                import.signature.as_ptr(),
                function,
            )
        };
        self.check(result)
            .map_err(|error| format!("import {:?} {:?}: {error}", import.module, import.name))
    }

    /// The exported function of type `(i32) -> i64`, which is translated now if it was not before.
    pub(crate) fn bench(&mut self, name: &str) -> Result<Option<Bench>> {
        let Some(found) = self.find(name)? else {
            return Ok(None);
        };
        let function = found.as_ptr();
        // SAFETY: the function is of this instance, and the counts are compared before types are asked for.
        let fits = unsafe {
            ffi::m3_GetArgCount(function) == 1
                && ffi::m3_GetRetCount(function) == 1
                && ffi::m3_GetArgType(function, 0) == ffi::TYPE_I32
                && ffi::m3_GetRetType(function, 0) == ffi::TYPE_I64
        };
        if !fits {
            return Err(format!("'{name}' is not of type (i32) -> i64"));
        }
        self.benches.push(found);
        Ok(Some(Bench(self.benches.len() - 1)))
    }

    /// Calls an exported function without arguments and results, if there is one.
    pub(crate) fn call_if_exported(&mut self, name: &str) -> Result<()> {
        let Some(found) = self.find(name)? else {
            return Ok(());
        };
        let function = found.as_ptr();
        // SAFETY: the function is of this instance.
        if unsafe { (ffi::m3_GetArgCount(function), ffi::m3_GetRetCount(function)) } != (0, 0) {
            return Err(format!("'{name}' has arguments or results"));
        }
        // SAFETY: the function takes no arguments, so the pointer to them is not used.
        self.check(unsafe { ffi::m3_Call(function, 0, ptr::null_mut()) })
    }

    fn find(&mut self, name: &str) -> Result<Option<NonNull<ffi::M3Function>>> {
        let name = CString::new(name).map_err(|_| "names have no NUL".to_owned())?;
        let mut function = ptr::null_mut();
        // SAFETY: the runtime is alive, and the name lives during the call.
        let result = unsafe {
            ffi::m3_FindFunction(&raw mut function, self.runtime.as_ptr(), name.as_ptr())
        };
        // SAFETY: a constant of the library.
        if result == unsafe { ffi::m3Err_functionLookupFailed } {
            return Ok(None);
        }
        self.check(result)?;
        Ok(NonNull::new(function))
    }

    /// Calls a function of this instance.
    pub(crate) fn call(&mut self, function: Bench, argument: i32) -> Result<i64> {
        let function = self
            .benches
            .get(function.0)
            .ok_or("a function of another instance")?
            .as_ptr();
        let mut arguments = [(&raw const argument).cast::<c_void>()];
        // SAFETY: the function is alive and takes one i32.
        let called = unsafe { ffi::m3_Call(function, 1, arguments.as_mut_ptr()) };
        self.check(called)?;
        let mut result = 0_i64;
        let mut results = [(&raw mut result).cast::<c_void>().cast_const()];
        // SAFETY: the function is alive and returns one i64, which is written to where the pointer leads.
        self.check(unsafe { ffi::m3_GetResults(function, 1, results.as_mut_ptr()) })?;
        Ok(result)
    }

    fn check(&self, result: ffi::M3Result) -> Result<()> {
        check(result).map_err(|error| match self.details(result) {
            Some(details) if details != error => format!("{error}: {details}"),
            _ => error,
        })
    }

    /// What Wasm3 has to say about its last error, if that is this one.
    fn details(&self, result: ffi::M3Result) -> Option<String> {
        let mut info = MaybeUninit::uninit();
        // SAFETY: the runtime is alive; the function fills the structure and keeps messages in the runtime.
        let info: ffi::M3ErrorInfo = unsafe {
            ffi::m3_GetErrorInfo(self.runtime.as_ptr(), info.as_mut_ptr());
            info.assume_init()
        };
        let message = (info.result == result).then_some(info.message)?;
        text(message).filter(|message| !message.is_empty())
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: the runtime is alive; it frees its module, and the environment is dropped after it.
        unsafe { ffi::m3_FreeRuntime(self.runtime.as_ptr()) };
    }
}

/// A function of type `(i32) -> i64` of one instance.
#[derive(Clone, Copy)]
pub(crate) struct Bench(usize);

unsafe extern "C" fn add_one(
    _: *mut ffi::M3Runtime,
    _: *mut c_void,
    sp: *mut u64,
    _: *mut c_void,
) -> ffi::M3Result {
    // SAFETY: for `i(i)` there are two cells, the result's and the argument's.
    unsafe {
        let argument = sp.add(1).cast::<i32>().read();
        sp.cast::<i32>().write(argument.wrapping_add(1));
    }
    ptr::null()
}

unsafe extern "C" fn trap(
    _: *mut ffi::M3Runtime,
    _: *mut c_void,
    _: *mut u64,
    _: *mut c_void,
) -> ffi::M3Result {
    // SAFETY: a constant of the library.
    unsafe { ffi::m3Err_trapAbort }
}

fn check(result: ffi::M3Result) -> Result<()> {
    match text(result) {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

fn text(message: *const std::ffi::c_char) -> Option<String> {
    if message.is_null() {
        return None;
    }
    // SAFETY: texts of Wasm3 end with NUL, and live at least until the next call into it.
    Some(
        unsafe { CStr::from_ptr(message) }
            .to_string_lossy()
            .into_owned(),
    )
}
