//! Passwords are neither in the log of the chat nor in that of the server.

use serde_json::{Value, json};

use crate::starts::refused;
use crate::support::directory::Directory;
use crate::support::redis::Redis;
use crate::support::{Client, or_skip};
use crate::{machine, machine_at};

#[test]
fn the_operator_password_never_reaches_redis() {
    let redis = or_skip!(Redis::start(&[]));
    let directory = Directory::new("secrets");
    directory.write_private("word", b"open-sesame\n");
    let word = directory.path("word");
    let flags = ["--operators", "nobody", "--operator-password-file", &word];
    let (a, b) =
        (machine_at(&redis.address(), "a", &flags), machine_at(&redis.address(), "b", &flags));
    let (mut ann, mut bob) = (Client::join(&a, "ann"), Client::join(&b, "bob"));
    ann.expect("server: A new client has connected to the chat: id = bob");
    bob.say("/op open-sesam");
    bob.skip_to("That is not the operator password");
    bob.say("/op open-sesame");
    bob.expect("server: You are an operator now. /help lists the commands for operators, too.");
    bob.say("/kick ann");
    ann.skip_to("bob");
    ann.expect_end();
    let mut program = Client::join_json(&a, "program", "dev");
    program.send(b"{\"action\":\"op\",\"password\":\"open-sesame\"}\n");
    program.skip_to_action("op");
    let mut page = Client::join_json(&b, "page", "dev");
    page.send(b"{\"action\":\"typed\",\"line\":\"/op open-sesam\"}\n");
    assert_eq!(page.skip_to_action("error")["code"], "wrong_operator_password");
    page.send(b"{\"action\":\"typed\",\"line\":\"/op open-sesame\"}\n");
    page.skip_to_action("op");
    let log = redis.ask_for_all(&["XRANGE", "{chat}:log", "-", "+"]);
    assert!(log.contains("\"Op\"") && log.contains("/op "), "{log}");
    assert!(!log.contains("sesam"), "{log}");
    // The word that stands there instead is good for nothing.
    let (_, rest) = log.split_once("/op a:").unwrap();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let mut cid = Client::join(&a, "cid");
    cid.say(&format!("/op a:{digits}"));
    cid.skip_to("That is not the operator password");
}

#[test]
fn the_word_that_takes_a_name_back_is_not_in_redis() {
    let redis = or_skip!(Redis::start(&[]));
    let (a, b) = (machine(&redis, "a"), machine(&redis, "b"));
    let mut ann = Client::join(&a, "ann");
    ann.say("/reclaim");
    let told = ann.skip_to("server: ann ");
    let word = told.rsplit(' ').next().unwrap().to_owned();
    assert_eq!(word.len(), 32, "{told}");
    let mut program = Client::connect(&a);
    program.send_object(&json!({"action": "connect", "username": "program"}));
    let connected = program.skip_to_line(|line| line.contains("\"connect\""));
    let connected: Value = serde_json::from_str(&connected).unwrap();
    let program_word = connected["reclaim"].as_str().unwrap().to_owned();
    let everything = ["XRANGE", "{chat}:log", "-", "+"];
    let log = redis.ask_for_all(&everything);
    assert!(log.contains("Hashed"), "{log}");
    for word in [&word, &program_word] {
        let bytes: Vec<String> = (0..16)
            .map(|at| u8::from_str_radix(&word[2 * at..2 * at + 2], 16).unwrap().to_string())
            .collect();
        assert!(!log.contains(word) && !log.contains(&bytes.join(",")), "{log}");
    }
    // The words are good on every machine.
    let mut again = Client::connect(&b);
    again.say(&format!("ann {word}"));
    ann.skip_to("You took your name back with another connection.");
    again.say("/whois ann");
    again.skip_to_line(|line| line.contains("machine") && line.ends_with('b'));
    program.close_by_reset();
    let mut program = Client::connect(&b);
    let back = json!({"action": "connect", "username": "program", "reclaim": program_word});
    program.send_object(&back);
    let told = program.skip_to_line(|line| line.contains("\"action\""));
    assert!(told.contains("\"connect\""), "{told}");
}

#[test]
fn the_password_of_redis_comes_from_a_file_and_is_not_told() {
    let redis = or_skip!(Redis::start(&["--requirepass", "open-barley"]));
    let directory = Directory::new("secrets");
    directory.write_private("right", b"open-barley\n");
    directory.write_private("wrong", b"open-wheat\n");
    let (right, wrong) = (directory.path("right"), directory.path("wrong"));
    let a = machine_at(
        &redis.address(),
        "a",
        &["--cluster-password-file", &right, "--log-level", "debug"],
    );
    let mut ann = Client::join(&a, "ann");
    ann.hears_nothing();
    for flags in [&["--cluster-password-file", &wrong][..], &[]] {
        let told = refused(&redis.address(), "b", flags);
        assert!(
            told.contains("Start Redis, or correct --cluster and --cluster-password-file"),
            "{told}"
        );
        assert!(!told.contains("wheat"), "{told}");
    }
    assert!(!a.log_so_far().contains("barley"), "{}", a.log_so_far());
}
