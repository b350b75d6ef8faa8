"""A bug that one message brings out: the message is tried again and given up, everybody else goes on, and the administrator decides."""

import asyncio

import aiohttp
import pytest
from sqlmodel import Session, col, select

from bot.inbox import BACK_OFF
from models.messages import Incoming, Wait
from tests.faults.account import waiting
from tests.faults.conftest import Opening
from tests.faults.nursery import Nursery
from tests.faults.odd import BUG
from tests.faults.stage import Stage
from tests.stories.acts import FANG, LIN, SU
from tests.upkeep.hands import bot, well

STILL = 0.001  # seconds of the town in one of ours: only what is turned goes by
TICK = 0.1
WITHIN = 20.0
HELP = "发送这些词就行"


async def tried(stage: Stage, times: int) -> None:
    """Wait until handlers have failed so often, in all."""
    await stage.until(lambda: stage.bot.times("turn_failed") >= times)


async def given_up(stage: Stage, who: str, before: int = 0) -> str:
    """Somebody says it; every try and the pause before the next go by. The name of the row that was given up."""
    await stage.person(who).says(BUG)
    for times, pause in enumerate(BACK_OFF, before + 1):
        await tried(stage, times)
        await stage.ticks()
        assert stage.bot.times("turn_failed") == times, "not before its time"
        await stage.later(seconds=pause + 0.1)
    await tried(stage, before + len(BACK_OFF) + 1)
    await stage.person(who).reads("抱歉", "管理员", within=WITHIN)

    def newest(session: Session) -> str:
        rows = session.exec(select(Incoming).where(Incoming.person == who).order_by(col(Incoming.id))).all()
        [row] = [row for row in rows if row.state is Wait.PARKED]
        assert (row.attempts, row.trouble) == (len(BACK_OFF) + 1, "Bug")
        return f"incoming:{row.id}"

    return stage.look(newest)


async def parked(stage: Stage, *words: str) -> str:
    """What `python -m bot parked …` prints."""
    done = await asyncio.to_thread(bot, "parked", *words, "--config", stage.bot.config)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def shown_outside(stage: Stage) -> int:
    """How many rows /healthz says were given up."""
    async with aiohttp.ClientSession() as session, session.get(f"{stage.bot.address}/healthz") as answer:
        assert answer.status == 200
        return int((await answer.json())["parked"]["incoming"])


@pytest.mark.timeout(300)
async def test_a_poisoned_message(stages: Opening, nursery: Nursery) -> None:
    stage = await stages(nursery=nursery, pace=STILL, tick=TICK, bug=True)
    lin, su, fang = (stage.person(who) for who in (LIN, SU, FANG))
    giving_up = asyncio.create_task(given_up(stage, LIN))
    await tried(stage, 1)
    await lin.says("帮助")
    await su.says("帮助")
    await su.reads(HELP, within=WITHIN)  # nobody else waits
    lin.reads_nothing_more()  # but her own messages are worked in order
    first = await giving_up
    await lin.reads(HELP, within=WITHIN)  # her lane is free
    await fang.reads("消息处理失败", first.partition(":")[2], LIN, within=WITHIN)
    second = await given_up(stage, SU, before=len(BACK_OFF) + 1)
    await fang.reads("消息处理失败", second.partition(":")[2], SU, within=WITHIN)
    assert await shown_outside(stage) == 2

    assert [line.split()[:4] for line in (await parked(stage, "list")).splitlines()[1:-1]] == [
        [name, who, "Bug", str(len(BACK_OFF) + 1)] for name, who in ((first, LIN), (second, SU))
    ]
    assert await parked(stage, "drop", second) == "不再办理：1 条。\n"

    assert await stage.bot.stop() == 0
    stage.bot.odd["bug"] = False  # mended
    await stage.bot.start()
    assert await parked(stage, "retry", first) == "重新排队：1 条。\n"
    await lin.reads("没有听懂", within=WITHIN)  # what such a word is answered with
    assert well(await asyncio.to_thread(bot, "parked", "list", "--config", stage.bot.config)) == "没有搁置的消息。\n"
    await stage.ticks()
    await stage.at_rest(waiting)
    for person in (lin, su, fang):
        person.reads_nothing_more()
    assert await shown_outside(stage) == 0
    assert not stage.logged("giving_up_failed", "outbox_step_failed", "inbox_step_failed")
    assert stage.platform.violations == []
    assert await stage.bot.stop() == 0
