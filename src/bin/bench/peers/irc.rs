//! `ngircd` and `inspircd`, with one channel. What slows down people who talk too much is switched off, as is all that
//! asks other machines about them; limits make room for all.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::running::{Running, free_port};
use super::{Demand, program};
use chatserv::load::dialect::{Dialect, Role};

const NGIRCD: &str = "ngircd";
const INSPIRCD: &str = "inspircd";

/// The settings file of either, in its folder.
const SETTINGS: &str = "settings.conf";

/// What they say to newcomers, a file since inspircd must have one.
const MOTD: &str = "motd.txt";

/// Places beyond the people of a workload.
const SPARE: usize = 100;

/// A line holds 512 bytes, with who says it and to whom, and with its end (RFC 2812, 2.3).
const PAYLOAD_BYTES_MAX: usize = 400;
const PAYLOAD_TOO_LONG: &str = "a line of IRC holds 512 bytes, its prefix included";

/// Each arrival is told to all: 1,000 people take 20 seconds to come into ngircd, and 10 into inspircd.
const PEOPLE_MAX: usize = 500;
const TOO_MANY_PEOPLE: &str = "not above 500 people: each arrival is told to all";

/// The version of ngircd.
///
/// # Errors
/// It is missing.
pub fn ngircd_version() -> Result<String, String> {
    program::version(&program::find(NGIRCD)?)
}

/// The version of inspircd.
///
/// # Errors
/// It is missing.
pub fn inspircd_version() -> Result<String, String> {
    program::version(&program::find(INSPIRCD)?)
}

/// Why ngircd cannot do this, if so.
pub fn ngircd_cannot(demand: Demand) -> Option<&'static str> {
    if demand.people > PEOPLE_MAX {
        return Some(TOO_MANY_PEOPLE);
    }
    (demand.payload_bytes > PAYLOAD_BYTES_MAX).then_some(PAYLOAD_TOO_LONG)
}

/// Why inspircd cannot do this, if so.
pub fn inspircd_cannot(demand: Demand) -> Option<&'static str> {
    if demand.people > PEOPLE_MAX {
        return Some(TOO_MANY_PEOPLE);
    }
    (demand.payload_bytes > PAYLOAD_BYTES_MAX).then_some(PAYLOAD_TOO_LONG)
}

/// Starts ngircd.
///
/// # Errors
/// It is missing, or does not begin.
pub fn start_ngircd() -> io::Result<Running> {
    let port = free_port()?;
    let folder = tempfile::tempdir()?;
    let settings = folder.path().join(SETTINGS);
    fs::write(&settings, ngircd_settings(port))?;
    let mut command = Command::new(program::find(NGIRCD).map_err(io::Error::other)?);
    command.arg("--nodaemon").arg("--config").arg(settings);
    Running::on_port(port, command, folder)
}

/// Starts inspircd. Everybody who comes waits for its clock to strike a second before they are in.
///
/// # Errors
/// It is missing, or does not begin.
pub fn start_inspircd(demand: Demand) -> io::Result<Running> {
    let port = free_port()?;
    let folder = tempfile::tempdir()?;
    let settings = folder.path().join(SETTINGS);
    fs::write(&settings, inspircd_settings(port, demand, folder.path()))?;
    fs::write(folder.path().join(MOTD), "-\n")?;
    let mut command = Command::new(program::find(INSPIRCD).map_err(io::Error::other)?);
    command
        .args(["--nofork", "--nopid", "--runasroot", "--config"])
        .arg(settings);
    Running::on_port(port, command, folder)
}

/// See ngircd.conf(5): 0 is no limit.
fn ngircd_settings(port: u16) -> String {
    format!(
        "\
[Global]
Name = irc.bench.test
Info = benchmark
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = -
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxPenaltyTime = 0
PingTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
"
    )
}

/// See <https://docs.inspircd.org/3/configuration/>. The soft limit of the send queue, above which somebody's own lines
/// wait, is put as high as the hard one, which is as shipped. A larger read buffer, since what is left in the socket
/// after a read waits for the next event.
fn inspircd_settings(port: u16, demand: Demand, folder: &Path) -> String {
    let folder = folder.display();
    let connections = demand.people + SPARE;
    format!(
        "\
<path configdir=\"{folder}\" datadir=\"{folder}\" logdir=\"{folder}\" runtimedir=\"{folder}\">
<server name=\"irc.bench.test\" description=\"benchmark\" network=\"bench\">
<admin name=\"nobody\" nick=\"nobody\" email=\"nobody@bench.test\">
<bind address=\"127.0.0.1\" port=\"{port}\" type=\"clients\">
<connect name=\"all\" allow=\"*\" timeout=\"60\" pingfreq=\"1h\" maxchans=\"20\"
  softsendq=\"1M\" hardsendq=\"1M\" recvq=\"1M\"
  fakelag=\"no\" threshold=\"1000000\" commandrate=\"1000000000\"
  localmax=\"{connections}\" globalmax=\"{connections}\" limit=\"{connections}\" maxconnwarn=\"no\"
  resolvehostnames=\"no\" useident=\"no\">
<performance softlimit=\"{connections}\" somaxconn=\"4096\" netbuffersize=\"65534\" clonesonconnect=\"no\">
<log method=\"file\" type=\"* -USERINPUT -USEROUTPUT\" level=\"default\" target=\"inspircd.log\">
<files motd=\"{folder}/{MOTD}\">
"
    )
}

/// One channel, `#room`.
#[derive(Debug)]
pub struct Channel;

impl Dialect for Channel {
    fn log_in(
        &self,
        step: usize,
        name: &str,
        _role: Role,
        out: &mut Vec<u8>,
    ) -> Option<&'static [u8]> {
        match step {
            0 => {
                out.extend_from_slice(b"NICK ");
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(b"\r\nUSER bench 0 * :bench\r\n");
                // RPL_WELCOME.
                Some(b" 001 ")
            }
            1 => {
                out.extend_from_slice(b"JOIN #room\r\n");
                // RPL_ENDOFNAMES.
                Some(b" 366 ")
            }
            _ => None,
        }
    }

    fn say(&self, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(b"PRIVMSG #room :");
        out.extend_from_slice(payload);
        out.extend_from_slice(b"\r\n");
    }

    fn speakers_hear(&self) -> bool {
        true
    }

    fn leave(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"QUIT\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::{Demand, inspircd_cannot, ngircd_cannot};

    #[test]
    fn long_lines_and_many_people_are_not_possible() {
        let of = |people, payload_bytes| {
            let demand = Demand {
                people,
                payload_bytes,
            };
            (
                ngircd_cannot(demand).is_some(),
                inspircd_cannot(demand).is_some(),
            )
        };
        assert_eq!(of(104, 64), (false, false));
        assert_eq!(of(104, 512), (true, true));
        assert_eq!(of(1004, 64), (true, true));
        assert_eq!(of(5004, 64), (true, true));
    }
}
