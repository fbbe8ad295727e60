//! What the README says of the settings is what they are.

use chatserv::config::{Config, Outcome, load};

#[test]
fn the_table_of_flags_names_every_setting_with_its_default() {
    let readme = include_str!("../README.md");
    let rows: Vec<(&str, &str)> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `--")?.split_once("` | "))
        .map(|(flag, rest)| {
            let flag = flag.split(' ').next().unwrap_or(flag);
            let default = rest.split(" |").next().unwrap_or("");
            (flag, default.trim_matches('`'))
        })
        .filter(|(flag, _)| !["config", "check-config"].contains(flag))
        .collect();
    let settings = Config::default().to_toml();
    let settings: Vec<(&str, String)> = settings
        .lines()
        .filter_map(|line| line.split_once(" = "))
        // humantime reads `60s` and writes `1m`.
        .map(|(key, value)| (key, value.trim_matches('"').replace("1m", "60s")))
        .collect();
    let rows: Vec<(&str, String)> = rows
        .into_iter()
        .map(|(flag, default)| (flag, default.to_owned()))
        .collect();
    assert_eq!(rows, settings);
}

#[test]
fn every_file_that_the_readme_leads_to_is_there() {
    let readme = include_str!("../README.md");
    let links: Vec<&str> = readme
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .collect();
    assert!(links.len() > 10, "{links:?}");
    for link in links.into_iter().filter(|link| !link.starts_with("http")) {
        // A place in the README itself is named by its heading.
        if let Some(heading) = link.strip_prefix('#') {
            let named = |line: &str| line.to_lowercase().replace(' ', "-");
            let is_there = readme
                .lines()
                .filter_map(|line| line.strip_prefix("## "))
                .any(|line| named(line) == heading);
            assert!(is_there, "{link}");
            continue;
        }
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(link);
        assert!(path.exists(), "{link}");
    }
}

#[test]
fn the_table_of_what_changes_while_the_chat_runs_is_right() {
    let readme = include_str!("../README.md");
    let (_, table) = readme
        .split_once("| what changes | for whom |")
        .expect("the README has such a table");
    let rows = table.lines().skip(2).take_while(|row| !row.is_empty());
    let (mut changing, mut staying) = (Vec::new(), Vec::new());
    for row in rows {
        let (keys, whom) = row.split_once(" | ").expect("a row has two cells");
        let keys = keys.split('`').skip(1).step_by(2).map(str::to_owned);
        if whom.starts_with("nobody") {
            staying.extend(keys);
        } else {
            changing.extend(keys);
        }
    }
    // Settings in which nothing is as by default: what of them is taken over is what can change.
    let other = "--port=1 --json-port=2 --bind=:: --max-clients=1 --anonymous --operators=nobody \
                 --operator-password-file=x --login-timeout=1s --idle-timeout=off --delivery=direct \
                 --max-writers=1 --outbox-bytes=8KiB --outbox-age=1s --outbox-total=1MiB --send-buffer=4KiB \
                 --announce-up-to=1 --history-on-join=1 --motd=x --time-zone=UTC --connections-per-address=1 \
                 --connections-per-minute=1 --rate-limit=off --state-dir=x --shutdown-grace=1s --log-messages \
                 --log-level=warn --trace=x";
    let arguments = std::iter::once("chatserv").chain(other.split_whitespace());
    let Ok(Outcome::Run(other)) = load(arguments.map(Into::into), []) else {
        panic!("these are no settings: {other}");
    };
    let now = Config::default();
    let all = now.differences(&other);
    assert_eq!(all.len(), now.to_toml().lines().count());
    let then = now.changed_to(other);
    let sorted = |mut keys: Vec<String>| {
        keys.sort();
        keys
    };
    assert_eq!(sorted(changing), sorted(now.differences(&then)));
    let stays = |key: &String| !now.differences(&then).contains(key);
    assert_eq!(
        sorted(staying),
        sorted(all.into_iter().filter(stays).collect())
    );
}
