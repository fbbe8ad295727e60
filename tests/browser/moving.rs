//! A page whose server restarts goes on with another machine of the chat.

use rustix::process::Signal;

use super::support::redis::Redis;
use super::support::{Client, Server, chatserv, free_port, or_skip};
use super::{Browser, root};

/// Two machines of one chat, each of which knows the page of the other.
fn machines(redis: &Redis) -> [Server; 2] {
    let ports = [free_port(), free_port()].map(|port| port.to_string());
    let machine = |number: usize| {
        let other = format!("http://localhost:{}", ports[1 - number]);
        let (address, node) = (redis.address(), ["a", "b"][number]);
        let web = ["--web-port", &ports[number], "--web-others", &other];
        let cluster = ["--cluster", &address, "--node", node, "--drain", "100ms"];
        Server::start_by(&mut chatserv(&[&["--port", "0"][..], &web, &cluster].concat()))
    };
    [machine(0), machine(1)]
}

#[test]
fn the_page_moves_to_another_machine_with_its_name_and_every_line() {
    let redis = or_skip!(Redis::start(&[]));
    let mut browser = or_skip!(Browser::start());
    let [mut a, b] = machines(&redis);
    browser.join("ann", &a);
    let mut tom = Client::join(&b, "tom");
    browser.wait("ann", "here.people.has('tom')");
    browser.say("ann", "before");
    tom.skip_to("ann : before");
    tom.say("heard");
    browser.shows("ann", &["ann  before", "tom  heard"]);
    // The server reads none of it before it sends her away: one line that it never gets, and one that is typed on the way.
    browser.eval(
        "ann",
        "{ const close = socket.onclose; socket.onclose = event => { window.closing = () => close(event); };
           const hear = socket.onmessage; socket.onmessage = event => { hear(event); if (JSON.parse(event.data).action === 'bye') say('under way'); }; }",
    );
    a.signal(Signal::USR2);
    a.ends_well();
    browser.wait("ann", "window.closing");
    tom.say("missed");
    tom.say("missed too");
    tom.hears_nothing();
    browser.eval("ann", "window.closing(), text.value = 'on the way', submit(), 0");
    browser.wait("ann", "isOnline() && !isLost && !isMoving");
    browser.shows(
        "ann",
        &[
            "ann  before",
            "tom  heard",
            "ann  under way",
            "ann  on the way",
            "tom  missed",
            "tom  missed too",
        ],
    );
    tom.expect("ann : under way");
    tom.expect("ann : on the way");
    browser.wait("ann", "!document.querySelector('.lost') && !sent.size");
    browser.say("ann", "here");
    tom.expect("ann : here");
    tom.hears_nothing();
    let host = root(&b);
    let host = host.strip_prefix("http://").unwrap();
    browser.wait("ann", &format!("socket.url === 'ws://{host}chat' && me === 'ann'"));
    // Nobody had to type a name, and nothing was said about the move but in the page's own line, which is gone again.
    browser.wait("ann", "document.getElementById('state').textContent === '' && document.getElementById('login').hidden");
    browser.complains_of_nothing();
}
