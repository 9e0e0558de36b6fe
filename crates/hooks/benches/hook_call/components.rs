//! Two guests in WebAssembly's text form: one that does nothing, and one that reads every byte of an attachment.

use std::path::Path;

use airlock_hooks::{Digest, Package};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Lets everything pass without a look.
pub(crate) fn empty() -> Package {
    package("empty", "text", "")
}

/// Folds an attachment into 64 bits, one byte after the other: work that no compiler can do many bytes at a time.
pub(crate) fn fingerprint() -> Package {
    package(
        "fingerprint",
        "attachment-bytes",
        r"(local $at i32) (local $end i32) (local $hash i64)
          (local.set $at (i32.load offset=92 (local.get $input)))
          (local.set $end (i32.add (local.get $at) (i32.load offset=96 (local.get $input))))
          (local.set $hash (i64.const 0xcbf29ce484222325))
          (block $done
            (loop $next
              (br_if $done (i32.eq (local.get $at) (local.get $end)))
              (local.set $hash
                (i64.mul
                  (i64.xor (local.get $hash) (i64.load8_u (local.get $at)))
                  (i64.const 0x100000001b3)))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br $next)))
          (i64.store (i32.const 32) (local.get $hash))",
    )
}

/// The same as [`fingerprint`] does.
pub(crate) fn native_fingerprint(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn package(id: &str, view: &str, work: &str) -> Package {
    let module = format!(
        r#"(module
          (memory (export "memory") 1)
          (global $next (mut i32) (i32.const 1024))
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (local $end i32)
            (local.set $end (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 15)) (i32.const -16)))
            (if (i32.gt_u (local.get $end) (i32.shl (memory.size) (i32.const 16)))
              (then (drop (memory.grow (i32.shr_u (local.get 3) (i32.const 16)))) (drop (memory.grow (i32.const 1)))))
            (global.get $next)
            (global.set $next (local.get $end)))
          (func (export "airlock:hook/gate@0.2.0#check") (param $input i32) (result i32)
            {work}
            (i32.const 16)))"#
    );
    let component = component(&module);
    let manifest = format!(
        r#"
        id = "{id}"
        version = "1"
        interface = "airlock:hook@0.2.0"
        component = "{}"
        purpose = "Shows what the gate costs."
        views = ["{view}"]
        strongest = "pass"
        threshold = 1
        author = "Benchmarks"
        contact = "none"
        rebuild = "none"

        [limits]
        fuel = 11_000_000
        memory-bytes = 4_194_304
        input-bytes = 131_072
        output-bytes = 0
        evidence-bytes = 0

        [on-failure]
        shadow = "pass"
        advise = "ask"
        enforce = "hold"
        report = "hold"
        "#,
        Digest::of(&component)
    );
    let manifest = match view {
        "attachment-bytes" => manifest.replace("131_072", "1_048_576").replace("11_000_000", "100_000_000"),
        _ => manifest,
    };
    Package::new(manifest.as_bytes(), component, None).expect("it is a hook")
}

fn component(module: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("wit/hook.wit");
    let package = resolve.push_file(wit).expect("the contract parses");
    let world = resolve.select_world(&[package], Some("hook")).expect("it has a world");
    let mut module = wat::parse_str(module).expect("the guest parses");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("it fits");
    ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .expect("it is a component")
}
