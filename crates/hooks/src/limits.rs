//! Every bound of the host: value, unit and reason. A manifest states its own limits, and these bound them.

use std::time::Duration;

use airlock_protocol::outgoing::EVIDENCE_BYTES_MAX;
use serde::{Deserialize, Serialize};

use crate::manifest::View;

/// What one check may use, as a manifest states it. Fuel decides and is the same for the same input; the clock
/// ([`deadline`]) is only a backstop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Work, in units of WebAssembly fuel: about one per instruction.
    pub fuel: u64,
    /// Linear memory in bytes.
    pub memory_bytes: u64,
    /// All granted views of one message together, in bytes.
    pub input_bytes: u64,
    /// A rewrite or the evidence of a report, in bytes.
    pub output_bytes: u64,
    /// The evidence of a report, in bytes: what can leave the device for one message.
    pub evidence_bytes: u64,
}

impl Limits {
    /// The most that this host grants a hook that asks for these views: what it may see decides what it needs.
    #[must_use]
    pub fn most(views: &[View]) -> Self {
        let any = |wanted: &[View]| views.iter().any(|view| wanted.contains(view));
        if any(&[View::AttachmentBytes]) {
            ATTACHMENT_LIMITS_MAX
        } else if any(&[View::ImageLuma, View::ImageRgb]) {
            PICTURE_LIMITS_MAX
        } else {
            TEXT_LIMITS_MAX
        }
    }
}

/// The most for a hook that sees words, links and what an attachment is called. Fuel, input and output are what
/// large hosts of customer code settled on (11 M instructions, 128 kB in, 20 kB out), which is a few milliseconds of
/// work: nobody waits for it while typing. 16 MiB of memory hold the largest input and the largest list many times
/// over.
pub const TEXT_LIMITS_MAX: Limits = Limits {
    fuel: 11_000_000,
    memory_bytes: 16 * 1024 * 1024,
    input_bytes: 128 * 1024,
    output_bytes: 20_000,
    evidence_bytes: EVIDENCE_BYTES_MAX as u64,
};

/// The most for a hook that sees a decoded picture. A small model does some hundred million multiplications on
/// 224×224 pixels; 2·10⁹ units of fuel are about a second, in which an upload has not begun. The memory holds its
/// weights and two layers of it. The input is both pictures (167 KB) and a text.
pub const PICTURE_LIMITS_MAX: Limits = Limits {
    fuel: 2_000_000_000,
    memory_bytes: 64 * 1024 * 1024,
    input_bytes: 512 * 1024,
    ..TEXT_LIMITS_MAX
};

/// The most for a hook that sees an attachment byte for byte. An attachment of [`SHOWN_ATTACHMENT_BYTES_MAX`] fits
/// with its pictures and its caption; SHA-256 of it takes 6.5·10⁸ units of fuel.
pub const ATTACHMENT_LIMITS_MAX: Limits =
    Limits { input_bytes: SHOWN_ATTACHMENT_BYTES_MAX + 512 * 1024, ..PICTURE_LIMITS_MAX };

/// Largest attachment that a hook can be shown byte for byte. Larger ones are a failure of a hook that asks for the
/// bytes, for which its manifest has a policy: they would have to be in memory twice, here and in the guest.
/// Photographs and most documents are below.
pub const SHOWN_ATTACHMENT_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Largest component in bytes, checked before compiling: compiling takes about a second per megabyte, and the
/// reference hooks are below 0.1 MB.
pub const COMPONENT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Largest manifest in bytes: 16 codes and every other field at their longest fit in half of it.
pub const MANIFEST_BYTES_MAX: usize = 16 * 1024;

/// Largest list file in bytes: [`IMAGES_ENTRIES_MAX`] entries at their longest, written as JSON, are the most.
pub const LIST_FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most entries in a list of words. A guest reads all of them with each message, so they cost fuel each time.
pub const WORDS_ENTRIES_MAX: usize = 1_000;

/// Largest payload of a list of words, in bytes: [`WORDS_ENTRIES_MAX`] phrases of a usual length.
pub const WORDS_PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// Most entries in a list of domains. They are sorted and a link has one name, so a guest need not read them all;
/// published lists of shorteners have about 1,500.
pub const DOMAINS_ENTRIES_MAX: usize = 10_000;

