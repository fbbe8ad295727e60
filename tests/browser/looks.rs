//! The looks of the page, and its sound in a screen reader: contrast, zoom, forced colours, the accessibility tree.

use serde_json::{Value, json};

use super::support::{Client, or_skip};
use super::{Browser, LINES, server};

/// WCAG 2.2, 1.4.3: the least contrast of text.
const CONTRAST_MIN: f64 = 4.5;

/// Shows names in every hue on every background, and each kind of line.
const PAINT: &str = "{ for (const cls of ['', 'call', 'private', 'lost', 'wrong', 'listed', 'call listed', 'private listed']) for (let hue = 0; hue < 360; hue += 15) { \
        const name = nameOf('name' + hue); name.style.setProperty('--hue', hue); \
        const line = row([name, '  ', linked('text `code` https://example.org/a'), make('small', 'tag', 'private')], new Date(), cls); \
        add(here, line); } \
    for (let hue = 0; hue < 360; hue += 15) { const name = nameOf('hue' + hue); name.style.setProperty('--hue', hue); \
        document.getElementById('people').append(make('li', '', make('button', '', make('span', '', name)))); } \
    note('a note'); note('wrong', 'wrong'); here.unread = 1; here.lines.append(make('div', 'day new', 'New messages')); \
    offer([['', 'name', 'about'], ['', 'other', 'about']]); document.getElementById('state').textContent = 'Trying again'; \
    document.getElementById('refusal').textContent = 'Refused'; null }";

/// The contrast of each text with what lies behind it. A hidden part of the page is measured too.
const MEASURE: &str = "(() => { \
    const channels = color => { const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true }); \
        canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; }; \
    const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1); \
    const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map(c => c / 255 <= .04045 ? c / 255 / 12.92 : ((c / 255 + .055) / 1.055) ** 2.4); return .2126 * x + .7152 * y + .0722 * z; }; \
    const behind = element => { const chain = []; for (let one = element; one; one = one.parentElement) chain.push(channels(getComputedStyle(one).backgroundColor)); \
        return chain.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]); }; \
    const found = {}; \
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); \
    while (walker.nextNode()) { const element = walker.currentNode.parentElement; \
        if (!walker.currentNode.data.trim() || ['SCRIPT', 'NOSCRIPT', 'OPTION'].includes(element.tagName)) continue; \
        const back = behind(element); let front = channels(getComputedStyle(element).color); \
        for (let one = element; one; one = one.parentElement) front[3] *= Number(getComputedStyle(one).opacity); \
        front = over(front, back); const [a, b] = [light(front), light(back)].sort((x, y) => y - x); \
        const contrast = (a + .05) / (b + .05), key = element.tagName.toLowerCase() + '.' + element.className + ' in ' + (element.closest('.line')?.className ?? element.parentElement.id); \
        if (!(found[key] <= contrast)) found[key] = Math.round(contrast * 100) / 100; } \
    const placeholder = getComputedStyle(text, '::placeholder').color, back = behind(text); \
    const [a, b] = [light(over(channels(placeholder), back)), light(back)].sort((x, y) => y - x); \
    found.placeholder = Math.round((a + .05) / (b + .05) * 100) / 100; return found; })()";

#[test]
fn every_text_has_enough_contrast_in_both_themes() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    for theme in ["light", "dark"] {
        browser.join_with(theme, &server, &json!({"colorScheme": theme}));
        browser.eval(theme, PAINT);
        browser.eval(theme, "document.getElementById('login').hidden = false");
        let measured = browser.eval(theme, MEASURE);
        let measured = measured.as_object().unwrap();
        assert!(measured.len() > 25, "{measured:?}");
        let mut weak: Vec<_> =
            measured.iter().filter(|(_, value)| value.as_f64().unwrap() < CONTRAST_MIN).collect();
        weak.sort_by_key(|(_, value)| value.to_string());
        assert!(weak.is_empty(), "{theme}: {weak:#?}");
    }
    browser.complains_of_nothing();
}

/// A window of 1,280 × 720 at 200 % and at 400 %: WCAG 2.2, 1.4.4 and 1.4.10.
#[test]
fn the_page_can_be_zoomed() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    let mut tom = Client::join(&server, "tom");
    for (page, width, height, scale) in [("twice", 640, 360, 2), ("fourfold", 320, 180, 4)] {
        let size = json!({"width": width, "height": height});
        browser.join_with(page, &server, &json!({"viewport": size, "deviceScaleFactor": scale}));
        // Each page has a line of its own, since the second one sees that of the first as a past one.
        tom.say(&format!("{page}{}", "w".repeat(300)));
        browser.wait(page, &format!("here.lines.textContent.includes('{page}www')"));
        browser.say(page, "/help");
        browser.wait(page, &format!("({LINES}).pop().includes('/quit')"));
        let fits = "[document.documentElement.scrollWidth <= innerWidth, log.scrollWidth <= log.clientWidth, log.clientHeight >= 48, \
            document.getElementById('say').getBoundingClientRect().bottom <= innerHeight, document.getElementById('people-button').offsetWidth > 0]";
        assert_eq!(browser.eval(page, fits), json!([true, true, true, true, true]), "{page}");
    }
    browser.complains_of_nothing();
}

