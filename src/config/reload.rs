//! Which settings may change while the server runs, and which have changed.

use super::Config;

impl Config {
    /// These settings with all of `new` that may change while the server runs. What decides about sockets, threads and
    /// codecs that are there already stays as it is.
    pub fn changed_to(&self, new: Config) -> Config {
        // Every field is named, so that a new setting does not compile before it is decided whether it may change.
        Config {
            port: self.port,
            json_port: self.json_port,
            bind: self.bind,
            max_clients: self.max_clients,
            anonymous: self.anonymous,
            operators: new.operators,
            operator_password_file: new.operator_password_file,
            login_timeout: new.login_timeout,
            idle_timeout: new.idle_timeout,
            delivery: self.delivery,
            max_writers: self.max_writers,
            outbox_bytes: new.outbox_bytes,
            outbox_age: new.outbox_age,
            outbox_total: new.outbox_total,
            send_buffer: self.send_buffer,
            announce_up_to: new.announce_up_to,
            history_on_join: new.history_on_join,
            motd: new.motd,
            time_zone: self.time_zone.clone(),
            connections_per_address: new.connections_per_address,
            connections_per_minute: new.connections_per_minute,
            rate_limit: new.rate_limit,
            state_dir: self.state_dir.clone(),
            shutdown_grace: new.shutdown_grace,
            log_messages: new.log_messages,
            log_level: new.log_level,
            trace: self.trace.clone(),
        }
    }

    /// The keys of the settings in which two differ, in the order of [`Config::to_toml`].
    pub fn differences(&self, other: &Config) -> Vec<String> {
        let (ours, theirs) = (self.to_toml(), other.to_toml());
        ours.lines()
            .zip(theirs.lines())
            .filter(|(our, their)| our != their)
            .filter_map(|(our, _)| Some(our.split_once(" = ")?.0.to_owned()))
            .collect()
    }
}
