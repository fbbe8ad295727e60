//! The settings and the files that they name: read at the start, and again for a reload.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use super::log;
use crate::chat::{HubSettings, Secret};
use crate::config::{Config, ConfigError, in_file, limits, read_text};
use crate::protocol::clean;
use crate::server::shared::Shared;

/// The permission bit that lets everybody on the machine read a file.
const MODE_OTHERS_READ: u32 = 0o004;

/// Settings, with the texts from their files.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    motd: Option<Arc<str>>,
    operator_password: Option<Secret>,
    #[cfg_attr(not(feature = "cluster"), expect(dead_code, reason = "only a cluster has a log"))]
    cluster_password: Option<Secret>,
}

impl Loaded {
    /// Reads the files that the settings name. Waits for the disk.
    ///
    /// # Errors
    /// A file cannot be read, its content is not allowed, or a setting is for a part that this program was built without.
    pub fn read(config: Config) -> Result<Self, ConfigError> {
        if cfg!(not(feature = "web")) && config.web_port.is_some() {
            return Err(ConfigError::new(
                "web-port: this server was built without the chat for browsers. Build it with `--features web`"
                    .to_owned(),
            ));
        }
        if cfg!(not(feature = "history")) && config.history.is_some() {
            return Err(ConfigError::new(
                "history: this server was built without a history on disk. Build it with `--features history`"
                    .to_owned(),
            ));
        }
        if cfg!(not(feature = "cluster")) && config.cluster.is_some() {
            return Err(ConfigError::new(
                "cluster: this server was built for one machine. Build it with `--features cluster`".to_owned(),
            ));
        }
        let motd = config.motd.as_deref().map(read_motd).transpose()?;
        let log_password_file = config.cluster_password_file.as_deref();
        let password_file = config.operator_password_file.as_deref();
        Ok(Self {
            motd: motd.flatten(),
            operator_password: password_file.map(read_password).transpose()?,
            cluster_password: log_password_file.map(read_log_password).transpose()?,
            config,
        })
    }

    /// The part that the Hub needs.
    pub fn hub_settings(&self) -> HubSettings {
        HubSettings {
            anonymous: self.config.anonymous,
            operators: self.config.operators,
            glass: self.config.glass,
            announce_up_to: self.config.announce_up_to,
            log_messages: self.config.log_messages,
            history_on_join: self.config.history_on_join,
            motd: self.motd.clone(),
            operator_password: self.operator_password.clone(),
        }
    }

    /// The password of the store of the log.
    #[cfg(feature = "cluster")]
    pub fn cluster_password(&self) -> Option<Secret> {
        self.cluster_password.clone()
    }

    /// Applies these settings to the log, the admission and new connections. `self.config` keeps its old value where a
    /// setting cannot change while the server runs. The caller passes the settings on to the Hub and the delivery.
    pub fn apply(&mut self, shared: &Shared<'_>) -> Changes {
        let old = Arc::clone(&shared.settings.read());
        shared.capacity.limit(&mut self.config);
        let config = old.changed_to(self.config.clone());
        let changes = Changes {
            made: old.differences(&config),
            impossible: self.config.differences(&config),
        };
        self.config = config;
        log::set_level(self.config.log_level);
        shared.admission.limit_addresses(
            self.config.connections_per_address,
            self.config.connections_per_minute,
        );
        *shared.settings.write() = Arc::new(self.config.clone());
        changes
    }
}

/// The changes of a reload, by the keys of the settings.
pub struct Changes {
    made: Vec<String>,
    impossible: Vec<String>,
}

impl Changes {
    /// Logs the reload. Called when it is complete, so that a reader of the log can rely on it.
    pub fn log(&self, loaded: &Loaded) {
        if !self.impossible.is_empty() {
            let keys = self.impossible.join(", ");
            tracing::warn!("these settings cannot change while the chat runs: {keys}");
        }
        let mut line = match &self.made[..] {
            [] => "no setting has changed".to_owned(),
            keys => format!("changed settings: {}", keys.join(", ")),
        };
        let texts = [
            ("the message of the day", loaded.motd.is_some()),
            ("the operator password", loaded.operator_password.is_some()),
        ];
        let read: Vec<&str> =
            texts.iter().filter_map(|&(text, is_read)| is_read.then_some(text)).collect();
        if !read.is_empty() {
            line += &format!("; read again: {}", read.join(", "));
        }
        tracing::info!("reloaded: {line}");
    }
}

