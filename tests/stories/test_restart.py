"""The process dies: between any two steps, in the middle of one, one replica of two. Only rows remember."""

import asyncio

import pytest

from models.audit import Audit
from models.handling import Assignment, Communication, Rating
from models.messages import Incoming, Outgoing, Wait
from models.proposal import Proposal
from models.states import Handling, State, Verdict
from simulator.platform import NotDelivered
from tests.stories.acts import (
    ANSWERS,
    CHENG,
    GONG,
    LEI,
    LIN,
    LU,
    MENG,
    SHEN,
    TITLE,
    WEI,
    WEN,
    YAN,
    all_have_read,
    assigned,
    assignment,
    delivered,
    drafted,
    everybody_is_at_rest,
    proposal,
    rows,
    submitted,
    taps,
    tells,
)
from tests.town import Town


async def test_a_whole_life_with_a_restart_before_every_step(town: Town) -> None:
    for who, words in (
        (LIN, ("我要提案", *ANSWERS, "提交")),
        (WEN, ("受理", "通过")),
        (SHEN, ("通过",)),
        (CHENG, ("立案",)),
        (MENG, ("交办", "独办", "住建局", "交办")),
        (WEI, ("签收", "登记沟通", "办前", "1", "今天", "谈过了。")),
        (LIN, ("属实",)),
        (WEI, ("登记沟通", "办中", "2", "今天", "又谈过了。")),
        (LIN, ("属实",)),
        (WEI, ("写答复", "B", "正在办理。", "完", "年内完成", "12月31日", "阎书闻局长", "送审")),
        (LEI, ("同意",)),
        (YAN, ("签发",)),
        (LIN, ("提交评价", "1", "1", "3", "还没看到结果。")),
    ):
        for word in words:
            await town.restart()
            await tells(town, who, word)
    await town.person(YAN).reads("二次办理通知", "还没看到结果。")
    assert (await proposal(town)).state is State.REHANDLING
    [kept] = await rows(town, Rating)
    assert kept.result is Verdict.DISSATISFIED
    events = [entry.event for entry in await rows(town, Audit, Audit.kind == "proposal", Audit.actor != "clock")]
    assert events[:6] == ["submit", "accept", "pass", "pass", "file", "assign"]
    assert town.platform.violations == []


@pytest.mark.parametrize("replicas", [1, 2])
async def test_an_update_is_taken_and_the_process_ends_before_it_is_worked_out(town: Town, replicas: int) -> None:
    lin = await drafted(town)
    await all_have_read(town)
    await lin.says("修改")
    await town.restart(replicas)
    await lin.reads("要修改哪一项")
    await lin.says("5")
    await town.restart(replicas)
    await lin.reads("建议承办单位")
    await lin.says("住建局")
    await town.restart(replicas)
    await lin.reads("请看一遍")
    await lin.says("提交")
    await town.restart(replicas)
    await lin.reads("提交成功")
    await town.person(WEN).reads("有新提案待受理")
    await town.quiet()
    assert [row.state for row in await rows(town, Proposal)] == [State.SUBMITTED]
    assert all(row.state is Wait.DONE for row in await rows(town, Incoming))


async def test_what_is_said_is_delivered_by_the_next_process(town: Town) -> None:
    await submitted(town)
    await all_have_read(town)
    outage = town.platform.switches.break_down("message/send", refuse=True)
    await taps(town, WEN, "受理")
    await town.restart()
    town.person(LIN).reads_nothing_more()
    outage.clear()
    await town.calendar.turn(minutes=5)
    await town.person(LIN).reads("已受理")
    await town.person(WEN).reads("已受理", "通过")
    await everybody_is_at_rest(town)


async def test_a_message_that_went_out_before_the_crash_is_not_shown_twice(town: Town) -> None:
    await drafted(town)
    await all_have_read(town)
    town.platform.switches.break_down("message/send", lose_answer=True, times=1)
    await tells(town, LIN, "提交")
    for _ in range(4):
        await town.restart()
        await town.calendar.turn(minutes=2)
    for staff in (WEN, LU):
        cards = [shown for shown in town.person(staff).inbox if "有新提案待受理" in shown.text]
        assert len(cards) == 1
    assert town.platform.violations == []


