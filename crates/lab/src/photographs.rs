//! Photographs to measure on beside what the lab paints: small, of nobody, and free for anybody to pass on.
//!
//! Each was made smaller, to 320 pixels on its longer side, and saved as a JPEG of quality 85; nothing else was changed.

use airlock_hooks::views::Picture;

/// A photograph and where it is from.
pub(crate) struct Photograph {
    /// What is on it.
    pub(crate) shows: &'static str,
    /// Who made it.
    pub(crate) by: &'static str,
    pub(crate) licence: Licence,
    pub(crate) package: Package,
    file: &'static [u8],
}

/// Under what it may be passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Licence {
    Cc0,
    PublicDomain,
    CcBy4,
}

/// A package that holds the original and says who made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Package {
    LomiriWallpapers,
    ScikitImage,
}

impl Licence {
    pub(crate) const ALL: [Self; 3] = [Self::Cc0, Self::PublicDomain, Self::CcBy4];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cc0 => "CC0 1.0",
            Self::PublicDomain => "public domain",
            Self::CcBy4 => "CC BY 4.0, made smaller",
        }
    }
}

impl Package {
    pub(crate) const ALL: [Self; 2] = [Self::LomiriWallpapers, Self::ScikitImage];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LomiriWallpapers => "Debian package lomiri-wallpapers-16.04, version 20.04.0-2",
            Self::ScikitImage => "Python package scikit-image, version 0.26.0",
        }
    }
}

impl Photograph {
    pub(crate) fn picture(&self) -> Picture {
        #[expect(clippy::expect_used, reason = "a file of this program's own, which a test reads")]
        Picture::decode(self.file).ok().flatten().expect("a photograph of the lab can be read")
    }
}

macro_rules! photograph {
    ($file:literal, $shows:literal, $by:literal, $licence:ident, $package:ident) => {
        Photograph {
            shows: $shows,
            by: $by,
            licence: Licence::$licence,
            package: Package::$package,
            file: include_bytes!(concat!("../photographs/", $file, ".jpg")),
        }
    };
}

/// All of them.
pub(crate) const PHOTOGRAPHS: [Photograph; 16] = [
    photograph!("bricks", "a pavement of bricks", "CC0Textures (Bricks25)", Cc0, ScikitImage),
    photograph!("brushes", "paint brushes", "Trevor “Freespace”, 2018", CcBy4, LomiriWallpapers),
    photograph!("cat", "the cat Chelsea", "Stéfan van der Walt", Cc0, ScikitImage),
    photograph!("coffee", "a cup of coffee", "Rachel Michetti", Cc0, ScikitImage),
    photograph!("dandelion", "a dandelion", "Clemens Engelhardt, 2018", Cc0, LomiriWallpapers),
    photograph!("dogs", "two dogs at a door", "Aitzol Berasategi, 2018", CcBy4, LomiriWallpapers),
    photograph!("drum", "a room with a drum", "Jakub Mede, 2018", CcBy4, LomiriWallpapers),
    photograph!("fig", "a fig in a bowl", "Trevor “Freespace”, 2018", CcBy4, LomiriWallpapers),
    photograph!("galaxies", "galaxies", "NASA, Hubble Space Telescope", PublicDomain, ScikitImage),
    photograph!("grass", "grass", "Linolafett (Grass 01)", Cc0, ScikitImage),
    photograph!("gravel", "gravel", "CC0Textures (Gravel04)", Cc0, ScikitImage),
    photograph!("peaks", "Picos de Europa", "Aitzol Berasategi, 2018", CcBy4, LomiriWallpapers),
    photograph!("ridge", "a ridge", "Aitzol Berasategi, 2018", CcBy4, LomiriWallpapers),
    photograph!("rocket", "a rocket at night", "SpaceX, 2015", PublicDomain, ScikitImage),
    photograph!("stream", "a stream in a wood", "Aitzol Berasategi, 2018", CcBy4, LomiriWallpapers),
    photograph!("sunset", "a sunset", "Aitzol Berasategi, 2018", CcBy4, LomiriWallpapers),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_photograph_can_be_read_and_is_small() {
        for photograph in &PHOTOGRAPHS {
            let picture = photograph.picture();
            assert_eq!(picture.width().max(picture.height()), 320, "{}", photograph.shows);
        }
    }

    #[test]
    fn every_file_in_the_folder_is_listed_with_its_source() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/photographs");
        let mut files: Vec<Vec<u8>> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "jpg"))
            .map(|path| std::fs::read(path).unwrap())
            .collect();
        let mut listed: Vec<Vec<u8>> =
            PHOTOGRAPHS.iter().map(|photograph| photograph.file.to_vec()).collect();
        files.sort();
        listed.sort();
        assert!(files == listed, "{} files, {} listed", files.len(), listed.len());
    }
}
