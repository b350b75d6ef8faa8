"""A whole turn: a text goes in, the next question comes out at the platform. Two hundred people draft at once."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from benchmarks import load, seeds, texts, yardstick
from benchmarks.bench import Bench, profile, settle
from benchmarks.office import Place, Sealer
from benchmarks.platform import Platform
from benchmarks.processes import Server
from benchmarks.results import Bar, Figure, Row

LONGEST = 120.0
AT_ONCE = 200  # people
STEPS_A_SECOND = 50
LEAST = {"SQLite": 300, "PostgreSQL": 200}
MOST_MS = 150


@dataclass
class Talk:
    """One person, and where their draft stands."""

    person: str
    lines: Sequence[texts.Line]
    place: int = 0
    due: float = 0.0


@dataclass
class Talks:
    """What came of it."""

    waits: list[float] = field(default_factory=list)
    seconds: float = 0.0
    refused: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Turns per second."""
        return len(self.waits) / self.seconds if self.seconds else 0.0


class Room:
    """People who talk with one bot over one platform."""

    def __init__(self, port: int, platform: Platform, people: Sequence[str]) -> None:
        drafts = texts.drafts()
        self._talks = {p: Talk(p, drafts[n % len(drafts)]) for n, p in enumerate(people)}
        self._port, self._platform, self._sealer = port, platform, Sealer()
        self._lines = load.Lines()
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.talks = Talks()
        self._wanted = 0
        self._at_once = True

    async def all_at_once(self, connections: int = 64) -> Talks:
        """Everybody answers as soon as they are asked, from the first word to the last."""
        self._wanted = sum(len(talk.lines) for talk in self._talks.values())
        await self._begin(connections)
        begun = time.perf_counter()
        for talk in self._talks.values():
            self._say(talk, time.perf_counter())
        await self._end(begun)
        return self.talks

    async def paced(self, rate: float, steps: int, connections: int = 64) -> Talks:
        """So many steps a second, one person after the other; a wait counts from the moment a step was due."""
        self._wanted, self._at_once = steps, False
        await self._begin(connections)
        begun, people = time.perf_counter(), deque(self._talks.values())
        for number in range(steps):
            due = begun + number / rate
            if (ahead := due - time.perf_counter()) > 0.0005:
                await asyncio.sleep(ahead)
            for _ in range(len(people)):  # whoever still waits for an answer says nothing new
                people.rotate(-1)
                if not people[-1].due:
                    break
            self._say(people[-1], due)
        await self._end(begun)
        return self.talks

    async def _begin(self, connections: int) -> None:
        self._lines = await load.Lines.open(self._port, connections)
        self._platform.heard = self._hears

    async def _end(self, begun: float) -> None:
        try:
            await asyncio.wait_for(self._done, LONGEST)
        except TimeoutError:
            stuck = next(t for t in self._talks.values() if t.due)
            raise load.Stuck(f"{stuck.person} waits for “{stuck.lines[stuck.place].reads}”") from None
        finally:
            self.talks.seconds = time.perf_counter() - begun
            self._lines.close()
            self._platform.heard = lambda person, words: None

    def _say(self, talk: Talk, due: float) -> None:
        if talk.due:
            raise load.Stuck(f"{talk.person} still waits for “{talk.lines[talk.place].reads}”")
        talk.due = due
        self._lines.send(self._sealer.text(talk.person, talk.lines[talk.place].says), self._taken)

    def _taken(self, status: int) -> None:
        if status != 200:
            self.talks.refused[status] += 1

    def _hears(self, person: str, words: str) -> None:
        talk = self._talks.get(person)
        if talk is None or not talk.due or talk.lines[talk.place].reads not in words:
            return
        now = time.perf_counter()
        self.talks.waits.append(now - talk.due)
        talk.due, talk.place = 0.0, talk.place + 1
        if len(self.talks.waits) == self._wanted:
            self._done.set_result(None)
        elif self._at_once and talk.place < len(talk.lines):
            self._say(talk, now)


async def run(bench: Bench) -> Row:
    """Both databases, turn and turn about."""
    people, steps = bench.size(AT_ONCE, 20), bench.size(500, 40)
    row = Row(
        "turns",
        f"{people} people write a proposal of the rehearsal city each, from 我要提案 to 提交, and answer as soon as they are "
        f"asked: the rate is that of all their turns. Then {STEPS_A_SECOND} steps a second for {steps / STEPS_A_SECOND:g} s: "
        "from the moment a text is due until the next question has arrived at the platform. `python -m bot serve` on one "
        "core; PostgreSQL, with fsync, wherever there is room. Beside it: bare transactions with one INSERT each.",
    )
    async with AsyncExitStack() as running:
        offices = []
        for engine, database in bench.databases():
            place = bench.place(f"turns-{engine}", database)
            seeds.members(place.database, 2 * people * bench.rounds)
            offices.append(_Office(engine, place, *await running.enter_async_context(bench.serving(place))))
        for turn in range(bench.rounds):
            for office in offices:
                bench.say(f"turns: {office.engine}, round {turn + 1} of {bench.rounds}")
                await office.round(turn, people, steps)
    for office in offices:
        row.figures += office.figures()
    if not bench.quick:
        await _profiled(bench, row, people)
    return row


@dataclass
class _Office:
    """One bot on one database, and what was measured there."""

    engine: str
    place: Place
    bot: Server
    platform: Platform
    rates: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    commits: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    async def round(self, turn: int, people: int, steps: int) -> None:
        """Commits alone, everybody at once, and so many steps a second."""
        self.commits.append(yardstick.commits(self.place.database))
        first = 2 * turn * people
        before = self.bot.cpu()
        talks = await Room(self.place.port, self.platform, newcomers(first, people)).all_at_once()
        self.cpu.append(1e3 * (self.bot.cpu() - before) / len(talks.waits))
        self.rates.append(talks.rate)
        await settle(1.0)
        talks = await Room(self.place.port, self.platform, newcomers(first + people, people)).paced(
            STEPS_A_SECOND, steps
        )
        self.steps.append(1e3 * load.percentile(talks.waits, 99))
        await settle(1.0)

    def figures(self) -> list[Figure]:
        """Its part of the row."""
        bare, commit = "bare commits/s", "one bare commit, ms"
        each = [1e3 / rate for rate in self.commits]
        name = f"{self.engine}: "
        return [
            Figure(name + "whole turns", "/s", self.rates, bare, self.commits, Bar(least=LEAST[self.engine])),
            Figure(
                name + f"p99 of a step, {STEPS_A_SECOND} steps/s", "ms", self.steps, commit, each, Bar(most=MOST_MS)
            ),
            Figure(name + "CPU of the bot for a turn", "ms", self.cpu, commit, each),
        ]


async def _profiled(bench: Bench, row: Row, people: int) -> None:
    """Once more on SQLite, not timed, to see where the time goes."""
    place = bench.place("turns-profile")
    seeds.members(place.database, people)
    file = place.folder / "profile.json"
    async with bench.serving(place, samples=file) as (_, platform):
        await Room(place.port, platform, newcomers(0, people)).all_at_once()
    row.notes += profile(file, "the bot while people draft, on SQLite")


def newcomers(first: int, number: int) -> list[str]:
    """Members who have not said anything yet."""
    return [seeds.member(n) for n in range(first, first + number)]
