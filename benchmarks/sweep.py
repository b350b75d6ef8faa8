"""The reminder sweep: 100,000 open assignments, 3,000 of them due; then once more, when there is nothing left to say."""

import asyncio
import json
import sys
from dataclasses import dataclass, field

from benchmarks import files, processes, seeds, yardstick
from benchmarks.bench import Bench, profile
from benchmarks.office import Place
from benchmarks.processes import MEASURED, Failed, pinned
from benchmarks.results import Bar, Figure, Row
from models.states import Handling, State

OPEN, DUE, UNITS = 100_000, 3_000, 500
WITHIN = 120.0


@dataclass
class Swept:
    """What the ticks of one round came to."""

    first: float
    second: float
    said: int
    said_again: int
    peak: float


@dataclass
class _Office:
    engine: str
    place: Place
    swept: list[Swept] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)


async def run(bench: Bench) -> Row:
    """Both databases, turn and turn about."""
    many, some, units = bench.size(OPEN, 2_000), bench.size(DUE, 60), bench.size(UNITS, 10)
    row = Row(
        "sweep",
        f"{many:,} open assignments, {some:,} of them with a reminder due today to one of {2 * units} people; the bot's own "
        "tick in a process of its own, at 10:00 on a Monday. Beside it: as many bare INSERTs, 100 to a transaction.",
    )
    offices = []
    for engine, database in bench.databases():
        bench.say(f"sweep: filling {engine}")
        place = bench.place(f"sweep-{engine}", database)
        seeds.units(place.database, units)
        seeds.members(place.database, 100)
        files.proposals(place.database, 1, many, State.HANDLING, lambda n: seeds.member(n % 100))
        files.due(place.database, 1, some, units)
        files.assignments(place.database, some + 1, many - some, units, Handling.WORKING)
        seeds.tidied(place.database)
        offices.append(_Office(engine, place))
    for turn in range(bench.rounds):
        for office in offices:
            bench.say(f"sweep: {office.engine}, round {turn + 1} of {bench.rounds}")
            files.due_again(office.place.database, 1, some)
            office.writes.append(yardstick.writes(office.place.database, some))
            office.swept.append(await sweep(office.place))
            check(office.swept[-1], some)
    for office in offices:
        row.figures += _figures(office)
    if not bench.quick:
        place = offices[0].place
        files.due_again(place.database, 1, some)
        await _ticked(place, str(place.folder / "profile.json"))
        row.notes += profile(place.folder / "profile.json", "the sweep, on SQLite")
    return row


async def sweep(place: Place) -> Swept:
    """One process, two ticks."""
    told = json.loads((await _ticked(place)).splitlines()[-1])
    return Swept(told["seconds"][0], told["seconds"][1], told["said"][0], told["said"][1], told["peak"])


async def _ticked(place: Place, *more: str) -> bytes:
    with pinned(MEASURED):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.ticking", str(place.config), *more),
            cwd=processes.ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    try:
        said, complaint = await asyncio.wait_for(process.communicate(), WITHIN)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise Failed(f"a sweep took longer than {WITHIN:g} s") from None
    if process.returncode:
        raise Failed(f"the tick ended with {process.returncode}: {complaint.decode(errors='replace')[-2000:]}")
    return said


def check(swept: Swept, due: int) -> None:
    """Everything was said, and once."""
    if swept.said != due or swept.said_again:
        raise Failed(f"{due} were due; said {swept.said}, then {swept.said_again}")


def _figures(office: _Office) -> list[Figure]:
    name, bare = f"{office.engine}: ", "bare INSERTs, s"
    swept = office.swept
    return [
        Figure(name + "the sweep", "s", [s.first for s in swept], bare, office.writes, Bar(most=3.0)),
        Figure(
            name + "the second sweep, says nothing", "s", [s.second for s in swept], bare, office.writes, Bar(most=0.5)
        ),
        Figure(name + "memory at most", "MB", [s.peak for s in swept], bar=Bar(most=150.0, always=True)),
    ]