/// Largest payload of a list of domains, in bytes: [`DOMAINS_ENTRIES_MAX`] names of a usual length.
pub const DOMAINS_PAYLOAD_BYTES_MAX: usize = 256 * 1024;

/// Most hashes in a list of images. A guest compares each with all eight orientations of a picture.
pub const IMAGES_ENTRIES_MAX: usize = 10_000;

/// Largest payload of a list of images, in bytes: [`IMAGES_ENTRIES_MAX`] lines of at most 79.
pub const IMAGES_PAYLOAD_BYTES_MAX: usize = 800 * 1024;

/// Largest dictionary in bytes: the words of a spelling dictionary, without those that its rules derive.
pub const DICTIONARY_BYTES_MAX: usize = 512 * 1024;

/// Largest model in bytes. It is copied into the fresh instance of each message, so what is larger belongs in code.
pub const MODEL_BYTES_MAX: usize = 1024 * 1024;

/// Longest entry of a list in bytes: a phrase, not a text.
pub const ENTRY_BYTES_MAX: usize = 128;

/// Longest life of a list in days: ten years, so that a mistyped year is noticed.
pub const LIST_AGE_DAYS_MAX: u32 = 3_660;

/// How far in the future a list may be dated, in days: clocks differ, time zones too.
pub const LIST_CLOCK_SKEW_DAYS: i64 = 1;

/// Longest sentence for a screen in bytes: three lines of 80 columns.
pub const SENTENCE_BYTES_MAX: usize = 240;

/// Largest order in bytes: [`ORDER_ACCOUNTS_MAX`] accounts and every other field at its longest fit in half of it.
pub const ORDER_FILE_BYTES_MAX: usize = 128 * 1024;

/// Most accounts that one order names. An order for more is one for everyone, and should say so.
pub const ORDER_ACCOUNTS_MAX: usize = 1_000;

/// Longest life of an order in days: the 24 months that the longest proposed detection orders may last.
pub const ORDER_DAYS_MAX: i64 = 732;

/// Most codes of one manifest. A code is what a hook can say on a screen, so 16 are at most four bits per message.
pub const CODES_MAX: usize = 16;

/// Most parameters of one manifest: each is on the page that a person reads before they enable a hook.
pub const PARAMETERS_MAX: usize = 16;

/// Stack of a guest in bytes. Deeper recursion is a trap. It must be well below the 2 MiB that a thread has.
pub const STACK_BYTES: usize = 512 * 1024;

/// What a guest's memory can grow by, in bytes, before it has to be moved: more than a check of a text needs. It is
/// not touched before the guest asks for it.
pub const GROWTH_BYTES: u64 = 256 * 1024;

/// Core instances, memories and tables in one component. Composed and interpreted guests have dozens.
pub const INSTANCES_MAX: usize = 64;

/// Elements of a table: functions that a guest calls indirectly. Rust guests have tens.
pub const TABLE_ELEMENTS_MAX: usize = 10_000;

/// Wall-clock backstop of a check that may use `fuel`: [`DEADLINE_LEAST`] and 10 ns for each unit, twenty times what a
/// unit was measured to take. What runs into it is a bug of the host or a machine that stands still.
#[must_use]
pub fn deadline(fuel: u64) -> Duration {
    DEADLINE_LEAST.saturating_add(Duration::from_nanos(fuel.saturating_mul(10)))
}

/// The deadline of a check that needs no time: two seconds, because a busy machine may not run a thread for one.
pub const DEADLINE_LEAST: Duration = Duration::from_secs(2);

/// Grain of the deadline.
pub const DEADLINE_TICK: Duration = Duration::from_millis(20);

/// Most pixels of a picture that is decoded for a hook: what a phone's camera of 24 megapixels makes. It decodes in
/// a fraction of a second into 75 MB, which are freed before the hook runs.
pub const PICTURE_PIXELS_MAX: usize = 25_000_000;

/// Longest side of a picture that is decoded for a hook, in pixels: wider than panoramas are.
pub const PICTURE_SIDE_MAX: usize = 16_384;
