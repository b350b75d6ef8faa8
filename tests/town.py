"""A town: the app on an empty database with 云岭市 in it, the simulated platform, and a calendar we turn."""

from collections.abc import Awaitable, Callable, Hashable
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import update
from sqlmodel import Session

from bot.__main__ import assemble
from bot.app import App
from bot.config import DatabaseSettings, ServerSettings, Settings, WeComSettings
from bot.demo import enrol, platform_for
from models.people import Person as Somebody
from models.rules import Rules
from simulator.calendar import Calendar
from simulator.doors import ByNumber
from simulator.person import Person
from simulator.platform import Platform
from simulator.switches import Switches
from tests.browser import HOST, Handset
from tests.doors import ByPage
from tests.memory import Memory, Past, put_phones, put_rows

T = TypeVar("T")
SECONDS_TO_TYPE = 6  # what a person needs for one message: the platform counts messages a minute
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # ten o'clock in Shanghai, a working day


def settings_for(url: str, **rules: Any) -> Settings:
    """An office whose ports are chosen when it starts."""
    return Settings(
        wecom=WeComSettings(
            corp_id="wwyunlingtest0001",
            agent_id=1000002,
            secret="a-secret-of-the-tests",
            token="TokenOfTheTests",
            encoding_aes_key="dGlhbnRvbmcgc2ltdWxhdG9yOiBub3QgYSBzZWNyZXQ",
            api_base=f"http://{HOST}:1",
            oauth_base=f"http://{HOST}:1",
        ),
        server=ServerSettings(host=HOST, port=0, public_url=f"http://{HOST}:2"),
        database=DatabaseSettings(url=url),
        rules=Rules(**rules),
    )


class Town:
    """What a story sees: people, time, and a process that may die."""

    def __init__(
        self, settings: Settings, door: str = "cards", memory: Memory | None = None, handset: Handset | None = None
    ) -> None:
        self.calendar = Calendar(MONDAY)
        self.settings = settings
        self.platform: Platform = platform_for(settings, self.calendar)
        self.platform.on_change.append(self._somebody_types)
        self.apps: list[App] = []
        self.seconds_to_type = SECONDS_TO_TYPE  # 0 where many type at once: a lease must not run out meanwhile
        self.door, self._handset = door, handset
        self.memory = memory if memory is not None else {}
        self._is_touched_before = self._is_touched = memory is None

    def _somebody_types(self, change: dict[str, Any]) -> None:
        if change["kind"] == "callback":
            self.calendar.let_pass(self.seconds_to_type)
        if change["kind"] in ("callback", "message", "calendar", "people"):
            self._is_touched = True

    async def open(self, replicas: int = 1) -> None:
        """Start the platform and the bot."""
        await self.platform.start(HOST, 0)
        base = self.platform.api_base
        wecom = self.settings.wecom.model_copy(update={"api_base": base, "oauth_base": base})
        self.settings = self.settings.model_copy(update={"wecom": wecom})
        self.calendar.listeners.append(self.settle)
        await self._start(replicas)
        if self.door == "words":
            await self.everybody_types()
        if self._handset:
            for userid in self.platform.people:
                self.person(userid).door = ByPage(self, self._handset)
        self._doors = self._doors_now()
        self._is_touched = self._is_touched_before

    async def everybody_types(self) -> None:
        """All read in WeChat, where no cards are shown, and type the numbers that messages print."""

        def work(session: Session) -> None:
            session.connection().execute(update(Somebody).values(plain=True))

        await self.change(work)
        for userid in self.platform.people:
            await self.platform.set_on_plugin(userid, True)
            self.person(userid).door = ByNumber()

    async def close(self) -> None:
        """Stop everything."""
        await self._stop()
        await self.platform.close()
        if self.door == "words":
            assert [userid for userid in self.platform.people if self.person(userid).hidden] == []

    # --- what it has lived through ------------------------------------------------------------------------------------

    @property
    def kind(self) -> Hashable:
        """Towns of one kind that live through the same are the same."""
        return self.door, self.settings.database.url.partition(":")[0], repr(self.settings.rules)

    @property
    def is_untouched(self) -> bool:
        """Whether nothing has happened yet that a memory would wipe out."""
        as_built = self.platform.switches == Switches() and self._doors == self._doors_now()
        return not self._is_touched and as_built and len(self.apps) == 1 and self.calendar.now() == MONDAY

    async def returns_to(self, past: Past) -> None:
        """Be as it was then; the bot begins anew, and nothing is remembered but rows."""
        await self._stop()
        put_rows(self.settings.database.url, past.rows)
        put_phones(self.platform, past.phones)
        self.calendar.let_pass((past.moment - self.calendar.now()).total_seconds())
        self._is_touched = True
        await self._start(1)
        await self.quiet()

    def _doors_now(self) -> list[object]:
        return [self.person(userid).door for userid in self.platform.people]

    # ------------------------------------------------------------------------------------------------------------------

    async def restart(self, replicas: int = 1) -> None:
        """The process ends and another begins: nothing is remembered but rows."""
        self._is_touched = True
        await self._stop()
        await self._start(replicas)

    async def _start(self, replicas: int) -> None:
        for _ in range(replicas):
            app = assemble(self.settings, now=self.calendar.now, ticking=False)
            await app.start()
            self.apps.append(app)
        self.turn_to_replica(0)

    async def _stop(self) -> None:
        for app in self.apps:
            await app.stop()
        self.apps.clear()

    def turn_to_replica(self, number: int) -> None:
        """Callbacks go to this replica from now on."""
        self.platform.callback_url = f"http://{HOST}:{self.apps[number % len(self.apps)].port}/wecom/callback"

    @property
    def app(self) -> App:
        """The (first) replica."""
        return self.apps[0]

    @property
    def address(self) -> str:
        """Where the (first) replica listens."""
        return f"http://{HOST}:{self.app.port}"

    async def settle(self) -> None:
        """Do what is due, and wait until everything has been said."""
        for app in self.apps:
            await app.tick()
        await self.quiet()

    async def quiet(self) -> None:
        """Wait until nothing is left to be worked on or sent; replicas wake each other, so all must rest at once."""
        for _ in range(100):
            for app in self.apps:
                assert await app.settled(), "the bot does not come to rest"
            if all(app.is_settled for app in self.apps):
                return
        raise AssertionError("the replicas keep waking each other")

    def person(self, userid: str) -> Person:
        """A person of the town."""
        return self.platform.person(userid)

    async def look(self, work: Callable[[Session], T]) -> T:
        """Read the store."""
        return await self.app.store.read(work)

    async def change(self, work: Callable[[Session], T]) -> T:
        """Change the store behind everybody's back."""
        self._is_touched = True
        return await self.app.store.run(work)

    async def does(self, userid: str, *acts: Callable[[Person], Awaitable[Any]]) -> Person:
        """Let somebody act several times, each time waiting for the answer."""
        person = self.person(userid)
        for act in acts:
            await act(person)
            await self.quiet()
        return person


def prepare(url: str) -> None:
    """Make the tables and load the town; once per database server, then copied."""
    enrol(settings_for(url))
