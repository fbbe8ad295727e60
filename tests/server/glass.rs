//! The glass view over real sockets: what each reader does, full sockets, and a line on its way.

use serde_json::{Value, json};

use super::support::slow::{MORE_THAN_THE_KERNEL_BYTES, Pair, writers_are};
use super::support::{Client, Server, until};

/// The stations of a line, in the order in which it passes them.
const STATIONS: [&str; 6] = ["read", "ready", "sent", "taken", "appended", "flushed"];

/// A program that looks at the threads.
struct Viewer(Client);

impl Viewer {
    fn join(server: &Server) -> Self {
        Self(Client::join_json(server, "viewer", "lobby"))
    }

    fn look(&mut self) -> Value {
        self.0.send_object(&json!({"action": "glass"}));
        self.0.skip_to_action("glass")
    }

    /// Looks until the view fits, and returns it.
    fn look_until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let mut view = Value::Null;
        until(what, || {
            view = self.look();
            fits(&view)
        });
        view
    }

    /// Says a line in the lobby and returns the way that it took.
    fn follow(&mut self, line: &str) -> Value {
        self.0.send_object(&json!({"action": "follow", "room": "lobby", "message": line, "id": 9}));
        until("the line is answered", || self.0.object()["id"] == 9);
        self.look()["followed"].clone()
    }
}

