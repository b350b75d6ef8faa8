"""The outbox: 3,000 messages that are due at once go out as fast as the platform's limits permit, and an answer before them."""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from benchmarks import load, processes, seeds
from benchmarks.bench import Bench
from benchmarks.office import AES_KEY, AGENT, CORP, HOST, PATH, SECRET, TOKEN, Place
from benchmarks.processes import Failed
from benchmarks.results import Bar, Figure, Row
from bot.wecom.messages import Button, Card, to_json
from models.messages import Lane, Outgoing
from simulator.calendar import Calendar
from simulator.platform import Platform, Someone

MINUTE = 60.0
A_MINUTE = 25  # messages for one member: PROTOCOL §18 advises so, and drops what exceeds 30
MANY = 40  # for a few people: more than a minute holds, fewer than two hold, by the advice and by the limit alike
ASKS = "帮助"
ANSWERS = "发送这些词"
WITHIN = 4 * MINUTE
ASKING = 10  # people whose minute is full, and who ask all the same: their answer takes the place of a notice
OTHERS = 100  # people whom only the load generator writes to


@dataclass
class Mail:
    """Whom how many notices wait for; the first few have more than fits into a minute."""

    crowded: int
    others: int

    @property
    def notices(self) -> list[int]:
        """For each person: 20 × 40 and 480 × 4 or 5 make 3,000 for 500."""
        return [MANY] * self.crowded + [5 if n % 12 < 7 else 4 for n in range(self.others)]


@dataclass
class Heard:
    """What arrived on one phone, as (seconds, whether it was the answer)."""

    news: list[tuple[float, bool]] = field(default_factory=list)
    asked: float = 0.0


@dataclass
class Delivered:
    """One round."""

    free: float = 0.0  # seconds until everything was there that no limit held back
    all: float = 0.0
    waits: list[float] = field(default_factory=list)  # for an answer
    overtaken: int = 0  # the most notices that came between a question and its answer
    lost: int = 0
    floods: float = 0.0  # messages a second that the platform takes from a lean load generator
    cpu: float = 0.0  # of the bot, seconds


async def run(bench: Bench) -> Row:
    """The simulator that enforces the limits, and the bot with the messages already due when it starts."""
    mail = Mail(0, 12) if bench.quick else Mail(20, 480)
    total, people = sum(mail.notices), len(mail.notices)
    row = Row(
        "outbox",
        f"{total:,} reminders (cards) to {people} people are due when the bot starts; {mail.crowded} of them have {MANY} each, "
        f"and {A_MINUTE} a minute may be sent to one person, so a minute is the least it can take. The simulated platform "
        f"counts, and drops what exceeds 30. Meanwhile people ask “{ASKS}”. Beside it: the same platform taking messages "
        "from the lean load generator on its own core.",
    )
    rounds = []
    for turn in range(bench.rounds):
        bench.say(f"outbox: round {turn + 1} of {bench.rounds}, a good minute each")
        rounds.append(await _round(bench, turn, mail))
    free = sum(min(A_MINUTE, number) for number in mail.notices) - min(mail.crowded, ASKING)
    row.figures = [
        Figure(
            f"the {free:,} that no limit holds back", "/s", [free / r.free for r in rounds],
            "the platform, flooded", [r.floods for r in rounds],
        ),
        Figure("CPU of the bot for a message", "ms", [1e3 * r.cpu / total for r in rounds], "the platform's time for one, ms", [1e3 / r.floods for r in rounds]),
        Figure("messages lost at the limits", "", [float(r.lost) for r in rounds], bar=Bar(most=0.0, always=True)),
        Figure("an answer meanwhile: p99", "s", [load.percentile(r.waits, 99) for r in rounds], "until the unhindered are out", [r.free for r in rounds]),
        Figure(
            "notices between a question and its answer, the most for anybody", "", [float(r.overtaken) for r in rounds],
            "one may be under way", bar=Bar(most=1.0, always=True),
        ),
    ]  # fmt: skip
    row.notes.append(
        "What bounds it: for those with many messages the limit of the platform, a minute for the second handful; for the "
        "others the CPU of the bot for one message (claiming, checking against the schema, HTTP, marking)."
    )
    if mail.crowded:
        least = [MINUTE] * len(rounds)
        bar = Bar(most=1.1, ratio=True)
        row.figures.insert(
            1, Figure(f"all {total:,}", "s", [r.all for r in rounds], "the least the limits permit", least, bar)
        )
    return row


