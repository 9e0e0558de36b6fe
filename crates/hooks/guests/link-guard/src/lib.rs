//! Reference hook `link-guard`: warns of links that lead elsewhere than they seem to.
//!
//! This file is the component's shell. What it warns of and how it finds it is in [`links`].

#![no_std]

extern crate alloc;

pub mod links;

#[cfg(target_family = "wasm")]
mod component {
    use alloc::vec::Vec;
    use core::panic::PanicInfo;

    use crate::links::warning::strongest;

    wit_bindgen::generate!({ path: "../../wit", world: "hook" });

    use exports::airlock::hook::gate::{Finding, Guest, Parameter, Verdict, Views};

    struct LinkGuard;

    impl Guest for LinkGuard {
        fn check(views: Views, entries: Vec<u8>, _: Vec<Parameter>) -> Verdict {
            let Some(urls) = views.urls else { return Verdict::Abstain };
            match strongest(urls.iter().map(|url| url.as_str()), &entries) {
                None => Verdict::Pass,
                Some(warning) => {
                    Verdict::Warn(Finding { code: warning.reason as u8, score: None, entry: warning.entry })
                }
            }
        }
    }

    export!(LinkGuard);

    #[global_allocator]
    static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

    #[panic_handler]
    fn panic(_: &PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
