"""Growing past one process: one, two and three replicas on one PostgreSQL, and what a turn costs each part of it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from benchmarks import load, processes, seeds
from benchmarks.accept import callbacks
from benchmarks.bench import Bench, settle
from benchmarks.office import Place, Sealer
from benchmarks.platform import Platform
from benchmarks.postgres import Postgres
from benchmarks.processes import CORES, Server, free_ports, pinned, spent
from benchmarks.results import Figure, Row
from benchmarks.turns import STEPS_A_SECOND, Room, newcomers

REPLICAS = (1, 2, 3)
AT_ONCE = 200  # people
CALLBACKS = 6_000
CONNECTIONS = 64


@dataclass
class _Fleet:
    """So many replicas, and what was measured with them."""

    replicas: int
    figures: dict[str, list[float]] = field(default_factory=dict)

    def keep(self, what: str, value: float) -> None:
        """One round's value."""
        self.figures.setdefault(what, []).append(value)


async def run(bench: Bench) -> Row:
    """Each number of replicas in turn, on the same database; nothing is pinned, all share the cores there are."""
    people, steps = bench.size(AT_ONCE, 20), bench.size(500, 40)
    row = Row(
        "scale",
        f"`python -m bot serve` one, two and three times over, on one PostgreSQL with fsync, behind a round-robin; bots, "
        f"database and load generator share {len(CORES)} cores, so the more of them, the less each has. {people} people "
        "draft at once and answer as soon as they are asked; then 50 steps a second; then, with the workers held back, "
        "callbacks flat out.",
    )
    if not (server := bench.server()):
        row.notes.append("Not measured: there is no PostgreSQL here.")
        return row
    database = server.database()
    fleets = [_Fleet(number) for number in REPLICAS]
    seen = 0
    for turn in range(bench.rounds):
        for fleet in fleets:
            bench.say(f"scale: {fleet.replicas} at once, round {turn + 1} of {bench.rounds}")
            async with _serving(bench, database, fleet.replicas) as (bots, platform):
                seeds.members(database, 2 * people, first=seen)
                await _talk(fleet, bots, platform, server, seen, people, steps)
                seen += 2 * people
            async with _serving(bench, server.database(), fleet.replicas, held=True) as (bots, _):
                await _accept(fleet, bots, bench.size(CALLBACKS, 200))
    alone = fleets[0].figures
    for fleet in fleets:
        name = f"{fleet.replicas} process{'es' if fleet.replicas > 1 else ''}: "
        for what, values in fleet.figures.items():
            row.figures.append(Figure(name + what, _UNITS[what], values, "one process", alone[what]))
    return row


_UNITS = {
    "whole turns": "/s",
    "CPU of the bots for a turn": "ms",
    "CPU of PostgreSQL for a turn": "ms",
    "CPU of the load generator for a turn": "ms",
    f"p99 of a step, {STEPS_A_SECOND} steps/s": "ms",
    "durable accept": "/s",
}


@asynccontextmanager
async def _serving(
    bench: Bench, database: str, replicas: int, *, held: bool = False
) -> AsyncIterator[tuple[list[Server], Platform]]:
    """So many bots on one database, one platform that they call."""
    first = bench.place(f"scale-{replicas}", database)
    platform = Platform()
    async with AsyncExitStack() as running:
        with pinned(*CORES):
            await platform.start(first.api_port)
            running.push_async_callback(platform.close)
            bots = []
            for number, port in enumerate(free_ports(replicas)):
                place = Place(first.folder / str(number), database, port, first.api_port)
                place.write_config()
                bot = processes.bot(place, held=held, cores=CORES)
                running.push_async_callback(bot.stop)
                await bot.start()
                bots.append(bot)
            yield bots, platform


async def _talk(
    fleet: _Fleet, bots: list[Server], platform: Platform, server: Postgres, first: int, people: int, steps: int
) -> None:
    ports = [bot.port for bot in bots]
    spenders = {
        "CPU of the bots for a turn": lambda: sum(bot.cpu() for bot in bots),
        "CPU of PostgreSQL for a turn": server.cpu,
        "CPU of the load generator for a turn": lambda: spent(os.getpid()),
    }
    before = {what: cpu() for what, cpu in spenders.items()}
    talks = await Room(ports, platform, newcomers(first, people)).all_at_once()
    fleet.keep("whole turns", talks.rate)
    for what, cpu in spenders.items():
        fleet.keep(what, 1e3 * (cpu() - before[what]) / len(talks.waits))
    await settle(1.0)
    talks = await Room(ports, platform, newcomers(first + people, people)).paced(STEPS_A_SECOND, steps)
    fleet.keep(f"p99 of a step, {STEPS_A_SECOND} steps/s", 1e3 * load.percentile(talks.waits, 99))


async def _accept(fleet: _Fleet, bots: list[Server], number: int) -> None:
    ports = [bot.port for bot in bots]
    requests = await asyncio.to_thread(callbacks, Sealer(), number)
    answers = await load.flat_out(ports, requests, CONNECTIONS)
    if answers.good != len(requests):
        raise load.Stuck(f"of {len(requests)} callbacks these were answered: {dict(answers.statuses)}")
    fleet.keep("durable accept", answers.rate)
