//! The sample settings file `scripts/chatserv.toml` has every setting with its default.

use chatserv::config::{Config, Outcome};

use super::{SettingsFile, load_with};

const SAMPLE: &str = include_str!("../../scripts/chatserv.toml");

/// The commented-out settings. A `#` with a blank behind it begins a sentence.
fn settings() -> Vec<&'static str> {
    SAMPLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .filter(|&line| line != "#")
        .map(|line| {
            let setting = line.strip_prefix('#');
            setting.unwrap_or_else(|| panic!("{line:?} would change a default"))
        })
        .collect()
}

fn key(setting: &str) -> &str {
    setting.split(' ').next().unwrap_or(setting)
}

#[test]
fn the_sample_has_every_setting_in_order() {
    let shown = Config::default().to_toml();
    let shown: Vec<&str> = shown.lines().map(key).collect();
    let sampled: Vec<&str> = settings().into_iter().map(key).collect();
    assert_eq!(sampled, shown);
}

#[test]
fn the_values_in_the_sample_are_the_defaults() {
    for setting in settings() {
        let file = SettingsFile::new("sample-one", setting);
        let checked = load_with(&["--check-config", &file.flag()], &[]);
        let checked = checked.unwrap_or_else(|error| panic!("{setting}: {error}"));
        assert_eq!(checked, Outcome::Check(Config::default()), "{setting}");
    }
    let file = SettingsFile::new("sample-all", settings().join("\n"));
    let checked = load_with(&["--check-config", &file.flag()], &[]).unwrap();
    assert_eq!(checked, Outcome::Check(Config::default()));
}

#[test]
fn the_unchanged_sample_has_no_effect() {
    let file = SettingsFile::new("sample", SAMPLE);
    let loaded = load_with(&[&file.flag()], &[]).unwrap();
    assert_eq!(loaded, Outcome::Run(Config::default()));
}

#[test]
fn the_sample_message_of_the_day_mentions_help() {
    let motd = include_str!("../../scripts/motd.txt");
    assert!(motd.contains("/help"));
    for line in motd.lines() {
        let columns = "server: ".len() + line.len();
        assert!(line.is_ascii() && columns <= 80, "{line}");
    }
}
