"""Durable accept: a signed POST is decrypted, de-duplicated and committed before it is answered; peers store nothing."""

import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

from benchmarks import load, processes, seeds, texts
from benchmarks.bench import Bench, profile, settle
from benchmarks.office import Sealer
from benchmarks.platform import Platform
from benchmarks.processes import Server
from benchmarks.results import Bar, Figure, Row

CONNECTIONS = 32
PEOPLE = 2_400
PER_SECOND = 300
BURST_CONNECTIONS = 256
ANSWERED_WITHIN = 12.0
PEERS = {"fastapi_peer": "FastAPI + uvicorn (uvloop, httptools) + wechatpy", "aiohttp_peer": "bare aiohttp + wechatpy"}
LEAST = {"fastapi_peer": 1.0, "aiohttp_peer": 0.8}
SAYS = ("待办", "我的提案", "我要提案")


async def run(bench: Bench) -> Row:
    """Held back first, then with the workers running."""
    row = Row(
        "accept",
        f"One process on one core, SQLite WAL with synchronous=FULL, {CONNECTIONS} keep-alive connections, every callback "
        "a new one; the same bodies for all, the peers decrypt and parse and store nothing. Then, with the workers "
        f"running, {PER_SECOND} callbacks a second from {bench.size(PEOPLE, 300)} people (待办, 我的提案, 我要提案 in turn).",
    )
    await _flat_out(bench, row)
    await _burst(bench, row)
    return row


def callbacks(sealer: Sealer, number: int) -> list[bytes]:
    """So many messages of a rehearsal, each with a number of its own."""
    said = texts.everything_said()
    return [sealer.text(seeds.member(n % PEOPLE), said[n % len(said)]) for n in range(number)]


async def _flat_out(bench: Bench, row: Row) -> None:
    number, sealer = bench.size(10_000, 300), Sealer()
    place = bench.place("accept")
    async with AsyncExitStack() as running:
        bot, _ = await running.enter_async_context(bench.serving(place, held=True))
        servers: dict[str, Server] = {"bot": bot}
        for name in PEERS:
            if peer := processes.peer(name, place.folder):
                running.push_async_callback(peer.stop)
                await peer.start()
                servers[name] = peer
        warming = callbacks(sealer, number // 10)
        for server in servers.values():
            await good(server, warming)
        rates: dict[str, list[float]] = {name: [] for name in servers}
        costs: dict[str, list[float]] = {name: [] for name in servers}  # CPU, which does not mind who else is at work
        for turn in range(bench.rounds):
            bench.say(f"accept: round {turn + 1} of {bench.rounds}, {number} callbacks to each of {', '.join(servers)}")
            requests = callbacks(sealer, number)
            for name, server in servers.items():
                await settle(0.1)
                before = server.cpu()
                rates[name].append((await good(server, requests)).rate)
                costs[name].append(1e6 * (server.cpu() - before) / number)
    stored = seeds.ask(place.database, "SELECT count(*) FROM incoming")[0][0]
    wanted = bench.rounds * number + len(warming)
    if stored != wanted:
        raise load.Stuck(f"{wanted} callbacks were accepted, {stored} are stored")
    for name, called in PEERS.items():
        bar = Bar(least=LEAST[name], ratio=True)
        if name in rates:
            row.figures.append(Figure("durable accept", "/s", rates["bot"], called, rates[name], bar))
            row.figures.append(Figure("… CPU for one, all threads", "µs", costs["bot"], called, costs[name]))
        else:
            row.notes.append(f"{called}: not measured, it is not installed; `scripts/bench` installs it.")
    await _profiled(bench, row, sealer)


async def good(server: Server, requests: Sequence[bytes]) -> load.Answers:
    """Every one of them answered with 200."""
    answers = await load.flat_out(server.port, requests, CONNECTIONS)
    if answers.good != len(requests):
        raise load.Stuck(f"of {len(requests)} callbacks these were answered: {dict(answers.statuses)}")
    return answers


async def _profiled(bench: Bench, row: Row, sealer: Sealer) -> None:
    """Once more, not timed, to see where the time goes."""
    place = bench.place("accept-profile")
    file = place.folder / "profile.json"
    async with bench.serving(place, held=True, samples=file) as (bot, _):
        await good(bot, callbacks(sealer, bench.size(10_000, 300)))
    row.notes += profile(file, "the bot while it accepts")


# --- with the workers running -----------------------------------------------------------------------------------------


async def _burst(bench: Bench, row: Row) -> None:
    people = bench.size(PEOPLE, 300)
    place = bench.place("burst")
    seeds.members(place.database, people)
    sealer = Sealer()
    percentiles, longest, last = [], [], []
    beside: list[float] = []
    async with AsyncExitStack() as running:
        bot, platform = await running.enter_async_context(bench.serving(place))
        peer = processes.peer("aiohttp_peer", place.folder)
        assert peer
        running.push_async_callback(peer.stop)
        await peer.start()
        for turn in range(bench.rounds):
            bench.say(f"accept: {PER_SECOND} callbacks a second, round {turn + 1} of {bench.rounds}")
            requests = [sealer.text(seeds.member(n), SAYS[(n + turn) % len(SAYS)]) for n in range(people)]
            beside.append(load.percentile((await load.paced(peer.port, requests, PER_SECOND, 64)).waits, 99))
            answers, seconds = await _all_answered(bot, platform, requests)
            if answers.good != people:
                raise load.Stuck(f"of {people} callbacks these were acknowledged: {dict(answers.statuses)}")
            percentiles.append(load.percentile(answers.waits, 99))
            longest.append(max(answers.waits))
            last.append(seconds)
    rate = f"at {PER_SECOND}/s"
    called = f"{PEERS['aiohttp_peer']}, {rate}"
    row.figures += [
        Figure(f"acknowledged, {rate}, workers running: p99", "s", percentiles, called, beside, Bar(most=1.0)),
        Figure(f"acknowledged, {rate}: the latest of all", "s", longest, bar=Bar(most=3.0, always=True)),
        Figure("everybody answered, after the last callback", "s", last, bar=Bar(most=ANSWERED_WITHIN, always=True)),
    ]


async def _all_answered(bot: Server, platform: Platform, requests: Sequence[bytes]) -> tuple[load.Answers, float]:
    """The acknowledgements, and the seconds from the last callback until the last person was told something."""
    heard: dict[str, float] = {}

    def hears(person: str, words: str) -> None:
        heard.setdefault(person, time.perf_counter())

    platform.heard = hears
    answers = await load.paced(bot.port, requests, PER_SECOND, BURST_CONNECTIONS)
    ended = time.perf_counter()
    while len(heard) < len(requests):
        if time.perf_counter() - ended > 5 * ANSWERED_WITHIN:
            raise load.Stuck(f"{len(requests) - len(heard)} people were told nothing")
        await settle(0.01)
    await settle()
    return answers, max(0.0, max(heard.values()) - ended)
