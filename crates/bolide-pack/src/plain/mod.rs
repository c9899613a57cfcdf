//! The JavaScript and TypeScript around a module without wasm-bindgen: an ES module that instantiates it and converts
//! what C has types for, from a list of its functions.

mod convert;
mod declare;
mod generate;
mod interface;

pub(crate) use convert::{is_free, name_parameters};
pub(crate) use interface::{
    Enum, Function, Import, Interface, Number, Parameter, Pointer, Signature, Type, WASI,
};

use std::collections::BTreeSet;

use crate::error::{Error, Result};

/// The two texts that go beside a module.
#[derive(Clone, Debug)]
pub(crate) struct Glue {
    /// The ES module.
    pub(crate) js: String,
    /// Its types.
    pub(crate) dts: String,
}

/// Makes the glue of the module in the file `wasm`, which stands beside it.
///
/// # Errors
///
/// If two things of the module would have the same name in JavaScript.
pub(crate) fn generate(interface: &Interface, wasm: &str) -> Result<Glue> {
    refuse_clashes(interface)?;
    Ok(Glue {
        js: generate::module(interface, wasm),
        dts: declare::declarations(interface, wasm),
    })
}

/// Names that the ES module exports by itself.
const OWN_NAMES: [&str; 5] = ["default", "initSync", "memory", "readString", "release"];

fn refuse_clashes(interface: &Interface) -> Result<()> {
    let mut taken: BTreeSet<&str> = OWN_NAMES.into();
    let functions = interface
        .functions
        .iter()
        .map(|function| function.name.as_str());
    for name in functions {
        if !taken.insert(name) {
            let error = Error::new(format!("the name `{name}` is taken in the ES module"));
            return Err(error.with_help(format!(
                "export the function by another name: `__attribute__((export_name(\"my_{name}\")))`"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
