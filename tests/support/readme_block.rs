//! A part of the README that begins with `<!-- name -->` and is made by a test.

const END: &str = "<!-- end -->\n";

/// The README with this text between `<!-- name -->` and the end of that block.
pub fn with_block(readme: &str, name: &str, block: &str) -> String {
    let begin = format!("<!-- {name} -->\n");
    let (before, rest) = readme.split_once(&begin).expect("the README has the block");
    let (_, after) = rest.split_once(END).expect("a block has an end");
    format!("{before}{begin}{block}{END}{after}")
}
