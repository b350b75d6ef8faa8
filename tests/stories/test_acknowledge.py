"""签收, or 申请调整: a unit takes its task, or says why it is not theirs and the dispatcher decides."""

from datetime import date

import pytest

from models.handling import Assignment
from models.states import Handling, Part, State
from tests.memory import lived_once
from tests.stories.acts import (
    GONG,
    LIN,
    MENG,
    SU,
    TITLE,
    WEI,
    YAN,
    all_have_read,
    assigned,
    assignment,
    everybody_is_at_rest,
    filed,
    proposal,
    rows,
    taps,
    tells,
    tells_assign,
    tells_what_became_of_it,
)
from tests.town import Town

WHY = "加装电梯的用地由资规局负责，请改由资规局承办。"


@lived_once
async def objected(town: Town, how: str = "独办", units: str = "住建局") -> None:
    """住建局 says that it is not theirs."""
    await assigned(town, how, units)
    await taps(town, WEI, "申请调整")
    await all_have_read(town)
    await tells(town, WEI, WHY)


async def test_the_unit_signs_for_it(town: Town) -> None:
    await assigned(town)
    wei = town.person(WEI)
    card = await wei.reads("新的承办任务", TITLE, "林知夏", "独办", "3月9日前可申请调整")
    await all_have_read(town)
    await wei.presses("签收")
    await wei.reads("已签收", "办理中", "登记沟通")
    await town.person(LIN).reads("住房和城乡建设局已签收", "6月2日", "沟通两次", "免予沟通")
    await everybody_is_at_rest(town)
    tells_what_became_of_it(card, "已签收 · 危听澜 · 3月2日")
    task = await assignment(town)
    assert (task.state, task.acked_on) == (Handling.WORKING, date(2026, 3, 2))


async def test_the_word_does_what_the_button_does(town: Town) -> None:
    await assigned(town)
    wei = await tells(town, WEI, "签收")
    await wei.reads("已签收")
    await all_have_read(town)
    await tells(town, WEI, "签收")
    await wei.reads("现在没有可以“签收”的事", "待办")


async def test_another_unit_signs_for_nothing(town: Town) -> None:
    await assigned(town)
    await all_have_read(town)
    for who in (GONG, YAN, LIN, MENG):
        person = await tells(town, who, "签收")
        await person.reads("现在没有可以“签收”的事")
    assert (await assignment(town)).state is Handling.PENDING_ACK


async def test_two_tasks_wait_and_one_is_signed_for_by_number(town: Town) -> None:
    await assigned(town)
    await filed(town, SU, "关于社区食堂的提案")
    await tells_assign(town, "独办", "住建局")
    await tells(town, MENG, "交办")
    await all_have_read(town)
    wei = await tells(town, WEI, "签收")
    await wei.reads("有2件可以“签收”", f"1 《{TITLE}》", "2 《关于社区食堂的提案》")
    await tells(town, WEI, "1")
    await wei.reads("已签收", TITLE)
    assert [task.state for task in await rows(town, Assignment)] == [Handling.WORKING, Handling.PENDING_ACK]


async def test_it_is_not_ours_and_another_unit_gets_it(town: Town) -> None:
    await objected(town)
    wei, meng, lin = town.person(WEI), town.person(MENG), town.person(LIN)
    await wei.reads("已申请调整", "交办员")
    await meng.reads("承办单位申请调整", WHY, "云岭市住房和城乡建设局", TITLE)
    await town.person("dispatch_party").reads("承办单位申请调整")
    await everybody_is_at_rest(town)
    await meng.presses("同意")
    await meng.reads("改由哪个单位承办", "跳过")
    await meng.says("住建局")
    await meng.reads("已经在承办本件", "另一个单位")
    await tells(town, MENG, "同意", "资规局")
    await meng.reads("已同意")
    await wei.reads("调整申请已同意", "不再承办")
    await town.person("u08_liaison").reads("新的承办任务", TITLE, "独办", "6月2日")
    await town.person("u08_leader").reads("本单位新承办提案")
    await lin.reads("改由云岭市自然资源和规划局独办")
    assert [(task.unit, task.part, task.state) for task in await rows(town, Assignment)] == [
        ("u10", Part.SOLE, Handling.RELEASED),
        ("u08", Part.SOLE, Handling.PENDING_ACK),
    ]
    await taps(town, "u08_liaison", "签收")
    await lin.reads("自然资源和规划局已签收")
    assert (await proposal(town)).state is State.HANDLING


async def test_another_unit_takes_the_lead(town: Town) -> None:
    await objected(town, "主办会办", "住建局、财政局")
    await taps(town, MENG, "同意")
    meng = await tells(town, MENG, "财政局")
    await meng.reads("已经在承办本件")
    await tells(town, MENG, "同意", "资规局")
    await town.person("u08_liaison").reads("新的承办任务", "主办")
    assert (await assignment(town, "u08")).part is Part.LEAD


