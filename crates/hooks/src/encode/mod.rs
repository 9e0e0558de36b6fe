//! Makes a hook's component of the core module that a compiler built: the last step of building a hook.
//!
//! A component says what its imports and exports mean, which a core module does not. There is one contract, so what
//! stands around the module is the same for every hook: it is kept here as bytes, which a test compares with those that
//! the reference tool makes of `wit/hook.wit`. Whatever another tool wrote into the module about its types is left out.
//! Nothing on the way of a message uses this.

use wasmparser::{ExternalKind, Parser, Payload};

use crate::{
    component::{ComponentError, Shape, valid, validator},
    limits::COMPONENT_BYTES_MAX,
};

/// The contract, for those who generate bindings from it: `wit/hook.wit`.
pub const CONTRACT: &str = include_str!("../../wit/hook.wit");

/// Why no hook can be made of a module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// More than a component may have.
    #[error("the module has {got} bytes, and a hook has {max} at most")]
    TooLarge {
        /// Its bytes.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// Not WebAssembly.
    #[error("it is not a WebAssembly module: {0}")]
    Malformed(String),
    /// It needs something from outside.
    #[error("a hook imports nothing, and this module asks for {}", .0.join(", "))]
    Imports(Vec<String>),
    /// It lacks what the contract wants.
    #[error("it does not export {}, as the contract wants", .0.join(", "))]
    Exports(Vec<String>),
    /// It has the names of the contract with other types.
    #[error("it does not keep to the contract: {0}")]
    Contract(String),
    /// What came out is no hook.
    #[error("{0}")]
    Component(#[source] ComponentError),
}

/// A component that a host may load, of a core module that implements the contract. A component stays as it is.
///
/// The module exports `memory`, `cabi_realloc` and `airlock:hook/gate@0.2.0#check`, in the component model's
/// canonical ABI, and imports nothing.
///
/// # Errors
/// When it imports anything, lacks an export, or is too large.
pub fn component_of(module: &[u8]) -> Result<Vec<u8>, EncodeError> {
    if module.len() > COMPONENT_BYTES_MAX {
        return Err(EncodeError::TooLarge { got: module.len(), max: COMPONENT_BYTES_MAX });
    }
    let component = if Parser::is_component(module) { module.to_vec() } else { encoded(module)? };
    let checked = Shape::read(&component).and_then(|shape| shape.check()).and_then(|()| valid(&component));
    checked.map(|()| component).map_err(EncodeError::Component)
}

fn encoded(module: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let Outline { kept, imports, exports } = Outline::read(module)?;
    if !imports.is_empty() {
        return Err(EncodeError::Imports(imports));
    }
    let lacking = EXPORTS.iter().filter(|name| !exports.iter().any(|export| export == *name));
    let lacking: Vec<String> = lacking.map(|name| (*name).into()).collect();
    if !lacking.is_empty() {
        return Err(EncodeError::Exports(lacking));
    }
    let frees = exports.iter().any(|export| export == POST_RETURN);
    let frame = if frees { FRAME_WITH_POST_RETURN } else { FRAME };
    let mut component = PREAMBLE.to_vec();
    component.push(MODULE_SECTION);
    write_leb128(&mut component, kept.len());
    component.extend_from_slice(&kept);
    component.extend_from_slice(frame);
    let validated = validator().validate_all(&component);
    validated.map_err(|error| EncodeError::Contract(error.message().into()))?;
    Ok(component)
}

/// What the frame needs to know of a module.
struct Outline {
    /// The module without what tools wrote about the types of its imports and exports.
    kept: Vec<u8>,
    imports: Vec<String>,
    exports: Vec<String>,
}

impl Outline {
    fn read(module: &[u8]) -> Result<Self, EncodeError> {
        let malformed = |error: wasmparser::BinaryReaderError| EncodeError::Malformed(error.to_string());
        let mut outline =
            Self { kept: Vec::with_capacity(module.len()), imports: Vec::new(), exports: Vec::new() };
        let mut copied = 0;
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload.map_err(malformed)?;
            match &payload {
                Payload::ImportSection(imports) => {
                    for import in imports.clone().into_imports() {
                        let import = import.map_err(malformed)?;
                        outline.imports.push(format!("{} {}", import.module, import.name));
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports.clone() {
                        let export = export.map_err(malformed)?;
                        if matches!(export.kind, ExternalKind::Func | ExternalKind::Memory) {
                            outline.exports.push(export.name.into());
                        }
                    }
                }
                _ => {}
            }
            let end = match &payload {
                Payload::Version { range, .. } => range.end,
                // One for each function, inside the section that came before.
                Payload::CodeSectionEntry(_) | Payload::End(_) => continue,
                other => match other.as_section() {
                    Some((_, range)) => range.end,
                    None => continue,
                },
            };
            let types =
                matches!(&payload, Payload::CustomSection(section) if section.name().starts_with(TYPES));
            if !types {
                outline.kept.extend_from_slice(module.get(copied..end).unwrap_or_default());
            }
            copied = end;
        }
        Ok(outline)
    }
}

/// Seven bits a byte, the lowest first, as WebAssembly writes lengths.
fn write_leb128(bytes: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

/// How a component begins: magic, version 13, layer 1.
const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";

/// The section that holds a core module.
const MODULE_SECTION: u8 = 1;

/// What a hook's module exports.
const EXPORTS: [&str; 3] = ["memory", "cabi_realloc", "airlock:hook/gate@0.2.0#check"];

/// What a module may export to be called when its answer was read. Rust's bindings do.
const POST_RETURN: &str = "cabi_post_airlock:hook/gate@0.2.0#check";

/// What stands behind the module, for one without [`POST_RETURN`] and one with it: it is instantiated, its `check` gets
/// the types of the contract, and that is exported as `gate`.
const FRAME: &[u8] = include_bytes!("frame.bin");
const FRAME_WITH_POST_RETURN: &[u8] = include_bytes!("frame-with-post-return.bin");

/// Custom sections in which binding generators describe a module's world.
const TYPES: &str = "component-type";

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
    use wit_parser::Resolve;

    use super::*;

    const HOOK: &str = r#"(module
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
        (func (export "airlock:hook/gate@0.2.0#check") (param i32) (result i32) (i32.const 16)))"#;

    fn module(text: &str) -> Vec<u8> {
        wat::parse_str(text).unwrap()
    }

    fn with(more: &str) -> String {
        HOOK.replacen("(module", &format!("(module {more}"), 1)
    }

    fn with_post_return() -> String {
        with(&format!("(func (export \"{POST_RETURN}\") (param i32))"))
    }

    /// What the tool makes that everybody uses: the module, and what stands behind it.
    fn by_reference_tool(mut module: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("hook.wit", CONTRACT).unwrap();
        let world = resolve.select_world(&[package], Some("hook")).unwrap();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        let component = ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap();
        let sections = Parser::new(0).parse_all(&component);
        let module = sections
            .filter_map(|payload| match payload.unwrap() {
                Payload::ModuleSection { unchecked_range, .. } => Some(unchecked_range),
                _ => None,
            })
            .next()
            .unwrap();
        (component[module.clone()].to_vec(), component[module.end..].to_vec())
    }

    /// `AIRLOCK_FRAME=write cargo test -p airlock-hooks --lib encode` writes the frames, after a change of the
    /// contract.
    #[test]
    fn a_component_is_what_the_reference_tool_makes_of_the_contract() {
        for (text, file) in
            [(HOOK.to_owned(), "frame.bin"), (with_post_return(), "frame-with-post-return.bin")]
        {
            let (inside, behind) = by_reference_tool(module(&text));
            if env::var_os("AIRLOCK_FRAME").is_some_and(|value| value == "write") {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/encode").join(file);
                fs::write(path, &behind).unwrap();
            } else {
                assert!(component_of(&module(&text)).unwrap().ends_with(&behind), "{file}");
                // The tool adds its own name to the module, and changes nothing else in it.
                assert!(inside.starts_with(&module(&text)), "{file}");
            }
        }
    }

    #[test]
    fn a_module_that_keeps_to_the_contract_becomes_a_component_without_imports() {
        let component = component_of(&module(HOOK)).unwrap();
        let shape = Shape::read(&component).unwrap();
        assert!(shape.imports.is_empty());
        assert_eq!(shape.exports, ["airlock:hook/gate@0.2.0"]);
    }

    #[test]
    fn a_component_stays_as_it_is() {
        let component = component_of(&module(HOOK)).unwrap();
        assert_eq!(component_of(&component), Ok(component));
    }

    #[test]
    fn a_component_that_is_broken_inside_or_needs_another_engine_is_not_packed() {
        let mut broken = component_of(&module(HOOK)).unwrap();
        let body = broken.windows(3).position(|bytes| bytes == [0x41, 0x10, 0x0B]).unwrap();
        // The constant that `check` answers with is now of 64 bits.
        broken[body] = 0x42;
        assert!(matches!(component_of(&broken), Err(EncodeError::Component(_))));
        let wide = HOOK.replacen("1)", "1) (memory i64 1)", 1);
        assert!(matches!(component_of(&module(&wide)), Err(EncodeError::Contract(_))));
    }

    #[test]
    fn what_a_tool_wrote_about_types_makes_no_difference() {
        let described = with("(@custom \"component-type:other\" \"nonsense\")");
        assert_eq!(component_of(&module(&described)), component_of(&module(HOOK)));
    }

    #[test]
    fn a_module_that_needs_something_or_lacks_something_is_refused() {
        let texts = [
            with("(import \"env\" \"send\" (func))"),
            "(module (memory (export \"memory\") 1))".into(),
            HOOK.replacen("(param i32) (result i32) (i32.const 16)", "(result i64) (i64.const 1)", 1),
        ];
        let refusals = texts.map(|text| component_of(&module(&text)).unwrap_err().to_string());
        insta::assert_snapshot!(refusals.join("\n"));
        assert!(matches!(component_of(b"picnic"), Err(EncodeError::Malformed(_))));
        let large = vec![0; COMPONENT_BYTES_MAX + 1];
        assert!(matches!(component_of(&large), Err(EncodeError::TooLarge { .. })));
    }
}
