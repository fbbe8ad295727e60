//! Loads the settings. A flag overrides the environment, which overrides the file, which overrides the default.
//!
//! The file and the environment are rewritten as flags: `port = 1337` and `CHATSERV_PORT=1337` both become `--port=1337`,
//! and go *before* the flags of the command line. If a flag is repeated, the last one wins, so clap does the rest.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, Command, Parser, Subcommand};

use super::choices::ExportFormat;
use super::error::{self, ConfigError, any_of};
use super::settings::Config;
use super::{file, value};

/// The prefix of environment variables.
const PREFIX: &str = "CHATSERV_";
/// Printed at the end of `--help`.
const AFTER_HELP: &str = "\
Every setting may also be in the settings file, as in `max-clients = 500`, or in the environment, as in \
CHATSERV_MAX_CLIENTS=500. A flag overrides the environment, which overrides the file, which overrides the default. Times \
and sizes need a unit: 500ms, 60s, 1h30m; 64KiB, 256MiB.";

/// The request on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Run the server.
    Run(Config),
    /// Print the settings ([`Config::to_toml`]).
    Check(Config),
    /// Check the health of a running server: the one at this address, or else the one with these settings.
    Healthcheck(Option<String>, Config),
    /// Print the lines of a history.
    Export(ExportOptions),
    /// Remove a person's lines from a history.
    Forget(ForgetOptions),
    /// Print this text: the help or the version.
    Print(String),
}

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "chatserv", version, about, after_help = AFTER_HELP)]
#[command(args_override_self = true)]
#[command(disable_help_subcommand = true)]
struct CommandLine {
    #[command(flatten)]
    given: Given,

    /// Print the effective settings as a settings file and exit. Fails if the server could not start with them, for
    /// instance because a file is missing.
    #[arg(long)]
    check_config: bool,

    #[command(subcommand)]
    instead: Option<Instead>,
}

/// Commands that replace running the server. The flags of the server come before them.
#[derive(Debug, Subcommand)]
enum Instead {
    /// Check whether a server answers: the exit status is 0 if it does, 1 if it does not
    Healthcheck {
        /// HOST:PORT, [IPV6]:PORT or a port on this machine; by default the server with these settings.
        address: Option<String>,
    },
    /// Print the lines of a history, oldest first; the server may be running
    Export {
        /// The file; by default the one of these settings.
        #[arg(long, value_name = "FILE", value_parser = value::path)]
        history: Option<PathBuf>,
        /// Only the lines of this room.
        #[arg(long, value_name = "ROOM")]
        room: Option<String>,
        /// Only the lines from this date on: 2026-11-20, or 2026-11-20T14:30, in the time zone of this machine.
        #[arg(long, value_name = "DATE")]
        since: Option<String>,
        /// How to print a line.
        #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
        format: ExportFormat,
    },
    /// Remove everything that a person has said from a history; the server may be running
    Forget {
        /// The file; by default the one of these settings.
        #[arg(long, value_name = "FILE", value_parser = value::path)]
        history: Option<PathBuf>,
        /// The name of the person. Other spellings of it count too.
        #[arg(long, value_name = "NAME")]
        from: Option<String>,
    },
}

/// The output format of `chatserv export`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the flags")]
pub struct ExportOptions {
    pub history: PathBuf,
    pub room: Option<String>,
    /// As it was typed.
    pub since: Option<String>,
    pub format: ExportFormat,
}

/// Whose lines `chatserv forget` removes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the flags")]
pub struct ForgetOptions {
    pub history: PathBuf,
    pub from: String,
}

/// The flags that the environment can set too: every setting, and the settings file.
#[derive(Debug, Args)]
struct Given {
    #[command(flatten)]
    config: Config,

    /// A settings file in TOML; there is none by default.
    #[arg(long = "config", value_name = "FILE", value_parser = value::path)]
    file: Option<PathBuf>,
}

