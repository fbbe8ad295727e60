//! The chat under one lock, for the two variants with a thread for each connection. It starts the threads, watches the
//! clock and handles the shutdown. It also counts how often the lock is taken, and how long threads wait for it.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use chatserv::chat::ClientId;
use parking_lot::{Condvar, Mutex};
use rustix::net::Shutdown;

use crate::chat::Chat;

static TAKEN: AtomicU64 = AtomicU64::new(0);
static WAITED_NANOSECONDS: AtomicU64 = AtomicU64::new(0);

/// The pause after a failed `accept`, which mostly means that no descriptor is free.
const PAUSE: Duration = Duration::from_millis(100);

/// The counts of this process as a line of text, or nothing if no lock was ever taken.
pub fn lock_waits() -> Option<String> {
    let taken = TAKEN.load(Ordering::Relaxed);
    let waited = WAITED_NANOSECONDS.load(Ordering::Relaxed);
    (taken > 0).then(|| format!("lock: {taken} times, waited {waited} ns"))
}

/// The chat and the connections, which lie under one lock.
pub trait Deliver {
    fn chat(&mut self) -> &mut Chat;

    /// Sends what the chat has for a client, or closes its connection. The caller holds the lock.
    fn deliver(&mut self, client: ClientId);
}

pub struct Locked<T> {
    inside: Mutex<T>,
    /// Signals a new deadline or the end of the chat.
    changed: Condvar,
}

impl<T: Deliver> Locked<T> {
    pub fn new(inside: T) -> Self {
        Self { inside: Mutex::new(inside), changed: Condvar::new() }
    }

    /// Takes the lock, acts, and delivers the results before it releases the lock.
    pub fn act<R>(&self, act: impl FnOnce(&mut T) -> R) -> R {
        TAKEN.fetch_add(1, Ordering::Relaxed);
        let mut inside = self.inside.try_lock().unwrap_or_else(|| {
            let began = Instant::now();
            let inside = self.inside.lock();
            let waited = began.elapsed().as_nanos() as u64;
            WAITED_NANOSECONDS.fetch_add(waited, Ordering::Relaxed);
            inside
        });
        let before = inside.chat().deadline();
        let done = act(&mut inside);
        deliver_all(&mut *inside);
        if inside.chat().deadline() != before || inside.chat().is_over() {
            self.changed.notify_one();
        }
        done
    }

    /// Acts for a new client. It refuses clients once the chat is over, because nothing would close their connections.
    pub fn enter<R>(&self, enter: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.act(|inside| (!inside.chat().is_over()).then(|| enter(inside)))
    }

    /// Starts a thread for each connection, and returns when the chat is over and all threads have ended.
    pub fn serve(&self, listener: &TcpListener, talk: impl Fn(TcpStream, SocketAddr) + Sync)
    where
        T: Send,
    {
        let talk = &talk;
        // The scope joins all its threads.
        thread::scope(|scope| {
            scope.spawn(move || {
                while let Some((socket, address)) = self.accept(listener) {
                    // If there is no thread left, this drops the socket, which closes it.
                    let _ = Builder::new().spawn_scoped(scope, move || talk(socket, address));
                }
            });
            self.watch_clock();
            // Wakes the thread that is blocked in `accept`. Dropping the listener would not wake it.
            let _ = rustix::net::shutdown(listener, Shutdown::Both);
        });
    }

    /// The next connection, or nothing when the chat is over.
    fn accept(&self, listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
        loop {
            match listener.accept() {
                Ok(accepted) => return Some(accepted),
                Err(_) if self.inside.lock().chat().is_over() => return None,
                // New clients wait in the backlog meanwhile.
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }

    /// Handles the deadlines of the chat, and returns when it is over. No other thread looks at the clock.
    fn watch_clock(&self) {
        let mut inside = self.inside.lock();
        while !inside.chat().is_over() {
            match inside.chat().time_left() {
                Some(left) => drop(self.changed.wait_for(&mut inside, left)),
                None => self.changed.wait(&mut inside),
            }
            inside.chat().deadline_reached();
            deliver_all(&mut *inside);
        }
    }
}

/// Delivers until nothing is left. A connection that breaks produces more messages.
fn deliver_all(inside: &mut impl Deliver) {
    while let touched = inside.chat().take_touched()
        && !touched.is_empty()
    {
        touched.into_iter().for_each(|client| inside.deliver(client));
    }
}
