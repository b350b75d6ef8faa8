"""Start and rest: how soon it is ready, what it holds and what it burns when nobody wants anything."""

import asyncio
import sys
import time
from contextlib import AsyncExitStack

from benchmarks import processes, seeds
from benchmarks.bench import Bench, settle
from benchmarks.results import Bar, Figure, Row

IDLE = 35.0  # seconds: long enough for a tick of the clock, every 30 s
READY, MEGABYTES, PERCENT = 1.5, 130.0, 0.5


async def run(bench: Bench) -> Row:
    """Starts, turn and turn about with a bare aiohttp server; then both are left alone."""
    idle = bench.size(int(IDLE), 2)
    row = Row(
        "rest",
        "`python -m bot serve` on SQLite with 1,000 members: from the start of the process until /healthz answers 200; then "
        f"its resident memory and its CPU time over {idle:g} s in which nobody wants anything (the clock ticks every 30 s).",
    )
    place = bench.place("rest")
    seeds.members(place.database, bench.size(1_000, 10))
    ready: list[float] = []
    peers, python, memory, burnt, peers_memory, peers_burnt = ready[:], ready[:], ready[:], ready[:], ready[:], ready[:]
    for turn in range(bench.rounds):
        bench.say(f"rest: round {turn + 1} of {bench.rounds}, {idle} s of doing nothing")
        async with AsyncExitStack() as running:
            peer = processes.peer("aiohttp_peer", place.folder)
            assert peer
            running.push_async_callback(peer.stop)
            await peer.start()
            peers.append(peer.ready_after)
            python.append(await _python())
            bot, _ = await running.enter_async_context(bench.serving(place))
            ready.append(bot.ready_after)
            await settle(3.0 if not bench.quick else 0.2)
            before, peers_before, begun = bot.cpu(), peer.cpu(), time.perf_counter()
            await settle(idle)
            seconds = time.perf_counter() - begun
            burnt.append(100 * (bot.cpu() - before) / seconds)
            peers_burnt.append(100 * (peer.cpu() - peers_before) / seconds)
            memory.append(bot.memory())
            peers_memory.append(peer.memory())
    bare = "bare aiohttp + wechatpy"
    row.figures = [
        Figure("ready after", "s", ready, bare, peers, Bar(most=READY)),
        Figure("… of which the interpreter alone", "s", python, bare, peers),
        Figure("resident memory, idle", "MB", memory, bare, peers_memory, Bar(most=MEGABYTES)),
        Figure("CPU, idle", "% of a core", burnt, bare, peers_burnt, Bar(most=PERCENT)),
    ]
    row.notes.append(
        "What bounds it: importing. Nearly all of the start and of the memory are the packages and their classes."
    )
    return row


async def _python() -> float:
    """Seconds to start an interpreter that does nothing."""
    begun = time.perf_counter()
    with processes.pinned(processes.MEASURED):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "pass")
    await process.wait()
    return time.perf_counter() - begun
