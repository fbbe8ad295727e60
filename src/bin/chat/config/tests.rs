use super::*;

/// The error message for a config file with this text.
fn refused(text: &str) -> String {
    let error = toml::from_str::<Config>(text).unwrap_err();
    error.message().to_owned()
}

#[test]
fn a_file_may_say_everything_and_the_defaults_read_back() {
    let text = "user = \"luca\"\nserver = \"chat://[::1]:1337\"\nrooms = [\"dev\", \"ops\"]\n\
                bell = \"all\"\ncolor = \"never\"\ntime = \"%H:%M:%S\"\nquiet = true\nreconnect = false\n";
    let config: Config = toml::from_str(text).unwrap();
    assert_eq!(config.to_string(), text);
    let defaults = Config::defaults();
    assert_eq!(toml::from_str::<Config>(&defaults.to_string()).unwrap(), defaults);
    assert_eq!(toml::from_str::<Config>("").unwrap().or(defaults.clone()), defaults);
}

#[test]
fn every_choice_wins_over_what_comes_next() {
    let first: Config = toml::from_str(
        "user = \"ann\"\nserver = \"chat://a:1\"\nrooms = [\"a\"]\nbell = \"off\"\ncolor = \"always\"\ntime = \"\"\n\
         quiet = true\nreconnect = false",
    )
    .unwrap();
    assert_eq!(first.clone().or(Config::defaults()), first);
    assert_eq!(Config::default().or(first.clone()), first);
}

#[test]
fn what_is_wrong_in_a_file_says_what_may_stand_there() {
    for (text, wanted) in [
        ("colours = \"never\"", "unknown field `colours`, expected one of `user`"),
        ("quiet = \"yes\"", "expected a boolean"),
        ("user = 7", "invalid type: integer `7`, expected a string"),
        ("rooms = \"dev\"", "expected a sequence"),
        ("bell = \"loud\"", "expected one of `on`, `off`, `all`"),
        ("color = true", "wanted string"),
        ("server = \"localhost:1337\"", "a server address looks like chat://HOST:PORT"),
        ("server = \"chat://localhost:0\"", "the port is a number"),
        ("reconnect = \"no\"", "expected a boolean"),
        ("user = \"a\"\nuser = \"b\"", "duplicate key"),
    ] {
        let what = refused(text);
        assert!(what.contains(wanted), "{text}: {what}");
        assert!(!what.contains('\n'), "one line: {what:?}");
    }
    assert!(toml::from_str::<Config>("time = \"%\"").is_err());
    // As among the flags, both spellings are accepted.
    let never = toml::from_str::<Config>("colour = \"never\"").unwrap();
    assert_eq!(never.color, Some(Color::Never));
}

#[test]
fn rooms_are_asked_for_once_and_without_their_sign() {
    let tidied = |rooms: &[&str]| tidy(rooms.iter().map(|&room| room.to_owned()).collect());
    assert_eq!(tidied(&["#dev", " dev ", "", "Dev"]), ["dev", "Dev"]);
    assert_eq!(tidied(&["#", ""]), ["lobby"]);
    assert_eq!(tidied(&[]), ["lobby"]);
}

#[test]
fn only_absolute_folders_count() {
    for (chosen, home, expected) in [
        (Some("/c"), Some("/home/l"), Some("/c")),
        (Some("c"), Some("/home/l"), Some("/home/l/.config")),
        (Some(""), Some("/home/l"), Some("/home/l/.config")),
        (None, Some("/home/l"), Some("/home/l/.config")),
        (None, Some("home"), None),
        (None, None, None),
    ] {
        let found = base(chosen.map(OsString::from), home.map(PathBuf::from), ".config");
        assert_eq!(found, expected.map(PathBuf::from), "{chosen:?} {home:?}");
    }
}
