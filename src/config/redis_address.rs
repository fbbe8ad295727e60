//! The address of the Redis that keeps the log of a chat on several machines.

use std::fmt;

/// `redis://[USER@]HOST[:PORT][/DB]`
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the parts of the address")]
pub struct RedisAddress {
    pub user: Option<String>,
    pub host: String,
    pub port: u16,
    pub db: i64,
}

impl RedisAddress {
    /// Parses an address.
    ///
    /// # Errors
    /// The mistake and its remedy. The error does not quote the address, which may hold a password by mistake.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("rediss://") {
            return Err("rediss:// needs TLS, which this server does not speak. Use redis:// in a private network, or \
                        through a tunnel on this machine"
                .to_owned());
        }
        let expected =
            || "expected redis://HOST:PORT/DB, as in redis://log.example.org:6379/0".to_owned();
        let rest = text.strip_prefix("redis://").ok_or_else(expected)?;
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, _)) if user.contains(':') => {
                return Err("a password in the address can be read by everybody on this machine. Leave it out, and use \
                            cluster-password-file"
                    .to_owned());
            }
            Some((user, rest)) => (Some(user.to_owned()), rest),
            None => (None, rest),
        };
        let (place, db) = rest.split_once('/').unwrap_or((rest, ""));
        let db = if db.is_empty() { 0 } else { db.parse::<u16>().map_err(|_| expected())?.into() };
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':').or(port.is_empty().then_some(""))),
            None => {
                place.split_once(':').map_or((place, Some("")), |(host, port)| (host, Some(port)))
            }
        };
        let port = match port.ok_or_else(expected)? {
            "" => 6379,
            port => port.parse().map_err(|_| expected())?,
        };
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
        if host.is_empty() || !host.chars().all(is_allowed) {
            return Err(expected());
        }
        Ok(Self { user, host: host.to_owned(), port, db })
    }
}

impl fmt::Display for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "redis://[{}]:{}/{}", self.host, self.port, self.db)
        } else {
            write!(f, "redis://{}:{}/{}", self.host, self.port, self.db)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_defaults_and_no_password() {
        for (text, shown) in [
            ("redis://localhost", "redis://localhost:6379/0"),
            ("redis://10.0.0.7:7000/3", "redis://10.0.0.7:7000/3"),
            ("redis://chat@log.example.org/", "redis://log.example.org:6379/0"),
            ("redis://[::1]:6380", "redis://[::1]:6380/0"),
            ("redis://[::1]", "redis://[::1]:6379/0"),
        ] {
            assert_eq!(RedisAddress::parse(text).map(|it| it.to_string()), Ok(shown.to_owned()));
        }
        for wrong in [
            "",
            "localhost:6379",
            "http://localhost",
            "redis://",
            "redis://h:port",
            "redis://h:6379/x",
            "redis://[::1",
            "redis://[::1]x",
            "redis://h ost",
            "rediss://h",
        ] {
            assert!(RedisAddress::parse(wrong).is_err(), "{wrong}");
        }
        let error = RedisAddress::parse("redis://:geheim@h").unwrap_err();
        assert!(error.contains("cluster-password-file") && !error.contains("geheim"), "{error}");
    }
}
