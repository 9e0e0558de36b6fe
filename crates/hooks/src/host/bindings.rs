//! `wit/hook.wit` as Rust types, generated.

mod generated {
    wasmtime::component::bindgen!({ path: "wit", world: "hook" });
}

pub(crate) use generated::{
    HookPre,
    exports::airlock::hook::gate::{Report, Verdict, Views},
};
