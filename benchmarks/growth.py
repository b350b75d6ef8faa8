"""Growth: what people feel in an office with 1,000 proposals, and in one with 1,000,000; what is open is the same in both."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks import files, load, processes, seeds, sweep
from benchmarks.bench import Bench, settle
from benchmarks.office import Place, Sealer
from benchmarks.platform import Platform
from benchmarks.results import Bar, Figure, Row
from models.messages import Incoming, Outgoing, Wait
from models.states import Handling, State

SMALL, BIG = 1_000, 1_000_000
MEMBERS, OWN, UNITS, DUE = 20, 20, 100, 300  # who asks, how many proposals each has, who handles, what is due
OPEN = 600  # in hand, besides those of the members who ask
MOST = 1.3
FIRST_FILLER = 100_000  # members whose proposals only fill the store
WITHIN = 30.0
STEP, TASKS, MINE, SWEEP = (
    "a conversation step",
    "待办 (a unit's liaison)",
    f"我的提案 (of a member with {OWN})",
    "the sweep",
)


@dataclass
class _Office:
    """One size on one database."""

    place: Place
    size: int
    figures: dict[str, list[float]] = field(default_factory=dict)

    def keep(self, what: str, value: float) -> None:
        """One round's median."""
        self.figures.setdefault(what, []).append(value)


async def run(bench: Bench) -> Row:
    """Small and big, turn and turn about, on both databases."""
    small, big = bench.size(SMALL, 100), bench.size(BIG, 2_000)
    row = Row(
        "growth",
        f"{small:,} proposals and {big:,}, with a closed assignment, an update that was worked out and a message that was "
        f"sent for each; what is open is the same in both, and so is what the {MEMBERS} members and {UNITS} liaisons have "
        "who ask: the rest are years gone by. One person at a time: from the callback until the answer is at the platform. "
        f"The sweep ({bench.size(DUE, 12)} due) is the bot's own tick in a process of its own.",
    )
    for engine, database in bench.databases():
        addresses = (
            ("", "") if engine == "SQLite" else (database, server.database()) if (server := bench.server()) else ()
        )
        offices = []
        for size, address in zip((small, big), addresses, strict=True):
            bench.say(f"growth: filling {engine} with {size:,} proposals")
            offices.append(_Office(bench.place(f"growth-{engine}-{size}", address), size))
            await asyncio.to_thread(_fill, bench, offices[-1].place.database, size)
        for turn in range(bench.rounds):
            bench.say(f"growth: {engine}, round {turn + 1} of {bench.rounds}")
            await _talk(bench, offices, turn)
            for office in offices:
                await _sweep(bench, office)
                figures = ", ".join(f"{what} {values[-1]:.0f} ms" for what, values in office.figures.items())
                bench.say(f"growth: {engine} with {office.size:,}: {figures}")
        row.figures += _figures(engine, *offices)
        sizes = ", ".join(f"{office.size:,}: {seeds.size(office.place.database):,.0f} MB" for office in offices)
        row.notes.append(f"{engine}, size of the database with {sizes}.")
        for office in offices:
            await asyncio.to_thread(_forget, office.place)
    return row


# --- filling ----------------------------------------------------------------------------------------------------------


