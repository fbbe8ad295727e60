//! Errors about settings: one line with the setting, the given value, and the allowed ones.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use chatserv::config::{Config, Outcome, limits, load};

use super::{SettingsFile, config, error};

/// Values just inside and just outside the bounds of each setting.
const BOUNDS: &str = "
port                    | 0, 65535                           | -1, 65536, 1.5, 0x10, 13 37, off
json-port               | 0, 65535, off                      | -1, 65536, none, Off
web-port                | 0, 65535, off                      | -1, 65536, none, Off
web-host                | none, Chat.example.org, a.b         | http://a, a:80, [::1], a/b, a b
web-others              | none, https://a, http://A.b:80, https://[::1]:1 | a, ftp://a, https://a/, https://a:0, https://a:x, https://, https://[a], https://::1
proxy-port              | 0, 65535, off                      | -1, 65536, none, Off
proxy-from              | ::1, 10.0.0.0/8, 0.0.0.0/0,::/0     | none, 10.0.0.1/8, localhost, ::/129, 10.0.0.0/8,
bind                    | localhost, 0.0.0.0, ::, 127.0.0.2  | example.org, 127.0.0.1:80, LOCALHOST
max-clients             | 1, 1000000                         | 0, 1000001, many, 99999999999999999999999
anonymous               | true, false                        | yes, 1, TRUE
glass                   | off, operators, everybody          | on, Off
operators               | loopback, nobody, anyone           | all, Nobody
operator-password-file  | none, /no/where, a b               |
login-timeout           | 1ms, 30days, 1m 30s                | 60, 0, 0s, 999us, 31days, -1s, 9e99s
idle-timeout            | 1ms, 30days, off                   | 60, 0s, 31days, none
delivery                | direct, writer, direct-then-writer | dir
max-writers             | 1, 1000000                         | 0, 1000001, off
outbox-bytes            | 4KiB, 256MiB                       | 4095B, 2GiB, 262144, 1, KiB, -1KiB, 99999EiB
outbox-age              | 1ms, 30days                        | 10, 31days, off
outbox-total            | 4MiB, 64GiB                        | 4095B, 65GiB, 268435456
send-buffer             | 1KiB, 16MiB, 1.5KiB                | 1023B, 17MiB, 32768
announce-up-to          | 0, 1000000                         | -1, 1000001, off
history-on-join         | 0, 200                             | -1, 201, off
motd                    | none, /no/where                    |
time-zone               | system, UTC, Europe/Berlin, america/lima | Berlin, +01:00, Etc/Unknown, none
connections-per-address | 1, 1000000, off                    | 0, 1000001, Off, none
connections-per-minute  | 1, 1000000, off                    | 0, 1000001
rate-limit              | 20,5/s, 1,1/s, 100000,100000/s, off | 20, 20,5, 0,5/s, 20,0/s, 20,5/min, 100001,5/s
state-dir               | none, /no/where                    |
history                 | none, /no/where                    |
history-days            | 1, 36500, off                      | 0, 36501, 1d, none
metrics-port            | 0, 65535, off                      | -1, 65536, none, Off
metrics-bind            | 0.0.0.0, ::, 127.0.0.2             | localhost, off, 127.0.0.1:80
history-size            | 1MiB, 1TiB, 4GiB                   | 1023KiB, 1025GiB, 4, off
cluster                 | none                               |
cluster-name            | a, team-1_b.c                      | a b, a/b, {a}
node                    | none, berlin-1                     | a:b, a b
cluster-password-file   | none, /no/where                    |
shutdown-grace          | 1ms, 30days                        | 5, 31days
drain                   | 1ms, 30days                        | 5, 31days
log-messages            | true, false                        | 0
log-level               | error, warn, info, debug           | trace, Info
trace                   | none, /no/where                    |
";

