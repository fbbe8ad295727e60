//! A way to Redis that can lose what goes one way.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Passes bytes on, or eats those of one direction. Its threads end with the connections of the test.
pub struct Proxy {
    port: u16,
    eats_requests: Arc<AtomicBool>,
    eats_replies: Arc<AtomicBool>,
}

impl Proxy {
    pub fn start(to: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (eats_requests, eats_replies) = (Arc::default(), Arc::default());
        let proxy = Self { port, eats_requests, eats_replies };
        let flags = [Arc::clone(&proxy.eats_requests), Arc::clone(&proxy.eats_replies)];
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)) else {
                    continue;
                };
                let ways =
                    [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)];
                for ((from, to), eats) in ways.into_iter().zip(flags.clone()) {
                    thread::spawn(move || pass(from, to, &eats));
                }
            }
        });
        proxy
    }

    pub fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn eat_requests(&self, eats: bool) {
        self.eats_requests.store(eats, Ordering::SeqCst);
    }

    pub fn eat_replies(&self, eats: bool) {
        self.eats_replies.store(eats, Ordering::SeqCst);
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, eats: &AtomicBool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !eats.load(Ordering::SeqCst) && to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
