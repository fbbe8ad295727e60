//! Checks for the tests: whether markup is well-formed, what its text is, and whether it loads anything.

/// What loads something from the network, in a tag or in a style.
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

/// The text between the tags, or the reason why the markup is not well-formed.
pub fn text(markup: &str) -> Result<String, String> {
    let mut open: Vec<&str> = Vec::new();
    let mut text = String::new();
    let mut rest = markup;
    while let Some((before, behind)) = rest.split_once('<') {
        text += &unescaped(before)?;
        let (tag, behind) = behind.split_once('>').ok_or("a tag has no end")?;
        rest = behind;
        let name = tag.trim_start_matches('/');
        let name = name.split([' ', '/', '\n']).next().unwrap_or_default();
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
            return Err(format!("an attribute has no quotes: <{tag}>"));
        } else if name == "style" {
            let (_, behind) = rest.split_once("</style>").ok_or("a style has no end")?;
            rest = behind;
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    text += &unescaped(rest)?;
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
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" | "#39" => '\'',
            name => return Err(format!("&{name}; is unknown")),
        });
        out += behind;
    }
    Ok(out)
}

/// The tags and styles that load something or link to another page. Text does not count.
pub fn network_requests(page: &str) -> Vec<String> {
    let styles = page.split("<style>").skip(1);
    let styles = styles.filter_map(|rest| rest.split("</style>").next());
    let tags = page.split('<').skip(1);
    let tags = tags.filter_map(|rest| rest.split('>').next());
    let parts = styles
        .map(str::to_owned)
        .chain(tags.map(|tag| format!("<{tag}")));
    let requests = parts.filter(|part| {
        let mut links = part.split("href=").skip(1);
        LOADS.iter().any(|load| part.contains(load))
            || links.any(|target| !target.trim_start_matches('"').starts_with('#'))
    });
    requests.collect()
}

mod tests {
    use super::*;

    #[test]
    fn ill_formed_markup_is_found() {
        let good = text("<!DOCTYPE html>\n<p a=\"b\">1 &lt; 2<br /></p>");
        assert_eq!(good.as_deref(), Ok("\n1 < 2"));
        for bad in [
            "<p>",
            "</p>",
            "<p></b>",
            "<p",
            "<p>&</p>",
            "<p a=b></p>",
            "<p a=\"b></p>",
            "a < b > c",
        ] {
            assert!(text(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn network_requests_are_found() {
        for request in [
            "<img src=\"a.png\"/>",
            "<a href=\"https://example.org\">a</a>",
            "<style>@import \"a.css\";</style>",
            "<style>p { background: url(a.png) }</style>",
        ] {
            assert_eq!(network_requests(request).len(), 1, "{request}");
        }
        assert!(network_requests("<p>src= &lt;</p><a href=\"#a\">a</a>").is_empty());
    }
}