#[test]
fn values_have_bounds() {
    let settings = Config::default().to_toml();
    assert_eq!(BOUNDS.trim().lines().count(), settings.lines().count(), "a setting has no row");
    for row in BOUNDS.trim().lines() {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let [key, inside, outside] = columns[..] else { panic!("{row}") };
        for value in inside.split(", ") {
            config(&[&format!("--{key}={value}")], &[]);
        }
        // Every text but the empty one is a path.
        for value in outside.split(", ").filter(|value| !value.is_empty()) {
            let line = error(&[&format!("--{key}={value}")], &[]);
            let beginning = format!("--{key}: got {value:?}, expected ");
            assert!(line.starts_with(&beginning), "{line}");
        }
        let line = error(&[&format!("--{key}=")], &[]);
        assert!(line.starts_with(&format!("--{key}: got no value, expected ")), "{line}");
    }
}

/// Arguments, each followed by the error.
const FLAGS: &str = r#"
--port=abc
    --port: got "abc", expected a whole number from 0 to 65535
--port
    --port: got no value, expected --port <PORT>
--operators all
    --operators: got "all", expected loopback, nobody or anyone
--bind=x
    --bind: got "x", expected localhost or an IP address
--login-timeout 60
    --login-timeout: got "60", expected a time from 1ms to 30days with a unit, as in 60s
--outbox-bytes=262144
    --outbox-bytes: got "262144", expected a size from 4KiB to 1GiB with a unit, as in 256KiB
--outbox-bytes=512MiB
    outbox-bytes: got 512MiB, expected at most outbox-total, which is 256MiB
--json-port=1337
    json-port: got 1337, expected another port than port
--web-port=1337
    web-port: got 1337, expected another port than port
--web-port=1338 --json-port=1338
    web-port: got 1338, expected another port than json-port
--metrics-port=1338 --json-port=1338
    metrics-port: got 1338, expected another port than json-port
--proxy-port=1337
    proxy-port: got 1337, expected another port than port
--proxy-from=10.0.0.1/8
    --proxy-from: got "10.0.0.1/8", expected IP addresses or networks separated by commas, as in 192.0.2.7,10.0.0.0/8
--json-port=x
    --json-port: got "x", expected a whole number from 0 to 65535, or off
--state-dir=
    --state-dir: got no value, expected the path of a directory, or none
--idle-timeout=60
    --idle-timeout: got "60", expected a time from 1ms to 30days with a unit, as in 60s, or off
--time-zone=Europe/Berlni
    --time-zone: got "Europe/Berlni", expected system, UTC, or a name such as Europe/Berlin
--connections-per-minute=0
    --connections-per-minute: got "0", expected a whole number from 1 to 1000000, or off
--max-clients -5
    --max-clients: got "-5", expected a whole number from 1 to 1000000
--idle-timeout -5s
    --idle-timeout: got "-5s", expected a time from 1ms to 30days with a unit, as in 60s, or off
--outbox-bytes -1KiB --port 1
    --outbox-bytes: got "-1KiB", expected a size from 4KiB to 1GiB with a unit, as in 256KiB
--rate-limit -5,5/s
    --rate-limit: got "-5,5/s", expected lines at once and lines a second, each from 1 to 100000, as in 20,5/s, or off
--check-config -5s
    --check-config: got "-5s", expected no value
--port=1 -5s
    "-5": unknown flag, see --help
--prot=1
    "--prot": unknown flag, did you mean --port?
--zzz
    "--zzz": unknown flag, see --help
foo
    "foo": stray argument, expected flags only, see --help
--anonymous false
    "false": stray argument, expected flags only, see --help
--anonymous=no
    --anonymous: got "no", expected true or false
--check-config=yes
    --check-config: got "yes", expected no value
--config
    --config: got no value, expected --config <FILE>
--config=
    --config: got no value, expected the path of a file
--config=/no/where
    /no/where: cannot be read: No such file or directory (os error 2)
--config=/
    /: is a directory, a pipe or a device, expected a regular file
"#;

#[test]
fn wrong_flags() {
    for (flags, expected) in cases(FLAGS) {
        let flags: Vec<&str> = flags.split_whitespace().collect();
        assert_eq!(error(&flags, &[]), expected);
    }
}

