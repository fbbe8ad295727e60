//! The store that orders and keeps the log: a stream in Redis.

use std::time::Duration;

use redis::{
    Client, Connection, ConnectionAddr, ErrorKind, IntoConnectionInfo, RedisConnectionInfo,
    RedisError, RedisResult, Script, Value,
};

use super::author::Author;
use super::entry::{Content, Entry};
use crate::chat::Secret;
use crate::config::{RedisAddress, limits};

/// Appends an entry: its position is one more than that of the last. `seen` is the highest position that a node has ever
/// applied; with fewer entries the store has lost some, and takes no more.
const APPEND: &str = "
local head = redis.call('HMGET', KEYS[2], 'n', 'by', 'seen')
local n = tonumber(head[1] or 0)
local seen = math.max(tonumber(head[3] or 0), tonumber(ARGV[2]))
redis.call('HSET', KEYS[2], 'seen', seen)
if n < seen then return {'behind', n, seen} end
local time = redis.call('TIME')
redis.call('XADD', KEYS[1], (n + 1) .. '-0', 'prev', head[2] or '', 'by', ARGV[1],
    'ms', time[1] * 1000 + math.floor(time[2] / 1000), 'events', ARGV[3])
redis.call('HSET', KEYS[2], 'n', n + 1, 'by', ARGV[1])
return {'at', n + 1}
";

/// The address of the log, and the password for it.
#[derive(Clone)]
pub struct Door {
    pub address: RedisAddress,
    pub password: Option<Secret>,
    /// The name of the chat, with which its keys begin.
    pub chat: String,
}

/// A connection to the store. After an error it must be dropped: a late reply would be taken for that of the next request.
pub struct Store {
    connection: Connection,
    append: Script,
    log: String,
    head: String,
}

/// The result of an append.
#[derive(Debug, PartialEq, Eq)]
pub enum Appended {
    /// It has this position.
    At(u64),
    /// The store has only `has` entries, though a node has applied `seen`.
    Behind { has: u64, seen: u64 },
}

impl Door {
    /// Opens a connection. Waits for at most two seconds, as every request on it does.
    ///
    /// # Errors
    /// Nobody answers, or the password is wrong.
    pub fn open(&self) -> RedisResult<Store> {
        let address = &self.address;
        let mut settings = RedisConnectionInfo::default().set_db(address.db);
        // Without its name, the client waits for no reply but those that are needed.
        settings = settings.set_skip_set_lib_name();
        if let Some(user) = &address.user {
            settings = settings.set_username(user);
        }
        if let Some(Secret(password)) = &self.password {
            settings = settings.set_password(password);
        }
        let place = ConnectionAddr::Tcp(address.host.clone(), address.port);
        let info = place.into_connection_info()?.set_redis_settings(settings);
        let connection = Client::open(info)?.get_connection_with_timeout(limits::STORE_WAIT_MAX)?;
        connection.set_read_timeout(Some(limits::STORE_WAIT_MAX))?;
        connection.set_write_timeout(Some(limits::STORE_WAIT_MAX))?;
        // The braces keep the keys together in a store that is divided.
        let key = |part: &str| format!("{{{}}}:{part}", self.chat);
        Ok(Store { connection, append: Script::new(APPEND), log: key("log"), head: key("head") })
    }
}

impl Store {
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
        let reply: (String, u64, Option<u64>) = {
            let invocation = &mut self.append.key(&self.log);
            let invocation = invocation.key(&self.head).arg(author.to_string()).arg(applied);
            let reply: Vec<Value> = invocation.arg(content).invoke(&mut self.connection)?;
            let text = |at: usize| -> RedisResult<String> {
                let value = reply.get(at).cloned().unwrap_or(Value::Nil);
                Ok(redis::from_redis_value(value)?)
            };
            let number = |at: usize| -> RedisResult<u64> {
                let value = reply.get(at).cloned().unwrap_or(Value::Nil);
                Ok(redis::from_redis_value(value)?)
            };
            (text(0)?, number(1)?, (reply.len() > 2).then(|| number(2)).transpose()?)
        };
        match (&*reply.0, reply.1, reply.2) {
            ("at", position, None) => Ok(Appended::At(position)),
            ("behind", has, Some(seen)) => Ok(Appended::Behind { has, seen }),
            _ => Err(unexpected("the append script gave another answer than its own")),
        }
    }

    /// The entries after a position, in order; at most [`limits::LOG_READ_MAX`]. Waits up to `wait` for the first one.
    ///
    /// # Errors
    /// There is no answer in time, or the stream holds what no node has appended.
    pub fn read(&mut self, after: u64, wait: Option<Duration>) -> RedisResult<Vec<Entry>> {
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

    /// How the store is set up, by the names of its settings. `None` where the user may not ask.
    pub fn setting(&mut self, name: &str) -> Option<String> {
        let reply: RedisResult<Vec<String>> =
            redis::cmd("CONFIG").arg("GET").arg(name).query(&mut self.connection);
        reply.ok()?.into_iter().nth(1)
    }
}

fn unexpected(what: &'static str) -> RedisError {
    RedisError::from((ErrorKind::UnexpectedReturnType, what))
}

/// An entry from its id and its fields.
pub fn entry(id: &str, fields: &[String]) -> Option<Entry> {
    let field =
        |name: &str| fields.chunks_exact(2).find(|pair| pair[0] == name).map(|pair| &*pair[1]);
    Some(Entry {
        position: id.strip_suffix("-0")?.parse().ok()?,
        before: field("prev")?.to_owned(),
        author: field("by")?.parse().ok()?,
        milliseconds: field("ms")?.parse().ok()?,
        content: Content::of_json(field("events")?),
    })
}
