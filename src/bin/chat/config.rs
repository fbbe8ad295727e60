//! The user's settings, which come from flags, the config file, or defaults.
//!
//! A setting has the same name in the file and among the flags, and the same parser reads both. A flag overrides the
//! file, and the file overrides the default.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chatserv::config::limits::CONFIG_FILE_BYTES_MAX;
use chatserv::config::{line_of, read_text};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::address::Url;
use crate::client::{Bell, times};

/// The default room, which always exists.
const LOBBY: &str = "lobby";

/// The settings that the user has chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The user's name in the chat.
    #[arg(skip)]
    pub user: Option<String>,

    /// The addresses of the chat.
    #[arg(skip)]
    pub server: Option<Url>,

    /// A command that talks to the server at its stdin and stdout, for TLS or another way there. The shell runs it, again for
    /// each new connection.
    #[arg(long, value_name = "COMMAND")]
    pub via: Option<String>,

    /// A room to join, lobby by default. Repeat the flag for several rooms; the first one is the current room.
    #[arg(long = "room", value_name = "ROOM")]
    pub rooms: Option<Vec<String>>,

    /// When to ring the bell: for mentions of your name and private messages (on, the default), never (off), or for every
    /// message (all). /bell changes it.
    #[arg(long, value_name = "on|off|all", hide_possible_values = true)]
    pub bell: Option<Bell>,

    /// Whether to use colours. The default is auto: at a terminal, unless NO_COLOR is set.
    #[arg(long, value_name = "auto|always|never", hide_possible_values = true, alias = "colour")]
    #[serde(alias = "colour")]
    pub color: Option<Color>,

    /// The format of times, for strftime. The default is %H:%M; "" shows no times.
    #[arg(long, value_name = "FORMAT")]
    pub time: Option<TimeFormat>,

    /// Whether to hide joins and leaves.
    #[arg(skip)]
    pub quiet: Option<bool>,

    /// Whether to reconnect when the connection is lost.
    #[arg(skip)]
    pub reconnect: Option<bool>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// At a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A `strftime` pattern for the time of day. An empty pattern shows no times.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeFormat(String);

impl FromStr for TimeFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        times::check(text).map(|()| Self(text.to_owned()))
    }
}

impl TryFrom<String> for TimeFormat {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TimeFormat> for String {
    fn from(TimeFormat(text): TimeFormat) -> Self {
        text
    }
}

impl Config {
    /// Reads a config file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a setting in it is wrong. The message names the place and what is expected there.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = read_text(path, CONFIG_FILE_BYTES_MAX, "config file")
            .map_err(|error| format!("{error}."))?;
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(&text, span.start));
            let what = error.message().replace('\n', ", ");
            // The line itself names the key, which the error message may not do.
            let written = text.lines().nth(line - 1).unwrap_or_default().trim();
            let text = format!("{}: line {line}: {written}: {what}.", path.display());
            // A file from elsewhere must not write to the terminal.
            text.replace(char::is_control, "\u{fffd}")
        })
    }

    /// Returns these settings, with the other's values where these have none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            user: self.user.or(other.user),
            server: self.server.or(other.server),
            via: self.via.or(other.via),
            rooms: self.rooms.or(other.rooms),
            bell: self.bell.or(other.bell),
            color: self.color.or(other.color),
            time: self.time.or(other.time),
            quiet: self.quiet.or(other.quiet),
            reconnect: self.reconnect.or(other.reconnect),
        }
    }

    /// The default settings. The user's name and the server have no default.
    pub fn defaults() -> Self {
        Self {
            user: None,
            server: None,
            via: None,
            rooms: Some(vec![LOBBY.to_owned()]),
            bell: Some(Bell::On),
            color: Some(Color::Auto),
            time: Some(TimeFormat("%H:%M".to_owned())),
            quiet: Some(false),
            reconnect: Some(true),
        }
    }
}

/// Writes the settings as a config file that sets the same values.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = toml::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

/// Normalizes room names: `#dev` becomes `dev`, as the server writes it, and duplicates are dropped. The result is
/// never empty.
pub fn tidy(rooms: Vec<String>) -> Vec<String> {
    let mut tidied: Vec<String> = Vec::new();
    for room in rooms {
        let room = room.trim().trim_start_matches('#');
        if !room.is_empty() && !tidied.iter().any(|other| other == room) {
            tidied.push(room.to_owned());
        }
    }
    if tidied.is_empty() {
        tidied.push(LOBBY.to_owned());
    }
    tidied
}

/// The path of the config file, if there can be one (XDG Base Directory Specification 0.8).
pub fn config_path() -> Option<PathBuf> {
    let folder = base(env::var_os("XDG_CONFIG_HOME"), env::home_dir(), ".config")?;
    Some(folder.join("chatserv").join("chat.toml"))
}

/// The path of the file that keeps the input history between runs.
pub fn history_path() -> Option<PathBuf> {
    let folder = base(env::var_os("XDG_STATE_HOME"), env::home_dir(), ".local/state")?;
    Some(folder.join("chatserv").join("history"))
}

/// A base directory of the user. A relative path is ignored, as the specification demands: it would name another
/// directory in each working directory.
fn base(chosen: Option<OsString>, home: Option<PathBuf>, below_home: &str) -> Option<PathBuf> {
    let chosen = chosen.map(PathBuf::from).filter(|path| path.is_absolute());
    chosen.or_else(|| Some(home.filter(|home| home.is_absolute())?.join(below_home)))
}

#[cfg(test)]
mod tests;