/// Settings files of one line, each followed by the error.
const FILES: &str = r#"
port = 70000
    port: got "70000", expected a whole number from 0 to 65535
port = ''
    port: got no value, expected a whole number from 0 to 65535
outbox-age = 10
    outbox-age: got "10", expected a time from 1ms to 30days with a unit, as in 60s
bind = "a\n\u001b"
    bind: got "a\n\u{1b}", expected localhost or an IP address
port = 1.5
    port: got a value of type float, expected a string, a whole number, true or false
port = [1]
    port: got a value of type array, expected a string, a whole number, true or false
port.x = 1
    port: got a value of type table, expected a string, a whole number, true or false
"\u001b" = [1]
    "\u{1b}": got a value of type array, expected a string, a whole number, true or false
prot = 1
    prot: unknown key, did you mean port?
"#;

#[test]
fn wrong_settings_files() {
    for (content, expected) in cases(FILES) {
        assert_eq!(SettingsFile::new("wrong", content).error(), expected);
    }
    let twice = SettingsFile::new("twice", "port = 1\nport = 2");
    assert_eq!(twice.error(), r#"line 2: duplicate key at "port""#);
    let binary = SettingsFile::new("binary", b"port = \xff");
    assert_eq!(binary.error(), "is not UTF-8 text");
    // The TOML parser's own words may change.
    for second in ["port = \"1\n", "port", "\u{1b}[2J = 1", "port = \"\u{1b}\r\""] {
        let line = SettingsFile::new("no-toml", format!("# fine\n{second}")).error();
        assert!(line.starts_with("line 2: "), "{line}");
    }
}

#[test]
fn unknown_keys_in_a_file() {
    let flags = "config check-config help version h";
    let spellings = "PORT max_clients '--port' 'port=5' ''";
    for key in flags.split(' ').chain(spellings.split(' ')) {
        let line = SettingsFile::new("no-setting", format!("{key} = 1")).error();
        assert!(line.contains(": unknown key, "), "{line}");
    }
    let line = SettingsFile::new("no-near-miss", "zzzz = 1").error();
    assert!(
        line.starts_with(
            "zzzz: unknown key, expected port, json-port, web-port, web-host, web-others, glass, proxy-port, proxy-from, bind, "
        ),
        "{line}"
    );
    assert!(line.ends_with(", metrics-bind or trace"), "{line}");
}

#[test]
fn the_length_of_a_settings_file_is_limited() {
    let longest = usize::try_from(limits::CONFIG_FILE_BYTES_MAX).unwrap();
    let file = SettingsFile::new("long", "#".repeat(longest));
    assert_eq!(config(&[&file.flag()], &[]), Config::default());
    let file = SettingsFile::new("too-long", "#".repeat(longest + 1));
    assert_eq!(file.error(), "is longer than 65536 bytes, which no settings file is");
}

/// Variables, each followed by the error.
const VARIABLES: &str = r#"
CHATSERV_PORT=x
    CHATSERV_PORT: got "x", expected a whole number from 0 to 65535
CHATSERV_PORT=
    CHATSERV_PORT: got no value, expected a whole number from 0 to 65535
CHATSERV_PROT=1
    CHATSERV_PROT: unknown variable, did you mean CHATSERV_PORT?
CHATSERV_CONFG=x
    CHATSERV_CONFG: unknown variable, did you mean CHATSERV_CONFIG?
CHATSERV_CONFIG=
    CHATSERV_CONFIG: got no value, expected the path of a file
CHATSERV_CONFIG=/no/where
    /no/where: cannot be read: No such file or directory (os error 2)
"#;

#[test]
fn wrong_variables_even_if_a_flag_overrides_them() {
    for (variable, expected) in cases(VARIABLES) {
        let variable = variable.split_once('=').unwrap();
        assert_eq!(error(&[], &[variable]), expected);
        assert_eq!(error(&["--port=1"], &[variable]), expected);
    }
    // Flags without a variable, and other spellings.
    for name in ["HELP", "CHECK_CONFIG", "", "port", "MAX-CLIENTS"] {
        let name = format!("CHATSERV_{name}");
        let line = error(&[], &[(&name, "1")]);
        assert!(line.starts_with(&format!("{name}: unknown variable, ")), "{line}");
    }
    let line = error(&[], &[("CHATSERV_ZZZZ", "1")]);
    assert!(line.contains(" expected CHATSERV_PORT, "), "{line}");
    assert!(line.ends_with(" or CHATSERV_CONFIG"), "{line}");
}

#[test]
fn an_error_is_safe_on_a_terminal() {
    let nasty = "\u{1b}[2J\r\n\u{202e}\u{7}";
    let escaped = r"\u{1b}[2J\r\n\u{202e}\u{7}";
    #[rustfmt::skip]
    let cases = [
        (format!("--port={nasty}"), format!("--port: got \"{escaped}\", ")),
        (format!("--{nasty}"), format!("\"--{escaped}\": unknown flag")),
        (nasty.to_owned(), format!("\"{escaped}\": stray argument")),
        (format!("--config=/no/{nasty}"), format!("/no/{escaped}: cannot be read")),
    ];
    for (flag, expected) in cases {
        let line = error(&[&flag], &[]);
        assert!(line.starts_with(&expected), "{line}");
    }
    let endless = format!("--port={}", "1".repeat(100_000));
    assert!(error(&[&endless], &[]).len() < 200, "the quotation is too long");
}

#[test]
fn input_that_is_not_utf8() {
    let chatserv = || OsString::from("chatserv");
    let bad = || OsString::from_vec(b"a\xff\x1b".to_vec());
    let line = |arguments: [OsString; 2], name: OsString, value: OsString| {
        load(arguments, [(name, value)]).unwrap_err().to_string()
    };
    let port = || OsString::from("--port=1");
    assert_eq!(
        line([chatserv(), bad()], "A".into(), "b".into()),
        r#"argument "a\xFF\u{1b}": is not UTF-8"#
    );
    assert_eq!(
        line([chatserv(), port()], "CHATSERV_PORT".into(), bad()),
        r#"CHATSERV_PORT: got "a\xFF\u{1b}", expected UTF-8"#
    );
    let name = OsString::from_vec(b"CHATSERV_\xff".to_vec());
    assert!(line([chatserv(), port()], name, "1".into()).contains(": unknown variable, "));
    // Other variables may be anything.
    let loaded = load([chatserv()], [(bad(), bad())]);
    assert_eq!(loaded, Ok(Outcome::Run(Config::default())));
}

/// The pairs of a table: a given line, and the expected one below it.
fn cases(table: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut lines = table.trim().lines();
    std::iter::from_fn(move || {
        let given = lines.next()?;
        let expected = lines.next().expect("each case has two lines");
        Some((given, expected.trim_start()))
    })
}

#[test]
fn a_chat_on_several_machines_needs_an_address_without_a_password_and_a_name() {
    for (flags, told) in [
        (
            &["--cluster=redis://chat:geheim@log", "--node=a"][..],
            "cluster: a password in the address can be read by everybody on this machine.",
        ),
        (
            &["--cluster=rediss://log", "--node=a"],
            "cluster: rediss:// needs TLS, which this server does not speak.",
        ),
        (&["--cluster=log:6379", "--node=a"], "cluster: expected redis://HOST:PORT/DB, as in "),
        (
            &["--cluster=redis://log"],
            "node: got none, expected the name of this machine, since cluster is set",
        ),
    ] {
        let line = error(flags, &[]);
        assert!(line.starts_with(told) && !line.contains("geheim"), "{line}");
    }
    // The address looks like a variable that a container platform sets, but is none.
    let settings = config(&["--node=a"], &[("CHATSERV_CLUSTER", "redis://log")]);
    assert_eq!(settings.cluster.as_deref(), Some("redis://log"));
}
