//! Finds the programs of others, and asks for their versions.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where servers lie that are not in everybody's PATH.
const FOR_ROOT: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Where the program `name` is installed. Debian's package of each of them has the program's name.
///
/// # Errors
/// It is not; the text says how to get it.
pub fn find(name: &str) -> Result<PathBuf, String> {
    env::var_os("PATH")
        .iter()
        .flat_map(env::split_paths)
        .chain(FOR_ROOT.map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| format!("{name} is missing: apt-get install {name}"))
}

/// The first line that a program says of itself.
///
/// # Errors
/// It does not start, or says nothing.
pub fn version(program: &Path) -> Result<String, String> {
    let asked = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    // Some say it on stderr.
    let said = [asked.stdout, asked.stderr].concat();
    String::from_utf8_lossy(&said)
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| format!("{} does not tell its version", program.display()))
}

#[cfg(test)]
mod tests {
    use super::{find, version};

    #[test]
    fn a_missing_program_says_how_to_get_it() {
        let missing = find("no-such-server").expect_err("nothing is called so");
        assert_eq!(
            missing,
            "no-such-server is missing: apt-get install no-such-server"
        );
    }

    #[test]
    fn a_version_is_one_line() {
        let shell = find("bash").expect("the scripts here need bash");
        let version = version(&shell).expect("bash knows its version");
        assert!(version.contains("bash"), "{version}");
        assert!(!version.contains('\n'), "{version}");
    }
}
