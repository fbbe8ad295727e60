//! Where settings come from: flags before the environment before the file before the defaults.
//!
//! The whole mechanism is one idea. What the file and the environment say is rewritten as flags, `port = 1337` and
//! `CHATSERV_PORT=1337` both as `--port=1337`, and put *before* the flags that were really given. In a list of
//! arguments the later one wins, so clap does the rest.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, Command, Parser, Subcommand};

use super::error::{self, any_of};
use super::{Config, ConfigError, file, value};
use crate::healthcheck::Healthcheck;

/// What begins the name of every environment variable of ours.
const PREFIX: &str = "CHATSERV_";
/// Where each setting is found, for the end of `--help`.
const AFTER_HELP: &str = "\
Every setting may also stand in the file, as in `max-clients = 500`, and in the environment, as in \
CHATSERV_MAX_CLIENTS=500. A flag wins over the environment, that over the file, and the file over the default. Times \
and sizes need a unit: 500ms, 60s, 1h30m; 64KiB, 256MiB.";

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Run the server.
    Run(Config),
    /// Only say what is in force ([`Config::to_toml`]).
    Check(Config),
    /// Only ask a server that runs whether it is well.
    Healthcheck(Healthcheck),
    /// Only print this text: the help or the version.
    Print(String),
}

/// The command line: what the environment may say too, and a flag that only makes sense here.
#[derive(Debug, Parser)]
#[command(name = "chatserv", version, about, after_help = AFTER_HELP)]
#[command(args_override_self = true, allow_negative_numbers = true)]
#[command(disable_help_subcommand = true)]
struct CommandLine {
    #[command(flatten)]
    given: Given,

    /// Print the settings that would be in force, as a settings file, and end. Files that they name and that are not
    /// there are an error, as at the start.
    #[arg(long)]
    check_config: bool,

    #[command(subcommand)]
    instead: Option<Instead>,
}

/// What can be done instead of running the server. Flags of the server stand before it.
#[derive(Debug, Subcommand)]
enum Instead {
    /// Connect to a server, read what it says first, and leave: exit status 0 if that is well, else 1
    Healthcheck {
        /// HOST:PORT, [IPV6]:PORT or a port of this machine; without it, the server of these settings.
        address: Option<String>,
    },
}

/// What flags and environment may say: every setting, and which file to read. (A file does not name another file.)
#[derive(Debug, Args)]
struct Given {
    #[command(flatten)]
    config: Config,

    /// A settings file in TOML; there is none by default.
    #[arg(long = "config", value_name = "FILE", value_parser = value::path)]
    file: Option<PathBuf>,
}

/// Finds out what to do from a program's arguments, its own name first, and its environment.
///
/// Only the settings file is looked for; arguments and environment are given, so that a test can say what it likes.
///
/// # Errors
/// The first thing that is wrong, named by where it stands.
pub fn load(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Outcome, ConfigError> {
    // The flags come first and alone: who asks for help gets it, whatever the environment says.
    let flags = utf8_flags(arguments)?;
    if let Err(error) = parse(&flags) {
        return match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Outcome::Print(error.render().to_string()))
            }
            _ => Err(ConfigError::in_flags(&error)),
        };
    }
    let given = [from_environment(environment)?, flags].concat();
    // Flags and environment together say which file to read; last comes everything. Each part has passed before,
    // so these two cannot fail. Should one ever, its error is passed on like any other.
    let parse = |flags: &[String]| parse(flags).map_err(|error| ConfigError::in_flags(&error));
    let all = match parse(&given)?.given.file {
        Some(path) => [from_file(&path)?, given].concat(),
        None => given,
    };
    let CommandLine {
        given: Given { config, .. },
        check_config,
        instead,
    } = parse(&all)?;
    config.check()?;
    match instead {
        Some(Instead::Healthcheck { address }) => {
            healthcheck(address, &config).map(Outcome::Healthcheck)
        }
        None if check_config => Ok(Outcome::Check(config)),
        None => Ok(Outcome::Run(config)),
    }
}

