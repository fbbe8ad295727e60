//! The settings, and what the files hold that they name: read at the start, and again when a reload is asked for.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use super::log;
use crate::chat::{Event, HubSettings, Now, Secret};
use crate::config::{Config, ConfigError, in_file, limits, read_text};
use crate::protocol::clean;
use crate::server::dispatcher::Dispatcher;

/// Everybody on the machine may read the file.
const MODE_OTHERS_READ: u32 = 0o004;

/// Settings, with the texts from their files.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// The message of the day.
    pub motd: Option<Arc<str>>,
    /// The operator password.
    pub operator_password: Option<Secret>,
}

/// Settings that were read again. What is left to do needs no disk.
#[derive(Debug)]
pub struct Reload {
    /// The settings as they are now; not all of them can change.
    pub loaded: Loaded,
}

/// Has a running server continue with other settings: the Hub, the outboxes and the door at once, and everybody who connects
/// from now on.
pub fn apply_reload(dispatcher: &mut Dispatcher, reload: Reload, now: Now) {
    let Reload { mut loaded } = reload;
    let shared = Arc::clone(dispatcher.shared());
    let in_force = Arc::clone(&shared.settings.read());
    let wanted = loaded.config.clone();
    loaded.config = in_force.changed_to(loaded.config);
    log::set_level(loaded.config.log_level);
    dispatcher.delivery().set_limits(&loaded.config);
    shared.admission.limit_addresses(
        loaded.config.connections_per_address.at_most(),
        loaded.config.connections_per_minute.at_most(),
    );
    *shared.settings.write() = Arc::new(loaded.config.clone());
    let settings = Box::new(loaded.hub_settings());
    dispatcher.step(Event::Reloaded { settings }, now);
    // Last, so that a reader of the log can rely on it.
    let unchanged = wanted.differences(&loaded.config);
    if !unchanged.is_empty() {
        tracing::warn!("these settings cannot change while the chat runs: {}", unchanged.join(", "));
    }
    log_reload(&in_force.differences(&loaded.config), &loaded);
}

fn log_reload(changed: &[String], loaded: &Loaded) {
    let changed = match changed {
        [] => "no setting has changed".to_owned(),
        keys => format!("changed settings: {}", keys.join(", ")),
    };
    let texts = [
        ("the message of the day", loaded.motd.is_some()),
        ("the operator password", loaded.operator_password.is_some()),
    ];
    let read: Vec<&str> = texts.iter().filter_map(|&(text, was_read)| was_read.then_some(text)).collect();
    if read.is_empty() {
        tracing::info!("reloaded: {changed}");
    } else {
        tracing::info!("reloaded: {changed}; read again: {}", read.join(", "));
    }
}

impl Loaded {
    /// Reads the files that the settings name. Waits for the disk.
    ///
    /// # Errors
    /// One of them cannot be read, or holds what it cannot hold.
    pub fn read(config: Config) -> Result<Self, ConfigError> {
        let motd = config.motd.as_deref().map(read_motd).transpose()?;
        let word = config.operator_password_file.as_deref();
        Ok(Self {
            motd: motd.flatten(),
            operator_password: word.map(read_password).transpose()?,
            config,
        })
    }

    /// What of it is the Hub's.
    pub fn hub_settings(&self) -> HubSettings {
        HubSettings {
            anonymous: self.config.anonymous,
            operators: self.config.operators,
            announce_up_to: self.config.announce_up_to,
            log_messages: self.config.log_messages,
            history_on_join: self.config.history_on_join,
            motd: self.motd.clone(),
            operator_password: self.operator_password.clone(),
        }
    }
}

/// The message of the day, cleaned like anything that reaches a terminal; none where the file is blank.
fn read_motd(path: &Path) -> Result<Option<Arc<str>>, ConfigError> {
    let text = read_text(path, limits::MOTD_BYTES_MAX, "message of the day")?;
    let cleaned = |line: &str| clean(line.as_bytes()).text.trim_end().to_owned();
    let lines: Vec<String> = text.trim_end().lines().map(cleaned).collect();
    if lines.len() > limits::MOTD_LINES_MAX {
        let what = format!(
            "has {} lines, expected at most {}",
            lines.len(),
            limits::MOTD_LINES_MAX
        );
        return Err(in_file(path, &what));
    }
    let motd = lines.join("\n");
    Ok((!motd.trim().is_empty()).then(|| motd.into()))
}

/// The operator password, as it arrives when somebody types it.
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
            "holds more than one line, or what cannot be typed in the chat",
        ));
    }
    if fs::metadata(path).is_ok_and(|file| file.permissions().mode() & MODE_OTHERS_READ != 0) {
        tracing::warn!(
            "{:?}: everybody on this machine can read the operator password; chmod o-r is the remedy",
            path
        );
    }
    Ok(Secret(line.text))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// Reads a file with this content.
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
    fn a_message_of_the_day_is_clean_lines() {
        let motd = |content: &[u8]| read("motd", content, read_motd);
        for (content, expected) in [
            ("hi", Some("hi")),
            ("one\r\n\n  two \n\n", Some("one\n\n  two")),
            ("\x1b]0;title\x07a\x1b[2Jb\tc", Some("ab c")),
            ("", None),
            (" \n\n\t\n", None),
        ] {
            let expected = Ok(expected.map(Arc::from));
            assert_eq!(motd(content.as_bytes()), expected, "{content:?}");
        }
        let fifty = "x\n".repeat(50);
        assert!(motd(fifty.as_bytes()).is_ok());
        for (content, what) in [
            (
                format!("{fifty}x").as_bytes(),
                "has 51 lines, expected at most 50",
            ),
            (b"\xff", "is not UTF-8 text"),
            (
                &[b'x'; 16 * 1024 + 1],
                "is longer than 16384 bytes, which no message of the day is",
            ),
        ] {
            assert_eq!(motd(content), Err(what.to_owned()));
        }
    }

    #[test]
    fn a_password_is_one_line_that_can_be_typed() {
        let password = |content: &[u8]| read("password", content, read_password);
        for content in ["geheim wort", " geheim wort\r\n", "\tgeheim wort\n\n"] {
            let expected = Ok(Secret("geheim wort".into()));
            assert_eq!(password(content.as_bytes()), expected, "{content:?}");
        }
        for (content, what) in [
            (b"".as_slice(), "is empty, expected the operator password"),
            (b" \n", "is empty, expected the operator password"),
            (
                b"a\nb",
                "holds more than one line, or what cannot be typed in the chat",
            ),
            (
                b"a\x1b[2J",
                "holds more than one line, or what cannot be typed in the chat",
            ),
            (b"\xff", "is not UTF-8 text"),
            (
                &[b'x'; 1025],
                "is longer than 1024 bytes, which no operator password is",
            ),
        ] {
            assert_eq!(password(content), Err(what.to_owned()));
        }
    }
}
