//! What all numbers of a run depend upon.

use std::fs;
use std::io;
use std::thread;

use jiff::Zoned;

/// The processor, its cores, the kernel and the date, as the end of a sentence.
///
/// # Errors
/// There is no /proc.
pub fn described() -> io::Result<String> {
    let cores = thread::available_parallelism()?;
    let cores = match cores.get() {
        1 => "1 core".to_owned(),
        cores => format!("{cores} cores"),
    };
    let processor = fs::read_to_string("/proc/cpuinfo")?;
    let processor = processor_of(&processor);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let date = Zoned::now().strftime("%Y-%m-%d %H:%M %Z").to_string();
    let build = if cfg!(debug_assertions) {
        " The lab was built without --release: a faster build gives other numbers."
    } else {
        ""
    };
    Ok(format!(
        "{cores} of {processor} with Linux {}, {date}; servers and clients share them.{build}",
        kernel.trim()
    ))
}

/// Not every kind of processor has this line.
fn processor_of(text: &str) -> &str {
    let line = text.lines().find(|line| line.starts_with("model name"));
    let name = line.and_then(|line| line.split_once(':'));
    name.map_or("an unnamed processor", |(_, name)| name.trim())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_named() {
        let machine = described().unwrap();
        assert!(machine.contains("core") && machine.contains("Linux "));
        let text = "processor\t: 0\nmodel name\t: A: B 9000\n";
        assert_eq!(processor_of(text), "A: B 9000");
        assert_eq!(processor_of("processor: 0"), "an unnamed processor");
    }
}
