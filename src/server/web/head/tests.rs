use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};

use super::*;
use Refusal::{Forbidden, HeadTooLarge, Malformed, NotAllowed, NotFound, UpgradeRequired};

const LOCAL: &str = "127.0.0.1";
const OTHERS: &str = "https://b.example.org,http://c:8080";
const GOOD: &str = "GET /chat HTTP/1.1\n\
                    Host: localhost:8080\n\
                    Upgrade: websocket\n\
                    Connection: keep-alive, Upgrade\n\
                    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\
                    Sec-WebSocket-Version: 13\n\
                    Origin: http://localhost:8080\n\n";

fn ask(head: &str, hosts: &str) -> Result<Request, Refusal> {
    let bytes = head.replace('\n', "\r\n");
    asked(bytes.as_bytes(), hosts).expect("the head is complete")
}

/// The decision about these bytes; none if more have to come.
fn asked(bytes: &[u8], hosts: &str) -> Option<Result<Request, Refusal>> {
    parse(bytes, LOCAL.parse().unwrap(), hosts, OTHERS).map_err(|(refusal, _)| refusal).transpose()
}

/// `GOOD` with one line replaced; an empty one goes.
fn with(field: &str, line: &str) -> String {
    let line = if line.is_empty() { String::new() } else { format!("{line}\n") };
    let is_field = |old: &str| old.starts_with(field);
    let lines = GOOD.trim_end().lines();
    let lines: String =
        lines.map(|old| if is_field(old) { line.clone() } else { format!("{old}\n") }).collect();
    lines + "\n"
}

#[test]
fn the_handshake_of_the_standard() {
    let opened = Ok(Request::Open { key: "dGhlIHNhbXBsZSBub25jZQ==".into() });
    let table = [
        // RFC 6455, section 4.1 and 4.2.1: what a client may send.
        ("GET", "GET /chat HTTP/1.1", opened.clone()),
        ("GET", "GET /chat?x=y HTTP/1.1", opened.clone()),
        ("Upgrade", "upgrade: WebSocket", opened.clone()),
        ("Upgrade", "Upgrade: h2c, websocket", opened.clone()),
        ("Connection", "connection: UPGRADE", opened.clone()),
        ("Connection", "Connection: keep-alive\nConnection: upgrade", opened.clone()),
        ("Origin", "origin: https://LOCALHOST:8080", opened.clone()),
        ("Sec-WebSocket-Version", "Sec-WebSocket-Version:   13  ", opened.clone()),
        // The pages of other machines of the chat.
        ("Origin", "Origin: https://B.example.org", opened.clone()),
        ("Origin", "Origin: http://c:8080", opened.clone()),
        ("X", "", opened),
        // Requests that a client may not send.
        ("GET", "GET /chat HTTP/1.0", Err(UpgradeRequired)),
        ("GET", "POST /chat HTTP/1.1", Err(NotAllowed)),
        ("GET", "HEAD / HTTP/1.1", Err(NotAllowed)),
        ("GET", "GET /chat/ HTTP/1.1", Err(NotFound)),
        ("GET", "GET http://localhost:8080/chat HTTP/1.1", Err(NotFound)),
        ("GET", "GET  HTTP/1.1", Err(Malformed)),
        ("GET", "GET /chat HTTP/2.0", Err(Malformed)),
        ("GET", "GET /chat\u{7f} HTTP/1.1", Err(Malformed)),
        ("Host", "", Err(Malformed)),
        ("Host", "Host: localhost:8080\nHost: localhost:8080", Err(Malformed)),
        ("Host", "Host : localhost:8080", Err(Malformed)),
        ("Upgrade", "", Err(UpgradeRequired)),
        ("Upgrade", "Upgrade: websocket2", Err(UpgradeRequired)),
        ("Connection", "", Err(UpgradeRequired)),
        ("Connection", "Connection: close", Err(UpgradeRequired)),
        ("Sec-WebSocket-Version", "", Err(UpgradeRequired)),
        ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8", Err(UpgradeRequired)),
        ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 13, 8", Err(UpgradeRequired)),
        ("Sec-WebSocket-Key", "", Err(UpgradeRequired)),
        ("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhl", Err(UpgradeRequired)),
        ("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ!==", Err(UpgradeRequired)),
        ("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA", Err(UpgradeRequired)),
        // Pages of others.
        ("Origin", "", Err(Forbidden)),
        ("Origin", "Origin: null", Err(Forbidden)),
        ("Origin", "Origin: http://b.example.org", Err(Forbidden)),
        ("Origin", "Origin: http://c", Err(Forbidden)),
        ("Origin", "Origin:", Err(Forbidden)),
        ("Origin", "Origin: http://localhost", Err(Forbidden)),
        ("Origin", "Origin: http://localhost:8081", Err(Forbidden)),
        ("Origin", "Origin: http://127.0.0.1:8080", Err(Forbidden)),
        ("Origin", "Origin: http://evil.example", Err(Forbidden)),
        ("Origin", "Origin: http://localhost:8080.evil.example", Err(Forbidden)),
        ("Origin", "Origin: http://localhost:8080\nOrigin: http://evil.example", Err(Malformed)),
        ("Host", "Host: evil.example", Err(Forbidden)),
    ];
    for (field, line, expected) in table {
        assert_eq!(ask(&with(field, line), ""), expected, "{line}");
    }
    // The client has to wait for the answer.
    let early = format!("{GOOD}\u{1}");
    assert_eq!(ask(&early, ""), Err(Malformed));
}

