"""PostgreSQL's side of the wire up to where a client learns whom it talks to: an old server, one that refuses a password."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_NO_ENCRYPTION = (80877103, 80877104)  # the requests for SSL and for GSSAPI


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def _told(name: str, value: str) -> bytes:
    return _message(b"S", name.encode() + b"\0" + value.encode() + b"\0")


def _refused(code: str, words: str) -> bytes:
    fields = (b"SFATAL", b"VFATAL", b"C" + code.encode(), b"M" + words.encode())
    return _message(b"E", b"".join(field + b"\0" for field in fields) + b"\0")


def _received(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


class Server:
    """Answers every client the same way."""

    def __init__(self, version: str, password: str | None) -> None:
        self._version, self._password = version, password
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.asked = 0  # how many statements anybody has sent
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, suppress(ConnectionError):
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        while True:
            length, code = struct.unpack("!ii", _received(connection, 8))
            _received(connection, length - 8)
            if code not in _NO_ENCRYPTION:
                break
            connection.sendall(b"N")
        if self._password is not None:
            connection.sendall(_message(b"R", struct.pack("!i", 3)))  # in clear, please
            _, length = struct.unpack("!ci", _received(connection, 5))
            if _received(connection, length - 4).rstrip(b"\0").decode() != self._password:
                connection.sendall(_refused("28P01", 'password authentication failed for user "tiantong"'))
                return
        connection.sendall(_message(b"R", struct.pack("!i", 0)))
        for name, value in (("server_version", self._version), ("client_encoding", "UTF8"), ("TimeZone", "UTC")):
            connection.sendall(_told(name, value))
        connection.sendall(_message(b"K", struct.pack("!ii", 1, 2)) + _message(b"Z", b"I"))
        while kind := _received(connection, 1):
            (length,) = struct.unpack("!i", _received(connection, 4))
            _received(connection, length - 4)
            if kind == b"X":
                return
            self.asked += 1


@contextmanager
def server(version: str = "15.14", password: str | None = None) -> Iterator[Server]:
    """A server, for a while."""
    running = Server(version, password)
    try:
        yield running
    finally:
        running.close()
