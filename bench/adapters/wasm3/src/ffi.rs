//! What the adapter uses of `wasm3.h`.

use std::ffi::{c_char, c_void};

/// `NULL`, or a message that lives as long as the program.
pub(crate) type M3Result = *const c_char;

/// A function of the host: arguments and results are 64-bit cells at `sp`, results first.
pub(crate) type M3RawCall = unsafe extern "C" fn(
    runtime: *mut M3Runtime,
    context: *mut c_void,
    sp: *mut u64,
    memory: *mut c_void,
) -> M3Result;

#[repr(C)]
pub(crate) struct M3Environment(c_void);

#[repr(C)]
pub(crate) struct M3Runtime(c_void);

#[repr(C)]
pub(crate) struct M3Module(c_void);

#[repr(C)]
pub(crate) struct M3Function(c_void);

#[repr(C)]
pub(crate) struct M3ErrorInfo {
    pub(crate) result: M3Result,
    pub(crate) runtime: *mut M3Runtime,
    pub(crate) module: *mut M3Module,
    pub(crate) function: *mut M3Function,
    pub(crate) file: *const c_char,
    pub(crate) line: u32,
    pub(crate) message: *const c_char,
}

/// `c_m3Type_i32` and `c_m3Type_i64` of `M3ValueType`.
pub(crate) const TYPE_I32: i32 = 1;
pub(crate) const TYPE_I64: i32 = 2;

unsafe extern "C" {
    pub(crate) static m3Err_functionLookupFailed: M3Result;
    pub(crate) static m3Err_trapAbort: M3Result;

    pub(crate) fn m3_NewEnvironment() -> *mut M3Environment;
    pub(crate) fn m3_FreeEnvironment(environment: *mut M3Environment);
    pub(crate) fn m3_NewRuntime(
        environment: *mut M3Environment,
        stack_bytes: u32,
        user_data: *mut c_void,
    ) -> *mut M3Runtime;
    pub(crate) fn m3_FreeRuntime(runtime: *mut M3Runtime);
    pub(crate) fn m3_ParseModule(
        environment: *mut M3Environment,
        module: *mut *mut M3Module,
        bytes: *const u8,
        len: u32,
    ) -> M3Result;
    pub(crate) fn m3_FreeModule(module: *mut M3Module);
    pub(crate) fn m3_LoadModule(runtime: *mut M3Runtime, module: *mut M3Module) -> M3Result;
    pub(crate) fn m3_RunStart(module: *mut M3Module) -> M3Result;
    pub(crate) fn m3_LinkRawFunction(
        module: *mut M3Module,
        module_name: *const c_char,
        name: *const c_char,
        signature: *const c_char,
        function: M3RawCall,
    ) -> M3Result;
    pub(crate) fn m3_FindFunction(
        function: *mut *mut M3Function,
        runtime: *mut M3Runtime,
        name: *const c_char,
    ) -> M3Result;
    pub(crate) fn m3_GetArgCount(function: *mut M3Function) -> u32;
    pub(crate) fn m3_GetRetCount(function: *mut M3Function) -> u32;
    pub(crate) fn m3_GetArgType(function: *mut M3Function, index: u32) -> i32;
    pub(crate) fn m3_GetRetType(function: *mut M3Function, index: u32) -> i32;
    pub(crate) fn m3_Call(
        function: *mut M3Function,
        count: u32,
        arguments: *mut *const c_void,
    ) -> M3Result;
    pub(crate) fn m3_GetResults(
        function: *mut M3Function,
        count: u32,
        results: *mut *const c_void,
    ) -> M3Result;
    pub(crate) fn m3_GetErrorInfo(runtime: *mut M3Runtime, info: *mut M3ErrorInfo);
}
