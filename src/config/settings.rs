//! The settings. The doc comments on the fields are the text of `chatserv --help`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Value;

use super::choices::{Bind, DeliveryPolicy, Glass, LogLevel, Operators, RateLimit, Zone};
use super::error::ConfigError;
use super::limits;
use super::redis_address::RedisAddress;
use super::subnets::Subnets;
use super::value::{self, GIB, KIB, MIB, count, duration, or, size};
use super::value::{show_bind, show_choice, show_duration, show_rate_limit, show_size, show_zone};

/// All settings. Each value is within its bounds, and values that depend on each other are consistent.
// To clap, a field of type `Option` is a flag without a default. These flags have one, such as `off`, so the type is
// spelled `std::option::Option`, which clap does not recognize.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct Config {
    /// The TCP port to listen on; 0 lets the system choose one, which the server prints.
    #[arg(long, value_name = "PORT", default_value_t = 1337, value_parser = value::port)]
    pub port: u16,

    /// A second TCP port for JSON lines only, or off; 0 lets the system choose one. (The main port takes a first line that
    /// begins with { as JSON, too.)
    #[arg(long, value_name = "PORT|off", default_value = "off", value_parser = or("off", value::port))]
    pub json_port: std::option::Option<u16>,

    /// A TCP port for people with a browser, or off; 0 lets the system choose one. The server prints the address of the page.
    #[arg(long, value_name = "PORT|off", default_value = "off", value_parser = or("off", value::port))]
    pub web_port: std::option::Option<u16>,

    /// The names under which browsers reach the server, separated by commas, or none: its host name, or that of a proxy.
    /// localhost and the server's own addresses always work.
    // Otherwise a page could have its own name point to this machine, and would then be of the same origin (DNS rebinding).
    #[arg(long, value_name = "NAME,…", default_value = "none", value_parser = or("none", value::hosts))]
    pub web_host: std::option::Option<String>,

    /// The addresses of the page on the other machines of the chat, such as `https://b.example.org:8443`, separated by commas, or
    /// none. Browsers move there when this server restarts, and pages from there may connect here.
    #[arg(long, value_name = "ADDRESS,…", default_value = "none", value_parser = or("none", value::origins))]
    pub web_others: std::option::Option<String>,

    /// Who may look at the server's threads at work, on the page /glass of the web port.
    #[arg(long, value_name = "WHO", value_enum, default_value_t)]
    pub glass: Glass,

    /// A TCP port for a proxy that tells the addresses of its clients by the PROXY protocol, or off; 0 lets the system choose
    /// one. The clients speak as on the main port.
    #[arg(long, value_name = "PORT|off", default_value = "off", value_parser = or("off", value::port))]
    pub proxy_port: std::option::Option<u16>,

    /// The addresses of the proxies, separated by commas; each may be a network, as in 10.0.0.0/8. The proxy port closes
    /// every other connection.
    // A connection from there can claim any address, and so evade bans and the limits by address.
    #[arg(long, value_name = "ADDRESS[/BITS],…", default_value = "127.0.0.1,::1", value_parser = value::subnets)]
    pub proxy_from: Subnets,

    /// The address to listen on: localhost (both 127.0.0.1 and ::1) or an IP address. 0.0.0.0 or :: opens the chat to the
    /// network. Names are not looked up.
    #[arg(long, value_name = "ADDRESS", default_value = "localhost", value_parser = value::bind)]
    pub bind: Bind,

    /// How many clients may be connected at once, including those without a name. Lowered at startup if the system is short of
    /// descriptors, memory mappings, threads or memory.
    #[arg(long, value_name = "CLIENTS", default_value_t = 10_000, value_parser = count(1..=COUNT_MAX))]
    pub max_clients: usize,

    /// Do not ask for names: clients are known by their address and port.
    // The value needs `=`: in `--anonymous false` the second word is refused as a stray argument.
    #[arg(long, value_name = "BOOL", default_value_t = false, default_missing_value = "true",
          num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub anonymous: bool,

    /// Who is an operator without a password. Operators may kick, ban and mute others, change the message of the day and
    /// end the chat. On a shared host everybody connects from loopback, and behind a proxy too, unless it uses --proxy-port,
    /// which makes nobody an operator: choose nobody there.
    #[arg(long, value_name = "WHO", value_enum, default_value_t)]
    pub operators: Operators,

    /// A file with the password for /op, which makes a person an operator, or none. Whitespace around the password is
    /// ignored.
    // A file, since everybody on the machine can read a process's flags, and child processes inherit its environment.
    #[arg(long, value_name = "FILE", default_value = "none", value_parser = or("none", value::path))]
    pub operator_password_file: std::option::Option<PathBuf>,

    /// How long a new client has to give a name, counted from its arrival, whatever it sends.
    // OpenSSH allows two minutes; a name is faster to type than a password.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration())]
    pub login_timeout: Duration,

    /// How long a client with a name may send nothing before it is disconnected, or off. It is warned half a minute before
    /// the end, or halfway if the whole time is less than a minute. Reading does not count as activity.
    #[arg(long, value_name = "DURATION|off", default_value = "1h", value_parser = or("off", duration()))]
    pub idle_timeout: std::option::Option<Duration>,

    /// Which thread writes to a client's socket, and so which one waits when the socket is full. For a lesson on slow
    /// receivers, try all three with one client that has stopped reading.
    #[arg(long, value_name = "POLICY", value_enum, default_value_t)]
    pub delivery: DeliveryPolicy,

    /// How many writer threads may run at once. A full socket for which none is left is tried again four times a second.
    // The arithmetic that lowers --max-clients counts them, because each is a thread like a reader.
    #[arg(long, value_name = "THREADS", default_value_t = 1024, value_parser = count(1..=COUNT_MAX))]
    pub max_writers: usize,

    /// How much may wait for one client before it is disconnected as too slow.
    // Checked after a flush, and only while the socket is full. It must hold what many people who paste at once send to
    // somebody on a slow line, and what a program without a rate limit has in flight. 4 KiB is about a screen of text.
    #[arg(long, value_name = "SIZE", default_value = "4MiB", value_parser = size(4 * KIB..=GIB))]
    pub outbox_bytes: usize,

    /// How long the oldest byte may wait for one client before it is disconnected as too slow. Time in which the server does
    /// not run, such as a pause of its container, does not count.
    // Not the time since the last byte was read: a client that reads one byte a second would keep its outbox for ever.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration())]
    pub outbox_age: Duration,

    /// How much may wait for all clients together. Beyond it, the clients for which most waits are disconnected first. At
    /// least --outbox-bytes. Lowered at startup if memory is limited.
    // With 10,000 clients it is 26 KiB each, with fewer than 64 nobody reaches it.
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = size(4 * KIB..=64 * GIB))]
    pub outbox_total: usize,

    /// How much the kernel may buffer for each client (SO_SNDBUF, which Linux doubles).
    // By default Linux buffers megabytes for a client that does not read, which neither the size nor the age of its outbox
    // shows. On loopback, whose segments have 64 KiB, a buffer that does not hold two of them waits up to 40 ms for each
    // delayed acknowledgement (`scripts/send-buffer`). Below 1 KiB Linux chooses its own size; above 16 MiB the setting would
    // be pointless.
    #[arg(long, value_name = "SIZE", default_value = "128KiB", value_parser = size(KIB..=16 * MIB))]
    pub send_buffer: usize,

    /// The most recipients for whom each arrival and departure gets its own line. For more recipients, one line every few
    /// seconds sums them up.
    // If N people join and each arrival is announced to all, N * N lines go out: 100 million for 10,000 people.
    #[arg(long, value_name = "CLIENTS", default_value_t = 500, value_parser = count(0..=COUNT_MAX))]
    pub announce_up_to: usize,

    /// How many past lines a telnet user sees on joining a room.
    #[arg(long, value_name = "LINES", default_value_t = 10, value_parser = count(0..=limits::HISTORY_LINES_MAX))]
    pub history_on_join: usize,

    /// A text file that everybody sees on joining, the message of the day, or none.
    #[arg(long, value_name = "FILE", default_value = "none", value_parser = or("none", value::path))]
    pub motd: std::option::Option<PathBuf>,

    /// The time zone in which people see times: system, UTC, or a name such as Europe/Berlin.
    #[arg(long, value_name = "NAME", default_value = "system", value_parser = value::zone)]
    pub time_zone: Zone,

    /// How many connections one address may have at once, or off; never more than three quarters of --max-clients. An IPv6
    /// address counts as its /64 network; loopback is exempt.
    #[arg(long, value_name = "COUNT", default_value = "64", value_parser = or("off", count(1..=COUNT_MAX)))]
    pub connections_per_address: std::option::Option<usize>,

    /// How many connections one address may open in a minute, or off. An IPv6 address counts as its /64 network; loopback
    /// is exempt.
    #[arg(long, value_name = "COUNT", default_value = "120", value_parser = or("off", count(1..=COUNT_MAX)))]
    pub connections_per_minute: std::option::Option<usize>,

    /// How fast one connection may send: this many lines at once, then this many a second; or off. Lines beyond that are
    /// delayed, and the sender is told. Bytes are limited as well: 64 KiB at once, then 16 KiB a second, or 256 for each
    /// of these lines if that is more.
    #[arg(long, value_name = "BURST,N/s", default_value = "20,5/s", value_parser = value::rate_limit)]
    pub rate_limit: RateLimit,

    /// A directory for the bans, so that they survive a restart, or none. It is created if its parent exists.
    #[arg(long, value_name = "DIRECTORY", default_value = "none", value_parser = or("none", value::directory))]
    pub state_dir: std::option::Option<PathBuf>,

    /// A file for what people say in rooms, which a restart then finds again and /search looks through, or none. It is
    /// created if there is none. Private messages are not kept. Needs a server built with the feature `history`.
    #[arg(long, value_name = "FILE", default_value = "none", value_parser = or("none", value::path))]
    pub history: std::option::Option<PathBuf>,

    /// How many days the history keeps a line, or off.
    #[arg(long, value_name = "DAYS|off", default_value = "365", value_parser = or("off", value::days))]
    pub history_days: std::option::Option<u32>,

    /// How much the file of the history may take. Beyond it, the oldest lines go.
    // A million lines of usual length take 145 MB with their index (`scripts/history-size`).
    #[arg(long, value_name = "SIZE", default_value = "4GiB", value_parser = size(MIB..=1024 * GIB))]
    pub history_size: usize,

    /// Take part in one chat on several machines: the address of the Redis that keeps its log, as in
    /// redis://log.example.org:6379/0, or none. Everybody who can reach that Redis can read what is said.
    #[arg(long, value_name = "ADDRESS", default_value = "none", value_parser = or("none", value::text))]
    pub cluster: std::option::Option<String>,

    /// The name of the chat on several machines, which the keys in Redis begin with.
    #[arg(long, value_name = "NAME", default_value = "chat", value_parser = value::node)]
    pub cluster_name: String,

    /// The name of this machine in a chat on several, or none. Each machine needs its own.
    #[arg(long, value_name = "NAME", default_value = "none", value_parser = or("none", value::node))]
    pub node: std::option::Option<String>,

    /// A file with the password of that Redis, or none. Whitespace around the password is ignored.
    #[arg(long, value_name = "FILE", default_value = "none", value_parser = or("none", value::path))]
    pub cluster_password_file: std::option::Option<PathBuf>,

    /// How long a shutdown may wait until everybody has received the farewell.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration())]
    pub shutdown_grace: Duration,

    /// Over which time a server that is about to restart (SIGUSR2) disconnects its clients, one after the other.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration())]
    pub drain: Duration,

    /// Log what people say, too. Otherwise the log says who came and went, but contains no messages.
    #[arg(long, value_name = "BOOL", default_value_t = false, default_missing_value = "true",
          num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub log_messages: bool,

    /// The least severe events to log.
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t)]
    pub log_level: LogLevel,

    /// A TCP port for Prometheus, which gets numbers about the server at /metrics, or off; 0 lets the system choose one.
    #[arg(long, value_name = "PORT|off", default_value = "off", value_parser = or("off", value::port))]
    pub metrics_port: std::option::Option<u16>,

    /// The address to listen on for Prometheus. The numbers name nobody, but everybody who reaches that port can read them.
    // One address, unlike --bind: one thread accepts and answers.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = value::address)]
    pub metrics_bind: IpAddr,

    /// A file that records what each thread does, as Chrome trace events for Perfetto (ui.perfetto.dev), or none. An
    /// existing file is overwritten, and the trace ends when the file reaches 1 GiB.
    #[arg(long, value_name = "FILE", default_value = "none", value_parser = or("none", value::path))]
    pub trace: std::option::Option<PathBuf>,
}