#[test]
fn a_host_is_localhost_the_own_address_or_one_that_the_operator_named() {
    let own = ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8080", "[::ffff:127.0.0.1]:80"];
    let named = ["chat.example.org", "Chat.Example.org:443", "[2001:db8::1]:8080", "10.1.2.3"];
    let foreign = [
        "evil.example",
        "127.0.0.2",
        "[::1]",
        "::1",
        "localhost.evil.example",
        "localhost:x",
        "localhost:80:80",
        "",
        "localhost, x",
        "user@localhost",
        "[localhost",
        "[127.0.0.1]x",
        "chat.example.org.",
    ];
    for (hosts, good, bad) in [
        ("", &own[..], [&named[..], &foreign].concat()),
        ("chat.example.org,2001:db8::1,10.1.2.3", &[&own[..], &named].concat(), foreign.to_vec()),
    ] {
        for (host, is_good) in
            good.iter().map(|host| (host, true)).chain(bad.iter().map(|host| (host, false)))
        {
            let asked = ask(&format!("GET / HTTP/1.1\nHost: {host}\n\n"), hosts);
            let page = Request::Part { part: Part::Document, host: (*host).to_owned() };
            assert_eq!(
                asked,
                if is_good { Ok(page) } else { Err(Forbidden) },
                "{host:?}, {hosts:?}"
            );
        }
    }
}

#[test]
fn the_parts_of_the_page_have_their_paths_and_nothing_else_has() {
    for (path, part) in [
        ("/", Part::Document),
        ("/app.js", Part::Script),
        ("/style.css", Part::Style),
        ("/?x", Part::Document),
        ("/glass", Part::GlassDocument),
        ("/glass.js", Part::GlassScript),
        ("/glass.css", Part::GlassStyle),
    ] {
        let asked = ask(&format!("GET {path} HTTP/1.1\nHost: localhost\n\n"), "");
        assert_eq!(asked, Ok(Request::Part { part, host: "localhost".into() }));
    }
    for path in [
        "/index.html",
        "//",
        "/../etc/passwd",
        "/favicon.ico",
        "/glass/",
        "*",
        "/APP.JS",
        "/%61pp.js",
    ] {
        let asked = ask(&format!("GET {path} HTTP/1.1\nHost: localhost\n\n"), "");
        assert_eq!(asked, Err(NotFound), "{path}");
    }
}

