//! `kill -9` while people talk: what the file has afterwards, again and again. `scripts/history-kills` does it a hundred times.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use chatserv::config::limits;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::directory::Directory;
use crate::support::history::past;
use crate::support::{Client, Server};
use crate::{ask, server};

/// How many clients talk at once.
const TALKERS: usize = 3;

/// How many lines each has under way.
const LINES_AT_ONCE: usize = 20;

/// How long each pauses after them: all together say 6,000 lines a second at most, which any disk can take.
const PAUSE: Duration = Duration::from_millis(10);

/// The promise is a quarter of a second and what is in the queue. The rest is for the disk of a busy machine.
const LOST_TIME_MAX: Duration = limits::HISTORY_COMMIT_EVERY.saturating_add(Duration::from_secs(1));

/// The queue, of which a batch that is being written is a part.
const LOST_LINES_MAX: usize = limits::HISTORY_QUEUE_LINES_MAX;

/// A line that the server has acknowledged.
struct Acked {
    text: String,
    at: Instant,
}

/// Talks until the connection breaks, and returns what was acknowledged, by message id.
fn talk(server: &Server, name: &str, ready: mpsc::Sender<()>) -> BTreeMap<u64, Acked> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut acked = BTreeMap::new();
    let connect = json!({"action": "connect", "username": name});
    let join = json!({"action": "joinroom", "room": "dev"});
    stream.write_all(format!("{connect}\n{join}\n").as_bytes()).unwrap();
    for number in (0..).step_by(LINES_AT_ONCE) {
        let requests: String = (number..number + LINES_AT_ONCE)
            .map(|number| {
                let text = format!("{name} says {number}");
                let request = json!({"action": "chat", "room": "dev", "message": text, "id": text});
                format!("{request}\n")
            })
            .collect();
        if stream.write_all(requests.as_bytes()).is_err() {
            return acked;
        }
        let mut left = LINES_AT_ONCE;
        while left > 0 {
            let Some(Ok(line)) = lines.next() else {
                return acked;
            };
            // The last line may be cut.
            let Ok(object) = serde_json::from_str::<Value>(&line) else {
                continue;
            };
            if object["action"] == "ack" {
                let text = object["id"].as_str().unwrap().to_owned();
                let id = object["message_id"].as_u64().unwrap();
                acked.insert(id, Acked { text, at: Instant::now() });
                left -= 1;
            }
        }
        if number == 0 {
            ready.send(()).unwrap();
        }
        thread::sleep(PAUSE);
    }
    acked
}

/// The outcome of one kill.
struct Loss {
    said: usize,
    lost: usize,
    /// Lines that were lost long before the kill, since the queue to the disk was full.
    no_room: u64,
    /// How long before the kill the first lost line was acknowledged.
    time: Duration,
}