/// The highest count that a setting takes: far beyond the threads that one process can have, and low enough that no sum or
/// product of two settings overflows.
const COUNT_MAX: usize = 1_000_000;

impl Config {
    /// Checks settings against each other, which the parser of a single value cannot.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.outbox_bytes > self.outbox_total {
            return Err(ConfigError::new(format!(
                "outbox-bytes: got {}, expected at most outbox-total, which is {}",
                show_size(self.outbox_bytes),
                show_size(self.outbox_total),
            )));
        }
        if let Some(address) = &self.cluster {
            RedisAddress::parse(address)
                .map_err(|what| ConfigError::new(format!("cluster: {what}")))?;
            if self.node.is_none() {
                return Err(ConfigError::new(
                    "node: got none, expected the name of this machine, since cluster is set"
                        .to_owned(),
                ));
            }
        }
        let ports = [
            ("port", Some(self.port)),
            ("json-port", self.json_port),
            ("web-port", self.web_port),
            ("proxy-port", self.proxy_port),
            ("metrics-port", self.metrics_port),
        ];
        for (at, (key, port)) in ports.into_iter().enumerate() {
            // Two zeros are two ports: the system does not choose the same one twice.
            let is_taken = |&&(_, other): &&(_, Option<u16>)| port == other && port != Some(0);
            if let (Some(port), Some((other, _))) = (port, ports[..at].iter().find(is_taken)) {
                return Err(ConfigError::new(format!(
                    "{key}: got {port}, expected another port than {other}"
                )));
            }
        }
        Ok(())
    }

    /// Formats every setting as a line of TOML. Loaded with `--config`, the text gives the same `Config`.
    pub fn to_toml(&self) -> String {
        let settings = [
            ("port", self.port.to_string()),
            ("json-port", number_or_off(self.json_port)),
            ("web-port", number_or_off(self.web_port)),
            ("web-host", quoted(self.web_host.clone().unwrap_or_else(|| "none".into()))),
            ("web-others", quoted(self.web_others.clone().unwrap_or_else(|| "none".into()))),
            ("glass", quoted(show_choice(self.glass))),
            ("proxy-port", number_or_off(self.proxy_port)),
            ("proxy-from", quoted(self.proxy_from.to_string())),
            ("bind", quoted(show_bind(self.bind))),
            ("max-clients", self.max_clients.to_string()),
            ("anonymous", self.anonymous.to_string()),
            ("operators", quoted(show_choice(self.operators))),
            ("operator-password-file", path_or_none(self.operator_password_file.as_deref())),
            ("login-timeout", quoted(show_duration(self.login_timeout))),
            ("idle-timeout", quoted(self.idle_timeout.map_or_else(|| "off".into(), show_duration))),
            ("delivery", quoted(show_choice(self.delivery))),
            ("max-writers", self.max_writers.to_string()),
            ("outbox-bytes", quoted(show_size(self.outbox_bytes))),
            ("outbox-age", quoted(show_duration(self.outbox_age))),
            ("outbox-total", quoted(show_size(self.outbox_total))),
            ("send-buffer", quoted(show_size(self.send_buffer))),
            ("announce-up-to", self.announce_up_to.to_string()),
            ("history-on-join", self.history_on_join.to_string()),
            ("motd", path_or_none(self.motd.as_deref())),
            ("time-zone", quoted(show_zone(&self.time_zone))),
            ("connections-per-address", number_or_off(self.connections_per_address)),
            ("connections-per-minute", number_or_off(self.connections_per_minute)),
            ("rate-limit", quoted(show_rate_limit(self.rate_limit))),
            ("state-dir", path_or_none(self.state_dir.as_deref())),
            ("history", path_or_none(self.history.as_deref())),
            ("history-days", number_or_off(self.history_days)),
            ("history-size", quoted(show_size(self.history_size))),
            ("cluster", quoted(self.cluster.clone().unwrap_or_else(|| "none".into()))),
            ("cluster-name", quoted(self.cluster_name.clone())),
            ("node", quoted(self.node.clone().unwrap_or_else(|| "none".into()))),
            ("cluster-password-file", path_or_none(self.cluster_password_file.as_deref())),
            ("shutdown-grace", quoted(show_duration(self.shutdown_grace))),
            ("drain", quoted(show_duration(self.drain))),
            ("log-messages", self.log_messages.to_string()),
            ("log-level", quoted(show_choice(self.log_level))),
            ("metrics-port", number_or_off(self.metrics_port)),
            ("metrics-bind", quoted(self.metrics_bind.to_string())),
            ("trace", path_or_none(self.trace.as_deref())),
        ];
        settings.map(|(key, value)| format!("{key} = {value}\n")).concat()
    }

    /// Returns `new`, but keeps the settings that cannot change while the server runs, since existing sockets, threads and
    /// codecs depend on them.
    pub fn changed_to(&self, new: Config) -> Config {
        Config {
            port: self.port,
            json_port: self.json_port,
            web_port: self.web_port,
            proxy_port: self.proxy_port,
            bind: self.bind,
            max_clients: self.max_clients,
            anonymous: self.anonymous,
            delivery: self.delivery,
            max_writers: self.max_writers,
            send_buffer: self.send_buffer,
            time_zone: self.time_zone.clone(),
            state_dir: self.state_dir.clone(),
            history: self.history.clone(),
            history_days: self.history_days,
            history_size: self.history_size,
            cluster: self.cluster.clone(),
            cluster_name: self.cluster_name.clone(),
            node: self.node.clone(),
            cluster_password_file: self.cluster_password_file.clone(),
            metrics_port: self.metrics_port,
            metrics_bind: self.metrics_bind,
            trace: self.trace.clone(),
            ..new
        }
    }

    /// The keys of the settings that differ, in the order of [`Config::to_toml`].
    pub fn differences(&self, other: &Config) -> Vec<String> {
        let (ours, theirs) = (self.to_toml(), other.to_toml());
        ours.lines()
            .zip(theirs.lines())
            .filter(|(our, their)| our != their)
            .filter_map(|(our, _)| Some(our.split_once(" = ")?.0.to_owned()))
            .collect()
    }
}

/// Formats a TOML string, with the escapes that a path may need.
fn quoted(value: String) -> String {
    Value::String(value).to_string()
}

fn number_or_off(number: Option<impl ToString>) -> String {
    number.map_or_else(|| quoted("off".into()), |number| number.to_string())
}

fn path_or_none(path: Option<&Path>) -> String {
    quoted(path.map_or_else(|| "none".into(), |path| path.display().to_string()))
}
