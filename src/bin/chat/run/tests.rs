use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use crossbeam_channel::{Sender, bounded};

use super::*;
use crate::charset::Charset;
use crate::pipe::Pipe;

/// Runs a test with a server, a shell that has the server's address, and a sender to the shell's inbox.
fn with_shell(test: impl FnOnce(&TcpListener, &mut Shell, &Sender<Event>)) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, inbox) = bounded(9);
    // The input thread never gets a turn, so it does not read stdin.
    let pipe = Pipe::open(sender.clone(), Charset::Utf8, false).unwrap();
    let mut screen = Screen::new(Face::Pipe(pipe), false);
    let routes = [Route { server: address.parse().unwrap(), via: None }];
    test(&listener, &mut Shell::new(&routes, &mut screen, &inbox), &sender);
}

/// Connects the shell, and returns the server's end.
fn connect(listener: &TcpListener, shell: &mut Shell) -> TcpStream {
    assert_eq!(shell.perform(Effect::Connect(0)), None);
    assert_eq!(shell.next(None), Event::Connected);
    listener.accept().unwrap().0
}

/// Waits for the next event of the shell, up to a deadline.
fn next(shell: &mut Shell) -> Event {
    let end = shell.now().elapsed + Duration::from_secs(20);
    shell.next(Some(end))
}

#[test]
fn what_is_sent_and_received_goes_through_the_shell() {
    with_shell(|listener, shell, inbox| {
        let mut server = connect(listener, shell);
        shell.perform(Effect::Send("{\"action\":\"ping\"}".to_owned()));
        let mut heard = BufReader::new(server.try_clone().unwrap()).lines();
        assert_eq!(heard.next().unwrap().unwrap(), "{\"action\":\"ping\"}");

        server.write_all(b"{\"action\":\"pong\"}\n").unwrap();
        let pong = Event::Received("{\"action\":\"pong\"}".to_owned());
        assert_eq!(next(shell), pong);
        inbox.send(Event::Typed("hi".to_owned())).unwrap();
        assert_eq!(next(shell), Event::Typed("hi".to_owned()));

        drop((server, heard));
        assert_eq!(next(shell), Event::Disconnected(None));
        assert!(shell.connection.is_none());
        // There is no connection, and that is not an error.
        shell.perform(Effect::Send("{}".to_owned()));
    });
}

#[test]
fn no_event_outlives_its_connection() {
    with_shell(|listener, shell, _| {
        let mut old = connect(listener, shell);
        old.write_all(b"old\n").unwrap();
        // The event is in the channel of the old connection when that is closed.
        while shell.connection.as_ref().unwrap().events().is_empty() {
            std::thread::yield_now();
        }
        shell.perform(Effect::Disconnect);
        let mut new = connect(listener, shell);
        new.write_all(b"new\n").unwrap();
        assert_eq!(next(shell), Event::Received("new".to_owned()));
    });
}

#[test]
fn what_could_not_be_sent_says_why_the_connection_has_ended() {
    with_shell(|listener, shell, _| {
        let server = connect(listener, shell);
        // Unread data turns the close into a reset.
        (&server).write_all(b"bye\n").unwrap();
        assert_eq!(next(shell), Event::Received("bye".to_owned()));
        shell.perform(Effect::Send("{}".to_owned()));
        let mut byte = [0];
        server.peek(&mut byte).unwrap();
        drop(server);
        let Event::Disconnected(Some(reason)) = next(shell) else {
            panic!("no reason");
        };
        assert_eq!(reason, "Connection reset by peer");
    });
}

#[test]
fn time_passes_and_what_happened_here_comes_first() {
    with_shell(|_, shell, inbox| {
        assert_eq!(shell.next(Some(Duration::ZERO)), Event::TimePassed);
        inbox.send(Event::InputEnded).unwrap();
        shell.unless_lost(Err(Lost));
        assert_eq!(next(shell), Event::Interrupted);
        assert_eq!(next(shell), Event::InputEnded);
    });
}
