//! The store that orders and keeps the log: a stream in Redis.

use std::time::Duration;

use redis::{Connection, ErrorKind, RedisError, RedisResult, Script, Value};

use super::author::Author;
use super::entry::{Place, RawEntry};
use super::scripts::{APPEND, KEEP, RESEED};
use crate::config::limits;

/// A connection to the store. After an error it must be dropped: a late reply would be taken for that of the next request.
pub struct Store {
    connection: Connection,
    append: Script,
    log: String,
    head: String,
    snapshot: String,
    poison: String,
}

/// The result of an append.
#[derive(Debug, PartialEq, Eq)]
pub enum Appended {
    /// It has this position.
    At(u64),
    /// The store has only `has` entries, though a node has applied `seen`. Of those that are still there, the one that has
    /// come farthest has applied `best`.
    Behind { has: u64, seen: u64, best: u64 },
}

impl Store {
    /// The keys of a chat, by this connection.
    pub fn new(connection: Connection, chat: &str) -> Self {
        // The braces keep the keys together in a store that is divided.
        let key = |part: &str| format!("{{{chat}}}:{part}");
        Self {
            connection,
            append: Script::new(APPEND),
            log: key("log"),
            head: key("head"),
            snapshot: key("snapshot"),
            poison: key("poison"),
        }
    }

    /// Appends an entry. `applied` is the position that the caller has applied.
    ///
    /// # Errors
    /// There is no answer in time, or another one than the script gives. The entry may have been appended all the same.
    pub fn append(
        &mut self,
        author: &Author,
        applied: u64,
        content: &str,
    ) -> RedisResult<Appended> {
        let invocation = &mut self.append.key(&self.log);
        let invocation = invocation.key(&self.head).arg(author.to_string()).arg(applied);
        let invocation = invocation.arg(content).arg(limits::RESEED_BEST_FOR.as_millis() as u64);
        let reply: Vec<Value> = invocation.invoke(&mut self.connection)?;
        let mut reply = reply.into_iter();
        let word: String = redis::from_redis_value(reply.next().unwrap_or(Value::Nil))?;
        let numbers: RedisResult<Vec<u64>> =
            reply.map(|value| Ok(redis::from_redis_value(value)?)).collect();
        match (&*word, &*numbers?) {
            ("at", &[position]) => Ok(Appended::At(position)),
            ("behind", &[has, seen, best]) => Ok(Appended::Behind { has, seen, best }),
            _ => Err(unexpected("the append script gave another answer than its own")),
        }
    }

