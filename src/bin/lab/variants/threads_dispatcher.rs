//! The real server: a reader for each connection, and one dispatcher that owns the chat and all outboxes.
//!
//! The readers send their input to the dispatcher, which writes with sends that never block. A client that does not
//! read gets a writer thread of its own (`--delivery direct-then-writer`; with `writer`, every client has one from the
//! start). When too much data waits for it, the server tells it so and disconnects it. Nobody else notices.
//! `src/server/mod.rs` lists the threads.

use std::io;
use std::net::Ipv4Addr;

use chatserv::config::{Bind, Config, Outcome, RateLimit};
use chatserv::server::{Server, signals};

use super::{Knobs, Variant};
use crate::port::{Port, announce};

pub const VARIANT: Variant = Variant {
    name: "threads-dispatcher",
    about: "the real server: a reader for each connection, and one dispatcher that owns the chat",
    cannot: &["Here --delivery is its only option; `chatserv` has the others."],
    serve,
};

/// A sixteenth of the server's default.
const OUTBOX_BYTES: usize = 256 * 1024;

fn serve(port: Port, knobs: &Knobs) -> io::Result<()> {
    let config = Config {
        port: port.number,
        bind: Bind::Address(Ipv4Addr::LOCALHOST.into()),
        // The other variants have no rate limit, and all get the same load.
        rate_limit: RateLimit::Off,
        delivery: knobs.delivery.unwrap_or_default(),
        // An experiment of ten seconds has to reach the limit.
        outbox_bytes: OUTBOX_BYTES,
        ..Config::default()
    };
    let server =
        Server::start(config.clone()).map_err(|error| io::Error::other(error.to_string()))?;
    let settings = move || Ok(Outcome::Run(config.clone()));
    let _signals = signals::watch(server.remote(), settings)?;
    let ports: Vec<u16> = server.ports().map(|(_, port)| port).collect();
    server.run(|| {
        for port in ports {
            // The reader of stdout may have gone.
            let _ = announce(port);
        }
    })
}