async def test_nobody_else_gets_it_and_it_is_assigned_anew(town: Town) -> None:
    await objected(town)
    await taps(town, MENG, "同意")
    await all_have_read(town)
    meng = await tells(town, MENG, "跳过")
    await town.person(WEI).reads("调整申请已同意")
    await meng.reads("有提案待交办", TITLE)
    assert (await proposal(town)).state is State.FILED
    await tells(town, MENG, "交办", "独办", "财政局", "交办")
    await town.person(GONG).reads("新的承办任务")
    row = await proposal(town)
    assert (row.state, row.proposal_no) == (State.HANDLING, "20260001")


async def test_a_lead_does_not_leave_without_another_in_its_place(town: Town) -> None:
    await objected(town, "主办会办", "住建局、财政局")
    await taps(town, MENG, "同意")
    await all_have_read(town)
    meng = await tells(town, MENG, "跳过")
    await meng.reads("主办")  # or else nobody would answer the member
    assert (await assignment(town)).state is Handling.OBJECTING
    assert (await proposal(town)).state is State.HANDLING


async def test_a_co_unit_may_leave_without_another_in_its_place(town: Town) -> None:
    await assigned(town, "主办会办", "住建局、财政局、民政局")
    gong = await taps(town, GONG, "申请调整")
    await tells(town, GONG, "不涉及财政资金。")
    await taps(town, MENG, "同意")
    await tells(town, MENG, "跳过")
    await gong.reads("调整申请已同意")
    assert (await assignment(town, "u06")).state is Handling.RELEASED
    assert (await proposal(town)).state is State.HANDLING


async def test_the_unit_has_to_do_it_all_the_same(town: Town) -> None:
    await objected(town)
    meng, wei = town.person(MENG), town.person(WEI)
    await meng.presses("退回")
    await meng.reads("为什么退回")
    await meng.says("此事以住建为主，请贵单位牵头。")
    await meng.reads("已退回")
    await wei.reads("调整申请未同意", "此事以住建为主", "已视为签收")
    await town.person(LIN).reads("住房和城乡建设局已签收")
    task = await assignment(town)
    assert (task.state, task.acked_on) == (Handling.WORKING, date(2026, 3, 2))
    await taps(town, WEI, "登记沟通")
    await wei.reads("哪一次沟通")


async def test_the_unit_does_not_decide_about_its_own_request(town: Town) -> None:
    await objected(town)
    for word in ("同意", "退回", "签收"):
        wei = await tells(town, WEI, word)
        await wei.reads(f"现在没有可以“{word}”的事")
    assert (await assignment(town)).state is Handling.OBJECTING


async def test_the_unit_thinks_better_of_it(town: Town) -> None:
    await assigned(town)
    wei = await taps(town, WEI, "申请调整")
    await wei.reads("职责依据", "建议改由哪个单位")
    await tells(town, WEI, "长" * 301)
    await wei.reads("太长了（301字）", "300字")
    await tells(town, WEI, "取消")
    await wei.reads("已取消")
    assert (await assignment(town)).state is Handling.PENDING_ACK
    await tells(town, WEI, "签收")
    await wei.reads("已签收")


async def test_on_the_last_day_it_may_still_be_asked(town: Town) -> None:
    await assigned(town)
    await town.calendar.turn(days=7)  # the fifth working day, 9 March
    await taps(town, WEI, "申请调整")
    await tells(town, WEI, WHY)
    assert (await assignment(town)).state is Handling.OBJECTING


async def test_a_question_begun_in_the_window_is_too_late_after_it(town: Town) -> None:
    await assigned(town)
    await taps(town, WEI, "申请调整")
    await town.calendar.turn(days=8)  # 10 March: it has become theirs by itself
    await all_have_read(town)
    wei = await tells(town, WEI, WHY)
    await wei.reads("已有变化", "办理中")
    assert (await assignment(town)).state is Handling.WORKING


@pytest.mark.not_on_pages("a page shows no card of earlier")
async def test_after_the_window_it_counts_as_signed_for(town: Town) -> None:
    await assigned(town)
    wei = town.person(WEI)
    old = await wei.reads("新的承办任务")
    await town.calendar.turn(days=8)
    await town.person(LIN).reads("住房和城乡建设局已签收")
    await wei.reads("视为签收")
    await all_have_read(town)
    await wei.presses("签收", card=old)
    await wei.reads("已经过时", "办理中")
    await tells(town, WEI, "申请调整")
    await wei.reads("现在没有可以“申请调整”的事")
    await tells(town, WEI, "待办")
    await wei.reads("登记沟通")
    task = await assignment(town)
    assert (task.state, task.acked_on) == (Handling.WORKING, date(2026, 3, 10))


class TestLateObjection:
    """The guard itself: where the clock has not ticked yet (the process was down), a late request is refused in words."""

    async def test_a_late_request_is_refused_before_the_clock_has_ticked(self, town: Town) -> None:
        await assigned(town)
        town.calendar.let_pass(8 * 24 * 3600)
        await all_have_read(town)
        wei = await tells(town, WEI, "申请调整")
        await wei.reads("申请调整的期限（03月09日）已过", "签收")
        assert (await assignment(town)).state is Handling.PENDING_ACK
