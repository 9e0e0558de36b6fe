//! The file of a message: a picture that is painted by number, changed, and packed. Nothing is stored, nobody is on it.

use std::io::{Cursor, Write as _};

use airlock_hooks::views::Picture;
use serde::Deserialize;
use zip::{AesMode, CompressionMethod, DateTime, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::ScenarioError;
use crate::pictures::{
    edit::EDITS,
    paint::{Numbers, scene},
    picture, png,
    template::{Captions, form, meme},
    toast::{Motif, painted},
};

/// The number of the first picture of the reference list `known-pictures`, and how many there are.
const LISTED_FROM: u64 = 10_000;
const LISTED: u64 = 24;

/// Pixels of a painted scene, as in the reference list.
const WIDTH: usize = 240;
const HEIGHT: usize = 180;

/// The passphrase of an encrypted archive: whoever sends one tells it to whom it is for by another way.
const ARCHIVE_PASSPHRASE: &str = "kites over the mill";

/// The name of the picture in an archive.
const ARCHIVED_NAME: &str = "picture.png";

/// A picture in a scenario's file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PictureInFile {
    of: Of,
    changed: Option<String>,
    #[serde(default)]
    packed: Packed,
}

/// What is on it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Of {
    /// A picture of the reference list, by its number there, from 0.
    Listed(u64),
    /// A scene that is on no list, by its number.
    Scene(u64),
    /// A template and a caption of one line.
    Meme(u64, u64),
    /// A template and its answers.
    Form(u64, u64),
    /// Burnt toast.
    BurntToast(u64),
    /// Toast as it should be.
    FreshToast(u64),
}

/// What it lies in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Packed {
    /// Nothing.
    #[default]
    Not,
    /// A zip archive.
    Zip,
    /// A zip archive, its content encrypted with AES-256 (WinZip's AE-2).
    AesZip,
}

/// A file that somebody sends.
#[derive(Clone)]
pub(crate) struct ScriptedFile {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// Whether it was encrypted before anybody was to send it. Whoever has it like that can't read it.
    pub(crate) is_sealed: bool,
}

impl std::fmt::Debug for ScriptedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedFile").field("name", &self.name).finish_non_exhaustive()
    }
}

impl PictureInFile {
    /// Paints, changes and packs it.
    pub(super) fn made(&self, id: &str) -> Result<ScriptedFile, ScenarioError> {
        let wrong = |what: String| ScenarioError::Picture { id: id.into(), what };
        let original = match self.of {
            Of::Listed(number) if number < LISTED => picture(&scene(LISTED_FROM + number, WIDTH, HEIGHT)),
            Of::Listed(number) => {
                return Err(wrong(format!("the list has pictures 0 to {}, and not {number}", LISTED - 1)));
            }
            Of::Scene(number) => picture(&scene(number, WIDTH, HEIGHT)),
            Of::Meme(template, caption) => meme(template, caption, Captions::Small),
            Of::Form(template, answers) => form(template, answers),
            Of::BurntToast(number) => painted(number, Motif::BurntToast),
            Of::FreshToast(number) => painted(number, Motif::FreshToast),
        };
        let changed: Picture = match &self.changed {
            None => original,
            Some(name) => {
                let edit = EDITS.iter().find(|edit| edit.name == name).ok_or_else(|| {
                    let known: Vec<&str> = EDITS.iter().map(|edit| edit.name).collect();
                    wrong(format!("there is no change `{name}`; write one of: {}", known.join(", ")))
                })?;
                (edit.apply)(&original, &mut Numbers(1))
            }
        };
        let file = png(&changed);
        Ok(match self.packed {
            Packed::Not => ScriptedFile { name: format!("{id}.png"), bytes: file, is_sealed: false },
            packed => {
                let bytes = zipped(&file, packed).map_err(|error| wrong(error.to_string()))?;
                let is_sealed = packed == Packed::AesZip;
                ScriptedFile { name: format!("{id}.zip"), bytes, is_sealed }
            }
        })
    }
}

/// An archive of one picture, encrypted or not, as any program for archives opens it.
fn zipped(file: &[u8], packed: Packed) -> Result<Vec<u8>, ZipError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        // Of this day nothing is to be learnt.
        .last_modified_time(DateTime::DEFAULT);
    let options = match packed {
        Packed::AesZip => options.with_aes_encryption(AesMode::Aes256, ARCHIVE_PASSPHRASE),
        Packed::Not | Packed::Zip => options,
    };
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(ARCHIVED_NAME, options)?;
    archive.write_all(file)?;
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use airlock_hooks::views;
    use data_encoding::HEXLOWER;

    use super::*;
    use crate::{Scenario, measure::pdq};

    fn entry(picture: &Picture) -> String {
        let hashed = pdq::hash(&views::luma(picture).unwrap()).unwrap();
        format!("pdq:{}", HEXLOWER.encode(&hashed.hashes[0].0))
    }

    #[test]
    fn the_entries_of_the_look_alikes_are_the_hashes_of_the_pictures_that_they_are_for() {
        let scenario = include_str!("../../scenarios/look-alikes.toml");
        assert!(Scenario::parse(scenario).is_ok());
        let wanted = [entry(&meme(10_030, 1, Captions::Small)), entry(&form(7, 1))];
        assert!(wanted.iter().all(|entry| scenario.contains(entry)), "the entries should be {wanted:?}");
    }

    #[test]
    fn a_picture_that_cannot_be_painted_says_what_there_is() {
        let read = |text: &str| toml::from_str::<PictureInFile>(text).unwrap().made("poster").unwrap_err();
        let unlisted = read("of = { listed = 24 }").to_string();
        assert_eq!(unlisted, "the picture of message `poster`: the list has pictures 0 to 23, and not 24");
        let changed = read("of = { scene = 1 }\nchanged = \"eaten\"").to_string();
        assert!(changed.contains("there is no change `eaten`; write one of: none, grey"), "{changed}");
    }

    #[test]
    fn an_archive_holds_the_picture_and_an_encrypted_one_hides_it() {
        let made = |packed: &str| {
            let text = format!("of = {{ listed = 2 }}\npacked = \"{packed}\"");
            toml::from_str::<PictureInFile>(&text).unwrap().made("poster").unwrap().bytes
        };
        let file = png(&picture(&scene(LISTED_FROM + 2, WIDTH, HEIGHT)));
        let unpacked = |bytes: &[u8]| crate::unpacked::unpacked(bytes).iter().any(|one| one.bytes == file);
        assert!(unpacked(&made("zip")));
        let encrypted = made("aes-zip");
        assert!(!unpacked(&encrypted));
        let mut archive = zip::ZipArchive::new(Cursor::new(encrypted)).unwrap();
        let mut opened = Vec::new();
        archive.by_index_decrypt(0, ARCHIVE_PASSPHRASE.as_bytes()).unwrap().read_to_end(&mut opened).unwrap();
        assert_eq!(opened, file);
        assert!(archive.by_index_decrypt(0, b"another").is_err());
    }
}