#[test]
fn forced_colours_keep_what_colour_alone_would_say() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    browser.join_with(
        "ann",
        &server,
        &json!({"forcedColors": "active", "reducedMotion": "reduce"}),
    );
    let mut tom = Client::join(&server, "tom");
    tom.say("Is @ann here?");
    tom.say("/msg ann psst");
    browser.shows("ann", &["tom  psstprivate, only to you"]);
    browser.say("ann", "/join dev");
    browser.wait("ann", "here.name === 'dev'");
    tom.say("@ann hello");
    browser.wait("ann", "document.querySelector('#rooms b')");
    let bordered = "[...document.querySelectorAll('#rooms b, #rooms [aria-current], #log .call, #log .private')].map(one => { \
        const style = getComputedStyle(one); return [one.className, parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== 'none' || parseFloat(style.borderInlineStartWidth) > 0]; })";
    let seen = browser.eval("ann", bordered);
    let seen = seen.as_array().unwrap();
    assert!(seen.len() >= 4, "{seen:?}");
    assert!(seen.iter().all(|one| one[1] == true), "{seen:?}");
    assert_eq!(browser.eval("ann", "document.getAnimations().length"), 0);
    browser.complains_of_nothing();
}

/// The page as a screen reader has it, in its order.
fn tree(browser: &mut Browser, page: &str) -> String {
    let tree = browser.tell(&json!({"page": page, "element": "body", "call": "ariaSnapshot"}));
    tree.as_str().unwrap().to_owned()
}

fn assert_in_order(tree: &str, parts: &[&str]) {
    let mut rest = tree;
    for part in parts {
        let Some(at) = rest.find(part) else {
            panic!("{part:?} is not there, or not in this order:\n{tree}");
        };
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn a_screen_reader_finds_its_way() {
    let mut browser = or_skip!(Browser::start());
    let server = server(&[]);
    let mut tom = Client::join(&server, "tom");
    tom.say("an old line");
    tom.hears_nothing();
    browser.open("ann", &server, 1000, 700);
    let login = tree(&mut browser, "ann");
    assert_in_order(
        &login,
        &["heading \"chatserv\"", "textbox \"Your name\"", "button \"Join\"", "alert"],
    );
    browser.eval("ann", "window.told = []; new MutationObserver(changes => { for (const change of changes) for (const node of change.addedNodes) \
        told.push([log.getAttribute('aria-live'), node.textContent.replace(/^\\d\\d:\\d\\d/, '')]); }).observe(log, { childList: true, subtree: true }); null");
    browser.call("ann", "fill", &["#name", "ann"]);
    browser.press("ann", "Enter");
    browser.shows("ann", &["tom  an old line"]);
    browser.wait("ann", "log.getAttribute('aria-live') === 'polite' && commands.length");
    tom.say("/topic News");
    tom.say("a new line");
    browser.shows("ann", &["tom  a new line"]);
    browser.wait("ann", "document.getElementById('topic').textContent === 'News'");
    // The past is not read out, what comes is.
    let told: Vec<Value> = serde_json::from_value(browser.eval("ann", "told")).unwrap();
    let live = |text: &str| {
        told.iter().find(|one| one[1] == text).unwrap_or_else(|| panic!("{told:?}"))[0].clone()
    };
    assert_eq!(live("tom  an old line"), "off");
    assert_eq!(live("tom  a new line"), "polite");
    browser.say("ann", "/join dev");
    browser.wait("ann", "here.name === 'dev'");
    tom.say("elsewhere");
    browser.wait("ann", "document.querySelector('#rooms b')");
    assert_in_order(
        &tree(&mut browser, "ann"),
        &[
            "navigation \"Rooms\"",
            "heading \"Rooms\"",
            "button \"lobby, 1 unread\"",
            "button \"dev\"",
            "textbox \"Room to join\"",
            "checkbox \"Notify me of mentions\"",
            "checkbox \"With a sound\"",
            "main",
            "heading \"dev\"",
            "status",
            "log \"Messages\"",
            "textbox \"Message\"",
            "button \"Send\"",
            "complementary \"People\"",
            "heading \"People 1\"",
            "button \"ann (you)\"",
        ],
    );
    browser.type_text("ann", "/wh");
    browser.wait("ann", "!choices.hidden");
    assert_in_order(
        &tree(&mut browser, "ann"),
        &["listbox \"Completions\"", "option \"/who", "[selected]", "option \"/whois"],
    );
    let chosen = "document.getElementById(text.getAttribute('aria-activedescendant')).textContent.startsWith('/who')";
    assert_eq!(browser.eval("ann", chosen), true);
    // On a phone, what is closed is not in the way, and its button says what waits there.
    browser.press("ann", "Escape");
    browser.call("ann", "fill", &["#text", ""]);
    browser.tell(
        &json!({"page": "ann", "call": "setViewportSize", "args": [{"width": 360, "height": 640}]}),
    );
    let phone = tree(&mut browser, "ann");
    assert_in_order(
        &phone,
        &[
            "main",
            "button \"Rooms, 1 unread\"",
            "heading \"dev\"",
            "button \"People 1\"",
            "log \"Messages\"",
        ],
    );
    assert!(!phone.contains("navigation") && !phone.contains("complementary"), "{phone}");
    browser.complains_of_nothing();
}