async def _round(bench: Bench, turn: int, mail: Mail) -> Delivered:
    place = bench.place(f"outbox-{turn}")
    names = [seeds.member(n) for n in range(len(mail.notices))]
    seeds.members(place.database, len(names))
    _due(place, names, mail)
    phones = {name: Heard() for name in names}
    platform, waiting = _platform(place, names), Waiting(phones, sum(mail.notices))

    def rings(change: dict[str, Any]) -> None:
        if change["kind"] == "message" and (phone := phones.get(change["person"])):
            shown = platform.person(change["person"]).inbox[-1]
            if not shown.from_me:
                waiting.takes(phone, ANSWERS in shown.text)

    platform.on_change.append(rings)
    async with AsyncExitStack() as running:
        await platform.start(HOST, place.api_port)
        running.push_async_callback(platform.close)
        bot = processes.bot(place)
        running.push_async_callback(bot.stop)
        await bot.start()
        started = bot.cpu()
        asking = asyncio.create_task(_ask(platform, phones, names, mail.crowded))
        await asking
        await waiting.wait()
        delivered = _counted(phones, names, mail)
        delivered.cpu = bot.cpu() - started
        await bot.stop()
        delivered.lost = len(platform.dropped)
        if platform.violations:
            raise Failed(f"against the protocol: {platform.violations[:3]}")
        platform.on_change.clear()
        delivered.floods = await _flooded(bench, platform, place)
    return delivered


def _due(place: Place, names: Sequence[str], mail: Mail) -> None:
    """The reminders of a morning, in the order in which a sweep would have said them."""
    most = max(mail.notices)
    card = to_json(
        Card(
            title="答复剩7日",
            text="关于分步推进老旧小区加装电梯的提案\n请尽快办理。",
            facts=(("提案号", "第20260001号"), ("承办", "第7单位（独办）"), ("期限", "2026年3月9日")),
            buttons=(
                Button("写答复", "do|assignment|1|WRITE|3"),
                Button("登记沟通", "do|assignment|1|RECORD|3", style=2),
            ),
            link=f"http://{HOST}:{place.port}/p/proposals/1",
            link_text="查看全文",
        )
    )
    rows = [
        (f"remind:{number}:{name}", name, Lane.NOTICE.value, seeds.plain(card), f"assignment:{number}:3", seeds.now())
        for number in range(most)
        for name, due in zip(names, mail.notices, strict=True)
        if number < due
    ]
    seeds.fill(place.database, Outgoing, ("key", "person", "lane", "body", "subject", "created_at"), rows)


def _platform(place: Place, names: Sequence[str]) -> Platform:
    people = [*names, *(f"other{n:03d}" for n in range(OTHERS))]
    return Platform(
        corp_id=CORP,
        agent_id=AGENT,
        secret=SECRET,
        token=TOKEN,
        encoding_aes_key=AES_KEY,
        callback_url=f"http://{HOST}:{place.port}{PATH}",
        calendar=Calendar(running=True),
        people={name: Someone(name, name, group="委员") for name in people},
    )


async def _ask(platform: Platform, phones: dict[str, Heard], names: Sequence[str], crowded: int) -> None:
    """First some for whom a few notices wait, at once; then those whose minute is full."""
    few, full = names[crowded : crowded + 20], names[: min(crowded, ASKING)]
    for name in (*few, *full):
        phones[name].asked = time.perf_counter()
        await platform.person(name).says(ASKS)


class Waiting:
    """Until every notice has arrived, and everybody who asked is answered."""

    def __init__(self, phones: dict[str, Heard], notices: int) -> None:
        self.phones, self.notices, self.arrived, self.rung = phones, notices, 0, asyncio.Event()

    def takes(self, phone: Heard, answer: bool) -> None:
        """A message has arrived."""
        phone.news.append((time.perf_counter(), answer))
        self.arrived += not answer
        self.rung.set()

    async def wait(self) -> None:
        """Raises Failed when it takes too long."""
        try:
            async with asyncio.timeout(WITHIN):
                while self.arrived < self.notices or not all(map(_content, self.phones.values())):
                    self.rung.clear()
                    await self.rung.wait()
        except TimeoutError as late:
            raise Failed(f"after {WITHIN:g} s {self.arrived} of {self.notices} notices have arrived") from late


def _content(phone: Heard) -> bool:
    return not phone.asked or any(answer for _, answer in phone.news)


def _counted(phones: dict[str, Heard], names: Sequence[str], mail: Mail) -> Delivered:
    begun = min(at for phone in phones.values() for at, _ in phone.news)
    delivered = Delivered()
    for name in names:
        notices = [at for at, answer in phones[name].news if not answer]
        unhindered = A_MINUTE - (len(notices) > A_MINUTE and phones[name].asked > 0)
        delivered.free = max(delivered.free, notices[:unhindered][-1] - begun)
        delivered.all = max(delivered.all, notices[-1] - begun)
        if asked := phones[name].asked:
            answered = next(at for at, answer in phones[name].news if answer)
            delivered.waits.append(answered - asked)
            between = sum(asked < at < answered for at in notices)
            delivered.overtaken = max(delivered.overtaken, between)
    return delivered


async def _flooded(bench: Bench, platform: Platform, place: Place) -> float:
    """What the simulated platform can take at all."""
    token, _ = platform.tokens.issue(True)
    requests = []
    for n in range(bench.size(2_000, 100)):
        words = {
            "touser": f"other{n % OTHERS:03d}",
            "msgtype": "text",
            "agentid": AGENT,
            "text": {"content": f"第{n}条"},
        }
        body = json.dumps(words, ensure_ascii=False).encode()
        head = f"POST /cgi-bin/message/send?access_token={token} HTTP/1.1\r\nHost: {HOST}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        requests.append(head.encode() + body)
    return (await load.flat_out(place.api_port, requests, 20)).rate
