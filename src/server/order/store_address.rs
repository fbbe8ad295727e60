//! The way to the store.

use redis::{Client, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo, RedisResult};

use super::store::Store;
use crate::chat::Secret;
use crate::config::{RedisAddress, limits};

/// The address of the log, the password for it, and the name of the chat.
#[derive(Clone)]
pub struct StoreAddress {
    pub redis: RedisAddress,
    pub password: Option<Secret>,
    /// The name of the chat, with which its keys begin.
    pub chat: String,
}

impl StoreAddress {
    /// Opens a connection. Waits for at most two seconds, as every request on it does.
    ///
    /// # Errors
    /// Nobody answers, or the password is wrong.
    pub fn open(&self) -> RedisResult<Store> {
        let address = &self.redis;
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
        Ok(Store::new(connection, &self.chat))
    }
}
