"""A lean load generator: raw asyncio over keep-alive connections, prebuilt requests, nothing but loopback."""

import asyncio
import itertools
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

HOST = "127.0.0.1"
LONGEST = 120.0  # seconds one piece of load may take

Answered = Callable[[int], None]  # the HTTP status; 0: the connection was lost


class Stuck(Exception):
    """The server did not answer everything in time."""


@dataclass
class Answers:
    """What came back."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)  # seconds from when each was due to its answer

    @property
    def good(self) -> int:
        """How many were answered with 200."""
        return self.statuses[200]

    @property
    def rate(self) -> float:
        """Good answers per second."""
        return self.good / self.seconds if self.seconds else 0.0


class _Line(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    def __init__(self, free: Callable[["_Line"], None]) -> None:
        self._free = free
        self._buffer = b""
        self._answered: Answered | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, request: bytes, answered: Answered) -> None:
        assert self._transport is not None
        self._answered = answered
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < end + 4 + length:
            return
        self._buffer = self._buffer[end + 4 + length :]
        answered, self._answered = self._answered, None
        if answered:
            answered(int(head[9:12]))
        self._free(self)

    def connection_lost(self, error: Exception | None) -> None:
        answered, self._answered = self._answered, None
        self._transport = None
        if answered:
            answered(0)

    def close(self) -> None:
        if self._transport:
            self._transport.close()


class Lines:
    """Some connections to one server, or to several in turn; what finds none free waits."""

    def __init__(self) -> None:
        self._idle: list[_Line] = []
        self._all: list[_Line] = []
        self._waiting: deque[tuple[bytes, Answered]] = deque()

    @classmethod
    async def open(cls, port: int | Sequence[int], number: int) -> "Lines":
        """Connect."""
        ports = itertools.cycle([port] if isinstance(port, int) else port)
        lines = cls()
        loop = asyncio.get_running_loop()
        for _ in range(number):
            _, line = await loop.create_connection(lambda: _Line(lines._freed), HOST, next(ports))
            lines._all.append(line)
        lines._idle = list(reversed(lines._all))
        return lines

    def close(self) -> None:
        """Hang up."""
        for line in self._all:
            line.close()

    def send(self, request: bytes, answered: Answered) -> None:
        """Send now, or as soon as a connection is free."""
        if self._idle:
            self._idle.pop().send(request, answered)
        else:
            self._waiting.append((request, answered))

    def _freed(self, line: _Line) -> None:
        if self._waiting:
            line.send(*self._waiting.popleft())
        else:
            self._idle.append(line)


async def flat_out(port: int | Sequence[int], requests: Sequence[bytes], connections: int) -> Answers:
    """As fast as it goes: every connection sends its next request as soon as it has its answer."""
    lines = await Lines.open(port, connections)
    answers, left = Answers(), len(requests)
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    rest: Iterator[bytes] = iter(requests)

    def following() -> None:
        request = next(rest, None)
        if request is None:
            return
        begun = time.perf_counter()

        def answered(status: int) -> None:
            nonlocal left
            answers.statuses[status] += 1
            answers.waits.append(time.perf_counter() - begun)
            left -= 1
            if left == 0 and not done.done():
                done.set_result(None)
            following()

        lines.send(request, answered)

    begun = time.perf_counter()
    try:
        for _ in range(min(connections, len(requests))):
            following()
        await _within(done)
    finally:
        answers.seconds = time.perf_counter() - begun
        lines.close()
    return answers


async def paced(
    port: int,
    requests: Sequence[bytes],
    rate: float,
    connections: int,
    sent: Callable[[int, float], None] | None = None,
) -> Answers:
    """So many a second whatever the answers do; a wait counts from the moment a request was due."""
    lines = await Lines.open(port, connections)
    answers, left = Answers(), len(requests)
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def send(place: int, due: float) -> None:
        def answered(status: int) -> None:
            nonlocal left
            answers.statuses[status] += 1
            answers.waits.append(time.perf_counter() - due)
            left -= 1
            if left == 0 and not done.done():
                done.set_result(None)

        if sent:
            sent(place, due)
        lines.send(requests[place], answered)

    begun = time.perf_counter()
    try:
        for place in range(len(requests)):
            due = begun + place / rate
            if (ahead := due - time.perf_counter()) > 0.0005:
                await asyncio.sleep(ahead)
            send(place, due)
        await _within(done)
    finally:
        answers.seconds = time.perf_counter() - begun
        lines.close()
    return answers


async def _within(done: "asyncio.Future[None]") -> None:
    try:
        await asyncio.wait_for(done, LONGEST)
    except TimeoutError:
        raise Stuck(f"not everything was answered within {LONGEST:g} s") from None


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0
