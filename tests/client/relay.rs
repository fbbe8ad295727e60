//! The network between a client and a server, for tests that cut it.

use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use socket2::SockRef;

use crate::support::Server;

/// A port of its own that leads to the server until the test cuts it.
pub struct Relay {
    pub port: u16,
    server: SocketAddr,
    listening: Option<(TcpListener, JoinHandle<()>)>,
    links: Arc<Mutex<Vec<Link>>>,
}

/// One connection through the relay.
struct Link {
    client: TcpStream,
    server: TcpStream,
    /// Whether only the client's side was cut, and the server believes that the client is there.
    is_ghost: Arc<AtomicBool>,
}

impl Relay {
    pub fn to(server: &Server) -> Self {
        let mut relay =
            Self { port: 0, server: server.address(), listening: None, links: Arc::default() };
        relay.mend();
        relay
    }

    /// Lets clients through from now on, on the same port.
    pub fn mend(&mut self) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        self.port = listener.local_addr().unwrap().port();
        let theirs = listener.try_clone().unwrap();
        let (server, links) = (self.server, self.links.clone());
        let thread = thread::spawn(move || {
            // Ends when the listening socket is shut down.
            for client in theirs.incoming().map_while(Result::ok) {
                // Without a server, the client's connection ends.
                if let Ok(server) = TcpStream::connect(server) {
                    links.lock().unwrap().push(Link::between(client, server));
                }
            }
        });
        self.listening = Some((listener, thread));
    }

    /// Ends all connections and refuses new ones.
    pub fn cut(&mut self) {
        self.refuse();
        for link in self.links.lock().unwrap().drain(..) {
            let _ = link.client.shutdown(Shutdown::Both);
            let _ = link.server.shutdown(Shutdown::Both);
        }
    }

    /// The same, but the server does not notice before [`Relay::end_ghosts`].
    pub fn cut_unnoticed(&mut self) {
        self.refuse();
        for link in &*self.links.lock().unwrap() {
            link.is_ghost.store(true, Ordering::Relaxed);
            let _ = link.client.shutdown(Shutdown::Both);
        }
    }

    /// Ends the server's side of the cut connections.
    pub fn end_ghosts(&self) {
        for link in &*self.links.lock().unwrap() {
            if link.is_ghost.load(Ordering::Relaxed) {
                let _ = link.server.shutdown(Shutdown::Both);
            }
        }
    }

    /// Refuses connections from now on.
    fn refuse(&mut self) {
        if let Some((listener, thread)) = self.listening.take() {
            let _ = SockRef::from(&listener).shutdown(Shutdown::Both);
            let _ = thread.join();
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.cut();
    }
}

impl Link {
    /// Forwards bytes in both directions.
    fn between(client: TcpStream, server: TcpStream) -> Self {
        let is_ghost = Arc::new(AtomicBool::new(false));
        for (from, to) in [(&client, &server), (&server, &client)] {
            let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let is_ghost = is_ghost.clone();
            thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                if !is_ghost.load(Ordering::Relaxed) {
                    let _ = to.shutdown(Shutdown::Write);
                }
            });
        }
        Self { client, server, is_ghost }
    }
}
