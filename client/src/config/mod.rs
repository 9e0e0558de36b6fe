//! Settings and where each came from: a flag, the environment, the config file, or the default, in this order.

#[cfg(test)]
mod tests;

use std::{
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::problem::Problem;

/// Largest config file in bytes: a hundred times what all settings need. A larger one is some other file.
const CONFIG_BYTES_MAX: u64 = 64 * 1024;

/// Longest time to wait in seconds: a day. Whoever wants longer wants `--follow`.
const TIMEOUT_SECONDS_MAX: u64 = 24 * 60 * 60;

const TIMEOUT_SECONDS_DEFAULT: u64 = 30;

/// Everything that can be set, each with its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The config file, and whether it exists.
    pub file: ConfigFile,
    /// The folder with the vault.
    pub home: Setting<PathBuf>,
    /// Whether colours are used.
    pub color: Setting<Color>,
    /// How long `send` and `receive` wait.
    pub timeout: Setting<Duration>,
    /// Where the passphrase is read from, instead of asking. `-` is standard input.
    pub passphrase_file: Setting<Option<PathBuf>>,
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value in force.
    pub value: T,
    /// Who set it.
    pub origin: Origin,
}

/// Who set a value, strongest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag(&'static str),
    /// An environment variable.
    Environment(&'static str),
    /// The config file.
    File(PathBuf),
    /// Nobody.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Where the config file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigFile {
    /// It was read.
    Read(PathBuf),
    /// There is none at the usual place, which is fine.
    Absent(PathBuf),
}

/// Whether colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// The 16 colours, unless `NO_COLOR` is set.
    Auto,
    /// None.
    Never,
    /// The 16 colours, even with `NO_COLOR`.
    Sixteen,
}

impl Color {
    /// As in flags and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Never => "never",
            Self::Sixteen => "16",
        }
    }
}

/// What the command line sets: each is stronger than anything else.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--home`
    pub home: Option<PathBuf>,
    /// `--color`
    pub color: Option<String>,
    /// `--timeout`
    pub timeout: Option<String>,
    /// `--passphrase-file`
    pub passphrase_file: Option<PathBuf>,
}

/// The environment, as a function, so that tests need not change that of their process.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl Settings {
    /// Gathers the settings.
    ///
    /// # Errors
    /// When the config file has an unknown key or can't be read, when a value is not valid, or when there is no
    /// home folder to start from.
    pub fn load(flags: &Flags, environment: Environment<'_>) -> Result<Self, Problem> {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let (file, asked_for) = config_path(flags, &set)?;
        let (table, file) = read_config(file, asked_for)?;
        let source = Source { set: &set, table: &table, file: &file };
        Ok(Self {
            home: match source.path("home", &flags.home, ("--home", "AIRLOCK_HOME"))? {
                Some(Setting { value, origin }) => Setting { value: absolute(&value)?, origin },
                None => Setting { value: default_home(&set)?, origin: Origin::Default },
            },
            color: source
                .text("color", flags.color.clone(), ("--color", "AIRLOCK_COLOR"))?
                .map(|text| text.parse(parse_color))
                .transpose()?
                .unwrap_or(Setting { value: Color::Auto, origin: Origin::Default }),
            timeout: source
                .text("timeout", flags.timeout.clone(), ("--timeout", "AIRLOCK_TIMEOUT"))?
                .map(|text| text.parse(parse_timeout))
                .transpose()?
                .unwrap_or(Setting {
                    value: Duration::from_secs(TIMEOUT_SECONDS_DEFAULT),
                    origin: Origin::Default,
                }),
            passphrase_file: {
                let names = ("--passphrase-file", "AIRLOCK_PASSPHRASE_FILE");
                match source.path("passphrase_file", &flags.passphrase_file, names)? {
                    Some(Setting { value, origin }) => Setting { value: Some(value), origin },
                    None => Setting { value: None, origin: Origin::Default },
                }
            },
            file,
        })
    }
}

/// Every key that a config file may have, with what it does.
pub const KEYS: [(&str, &str); 4] = [
    ("home", "the folder with the vault"),
    ("color", "auto, never or 16"),
    ("timeout", "seconds that send and receive wait"),
    ("passphrase_file", "read the passphrase from this file instead of asking"),
];

/// Where values come from, before the default.
struct Source<'a> {
    set: &'a dyn Fn(&str) -> Option<OsString>,
    table: &'a toml::Table,
    file: &'a ConfigFile,
}