#[test]
fn a_head_has_limits() {
    let fields = |count: usize| "A: b\n".repeat(count);
    let head = |rest: &str| format!("GET / HTTP/1.1\nHost: localhost\n{rest}\n");
    assert!(ask(&head(&fields(limits::HTTP_HEADERS_MAX - 1)), "").is_ok());
    assert_eq!(ask(&head(&fields(limits::HTTP_HEADERS_MAX)), ""), Err(HeadTooLarge));
    let long = |bytes| head(&format!("A: {}\n", "b".repeat(bytes)));
    assert!(ask(&long(limits::HTTP_HEAD_BYTES_MAX - 100), "").is_ok());
    assert_eq!(ask(&long(limits::HTTP_HEAD_BYTES_MAX), ""), Err(HeadTooLarge));
}

#[test]
fn a_head_may_follow_empty_lines_and_end_its_lines_as_it_likes() {
    let heads = [
        "\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "\n\nGET / HTTP/1.1\nHost: localhost\n\n",
        "GET / HTTP/1.1\nHost: localhost\r\n\n",
        "GET / HTTP/1.1\r\nHost: localhost\n\r\n",
    ];
    for head in heads {
        for at in 0..head.len() {
            assert_eq!(asked(&head.as_bytes()[..at], ""), None, "{head:?} to {at}");
        }
        assert!(matches!(asked(head.as_bytes(), ""), Some(Ok(_))), "{head:?}");
    }
    // A mistake is told at once, and not when the time is over.
    for start in ["\u{16}\u{3}\u{1}", "{", "GET  ", "GET / HTTP/2", "GET / HTTP/1.1\r\n "] {
        assert_eq!(asked(start.as_bytes(), ""), Some(Err(Malformed)), "{start:?}");
    }
}

/// A model of the request of RFC 9112 (its lines, with LF alone allowed) and of what this server does with it: written from
/// the standard, with all bytes at hand. None if the head is not over.
fn model(bytes: &[u8]) -> Option<Result<Request, Refusal>> {
    let is_limit = bytes.len() >= limits::HTTP_HEAD_BYTES_MAX;
    let bytes_in_limit = &bytes[..bytes.len().min(limits::HTTP_HEAD_BYTES_MAX)];
    match lines(bytes_in_limit) {
        Err(refusal) => Some(Err(refusal)),
        Ok(None) if is_limit => Some(Err(HeadTooLarge)),
        Ok(None) => None,
        Ok(Some((request, fields, length))) => {
            Some(decide(&request, &fields, length < bytes.len()))
        }
    }
}