/// The part of this person that is shown.
fn reader<'v>(view: &'v Value, name: &str) -> &'v Value {
    let readers = view["readers"].as_array().unwrap();
    let found = readers.iter().find(|reader| reader["username"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {view}"))
}

fn moments(way: &Value) -> Vec<u64> {
    STATIONS.iter().map(|&station| way[station].as_u64().unwrap()).collect()
}

/// The kernel's buffer for each client: it has room for many short lines, so only a client that does not read fills it.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// A server, a viewer, a pair, and a client that does not read and whose socket is full.
fn stalled() -> (Server, Viewer, Pair, Client) {
    let send_buffer = format!("{SEND_BUFFER_BYTES}B");
    let flags = "--history-on-join 0 --outbox-age 1h --outbox-bytes 16MiB --send-buffer";
    let flags = flags.split(' ').chain([&*send_buffer]);
    let server = Server::start(&flags.collect::<Vec<_>>());
    let mut pair = Pair::join(&server);
    let slow = pair.with_stalled(&server, "slow");
    pair.exchange_bytes(2 * (MORE_THAN_THE_KERNEL_BYTES + SEND_BUFFER_BYTES));
    // Last, since it does not read what the pair says.
    let viewer = Viewer::join(&server);
    for client in [&mut pair.ann, &mut pair.bob] {
        client.skip_to("viewer has joined");
    }
    (server, viewer, pair, slow)
}

#[test]
fn a_full_socket_has_a_writer_beside_its_reader() {
    let (server, mut viewer, mut pair, mut slow) = stalled();
    let view = viewer.look_until("the writer writes", |view| {
        reader(view, "slow")["writer"] == "in write" && view["doing"]["in read"] == 4
    });
    assert_eq!((&view["total"], &view["writers_total"]), (&json!(4), &json!(1)));
    assert_eq!((&view["full_sockets"], &view["grouped"]), (&json!(1), &json!(false)));
    let waiting = reader(&view, "slow")["queued_bytes"].as_u64().unwrap();
    assert!(waiting > 0 && view["queued_bytes"] == waiting, "{view}");
    for name in ["ann", "bob", "viewer"] {
        let reader = reader(&view, name);
        assert_eq!(reader["queued_bytes"], 0, "{name}");
        assert!(reader.get("writer").is_none(), "{name}");
    }
    // Together, the bytes that the kernel has taken and those that wait are all that was said.
    let sent = reader(&view, "slow")["bytes_out"].as_u64().unwrap();
    assert!(sent + waiting >= (pair.next * 1000) as u64, "{view}");
    // When the client reads on, the writer goes.
    slow.skip_to(&format!("{:0>8} ", pair.next - 1));
    writers_are(&server, 0);
    pair.exchange();
    viewer.look_until("the socket takes everything", |view| {
        view["writers_total"] == 0 && view["full_sockets"] == 0
    });
}

#[test]
fn the_clocks_of_a_followed_line_are_in_order_and_count_full_sockets() {
    let (_server, mut viewer, mut pair, _slow) = stalled();
    for round in 0..20 {
        let line = format!("followed {round}");
        let way = viewer.follow(&line);
        let times = moments(&way);
        assert_eq!(times[0], 0);
        assert!(times.is_sorted(), "{way}");
        // Nothing took a second, though one of the three does not read.
        assert!(times[5] > 0 && times[5] < 1_000_000_000, "{way}");
        assert_eq!((&way["recipients"], &way["full_sockets"]), (&json!(3), &json!(1)));
        pair.ann.expect(&format!("viewer : {line}"));
    }
    // Each report is there once.
    assert!(viewer.look().get("followed").is_none());
}

#[test]
fn a_line_is_followed_through_a_server_that_is_busy() {
    // As much as a debug build can take.
    let server = Server::start(&["--rate-limit", "50,500/s"]);
    let mut viewer = Viewer::join(&server);
    for talker in ["ann", "bob", "cid"] {
        Client::join(&server, talker).flood(b"I talk and talk and talk\r\n".repeat(50));
    }
    let mut listener = Client::join(&server, "listener");
    for round in 0..50 {
        let line = format!("followed {round}");
        let way = viewer.follow(&line);
        assert!(moments(&way).is_sorted(), "{way}");
        assert_eq!(way["recipients"], 4, "{way}");
        listener.skip_to(&format!("viewer : {line}"));
    }
}

#[test]
fn flood_control_is_seen_in_the_reader_and_in_the_way_of_a_line() {
    let server = Server::start(&["--rate-limit", "8,20/s", "--history-on-join", "0"]);
    let mut flooding = Client::join(&server, "flooding");
    let mut viewer = Viewer::join(&server);
    flooding.send("again\r\n".repeat(200).as_bytes());
    viewer.look_until("the reader is held back", |view| {
        reader(view, "flooding")["doing"] == "held back for a flood"
            && view["doing"]["held back for a flood"].as_u64() >= Some(1)
    });
    // The viewer's own line waits behind fifteen others that came in the same write.
    let mut lines = json!({"action": "chat", "room": "lobby", "message": "before"}).to_string();
    lines = format!("{lines}\n").repeat(15);
    viewer.0.send(lines.as_bytes());
    let way = viewer.follow("at last");
    let times = moments(&way);
    assert!(times.is_sorted(), "{way}");
    // Flood control let seven of them pass at most, and 20 a second afterwards.
    assert!(times[1] > 200_000_000, "{way}");
    assert!(times[5] - times[1] < times[1], "{way}");
}

#[test]
fn a_refused_line_has_no_recipients() {
    let server = Server::start(&[]);
    let mut ann = Client::join(&server, "ann");
    let mut viewer = Viewer::join(&server);
    ann.skip_to("viewer has joined");
    ann.say("/mute viewer");
    ann.skip_to("viewer");
    viewer.0.send_object(&json!({"action": "follow", "room": "lobby", "message": "hi", "id": 9}));
    assert_eq!(viewer.0.skip_to_action("error")["code"], "muted");
    let way = viewer.look()["followed"].clone();
    assert!(moments(&way).is_sorted());
    assert_eq!((&way["recipients"], &way["full_sockets"]), (&json!(0), &json!(0)));
    ann.hears_nothing();
}

#[test]
fn hundreds_of_readers_are_counted_and_cost_one_short_answer() {
    let server = Server::start(&["--send-buffer", "4KiB", "--outbox-age", "1h"]);
    let mut pair = Pair::join(&server);
    let _slow = pair.with_stalled(&server, "slow");
    pair.exchange_bytes(2 * MORE_THAN_THE_KERNEL_BYTES);
    let _crowd: Vec<Client> = (0..600).map(|_| Client::connect(&server)).collect();
    let mut viewer = Viewer::join(&server);
    let view = viewer.look_until("everybody is there", |view| {
        view["total"] == 604 && view["doing"]["in read"] == 604
    });
    assert_eq!((&view["grouped"], &view["more"]), (&json!(true), &json!(true)));
    // Of all these, only the one whose socket is full is listed.
    let names: Vec<&Value> =
        view["readers"].as_array().unwrap().iter().map(|reader| &reader["username"]).collect();
    assert_eq!(names, ["slow"]);
    assert!(view.to_string().len() < 1000, "{view}");
}