impl Source<'_> {
    fn path(
        &self,
        key: &'static str,
        flag: &Option<PathBuf>,
        (flag_name, variable): (&'static str, &'static str),
    ) -> Result<Option<Setting<PathBuf>>, Problem> {
        if let Some(value) = flag {
            return Ok(Some(Setting { value: value.clone(), origin: Origin::Flag(flag_name) }));
        }
        if let Some(value) = (self.set)(variable) {
            return Ok(Some(Setting { value: value.into(), origin: Origin::Environment(variable) }));
        }
        let Some(Setting { value, origin }) = self.in_file(key)? else { return Ok(None) };
        let value = PathBuf::from(value);
        if value.is_relative() && value != Path::new("-") {
            return Err(Problem::usage(
                "config-value",
                format_args!("the setting `{key}` cannot be used"),
                format_args!("`{}` in {origin} depends on the folder you are in", value.display()),
                "write the whole path, beginning with `/`",
            ));
        }
        Ok(Some(Setting { value, origin }))
    }

    fn text(
        &self,
        key: &'static str,
        flag: Option<String>,
        (flag_name, variable): (&'static str, &'static str),
    ) -> Result<Option<Setting<String>>, Problem> {
        if let Some(value) = flag {
            return Ok(Some(Setting { value, origin: Origin::Flag(flag_name) }));
        }
        if let Some(value) = (self.set)(variable) {
            let value = value.to_string_lossy().into_owned();
            return Ok(Some(Setting { value, origin: Origin::Environment(variable) }));
        }
        self.in_file(key)
    }

    fn in_file(&self, key: &'static str) -> Result<Option<Setting<String>>, Problem> {
        let (Some(value), ConfigFile::Read(path)) = (self.table.get(key), self.file) else {
            return Ok(None);
        };
        let value = match value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(number) => number.to_string(),
            other => {
                return Err(Problem::usage(
                    "config-value",
                    format_args!("the setting `{key}` cannot be used"),
                    format_args!("{} has a {} there", path.display(), other.type_str()),
                    format_args!("write text or a number: {}", meaning(key)),
                ));
            }
        };
        Ok(Some(Setting { value, origin: Origin::File(path.clone()) }))
    }
}

impl Setting<String> {
    fn parse<T>(self, parse: fn(&str) -> Result<T, &'static str>) -> Result<Setting<T>, Problem> {
        let Self { value, origin } = self;
        match parse(&value) {
            Ok(value) => Ok(Setting { value, origin }),
            Err(expected) => Err(Problem::usage(
                "setting-value",
                format_args!("`{value}` cannot be used ({origin})"),
                expected,
                format_args!("correct it, or leave it out (settings: {})", known_keys()),
            )),
        }
    }
}

fn parse_color(text: &str) -> Result<Color, &'static str> {
    [Color::Auto, Color::Never, Color::Sixteen]
        .into_iter()
        .find(|color| color.name() == text)
        .ok_or("a colour setting is `auto`, `never` or `16`")
}

fn parse_timeout(text: &str) -> Result<Duration, &'static str> {
    match text.parse() {
        Ok(seconds) if (1..=TIMEOUT_SECONDS_MAX).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err("a timeout is a number of seconds, from 1 to 86400"),
    }
}

fn known_keys() -> String {
    KEYS.map(|(name, _)| name).join(", ")
}

fn meaning(key: &str) -> &'static str {
    KEYS.iter().find(|(name, _)| *name == key).map_or("", |(_, meaning)| meaning)
}

/// A home keeps its place when the process changes its folder.
fn absolute(path: &Path) -> Result<PathBuf, Problem> {
    std::path::absolute(path).map_err(|error| {
        Problem::usage(
            "setting-value",
            format_args!("`{}` cannot be used as the home folder", path.display()),
            error,
            "give the whole path, beginning with `/`",
        )
    })
}

/// The path, and whether somebody asked for just this file.
fn config_path(flags: &Flags, set: Environment<'_>) -> Result<(PathBuf, bool), Problem> {
    if let Some(path) = &flags.config {
        return Ok((path.clone(), true));
    }
    if let Some(path) = set("AIRLOCK_CONFIG") {
        return Ok((path.into(), true));
    }
    Ok((base_folder(set, "XDG_CONFIG_HOME", ".config")?.join("airlock/config.toml"), false))
}

fn default_home(set: Environment<'_>) -> Result<PathBuf, Problem> {
    Ok(base_folder(set, "XDG_DATA_HOME", ".local/share")?.join("airlock"))
}

/// A base folder of the XDG specification, which says that relative paths are to be ignored.
fn base_folder(set: Environment<'_>, variable: &str, below_home: &str) -> Result<PathBuf, Problem> {
    let absolute = |name: &str| set(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute(variable).or_else(|| absolute("HOME").map(|home| home.join(below_home))).ok_or_else(|| {
        Problem::usage(
            "no-home-folder",
            "there is no folder to keep anything in",
            format_args!("neither {variable} nor HOME is set to a whole path"),
            "set HOME, or give both --home DIR and --config FILE",
        )
    })
}

fn read_config(path: PathBuf, asked_for: bool) -> Result<(toml::Table, ConfigFile), Problem> {
    let unreadable = |why: &dyn fmt::Display| {
        Problem::usage(
            "config-unreadable",
            "the config file cannot be read",
            format_args!("{}: {why}", path.display()),
            "correct the path (--config, AIRLOCK_CONFIG) or the file",
        )
    };
    match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !asked_for => {
            return Ok((toml::Table::new(), ConfigFile::Absent(path)));
        }
        Err(error) => return Err(unreadable(&error)),
        Ok(metadata) if metadata.len() > CONFIG_BYTES_MAX => {
            return Err(unreadable(&format_args!("it is larger than {CONFIG_BYTES_MAX} bytes")));
        }
        Ok(_) => {}
    }
    let text = fs::read_to_string(&path).map_err(|error| unreadable(&error))?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| unreadable(&error.message()))?;
    if let Some(unknown) = table.keys().find(|key| KEYS.iter().all(|(name, _)| name != key)) {
        return Err(Problem::usage(
            "config-unknown-key",
            format_args!("`{unknown}` is not a setting"),
            format_args!("it stands in {}, and nothing would come of it", path.display()),
            format_args!("remove it, or write one of: {}", known_keys()),
        ));
    }
    Ok((table, ConfigFile::Read(path)))
}
