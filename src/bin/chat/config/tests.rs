use super::*;

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
fn rooms_are_asked_for_once_and_without_their_sign() {
    let tidied = |rooms: &[&str]| tidy(rooms.iter().map(|&room| room.to_owned()).collect());
    assert_eq!(tidied(&["#dev", " dev ", "", "Dev"]), ["dev", "Dev"]);
    assert_eq!(tidied(&["#", ""]), ["lobby"]);
    assert_eq!(tidied(&[]), ["lobby"]);
}
