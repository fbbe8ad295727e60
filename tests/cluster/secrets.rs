//! Passwords are neither in the log of the chat nor in that of the server.

use crate::machine_at;
use crate::starts::refused;
use crate::support::directory::Directory;
use crate::support::redis::Redis;
use crate::support::{Client, or_skip};

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
