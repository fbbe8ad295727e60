//! The chat under one lock, for the two shells with a thread for each connection: how it is taken, who starts the threads, who
//! watches the clock, and how all end. The lock counts how often it is taken and how long it is waited for.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use chatserv::chat::ClientId;
use parking_lot::{Condvar, Mutex};
use rustix::net::Shutdown;

use crate::chat::Chat;

/// How often a lock was taken since the process began.
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// How long threads have waited for it, all together.
static WAITED_NANOSECONDS: AtomicU64 = AtomicU64::new(0);

/// How long to wait where nobody can be accepted: somebody has to leave first.
const PAUSE: Duration = Duration::from_millis(100);

/// What was counted, in one line; nothing where there was no lock. Who waits at this moment is not in it yet.
pub fn lock_waits() -> Option<String> {
    let taken = TAKEN.load(Ordering::Relaxed);
    let waited = WAITED_NANOSECONDS.load(Ordering::Relaxed);
    (taken > 0).then(|| format!("lock: {taken} times, waited {waited} ns"))
}

/// A chat and the way to those who are in it.
pub trait Deliver {
    fn chat(&mut self) -> &mut Chat;

    /// Brings what the chat has for somebody on its way, or ends their connection. The lock is held meanwhile.
    fn deliver(&mut self, client: ClientId);
}

/// Both under a lock.
pub struct Locked<T> {
    inside: Mutex<T>,
    /// The chat's deadline is another one, or the chat is over.
    changed: Condvar,
}

impl<T: Deliver> Locked<T> {
    pub fn new(inside: T) -> Self {
        Self {
            inside: Mutex::new(inside),
            changed: Condvar::new(),
        }
    }

    /// Takes the lock, lets something happen, and delivers what comes of it before anybody else has the lock.
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

    /// The same for somebody who comes. Nobody is let in once the chat is over: nobody would be there to close their
    /// connection.
    pub fn enter<R>(&self, enter: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.act(|inside| (!inside.chat().is_over()).then(|| enter(inside)))
    }

    /// Gives each connection a thread that does `talk`, until the chat is over and all threads have ended.
    pub fn serve(&self, listener: &TcpListener, talk: impl Fn(TcpStream, SocketAddr) + Sync)
    where
        T: Send,
    {
        let talk = &talk;
        // The scope joins all threads that were started in it.
        thread::scope(|scope| {
            scope.spawn(move || {
                while let Some((socket, address)) = self.next(listener) {
                    // Where the system has no thread left, this drops the socket, and so closes it.
                    let _ = Builder::new().spawn_scoped(scope, move || talk(socket, address));
                }
            });
            self.watch_clock();
            // Wakes the thread that waits in `accept`. Dropping the listener would not. It cannot fail while it listens.
            let _ = rustix::net::shutdown(listener, Shutdown::Both);
        });
    }

    /// The next who comes; nobody when the chat is over and the listener shut down.
    fn next(&self, listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
        loop {
            match listener.accept() {
                Ok(accepted) => return Some(accepted),
                Err(_) if self.inside.lock().chat().is_over() => return None,
                // No descriptor left, mostly. Whoever comes meanwhile waits in the backlog.
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }

    /// Does what is due at its time, and returns when the chat is over. Nobody else need look at a clock.
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

/// One after the other. To lose somebody is told to the others, so there may be more to deliver then.
fn deliver_all(inside: &mut impl Deliver) {
    loop {
        let touched = inside.chat().take_touched();
        if touched.is_empty() {
            return;
        }
        for client in touched {
            inside.deliver(client);
        }
    }
}
