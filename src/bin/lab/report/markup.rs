//! For the tests: whether a page or a drawing is well-formed, what it says, and whether it asks for anything.

use std::fmt::Write;

/// What loads something, in a page or in its styles.
const LOADS: [&str; 9] = [
    "src=",
    "srcset=",
    "<link",
    "<script",
    "<iframe",
    "@import",
    "url(",
    "xlink:",
    "http-equiv",
];

/// The text between the tags, or where a tag is not closed, not opened, or not one.
pub fn text(markup: &str) -> Result<String, String> {
    let mut open: Vec<&str> = Vec::new();
    let mut text = String::new();
    let mut rest = markup;
    while let Some((before, behind)) = rest.split_once('<') {
        text.push_str(&unescaped(before)?);
        let (tag, behind) = behind.split_once('>').ok_or("a tag has no end")?;
        rest = behind;
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/', '\n'])
            .next()
            .unwrap_or_default();
        if tag.starts_with('!') {
            continue;
        } else if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric()) {
            return Err(format!("<{tag}> is no tag"));
        } else if tag.starts_with('/') {
            let opened = open.pop();
            if opened != Some(name) {
                return Err(format!("{opened:?} is closed by </{name}>"));
            }
        } else if !attributes_are_quoted(tag) {
            return Err(format!("an attribute has no end: <{tag}>"));
        } else if name == "style" {
            let (_, behind) = rest.split_once("</style>").ok_or("a style has no end")?;
            rest = behind;
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    text.push_str(&unescaped(rest)?);
    match open.pop() {
        None => Ok(text),
        Some(name) => Err(format!("<{name}> is never closed")),
    }
}

fn attributes_are_quoted(tag: &str) -> bool {
    let outside: Vec<&str> = tag.split('"').step_by(2).collect();
    tag.matches('"').count().is_multiple_of(2)
        && outside.iter().all(|part| part.matches('=').count() <= 1)
        && outside.last().is_some_and(|part| !part.contains('='))
}

fn unescaped(text: &str) -> Result<String, String> {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, behind) = part.split_once(';').ok_or(format!("a bare &: {part:?}"))?;
        let letter = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" | "#39" => '\'',
            name => return Err(format!("&{name}; is unknown")),
        };
        let _ = write!(out, "{letter}{behind}");
    }
    Ok(out)
}

/// All in a page's tags and styles that would be fetched from somewhere, also by a click.
pub fn asked_of_the_network(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    // What is text is no request, whatever it says: only tags and styles count.
    let styles = page.split("<style>").skip(1);
    let styles = styles.filter_map(|rest| rest.split("</style>").next());
    let tags = page
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split('>').next());
    for part in styles
        .map(str::to_owned)
        .chain(tags.map(|tag| format!("<{tag}")))
    {
        let asks = LOADS.iter().any(|load| part.contains(load));
        let links_away = part
            .split("href=")
            .skip(1)
            .any(|target| !target.trim_start_matches('"').starts_with('#'));
        if asks || links_away {
            found.push(part);
        }
    }
    found
}

mod tests {
    use super::*;

    #[test]
    fn what_is_not_well_formed_is_found() {
        assert_eq!(
            text("<!DOCTYPE html>\n<p a=\"b\">1 &lt; 2<br /></p>"),
            Ok("\n1 < 2".to_owned())
        );
        for wrong in [
            "<p>",
            "</p>",
            "<p></b>",
            "<p",
            "<p>&</p>",
            "<p a=b></p>",
            "<p a=\"b></p>",
            "a < b > c",
        ] {
            assert!(text(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_asks_the_network_is_found() {
        for asks in [
            "<img src=\"a.png\"/>",
            "<a href=\"https://example.org\">a</a>",
            "<style>@import \"a.css\";</style>",
            "<style>p { background: url(a.png) }</style>",
        ] {
            assert_eq!(asked_of_the_network(asks).len(), 1, "{asks}");
        }
        assert!(asked_of_the_network("<p>src= &lt;</p><a href=\"#a\">a</a>").is_empty());
    }
}
