//! A server with `--trace` in this process, and a few people who talk.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use chatserv::chat::{Protocol, ShutdownCause};
use chatserv::config::{Bind, Config, RateLimit};
use chatserv::load::Names;
use chatserv::load::crowd::Crowd;
use chatserv::load::dialect::Role;
use chatserv::server::Server;

/// How many people talk, in turn.
const PEOPLE: usize = 5;

/// How often somebody says a line.
const SAYS_EVERY: Duration = Duration::from_millis(1);

/// How long they talk.
const TIME: Duration = Duration::from_secs(1);

/// Runs a server that writes its trace to this file while people talk, and returns how many lines they said.
///
/// # Errors
/// The file cannot be written, or the server cannot run.
pub fn record(path: &Path) -> io::Result<usize> {
    let config = Config {
        port: 0,
        bind: Bind::Address(Ipv4Addr::LOCALHOST.into()),
        rate_limit: RateLimit::Off,
        trace: Some(path.to_owned()),
        ..Config::default()
    };
    let server = Server::start(config).map_err(|error| io::Error::other(error.to_string()))?;
    let port = server
        .ports()
        .find_map(|(speaks, port)| (speaks == Protocol::Plain).then_some(port));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.ok_or(io::ErrorKind::NotFound)?));
    let remote = server.remote();
    thread::scope(|scope| {
        let running = scope.spawn(|| server.run(|| {}));
        let talked = talk(address);
        remote.shut_down(ShutdownCause::Program);
        // With its end the trace is whole.
        match running.join() {
            Ok(ran) => ran.and(talked),
            Err(_) => Err(io::Error::other("the server has panicked")),
        }
    })
}

fn talk(address: SocketAddr) -> io::Result<usize> {
    let mut crowd = Crowd::new()?;
    crowd.bring_in(address, &Names, Role::Speaker, PEOPLE, 1)?;
    let began = Instant::now();
    let mut said = 0;
    while began.elapsed() < TIME {
        // A turn may have taken longer than it should: what is due is said now.
        while SAYS_EVERY * (said as u32) < began.elapsed() {
            crowd.send(said % PEOPLE, b"How are you?\r\n");
            said += 1;
        }
        let due = SAYS_EVERY * (said as u32);
        crowd.drop_what_comes(due.saturating_sub(began.elapsed()))?;
    }
    Ok(said)
}
