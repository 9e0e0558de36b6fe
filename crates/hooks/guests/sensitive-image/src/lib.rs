//! Reference hook `sensitive-image`: warns the sender of a picture that looks like what a model was trained to find.
//! It tells nobody else.
//!
//! This file is the component's shell. The network is in [`network`], which is plain Rust and is what the trainer
//! and the benchmark run natively; its weights come with the signed list.

#![no_std]

extern crate alloc;

pub mod network;

#[cfg(target_family = "wasm")]
mod component {
    use alloc::vec::Vec;
    use core::panic::PanicInfo;

    use crate::network::Network;

    wit_bindgen::generate!({ path: "../../wit", world: "hook" });

    use exports::airlock::hook::gate::{Finding, Guest, Parameter, Verdict, Views};

    /// The code that `hook.toml` declares.
    const CODE_WARN: u8 = 0;

    struct SensitiveImage;

    impl Guest for SensitiveImage {
        fn check(views: Views, entries: Vec<u8>, parameters: Vec<Parameter>) -> Verdict {
            let Some(rgb) = views.image_rgb else { return Verdict::Abstain };
            let network = or_trap(Network::parse(&entries).ok());
            let score = or_trap(network.score(&rgb));
            let threshold = or_trap(parameters.iter().find(|parameter| parameter.name == "threshold"));
            if i64::from(score) < threshold.value {
                return Verdict::Pass;
            }
            Verdict::Warn(Finding { code: CODE_WARN, score: Some(score), entry: None })
        }
    }

    /// Without a model or what the manifest should have stated there is no verdict: a trap, so that the host
    /// reports a failure and not a silent pass.
    fn or_trap<T>(value: Option<T>) -> T {
        match value {
            Some(value) => value,
            None => core::arch::wasm32::unreachable(),
        }
    }

    export!(SensitiveImage);

    #[global_allocator]
    static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

    #[panic_handler]
    fn panic(_: &PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
