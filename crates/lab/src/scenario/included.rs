//! The scenarios that come with Airlock: the files in `scenarios/`, part of this build.

use super::Scenario;

/// Their texts, in the order in which a course would take them.
const FILES: &[&str] = &[
    include_str!("../../scenarios/first-conversation.toml"),
    include_str!("../../scenarios/day-of-chat.toml"),
    include_str!("../../scenarios/bad-link.toml"),
    include_str!("../../scenarios/spelling.toml"),
    include_str!("../../scenarios/burnt-toast.toml"),
    include_str!("../../scenarios/known-picture.toml"),
    include_str!("../../scenarios/look-alikes.toml"),
    include_str!("../../scenarios/detection-order.toml"),
    include_str!("../../scenarios/function-creep.toml"),
    include_str!("../../scenarios/aimed-list.toml"),
    include_str!("../../scenarios/hostile-check.toml"),
    include_str!("../../scenarios/own-client.toml"),
    include_str!("../../scenarios/hostile-relay.toml"),
    include_str!("../../scenarios/several-contacts.toml"),
    include_str!("../../scenarios/what-the-wire-tells.toml"),
    include_str!("../../scenarios/stolen-device.toml"),
    include_str!("../../scenarios/stolen-locked-device.toml"),
    include_str!("../../scenarios/stolen-authority-key.toml"),
    include_str!("../../scenarios/known-image-limits.toml"),
    include_str!("../../scenarios/innocent-matches.toml"),
    include_str!("../../scenarios/base-rate.toml"),
    include_str!("../../scenarios/hash-tells.toml"),
    include_str!("../../scenarios/list-is-the-scope.toml"),
    include_str!("../../scenarios/trusted-code.toml"),
];

pub(super) fn all() -> Vec<Scenario> {
    #[expect(clippy::expect_used, reason = "the files are part of this build, and a test reads each")]
    let read = |text: &&str| Scenario::parse(text).expect("an included scenario is well-formed");
    FILES.iter().map(read).map(|scenario| Scenario { is_included: true, ..scenario }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_in_the_folder_is_included_and_has_a_name_of_its_own() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            files.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
        let mut names: Vec<String> =
            FILES.iter().map(|text| Scenario::parse(text).unwrap().name().to_owned()).collect();
        files.sort();
        names.sort();
        assert_eq!(files, names);
    }
}