type Fields = Vec<(String, Vec<u8>)>;

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether a line may begin like this, and its end is still to come.
fn may_begin(line: &[u8], is_first: bool) -> bool {
    let text =
        |bytes: &[u8]| bytes.iter().all(|&byte| byte == b'\t' || byte >= b' ' && byte != 0x7f);
    if is_first {
        let mut parts = line.splitn(3, |&byte| byte == b' ');
        let (method, target) = (parts.next().unwrap_or_default(), parts.next());
        let version = parts.next();
        let visible = |&byte: &u8| byte > b' ' && byte != 0x7f;
        let target_fits = |target: &[u8]| {
            let is_whole = version.is_some();
            target.iter().all(visible)
                && (!is_whole || !target.is_empty() && std::str::from_utf8(target).is_ok())
        };
        let version_fits = |version: &[u8]| {
            [&b"HTTP/1.0\r"[..], b"HTTP/1.1\r"].iter().any(|known| known.starts_with(version))
        };
        return method.iter().all(|&byte| is_token(byte))
            && (target.is_none() || !method.is_empty())
            && target.is_none_or(target_fits)
            && version.is_none_or(version_fits);
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line.iter().position(|&byte| byte == b':') {
        None => line.iter().all(|&byte| is_token(byte)),
        Some(colon) => {
            colon > 0 && line[..colon].iter().all(|&byte| is_token(byte)) && text(&line[colon..])
        }
    }
}

/// The request line, the fields, and the length of the head.
fn lines(bytes: &[u8]) -> Result<Option<(Vec<String>, Fields, usize)>, Refusal> {
    let (mut request, mut fields, mut at) = (Vec::new(), Fields::new(), 0);
    loop {
        let rest = &bytes[at..];
        let is_first = request.is_empty();
        let Some(end) = rest.iter().position(|&byte| byte == b'\n') else {
            // What no line end can mend is wrong already. A CR must be followed by an LF.
            let before = rest.strip_suffix(b"\r").unwrap_or(rest);
            let is_open = !before.contains(&b'\r')
                && may_begin(before, is_first)
                && (before.len() == rest.len() || before.is_empty() || is_whole(before, is_first));
            return if is_open { Ok(None) } else { Err(Malformed) };
        };
        at += end + 1;
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        if line.is_empty() {
            match is_first {
                true => continue,
                false => return Ok(Some((request, fields, at))),
            }
        }
        if line.contains(&b'\r') || !may_begin(line, is_first) || !is_whole(line, is_first) {
            return Err(Malformed);
        }
        if is_first {
            let words = line.split(|&byte| byte == b' ');
            request = words.map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        } else if fields.len() == limits::HTTP_HEADERS_MAX {
            return Err(HeadTooLarge);
        } else {
            let colon = line.iter().position(|&byte| byte == b':').unwrap();
            let blank = |byte: &u8| *byte == b' ' || *byte == b'\t';
            let value = &line[colon + 1..];
            let from = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
            let to = value.iter().rposition(|byte| !blank(byte)).map_or(from, |last| last + 1);
            let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
            fields.push((name, value[from..to].to_vec()));
        }
    }
}

/// Whether a line that may begin like this may also end here.
fn is_whole(line: &[u8], is_first: bool) -> bool {
    if is_first {
        let words: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
        return words.len() == 3 && [&b"HTTP/1.0"[..], b"HTTP/1.1"].contains(&words[2]);
    }
    line.contains(&b':')
}

/// The model's answer to a well-formed head.
fn decide(request: &[String], fields: &Fields, has_more: bool) -> Result<Request, Refusal> {
    let all = |name: &str| -> Vec<Option<&str>> {
        let named = fields.iter().filter(|(field, _)| field == name);
        named.map(|(_, value)| std::str::from_utf8(value).ok().map(str::trim)).collect()
    };
    let one = |name: &str| match all(name)[..] {
        [] => Ok(None),
        [Some(value)] => Ok(Some(value)),
        _ => Err(Malformed),
    };
    let lists = |name: &str, word: &str| {
        let values = all(name).into_iter().flatten().collect::<Vec<_>>().join(",");
        values.split(',').any(|one| one.trim().to_ascii_lowercase() == word)
    };
    let host = one("host")?.ok_or(Malformed)?;
    let known = ["localhost", "127.0.0.1", "[::ffff:127.0.0.1]"];
    let lower = host.to_ascii_lowercase();
    let is_known = |known: &&str| {
        lower.strip_prefix(known).is_some_and(|port| {
            let digits = port.strip_prefix(':');
            port.is_empty() || digits.is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    if !known.iter().any(is_known) {
        return Err(Forbidden);
    }
    if request[0] != "GET" {
        return Err(NotAllowed);
    }
    let path = request[1].split('?').next().unwrap();
    let part = match path {
        "/chat" => None,
        "/" => Some(Part::Document),
        "/app.js" => Some(Part::Script),
        "/style.css" => Some(Part::Style),
        "/glass" => Some(Part::GlassDocument),
        "/glass.js" => Some(Part::GlassScript),
        "/glass.css" => Some(Part::GlassStyle),
        _ => return Err(NotFound),
    };
    if let Some(part) = part {
        return Ok(Request::Part { part, host: host.to_owned() });
    }
    let is_upgrade =
        request[2] == "HTTP/1.1" && lists("connection", "upgrade") && lists("upgrade", "websocket");
    let version = if is_upgrade { one("sec-websocket-version")? } else { None };
    let key = one("sec-websocket-key")?;
    let is_key = |key: &&str| {
        key.len() == 24
            && key.ends_with("==")
            && key[..22].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
    };
    let Some(key) = key.filter(is_key).filter(|_| version == Some("13")) else {
        return Err(UpgradeRequired);
    };
    let origin = one("origin")?.unwrap_or_default();
    let same = origin.split_once("://").is_some_and(|(_, name)| name.to_ascii_lowercase() == lower);
    match (same, has_more) {
        (false, _) => Err(Forbidden),
        (true, true) => Err(Malformed),
        (true, false) => Ok(Request::Open { key: key.to_owned() }),
    }
}

/// A head that may be in order, or have any mistake.
fn any_head() -> impl Strategy<Value = Vec<u8>> {
    let end = || select(vec!["\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\n", "\r", ""]);
    let good_end = || select(vec!["\r\n", "\r\n", "\n"]);
    let method =
        select(vec!["GET", "GET", "GET", "GET", "GET", "GET", "POST", "get", "", "G\u{7f}"]);
    let path = prop_oneof![
        8 => Just("/chat".to_owned()),
        4 => select(vec!["/", "/app.js", "/style.css", "/chat?x=%20&y", "/chat/", "*", "//chat", ""]).prop_map(str::to_owned),
        1 => vec(any::<char>(), 0..6).prop_map(String::from_iter),
    ];
    let version = select(vec![
        "HTTP/1.1",
        "HTTP/1.1",
        "HTTP/1.1",
        "HTTP/1.1",
        "HTTP/1.0",
        "HTTP/2.0",
        "HTTP/1.1 ",
        "",
    ]);
    let request = (method, path, version)
        .prop_map(|(method, path, version)| format!("{method} {path} {version}"));
    // The good field first: often.
    let field = |values: &'static [&'static str]| {
        (0..values.len() + 8)
            .prop_map(|at| values.get(at).unwrap_or(&values[0]).to_string().into_bytes())
    };
    let fields = (
        field(&[
            "Host: localhost:8080",
            "host:127.0.0.1",
            "Host: evil.example",
            "Host: localhost:x",
            "Host : localhost",
            "",
            "Host: localhost:8080\r\nHost: localhost:8080",
        ]),
        field(&["Upgrade: websocket", "UPGRADE:\th2c , WebSocket ", "Upgrade: x", ""]),
        field(&[
            "Connection: Upgrade",
            "connection: keep-alive, upgrade",
            "Connection: close\r\nConnection: upgrade",
            "",
        ]),
        field(&[
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Key: dGhl",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA",
            "",
        ]),
        field(&[
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Version: 8",
            "Sec-WebSocket-Version: 13, 8",
            "",
        ]),
        field(&[
            "Origin: http://localhost:8080",
            "Origin: HTTPS://LOCALHOST:8080",
            "Origin: http://127.0.0.1",
            "Origin: null",
            "Origin: http://evil.example",
            "",
        ]),
    );
    let fields = fields.prop_map(|(a, b, c, d, e, f)| vec![a, b, c, d, e, f]).prop_shuffle();
    let other = prop_oneof![
        4 => vec(b' '..=b'~', 0..12).prop_map(|value| [b"X-Y:", &value[..]].concat()),
        1 => vec(any::<u8>(), 0..12),
    ];
    let head = (
        proptest::option::weighted(0.15, select(vec!["\r\n", "\n", "\r\n\r\n", "\n\n", " ", "\r"])),
        request,
        fields,
        vec(other, 0..3),
        (good_end(), end(), proptest::bool::weighted(0.9)),
        proptest::option::weighted(0.15, vec(any::<u8>(), 0..4)),
    );
    let head = head.prop_map(|(before, request, fields, others, (good, odd, is_good), behind)| {
        let end = if is_good { good } else { odd };
        let mut bytes = before.unwrap_or_default().as_bytes().to_vec();
        let fields = fields.into_iter().filter(|field| !field.is_empty());
        for line in [request.into_bytes()].into_iter().chain(fields).chain(others) {
            bytes.extend(line);
            bytes.extend_from_slice(end.as_bytes());
        }
        bytes.extend_from_slice(end.as_bytes());
        bytes.extend(behind.unwrap_or_default());
        bytes
    });
    let damage = proptest::option::weighted(0.2, (any::<Index>(), any::<u8>()));
    let end = proptest::option::weighted(0.1, any::<Index>());
    (head, damage, end).prop_map(|(mut bytes, damage, end)| {
        if let Some((at, byte)) = damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len() + 1));
        }
        bytes
    })
}

