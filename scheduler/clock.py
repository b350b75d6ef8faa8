"""APScheduler: ticks, and nothing else. Each replica has its own; what is due is in the rows (danger: no shared job store)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from models.rules import SHANGHAI

EVERY = 30  # seconds
LATE = 4 * EVERY
_JOB = "tick"


class Clock:
    """Calls `tick` now and then until it is stopped."""

    def __init__(self, tick: Callable[[], Awaitable[None]], every: float = EVERY) -> None:
        self._tick, self._every = tick, every
        self._scheduler = AsyncIOScheduler(timezone=SHANGHAI)
        self._last = time.monotonic()
        self._ticking = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Tick at once, and then at every interval; a tick that takes longer than one is not overtaken."""
        at_once = datetime.now(SHANGHAI)
        self._scheduler.add_job(
            self._run,
            "interval",
            id=_JOB,
            seconds=self._every,
            next_run_time=at_once,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,  # a process that stood still ticks when it goes on
        )
        self._scheduler.start()
        self._watch = asyncio.create_task(self._keep_ticking(), name="clock-watch")

    async def _keep_ticking(self) -> None:
        """APScheduler goes by the machine's clock: set back by an hour, it would not tick for an hour."""
        while True:
            await asyncio.sleep(self._every)
            if not self._ticking.locked() and time.monotonic() - self._last > 2 * self._every:
                self._scheduler.modify_job(_JOB, next_run_time=datetime.now(SHANGHAI))

    async def _run(self) -> None:
        self._last = time.monotonic()
        async with self._ticking:
            await self._tick()

    async def stop(self) -> None:
        """No more ticks; the one that runs is finished."""
        if self._watch:
            self._watch.cancel()
        self._scheduler.pause()
        async with self._ticking:
            self._scheduler.shutdown(wait=False)

    @property
    def alive(self) -> bool:
        """Whether it has ticked lately."""
        return self._scheduler.running and time.monotonic() - self._last < LATE + self._every
