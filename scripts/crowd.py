"""A crowd of clients, read by one thread with epoll, in this process or in one of its own.

Talks to 127.0.0.1 only.
"""

import multiprocessing
import select
import signal
import socket
import time

from measure import PATIENCE_S

HOST = "127.0.0.1"
# The end of the last line of the server's welcome.
JOINED = b"client(s) connected to this server."
# At most this many clients connect at the same time: far below the backlog, so that nobody waits for a retry.
JOIN_WAVE = 200


class Client:
    """One client of a crowd."""

    def __init__(self, name, port, receive_buffer):
        self.name = name
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect((HOST, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Sends the name before the prompt arrives, which saves a round trip for each of thousands of clients.
        self.socket.sendall(name.encode() + b"\r\n")
        self.socket.setblocking(False)
        # The beginning of an incomplete line.
        self.rest = b""


class Crowd:
    """Clients that one thread reads with epoll. Each line goes to `line`, which subclasses override."""

    def __init__(self, port):
        self.port = port
        self.epoll = select.epoll()
        self.clients = {}
        self.welcomed = 0
        # Names of the clients whose connection the server has ended.
        self.ended = []

    def line(self, client, line, now_ns):
        """Handles a line that a client has read at `now_ns`, without its end."""

    def join(self, names, receive_buffer=None):
        """Connects a client for each name, and returns when all of them have been welcomed.

        `receive_buffer` (SO_RCVBUF, in bytes) keeps the kernel from enlarging their buffers.
        """
        wanted = self.welcomed
        for name in names:
            client = Client(name, self.port, receive_buffer)
            self.resume(client)
            wanted += 1
            if wanted - self.welcomed >= JOIN_WAVE:
                self.pump_until(lambda: wanted - self.welcomed < JOIN_WAVE // 2, "the welcome")
        self.pump_until(lambda: self.welcomed >= wanted, "the welcome")

    def resume(self, client):
        """Reads from this client from now on."""
        self.clients[client.socket.fileno()] = client
        self.epoll.register(client.socket, select.EPOLLIN)

    def stall(self, client):
        """Stops reading from this client, which stays connected."""
        self.epoll.unregister(client.socket)
        del self.clients[client.socket.fileno()]

    def pump(self, timeout_s):
        """Reads what has arrived, and waits for it at most this long."""
        for descriptor, _ in self.epoll.poll(max(timeout_s, 0), 1024):
            # A descriptor of no client is the pipe of `CrowdProcess`, which looks at it itself.
            if descriptor in self.clients:
                self.read(self.clients[descriptor])

    def pump_until(self, condition, what, patience_s=PATIENCE_S):
        end = time.monotonic() + patience_s
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"waited {patience_s} s for {what}")
            self.pump(0.1)

    def read(self, client):
        try:
            data = client.socket.recv(256 * 1024)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if data:
            self.hear(client, data)
        else:
            self.stall(client)
            client.socket.close()
            self.ended.append(client.name)

    def hear(self, client, data):
        now_ns = time.monotonic_ns()
        *lines, client.rest = (client.rest + data).split(b"\r\n")
        for line in lines:
            if line.endswith(JOINED):
                self.welcomed += 1
            self.line(client, line, now_ns)

    def leave(self):
        """Closes all connections, and returns how many the server had ended before."""
        for client in list(self.clients.values()):
            self.stall(client)
            client.socket.close()
        return len(self.ended)


class CrowdProcess:
    """A crowd in a process of its own, which keeps reading between requests."""

    def __init__(self, crowd_type, port):
        fork = multiprocessing.get_context("fork")
        self.pipe, theirs = fork.Pipe()
        self.process = fork.Process(target=self.run, args=(crowd_type, port, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def run(self, crowd_type, port, pipe):
        # This process ends when the other end closes. A copy of that end would hide the closing.
        self.pipe.close()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        crowd = crowd_type(port)
        crowd.epoll.register(pipe, select.EPOLLIN)
        try:
            while True:
                crowd.pump(1)
                while pipe.poll():
                    method, arguments = pipe.recv()
                    pipe.send(getattr(crowd, method)(*arguments))
        except EOFError:
            pass

    def ask(self, method, *arguments):
        """Calls a method of the crowd; `answer` waits for its result."""
        self.pipe.send((method, arguments))

    def answer(self):
        return self.pipe.recv()

    def call(self, method, *arguments):
        self.ask(method, *arguments)
        return self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.pipe.close()
        self.process.join(PATIENCE_S)
