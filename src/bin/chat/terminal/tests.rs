//! The terminal in a real one: tmux has the screen, and types.

mod leaving;
mod pane;
mod program;
mod resizing;
mod typing;

/// Whether tmux is there. Says so where it is not, as other tests do of programs that are missing.
fn has_tmux() -> bool {
    let has = std::process::Command::new("tmux").arg("-V").output().is_ok();
    if !has {
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "skipped: tmux is not installed");
    }
    has
}
