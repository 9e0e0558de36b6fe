//! Reference hook `text-classifier`: scores a text with a trained model.
//!
//! This file is the component's shell. What a text is to the model and how it is scored is in [`scoring`].

#![no_std]

extern crate alloc;

pub mod scoring;

#[cfg(target_family = "wasm")]
mod component {
    use alloc::vec::Vec;
    use core::panic::PanicInfo;

    use crate::scoring::{
        decision::{Decision, Thresholds, decide},
        model::Model,
    };

    wit_bindgen::generate!({ path: "../../wit", world: "hook" });

    use exports::airlock::hook::gate::{Finding, Guest, Parameter, Report, Verdict, Views};

    struct TextClassifier;

    impl Guest for TextClassifier {
        fn check(views: Views, entries: Vec<u8>, parameters: Vec<Parameter>) -> Verdict {
            let Some(text) = views.text else { return Verdict::Abstain };
            // Not a model: a trap, so that the host reports a failure and not a silent pass.
            let Some(model) = Model::read(&entries) else { core::arch::wasm32::unreachable() };
            let parameters = parameters.iter().map(|parameter| (parameter.name.as_str(), parameter.value));
            let Some(thresholds) = Thresholds::read(parameters) else { core::arch::wasm32::unreachable() };
            let score = model.score(&text);
            let finding = |code| Finding { code, score: Some(score), entry: None };
            match decide(score, &thresholds) {
                None => Verdict::Pass,
                Some(Decision::Warn) => Verdict::Warn(finding(CODE_LIKELY)),
                Some(Decision::Block) => Verdict::Block(finding(CODE_NEARLY_SURE)),
                Some(Decision::Report) => {
                    let end = text.floor_char_boundary(EVIDENCE_BYTES_MAX);
                    Verdict::Report(Report {
                        finding: finding(CODE_NEARLY_SURE),
                        evidence: text.as_bytes()[..end].to_vec(),
                    })
                }
            }
        }
    }

    /// The codes that `hook.toml` declares.
    const CODE_LIKELY: u8 = 0;
    const CODE_NEARLY_SURE: u8 = 1;

    /// Longest evidence in bytes: how the text begins. `hook.toml` declares the same number.
    const EVIDENCE_BYTES_MAX: usize = 256;

    export!(TextClassifier);

    #[global_allocator]
    static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

    #[panic_handler]
    fn panic(_: &PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
