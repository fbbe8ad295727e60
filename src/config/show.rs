//! The settings in force, as a file that says the same.

use std::path::Path;

use toml::Value;

use super::value::{show_bind, show_choice, show_duration, show_rate_limit, show_size, show_zone};
use super::{Config, Limit};

impl Config {
    /// Writes every setting as a line of TOML. Given back with `--config`, the text makes the same `Config`.
    pub fn to_toml(&self) -> String {
        // Taken apart by name, so that a new setting which is forgotten here does not compile.
        let Config {
            port,
            json_port,
            bind,
            max_clients,
            anonymous,
            operators,
            operator_password_file,
            login_timeout,
            idle_timeout,
            delivery,
            max_writers,
            outbox_bytes,
            outbox_age,
            outbox_total,
            send_buffer,
            announce_up_to,
            history_on_join,
            motd,
            time_zone,
            connections_per_address,
            connections_per_minute,
            rate_limit,
            state_dir,
            shutdown_grace,
            log_messages,
            log_level,
            trace,
        } = self;
        let settings = [
            ("port", port.to_string()),
            (
                "json-port",
                json_port.map_or_else(off, |port| port.to_string()),
            ),
            ("bind", quoted(show_bind(*bind))),
            ("max-clients", max_clients.to_string()),
            ("anonymous", anonymous.to_string()),
            ("operators", quoted(show_choice(*operators))),
            (
                "operator-password-file",
                path(operator_password_file.as_deref()),
            ),
            ("login-timeout", quoted(show_duration(*login_timeout))),
            (
                "idle-timeout",
                idle_timeout.map_or_else(off, |timeout| quoted(show_duration(timeout))),
            ),
            ("delivery", quoted(show_choice(*delivery))),
            ("max-writers", max_writers.to_string()),
            ("outbox-bytes", quoted(show_size(*outbox_bytes))),
            ("outbox-age", quoted(show_duration(*outbox_age))),
            ("outbox-total", quoted(show_size(*outbox_total))),
            ("send-buffer", quoted(show_size(*send_buffer))),
            ("announce-up-to", announce_up_to.to_string()),
            ("history-on-join", history_on_join.to_string()),
            ("motd", path(motd.as_deref())),
            ("time-zone", quoted(show_zone(time_zone))),
            ("connections-per-address", limit(*connections_per_address)),
            ("connections-per-minute", limit(*connections_per_minute)),
            ("rate-limit", quoted(show_rate_limit(*rate_limit))),
            ("state-dir", path(state_dir.as_deref())),
            ("shutdown-grace", quoted(show_duration(*shutdown_grace))),
            ("log-messages", log_messages.to_string()),
            ("log-level", quoted(show_choice(*log_level))),
            ("trace", path(trace.as_deref())),
        ];
        settings
            .map(|(key, value)| format!("{key} = {value}\n"))
            .concat()
    }
}

/// A TOML string. A path may hold what has to be escaped in one.
fn quoted(value: String) -> String {
    Value::String(value).to_string()
}

/// The word for what is switched off.
fn off() -> String {
    quoted("off".to_owned())
}

/// A path, or the word that stands for none.
fn path(path: Option<&Path>) -> String {
    quoted(path.map_or_else(|| "none".to_owned(), |path| path.display().to_string()))
}

/// A number for TOML, or the word that stands for none.
fn limit(limit: Limit) -> String {
    limit.at_most().map_or_else(off, |count| count.to_string())
}
