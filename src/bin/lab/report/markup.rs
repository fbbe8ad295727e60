//! Checks for the tests: whether markup is well-formed, what its text is, and whether it loads anything.

/// The text between the tags, or the reason why the markup is not well-formed.
pub fn text(markup: &str) -> Result<String, String> {
    let mut open: Vec<&str> = Vec::new();
    let mut parts = markup.split('<');
    let mut text = unescaped(parts.next().unwrap_or_default())?;
    for part in parts {
        let (tag, behind) = part.split_once('>').ok_or(format!("<{part} has no end"))?;
        text += &unescaped(behind)?;
        let name = tag.trim_start_matches('/');
        let name = name.split([' ', '/', '\n']).next().unwrap_or_default();
        // An attribute has its quotes: there is no `=` behind the last one, and at most one before each.
        let outside: Vec<&str> = tag.split('"').step_by(2).collect();
        let is_quoted = outside.iter().all(|part| part.matches('=').count() <= 1)
            && outside.last().is_some_and(|part| !part.contains('='));
        if tag.starts_with('!') {
            continue;
        } else if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric()) {
            return Err(format!("<{tag}> is no tag"));
        } else if !is_quoted || tag.matches('"').count() % 2 == 1 {
            return Err(format!("an attribute has no quotes: <{tag}>"));
        } else if !tag.starts_with('/') && !tag.ends_with('/') {
            open.push(name);
        } else if tag.starts_with('/') && open.pop() != Some(name) {
            return Err(format!("<{tag}> closes another tag"));
        }
    }
    match open.pop() {
        None => Ok(text),
        Some(name) => Err(format!("<{name}> is never closed")),
    }
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
    let parts = page.split('<').skip(1).map(|rest| match rest.split_once('>') {
        Some((tag, style)) if tag == "style" => format!("<{tag}>{style}"),
        Some((tag, _)) => format!("<{tag}"),
        None => rest.to_owned(),
    });
    let requests = parts.filter(|part| {
        let mut links = part.split("href=").skip(1);
        LOADS.iter().any(|load| part.contains(load))
            || links.any(|target| !target.starts_with("\"#"))
    });
    requests.collect()
}

/// The links to a place in the page that does not exist.
pub fn dangling_links(page: &str) -> Vec<&str> {
    let links = page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|place| !page.contains(&format!(" id=\"{place}\""))).collect()
}

mod tests {
    use super::*;

    #[test]
    fn ill_formed_markup_and_network_requests_are_found() {
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
        for request in [
            "<img src=\"a.png\"/>",
            "<a href=\"https://example.org\">a</a>",
            "<style>@import \"a.css\";</style>",
            "<style>p { background: url(a.png) }</style>",
        ] {
            assert_eq!(network_requests(request).len(), 1, "{request}");
        }
        let page = "<a href=\"#a\">a</a><a href=\"#b\">b</a><p id=\"b\"></p>";
        assert_eq!(dangling_links(page), ["a"]);
        assert!(network_requests("<p>src= &lt;</p><a href=\"#a\">a</a>").is_empty());
    }
}
