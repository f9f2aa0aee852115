"""A client of HTTP that takes its time."""

import socket
import struct


class SlowClient:
    """One that reads when it is told to, and no more than it is told to."""

    def __init__(self, program):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(60)
        host, port = program.address.rsplit(":", 1)
        self.socket.connect((host, int(port)))
        self.bytes = b""

    def ask(self, path="/metrics", headers="", method="GET", version="1.1"):
        self.socket.sendall(f"{method} {path} HTTP/{version}\r\nHost: x\r\n{headers}\r\n".encode())
        return self

    def _more(self):
        more = self.socket.recv(65536)
        self.bytes += more
        return bool(more)

    def take(self, size):
        while len(self.bytes) < size:
            assert self._more(), "the connection ended"
        taken, self.bytes = self.bytes[:size], self.bytes[size:]
        return taken

    def take_line(self):
        while b"\r\n" not in self.bytes:
            assert self._more(), "the connection ended"
        line, self.bytes = self.bytes.split(b"\r\n", 1)
        return line.decode("ascii")

    def head(self):
        status = int(self.take_line().split()[1])
        headers = {}
        while line := self.take_line():
            name, value = line.split(": ", 1)
            headers[name.lower()] = value
        return status, headers

    def chunks(self):
        """Their bytes, one after the other: sizes of hexadecimal digits alone, and no trailers."""
        while True:
            size = self.take_line()
            assert set(size) <= set("0123456789abcdef") and size, size
            if int(size, 16) == 0:
                assert self.take_line() == "", "a trailer"
                return
            yield self.take(int(size, 16))
            assert self.take(2) == b"\r\n"

    def to_end(self):
        while self._more():
            pass
        return self.bytes

    def vanish(self):
        """As one whose machine lost its power, and came back."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