/// Decides what to do from the arguments, the program's name first, and from the environment.
///
/// # Errors
/// A setting is wrong. Only the first error is reported, with its place.
pub fn load(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Outcome, ConfigError> {
    // Parse the flags alone first, so that `--help` works whatever the environment says.
    let flags = with_negative_values(utf8_flags(arguments)?);
    if let Err(error) = parse(&flags) {
        return match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Outcome::Print(error.render().to_string()))
            }
            _ => Err(ConfigError::in_flags(&error)),
        };
    }
    let given = [from_environment(environment)?, flags].concat();
    // The flags or the environment name the file, so parse these first, then everything together. Each part has passed
    // already, so neither parse should fail.
    let parse = |flags: &[String]| parse(flags).map_err(|error| ConfigError::in_flags(&error));
    let all = match parse(&given)?.given.file {
        Some(path) => [from_file(&path)?, given].concat(),
        None => given,
    };
    let CommandLine { given: Given { config, .. }, check_config, instead } = parse(&all)?;
    config.check()?;
    Ok(match instead {
        Some(Instead::Healthcheck { address }) => Outcome::Healthcheck(address, config),
        Some(Instead::Export { history, room, since, format }) => {
            let history = history_of(history, &config)?;
            Outcome::Export(ExportOptions { history, room, since, format })
        }
        Some(Instead::Forget { history, from }) => {
            let missing = || {
                ConfigError::new("--from: got no value, expected the name of a person".to_owned())
            };
            let from = from.ok_or_else(missing)?;
            Outcome::Forget(ForgetOptions { history: history_of(history, &config)?, from })
        }
        None if check_config => Outcome::Check(config),
        None => Outcome::Run(config),
    })
}

/// The history that a command is about: the named one, or the one of the settings.
fn history_of(named: Option<PathBuf>, config: &Config) -> Result<PathBuf, ConfigError> {
    let missing =
        || ConfigError::new("--history: got no value, expected the file of a history".to_owned());
    named.or_else(|| config.history.clone()).ok_or_else(missing)
}

impl Default for Config {
    /// The settings of an empty command line.
    fn default() -> Self {
        let defaults = parse(&[]).expect("a test checks that the defaults are within their bounds");
        defaults.given.config
    }
}

fn parse(flags: &[String]) -> Result<CommandLine, clap::Error> {
    CommandLine::try_parse_from(std::iter::once("chatserv").chain(flags.iter().map(String::as_str)))
}

fn utf8_flags(arguments: impl IntoIterator<Item = OsString>) -> Result<Vec<String>, ConfigError> {
    let utf8 = |argument: OsString| {
        argument
            .into_string()
            .map_err(|bytes| ConfigError::new(format!("argument {bytes:?}: is not UTF-8")))
    };
    arguments.into_iter().skip(1).map(utf8).collect()
}

/// Joins a value such as `-5s` with the flag before it. Otherwise clap would take it for a flag, and the error would not name
/// the setting. No flag begins with a digit.
fn with_negative_values(words: Vec<String>) -> Vec<String> {
    let is_negative = |word: &str| {
        word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let takes_one = |flag: &str| {
        flag.strip_prefix("--").is_some_and(|name| !name.is_empty() && !name.contains('='))
    };
    let mut flags: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        match flags.last_mut() {
            Some(flag) if is_negative(&word) && takes_one(flag) => *flag += &format!("={word}"),
            _ => flags.push(word),
        }
    }
    flags
}

/// Reads the settings file as flags.
fn from_file(path: &Path) -> Result<Vec<String>, ConfigError> {
    let keys = Keys::of::<Config>();
    let flag = |(key, value): (String, String)| {
        let wrong = |what: String| file::in_file(path, &format!("{}: {what}", error::name(&key)));
        if !keys.names.contains(&key) {
            return Err(wrong(format!("unknown key, {}", keys.instead_of(&key, str::to_owned))));
        }
        keys.flag(&key, &value).map_err(wrong)
    };
    file::read(path)?.into_iter().map(flag).collect()
}

