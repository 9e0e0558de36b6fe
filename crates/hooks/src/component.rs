//! Reads what a component imports and exports, before anything is compiled.

use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};

use crate::limits::COMPONENT_BYTES_MAX;

/// What a component asks for and offers, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// It wants something from the outside.
    #[error("a hook imports nothing, and this one asks for {}", .0.join(", "))]
    Imports(Vec<String>),
    /// A component of another world.
    #[error("it does not export `{GATE}` (it exports {})", named(.0))]
    World(Vec<String>),
}

fn named(exports: &[String]) -> String {
    if exports.is_empty() { "nothing".into() } else { exports.join(", ") }
}

/// The export that makes a component a hook.
const GATE: &str = "airlock:hook/gate@0.2.0";

impl Shape {
    /// Reads the outermost imports and exports. What lies inside is the component's own affair: it can reach
    /// the outside only through its own imports.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ComponentError> {
        if bytes.len() > COMPONENT_BYTES_MAX {
            return Err(ComponentError::TooLarge { got: bytes.len(), max: COMPONENT_BYTES_MAX });
        }
        let malformed = |error: wasmparser::BinaryReaderError| ComponentError::Malformed(error.to_string());
        let mut shape = Self::default();
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

    /// Holds the shape to the loader's rule: a hook has no import, and the one export.
    pub(crate) fn check(&self) -> Result<(), ComponentError> {
        if !self.imports.is_empty() {
            return Err(ComponentError::Imports(self.imports.clone()));
        }
        if !self.exports.iter().any(|export| export == GATE) {
            return Err(ComponentError::World(self.exports.clone()));
        }
        Ok(())
    }
}

/// Whether it is a whole component, down to the last instruction: what the compiler demands before it compiles.
pub(crate) fn valid(bytes: &[u8]) -> Result<(), ComponentError> {
    let validated = validator().validate_all(bytes);
    validated.map(|_| ()).map_err(|error| ComponentError::Malformed(error.to_string()))
}

/// Demands what the host's engine demands.
pub(crate) fn validator() -> Validator {
    Validator::new_with_features(FEATURES)
}

/// What the host's engine takes of WebAssembly, by its version, the features that it is built with, and its settings.
/// The component model's asynchronous part is not in it.
const FEATURES: WasmFeatures = WasmFeatures::WASM3
    .difference(WasmFeatures::GC_TYPES)
    .difference(WasmFeatures::EXCEPTIONS)
    .difference(WasmFeatures::THREADS)
    .difference(WasmFeatures::RELAXED_SIMD)
    .difference(WasmFeatures::MEMORY64)
    .union(WasmFeatures::COMPONENT_MODEL);
