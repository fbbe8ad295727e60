//! Every setting of the server, with its unit, its default and its reason.
//!
//! A setting has one name in three spellings: the flag `--max-clients`, the key `max-clients` of the TOML file, and
//! the environment variable `CHATSERV_MAX_CLIENTS`. All three are read by the same parser, the one that `clap`
//! derives from [`Config`] below, so they take the same values and refuse the same ones (`load.rs` says how).
//! The comments on the fields are what `chatserv --help` prints.
//!
//! What nobody should need to set stands in [`limits`].

mod choices;
mod error;
mod file;
pub mod limits;
mod load;
mod reload;
mod show;
mod value;

use std::path::PathBuf;
use std::time::Duration;

pub use choices::{Bind, DeliveryPolicy, Limit, LogLevel, Operators, RateLimit, Zone};
pub use error::ConfigError;
#[cfg(feature = "server")]
pub(crate) use file::{in_file, toml_reason};
pub use file::{line_of, read_text};
pub use load::{Outcome, load};

use value::{GIB, KIB, MIB, count, count_or_off, duration, or, size};

/// The settings in force.
///
/// Each field is within its bounds, and those that depend on each other fit. (To clap, a field of the type `Option` is
/// a flag that may be left out. Ours all have a default, for some the word `off` or `none`, and so the type is
/// spelled in full where it is one: that is how clap lets itself be told.)
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct Config {
    /// The TCP port to listen on; with 0 the system chooses one, and the server says which.
    #[arg(long, value_name = "PORT", default_value_t = 1337, value_parser = value::port)]
    pub port: u16,

    /// The TCP port on which JSON lines are spoken from the start, or off. With 0 the system chooses one. (On the other
    /// port a first line that begins with { is understood as JSON as well.)
    #[arg(long, value_name = "PORT|off", default_value = "off", value_parser = or("off", value::port))]
    pub json_port: std::option::Option<u16>,

    /// Where to listen: localhost (both 127.0.0.1 and ::1) or one IP address. 0.0.0.0 or :: opens the chat to the
    /// network. Names are never looked up.
    #[arg(long, value_name = "ADDRESS", default_value = "localhost", value_parser = value::bind)]
    pub bind: Bind,

    /// How many clients may be connected at once, those without a name yet included. Lowered at start to what the
    /// system's own limits can carry.
    #[arg(long, value_name = "CLIENTS", default_value_t = 10_000, value_parser = count(1..=COUNT_MAX))]
    pub max_clients: usize,

    /// Ask nobody for a name: everyone is known by address and port.
    // With `=` only: in `--anonymous false` the second word would be a stray argument, and is refused as one.
    #[arg(long, value_name = "BOOL", default_value_t = false, default_missing_value = "true",
          num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub anonymous: bool,

    /// Who is an operator without giving a password, and so may kick, ban and mute others, change the message of the
    /// day and end the chat. Behind a proxy, or on one shared host, everybody comes from loopback: choose nobody there.
    #[arg(long, value_name = "WHO", value_enum, default_value_t)]
    pub operators: Operators,

    /// A file that holds the password by which anybody becomes an operator with /op, or none. Blanks and line ends
    /// around the password do not count.
    // A file, since everybody on the machine can read the flags of a process, and its environment is inherited.
    #[arg(long, value_name = "FILE", default_value = "none", value_parser = or("none", value::path))]
    pub operator_password_file: std::option::Option<PathBuf>,

    /// How long a new client may take to give a name, counted from its arrival, whatever it sends meanwhile.
    // Two minutes is what OpenSSH grants; a name is typed faster than a password.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration())]
    pub login_timeout: Duration,

    /// How long somebody who is in the chat may type nothing before the connection is closed, or off. They are warned
    /// half a minute before, or after half the time where it is under a minute. Only typing counts, reading does not.
    #[arg(long, value_name = "DURATION|off", default_value = "1h", value_parser = or("off", duration()))]
    pub idle_timeout: std::option::Option<Duration>,

    /// Who writes to a client's socket, and so who waits when that socket is full. This is the lesson on slow
    /// receivers: try all three with one client that has stopped reading.
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub delivery: DeliveryPolicy,

    /// How many writer threads there may be at once; a client that would need one more is cut as too slow.
    // They count in the arithmetic that lowers --max-clients, because each is a thread like a reader.
    #[arg(long, value_name = "THREADS", default_value_t = 1024, value_parser = count(1..=COUNT_MAX))]
    pub max_writers: usize,

    /// How much may wait for one client before it is cut as too slow.
    // Looked at after a flush, and only while a writer has the socket: who takes everything at once has none. It has to bear the answer to one
    // command on a slow line; 4 KiB is about a screen of text.
    #[arg(long, value_name = "SIZE", default_value = "256KiB", value_parser = size(4 * KIB..=GIB))]
    pub outbox_bytes: usize,

    /// How long the oldest byte may wait for one client before it is cut as too slow.
    // Age and not "time since the last byte": who reads one byte a second would otherwise hold its outbox for ever.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration())]
    pub outbox_age: Duration,

    /// How much may wait for all clients together; beyond it those who hold most are cut first. At least
    /// --outbox-bytes.
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = size(4 * KIB..=64 * GIB))]
    pub outbox_total: usize,

    /// What the kernel may hold for each client (SO_SNDBUF, which Linux doubles).
    // Left to itself Linux takes megabytes for a client that does not read: neither counted in its outbox nor seen
    // by its age. Below 1 KiB Linux does as it likes; above 16 MiB the setting would say nothing any more.
    #[arg(long, value_name = "SIZE", default_value = "32KiB", value_parser = size(KIB..=16 * MIB))]
    pub send_buffer: usize,

    /// Up to how many hearers each arrival and departure is told in a line of its own; above, the lines are folded
    /// into one every few seconds.
    // When N people join and each is told to all, N * N lines go out: 100 million for 10,000 people.
    #[arg(long, value_name = "CLIENTS", default_value_t = 500, value_parser = count(0..=COUNT_MAX))]
    pub announce_up_to: usize,

    /// How many past lines of a room somebody sees who comes into it by telnet.
    #[arg(long, value_name = "LINES", default_value_t = 10, value_parser = count(0..=limits::HISTORY_LINES_MAX))]
    pub history_on_join: usize,

    /// A text file that everybody sees who joins, the message of the day, or none.
    #[arg(long, value_name = "FILE", default_value = "none", value_parser = or("none", value::path))]
    pub motd: std::option::Option<PathBuf>,

    /// In which time zone the times are that people see: system, UTC, or a name such as Europe/Berlin.
    #[arg(long, value_name = "NAME", default_value = "system", value_parser = value::zone)]
    pub time_zone: Zone,

    /// How many connections one address may hold at once, or off. An IPv6 address stands for its /64 network;
    /// loopback is exempt.
    #[arg(long, value_name = "COUNT", default_value = "64", value_parser = count_or_off(1..=COUNT_MAX))]
    pub connections_per_address: Limit,

    /// How many connections one address may open in a minute, or off. An IPv6 address stands for its /64 network;
    /// loopback is exempt.
    #[arg(long, value_name = "COUNT", default_value = "120", value_parser = count_or_off(1..=COUNT_MAX))]
    pub connections_per_minute: Limit,

    /// How fast one connection may speak: so many lines at once, then so many a second; or off. What is too much is
    /// held back and said later, and its sender is told. Bytes are limited as well: 64 KiB at once, then 16 KiB a second,
    /// or 256 for each of these lines where that is more.
    #[arg(long, value_name = "BURST,N/s", default_value = "20,5/s", value_parser = value::rate_limit)]
    pub rate_limit: RateLimit,

    /// A directory in which the server keeps what a restart must not forget, the bans; or none. It has to be there.
    #[arg(long, value_name = "DIRECTORY", default_value = "none", value_parser = or("none", value::directory))]
    pub state_dir: std::option::Option<PathBuf>,

    /// How long the farewell may take to reach everybody when the chat is shut down.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration())]
    pub shutdown_grace: Duration,

    /// Write what people say to the log as well. Without it the log holds who came and went, and never a message.
    #[arg(long, value_name = "BOOL", default_value_t = false, default_missing_value = "true",
          num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub log_messages: bool,

    /// The least important events that the log still holds.
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t)]
    pub log_level: LogLevel,

    /// A file to which what each thread does is written, as Chrome trace events for Perfetto (ui.perfetto.dev), or none.
    /// What it held before is overwritten, and it grows for as long as the server runs: this is for a lesson.
    #[arg(long, value_name = "FILE", default_value = "none", value_parser = or("none", value::path))]
    pub trace: std::option::Option<PathBuf>,
}

/// The most that a setting which counts may say: far beyond the threads that one process can have, and small enough
/// that no sum or product of two settings overflows.
const COUNT_MAX: usize = 1_000_000;

impl Config {
    /// Looks at the settings that must fit one another, which no parser of a single value can.
    fn check(&self) -> Result<(), ConfigError> {
        if self.outbox_bytes > self.outbox_total {
            return Err(ConfigError::new(format!(
                "outbox-bytes: got {}, expected at most outbox-total, which is {}",
                value::show_size(self.outbox_bytes),
                value::show_size(self.outbox_total),
            )));
        }
        // Two zeros are two ports: the system does not give the same one twice.
        if self.json_port == Some(self.port) && self.port != 0 {
            return Err(ConfigError::new(format!(
                "json-port: got {}, expected another port than port",
                self.port
            )));
        }
        Ok(())
    }
}

impl Default for Config {
    /// What holds when nothing is said: the defaults above, read by the same parser as everything else.
    fn default() -> Self {
        load::defaults()
    }
}
