//! A way to Redis that can lose what goes one way, and lead to another Redis.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::thread;

/// Passes bytes on, or eats those of one direction. Its threads end with the connections of the test.
pub struct Proxy {
    port: u16,
    to: Arc<AtomicU16>,
    eats: Arc<Eats>,
}

#[derive(Default)]
struct Eats {
    requests: AtomicBool,
    replies: AtomicBool,
    /// The replies of connections that read the log.
    log: AtomicBool,
}

impl Proxy {
    pub fn start(to: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Self { port, to: Arc::new(to.into()), eats: Arc::default() };
        let (to, eats) = (Arc::clone(&proxy.to), Arc::clone(&proxy.eats));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let to = to.load(Ordering::SeqCst);
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)) else {
                    continue;
                };
                let reads_log: Arc<AtomicBool> = Arc::default();
                let requests = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (eaten, reads) = (Arc::clone(&eats), Arc::clone(&reads_log));
                thread::spawn(move || {
                    pass(requests, |bytes| {
                        if bytes.windows(5).any(|word| word == b"XREAD") {
                            reads.store(true, Ordering::SeqCst);
                        }
                        eaten.requests.load(Ordering::SeqCst)
                    });
                });
                let eaten = Arc::clone(&eats);
                thread::spawn(move || {
                    pass((server, client), |_| {
                        eaten.replies.load(Ordering::SeqCst)
                            || eaten.log.load(Ordering::SeqCst) && reads_log.load(Ordering::SeqCst)
                    });
                });
            }
        });
        proxy
    }

    /// New connections lead to this port.
    pub fn lead_to(&self, port: u16) {
        self.to.store(port, Ordering::SeqCst);
    }

    pub fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn eat_requests(&self, eats: bool) {
        self.eats.requests.store(eats, Ordering::SeqCst);
    }

    pub fn eat_replies(&self, eats: bool) {
        self.eats.replies.store(eats, Ordering::SeqCst);
    }

    /// Eats the log itself: a machine can append, and reads nothing.
    pub fn eat_log(&self, eats: bool) {
        self.eats.log.store(eats, Ordering::SeqCst);
    }
}

fn pass((mut from, mut to): (TcpStream, TcpStream), eats: impl Fn(&[u8]) -> bool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !eats(&buffer[..count]) && to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
