//! Making the source of a list, and signing it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use airlock_hooks::list::{BlobSource, Entry, ListKey, ListKind, ListSource, dictionary};
use serde_json::json;

use super::{key, read, today, write};
use crate::{args::Make, command::Context, exit::Exit, problem::Problem, remedies};

pub(super) fn make(args: &Make, context: &Context) -> Result<Exit, Problem> {
    let issued = today();
    let (entries, blob) =
        if args.kind.has_entries() { (Some(entries(args)?), None) } else { (None, Some(blob(args)?)) };
    let source = ListSource {
        id: args.id.clone(),
        kind: args.kind,
        version: args.edition,
        issued: issued.to_string(),
        expires: issued.plus_days(args.days.into()).to_string(),
        entries,
        blob,
    };
    let text = source.to_toml().map_err(|error| remedies::list::source(&error))?;
    write(&text, args.out.as_deref())?;
    if args.out.is_some() {
        context
            .output
            .note("Look through it, then sign it: airlock list sign SOURCE --key FILE --out list.json");
    }
    Ok(Exit::Ok)
}

fn entries(args: &Make) -> Result<Vec<Entry>, Problem> {
    let values = lines(&args.files)?;
    let values = values.into_iter().map(|value| match args.kind {
        // Names of domains have no case (RFC 4343), and a list has them in one form only.
        ListKind::Domains => value.to_lowercase(),
        _ => value,
    });
    let values: BTreeSet<String> = values.collect();
    Ok(values
        .into_iter()
        .map(|value| Entry { value, verdict: args.verdict, submitter: args.submitter.clone() })
        .collect())
}

/// The bytes of a blob lie in a file beside its source.
fn blob(args: &Make) -> Result<BlobSource, Problem> {
    let refuse = |why: &str| Err(remedies::list::blob_source(args.kind, why));
    let Some(out) = &args.out else { return refuse("its bytes are in a file beside the source") };
    let Some(description) = args.description.clone() else {
        return refuse("a screen has to say what it is");
    };
    let (path, bytes) = match args.kind {
        ListKind::Dictionary => (out.with_extension("words"), words(&args.files)?),
        _ => match args.files.as_slice() {
            [file] => (out.with_extension("model"), read(file)?),
            _ => return refuse("a model is one file"),
        },
    };
    let Some(file) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else {
        return refuse("the source needs a file name");
    };
    std::fs::write(&path, bytes).map_err(|error| remedies::list::unwritable(&path, &error))?;
    Ok(BlobSource { description, submitter: args.submitter.clone(), file })
}

/// A dictionary of words, or of the two files of hunspell with its rules.
fn words(files: &[PathBuf]) -> Result<Vec<u8>, Problem> {
    let is = |path: &PathBuf, end: &str| path.extension().is_some_and(|is| is.eq_ignore_ascii_case(end));
    if !files.iter().any(|path| is(path, "aff") || is(path, "dic")) {
        let words: BTreeSet<String> = lines(files)?.into_iter().collect();
        return Ok(words.into_iter().map(|word| word + "\n").collect::<String>().into_bytes());
    }
    let (affixes, words) = match files {
        [one, other] if is(one, "aff") && is(other, "dic") => (one, other),
        [one, other] if is(one, "dic") && is(other, "aff") => (other, one),
        _ => return Err(remedies::list::half_a_dictionary()),
    };
    let text = |path| String::from_utf8(read(path)?).map_err(|why| remedies::list::dictionary(affixes, &why));
    dictionary::compile(&text(affixes)?, &text(words)?)
        .map_err(|why| remedies::list::dictionary(affixes, &why))
}

fn lines(files: &[PathBuf]) -> Result<Vec<String>, Problem> {
    let mut lines = Vec::new();
    for path in files {
        let text =
            String::from_utf8(read(path)?).map_err(|error| remedies::list::unreadable(path, &error))?;
        let wanted = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.extend(wanted.map(str::to_owned));
    }
    Ok(lines)
}

pub(super) fn sign(
    source: &Path,
    key: Option<&Path>,
    out: Option<&Path>,
    context: &Context,
) -> Result<Exit, Problem> {
    let signing = key::signing_key(key)?;
    let list =
        ListSource::sign_file(source, &signing).map_err(|error| remedies::list::signing(source, &error))?;
    let json = list.to_json().map_err(|error| remedies::list::source(&error))?;
    write(&json, out)?;
    if let Some(out) = out {
        let record = json!({
            "file": out.to_string_lossy(),
            "id": list.id(),
            "edition": list.version(),
            "digest": list.digest().to_string(),
            "key": ListKey::of(&signing).to_string(),
        });
        context.output.done("signed-list", &record, || {
            format!("signed {} version {}, SHA-256 {}", list.id(), list.version(), list.digest())
        })?;
    }
    Ok(Exit::Ok)
}
