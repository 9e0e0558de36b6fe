//! What to do about lists and their keys.

use std::{fmt::Display, io, path::Path};

use airlock_hooks::list::{KeyFileError, ListError, ListFormatError, ListKeyError, ListKind, SourceError};

use crate::{exit::Exit, problem::Problem};

pub(crate) fn unreadable(path: &Path, why: &dyn Display) -> Problem {
    Problem::new(
        Exit::Failure,
        "file-unreadable",
        format_args!("{} cannot be read", path.display()),
        why,
        "check that the file is there, is yours, and is what this command reads",
    )
}

pub(crate) fn unwritable(path: &Path, why: &io::Error) -> Problem {
    Problem::new(
        Exit::Failure,
        "file-unwritable",
        format_args!("{} cannot be written", path.display()),
        why,
        "choose another file, or check that the disk has room",
    )
}

pub(crate) fn format(path: &Path, why: &ListFormatError) -> Problem {
    Problem::new(
        Exit::Failure,
        "bad-list",
        format_args!("{} is not a signed list", path.display()),
        why,
        "ask whoever made it for another, or sign its source again: airlock list sign SOURCE --key FILE",
    )
}

pub(crate) fn source(why: &ListFormatError) -> Problem {
    Problem::new(
        Exit::Failure,
        "bad-list",
        "the list cannot be written",
        why,
        "correct what it names, and try again",
    )
}

pub(crate) fn signing(path: &Path, why: &SourceError) -> Problem {
    Problem::new(
        Exit::Failure,
        "bad-list-source",
        format_args!("{} cannot be signed", path.display()),
        why,
        "correct the source and sign it again; `airlock list make` writes one to begin with",
    )
}

pub(crate) fn blob_source(kind: ListKind, why: &str) -> Problem {
    Problem::usage(
        "blob-source",
        format_args!("the source of a {kind} cannot be made like this"),
        why,
        "give one input file for a model, --description TEXT and --out FILE",
    )
}

pub(crate) fn half_a_dictionary() -> Problem {
    Problem::usage(
        "half-a-dictionary",
        "these files make no dictionary",
        "a hunspell dictionary is one file NAME.aff and one file NAME.dic, and nothing beside them",
        "give these two, or a file with one word a line under another name",
    )
}

pub(crate) fn dictionary(affixes: &Path, why: &dyn Display) -> Problem {
    Problem::new(
        Exit::Failure,
        "bad-dictionary",
        format_args!("no dictionary can be made of {} and its words", affixes.display()),
        why,
        "give another dictionary, one in UTF-8, or a file with one word a line",
    )
}

pub(crate) fn refused(path: &Path, why: &ListError) -> Problem {
    Problem::new(
        Exit::Failure,
        "list-refused",
        format_args!("the list in {} cannot be used", path.display()),
        why,
        "do not use it: ask for one that is signed by the right key and in date",
    )
}

pub(crate) fn hook_without_list(hook: &str) -> Problem {
    Problem::usage(
        "no-list",
        format_args!("the hook `{hook}` uses no list"),
        "its manifest names none",
        "name the hook that wants this list, or the key that must have signed it with --key KEY",
    )
}

pub(crate) fn bad_public_key(why: &ListKeyError) -> Problem {
    Problem::usage(
        "bad-key",
        "this is not the public key of a list",
        why,
        "copy it from the manifest, or from `airlock list key FILE`",
    )
}

pub(crate) fn bad_key(path: &Path, why: &KeyFileError) -> Problem {
    Problem::new(
        Exit::Failure,
        "bad-key",
        format_args!("{} is not a key that signs lists", path.display()),
        why,
        "make one with `airlock list key FILE --new`",
    )
}

pub(crate) fn key_not_made(path: &Path, why: &dyn Display) -> Problem {
    Problem::new(
        Exit::Failure,
        "key-not-made",
        format_args!("no key was made in {}", path.display()),
        why,
        "choose a file that is not there yet, in a folder that you may write to",
    )
}

pub(crate) fn key_open_to_others(path: &Path, mode: u32) -> Problem {
    Problem::new(
        Exit::Failure,
        "key-open",
        format_args!("the key in {} is not used", path.display()),
        format_args!("others may read or change it (its mode is {mode:03o})"),
        format_args!("chmod 600 {}, and make another key if somebody may have read it", path.display()),
    )
}
