//! What the README says of the settings is what they are.

use chatserv::config::Config;

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
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(link);
        assert!(path.exists(), "{link}");
    }
}
