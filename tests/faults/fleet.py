"""Bots as processes of their own, and the door before them: killed, frozen, thawed and started again, each by its own pid."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from tests.faults.nursery import ROOT, Nursery

HOST = "127.0.0.1"
START_SECONDS, STOP_SECONDS = 45.0, 15.0
LOOKS = 0.03  # seconds between two looks at another process


def free_ports(number: int) -> list[int]:
    """Ports that nobody has just now."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]


class Bot:
    """One replica. Without a calendar it is the very command; with one it is the same command, forked, under that clock."""

    def __init__(
        self, config: Path, port: int, *, nursery: Nursery | None = None, clock: Path | None = None, **odd: Any
    ) -> None:
        self.config, self.port, self._nursery, self._clock, self.odd = config, port, nursery, clock, odd
        self.log = config.with_suffix(".log")
        self._command: subprocess.Popen[bytes] | None = None
        self.pid = 0

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    @property
    def lives(self) -> bool:
        """Whether it was started and has not ended."""
        if self._nursery:
            return bool(self.pid) and self._nursery.ended(self.pid) is None
        return self._command is not None and self._command.poll() is None

    def begin(self) -> None:
        """Start it, and do not wait."""
        assert not self.lives
        if self._nursery and self._clock:
            self.pid = self._nursery.fork(self.config, self._clock, self.log, **self.odd)
            return
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "bot", "serve", "--config", str(self.config)]
            self._command = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        self.pid = self._command.pid

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        before = self.starts
        self.begin()
        await self.ready(before)

    async def ready(self, before: int = 0) -> None:
        """Wait until it has said that it listens, once more than `before`."""
        ends = time.monotonic() + START_SECONDS
        while self.starts <= before:
            if not self.lives or time.monotonic() > ends:
                raise AssertionError(f"the bot did not start:\n{self.log.read_text('utf-8')[-2000:]}")
            await asyncio.sleep(LOOKS)

    @property
    def starts(self) -> int:
        """How often it has said that it listens."""
        return self.times("started")

    def times(self, event: str) -> int:
        """How often it has logged this."""
        with suppress(FileNotFoundError):
            return self.log.read_bytes().count(f'"event": "{event}"'.encode())
        return 0

    def _signal(self, number: signal.Signals) -> None:
        assert self.pid > 0
        assert self.lives, "it has ended by itself"
        os.kill(self.pid, number)

    def strike(self) -> None:
        """SIGKILL: it cannot say a word more."""
        self._signal(signal.SIGKILL)

    def kill(self) -> None:
        """SIGKILL, and it is gone when this returns."""
        self.strike()
        assert self.buried() == -signal.SIGKILL

    def freeze(self) -> None:
        """SIGSTOP: it holds what it holds, and does nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on as if no time had passed."""
        self._signal(signal.SIGCONT)

    def buried(self) -> int:
        """Wait until it is gone; its exit code."""
        if self._nursery:
            code = self._nursery.ended(self.pid, wait=True)
        else:
            assert self._command
            code = self._command.wait(STOP_SECONDS)
        assert code is not None
        return code

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        self._signal(signal.SIGTERM)
        ends = time.monotonic() + STOP_SECONDS
        while self.lives:
            assert time.monotonic() < ends, "it does not stop"
            await asyncio.sleep(LOOKS)
        return self.buried()

    def end(self) -> None:
        """Whatever state it is in, it ends now."""
        if self.lives:
            self.strike()
            self.buried()

    def said(self) -> list[dict[str, Any]]:
        """Its log, every whole line of it."""
        return list(_lines(self.log))

    async def healthy(self) -> bool:
        """What /healthz says."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(f"{self.address}/healthz") as response:
                    return response.status == 200
        return False


def _lines(log: Path) -> Iterator[dict[str, Any]]:
    with suppress(FileNotFoundError):
        for line in log.read_text("utf-8", "replace").splitlines():
            with suppress(ValueError):  # a killed process may leave half a line
                said = json.loads(line)
                if isinstance(said, dict):
                    yield said


Hook = Callable[[Bot], int | None]


UNDER_WAY = timedelta(seconds=5)  # of the town: what a dead process had sent may still be on its way


@dataclass(frozen=True)
class Blow:
    """Something was done to a bot: from `since` to `until` it could not finish what it was doing."""

    since: datetime
    until: datetime
    what: str

    def falls(self, after: datetime, before: datetime) -> bool:
        """Whether it fell between two moments."""
        return self.since <= before and self.until + UNDER_WAY >= after


class RoundRobin:
    """A tiny reverse proxy, blind to who is well: the next call goes to the next bot. What fails is the platform's to repeat."""

    def __init__(self, bots: Sequence[Bot]) -> None:
        self._bots, self._next = bots, 0
        self.before: Hook | None = None  # called with the bot before a call is passed on, and
        self.after: Hook | None = None  # after it has answered; an answer given by these stands for the bot's own
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def open(self) -> None:
        """Listen on a free port."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._pass_on)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
        self.port = int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Listen no more."""
        if self._session:
            await self._session.close()
        if self._runner:
            await self._runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.Response:
        bot = self._bots[self._next % len(self._bots)]
        self._next += 1
        assert self._session
        if self.before and (status := self.before(bot)):
            return web.Response(status=status)
        try:
            url = URL(f"{bot.address}{request.raw_path}", encoded=True)
            async with self._session.request(request.method, url, data=await request.read()) as answer:
                body = await answer.read()
                status = self.after(bot) if self.after else None
                return web.Response(status=status or answer.status, body=body)
        except (aiohttp.ClientError, TimeoutError):
            return web.Response(status=502)