/// Reads the message of the day, cleaned like any text for a terminal. A blank file holds none.
fn read_motd(path: &Path) -> Result<Option<Arc<str>>, ConfigError> {
    let text = read_text(path, limits::MOTD_BYTES_MAX, "message of the day")?;
    let cleaned = |line: &str| clean(line.as_bytes()).text.trim_end().to_owned();
    let lines: Vec<String> = text.trim_end().lines().map(cleaned).collect();
    if lines.len() > limits::MOTD_LINES_MAX {
        let what =
            format!("has {} lines, expected at most {}", lines.len(), limits::MOTD_LINES_MAX);
        return Err(in_file(path, &what));
    }
    let motd = lines.join("\n");
    Ok((!motd.trim().is_empty()).then(|| motd.into()))
}

/// Reads the operator password, cleaned like a typed one.
fn read_password(path: &Path) -> Result<Secret, ConfigError> {
    let kind = "operator password";
    let text = read_text(path, limits::PASSWORD_FILE_BYTES_MAX, kind)?;
    let line = clean(text.trim().as_bytes());
    if line.text.is_empty() {
        return Err(in_file(path, "is empty, expected the operator password"));
    }
    if line.altered {
        return Err(in_file(
            path,
            "holds more than one line, or characters that nobody can type in the chat",
        ));
    }
    warn_if_public(path, kind);
    Ok(Secret(line.text))
}

/// Reads the password of the store of the log, which a program has made and nobody types.
fn read_log_password(path: &Path) -> Result<Secret, ConfigError> {
    let kind = "password of the log";
    let text = read_text(path, limits::CLUSTER_PASSWORD_FILE_BYTES_MAX, kind)?;
    let password = text.trim();
    if password.is_empty() {
        return Err(in_file(path, "is empty, expected the password of the log"));
    }
    warn_if_public(path, kind);
    Ok(Secret(password.to_owned()))
}

fn warn_if_public(path: &Path, kind: &str) {
    if fs::metadata(path).is_ok_and(|file| file.permissions().mode() & MODE_OTHERS_READ != 0) {
        tracing::warn!("{path:?}: everybody on this machine can read the {kind}: use chmod o-r");
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// Reads a file that has this content.
    fn read<T>(
        test: &str,
        content: &[u8],
        read: impl Fn(&Path) -> Result<T, ConfigError>,
    ) -> Result<T, String> {
        let name = format!("chatserv-{test}-{}", std::process::id());
        let path: PathBuf = std::env::temp_dir().join(name);
        fs::write(&path, content).unwrap();
        let read = read(&path);
        fs::remove_file(&path).unwrap();
        let start = format!("{}: ", path.display());
        read.map_err(|error| error.to_string().strip_prefix(&start).unwrap().to_owned())
    }

    #[test]
    fn the_message_of_the_day_is_cleaned() {
        let motd = |content: &[u8]| read("motd", content, read_motd);
        for (content, expected) in [
            ("hi", Some("hi")),
            ("one\r\n\n  two \n\n", Some("one\n\n  two")),
            ("\x1b]0;title\x07a\x1b[2Jb\tc", Some("ab c")),
            ("\u{feff}hi", Some("hi")),
            ("\u{feff}\r\n", None),
            ("", None),
            (" \n\n\t\n", None),
        ] {
            let expected = Ok(expected.map(Arc::from));
            assert_eq!(motd(content.as_bytes()), expected, "{content:?}");
        }
        let fifty = "x\n".repeat(50);
        assert!(motd(fifty.as_bytes()).is_ok());
        for (content, what) in [
            (format!("{fifty}x").as_bytes(), "has 51 lines, expected at most 50"),
            (b"\xff", "is not UTF-8 text"),
            (&[b'x'; 16 * 1024 + 1], "is longer than 16384 bytes, which no message of the day is"),
        ] {
            assert_eq!(motd(content), Err(what.to_owned()));
        }
    }

    #[test]
    fn the_password_is_one_line_that_can_be_typed() {
        let password = |content: &[u8]| read("password", content, read_password);
        for content in
            ["geheim wort", " geheim wort\r\n", "\tgeheim wort\n\n", "\u{feff}geheim wort"]
        {
            let expected = Ok(Secret("geheim wort".into()));
            assert_eq!(password(content.as_bytes()), expected, "{content:?}");
        }
        for (content, what) in [
            (b"".as_slice(), "is empty, expected the operator password"),
            (b" \n", "is empty, expected the operator password"),
            (b"a\nb", "holds more than one line, or characters that nobody can type in the chat"),
            (
                b"a\x1b[2J",
                "holds more than one line, or characters that nobody can type in the chat",
            ),
            (b"\xff", "is not UTF-8 text"),
            (&[b'x'; 1025], "is longer than 1024 bytes, which no operator password is"),
        ] {
            assert_eq!(password(content), Err(what.to_owned()));
        }
    }
}
