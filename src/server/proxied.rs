//! `--proxy-port`: clients behind a proxy, which tells their address in a header.
//!
//! The listener closes what does not come from `--proxy-from`. A client's reader reads the header, exactly to its end, and
//! from then on the address in it is the client's: for the limits by address, for bans, for `/whois` and the log. It makes
//! nobody an operator: the proxy says that the address is 127.0.0.1, and anybody on the proxy's machine can be behind it.

use std::fmt;

use jiff::tz::TimeZone;

use super::Activity;
use super::connection::Connection;
use super::deadline::{Deadline, read_before};
use super::inbox::Inbox;
use super::ops::metrics::RefusalReason;
use super::pending_connection::{PendingConnection, finish};
use super::port_kind::PortKind;
use crate::chat::View;
use crate::protocol::proxy::{HeaderError, Origin, Parsed, parse};
use crate::protocol::{self, Decoder};

/// Reads the header and has the client arrive. Every connection without one ends here.
pub fn run<'s>(mut pending: PendingConnection<'s>, inbox: Inbox<'s>) {
    let peer = pending.connection.address();
    let origin = match read_header(&pending.connection, pending.deadline()) {
        Ok(origin) => origin,
        Err(NoHeader::Gone) => {
            return tracing::debug!(address = %peer, "gone without a PROXY header");
        }
        Err(why) => {
            pending.shared.counters.count_refusal(RefusalReason::NoHeader);
            return tracing::warn!(address = %peer, "closed: {why} (proxy-port)");
        }
    };
    let address = match origin {
        Origin::Client(address) => address,
        Origin::Proxy => peer,
    };
    pending.connection.came_by_proxy(address);
    if let Err(refused) = pending.place.count_address(address.ip(), pending.shared.clock.now()) {
        tracing::info!(%address, "refused: {refused}");
        pending.shared.counters.count_refusal(refused.into());
        let mut line = Vec::new();
        protocol::encode(&refused.message(), None, View::ALL[0], &TimeZone::UTC, &mut line);
        return finish(&pending.connection, &line, pending.deadline());
    }
    let decoder = Decoder::new(PortKind::Proxied.protocol(), !pending.config.anonymous);
    pending.arrive(inbox, PortKind::Proxied.protocol(), decoder);
}

/// Why there is no header.
enum NoHeader {
    /// The other end has closed before it sent one, such as a health check.
    Gone,
    Late,
    Wrong(HeaderError),
}

impl fmt::Display for NoHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("gone"),
            Self::Late => f.write_str("no PROXY header has come in time (login-timeout)"),
            Self::Wrong(error) => error.fmt(f),
        }
    }
}

/// Reads a header and nothing behind it, for as long as a client may take to give a name. The end is absolute.
fn read_header(connection: &Connection, deadline: Deadline<'_>) -> Result<Origin, NoHeader> {
    let socket = connection.socket();
    connection.row.doing(Activity::Reading);
    let mut header = Vec::new();
    let mut buffer = [0; 256];
    let mut wanted = 1;
    loop {
        let part = &mut buffer[..wanted.min(256)];
        let count = match read_before(socket, part, || deadline.left()) {
            Ok(Some(0)) | Err(_) => return Err(NoHeader::Gone),
            Ok(Some(count)) => count,
            Ok(None) => return Err(NoHeader::Late),
        };
        connection.row.count_in(count);
        header.extend_from_slice(&buffer[..count]);
        match parse(&header).map_err(NoHeader::Wrong)? {
            Parsed::More(bytes) => wanted = bytes,
            Parsed::Complete(origin) => return Ok(origin),
        }
    }
}
