//! What a person can choose: by flags, by the config file, or not at all.
//!
//! A choice has one name in the file and among the flags, and the same parser reads both. Whatever was not chosen is
//! left to what comes next: the flag wins over the file, and the file over the default.

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

/// The room for those who have chosen none: it is always there.
const LOBBY: &str = "lobby";

/// What was chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The name to have.
    #[arg(skip)]
    pub user: Option<String>,

    /// Where the server is.
    #[arg(skip)]
    pub server: Option<Url>,

    /// A room to be in, lobby by default. With several, each by a flag of its own, one speaks in the first.
    #[arg(long = "room", value_name = "ROOM")]
    pub rooms: Option<Vec<String>>,

    /// When to ring the bell: on, when somebody writes your name or writes to you in private; off, never; all, whenever
    /// somebody says something. By default it is on, and /bell changes it.
    #[arg(long, value_name = "on|off|all", hide_possible_values = true)]
    pub bell: Option<Bell>,

    /// Whether to use colours. By default auto: at a terminal, unless the environment has a NO_COLOR.
    #[arg(long, value_name = "auto|always|never", hide_possible_values = true, alias = "colour")]
    #[serde(alias = "colour")]
    pub color: Option<Color>,

    /// How to show times, as strftime writes the time of day. By default %H:%M; with "" no times are shown.
    #[arg(long, value_name = "FORMAT")]
    pub time: Option<TimeFormat>,

    /// Whether to show nothing of who comes and goes.
    #[arg(skip)]
    pub quiet: Option<bool>,

    /// Whether to connect again when the connection is lost.
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

/// How to show the time of day, as `strftime` writes it. An empty one shows none.
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
    /// It cannot be read, or something in it is wrong: where, and what should be there.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = read_text(path, CONFIG_FILE_BYTES_MAX, "config file")
            .map_err(|error| format!("{error}."))?;
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(&text, span.start));
            let what = error.message().replace('\n', ", ");
            // The line itself names the key, which the reason does not always do.
            let written = text.lines().nth(line - 1).unwrap_or_default().trim();
            format!("{}: line {line}: {written}: {what}.", path.display())
        })
    }

    /// These choices, and where there is none, the other's.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            user: self.user.or(other.user),
            server: self.server.or(other.server),
            rooms: self.rooms.or(other.rooms),
            bell: self.bell.or(other.bell),
            color: self.color.or(other.color),
            time: self.time.or(other.time),
            quiet: self.quiet.or(other.quiet),
            reconnect: self.reconnect.or(other.reconnect),
        }
    }

    /// What holds where nothing was chosen. Nobody has a name or a server by default.
    pub fn defaults() -> Self {
        Self {
            user: None,
            server: None,
            rooms: Some(vec![LOBBY.to_owned()]),
            bell: Some(Bell::On),
            color: Some(Color::Auto),
            time: Some(TimeFormat("%H:%M".to_owned())),
            quiet: Some(false),
            reconnect: Some(true),
        }
    }
}

/// The choices as a config file that says the same.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = toml::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

/// Rooms as they are asked for: `#dev` is `dev`, as the server has it, and none comes twice. Never empty.
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

/// Where the config file is, if there is one. (XDG Base Directory Specification 0.8.)
pub fn config_path() -> Option<PathBuf> {
    let folder = base(env::var_os("XDG_CONFIG_HOME"), env::home_dir(), ".config")?;
    Some(folder.join("chatserv").join("chat.toml"))
}

/// Where the typed lines are kept from one run to the next.
pub fn history_path() -> Option<PathBuf> {
    let folder = base(env::var_os("XDG_STATE_HOME"), env::home_dir(), ".local/state")?;
    Some(folder.join("chatserv").join("history"))
}

/// A folder of one's files. The specification has a relative path ignored, since it would mean another folder in each
/// directory that one happens to be in.
fn base(chosen: Option<OsString>, home: Option<PathBuf>, below_home: &str) -> Option<PathBuf> {
    let chosen = chosen.map(PathBuf::from).filter(|path| path.is_absolute());
    chosen.or_else(|| Some(home.filter(|home| home.is_absolute())?.join(below_home)))
}

#[cfg(test)]
mod tests;