/// Kills a server after this time, and finds out what the next one has.
fn kill_after(directory: &Directory, time: Duration, round: usize) -> Loss {
    let killed = server(directory);
    let mut observer = Client::connect(&killed);
    observer.line();
    ask(&mut observer, &json!({"action": "connect", "username": "observer"}));
    let joined = ask(&mut observer, &json!({"action": "joinroom", "room": "dev"}));
    let (start, epoch) = (joined["last_message_id"].as_u64().unwrap(), joined["epoch"].clone());
    let (sender, ready) = mpsc::channel();
    let (acked, killed_at) = thread::scope(|scope| {
        let talkers: Vec<_> = (0..TALKERS)
            .map(|talker| {
                let (sender, name, server) =
                    (sender.clone(), format!("r{round}t{talker}"), &killed);
                scope.spawn(move || talk(server, &name, sender))
            })
            .collect();
        for _ in 0..TALKERS {
            ready.recv().unwrap();
        }
        // Until now it has kept the room open.
        drop(observer);
        // Any moment will do: nothing is expected to have happened by then.
        thread::sleep(time);
        let killed_at = Instant::now();
        killed.signal(Signal::KILL);
        let talked = talkers.into_iter().flat_map(|talker| talker.join().unwrap());
        (talked.collect::<BTreeMap<u64, Acked>>(), killed_at)
    });
    drop(killed);

    let next = server(directory);
    let mut observer = Client::connect(&next);
    observer.line();
    ask(&mut observer, &json!({"action": "connect", "username": "observer"}));
    let joined = ask(&mut observer, &json!({"action": "joinroom", "room": "dev"}));
    assert_eq!(joined["epoch"], epoch);
    let last_said = *acked.keys().last().unwrap();
    let last_id = joined["last_message_id"].as_u64().unwrap();
    assert!(last_id >= last_said, "an id that clients have seen would be given again");
    let (kept, gaps) = past(&mut observer, start);
    // Without a gap up to the loss, and each line what its sender has said. Where the disk was too slow for all these lines,
    // some had no room in the queue, and a gap says so.
    let end = kept.keys().last().copied().unwrap_or(start);
    let (crash, full) = gaps.split_last().expect("a crash is told");
    let mut no_room = 0;
    for gap in full {
        let id = |key: &str| gap[key].as_u64().unwrap();
        assert!(gap["cause"] == "full" && start < id("first") && id("last") <= end, "{gaps:?}");
        assert!(kept.range(id("first")..=id("last")).next().is_none(), "{gap}");
        no_room += id("last") - id("first") + 1;
    }
    assert_eq!(kept.len() as u64 + no_room, end - start, "{gaps:?}");
    for (id, text) in &kept {
        assert!(acked.get(id).is_none_or(|acked| acked.text == *text), "{id}: {text}");
    }
    // The rest is told as a gap.
    let (first, last) = (crash["first"].as_u64().unwrap(), crash["last"].as_u64().unwrap());
    // Between two crashes without a line there is one gap.
    let is_right = first == end + 1 || kept.is_empty() && first <= end;
    assert!(is_right && last == last_id && crash["cause"] == "crash", "{crash} after {end}");
    drop(next);
    let lost: Vec<&Acked> = acked.range(end + 1..).map(|(_, acked)| acked).collect();
    let first = lost.iter().map(|acked| acked.at).min().unwrap_or(killed_at);
    Loss {
        said: acked.len(),
        lost: lost.len(),
        no_room,
        time: killed_at.saturating_duration_since(first),
    }
}

#[test]
fn a_crash_loses_the_last_quarter_of_a_second() {
    let kills = std::env::var("HISTORY_KILLS").ok().and_then(|kills| kills.parse().ok());
    let directory = Directory::new("kills");
    // A room of which nothing was written begins anew, and so do its ids.
    let first = server(&directory);
    let mut ann = Client::join_json(&first, "ann", "dev");
    ann.send_object(&json!({"action": "chat", "room": "dev", "message": "the first line"}));
    assert_eq!(crate::texts(&crate::search(&mut ann, "first")).len(), 1);
    drop(first);
    let losses: Vec<Loss> = (0..kills.unwrap_or(20))
        .map(|round| {
            kill_after(&directory, Duration::from_millis(50 + 137 * round as u64 % 600), round)
        })
        .collect();
    let most = losses.iter().map(|loss| loss.lost).max().unwrap_or(0);
    let longest = losses.iter().map(|loss| loss.time).max().unwrap_or_default();
    let mut lost: Vec<usize> = losses.iter().map(|loss| loss.lost).collect();
    lost.sort_unstable();
    let said: usize = losses.iter().map(|loss| loss.said).sum();
    let no_room: u64 = losses.iter().map(|loss| loss.no_room).sum();
    let summary = format!(
        "{} kills, {said} lines acknowledged, {no_room} of them without room in the queue; lost by a kill: {} lines in the middle, \
         {most} at most, none older than {} ms\n",
        losses.len(),
        lost[lost.len() / 2],
        longest.as_millis()
    );
    std::io::stdout().write_all(summary.as_bytes()).unwrap();
    assert!(longest <= LOST_TIME_MAX && most <= LOST_LINES_MAX, "{summary}");
}
