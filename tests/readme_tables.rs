//! The README's tables of commands, actions and error codes are made of those in the code.
//! `UPDATE_README=1 cargo test --test readme_tables` writes them anew.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

#[path = "support/readme_block.rs"]
mod readme_block;
#[path = "support/readme.rs"]
mod readme_file;

use std::fs;

use chatserv::chat::{CommandHelp, command_groups};
use chatserv::protocol::json::{Action, actions, error_codes};
use readme_block::with_block;

/// What stands in a cell of a table must not end it.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn commands() -> String {
    let row = |command: &CommandHelp| {
        let typed = format!("/{} {}", command.word, command.arguments);
        format!("| `{}` | {} |\n", cell(typed.trim()), cell(command.about))
    };
    let mut table = String::from("| you type | what it does |\n|---|---|\n");
    for (title, commands) in command_groups(true) {
        table.push_str(&format!("| **{title}** | |\n"));
        table.extend(commands.into_iter().map(row));
    }
    table
}

fn action_table() -> String {
    let row = |action: &Action| {
        let required = action.required.iter().map(|field| format!("`{field}`"));
        let optional = action.optional.iter().map(|field| format!("[`{field}`]"));
        let fields: Vec<String> = required.chain(optional).collect();
        format!("| `{}` | {} |\n", action.name, fields.join(", "))
    };
    let head = "| action | fields (those in brackets may be left out) |\n|---|---|\n";
    head.to_owned() + &actions().map(row).collect::<String>()
}

fn codes() -> String {
    let rows = error_codes().map(|(code, when)| format!("| `{code}` | {when} |\n"));
    String::from("| code | when |\n|---|---|\n") + &rows.collect::<String>()
}

#[test]
fn the_tables_are_those_of_the_code() {
    readme_file::holds("readme_tables", |readme| {
        let blocks = [
            ("commands", commands()),
            ("actions", action_table()),
            ("codes", codes()),
        ];
        let replace =
            |readme: String, (name, block): &(&str, String)| with_block(&readme, name, block);
        blocks.iter().fold(readme.to_owned(), replace)
    });
}

#[test]
fn every_action_is_shown_in_a_conversation() {
    let mut shown = String::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/chats")).unwrap() {
        shown.push_str(&fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    for action in actions() {
        let asked = format!(r#"> {{"action":"{}""#, action.name);
        assert!(shown.contains(&asked), "nobody asks {}", action.name);
    }
    for (_, commands) in command_groups(true) {
        for command in commands {
            let typed = format!("> /{}", command.word);
            assert!(shown.contains(&typed), "nobody types /{}", command.word);
        }
    }
}
