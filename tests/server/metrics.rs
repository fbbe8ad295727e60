//! `--metrics-port`: what a scraper gets, and what it cannot do.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::scrape::{exchange, families, port, samples, text, value};
use crate::support::slow::Pair;
use crate::support::{Client, Program, Server, chatserv, command, find, or_skip, until};

fn server(flags: &[&str]) -> (Server, u16) {
    let server = Server::start(&[&["--metrics-port", "0"], flags].concat());
    let port = port(&server);
    (server, port)
}

/// A file of the project.
fn read(path: &str) -> String {
    fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn what_happens_is_counted() {
    let (server, port) = server(&["--json-port", "0"]);
    let now = |name: &str| value(port, name);
    assert_eq!(now("chatserv_clients{port=\"plain\"}"), 0.0);
    let mut ann = Client::join(&server, "ann");
    let mut bob = Client::join(&server, "bob");
    let json = TcpStream::connect((Ipv4Addr::LOCALHOST, server.json_port())).unwrap();
    let mut json = Client::over(json);
    json.send_object(&serde_json::json!({"action": "connect", "username": "cid"}));
    json.skip_to_action("connect");
    assert_eq!(now("chatserv_clients{port=\"plain\"}"), 2.0);
    assert_eq!(now("chatserv_clients{port=\"json\"}"), 1.0);
    // The batch is counted when it is over, which is after its lines were sent.
    until("three names are three lines", || now("chatserv_lines_total") == 3.0);
    ann.skip_to("id = cid");
    let before = now("chatserv_deliveries_total");
    ann.say("one");
    ann.say("two");
    bob.skip_to("ann : two");
    until("five lines", || now("chatserv_lines_total") == 5.0);
    // Only bob is in the room with her.
    assert_eq!(now("chatserv_deliveries_total"), before + 2.0);

    bob.say("/quit");
    json.close_by_reset();
    until("one has left", || now("chatserv_disconnects_total{reason=\"quit\"}") == 1.0);
    let lost = "chatserv_disconnects_total{reason=\"connection_lost\"}";
    until("another is lost", || now(lost) == 1.0);
    until("one is left", || now("chatserv_clients{port=\"plain\"}") == 1.0);
    assert_eq!(now("chatserv_clients{port=\"json\"}"), 0.0);
    let samples = samples(&text(port));
    let batches = samples["chatserv_dispatch_seconds_count"];
    assert!(batches >= 8.0, "{samples:?}");
    assert_eq!(samples["chatserv_dispatch_seconds_bucket{le=\"+Inf\"}"], batches);
    assert!(samples["chatserv_dispatch_seconds_sum"] > 0.0);
}

#[test]
fn refusals_are_counted_by_their_reason() {
    let (server, port) = server(&["--max-clients", "1"]);
    let refused = || value(port, "chatserv_refused_total{reason=\"max_clients\"}");
    let _ann = Client::join(&server, "ann");
    for count in 1..=3 {
        Client::connect(&server).skip_to("server: ");
        until("the refusal is counted", || refused() == f64::from(count));
    }
    assert_eq!(value(port, "chatserv_refused_total{reason=\"banned\"}"), 0.0);
}

#[test]
fn what_waits_for_a_client_that_does_not_read_is_shown() {
    let (server, port) = server(&["--send-buffer", "4KiB"]);
    let mut pair = Pair::join(&server);
    let stalled = pair.with_stalled(&server, "stalled");
    pair.exchange_bytes(2 * super::support::slow::MORE_THAN_THE_KERNEL_BYTES);
    until("a writer lives", || value(port, "chatserv_writers") == 1.0);
    until("bytes wait", || value(port, "chatserv_outbox_bytes") > 1000.0);
    stalled.close_by_reset();
    until("no writer is left", || value(port, "chatserv_writers") == 0.0);
    until("nothing waits", || value(port, "chatserv_outbox_bytes") == 0.0);
}

#[test]
fn the_numbers_of_the_process_are_those_of_the_system() {
    let (server, port) = server(&[]);
    let base = server.base_line();
    let _clients: Vec<Client> = (0..20).map(|_| Client::connect(&server)).collect();
    until("all have a reader", || server.threads_called("reader") == 20);
    let samples = samples(&text(port));
    assert_eq!(samples["process_threads"], server.thread_count() as f64);
    // The connection of the scraper is one of them.
    let open = fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count() as f64;
    assert!((samples["process_open_fds"] - open).abs() <= 2.0, "{open}: {samples:?}");
    assert!(samples["process_max_fds"] >= open);
    assert!(samples["process_resident_memory_bytes"] > 1e6, "{base:?}");
    assert!(samples["process_cpu_seconds_total"] > 0.0);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    assert!((0.0..60.0).contains(&(now - samples["process_start_time_seconds"])));
}

#[test]
fn the_numbers_name_neither_rooms_nor_people() {
    let (server, port) = server(&["--operators", "loopback"]);
    let mut ann = Client::join(&server, "annabella");
    ann.say("/join cellar");
    ann.skip_to("cellar");
    let text = text(port);
    for name in ["annabella", "cellar", "lobby", "127.0.0.1"] {
        assert!(!text.contains(name), "{name}: {text}");
    }
}

#[test]
fn only_get_of_one_path_is_answered() {
    let (_server, port) = server(&[]);
    for (request, status) in [
        ("GET /metrics HTTP/1.0\r\n\r\n", "200 OK"),
        ("GET / HTTP/1.1\r\n\r\n", "404 Not Found"),
        ("POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "405 Method Not Allowed"),
        ("HEAD /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", "400 Bad Request"),
        (&format!("GET /metrics HTTP/1.1\r\nX: {}", "x".repeat(9000)), "431 "),
    ] {
        let answer = exchange(port, request.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
    }
    // A head may come byte by byte.
    let mut slow = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    for byte in b"GET /metrics HTTP/1.1\r\n\r\n" {
        slow.write_all(&[*byte]).unwrap();
    }
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("\nchatserv_lines_total 0\n"), "{answer}");
}

#[test]
fn a_silent_scraper_keeps_nobody_waiting_for_ever_and_no_shutdown() {
    let (mut server, port) = server(&[]);
    let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let mut silent = connect();
    let mut half = connect();
    half.write_all(b"GET /metrics HTT").unwrap();
    let began = Instant::now();
    // Two before it, each with two seconds.
    assert!(text(port).contains("chatserv_clients"));
    let waited = began.elapsed();
    assert!(waited > Duration::from_secs(1), "they were not before it: {waited:?}");
    // They are cut off, without an answer.
    assert_eq!(silent.read(&mut [0; 10]).unwrap(), 0);
    assert_eq!(half.read(&mut [0; 10]).unwrap(), 0);

    let _silent = connect();
    until("it is being served", || server.threads_called("metrics") == 1);
    let mut ann = Client::join(&server, "ann");
    let began = Instant::now();
    ann.say("SHUTDOWN");
    // Otherwise its reader would linger.
    ann.half_close();
    server.ends_well();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[test]
fn without_the_setting_nobody_listens_and_with_it_only_loopback_does() {
    let plain = Server::start(&[]);
    assert_eq!(plain.threads_called("metrics"), 0);
    let (with, port) = server(&[]);
    // A thread takes its name after it has started.
    until("the thread has its name", || with.threads_called("metrics") == 1);
    // The same port is free on another address, so this server does not listen there.
    assert!(TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), port)).is_ok());
    let other = ["--port", "0", "--metrics-port", "0", "--metrics-bind", "127.0.0.2"];
    let other = Server::start_by(&mut chatserv(&other));
    other.printed(|line| line.starts_with("Waiting for scrapers at http://127.0.0.2:"));
}

