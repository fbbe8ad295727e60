//! The server itself: a thread for each connection that reads, and one dispatcher that owns the chat and all outboxes.
//!
//! The readers send what they have read to the dispatcher, which writes by sends that never wait. Whoever does not read gets
//! a thread that writes to them alone (`--delivery direct-then-writer`; with `writer` everybody has one from the start),
//! and is told and cut when too much waits for them. Nobody else notices. `src/server/mod.rs` has the map of its threads.

use std::io;
use std::net::Ipv4Addr;

use chatserv::config::{Bind, Config, Outcome, RateLimit};
use chatserv::server::{Server, signals};

use super::{Knobs, Variant};
use crate::serve::{Port, announce};

/// See the module.
pub const VARIANT: Variant = Variant {
    name: "threads-dispatcher",
    about: "the server's own shell: threads that read, and one dispatcher that owns the chat",
    cannot: &["Here it has no flags but --delivery: `chatserv` has the others."],
    serve,
};

fn serve(port: Port, knobs: &Knobs) -> io::Result<()> {
    let config = Config {
        port: port.number,
        bind: Bind::Address(Ipv4Addr::LOCALHOST.into()),
        // The other shells have none, and all are to be measured by the same load.
        rate_limit: RateLimit::Off,
        delivery: knobs.delivery,
        ..Config::default()
    };
    let server =
        Server::start(config.clone()).map_err(|error| io::Error::other(error.to_string()))?;
    let settings = move || Ok(Outcome::Run(config.clone()));
    let _signals = signals::watch(server.remote(), settings)?;
    let ports: Vec<u16> = server.ports().map(|(_, port)| port).collect();
    server.run(|| {
        for port in ports {
            // Whoever does not listen to stdout knows the port already.
            let _ = announce(port);
        }
    })
}
