//! Settings: their sources and precedence. `wrong.rs` is about errors.

mod sample;
mod wrong;

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use chatserv::config::{
    Bind, Config, ConfigError, DeliveryPolicy, Glass, LogLevel, Operators, Outcome, RateLimit,
    Subnets, Zone, injected_variables, load,
};
use jiff::tz::TimeZone;

/// Loads from these flags and this environment only.
fn load_with(flags: &[&str], environment: &[(&str, &str)]) -> Result<Outcome, ConfigError> {
    let arguments = std::iter::once("chatserv").chain(flags.iter().copied());
    let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
    load(arguments.map(OsString::from), environment)
}

fn config(flags: &[&str], environment: &[(&str, &str)]) -> Config {
    match load_with(flags, environment).unwrap() {
        Outcome::Run(config) => config,
        other => panic!("{flags:?} should run the server, not {other:?}"),
    }
}

/// The error, which is one line that is safe on a terminal.
fn error(flags: &[&str], environment: &[(&str, &str)]) -> String {
    let line = load_with(flags, environment).unwrap_err().to_string();
    let is_hidden = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!line.contains(is_hidden), "unsafe on a terminal: {line:?}");
    line
}

/// A settings file of one test's own, removed when dropped.
struct SettingsFile(PathBuf);

impl SettingsFile {
    fn new(test: &str, content: impl AsRef<[u8]>) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.toml"));
        fs::write(&path, content).unwrap();
        SettingsFile(path)
    }

    fn flag(&self) -> String {
        format!("--config={}", self.0.display())
    }

    /// The error about this file, without the path that it begins with.
    fn error(&self) -> String {
        let line = error(&[&self.flag()], &[]);
        let name = format!("{}: ", self.0.display());
        line.strip_prefix(&name).unwrap_or_else(|| panic!("{line:?} names no file")).to_owned()
    }
}

impl Drop for SettingsFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Settings that all differ from the defaults.
const EVERYTHING: &str = r#"
port = 0
json-port = 0
web-port = 0
web-host = "chat.example.org,10.0.0.1"
web-others = "https://B.example.org:8443,http://[::1]"
glass = "everybody"
proxy-port = 0
proxy-from = "192.0.2.7,2001:db8::/32"
bind = "::1"
max-clients = 7
anonymous = true
operators = "nobody"
operator-password-file = "/run/secrets/word"
login-timeout = "1h30m"
idle-timeout = "off"
delivery = "writer"
max-writers = 3
outbox-bytes = "5000B"
outbox-age = "1500ms"
outbox-total = "1MiB"
send-buffer = "4KiB"
announce-up-to = 0
history-on-join = 200
motd = "./a motd"
time-zone = "Europe/Berlin"
connections-per-address = "off"
connections-per-minute = 9
rate-limit = "3,1/s"
state-dir = "."
history = "./a history"
history-days = "off"
history-size = "1GiB"
cluster = "redis://[::1]:7000/3"
cluster-name = "team.a"
node = "n-1"
cluster-password-file = "/run/secrets/log"
shutdown-grace = "1ms"
drain = "2m"
log-messages = true
log-level = "debug"
metrics-port = 0
metrics-bind = "::"
trace = "./a trace"
"#;

fn everything() -> Config {
    Config {
        port: 0,
        json_port: Some(0),
        web_port: Some(0),
        web_host: Some("chat.example.org,10.0.0.1".into()),
        web_others: Some("https://b.example.org:8443,http://[::1]".into()),
        glass: Glass::Everybody,
        proxy_port: Some(0),
        proxy_from: Subnets::parse("192.0.2.7,2001:db8::/32").unwrap(),
        bind: Bind::Address("::1".parse().unwrap()),
        max_clients: 7,
        anonymous: true,
        operators: Operators::Nobody,
        operator_password_file: Some("/run/secrets/word".into()),
        login_timeout: Duration::from_secs(90 * 60),
        idle_timeout: None,
        delivery: DeliveryPolicy::Writer,
        max_writers: 3,
        outbox_bytes: 5000,
        outbox_age: Duration::from_millis(1500),
        outbox_total: 1024 * 1024,
        send_buffer: 4096,
        announce_up_to: 0,
        history_on_join: 200,
        motd: Some("./a motd".into()),
        time_zone: Zone::Named(TimeZone::get("Europe/Berlin").unwrap()),
        connections_per_address: None,
        connections_per_minute: Some(9),
        rate_limit: RateLimit::Lines { burst: 3, per_second: 1 },
        state_dir: Some(".".into()),
        history: Some("./a history".into()),
        history_days: None,
        history_size: 1024 * 1024 * 1024,
        cluster: Some("redis://[::1]:7000/3".into()),
        cluster_name: "team.a".into(),
        node: Some("n-1".into()),
        cluster_password_file: Some("/run/secrets/log".into()),
        shutdown_grace: Duration::from_millis(1),
        drain: Duration::from_secs(120),
        log_messages: true,
        log_level: LogLevel::Debug,
        metrics_port: Some(0),
        metrics_bind: "::".parse().unwrap(),
        trace: Some("./a trace".into()),
    }
}

