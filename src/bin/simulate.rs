//! Simulates the server with fresh seeds: `scripts/simulate --help`.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use chatserv::server::simulation::{Report, simulate};
fn main() {
    let seconds: u64 = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(5);
    let mut seed: u64 = std::env::args().nth(2).and_then(|s| s.parse().ok()).unwrap_or(1);
    let one = std::env::args().nth(2).is_some();
    let began = Instant::now();
    let mut total = Report::default();
    let mut out = io::stdout();
    while began.elapsed() < Duration::from_secs(seconds) {
        let (report, result, story) = if one {
            chatserv::server::simulation::simulate_and_tell(seed)
        } else {
            let (a, b) = simulate(seed);
            (a, b, vec![])
        };
        for l in &story {
            let _ = writeln!(out, "{l}");
        }
        total.add(&report);
        if std::env::var_os("V").is_some() {
            let _ = writeln!(io::stderr(), "seed {seed} {} {:?}", report.steps, began.elapsed());
        }
        if let Err(f) = result {
            let _ = writeln!(out, "seed {seed} step {}: {f}", report.steps);
            if !one {
                break;
            }
        }
        if one {
            break;
        }
        seed += 1;
    }
    let t = began.elapsed().as_secs_f64();
    let _ = writeln!(out, "{} steps {:.0}/s seeds {}", total.steps, total.steps as f64 / t, seed);
    for (k, v) in &total.counts {
        let _ = writeln!(out, "{v:>10} {k}");
    }
}