def _fill(bench: Bench, database: str, size: int) -> None:
    """First what is open, the same in every office, then what is closed."""
    own, open_ = bench.size(OWN, 2), bench.size(OPEN, 60)
    units, due = bench.size(UNITS, 10), bench.size(DUE, 12)
    fillers = max(1, size // 200)
    seeds.units(database, units)
    seeds.members(database, MEMBERS + bench.rounds * NEWCOMERS)
    seeds.people(database, [(_filler(n), f"往届委员{n}", "member", None) for n in range(fillers)])
    mine = MEMBERS * own
    files.proposals(database, 1, mine, State.HANDLING, lambda n: seeds.member(n % MEMBERS))
    files.proposals(database, mine + 1, open_, State.HANDLING, lambda n: _filler(n % fillers))
    files.due(database, 1, due, units)
    files.assignments(database, due + 1, mine + open_ - due, units, Handling.WORKING)
    first, closed = mine + open_ + 1, size - mine - open_
    if closed > 0:
        files.proposals(database, first, closed, State.CLOSED, lambda n: _filler(n % fillers))
        files.assignments(database, first, closed, units, Handling.DONE)
        files.talked(database, first, closed, units)
    fields = seeds.plain({"MsgType": "text", "Content": "字" * 60, "MsgId": "7600000000000000001"})
    body = seeds.plain({"kind": "words", "text": "字" * 100})
    at, done = "2025-12-12 02:00:00.000000", seeds.plain(Wait.DONE)

    def rows(*more: Any) -> Iterator[tuple[Any, ...]]:
        for n in range(size):
            yield (f"old{n}", _filler(n % fillers), *more)

    seeds.fill(database, Incoming, ("key", "person", "fields", "received_at", "state"), rows(fields, at, done))
    columns = ("key", "person", "body", "created_at", "sent_at", "state", "pieces_sent")
    seeds.fill(database, Outgoing, columns, rows(body, at, at, done, 1))
    seeds.tidied(database)


def _filler(number: int) -> str:
    return seeds.member(FIRST_FILLER + number)


def _forget(place: Place) -> None:
    """A million proposals are a lot of disk."""
    for file in place.folder.glob("tiantong.db*"):
        file.unlink()


# --- asking -----------------------------------------------------------------------------------------------------------

NEWCOMERS, ASKING = 20, 20  # people a round
BEGINNING = (("我要提案", "案由是什么"), ("关于增设社区食堂的提案", "属于哪个类别"), ("社会建设", "情况分析：现状"))


async def _talk(bench: Bench, offices: Sequence[_Office], turn: int) -> None:
    """Both bots run; people ask one and then the other."""
    async with AsyncExitStack() as running:
        rooms = []
        for office in offices:
            bot, platform = await running.enter_async_context(bench.serving(office.place))
            rooms.append(await _Chat.open(bot, platform))
            running.callback(rooms[-1].close)
        await settle(1.0)
        liaisons = [seeds.liaison(n) for n in range(bench.size(ASKING, 4))]
        newcomers = [seeds.member(MEMBERS + turn * NEWCOMERS + n) for n in range(bench.size(NEWCOMERS, 3))]
        members = [seeds.member(n) for n in range(bench.size(MEMBERS, 3))]
        waits: list[dict[str, list[float]]] = [{STEP: [], TASKS: [], MINE: []} for _ in offices]
        for chat, kept in zip(rooms, waits, strict=True):  # the first of each is dearer: it is not counted
            await chat.asks(liaisons[0], "待办", "件等您办")
            await chat.asks(members[0], "我的提案", "您有")
            kept.clear()
            kept.update({STEP: [], TASKS: [], MINE: []})
        for what, people, said in (
            (STEP, newcomers, BEGINNING),
            (TASKS, liaisons[1:], (("待办", "件等您办"),)),
            (MINE, [*members[1:], *members[1:]], (("我的提案", "您有"),)),
        ):
            for person in people:
                for chat, kept in zip(rooms, waits, strict=True):
                    for words, reads in said:
                        kept[what].append(await chat.asks(person, words, reads))
    for office, kept in zip(offices, waits, strict=True):
        for what, seconds in kept.items():
            office.keep(what, 1e3 * median(seconds))


class _Chat:
    """One person at a time talks with one bot."""

    def __init__(self, lines: load.Lines, platform: Platform) -> None:
        self._lines, self._sealer = lines, Sealer()
        self._heard: Callable[[str, str], None] = lambda person, words: None
        platform.heard = lambda person, words: self._heard(person, words)

    @classmethod
    async def open(cls, bot: processes.Server, platform: Platform) -> "_Chat":
        """Connect."""
        return cls(await load.Lines.open(bot.port, 1), platform)

    def close(self) -> None:
        """Hang up."""
        self._lines.close()

    async def asks(self, person: str, words: str, reads: str) -> float:
        """Seconds from the callback until the answer is at the platform."""
        answered: asyncio.Future[float] = asyncio.get_running_loop().create_future()

        def hears(whom: str, said: str) -> None:
            if whom == person and reads in said and not answered.done():
                answered.set_result(time.perf_counter())

        self._heard = hears
        request = self._sealer.text(person, words)
        begun = time.perf_counter()
        self._lines.send(request, lambda status: None)
        try:
            return await asyncio.wait_for(answered, WITHIN) - begun
        except TimeoutError:
            raise load.Stuck(f"{person} said “{words}” and waits for “{reads}”") from None


async def _sweep(bench: Bench, office: _Office) -> None:
    due = bench.size(DUE, 12)
    await asyncio.to_thread(files.due_again, office.place.database, 1, due)
    swept = await sweep.sweep(office.place)
    sweep.check(swept, due)
    office.keep(SWEEP, 1e3 * swept.first)
    await asyncio.to_thread(files.due_again, office.place.database, 1, 0)


def _figures(engine: str, small: _Office, big: _Office) -> list[Figure]:
    bar = Bar(most=MOST, ratio=True)
    beside = f"with {small.size:,}, ms"
    return [
        Figure(f"{engine}: {what}, with {big.size:,}", "ms", big.figures[what], beside, small.figures[what], bar)
        for what in (STEP, TASKS, MINE, SWEEP)
    ]