    /// Writes the log again, which ends with the entry at `position` whose fingerprint is `last`: a snapshot with its position, and entries.
    /// Returns whether the log is whole now; if not, another node knows more. `with_loss` accepts that nobody knows all.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn reseed(
        &mut self,
        position: u64,
        last: &str,
        (kept, state): (u64, &[u8]),
        entries: &[RawEntry],
        with_loss: bool,
    ) -> RedisResult<bool> {
        let script = Script::new(RESEED);
        let mut invocation = script.key(&self.log);
        invocation.key(&self.head).key(&self.snapshot);
        invocation.arg(position).arg(last).arg(kept).arg(state).arg(u8::from(with_loss));
        for entry in entries {
            invocation.arg(entry.position).arg(&entry.before).arg(&entry.by);
            invocation.arg(entry.milliseconds).arg(&entry.json);
        }
        invocation.invoke(&mut self.connection)
    }

    /// Stores a snapshot, and removes the entries up to the one before it. Returns whether there is no later one.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn keep_snapshot(&mut self, position: u64, last: &str, state: &[u8]) -> RedisResult<bool> {
        let script = Script::new(KEEP);
        let mut invocation = script.key(&self.log);
        invocation.key(&self.head).key(&self.snapshot);
        invocation.arg(position).arg(last).arg(state).invoke(&mut self.connection)
    }

    /// The last snapshot.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn snapshot(&mut self) -> RedisResult<Option<Vec<u8>>> {
        redis::cmd("GET").arg(&self.snapshot).query(&mut self.connection)
    }

    /// The events at which servers have ended.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn poison(&mut self) -> RedisResult<Vec<Place>> {
        let noted: Vec<String> =
            redis::cmd("SMEMBERS").arg(&self.poison).query(&mut self.connection)?;
        let place = |text: &String| -> Option<Place> {
            let (position, number) = text.split_once(':')?;
            Some((position.parse().ok()?, number.parse().ok()?))
        };
        Ok(noted.iter().filter_map(place).collect())
    }

    /// Notes an event at which this server ends.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn note_poison(&mut self, (position, number): Place) -> RedisResult<()> {
        let mut command = redis::cmd("SADD");
        command.arg(&self.poison).arg(format!("{position}:{number}")).query(&mut self.connection)
    }

    /// The [fingerprint](super::entry::fingerprint) of the entry at this position, if the log has one.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn fingerprint_at(&mut self, position: u64) -> RedisResult<Option<String>> {
        let id = format!("{position}-0");
        let mut command = redis::cmd("XRANGE");
        let entries: Vec<(String, Vec<String>)> =
            command.arg(&self.log).arg(&id).arg(&id).query(&mut self.connection)?;
        let entry = entries.first().map(|(id, fields)| {
            entry(id, fields)
                .ok_or_else(|| unexpected("the log holds an entry that no node has appended"))
        });
        Ok(entry.transpose()?.map(|entry| entry.fingerprint()))
    }

    /// The entries after a position, in order; at most [`limits::LOG_READ_MAX`]. Waits up to `wait` for the first one.
    ///
    /// # Errors
    /// There is no answer in time, or the stream holds what no node has appended.
    pub fn read(&mut self, after: u64, wait: Option<Duration>) -> RedisResult<Vec<RawEntry>> {
        let mut command = redis::cmd("XREAD");
        command.arg("COUNT").arg(limits::LOG_READ_MAX);
        if let Some(wait) = wait {
            command.arg("BLOCK").arg(wait.as_millis() as u64);
        }
        command.arg("STREAMS").arg(&self.log).arg(format!("{after}-0"));
        // One stream with its name, or nothing: stream, entries, and of each its id and its fields.
        type Fields = Vec<(String, Vec<String>)>;
        let streams: Option<Vec<(String, Fields)>> = command.query(&mut self.connection)?;
        let entries = streams.unwrap_or_default().into_iter().flat_map(|(_, entries)| entries);
        entries
            .map(|(id, fields)| {
                entry(&id, &fields)
                    .ok_or_else(|| unexpected("the log holds an entry that no node has appended"))
            })
            .collect()
    }

    /// The version of the store if it is too old for the log, as its maker writes it.
    ///
    /// # Errors
    /// There is no answer in time.
    pub fn too_old(&mut self) -> RedisResult<Option<String>> {
        match redis::cmd("INFO").arg("server").query::<String>(&mut self.connection) {
            Ok(told) => Ok(too_old(&told)),
            // The user may not ask.
            Err(error) if error.code() == Some("NOPERM") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How the store is set up, by the names of its settings. `None` where the user may not ask.
    pub fn setting(&mut self, name: &str) -> Option<String> {
        let reply: RedisResult<Vec<String>> =
            redis::cmd("CONFIG").arg("GET").arg(name).query(&mut self.connection);
        reply.ok()?.into_iter().nth(1)
    }
}

/// The version in the answer to `INFO server`, if it is less than 7.0. Valkey tells the Redis that it is compatible with, too.
fn too_old(told: &str) -> Option<String> {
    let version = told.lines().find_map(|line| line.trim_end().strip_prefix("redis_version:"))?;
    let major: u32 = version.split('.').next()?.parse().ok()?;
    (major < 7).then(|| version.to_owned())
}

fn unexpected(what: &'static str) -> RedisError {
    RedisError::from((ErrorKind::UnexpectedReturnType, what))
}

/// An entry from its id and its fields.
pub fn entry(id: &str, fields: &[String]) -> Option<RawEntry> {
    let field =
        |name: &str| fields.chunks_exact(2).find(|pair| pair[0] == name).map(|pair| &*pair[1]);
    Some(RawEntry {
        position: id.strip_suffix("-0")?.parse().ok()?,
        before: field("prev")?.to_owned(),
        by: field("by")?.to_owned(),
        milliseconds: field("ms")?.parse().ok()?,
        json: field("events")?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_stores_are_told_by_their_version() {
        for (told, old) in [
            ("# Server\r\nredis_version:6.2.14\r\nos:Linux\r\n", Some("6.2.14")),
            ("# Server\r\nredis_version:7.0.0\r\n", None),
            ("redis_version:10.1.0\r\n", None),
            // Valkey 7.2 and 8.1.
            ("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\n", None),
            ("", None),
            ("redis_version:next\r\n", None),
        ] {
            assert_eq!(too_old(told).as_deref(), old, "{told}");
        }
    }
}
