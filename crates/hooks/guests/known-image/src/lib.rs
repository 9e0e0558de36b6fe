//! Reference hook `known-image`: looks for known pictures by the perceptual hash PDQ, and for known files by
//! SHA-256, in a signed list, and warns, blocks or reports as the list says.
//!
//! This file is the component's shell. The hash is in [`pdq`] and the comparison in [`matching`], which are plain
//! Rust and are what the tests and the benchmark run natively beside it.

#![no_std]

extern crate alloc;

pub mod matching;
pub mod pdq;

#[cfg(target_family = "wasm")]
mod component {
    use alloc::vec::Vec;
    use core::panic::PanicInfo;

    use sha2::{Digest, Sha256};

    use crate::{
        matching::{Severity, Thresholds, find},
        pdq,
    };

    wit_bindgen::generate!({ path: "../../wit", world: "hook" });

    use exports::airlock::hook::gate::{Finding, Guest, Parameter, Report, Verdict, Views};

    /// The codes that `hook.toml` declares.
    const CODE_WARN: u8 = 0;
    const CODE_BLOCK: u8 = 1;
    const CODE_REPORT: u8 = 2;

    struct KnownImage;

    impl Guest for KnownImage {
        fn check(views: Views, entries: Vec<u8>, parameters: Vec<Parameter>) -> Verdict {
            let Views { image_luma, attachment_bytes, .. } = views;
            if image_luma.is_none() && attachment_bytes.is_none() {
                return Verdict::Abstain;
            }
            let thresholds = Thresholds {
                distance: parameter(&parameters, "distance"),
                quality: parameter(&parameters, "quality"),
            };
            let entries = or_trap(core::str::from_utf8(&entries).ok());
            let sha256 = attachment_bytes.map(|bytes| Sha256::digest(&bytes).into());
            let picture = image_luma.map(|luma| or_trap(pdq::hash(&luma)));
            let found = or_trap(find(entries, sha256, picture.as_ref(), thresholds).ok());
            let Some(found) = found else { return Verdict::Pass };
            let finding = |code| Finding { code, score: Some(found.score()), entry: Some(found.entry) };
            match found.severity {
                Severity::Warn => Verdict::Warn(finding(CODE_WARN)),
                Severity::Block => Verdict::Block(finding(CODE_BLOCK)),
                Severity::Report => Verdict::Report(Report {
                    finding: finding(CODE_REPORT),
                    evidence: found.evidence(picture.as_ref()),
                }),
            }
        }
    }

    fn parameter(parameters: &[Parameter], name: &str) -> u32 {
        let stated = parameters.iter().find(|parameter| parameter.name == name);
        or_trap(stated.and_then(|parameter| u32::try_from(parameter.value).ok()))
    }

    /// Without what the manifest or the list should have stated there is no verdict: a trap, so that the host
    /// reports a failure and not a silent pass.
    fn or_trap<T>(value: Option<T>) -> T {
        match value {
            Some(value) => value,
            None => core::arch::wasm32::unreachable(),
        }
    }

    export!(KnownImage);

    #[global_allocator]
    static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

    #[panic_handler]
    fn panic(_: &PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
