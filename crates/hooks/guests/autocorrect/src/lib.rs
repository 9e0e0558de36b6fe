//! Reference hook `autocorrect`: proposes another spelling where a word is probably a slip.
//!
//! This file is the component's shell. What it corrects and how is in [`correcting`].

#![no_std]

extern crate alloc;

pub mod correcting;

#[cfg(target_family = "wasm")]
mod component {
    use alloc::vec::Vec;
    use core::panic::PanicInfo;

    use crate::correcting::correction::correct;

    wit_bindgen::generate!({ path: "../../wit", world: "hook" });

    use exports::airlock::hook::gate::{Guest, Parameter, Verdict, Views};

    struct Autocorrect;

    impl Guest for Autocorrect {
        fn check(views: Views, entries: Vec<u8>, _: Vec<Parameter>) -> Verdict {
            match views.text {
                // A rewrite of a longer one could be larger than an answer may be.
                Some(text) if text.len() <= TEXT_BYTES_MAX => {
                    correct(&text, &entries).map_or(Verdict::Pass, Verdict::Rewrite)
                }
                _ => Verdict::Abstain,
            }
        }
    }

    /// Longest text in bytes that is judged.
    const TEXT_BYTES_MAX: usize = 16 * 1024;

    export!(Autocorrect);

    #[global_allocator]
    static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

    #[panic_handler]
    fn panic(_: &PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
