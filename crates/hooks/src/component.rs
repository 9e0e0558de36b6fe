//! Reads what a component imports and exports, before anything is compiled.

use wasmparser::{Encoding, Parser, Payload};

use crate::limits::COMPONENT_BYTES_MAX;

/// What a component asks for and offers, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
}

/// Why bytes are not a component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComponentError {
    /// Over the host's bound.
    #[error("the component has {got} bytes, and the limit is {max}")]
    TooLarge {
        /// Its bytes.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// A module, of which a component is made.
    #[error("it is a core WebAssembly module, and a hook is a component")]
    CoreModule,
    /// Not WebAssembly, or cut.
    #[error("it is not a WebAssembly component: {0}")]
    Malformed(String),
}

impl Shape {
    /// Reads the outermost imports and exports. What lies inside is the component's own affair: it can reach
    /// the outside only through its own imports.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ComponentError> {
        if bytes.len() > COMPONENT_BYTES_MAX {
            return Err(ComponentError::TooLarge { got: bytes.len(), max: COMPONENT_BYTES_MAX });
        }
        let malformed = |error: wasmparser::BinaryReaderError| ComponentError::Malformed(error.to_string());
        let mut shape = Self { imports: Vec::new(), exports: Vec::new() };
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(malformed)? {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                    return Err(ComponentError::CoreModule);
                }
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(imports) if depth == 0 => {
                    for import in imports {
                        shape.imports.push(import.map_err(malformed)?.name.name.into());
                    }
                }
                Payload::ComponentExportSection(exports) if depth == 0 => {
                    for export in exports {
                        shape.exports.push(export.map_err(malformed)?.name.name.into());
                    }
                }
                _ => {}
            }
        }
        Ok(shape)
    }
}
