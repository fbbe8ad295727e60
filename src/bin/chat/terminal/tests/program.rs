//! The program that runs in the pane: a terminal, and a main thread that does what the test says through a socket.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::thread;

use crossbeam_channel::{never, select, unbounded};

use crate::client::Event;
use crate::terminal::Terminal;

/// Where the test listens.
pub const SOCKET: &str = "CHAT_TEST_SOCKET";
/// Where typed lines are kept.
pub const HISTORY: &str = "CHAT_TEST_HISTORY";

#[test]
#[ignore = "it is the program that the other tests run in a terminal"]
fn program() {
    let socket = env::var_os(SOCKET).expect("the tests that run this say where they listen");
    let mut test = UnixStream::connect(socket).unwrap();
    let (inbox, mut events) = unbounded();
    let notice = Box::new(|sentence: &str| format!("({sentence})"));
    let history = env::var_os(HISTORY).map(Into::into);
    let terminal = Terminal::open(history, inbox, notice).unwrap();
    for name in ["ann", "bob", "böb"] {
        terminal.known().here(name);
    }
    let (orders, ordered) = unbounded();
    let from_test = BufReader::new(test.try_clone().unwrap());
    thread::spawn(move || {
        for order in from_test.lines().map_while(Result::ok) {
            let _ = orders.send(order);
        }
    });
    let mut held_events = None;
    loop {
        select! {
            recv(events) -> event => {
                let event = event.unwrap();
                writeln!(test, "{event:?}").unwrap();
                if let Event::Typed(line) = &event && !line.starts_with('/') {
                    terminal.show(format!("[12:03] luca: {line}"));
                }
                terminal.turn("> ");
            }
            recv(ordered) -> order => {
                // The test has gone: nobody is left to type.
                let order = order.unwrap_or_else(|_| "close".into());
                let (word, argument) = order.split_once(' ').unwrap_or((&order, ""));
                match word {
                    "turn" => terminal.turn(argument),
                    "show" => terminal.show(argument.into()),
                    "burst" => for number in 1..=argument.parse().unwrap() {
                        terminal.show(format!("bob: message {number}"));
                    },
                    // Typed lines wait until this is undone.
                    "hold" => {
                        held_events = Some(std::mem::replace(&mut events, never()));
                        writeln!(test, "held").unwrap();
                    }
                    "go" => events = held_events.take().unwrap(),
                    "panic" => panic!("as the test wants it"),
                    "close" => {
                        terminal.close();
                        // Where the test has gone, nobody needs to know.
                        let _ = writeln!(test, "closed");
                        return;
                    }
                    _ => panic!("what is {order}?"),
                }
            }
        }
    }
}