#[test]
fn the_defaults() {
    let expected = Config {
        port: 1337,
        json_port: None,
        web_port: None,
        web_host: None,
        web_others: None,
        glass: Glass::Operators,
        proxy_port: None,
        proxy_from: Subnets::parse("127.0.0.1,::1").unwrap(),
        bind: Bind::Localhost,
        max_clients: 10_000,
        anonymous: false,
        operators: Operators::Loopback,
        operator_password_file: None,
        login_timeout: Duration::from_secs(60),
        idle_timeout: Some(Duration::from_secs(60 * 60)),
        delivery: DeliveryPolicy::DirectThenWriter,
        max_writers: 1024,
        outbox_bytes: 4 * 1024 * 1024,
        outbox_age: Duration::from_secs(30),
        outbox_total: 256 * 1024 * 1024,
        send_buffer: 128 * 1024,
        announce_up_to: 500,
        history_on_join: 10,
        motd: None,
        time_zone: Zone::System,
        connections_per_address: Some(64),
        connections_per_minute: Some(120),
        rate_limit: RateLimit::Lines { burst: 20, per_second: 5 },
        state_dir: None,
        history: None,
        history_days: Some(365),
        history_size: 4 * 1024 * 1024 * 1024,
        cluster: None,
        cluster_name: "chat".into(),
        node: None,
        cluster_password_file: None,
        shutdown_grace: Duration::from_secs(5),
        drain: Duration::from_secs(30),
        log_messages: false,
        log_level: LogLevel::Info,
        metrics_port: None,
        metrics_bind: "127.0.0.1".parse().unwrap(),
        trace: None,
    };
    assert_eq!(Config::default(), expected);
    assert_eq!(config(&[], &[]), expected);
    // Other variables are ignored.
    let others = [("PATH", "/bin"), ("PORT", "1"), ("CHATSERVICE_PORT", "1")];
    assert_eq!(config(&[], &others), expected);
}

/// The variables that Kubernetes sets for services called `chatserv` and `chatserv-json`, and Docker for a link.
const INJECTED: &str = "
CHATSERV_SERVICE_HOST=10.0.0.1
CHATSERV_SERVICE_PORT=1337
CHATSERV_SERVICE_PORT_TELNET=1337
CHATSERV_PORT=tcp://10.0.0.1:1337
CHATSERV_PORT_1337_TCP=tcp://10.0.0.1:1337
CHATSERV_PORT_1337_TCP_ADDR=10.0.0.1
CHATSERV_PORT_1337_TCP_PORT=1337
CHATSERV_PORT_1337_TCP_PROTO=tcp
CHATSERV_JSON_SERVICE_HOST=10.0.0.2
CHATSERV_JSON_SERVICE_PORT=1338
CHATSERV_JSON_PORT=tcp://10.0.0.2:1338
CHATSERV_JSON_PORT_1338_TCP=tcp://10.0.0.2:1338
CHATSERV_JSON_PORT_1338_TCP_ADDR=10.0.0.2
CHATSERV_JSON_PORT_1338_TCP_PORT=1338
CHATSERV_JSON_PORT_1338_TCP_PROTO=tcp
CHATSERV_NAME=/web/chatserv
CHATSERV_ENV_PATH=/bin
";

#[test]
fn variables_of_container_platforms_are_no_settings() {
    let pairs = |text: &'static str| -> Vec<(&str, &str)> {
        text.trim().lines().map(|line| line.split_once('=').unwrap()).collect()
    };
    let warning = |environment: &[(&str, &str)]| {
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
        injected_variables(environment).map(|warning| warning.to_string())
    };
    for variable in pairs(INJECTED) {
        assert_eq!(config(&[], &[variable]), Config::default(), "{variable:?}");
        let warning = warning(&[variable]).unwrap_or_else(|| panic!("no warning: {variable:?}"));
        assert!(warning.starts_with(variable.0), "{warning}");
    }
    // One warning names them all, and settings beside them hold.
    let all = [&pairs(INJECTED)[..], &[("CHATSERV_MAX_CLIENTS", "3"), ("PATH", "a://")]].concat();
    assert_eq!(config(&[], &all).max_clients, 3);
    let told = warning(&all).unwrap();
    assert!(pairs(INJECTED).iter().all(|(name, _)| told.contains(name)), "{told}");
    assert!(!told.contains("MAX_CLIENTS") && !told.contains(" PATH"), "{told}");
    // A setting is never ignored.
    for line in everything().to_toml().lines() {
        let (key, value) = line.split_once(" = ").unwrap();
        let name = format!("CHATSERV_{}", key.to_uppercase().replace('-', "_"));
        assert_eq!(warning(&[(&name, value.trim_matches('"'))]), None, "{name}");
    }
    assert_eq!(warning(&[]), None);
}