/// The decision of a server that reads these bytes one by one, and how many it has read by then.
fn byte_by_byte(bytes: &[u8]) -> Option<(Result<Request, Refusal>, usize)> {
    (1..=bytes.len()).find_map(|end| Some((asked(&bytes[..end], "")?, end)))
}

/// The same cases each time. `PROPTEST_CASES` asks for another number of them, from a new seed each time.
fn cases(usual: u32) -> ProptestConfig {
    let config = match std::env::var_os("PROPTEST_CASES") {
        None => {
            ProptestConfig { cases: usual, rng_seed: RngSeed::Fixed(9112), ..Default::default() }
        }
        Some(_) => ProptestConfig::default(),
    };
    ProptestConfig { failure_persistence: None, ..config }
}

#[test]
fn the_random_heads_have_every_outcome() {
    let mut runner = TestRunner::deterministic();
    let heads = (0..2000).map(|_| any_head().new_tree(&mut runner).unwrap().current());
    let decisions: Vec<_> = heads.map(|bytes| model(&bytes)).collect();
    for refusal in [Forbidden, Malformed, NotAllowed, NotFound, UpgradeRequired] {
        let found = decisions.iter().filter(|decision| **decision == Some(Err(refusal))).count();
        assert!(found >= 20, "{found} times {refusal:?}");
    }
    let (mut opened, mut parts, mut open) = (0, 0, 0);
    for decision in &decisions {
        match decision {
            Some(Ok(Request::Open { .. })) => opened += 1,
            Some(Ok(Request::Part { .. })) => parts += 1,
            Some(Err(_)) => {}
            None => open += 1,
        }
    }
    assert!(opened >= 20 && parts >= 20 && open >= 20, "{opened} {parts} {open}");
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn heads_are_read_as_the_standard_says_however_the_reads_split_them(bytes in any_head()) {
        let whole = asked(&bytes, "");
        prop_assert_eq!(&whole, &model(&bytes));
        match byte_by_byte(&bytes) {
            None => prop_assert_eq!(whole, None),
            Some((decision, read)) => {
                prop_assert_eq!(&Some(decision.clone()), &model(&bytes[..read]));
                // Bytes behind the head matter only to a WebSocket.
                let has_more = matches!(decision, Ok(Request::Open { .. })) && read < bytes.len();
                prop_assert_eq!(whole, Some(if has_more { Err(Malformed) } else { decision }));
            }
        }
    }

    #[test]
    fn no_bytes_do_harm(
        bytes in vec(any::<u8>(), 0..100),
        text in vec(prop_oneof![9 => b' '..=b'~', 1 => Just(b'\n')], 0..60),
    ) {
        for bytes in [bytes, text] {
            prop_assert_eq!(asked(&bytes, ""), model(&bytes));
        }
    }
}

proptest! {
    #![proptest_config(cases(300))]

    /// Heads around both limits.
    #[test]
    fn a_head_never_grows_over_its_limits(
        fields in limits::HTTP_HEADERS_MAX - 3..limits::HTTP_HEADERS_MAX + 3,
        total in limits::HTTP_HEAD_BYTES_MAX - 5..limits::HTTP_HEAD_BYTES_MAX + 5,
        filled in any::<bool>(),
        step in 1_usize..3000,
    ) {
        let mut head = String::from("GET / HTTP/1.1\r\nHost: localhost\r\n");
        head.push_str(&"A: b\r\n".repeat(fields - 2));
        let filler = if filled { total - head.len() - "X: \r\n\r\n".len() } else { 5 };
        head.push_str(&format!("X: {}\r\n\r\n", "y".repeat(filler)));
        let expected = model(head.as_bytes());
        prop_assert!(expected.is_some());
        prop_assert_eq!(&asked(head.as_bytes(), ""), &expected);
        let mut ends = (step..head.len()).step_by(step).chain([head.len()]);
        let parts = ends.find_map(|end| asked(&head.as_bytes()[..end], ""));
        prop_assert_eq!(parts, expected);
    }
}
