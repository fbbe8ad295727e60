//! The text at the end of `chat --help`.

pub const AFTER_HELP: &str = "\
Keys:
  Enter           says the line in the room that the prompt shows; the lobby is not shown
  Tab             completes names, rooms and commands; on an empty line, it goes to the next room
  Up, Down        bring back what was typed before
  Ctrl-C          clears the line; twice on an empty line, it leaves
  Ctrl-D          leaves, on an empty line

Commands begin with a slash: /help lists those of the server. Besides, /switch ROOM changes the room in which you \
speak, and /bell on|off|all says when the bell rings.

Pipes: where stdin or stdout is no terminal, or a dumb one, and with --json, there is no prompt, and no colour unless \
asked for by --color. Each line of stdin is what it would be if it were typed: a command where it begins with a slash, \
and with two it is said with one. An operator's commands are refused without --commands, so that a program which \
repeats what it hears cannot end the server; with --literal, every line is said as it is. A line that is not UTF-8 is \
refused, or read as Latin-1 with --from latin1. What people say and the lists that were asked for go to stdout, what \
the client has to say to stderr. It ends when all was delivered, or when nobody reads stdout any more.

Files: the choices in $XDG_CONFIG_HOME/chatserv/chat.toml (~/.config), with the keys user, server, rooms, bell, color, \
time, quiet and reconnect; a flag wins. The typed lines in $XDG_STATE_HOME/chatserv/history (~/.local/state). What was \
seen, in the file that --log names; if it is new, only you can read it.

Exit status:
  0               you have left, and everything that was typed was delivered
  1               the server is not there, has refused, or has sent you away; or stdout is full
  2               an argument or the config file is wrong; nothing was tried
  3               you have left, but something that was typed did not arrive
  70              a fault of this program
  129, 130, 143   ended at once, by a second Ctrl-C or signal, or as it could not leave in 5 s";
