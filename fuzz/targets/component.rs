//! A hook's component or module: it can be looked at and packed without harm, and what comes out of packing is a
//! component that asks for nothing.
#![no_main]

use airlock_hooks::{component_of, inspect_component};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let looked_at = inspect_component(bytes);
    assert_eq!(looked_at.bytes, bytes.len() as u64);
    let Ok(component) = component_of(bytes) else { return };
    let packed = inspect_component(&component);
    assert!(packed.problem.is_none() && packed.imports.is_empty());
    assert_eq!(component_of(&component), Ok(component));
});
