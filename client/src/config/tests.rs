//! Settings from every source, and what is refused.

use super::*;

fn load(flags: &Flags, variables: &[(&str, &str)]) -> Result<Settings, Problem> {
    Settings::load(flags, &|name| {
        variables.iter().find(|(set, _)| *set == name).map(|(_, value)| OsString::from(value))
    })
}

fn with_file(text: &str) -> (tempfile::TempDir, Flags) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, text).unwrap();
    (folder, Flags { config: Some(path), ..Flags::default() })
}

fn problem_of(text: &str) -> String {
    let (folder, flags) = with_file(text);
    let problem = load(&flags, &[("HOME", "/home/alice")]).unwrap_err();
    assert_eq!(problem.exit, crate::exit::Exit::Usage);
    problem.to_string().replace(&*folder.path().to_string_lossy(), "/etc")
}

#[test]
fn without_anything_set_the_defaults_are_in_the_xdg_folders() {
    let settings = load(&Flags::default(), &[("HOME", "/nonexistent/alice")]).unwrap();
    assert_eq!(settings.home.value, Path::new("/nonexistent/alice/.local/share/airlock"));
    assert_eq!(settings.file, ConfigFile::Absent("/nonexistent/alice/.config/airlock/config.toml".into()));
    assert_eq!(settings.timeout.value, Duration::from_secs(30));
    assert_eq!(settings.home.origin, Origin::Default);
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default() {
    let (_folder, mut flags) = with_file("home = '/file'\ntimeout = 5\ncolor = 'never'\n");
    let home = |flags: &Flags, variables: &[(&str, &str)]| load(flags, variables).unwrap().home.value;
    assert_eq!(home(&flags, &[("HOME", "/h")]), Path::new("/file"));
    assert_eq!(home(&flags, &[("HOME", "/h"), ("AIRLOCK_HOME", "/env")]), Path::new("/env"));
    flags.home = Some("/flag".into());
    let settings = load(&flags, &[("HOME", "/h"), ("AIRLOCK_HOME", "/env")]).unwrap();
    assert_eq!(settings.home, Setting { value: "/flag".into(), origin: Origin::Flag("--home") });
    assert_eq!(settings.timeout.value, Duration::from_secs(5));
    assert_eq!(settings.color.value, Color::Never);
    assert!(matches!(settings.color.origin, Origin::File(_)));
}

#[test]
fn an_empty_variable_and_a_relative_xdg_folder_count_as_unset() {
    let variables = [("HOME", "/h"), ("AIRLOCK_HOME", ""), ("XDG_DATA_HOME", "here")];
    assert_eq!(load(&Flags::default(), &variables).unwrap().home.value, Path::new("/h/.local/share/airlock"));
}

#[test]
fn what_is_wrong_with_a_config_file_is_said_in_three_lines() {
    let problems = [
        problem_of("hom = '/x'\n"),
        problem_of("timeout = 0\n"),
        problem_of("color = true\n"),
        problem_of("color = 'purple'\n"),
        problem_of("home = 'relative/path'\n"),
        problem_of("home = \n"),
    ];
    insta::assert_snapshot!(problems.join("\n\n"));
}

#[test]
fn a_config_file_that_was_asked_for_must_be_there() {
    let flags = Flags { config: Some("/nonexistent/airlock.toml".into()), ..Flags::default() };
    insta::assert_snapshot!(load(&flags, &[("HOME", "/h")]).unwrap_err());
}

#[test]
fn without_any_home_folder_nothing_starts() {
    insta::assert_snapshot!(load(&Flags::default(), &[]).unwrap_err());
}
