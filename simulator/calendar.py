"""The calendar that the platform and the bot share: it stands still or runs, and can be turned forward."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

Listener = Callable[[], Awaitable[None]]


class Calendar:
    """A clock one can turn. Tests let it stand still; the rehearsal lets it run."""

    def __init__(self, start: datetime | None = None, *, running: bool = False) -> None:
        """Begin at `start` (aware; default: the real time). `running` lets the seconds pass by themselves."""
        if start is not None and start.tzinfo is None:
            raise ValueError("a calendar needs a moment with a time zone")
        self._base = (start or datetime.now(UTC)).astimezone(UTC)
        self._running = running
        self._since = time.monotonic()
        self.listeners: list[Listener] = []

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        if not self._running:
            return self._base
        return self._base + timedelta(seconds=time.monotonic() - self._since)

    @property
    def running(self) -> bool:
        """Whether the seconds pass by themselves."""
        return self._running

    def let_pass(self, seconds: float) -> None:
        """Some seconds go by as they do while people type; nobody is woken."""
        self._base += timedelta(seconds=seconds)

    async def turn(self, **step: float) -> datetime:
        """Go forward, `turn(days=3, hours=2)`; every listener is awaited before this returns."""
        return await self._go(timedelta(**step))

    async def turn_to(self, moment: datetime) -> datetime:
        """Go forward to `moment` (aware)."""
        return await self._go(moment.astimezone(UTC) - self.now())

    async def _go(self, step: timedelta) -> datetime:
        if step < timedelta(0):
            raise ValueError("time does not run backwards")
        self._base += step
        for listener in list(self.listeners):
            await listener()
        return self.now()
