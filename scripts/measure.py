"""Shared by the measuring scripts: the command line, claims, tables, a server to measure, and figures from /proc.

The server listens on 127.0.0.1 only. The scripts end no process that they have not started.
"""

import argparse
import os
import platform
import re
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time

# How long a start, an answer or an end may take. Each should take a moment.
PATIENCE_S = 30


def begin(doc, minutes, add_arguments=lambda parser: None):
    """Reads the command line, makes sure that the script ends and cleans up, and prints what it runs on."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=default_binary(), help="the server (default: %(default)s)")
    add_arguments(parser)
    arguments = parser.parse_args()
    if not os.access(arguments.bin, os.X_OK):
        sys.exit(f"there is no {arguments.bin}: build it with `cargo build --release`")
    # An exit lets every `with` end what it has started. The default action of the signal would not.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"not done after {minutes} minutes: something hangs"))
    signal.alarm(int(minutes * 60))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # On a pipe too, lines should appear at once.
    sys.stdout.reconfigure(line_buffering=True)
    load = os.getloadavg()[0]
    print(f"{platform.system()} {platform.release()}, {os.cpu_count()} CPUs, load average {load:.2f} at the start, "
          f"{soft} of {hard} descriptors, Python {platform.python_version()}")
    return arguments


def default_binary():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(root, "target"))
    return os.path.join(target, "release", "chatserv")


class Claims:
    """The claims of a script. A claim that does not hold makes it end with status 1."""

    def __init__(self):
        self.broken = 0

    def check(self, held, text):
        print(f"  {'holds' if held else 'BROKEN'}: {text}")
        self.broken += not held

    def exit(self):
        print("All claims hold." if self.broken == 0 else f"{self.broken} claims do not hold.")
        sys.exit(1 if self.broken else 0)


def table(head, rows):
    """Prints a table that is Markdown as well."""
    rows = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for number, row in enumerate(rows):
        print("| " + " | ".join(cell.rjust(width) for cell, width in zip(row, widths)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|")


def percentile(ordered, percent):
    """The value that `percent` of these sorted values do not exceed."""
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


class Server:
    """A chatserv on a free port, with its log in a temporary file. Leaving the `with` ends it."""

    def __init__(self, binary, *flags, descriptors=None):
        self.log_file = tempfile.TemporaryFile()

        def limit():
            if descriptors is not None:
                # Both limits: the server raises the soft one to the hard one.
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        self.process = subprocess.Popen(
            [binary, "--port", "0", *flags], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log_file,
            env={name: value for name, value in os.environ.items() if not name.startswith("CHATSERV_")},
            preexec_fn=limit)
        self.pid = self.process.pid
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE_S)
        line = self.process.stdout.readline() if ready else b""
        found = re.fullmatch(rb"Waiting for incoming connections on port (\d+)\n", line)
        if not found:
            self.end()
            sys.exit(f"the server did not start: {line!r} {self.log()}")
        self.port = int(found.group(1))
        # The server prints its port before its last threads have started. A comparison with the empty server needs it
        # at rest.
        time.sleep(0.5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Asks it to end, and returns its exit status. A server that does not end in time is killed."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self.process.stdout.close()

    def log(self):
        """The lines of its log so far."""
        size = os.fstat(self.log_file.fileno()).st_size
        return os.pread(self.log_file.fileno(), size, 0).decode().splitlines()

    def proc(self, path):
        with open(f"/proc/{self.pid}/{path}") as file:
            return file.read()

    def cpu_seconds(self):
        return cpu_seconds(self.pid)

    def threads(self):
        return fields_of(self.proc("status"))["Threads"]

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def memory(self):
        """In KiB: resident, private and proportional memory, and page tables."""
        status, rollup = fields_of(self.proc("status")), fields_of(self.proc("smaps_rollup"))
        return {
            "VmRSS": status["VmRSS"],
            "Private": rollup["Private_Clean"] + rollup["Private_Dirty"],
            "Pss": rollup["Pss"],
            "VmPTE": status["VmPTE"],
        }


def cpu_seconds(pid):
    """User and system time of all threads of a process, including those that have ended, in ticks of usually 10 ms."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine_cpu_seconds():
    """The time for which the processors of this machine were busy, including stolen time."""
    with open("/proc/stat") as file:
        user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def knows(binary, flag):
    """Whether this build of the server has that flag."""
    text = subprocess.run([binary, "--help"], capture_output=True, check=True).stdout
    return re.search(rb"^ +" + flag.encode() + rb"\b", text, re.MULTILINE) is not None


def fields_of(text):
    """The numbers of a file such as /proc/meminfo, whose lines are `Name:  123 kB`."""
    return {name: int(number) for name, number in re.findall(r"^(\w+):\s+(\d+)(?: kB)?$", text, re.MULTILINE)}


def meminfo():
    with open("/proc/meminfo") as file:
        return fields_of(file.read())


def wait_until(condition, patience_s=PATIENCE_S):
    """Polls the condition, and returns whether it came true in time."""
    end = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
