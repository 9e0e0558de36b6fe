//! Reference hook `word-list`: warns, blocks or reports by a signed list of words and phrases.
//!
//! This file is the component's shell; what it looks for and how is in [`matching`], which is plain Rust and is
//! also what the benchmark runs natively beside it.

#![no_std]

extern crate alloc;

pub mod matching;

#[cfg(target_family = "wasm")]
mod component {
    use alloc::vec::Vec;
    use core::panic::PanicInfo;

    use crate::matching::{Severity, find};

    wit_bindgen::generate!({ path: "../../wit", world: "hook" });

    use exports::airlock::hook::gate::{Finding, Guest, Parameter, Report, Verdict, Views};

    /// The codes that `hook.toml` declares.
    const CODE_WARN: u8 = 0;
    const CODE_BLOCK: u8 = 1;
    const CODE_REPORT: u8 = 2;

    struct WordList;

    impl Guest for WordList {
        fn check(views: Views, entries: Vec<u8>, _: Vec<Parameter>) -> Verdict {
            let Some(text) = views.text else { return Verdict::Abstain };
            // Not a list of words: a trap, so that the host reports a failure and not a silent pass.
            let Ok(entries) = core::str::from_utf8(&entries) else { core::arch::wasm32::unreachable() };
            let Some(found) = find(&text, entries) else { return Verdict::Pass };
            let finding = |code| Finding { code, score: None, entry: Some(found.entry) };
            match found.severity {
                Severity::Warn => Verdict::Warn(finding(CODE_WARN)),
                Severity::Block => Verdict::Block(finding(CODE_BLOCK)),
                Severity::Report => {
                    Verdict::Report(Report { finding: finding(CODE_REPORT), evidence: found.evidence(&text) })
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
