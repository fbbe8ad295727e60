//! The README, of which parts are made by tests.

use std::fs;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// Fails where the README is not as it should be; with `UPDATE_README` in the environment, it is made so instead. `test`
/// is the one to run for that.
pub fn holds(test: &str, should_be: impl Fn(&str) -> String) {
    let is = fs::read_to_string(PATH).unwrap();
    let should_be = should_be(&is);
    if std::env::var_os("UPDATE_README").is_some() {
        return fs::write(PATH, should_be).unwrap();
    }
    let mut lines = is.lines().zip(should_be.lines());
    let differs = lines.find(|(is, should)| is != should);
    assert!(
        is == should_be,
        "the README is not what really happens; first {differs:#?}\n\
         UPDATE_README=1 cargo test --test {test} writes it anew"
    );
}
