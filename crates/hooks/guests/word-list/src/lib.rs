//! Reference hook `word-list`: warns, blocks or reports by a signed list of words and phrases.
//!
//! This file is the component's shell; what it looks for and how is in [`matching`], which is plain Rust and is
//! also what the benchmark runs natively beside it.

#![no_std]

extern crate alloc;

pub mod matching;

#[cfg(target_family = "wasm")]
mod component {
    use core::panic::PanicInfo;

    use crate::matching::{Found, Severity, find};

    wit_bindgen::generate!({ path: "../../wit", world: "hook" });

    use exports::airlock::hook::gate::{Guest, Report, Verdict, Views};

    /// The codes that `hook.toml` declares.
    const CODE_WARN: u8 = 0;
    const CODE_BLOCK: u8 = 1;
    const CODE_REPORT: u8 = 2;

    struct WordList;

    impl Guest for WordList {
        fn check(views: Views, entries: alloc::vec::Vec<u8>) -> Verdict {
            let Some(text) = views.text else { return Verdict::Abstain };
            // Not a list of words: a trap, so that the host reports a failure and not a silent pass.
            let Ok(entries) = core::str::from_utf8(&entries) else { core::arch::wasm32::unreachable() };
            match find(&text, entries) {
                None => Verdict::Pass,
                Some(Found { severity: Severity::Warn, .. }) => Verdict::Warn(CODE_WARN),
                Some(Found { severity: Severity::Block, .. }) => Verdict::Block(CODE_BLOCK),
                Some(found @ Found { severity: Severity::Report, .. }) => {
                    Verdict::Report(Report { code: CODE_REPORT, evidence: found.evidence(&text) })
                }
            }
        }
    }

    export!(WordList);

    #[global_allocator]
    static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

    #[panic_handler]
    fn panic(_: &PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