async def test_while_nobody_is_there_the_platform_tries_again(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案")
    town.platform.switches.retry_spacing = 0.3
    address = town.platform.callback_url
    town.platform.callback_url = address.replace("/wecom/", "/nowhere/")  # somebody else has the port
    saying = asyncio.create_task(lin.says(TITLE))
    await asyncio.wait([saying], timeout=0.2)
    town.platform.callback_url = address
    await saying
    await lin.reads("（2/8）")
    assert town.platform.callbacks[-1].attempts > 1
    town.platform.switches.retries = 0
    town.platform.callback_url = address.replace("/wecom/", "/nowhere/")
    with pytest.raises(NotDelivered):
        await lin.says("4")
    town.platform.callback_url = address
    await town.quiet()
    lin.reads_nothing_more()  # it was never taken: the person sees no answer and says it again
    await tells(town, LIN, "4")
    await lin.reads("（3/8）")


async def test_messages_sent_in_one_breath_are_worked_out_in_order(town: Town) -> None:
    lin = town.person(LIN)
    await asyncio.gather(*(lin.says(word) for word in ("我要提案", *ANSWERS, "提交")))
    await town.quiet()
    await lin.reads("提交成功", "S20260001")
    row = await proposal(town)
    assert (row.title, row.analysis, row.suggestions) == (TITLE, ANSWERS[2], [ANSWERS[4]])


async def test_two_replicas_share_the_work(town: Town) -> None:
    await town.restart(replicas=2)
    place = 0
    for who, words in (
        (LIN, ("我要提案", *ANSWERS, "提交")),
        (WEN, ("受理", "通过")),
        (SHEN, ("通过",)),
        (CHENG, ("立案",)),
        (MENG, ("交办", "主办会办", "住建局、财政局", "交办")),
        (GONG, ("签收", "写会办意见", "同意。", "完")),
        (WEI, ("签收",)),
    ):
        for word in words:
            town.turn_to_replica(place)
            place += 1
            await tells(town, who, word)
    await town.person(WEI).reads("会办意见", "同意。")
    assert [task.state for task in await rows(town, Assignment)] == [Handling.WORKING, Handling.CO_OPINION_SUBMITTED]
    assert len(await rows(town, Proposal)) == 1
    assert all(row.state is Wait.DONE for row in await rows(town, Outgoing))
    assert town.platform.violations == []


async def test_two_people_press_the_same_button_on_two_replicas(town: Town) -> None:
    await submitted(town)
    await town.restart(replicas=2)
    await all_have_read(town)
    wen, lu = town.person(WEN), town.person(LU)

    async def presses(number: int, who: str) -> None:
        town.turn_to_replica(number)
        await town.person(who).presses("受理")

    await asyncio.gather(presses(0, WEN), presses(1, LU))
    await town.quiet()
    row = await proposal(town)
    assert row.state is State.FIRST_REVIEW
    first, second = (wen, lu) if row.accepted_by == WEN else (lu, wen)
    await first.reads("已受理", "通过")
    told = await second.reads("受理")
    assert "已经过时" in told.text or "不能再" in told.text or "初审中" in told.text
    assert [entry.event for entry in await rows(town, Audit)].count("accept") == 1
    assert sum("已受理" in shown.text for shown in town.person(LIN).inbox) == 1


async def test_both_replicas_restart_in_the_middle_of_a_rating(town: Town) -> None:
    await delivered(town)
    await town.restart(replicas=2)
    lin = town.person(LIN)
    await lin.chooses({"办理态度": "满意", "办理过程": "满意", "办理结果": "不满意"}, submit="提交评价", deliveries=3)
    await town.restart(replicas=2)
    await lin.reads("原因是什么")
    town.turn_to_replica(1)
    await tells(town, LIN, "没有我们小区。")
    await town.person(WEI).reads("二次办理通知")
    assert len(await rows(town, Rating)) == 1
    assert (await assignment(town)).round == 2


async def test_the_window_closes_while_the_process_is_away(town: Town) -> None:
    await assigned(town)
    await taps(town, WEI, "申请调整")
    await town._stop()  # the power goes
    await town.calendar.turn(days=20)
    await town._start(2)
    await town.settle()
    assert (await assignment(town)).state is Handling.WORKING
    assert [entry.actor for entry in await rows(town, Audit) if entry.event == "lapse"] == ["clock"]
    await all_have_read(town)
    wei = await tells(town, WEI, "不属我局职责。")
    await wei.reads("已有变化", "办理中")
    assert await rows(town, Communication) == []
