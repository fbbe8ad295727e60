//! The text at the end of `chat --help`.

pub const AFTER_HELP: &str = "\
Keys:
  Enter           sends the line to the room that the prompt names; without a name, to the lobby
  Tab             completes names, rooms and commands; on an empty line, goes to the next room
  Alt-A           goes to the next room with new messages, first where you were mentioned
  PageUp          shows older messages of the room, and again those before them
  Up, Down        show the lines that you typed before; Ctrl-R searches them
  Ctrl-C          clears the line; twice on an empty line, leaves
  Ctrl-D          leaves, on an empty line

Commands begin with a slash. /help lists them.

Pipes: if stdin or stdout is not a terminal, or a dumb one, or with --json, there is no prompt, and there are no colours \
without --color. Each line of stdin has the same meaning as at the prompt: it is a command if it begins with a slash, and \
a message that begins with a slash needs a second one. Operators' commands need --commands, so that a program that repeats \
what it hears cannot shut down the server. With --literal, every line is a message. A line that is not UTF-8 is refused, \
or read as Latin-1 with --from latin1. Messages and the answers to commands go to stdout, everything else to stderr. The \
client exits when all lines are delivered, or when stdout has no reader any more.

Files: $XDG_CONFIG_HOME/chatserv/chat.toml (~/.config) is the config file, with the keys user, server, via, rooms, bell, color, \
time, quiet and reconnect. Flags override it. $XDG_STATE_HOME/chatserv/history (~/.local/state) keeps the typed lines. Only \
you can read a file that --log creates.

Exit status:
  0               you have left, and everything was delivered
  1               no server was reached, it has refused or disconnected you, or stdout failed
  2               an argument or the config file is wrong, and nothing was tried
  3               you have left, but a line was not delivered
  70              a bug in this program
  129, 130, 143   ended by a second Ctrl-C or signal, or because leaving took longer than 5 s";
