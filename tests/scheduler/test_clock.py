"""The clock ticks, and nothing else: soon, again and again, one at a time, until it is stopped."""

import asyncio
import itertools
import logging
from datetime import datetime, timedelta, tzinfo

import pytest
from apscheduler.schedulers import base

from scheduler import JOBS
from scheduler import clock as clock_module
from scheduler.clock import LATE, Clock


class Ticks:
    """Counts, and tells when so many have been."""

    def __init__(self) -> None:
        self.count = self.at_once = self.most_at_once = 0
        self.more = asyncio.Condition()
        self.hold: asyncio.Event | None = None
        self.broken = False

    async def __call__(self) -> None:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        self.count += 1
        async with self.more:
            self.more.notify_all()
        try:
            if self.hold:
                await self.hold.wait()
            if self.broken:
                raise RuntimeError("a job of ours")
        finally:
            self.at_once -= 1

    async def reach(self, number: int) -> None:
        """Wait for so many ticks."""
        async with asyncio.timeout(5), self.more:
            await self.more.wait_for(lambda: self.count >= number)


async def test_it_ticks_at_once_and_then_again_and_again() -> None:
    ticks = Ticks()
    clock = Clock(ticks, every=0.01)
    assert not clock.alive
    clock.start()
    await ticks.reach(4)
    assert clock.alive
    await clock.stop()
    ended = ticks.count
    for _ in itertools.repeat(None, 5):
        await asyncio.sleep(0)
    assert ticks.count == ended
    assert not clock.alive


async def test_a_slow_tick_is_not_overtaken() -> None:
    ticks = Ticks()
    ticks.hold = hold = asyncio.Event()
    clock = Clock(ticks, every=0.001)
    clock.start()
    await ticks.reach(1)
    late = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.05, late.set_result, None)  # fifty more would have been due
    await late
    ticks.hold = None
    hold.set()
    await ticks.reach(4)
    assert ticks.most_at_once == 1
    await clock.stop()


async def test_a_tick_that_fails_stops_no_clock(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "apscheduler")
    ticks = Ticks()
    ticks.broken = True
    clock = Clock(ticks, every=0.01)
    clock.start()
    await ticks.reach(4)
    assert clock.alive
    await clock.stop()


class SetBack(datetime):
    """The machine's clock, an hour back as soon as it is `wrong`."""

    wrong = False

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) - timedelta(hours=cls.wrong)


async def test_a_clock_set_back_an_hour_goes_on_ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (base, clock_module):
        monkeypatch.setattr(module, "datetime", SetBack)
    ticks = Ticks()
    clock = Clock(ticks, every=0.02)
    clock.start()
    await ticks.reach(3)
    monkeypatch.setattr(SetBack, "wrong", True)
    await ticks.reach(ticks.count + 4)
    monkeypatch.setattr(SetBack, "wrong", False)
    await ticks.reach(ticks.count + 4)
    assert clock.alive
    await clock.stop()


async def test_a_clock_that_has_not_ticked_for_long_is_not_alive() -> None:
    ticks = Ticks()
    ticks.hold = asyncio.Event()
    clock = Clock(ticks, every=30)
    clock.start()
    await ticks.reach(1)
    clock._last -= LATE + 31
    assert not clock.alive
    ticks.hold.set()
    await clock.stop()


@pytest.mark.parametrize(("every", "which"), [(30, 1), (0.01, 4)], ids=["the first", "a later one"])
async def test_stopping_waits_for_a_tick_that_runs(every: float, which: int) -> None:
    ticks = Ticks()
    clock = Clock(ticks, every=every)
    if which > 1:
        clock.start()
        await ticks.reach(which - 1)
    ticks.hold = hold = asyncio.Event()
    if which == 1:
        clock.start()
    await ticks.reach(ticks.count + 1)
    stopping = asyncio.create_task(clock.stop())
    for _ in itertools.repeat(None, 5):
        await asyncio.sleep(0)
    assert not stopping.done()
    hold.set()
    await stopping
    assert ticks.at_once == 0


def test_jobs_have_names_of_their_own() -> None:
    names = [job.name for job in JOBS]
    assert len(names) == len(set(names))
