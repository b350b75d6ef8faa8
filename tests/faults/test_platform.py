"""The platform fails in every way it knows: whatever was said arrives once, in order, and it is not run down when it comes back."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.outbox import AT_ONCE
from bot.wecom.messages import Words, to_json
from models.messages import Outgoing, Wait
from simulator.records import Call
from tests.databases import Server, sqlite_url
from tests.faults.account import all_is_well, as_played, complaints, settled, waiting
from tests.faults.conftest import Opening
from tests.faults.nursery import Nursery
from tests.faults.players import SHORT, Play, ShortLife, some_cases
from tests.town import Town, prepare

ASKED = (("帮助", "我要提案"), ("我的提案", "提案"), ("待办", "办"))  # what is said, and what the answer holds
PEOPLE, MANY = 20, 14  # who ask; who write and hand in: more, and the office would come to the limit of a member
STILL, TICK = 0.001, 0.1  # seconds of the town in one of ours; seconds of ours between two looks at what is due
AWAY = 8.0  # seconds
PROBES = 3  # in so many seconds: after 2, and after 4 more


# --- for an hour ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [{"status": 500}, {"errcode": -1}, {"errcode": 45009}, {"errcode": 42001}, {"refuse": True}, {"hang": True}],
    ids=["500", "-1", "45009", "42001", "gone", "hangs"],
)
async def test_for_an_hour(town: Town, how: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.wecom.client.TIMEOUT", httpx.Timeout(0.15))
    await town.restart()
    people = [town.person(userid) for userid in list(town.platform.people)[:PEOPLE]]
    town.seconds_to_type = 0
    town.platform.switches.break_down("*" if how.get("refuse") else "message/send", **how)
    for words, _ in ASKED:
        await asyncio.gather(*(person.says(words) for person in people))
    calls = []
    for _ in range(30):
        before = sends(town.platform.calls)
        await town.calendar.turn(minutes=2)
        calls.append(sends(town.platform.calls) - before)
    assert not any(person.unread for person in people)
    each = 2 if how.get("errcode") == 42001 else 1  # it may be the token: every try is made once more with a new one
    assert max(calls) <= each * 2 * PEOPLE, "each person's words are tried at most every now and then"
    assert sum(calls[-10:]) <= each * 10 * PEOPLE, "and ever more rarely"
    town.platform.switches.repair()
    for _ in range(10):
        await town.calendar.turn(minutes=1)
    for person in people:
        for (words, answer), shown in zip(ASKED, person.unread, strict=True):
            assert answer in shown.text, f"{words}: {shown.text}"
    assert town.platform.violations == []
    assert not town.platform.dropped


async def test_the_command_itself_for_an_hour(
    stages_on: Opening, nursery: Nursery, filled_sqlite: Path, tmp_path: Path
) -> None:
    """A process of its own, and nothing of the platform left: no token, no menu, no sending; its clock is moved."""
    shutil.copy(filled_sqlite, tmp_path / "tiantong.db")
    stage = await stages_on(sqlite_url(tmp_path), nursery=nursery, pace=STILL, tick=TICK)
    people = [stage.person(userid) for userid in list(stage.platform.people)[:PEOPLE]]
    outage = stage.platform.switches.break_down(refuse=True)
    for minutes in range(0, 60, 5):
        if minutes % 20 == 0:
            words, _ = ASKED[minutes // 20]
            await asyncio.gather(*(person.says(words) for person in people))
        before = outage.hits
        await stage.ticks()
        assert outage.hits - before <= AT_ONCE, "it is asked now and then"
        stage.calendar.jump(minutes=5)
    assert outage.hits <= 2 * AT_ONCE
    outage.clear()
    for _ in range(6):
        await stage.ticks()
        await stage.later(minutes=1)
    await settled(stage)
    for person in people:
        for (words, answer), shown in zip(ASKED, person.unread, strict=True):
            assert answer in shown.text, f"{words}: {shown.text}"
    tokens = [call.response.get("errcode") for call in stage.platform.calls if call.path == "gettoken"]
    assert tokens.count(0) <= 2


def sends(calls: Any) -> int:
    """How often the platform was asked to send something."""
    return sum(call.path == "message/send" for call in calls)


async def test_the_answer_is_lost_again_and_again(town: Town) -> None:
    """The platform takes it every time, and we never hear so: the words come at most once more, cards never."""
    lin = town.person("m013")
    await lin.says("我要提案")
    await town.quiet()
    lin.skips_to_the_end()
    outage = town.platform.switches.break_down("message/send", lose_answer=True)
    await lin.says("关于分步推进老旧小区加装电梯的提案")
    for _ in range(10):
        await town.calendar.turn(minutes=2)
    assert sum("属于哪个类别" in shown.text for shown in lin.unread) == 1
    outage.clear()
    await town.calendar.turn(minutes=6)
    lin.skips_to_the_end()
    outage = town.platform.switches.break_down("message/send", lose_answer=True)
    await lin.says("帮助")
    for _ in range(10):
        await town.calendar.turn(minutes=2)
    outage.clear()
    await town.calendar.turn(minutes=6)
    assert len(lin.unread) <= 2, "said once, and at most once more"


# --- tokens -----------------------------------------------------------------------------------------------------------


async def test_a_token_is_fetched_once_in_its_life_however_many_need_it(town: Town) -> None:
    town.platform.switches.token = "new"
    town.platform.switches.old_token_dies = True
    people = [town.person(userid) for userid in list(town.platform.people)[:30]]
    town.seconds_to_type = 0

    async def everybody_asks() -> int:
        before = len(town.platform.calls)
        await asyncio.gather(*(person.says("帮助") for person in people))
        await town.quiet()
        return sum(call.path == "gettoken" for call in list(town.platform.calls)[before:])

    await town.restart()
    assert await everybody_asks() <= 1
    assert await everybody_asks() == 0
    town.platform.kill_token()
    assert await everybody_asks() == 1
    await town.calendar.turn(hours=3)
    assert await everybody_asks() == 1
    for person in people:
        assert len(person.unread) == 4
    assert town.platform.violations == []


async def test_two_replicas_with_a_token_each(town: Town) -> None:
    """gettoken gives another one every time; the old ones live on."""
    town.platform.switches.token = "new"
    await town.restart(replicas=2)
    people = [town.person(userid) for userid in list(town.platform.people)[:PEOPLE]]
    town.seconds_to_type = 0
    for number in (0, 1, 0, 1):
        town.turn_to_replica(number)
        await asyncio.gather(*(person.says("帮助") for person in people))
        await town.quiet()
    assert Counter(len(person.unread) for person in people) == {4: PEOPLE}
    assert sum(call.path == "gettoken" for call in town.platform.calls) <= 3


# --- in the midst of work ---------------------------------------------------------------------------------------------


@pytest.mark.timeout(300)
async def test_bad_weather_while_people_are_at_it(stages_on: Opening, nursery: Nursery, postgres: Server) -> None:
    """One trouble after the other, each for some seconds."""
    stage = await stages_on(postgres.fresh(prepare), pace=3.5, nursery=nursery)
    switches = stage.platform.switches
    switches.token = "new"
    play = Play(stage.platform, MANY, ShortLife)
    playing = asyncio.create_task(play.through(some_cases(MANY)))
    with stage.blow("bad weather"):  # what is sent when an answer is cut off may have to be sent again
        for seconds, how in (
            (11, {"hang": True}),  # longer than we wait
            (1.5, {"status": 500}),
            (1.5, {"errcode": -1}),
            (1.5, {"errcode": 42001}),
            (1.5, {"refuse": True}),
        ):
            await asyncio.sleep(1)
            switches.break_down("message/send", **how)
            await asyncio.sleep(seconds)
            switches.repair()
    await playing
    await stage.at_rest(waiting)
    all_is_well(play.troubles, complaints(stage), as_played(stage, play.ended, short=SHORT))
    assert len(play.ended) == MANY
    tokens = sum(call.path == "gettoken" for call in stage.platform.calls)
    print(f"{tokens} tokens, {len(stage.platform.calls)} calls")
    assert tokens <= 12


@pytest.mark.timeout(300)
async def test_gone_for_some_seconds_with_three_hundred_messages_waiting(
    stages_on: Opening, filled_sqlite: Path, tmp_path: Path
) -> None:
    """The command itself, by the machine's clock: how often does it knock?"""
    shutil.copy(filled_sqlite, tmp_path / "tiantong.db")
    stage = await stages_on(sqlite_url(tmp_path))
    stage.platform.switches.break_down("message/send", status=500)
    people = list(stage.platform.people)[:100]

    def say(session: Any) -> None:
        for number, userid in enumerate(people):
            for place in range(3):
                body = to_json(Words(f"消息{place}"))
                key, now = f"news:{number}:{place}", stage.calendar.now()
                session.add(Outgoing(key=key, person=userid, lane=2, body=body, created_at=now, state=Wait.WAITING))

    stage.look(say)
    await asyncio.sleep(AWAY)
    during = [call for call in stage.platform.calls if call.path == "message/send"]
    stage.platform.switches.repair()
    await settled(stage)
    after = [call for call in stage.platform.calls if call.path == "message/send"][len(during) :]
    print(f"{len(during)} calls while it was away, {len(after)} when it was back")
    assert 0 < len(during) <= AT_ONCE + PROBES, "it was found out once, and then asked for now and then"
    assert after[0].at < after[1].at - timedelta(milliseconds=after[1].ms), "one goes ahead, and then the others"
    assert at_once(after) <= AT_ONCE
    for userid in people:
        assert [shown.text for shown in stage.person(userid).inbox] == [f"消息{place}" for place in range(3)]


def at_once(calls: Sequence[Call]) -> int:
    """How many calls the platform had in hand at the same time, at most."""
    moments = [(call.at - timedelta(milliseconds=call.ms), 1) for call in calls] + [(call.at, -1) for call in calls]
    return max(accumulate(step for _, step in sorted(moments)))