#[test]
fn a_port_that_is_taken_is_named_by_its_flag() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let started = Program::start(&mut chatserv(&["--port", "0", "--metrics-port", &port]));
    let ended = started.end();
    assert_eq!(ended.status, Some(1));
    assert!(ended.stderr.contains("choose another with --metrics-port"), "{}", ended.stderr);
    let elsewhere = ["--port", "0", "--metrics-port", "0", "--metrics-bind", "192.0.2.1"];
    let ended = Program::start(&mut chatserv(&elsewhere)).end();
    assert!(ended.stderr.contains("one of its own with --metrics-bind"), "{}", ended.stderr);
}

#[test]
fn promtool_has_nothing_to_complain_about() {
    let promtool = or_skip!(find("promtool"));
    let (server, port) = server(&[]);
    let mut ann = Client::join(&server, "ann");
    ann.say("hello");
    ann.say("/who");
    ann.skip_to("ann");
    let mut check = command(promtool);
    check.args(["check", "metrics"]).stdin(Stdio::piped());
    let mut check = Program::start(&mut check);
    check.types(&text(port));
    let ended = check.end();
    let told = ended.stdout + &ended.stderr;
    assert_eq!((ended.status, told.as_str()), (Some(0), ""));
}

/// The words of a text that are names of metrics, without what a histogram appends.
fn names(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !is_part(c));
    let ours = words.filter(|word| word.starts_with("chatserv_") || word.starts_with("process_"));
    let of_histogram = |word: &str| {
        let ends = ["_bucket", "_sum", "_count"];
        let stem = ends.iter().find_map(|end| word.strip_suffix(end));
        stem.unwrap_or(word).to_owned()
    };
    ours.map(of_histogram).collect()
}

/// The families of a server, and those that need a history or several machines, whose own tests look for them.
fn all_families() -> BTreeSet<String> {
    let (_server, port) = server(&[]);
    let text = text(port);
    let mut families: BTreeSet<String> = families(&text).into_iter().map(str::to_owned).collect();
    for optional in ["chatserv_history_queue", "chatserv_log_lag_entries"] {
        assert!(families.insert(optional.to_owned()), "{optional} without a reason");
    }
    families
}

#[test]
fn the_dashboard_asks_for_metrics_that_there_are() {
    let dashboard: serde_json::Value = serde_json::from_str(&read("scripts/grafana.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let asked: BTreeSet<String> =
        targets.flat_map(|target| names(target["expr"].as_str().unwrap())).collect();
    let there = all_families();
    assert!(asked.is_subset(&there), "{:?}", asked.difference(&there));
    let shown: Vec<&String> = there.difference(&asked).collect();
    assert_eq!(shown, ["process_virtual_memory_bytes"], "not on the dashboard");
}

#[test]
fn the_guide_has_every_metric_and_no_other() {
    let guide = read("src/guide/operations.md");
    let (_, section) = guide.split_once("\n## Metrics\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let listed: BTreeSet<String> =
        rows.flat_map(|row| names(row.split(" | ").next().unwrap())).collect();
    assert_eq!(listed, all_families());
}

#[test]
fn prometheus_takes_the_configuration_of_the_guide() {
    let promtool = or_skip!(find("promtool"));
    let guide = read("src/guide/operations.md");
    let block = guide.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let directory = crate::support::directory::Directory::new("prometheus");
    directory.write("prometheus.yml", block);
    let mut check = command(promtool);
    let ended =
        Program::start(check.args(["check", "config", &directory.path("prometheus.yml")])).end();
    assert_eq!(ended.status, Some(0), "{}{}", ended.stdout, ended.stderr);
}
