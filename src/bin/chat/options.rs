//! The command line: the user's name, the server, and the settings.

mod help;

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::address::Url;
use crate::charset::Charset;
use crate::client::{Bell, Reading, Settings};
use crate::config::{self, Color, Config};

/// Chat from a terminal or a script, on a server that speaks JSON lines
#[derive(Debug, Parser)]
#[command(name = "chat", version, after_help = help::AFTER_HELP, args_override_self = true)]
struct CommandLine {
    /// Your name in the chat. Optional if the config file sets it.
    user: Option<String>,

    /// The server, as chat://HOST or chat://HOST:PORT; the default port is 1337. A chat on several machines has several
    /// addresses, as in chat://HOST:PORT,HOST:PORT: where one does not answer, the next one is tried. Optional if the config
    /// file sets it.
    server: Option<String>,

    #[command(flatten)]
    config: Config,

    /// Hide joins and leaves.
    #[arg(long)]
    quiet: bool,

    /// Exit when the connection is lost, instead of reconnecting.
    #[arg(long)]
    no_reconnect: bool,

    /// Append all shown lines to this file, each with its date, time and zone.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,

    /// For scripts: print only the objects that the server sends, each on one line.
    #[arg(long)]
    json: bool,

    /// In a pipe: send every line as text, even if it begins with a slash.
    #[arg(long)]
    literal: bool,

    /// In a pipe: allow operators' commands, such as /kick and /shutdown.
    #[arg(long, conflicts_with = "literal")]
    commands: bool,

    /// In a pipe: the encoding of stdin, utf8 by default.
    #[arg(long, value_name = "utf8|latin1", hide_possible_values = true)]
    from: Option<Charset>,

    /// Read this config file instead of the default one.
    #[arg(long = "config", value_name = "FILE")]
    file: Option<PathBuf>,

    /// Print the settings in effect, as a config file, and exit.
    #[arg(long)]
    check_config: bool,
}

/// The request on the command line.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    Chat(Options),
    /// Print this text and exit: the help, the version, or the settings in effect.
    Print(String),
}

/// The complete settings of the client.
#[derive(Debug, PartialEq)]
pub struct Options {
    /// The addresses of the chat.
    pub server: Url,
    /// The command that talks to the server, if not the client itself.
    pub via: Option<String>,
    /// When to use colours.
    pub color: Color,
    /// The file to which shown lines are appended.
    pub log: Option<PathBuf>,
    /// Whether to print only JSON objects.
    pub json: bool,
    /// The encoding of stdin in a pipe.
    pub charset: Charset,
    /// The settings of the core in a pipe.
    core: Settings,
}

/// An error, with its message.
#[derive(Debug, PartialEq)]
pub enum Wrong {
    /// An error in the arguments, so the usage helps too.
    Arguments(String),
    /// An error in the config file.
    File(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arguments(sentence) => {
                let usage = CommandLine::command().render_usage();
                write!(f, "{usage}\nchat: {sentence}")
            }
            Self::File(sentence) => write!(f, "chat: {sentence}"),
        }
    }
}

/// Parses the program's arguments, whose first one is the program's name. `usual_file` is the config file unless the
/// arguments name another, and it may be missing.
///
/// # Errors
///
/// The first thing that is wrong.
pub fn load(
    arguments: impl IntoIterator<Item = OsString>,
    usual_file: Option<PathBuf>,
) -> Result<Outcome, Wrong> {
    let given = match CommandLine::try_parse_from(arguments) {
        Ok(given) => given,
        Err(error) => {
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                    Ok(Outcome::Print(error.render().to_string()))
                }
                _ => Err(Wrong::Arguments(sentence(&error))),
            };
        }
    };
    let piped = match (given.literal, given.commands) {
        (true, _) => Reading::Literal,
        (false, true) => Reading::Commands,
        (false, false) => Reading::NoOperators,
    };
    let flags = Config {
        quiet: given.quiet.then_some(true),
        reconnect: given.no_reconnect.then_some(false),
        ..with_positions(given.config, given.user, given.server)?
    };
    // A missing default config file is not an error.
    let path = given.file.or_else(|| usual_file.filter(|path| path.exists()));
    let file = path.as_deref().map(Config::read).transpose();
    let file = file.map_err(Wrong::File)?.unwrap_or_default();
    let chosen = flags.or(file).or(Config::defaults());
    if given.check_config {
        return Ok(Outcome::Print(chosen.to_string()));
    }
    let color = chosen.color.unwrap_or(Color::Auto);
    let via = chosen.via.clone().filter(|command| !command.trim().is_empty());
    let (server, core) = core(chosen, piped)?;
    let charset = given.from.unwrap_or(Charset::Utf8);
    let options = Options { server, via, color, log: given.log, json: given.json, charset, core };
    Ok(Outcome::Chat(options))
}

/// Interprets the positional arguments: the user, then the server. The server may stand alone.
fn with_positions(
    config: Config,
    user: Option<String>,
    server: Option<String>,
) -> Result<Config, Wrong> {
    let is_server = |text: &Option<String>| text.as_deref().is_some_and(Url::is_meant);
    let (user, server) = match server {
        None if is_server(&user) => (None, user),
        Some(_) if is_server(&user) => {
            let what = "the user comes before the server, as in chat luca chat://localhost:1337";
            return Err(Wrong::Arguments(format!("{what}.")));
        }
        server => (user, server),
    };
    let read = |text: String| {
        let url = text.parse::<Url>();
        url.map_err(|reason| Wrong::Arguments(format!("{text:?}: {reason}.")))
    };
    Ok(Config { user, server: server.map(read).transpose()?, ..config })
}

/// The server, and the settings of the core. Fails if the user's name or the server is missing.
fn core(chosen: Config, reading: Reading) -> Result<(Url, Settings), Wrong> {
    let missing = |what: &str| {
        let example = "chat luca chat://localhost:1337";
        Wrong::Arguments(format!("the {what} is missing, as in {example}."))
    };
    let user = chosen.user.filter(|user| !user.trim().is_empty());
    let user = user.ok_or_else(|| missing("user"))?;
    let server = chosen.server.ok_or_else(|| missing("server"))?;
    let settings = Settings {
        user,
        servers: server.addresses().iter().map(ToString::to_string).collect(),
        rooms: config::tidy(chosen.rooms.unwrap_or_default()),
        bell: chosen.bell.unwrap_or(Bell::On),
        reconnect: chosen.reconnect.unwrap_or(true),
        interactive: false,
        time: chosen.time.map(String::from).unwrap_or_default(),
        quiet: chosen.quiet.unwrap_or(false),
        reading,
    };
    Ok((server, settings))
}

/// The first paragraph of clap's error. Its tips and its usage follow that paragraph.
fn sentence(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = first.split_whitespace().collect();
    let words = words.join(" ");
    format!("{}.", words.strip_prefix("error: ").unwrap_or(&words))
}

impl Options {
    /// Returns whether to use colours. `terminal` says whether stdout is a terminal.
    pub fn colours(&self, terminal: bool) -> bool {
        // An empty `NO_COLOR` has no effect, by the rule of no-color.org.
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self.color {
            Color::Auto => terminal && !unwanted,
            Color::Always => true,
            Color::Never => false,
        }
    }

    /// The settings of the core. `interactive` says whether the client can ask the user, and `is_person` whether a
    /// person types, even if the terminal is not capable of editing.
    pub fn settings(&self, interactive: bool, is_person: bool) -> Settings {
        let reading = if is_person { Reading::Commands } else { self.core.reading };
        Settings { interactive, reading, ..self.core.clone() }
    }
}

#[cfg(test)]
mod tests;