#[test]
fn every_setting_has_a_key_a_variable_and_a_flag() {
    let file = SettingsFile::new("everywhere", EVERYTHING);
    assert_eq!(config(&[&file.flag()], &[]), everything());

    let mut flags = Vec::new();
    let mut environment = Vec::new();
    for line in EVERYTHING.trim().lines() {
        let (key, value) = line.split_once(" = ").unwrap();
        let value = value.trim_matches('"');
        flags.push(format!("--{key}={value}"));
        let name = key.to_uppercase().replace('-', "_");
        environment.push((format!("CHATSERV_{name}"), value));
    }
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    assert_eq!(config(&flags, &[]), everything());
    let environment: Vec<_> = environment.iter().map(|(name, value)| (&name[..], *value)).collect();
    assert_eq!(config(&[], &environment), everything());
}

#[test]
fn flags_precede_the_environment_the_file_and_the_defaults() {
    let file = SettingsFile::new(
        "precedence",
        "port = 2\nmax-clients = 2\nanonymous = true\noutbox-age = '2s'",
    );
    let environment = [("CHATSERV_PORT", "3"), ("CHATSERV_MAX_CLIENTS", "3")];
    let config = config(&["--port=4", "--anonymous=false", &file.flag()], &environment);
    assert_eq!(config.port, 4, "flag");
    assert!(!config.anonymous, "a flag can take back what the file says");
    assert_eq!(config.max_clients, 3, "environment");
    assert_eq!(config.outbox_age, Duration::from_secs(2), "file");
    assert_eq!(config.outbox_bytes, 4 * 1024 * 1024, "default");
}

/// Editors on Windows begin a text file with a byte order mark.
#[test]
fn a_byte_order_mark_is_no_part_of_a_settings_file() {
    let file = SettingsFile::new("marked", "\u{feff}port = 5");
    assert_eq!(config(&[&file.flag()], &[]).port, 5);
}

#[test]
fn a_flag_overrides_the_file_that_the_environment_names() {
    let one = SettingsFile::new("one", "port = 1");
    let two = SettingsFile::new("two", "port = 2");
    let environment = [("CHATSERV_CONFIG", one.0.to_str().unwrap())];
    assert_eq!(config(&[], &environment).port, 1);
    assert_eq!(config(&[&two.flag()], &environment).port, 2);
}

#[test]
fn the_last_of_repeated_flags_counts() {
    let flags = ["--port", "1", "--anonymous", "--port=2", "--anonymous"];
    assert_eq!(config(&flags, &[]).port, 2);
}

#[test]
fn printed_settings_load_as_the_same() {
    let odd_path = Config { motd: Some("a \"quoted\"\n\\path 'too'".into()), ..Config::default() };
    for (name, config) in
        [("default", Config::default()), ("everything", everything()), ("odd-path", odd_path)]
    {
        let file = SettingsFile::new(&format!("round-trip-{name}"), config.to_toml());
        let checked = load_with(&["--check-config", &file.flag()], &[]).unwrap();
        assert_eq!(checked, Outcome::Check(config));
    }
}

#[test]
fn the_help_has_the_default_of_every_setting() {
    let Outcome::Print(help) = load_with(&["--help"], &[]).unwrap() else { panic!("no help") };
    for line in Config::default().to_toml().lines() {
        let (key, _) = line.split_once(" = ").unwrap();
        let (_, about) =
            help.split_once(&format!("--{key}")).unwrap_or_else(|| panic!("--help without {key}"));
        let (about, _) = about.split_once("\n      --").unwrap();
        assert!(about.contains("[default: "), "--help gives no default for {key}");
    }
}

#[test]
fn help_and_version_ignore_the_environment() {
    let environment = [("CHATSERV_PORT", "no port"), ("CHATSERV_CONFIG", "/nowhere")];
    for (flag, beginning) in [("--help", "A chat"), ("-h", "A chat"), ("--version", "chatserv ")] {
        match load_with(&[flag], &environment) {
            Ok(Outcome::Print(text)) => assert!(text.starts_with(beginning), "{flag}: {text}"),
            other => panic!("{flag}: {other:?}"),
        }
    }
}
