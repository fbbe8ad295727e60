//! The settings of the server, each with its unit, its default and its reason.
//!
//! Each setting has one name in three spellings: the flag `--max-clients`, the key `max-clients` in the TOML file, and the
//! environment variable `CHATSERV_MAX_CLIENTS`. One parser, which `clap` derives from [`Config`], reads all three, so
//! they accept the same values (`load.rs` explains how).
//!
//! Limits that nobody should need to set are constants in [`limits`].

mod choices;
mod error;
mod file;
pub mod limits;
mod load;
mod redis_address;
mod settings;
mod subnets;
mod value;

pub use choices::{
    Bind, DeliveryPolicy, ExportFormat, Glass, LogLevel, Operators, RateLimit, Zone,
};
pub use error::ConfigError;
pub(crate) use error::quote;
#[cfg(feature = "server")]
pub(crate) use file::{in_file, toml_reason};
pub use file::{line_of, read_text};
pub use load::{ExportOptions, ForgetOptions, Outcome, injected_variables, load};
pub use redis_address::RedisAddress;
pub use settings::Config;
pub use subnets::Subnets;
#[cfg(feature = "server")]
pub(crate) use value::show_size;
