//! `wit/hook.wit` as Rust types, generated. What goes to a guest is borrowed, so that a message is copied once:
//! into the guest's memory.

mod generated {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "hook",
        ownership: Borrowing { duplicate_if_necessary: false },
    });
}

pub(crate) use generated::{
    HookPre,
    exports::airlock::hook::gate::{AttachmentMeta, Finding, Parameter, Report, Verdict, Views},
};
