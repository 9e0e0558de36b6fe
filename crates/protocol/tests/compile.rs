//! What must not compile, each beside a twin that does and differs in what is forbidden alone: without the twin, a
//! typing error would pass for a promise kept.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

#[test]
fn what_the_types_forbid_does_not_compile_and_its_twin_does() {
    let tests = trybuild::TestCases::new();
    tests.pass("tests/compile_pass/*.rs");
    tests.compile_fail("tests/compile_fail/*.rs");
}

#[test]
fn each_forbidden_program_has_its_twin() {
    let names = |folder: &str| {
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let mut names: Vec<_> = files
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
            .map(|path| path.file_name().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("tests/compile_fail"), names("tests/compile_pass"));
}
