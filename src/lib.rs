//! A chat server that anyone joins with `telnet localhost 1337`.

pub mod chat;
pub mod config;
pub mod guide;
pub mod healthcheck;
pub mod inherited;
#[cfg(feature = "load")]
pub mod load;
pub mod protocol;
#[cfg(feature = "server")]
pub mod server;
