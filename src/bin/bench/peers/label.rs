//! What the servers are called, in tables, in records and on the command line.

pub const OURS: &str = "chatserv";
pub const OURS_DIRECT: &str = "chatserv direct";
pub const OURS_WRITER: &str = "chatserv writer";
pub const FLOOR: &str = "epoll floor";
pub const FLOOR_EACH: &str = "epoll, each";
pub const REDIS: &str = "redis";
pub const NATS: &str = "nats";
pub const NCAT: &str = "ncat --chat";
pub const NGIRCD: &str = "ngircd";
pub const INSPIRCD: &str = "inspircd";
