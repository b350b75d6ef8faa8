"""What every fault happens on: the platform here, bots as processes, one database, and what was done to whom."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from bot.config import AssistantSettings
from bot.demo import platform_for
from models.messages import Outgoing, Wait
from models.store import Store
from simulator.person import Person
from simulator.switches import Switches
from tests.faults.clock import SharedCalendar
from tests.faults.fleet import HOST, LOOKS, Blow, Bot, RoundRobin, free_ports
from tests.faults.nursery import Nursery
from tests.faults.odd import TICKED
from tests.town import settings_for

T = TypeVar("T")

REST = 120.0  # seconds in which everything must have been worked out and said
PATIENT = 200  # tries of the platform; what becomes of a message it gives up is told in tests/stories/test_restart.py


class Stage:
    """One town with its bots."""

    def __init__(self, url: str, folder: Path, *, pace: float = 1.0, start: datetime | None = None) -> None:
        self.url, self.folder = url, folder
        self.calendar = SharedCalendar(folder / "clock", start=start, pace=pace)
        self.settings = settings_for(url)
        switches = Switches(retries=PATIENT, retry_spacing=0.2)
        self.platform = platform_for(self.settings, self.calendar)
        self.platform.switches.__dict__.update(switches.__dict__)
        self.bots: list[Bot] = []
        self.blows: list[Blow] = []
        self.beside: list[asyncio.Task[None]] = []  # what people have begun to do, and is waited for later
        self.door: RoundRobin | None = None

    async def open(
        self,
        replicas: int = 1,
        *,
        nursery: Nursery | None = None,
        door: bool = False,
        apart: float = 0.0,
        assistant: AssistantSettings | None = None,
        **odd: Any,
    ) -> None:
        """Start the platform, then so many bots, several of them (or if told so) behind a door.

        Without a nursery they are `python -m bot serve`, with the machine's clock; with one they have ours, each `apart`
        seconds ahead of the one before, and what is `odd` about them.
        """
        if assistant:
            self.settings = self.settings.model_copy(update={"assistant": assistant})
        await self.platform.start(HOST, 0)
        for number, port in enumerate(free_ports(replicas)):
            config = self._config(self.folder / f"bot{number}.toml", port)
            clock = self.calendar.beside(number * apart) if number and apart else self.calendar.file
            self.bots.append(Bot(config, port, nursery=nursery, clock=clock, **odd))
        await asyncio.gather(*(bot.start() for bot in self.bots))
        address = self.bots[0].address
        if replicas > 1 or door:
            self.door = RoundRobin(self.bots)
            await self.door.open()
            address = f"http://{HOST}:{self.door.port}"
        self.platform.callback_url = f"{address}/wecom/callback"

    async def close(self) -> None:
        """End everything that was started."""
        for bot in self.bots:
            bot.end()
        if self.door:
            await self.door.close()
        await self.platform.close()

    def _config(self, file: Path, port: int) -> Path:
        wecom, base = self.settings.wecom, self.platform.api_base
        lines: dict[str, dict[str, object]] = {
            "wecom": {
                "corp_id": wecom.corp_id,
                "agent_id": wecom.agent_id,
                "secret": wecom.secret.get_secret_value(),
                "token": wecom.token.get_secret_value(),
                "encoding_aes_key": wecom.encoding_aes_key.get_secret_value(),
                "api_base": base,
                "oauth_base": base,
            },
            "server": {"host": HOST, "port": port, "public_url": f"http://{HOST}:{port}"},
            "database": {"url": self.url},
            "assistant": self.settings.assistant.model_dump(exclude={"api_key"}),
        }
        text = "".join(
            f"[{section}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
            for section, values in lines.items()
        )
        file.write_text(text, "utf-8")
        return file

    @property
    def bot(self) -> Bot:
        """The (first) bot."""
        return self.bots[0]

    def person(self, userid: str) -> Person:
        """A person of the town."""
        return self.platform.person(userid)

    @contextmanager
    def blow(self, what: str) -> Iterator[None]:
        """Something is done to a bot: remember from when to when."""
        since = self.calendar.now()
        try:
            yield
        finally:
            self.blows.append(Blow(since, self.calendar.now(), what))

    def strikes_when(self, fits: Callable[[dict[str, Any]], bool]) -> asyncio.Event:
        """SIGKILL for the bot in the very moment something happens on the platform, before it hears of it; once."""
        struck = asyncio.Event()

        def watch(change: dict[str, Any]) -> None:
            if not struck.is_set() and fits(change):
                struck.set()
                with self.blow(f"kill at a {change['kind']}"):
                    self.bot.strike()
                self.platform.on_change.remove(watch)

        self.platform.on_change.append(watch)
        return struck

    async def another(self, **later: float) -> None:
        """The struck bot is gone; some time goes by on the clock, and another begins and is ready."""
        before = self.bot.starts
        self.begins_another(**later)
        await self.bot.ready(before)

    def begins_another(self, **later: float) -> None:
        """The same, and it may be struck before it is ready."""
        self.bot.buried()
        self.calendar.jump(**later)
        self.bot.begin()

    async def ticks(self, number: int = 2, within: float = REST) -> None:
        """Wait until every bot has looked for what is due so many times more, at least once wholly from now."""
        wanted = {bot.port: bot.times(TICKED) + number for bot in self.bots}
        await self.until(lambda: all(bot.times(TICKED) >= wanted[bot.port] for bot in self.bots), within)

    async def later(self, **step: float) -> None:
        """Time goes by while nothing is on its way: a clock that jumps just then may let a text be said once more."""
        await self.until(lambda: not self.look(_on_its_way))
        self.calendar.jump(**step)

    async def until(self, true: Callable[[], Any], within: float = REST) -> None:
        """Wait until something is so, which no event tells us of: it happens in another process."""
        ends = time.monotonic() + within
        while not true():
            assert time.monotonic() < ends, "it did not come to that"
            await asyncio.sleep(LOOKS)

    # --- looking into the database, beside the bots -------------------------------------------------------------------

    def look(self, work: Callable[[Session], T]) -> T:
        """Read the store in a connection of our own."""
        store = Store(self.url)
        try:
            return store.write(work)
        finally:
            store.close()

    async def at_rest(self, waiting: Callable[[Session], Sequence[str]], within: float = REST) -> None:
        """Wait until nothing waits any more."""
        ends = time.monotonic() + within
        while rows := await asyncio.to_thread(self.look, waiting):
            assert time.monotonic() < ends, "the bot does not come to rest:\n" + "\n".join(rows[:10])
            await asyncio.sleep(10 * LOOKS)

    def logged(self, *events: str) -> Sequence[dict[str, object]]:
        """What all bots have logged under these names."""
        return [line for bot in self.bots for line in bot.said() if line.get("event") in events]


def _on_its_way(session: Session) -> bool:
    """Whether anything has been taken up to be sent and is not marked yet."""
    held = select(Outgoing.id).where(col(Outgoing.state) == Wait.WAITING, col(Outgoing.leased_until).is_not(None))
    return session.exec(held).first() is not None
