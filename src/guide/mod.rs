//! The guide: everything besides the reference of the source.
//!
//! | page | for |
//! |---|---|
//! | [`manual`] | people who chat |
//! | [`browser`] | people who chat in a browser, and people who run a server for them |
//! | [`json`] | programs |
//! | [`settings`], [`operations`], [`proxy`], [`history`], [`cluster`] | people who run a server, or several for one chat |
//! | [`teaching`] | teachers: a chat in the classroom, the lab |
//! | [`faults`] | everybody who asks which faults and bad input the server survives |
//! | [`measurements`] | everybody who asks whether threads are fast enough |
//! | [`internals`], [`testing`] | readers of the source, and people who change it |
//! | [`changelog`] | everybody who updates |

/// A page of the guide, from the Markdown file beside this one.
///
/// The links in these files work on GitHub. In Markdown the first definition of a label counts, so the definitions here
/// make the same links work in rustdoc: they lead to its own pages, and to the plots of the checkout that `target` is in.
macro_rules! page {
    ($name:ident, $file:literal) => {
        /// [manual]: crate::guide::manual
        /// [browser]: crate::guide::browser
        /// [glass]: crate::guide::browser#the-threads-behind-glass
        /// [json]: crate::guide::json
        /// [glass-json]: crate::guide::json#the-glass-view
        /// [settings]: crate::guide::settings
        /// [reloading]: crate::guide::settings#reloading
        /// [operations]: crate::guide::operations
        /// [history]: crate::guide::history
        /// [search]: crate::guide::manual#searching
        /// [guarantees]: crate::guide::operations#limits-and-guarantees
        /// [cluster]: crate::guide::cluster
        /// [teaching]: crate::guide::teaching
        /// [measurements]: crate::guide::measurements
        /// [internals]: crate::guide::internals
        /// [testing]: crate::guide::testing
        /// [contributing]: ../../../../../.github/CONTRIBUTING.md
        /// [properties]: ../../../../../tests/fuzz/properties/mod.rs
        /// [sync]: ../../../src/chatserv/server/sync/mod.rs.html
        /// [lesson]: ../../../lab/index.html
        /// [glass-picture]: ../../../../../src/guide/glass.webp
        /// [growth]: ../../../../../scripts/results/growth.svg
        /// [stalled]: ../../../../../scripts/results/stalled.svg
        /// [server]: ../../../src/chatserv/server/mod.rs.html
        /// [reader]: ../../../src/chatserv/server/reader.rs.html
        /// [decode]: ../../../src/chatserv/protocol/plain/decode.rs.html
        /// [dispatcher]: ../../../src/chatserv/server/dispatcher.rs.html
        /// [hub]: ../../../src/chatserv/chat/hub.rs.html
        /// [say]: ../../../src/chatserv/chat/say.rs.html
        /// [encode]: ../../../src/chatserv/protocol/plain/encode.rs.html
        /// [delivery]: ../../../src/chatserv/server/delivery/mod.rs.html
        /// [event]: ../../../src/chatserv/chat/event.rs.html
        /// [main]: ../../../../../src/main.rs
        /// [listener]: ../../../src/chatserv/server/listener.rs.html
        /// [json-codec]: ../../../src/chatserv/protocol/json/mod.rs.html
        /// [limits]: ../../../src/chatserv/config/limits.rs.html
        /// [hub-tests]: ../../../../../tests/hub/mod.rs
        /// [model]: ../../../src/chatserv/server/simulation/model.rs.html
        /// [simulation-report]: ../../../src/chatserv/server/simulation/report.rs.html
        /// [simulated-store]: ../../../src/chatserv/server/simulation/store.rs.html
        /// [ledger]: ../../../src/chatserv/server/simulation/ledger.rs.html
        /// [simulated]: crate::guide::internals#the-simulation
        /// [simulation]: ../../../src/chatserv/server/simulation/mod.rs.html
        /// [client]: ../../../chat/index.html
        /// [lab]: ../../../lab/index.html
        /// [non-blocking]: ../../../src/lab/variants/non_blocking.rs.html
        /// [readiness-epoll]: ../../../src/lab/variants/readiness_epoll.rs.html
        /// [bench-script]: ../../../../../scripts/bench
        /// [bench]: ../../../bench/index.html
        /// [floor]: ../../../src/bench/floor.rs.html
        /// [report]: ../../../../../scripts/results/report.txt
        /// [unit]: ../../../../../scripts/systemd/chatserv.service
        /// [compose]: ../../../../../scripts/docker/compose.yml
        /// [proxy]: crate::guide::proxy
        /// [via]: crate::guide::manual#through-a-command
        /// [metrics]: crate::guide::operations#metrics
        /// [dashboard]: ../../../../../scripts/grafana.json
        /// [bench-cluster]: ../../../../../scripts/bench-cluster
        /// [faults]: ../../../../../scripts/cluster-faults
        /// [survived]: crate::guide::faults
        /// [faults-script]: ../../../../../scripts/faults
        /// [soak]: ../../../../../scripts/soak
        /// [supply]: ../../../../../scripts/supply
        /// [cluster-compose]: ../../../../../scripts/docker/cluster.yml
        /// [dockerfile]: ../../../../../scripts/docker/Dockerfile
        /// [sample]: ../../../../../scripts/chatserv.toml
        /// [motd]: ../../../../../scripts/motd.txt
        ///
        #[doc = include_str!($file)]
        pub mod $name {}
    };
}

page!(manual, "manual.md");
page!(browser, "browser.md");
page!(json, "json.md");
page!(settings, "settings.md");
page!(history, "history.md");
page!(operations, "operations.md");
page!(proxy, "proxy.md");
page!(cluster, "cluster.md");
page!(teaching, "teaching.md");
page!(faults, "faults.md");
page!(measurements, "measurements.md");
page!(internals, "internals.md");
page!(testing, "testing.md");
page!(changelog, "changelog.md");
