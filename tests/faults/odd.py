"""What is odd about a bot that was forked for a test: a quick clock, or a bug of its own."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import NoReturn

import structlog
from apscheduler.executors import base as executors
from apscheduler.schedulers import base as schedulers

from bot.app import App
from bot.turn import Turn
from handlers import ask
from scheduler import clock

BUG = "炸"
TICKED = "ticked"


def ticks_every(seconds: float, now: Callable[[], datetime]) -> None:
    """It looks for what is due so often, APScheduler goes by `now` as all the rest does, and every tick is logged."""

    class Ours(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return now().astimezone(tz)

    for module in (clock, schedulers, executors):
        module.datetime = Ours  # type: ignore[attr-defined]
    clock.Clock.__init__.__defaults__ = (seconds,)
    really = App.tick

    async def tick(app: App) -> None:
        await really(app)
        structlog.get_logger().info(TICKED)

    App.tick = tick  # type: ignore[method-assign]


class Bug(Exception):
    """A mistake of whoever wrote the handler."""


def fails() -> None:
    """One message makes its handler fail, after it has said something."""

    @ask.router.command(BUG)
    def burst(turn: Turn) -> NoReturn:
        turn.say("不该说出来的话")
        raise Bug