fn healthcheck(address: Option<String>, config: &Config) -> Result<Healthcheck, ConfigError> {
    let refused = |what: String| ConfigError::new(format!("healthcheck: {what}"));
    let read = |text: String| {
        let address = text.parse();
        address.map_err(|expected| {
            refused(format!("got {}, expected {expected}", error::quote(&text)))
        })
    };
    let address = address.map(read).transpose()?;
    Healthcheck::new(address, config).map_err(|what| refused(what.to_owned()))
}

/// The settings of an empty command line.
pub(super) fn defaults() -> Config {
    parse(&[])
        .expect("the defaults are within their own bounds, which a test checks")
        .given
        .config
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

/// What the file says, as flags.
fn from_file(path: &Path) -> Result<Vec<String>, ConfigError> {
    let keys = Keys::of::<Config>();
    let flag = |(key, value): (String, String)| {
        let refused = |what: String| file::in_file(path, &format!("{}: {what}", error::name(&key)));
        if !keys.names.contains(&key) {
            return Err(refused(format!(
                "unknown key, {}",
                keys.instead_of(&key, str::to_owned)
            )));
        }
        keys.flag(&key, &value).map_err(refused)
    };
    file::read(path)?.into_iter().map(flag).collect()
}

/// What the environment says, as flags.
fn from_environment(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Vec<String>, ConfigError> {
    let ours =
        |(name, _): &(OsString, OsString)| name.as_encoded_bytes().starts_with(PREFIX.as_bytes());
    let mut environment: Vec<_> = environment.into_iter().filter(ours).collect();
    // In order of name, so that of two errors the same one is told each time.
    environment.sort();

    let keys = Keys::of::<Given>();
    let flag = |(name, value): (OsString, OsString)| {
        let name = name.to_string_lossy();
        let refused = |what: String| ConfigError::new(format!("{}: {what}", error::name(&name)));
        let Some(key) = keys.names.iter().find(|key| variable(key) == name) else {
            let key = name[PREFIX.len()..].to_lowercase().replace('_', "-");
            return Err(refused(format!(
                "unknown variable, {}",
                keys.instead_of(&key, variable)
            )));
        };
        let value = value
            .into_string()
            .map_err(|bytes| refused(format!("got {bytes:?}, expected UTF-8")))?;
        keys.flag(key, &value).map_err(refused)
    };
    environment.into_iter().map(flag).collect()
}

/// The environment variable of a key.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('-', "_"))
}

/// The keys that one source may use, as a clap command that knows nothing else: what is no key in a file, such as
/// `help`, is unknown to it like any other wrong word.
struct Keys {
    command: Command,
    names: Vec<String>,
}

impl Keys {
    fn of<T: Args>() -> Self {
        let command = Command::new("chatserv")
            .disable_help_flag(true)
            .disable_version_flag(true);
        let command = T::augment_args(command);
        let names = command
            .get_arguments()
            .filter_map(|argument| argument.get_long());
        Keys {
            names: names.map(str::to_owned).collect(),
            command,
        }
    }

    /// One setting as a flag. It is parsed alone here, so that whoever asks can say where the fault stands.
    fn flag(&self, key: &str, value: &str) -> Result<String, String> {
        let flag = format!("--{key}={value}");
        match self
            .command
            .clone()
            .try_get_matches_from(["chatserv", &flag])
        {
            Ok(_) => Ok(flag),
            Err(error) => Err(error::refused(&error)),
        }
    }

    /// What could be written instead of an unknown key: the one that was probably meant, or else any.
    fn instead_of(&self, unknown: &str, spelled: impl Fn(&str) -> String) -> String {
        let flag = format!("--{unknown}");
        let error = self
            .command
            .clone()
            .try_get_matches_from(["chatserv", &flag])
            .err();
        match error.as_ref().and_then(error::near_miss) {
            Some(near) => format!("did you mean {}?", spelled(&near)),
            None => {
                let names: Vec<String> = self.names.iter().map(|name| spelled(name)).collect();
                format!("expected {}", any_of(&names))
            }
        }
    }
}
