"""查重 and 查: one proposal against 100,000 of 1,000 characters, and words looked for in them."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from benchmarks import processes, seeds, yardstick
from benchmarks.bench import Bench
from benchmarks.comparing import STAFF
from benchmarks.office import Place
from benchmarks.processes import MEASURED, Failed, pinned
from benchmarks.results import Bar, Figure, Row
from benchmarks.wordings import Writer
from models import search
from models.handling import Assignment
from models.proposal import Proposal
from models.states import Handling, Part, State
from models.store import Store

MANY, LONG, TIMES = 100_000, 1_000, 25
MEMBERS, UNITS = 1_000, 100
WITHIN = 180.0
SEARCHES = {
    "two": "查, two letters",
    "four": "查, four letters",
    "one": "查, one letter",
    "words": "查, two words",
    "none": "查, nothing there",
    "member": "查, by a member",
    "liaison": "查, by a liaison",
}


@dataclass
class _Office:
    engine: str
    place: Place
    filled: float = 0.0
    size: tuple[float, float] = (0.0, 0.0)
    rounds: list[dict[str, Any]] = field(default_factory=list)
    commits: list[float] = field(default_factory=list)

    def values(self, group: str, name: str) -> list[float]:
        """One figure, round by round."""
        return [one[group][name] for one in self.rounds]


async def run(bench: Bench) -> Row:
    """Both databases, turn and turn about."""
    many, times = bench.size(MANY, 300), bench.size(TIMES, 3)
    row = Row(
        "similar",
        f"{many:,} made proposals of {LONG:,} characters (150 topics, shared phrases), handed in. In a process of its own, "
        f"warm: {times} texts, half of each copied from one that is there and half new, are compared by title and whole; "
        "words from the texts are looked for by the office, by a member and by a unit's liaison; proposals are added; and a "
        "small transaction is made again and again while one comparison follows the other in the writer's thread, as turns "
        "make them. Adding is what a proposal that is handed in costs more than the same row as a draft.",
    )
    offices = []
    for engine, database in bench.databases():
        place = bench.place(f"similar-{engine}", database)
        bench.say(f"similar: filling {engine} with {many:,} proposals")
        office = _Office(engine, place)
        await asyncio.to_thread(_fill, office, many)
        offices.append(office)
    for turn in range(bench.rounds):
        for office in offices:
            bench.say(f"similar: {office.engine}, round {turn + 1} of {bench.rounds}")
            office.commits.append(1e3 / yardstick.commits(office.place.database))
            office.rounds.append(await _measured(office.place, turn, times))
    for office in offices:
        row.figures += _figures(office)
        row.notes += _notes(office)
    return row


def _fill(office: _Office, many: int) -> None:
    database = office.place.database
    seeds.units(database, UNITS)
    seeds.members(database, MEMBERS)
    seeds.people(database, [(STAFF, "工作人员", "pc_staff", None)])
    columns = ("id", "state", "serial_no", "proposal_no", "proposer", "title", "analysis", "suggestions", "created_at")
    at, closed = seeds.plain(datetime(2024, 1, 20, tzinfo=UTC)), seeds.plain(State.CLOSED)
    writer = Writer(1)

    def proposals() -> Iterator[tuple[Any, ...]]:
        for n in range(1, many + 1):
            topic = writer.topic()
            names = (f"S{n:09d}", f"2024{n:07d}", seeds.member(n % MEMBERS))
            yield (n, closed, *names, writer.title(topic), writer.text(topic, LONG), "[]", at)

    seeds.fill(database, Proposal, columns, proposals())
    day, sole, done = at[:10], seeds.plain(Part.SOLE), seeds.plain(Handling.DONE)
    tasks = ((n, n, seeds.unit(n % UNITS), sole, done, day, day) for n in range(1, many + 1))
    seeds.fill(database, Assignment, ("id", "proposal_id", "unit", "part", "state", "assigned_on", "due_on"), tasks)
    seeds.tidied(database)
    before = seeds.size(database)
    store = Store(database)
    try:
        begun = time.perf_counter()
        with store.connection() as connection:
            taken = search.catch_up(connection)
        office.filled = time.perf_counter() - begun
    finally:
        store.close()
    if taken != many:
        raise Failed(f"{taken} of {many} proposals were taken in")
    seeds.tidied(database)
    office.size = before, seeds.size(database)


async def _measured(place: Place, turn: int, times: int) -> dict[str, Any]:
    command = (sys.executable, "-m", "benchmarks.comparing", str(place.config), str(turn), str(times))
    with pinned(MEASURED):
        process = await asyncio.create_subprocess_exec(
            *command, cwd=processes.ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
    try:
        said, complaint = await asyncio.wait_for(process.communicate(), WITHIN)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise Failed(f"a round of comparing took longer than {WITHIN:g} s") from None
    if process.returncode:
        raise Failed(f"comparing ended with {process.returncode}: {complaint.decode(errors='replace')[-2000:]}")
    told: dict[str, Any] = json.loads(said.splitlines()[-1])
    return told


def _figures(office: _Office) -> list[Figure]:
    name, commit = f"{office.engine}: ", "one bare commit, ms"
    peaks = [one["peak"] for one in office.rounds]
    figures = [
        Figure(name + "the whole text compared", "ms", office.values("near", "text"), bar=Bar(most=150)),
        Figure(name + "… the slowest", "ms", office.values("near", "text_most"), bar=Bar(most=150, always=True)),
        Figure(name + "the title compared", "ms", office.values("near", "title"), bar=Bar(most=150)),
        Figure(name + "halves found again", "of 1", office.values("near", "found"), bar=Bar(least=0.95)),
        Figure(name + "memory at most", "MB", peaks, bar=Bar(most=250, always=True)),
        Figure(name + "adding one", "ms", office.values("add", "more"), commit, office.commits, Bar(most=5)),
        Figure(
            name + "found by another replica after", "s", office.values("add", "seen"), bar=Bar(most=5, always=True)
        ),
        Figure(
            name + "p99 of a small turn meanwhile", "ms", office.values("meanwhile", "wait"), commit, office.commits
        ),
        Figure(name + "p99 of the loop's delay meanwhile", "ms", office.values("meanwhile", "late"), bar=Bar(most=50)),
    ]
    return figures + [
        Figure(name + what, "ms", office.values("search", kind), bar=Bar(most=20)) for kind, what in SEARCHES.items()
    ]


def _notes(office: _Office) -> list[str]:
    before, after = office.size
    many = f"{office.rounds[0]['proposals']:,}"
    return [
        f"{office.engine}: {many} proposals were taken in within {office.filled:,.0f} s, as an upgrade or a restore does; the "
        f"database grew from {before:,.0f} to {after:,.0f} MB."
    ]
