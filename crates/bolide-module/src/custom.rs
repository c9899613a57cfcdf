//! Custom sections, and those that tools leave behind: `producers`, `target_features`, `linking`
//! (tool-conventions of the WebAssembly project).

use std::ops::Range;

use wasmparser::BinaryReader;

use crate::module::Module;

/// One line of the `producers` section: a tool or language that took part in making the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Producer<'m> {
    /// `language`, `processed-by` or `sdk`, or whatever else the section says.
    pub field: &'m str,
    /// Name, such as `rustc`.
    pub name: &'m str,
    /// Version; may be empty.
    pub version: &'m str,
}

/// One line of the `target_features` section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetFeature<'m> {
    /// Whether the code uses the feature (`+`). If not, it must not be linked with code that does
    /// (`-`).
    pub used: bool,
    /// Name in LLVM's terms, such as `simd128`.
    pub name: &'m str,
}

impl Module {
    /// Contents of the first custom section with a name.
    pub fn custom_section(&self, name: &str) -> Option<&[u8]> {
        let range = self.custom_section_range(name)?;
        Some(&self.bytes.as_slice()[range.start as usize..range.end as usize])
    }

    pub(crate) fn custom_section_range(&self, name: &str) -> Option<Range<u32>> {
        let mut sections = self.custom_sections.iter();
        let (_, range) = sections.find(|(n, _)| &**n == name)?;
        Some(range.clone())
    }

    /// Tools and languages that made the module, as far as the section can be read.
    pub fn producers(&self) -> Vec<Producer<'_>> {
        let mut producers = Vec::new();
        if let Some(section) = self.custom_section("producers") {
            // What was read before a mistake is kept.
            let _ = read_producers(BinaryReader::new(section, 0), &mut producers);
        }
        producers
    }

    /// Features that the linker recorded, as far as the section can be read.
    pub fn target_features(&self) -> Vec<TargetFeature<'_>> {
        let mut features = Vec::new();
        if let Some(section) = self.custom_section("target_features") {
            let _ = read_target_features(BinaryReader::new(section, 0), &mut features);
        }
        features
    }

    /// Whether this is an object file for a linker (`.o`), which is a module but cannot be run.
    pub fn is_object(&self) -> bool {
        self.custom_section_range("linking").is_some()
    }
}

fn read_producers<'m>(
    mut reader: BinaryReader<'m>,
    producers: &mut Vec<Producer<'m>>,
) -> wasmparser::Result<()> {
    for _ in 0..reader.read_var_u32()? {
        let field = reader.read_string()?;
        for _ in 0..reader.read_var_u32()? {
            producers.push(Producer {
                field,
                name: reader.read_string()?,
                version: reader.read_string()?,
            });
        }
    }
    Ok(())
}

fn read_target_features<'m>(
    mut reader: BinaryReader<'m>,
    features: &mut Vec<TargetFeature<'m>>,
) -> wasmparser::Result<()> {
    for _ in 0..reader.read_var_u32()? {
        let used = reader.read_u8()? != b'-';
        let name = reader.read_string()?;
        features.push(TargetFeature { used, name });
    }
    Ok(())
}
