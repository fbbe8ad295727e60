//! The settings in force, as a file that says the same.

use super::value::{show_bind, show_choice, show_duration, show_rate_limit, show_size};
use super::{Config, Limit};

impl Config {
    /// Writes every setting as a line of TOML. Given back with `--config`, the text makes the same `Config`.
    pub fn to_toml(&self) -> String {
        // Taken apart by name, so that a new setting which is forgotten here does not compile.
        let Config {
            port,
            bind,
            max_clients,
            anonymous,
            operators,
            login_timeout,
            delivery,
            max_writers,
            outbox_bytes,
            outbox_age,
            outbox_total,
            send_buffer,
            announce_up_to,
            connections_per_address,
            connections_per_minute,
            rate_limit,
            shutdown_grace,
            log_messages,
            log_level,
        } = self;
        let settings = [
            ("port", port.to_string()),
            ("bind", quoted(show_bind(*bind))),
            ("max-clients", max_clients.to_string()),
            ("anonymous", anonymous.to_string()),
            ("operators", quoted(show_choice(*operators))),
            ("login-timeout", quoted(show_duration(*login_timeout))),
            ("delivery", quoted(show_choice(*delivery))),
            ("max-writers", max_writers.to_string()),
            ("outbox-bytes", quoted(show_size(*outbox_bytes))),
            ("outbox-age", quoted(show_duration(*outbox_age))),
            ("outbox-total", quoted(show_size(*outbox_total))),
            ("send-buffer", quoted(show_size(*send_buffer))),
            ("announce-up-to", announce_up_to.to_string()),
            ("connections-per-address", limit(*connections_per_address)),
            ("connections-per-minute", limit(*connections_per_minute)),
            ("rate-limit", quoted(show_rate_limit(*rate_limit))),
            ("shutdown-grace", quoted(show_duration(*shutdown_grace))),
            ("log-messages", log_messages.to_string()),
            ("log-level", quoted(show_choice(*log_level))),
        ];
        settings
            .map(|(key, value)| format!("{key} = {value}\n"))
            .concat()
    }
}

/// A TOML string. Nothing that we write into one holds a quotation mark, a backslash or a control character.
fn quoted(value: String) -> String {
    format!("\"{value}\"")
}

/// A number for TOML, or the word that stands for none.
fn limit(limit: Limit) -> String {
    match limit {
        Limit::Off => quoted("off".to_owned()),
        Limit::AtMost(count) => count.to_string(),
    }
}