/// Reads the environment as flags.
fn from_environment(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Vec<String>, ConfigError> {
    let ours = |(name, value): &(OsString, OsString)| is_ours(name) && !is_injected(name, value);
    let mut environment: Vec<_> = environment.into_iter().filter(ours).collect();
    // Sorted, so that every run reports the same one of two errors.
    environment.sort();

    let keys = Keys::of::<Given>();
    let flag = |(name, value): (OsString, OsString)| {
        let name = name.to_string_lossy();
        let wrong = |what: String| ConfigError::new(format!("{}: {what}", error::name(&name)));
        let Some(key) = keys.names.iter().find(|key| variable(key) == name) else {
            let key = name[PREFIX.len()..].to_lowercase().replace('_', "-");
            return Err(wrong(format!("unknown variable, {}", keys.instead_of(&key, variable))));
        };
        let value =
            value.into_string().map_err(|bytes| wrong(format!("got {bytes:?}, expected UTF-8")))?;
        keys.flag(key, &value).map_err(wrong)
    };
    environment.into_iter().map(flag).collect()
}

fn is_ours(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

/// Whether a container platform has set this variable to tell programs where a service is. Kubernetes does so for each
/// service, and Docker for each link: for one called `chatserv`, or `chatserv-` and something, the name begins as that of a
/// setting does.
fn is_injected(name: &OsStr, value: &OsStr) -> bool {
    let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return false;
    };
    let words: Vec<&str> = rest.split('_').collect();
    let is_of_service = words.windows(2).any(|pair| match pair {
        ["SERVICE", "HOST" | "PORT"] => true,
        ["PORT", number] => number.parse::<u16>().is_ok(),
        _ => false,
    });
    is_of_service
        || rest.starts_with("PORT_")
        // An address such as tcp://10.0.0.1:1337, which Docker and Kubernetes call a port.
        || value.contains("://") && !["CLUSTER", "WEB_OTHERS"].contains(&rest)
        // Docker's links pass on the name of the other container, with a slash, and its environment.
        || rest == "NAME" && value.starts_with('/')
        || rest.starts_with("ENV_")
}

/// A warning that names the variables that a container platform has set and that are therefore no settings, if there are any.
pub fn injected_variables(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Option<ConfigError> {
    let environment = environment.into_iter();
    let injected = environment.filter(|(name, value)| is_ours(name) && is_injected(name, value));
    let mut names: Vec<String> =
        injected.map(|(name, _)| error::name(&name.to_string_lossy())).collect();
    names.sort();
    (!names.is_empty()).then(|| {
        let names = names.join(", ");
        ConfigError::new(format!("{names}: set by a container platform, and no settings: ignored"))
    })
}

/// The environment variable of a key.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('-', "_"))
}

/// The keys that one source may set, as a clap command without any other flag: `help`, for instance, is not a key.
struct Keys {
    command: Command,
    names: Vec<String>,
}

impl Keys {
    fn of<T: Args>() -> Self {
        let command = Command::new("chatserv").disable_help_flag(true).disable_version_flag(true);
        let command = T::augment_args(command);
        let names = command.get_arguments().filter_map(|argument| argument.get_long());
        Keys { names: names.map(str::to_owned).collect(), command }
    }

    /// Turns a setting into a flag, and parses it alone, so that the caller can say where an error is.
    fn flag(&self, key: &str, value: &str) -> Result<String, String> {
        let flag = format!("--{key}={value}");
        match self.command.clone().try_get_matches_from(["chatserv", &flag]) {
            Ok(_) => Ok(flag),
            Err(error) => Err(error::wrong_value(&error)),
        }
    }

    /// The suggestion for an unknown key: a similar one, or else the list of all keys.
    fn instead_of(&self, unknown: &str, spelled: impl Fn(&str) -> String) -> String {
        let flag = format!("--{unknown}");
        let error = self.command.clone().try_get_matches_from(["chatserv", &flag]).err();
        match error.as_ref().and_then(error::suggested_flag) {
            Some(near) => format!("did you mean {}?", spelled(&near)),
            None => {
                let names: Vec<String> = self.names.iter().map(|name| spelled(name)).collect();
                format!("expected {}", any_of(&names))
            }
        }
    }
}
