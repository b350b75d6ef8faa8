"""提交评价: three answers, kept for ever; 不满意 with the result opens a second handling, and at last a talk face to face."""

from datetime import date

import pytest

from models.handling import Assignment, Rating
from models.states import Handling, State, Verdict
from simulator.records import Shown
from tests.stories.acts import (
    CHENG,
    GONG,
    LIN,
    LU,
    MENG,
    SU,
    TITLE,
    WEI,
    WEN,
    YAN,
    all_have_read,
    answers_again,
    assignment,
    delivered,
    dissatisfied,
    everybody_is_at_rest,
    forges,
    proposal,
    rates,
    rows,
    signs,
    talks,
    tells,
    tells_what_became_of_it,
    writes,
)
from tests.town import Town

ALL = {"attitude": "SATISFIED", "process": "BASICALLY_SATISFIED", "result": "BASICALLY_SATISFIED"}


async def rating_card(town: Town) -> Shown:
    """The card that came with the reply."""
    return await town.person(LIN).sees("请评价提案办理")


async def test_three_answers_are_kept_with_what_they_were_given_to(town: Town) -> None:
    await delivered(town)
    lin = town.person(LIN)
    await lin.reads("云住建提〔2026〕1号")
    card = await lin.reads("请评价提案办理", "住房和城乡建设局", "只有您本人能填")
    await all_have_read(town)
    await rates(town, "基本满意")
    await lin.reads("已提交评价")
    await lin.reads("已办结", "感谢")
    for staff in (WEN, LU):
        told = town.person(staff)
        await told.reads("林知夏评价云岭市住房和城乡建设局", "办理态度满意", "办理过程基本满意", "办理结果基本满意")
    for ours in (WEI, YAN):
        await town.person(ours).reads("委员已评价", "办理结果基本满意")
    await everybody_is_at_rest(town)
    tells_what_became_of_it(card, "已提交评价 · 林知夏 · 3月2日")
    [kept] = await rows(town, Rating)
    assert (kept.attitude, kept.process, kept.result) == (
        Verdict.SATISFIED,
        Verdict.BASICALLY_SATISFIED,
        Verdict.BASICALLY_SATISFIED,
    )
    assert (kept.round, kept.unit, kept.unit_name) == (1, "u10", "云岭市住房和城乡建设局")
    assert (kept.result_class, kept.reply_text, kept.person) == ("A", "已在全市排出实施清单。", LIN)
    row = await proposal(town)
    assert row.state is State.CLOSED
    assert row.closed_at is not None


async def test_only_the_result_opens_a_second_handling(town: Town) -> None:
    await delivered(town)
    lin = town.person(LIN)
    await lin.chooses({"办理态度": "不满意", "办理过程": "不满意", "办理结果": "满意"}, submit="提交评价")
    await lin.reads("已办结")
    [kept] = await rows(town, Rating)
    assert (kept.attitude, kept.result) == (Verdict.DISSATISFIED, Verdict.SATISFIED)


async def test_the_member_types_the_answers(town: Town) -> None:
    await delivered(town)
    await all_have_read(town)
    lin = await tells(town, LIN, "提交评价")
    await lin.reads("办理态度", "1 满意", "2 基本满意", "3 不满意")
    await tells(town, LIN, "一般")
    await lin.reads("1 满意、2 基本满意 或 3 不满意")
    await tells(town, LIN, "1", "基本满意", "2")
    await lin.reads("已提交评价")
    await lin.reads("已办结")
    [kept] = await rows(town, Rating)
    assert (kept.attitude, kept.process, kept.result) == (
        Verdict.SATISFIED,
        Verdict.BASICALLY_SATISFIED,
        Verdict.BASICALLY_SATISFIED,
    )


async def test_from_the_list_the_card_comes_again(town: Town) -> None:
    await delivered(town)
    await all_have_read(town)
    lin = await tells(town, LIN, "待办")
    await lin.reads("提交评价", "3月23日（还有21天）")
    await tells(town, LIN, "1")
    await lin.reads("请评价提案办理")
    await rates(town, "满意")
    await lin.reads("已办结")


# --- 不满意 ------------------------------------------------------------------------------------------------------------


async def test_dissatisfied_with_the_result_opens_a_second_handling(town: Town) -> None:
    await delivered(town)
    await all_have_read(town)
    lin = town.person(LIN)
    await rates(town, "不满意", why="👎")
    await lin.reads("原因是什么")
    await lin.reads("没有读到文字")
    await everybody_is_at_rest(town)
    await tells(town, LIN, "清单里没有我们小区。")
    await lin.reads("已提交评价")
    for who in (YAN, WEI):
        await town.person(who).reads("二次办理通知", "清单里没有我们小区。", "当面沟通", "4月2日前重新答复")
    await town.person(WEN).reads("办理结果不满意", "意见：清单里没有我们小区。")
    await town.person(LU).reads("办理结果不满意")
    await everybody_is_at_rest(town)
    task = await assignment(town)
    assert (task.state, task.round, task.due_on) == (Handling.REDO, 2, date(2026, 4, 2))
    assert (await proposal(town)).state is State.REHANDLING
    [kept] = await rows(town, Rating)
    assert (kept.result, kept.reason) == (Verdict.DISSATISFIED, "清单里没有我们小区。")


async def test_the_second_reply_wants_new_talks_in_person(town: Town) -> None:
    await dissatisfied(town)
    wei = await tells(town, WEI, "写答复")
    await wei.reads("办前沟通还没有登记", "办中沟通还没有登记")
    await talks(town, "办前", means="电话")
    await talks(town, "办中", means="微信")
    await tells(town, WEI, "写答复")
    await wei.reads("二次办理", "当面沟通", "上门走访")
    await talks(town, "办中", means="邀请座谈")
    await tells(town, WEI, "写答复")
    await wei.reads("办理结果")


async def test_the_second_rating_closes(town: Town) -> None:
    await dissatisfied(town)
    for stage in ("办前", "办中"):
        await talks(town, stage)
    await writes(town, "C", "条件所限，明年再列入。")
    await signs(town)
    lin = town.person(LIN)
    await lin.reads("云住建提〔2026〕2号", "【C】", "明年再列入")
    await lin.reads("请评价提案办理")
    await rates(town, "基本满意")
    await lin.reads("已办结")
    first, second = await rows(town, Rating)
    assert (first.round, first.result_class, first.result) == (1, "A", Verdict.DISSATISFIED)
    assert (second.round, second.result_class, second.result) == (2, "C", Verdict.BASICALLY_SATISFIED)
    assert second.reply_text == "条件所限，明年再列入。"
    row = await proposal(town)
    assert (row.state, row.closed_with_dissent) == (State.CLOSED, False)


class TestTheLastRound:
    """Here the city allows one second handling."""

    @pytest.fixture
    def rules(self) -> dict[str, object]:
        return {"rehandle_max_rounds": 1}

    async def test_after_the_last_round_the_director_meets_them(self, town: Town) -> None:
        await dissatisfied(town)
        await answers_again(town)
        await all_have_read(town)
        await rates(town, "不满意", why="还是没有日期。")
        cheng, lin = town.person(CHENG), town.person(LIN)
        await lin.reads("已提交评价", "提案委负责人", "协商")
        await cheng.reads("二次办理后仍不满意", "还是没有日期。", "当面协商")
        await town.person(WEN).reads("办理结果不满意", "还是没有日期。")
        assert (await assignment(town)).state is Handling.DISSENT
        for who in (WEI, LIN, WEN):
            person = await tells(town, who, "协商后办结")
            await person.reads("现在没有可以“协商后办结”的事")
        await cheng.presses("协商后办结")
        await cheng.reads("时间、参加人和结果")
        await tells(town, CHENG, "3月2日，三方面谈，明年一季度列入。")
        await cheng.reads("已协商办结")
        await lin.reads("已办结")
        row = await proposal(town)
        assert (row.state, row.closed_with_dissent) == (State.CLOSED, True)
        assert [kept.result for kept in await rows(town, Rating)] == [Verdict.DISSATISFIED] * 2


async def test_the_reason_is_never_given_and_it_still_counts(town: Town) -> None:
    await delivered(town)
    lin = town.person(LIN)
    await lin.chooses({"办理结果": "不满意"}, submit="提交评价")
    await lin.reads("原因是什么")
    await town.calendar.turn(days=21)  # the last day of the rating's term
    assert (await assignment(town)).state is Handling.DELIVERED
    await all_have_read(town)
    await town.calendar.turn(days=1)
    await town.person(YAN).reads("二次办理通知", "未说明原因")
    [kept] = await rows(town, Rating)
    assert (kept.result, kept.person) == (Verdict.DISSATISFIED, LIN)
    assert (await assignment(town)).state is Handling.REDO


# --- no answer, half an answer, somebody else's answer ----------------------------------------------------------------


@pytest.mark.cards_only("selectors handed in half: in words each is a question")
async def test_half_the_answers_are_not_enough(town: Town) -> None:
    await delivered(town)
    card = await rating_card(town)
    await all_have_read(town)
    for chosen in ({}, {"result": "SATISFIED"}, ALL | {"process": "EXCELLENT"}, {"attitude": "SATISFIED", "mood": "1"}):
        lin = await forges(town, LIN, card, "提交评价", chosen)
        await lin.reads("三项都选好")
    assert await rows(town, Rating) == []
    await rates(town, "满意")
    await lin.reads("已办结")


@pytest.mark.cards_only("forged: nobody can type a number out of somebody else's message")
async def test_only_the_proposer_rates(town: Town) -> None:
    await delivered(town)
    card = await rating_card(town)
    await all_have_read(town)
    for who in (SU, WEI, WEN, MENG):
        person = await forges(town, who, card, "提交评价", ALL)
        await person.reads("只能由提案人本人")
        await tells(town, who, "提交评价")
        await person.reads("现在没有可以“提交评价”的事")
    assert await rows(town, Rating) == []
    assert (await assignment(town)).state is Handling.DELIVERED


async def test_a_rating_is_given_once(town: Town) -> None:
    await delivered(town)
    card = await rating_card(town)
    await rates(town, "满意")
    await all_have_read(town)
    lin = await forges(town, LIN, card, "提交评价", ALL)
    await lin.reads("已经过时", "已完成")
    await tells(town, LIN, "提交评价")
    await lin.reads("现在没有可以“提交评价”的事")
    [kept] = await rows(town, Rating)
    assert kept.result is Verdict.SATISFIED


async def test_no_answer_in_time_closes_without_a_rating(town: Town) -> None:
    await delivered(town)
    lin = town.person(LIN)
    await town.calendar.turn(days=21)
    assert (await proposal(town)).state is State.APPRAISING
    await all_have_read(town)
    await town.calendar.turn(days=1)
    await lin.reads("已办结", TITLE)
    assert await rows(town, Rating) == []
    row = await proposal(town)
    assert (row.state, row.closed_with_dissent) == (State.CLOSED, False)
    await tells(town, LIN, "提交评价")
    await lin.reads("现在没有可以“提交评价”的事")


async def test_each_unit_is_rated_for_itself(town: Town) -> None:
    await delivered(town, "分办", "住建局、财政局")
    await rates(town, "不满意")
    await tells(town, GONG, "签收")
    for stage in ("办前", "办中"):
        await talks(town, stage, who=GONG)
    await tells(town, GONG, "写答复", "A", "资金已落实。", "完", "送审")
    await tells(town, "u06_review", "同意")
    await tells(town, "u06_leader", "签发")
    assert (await proposal(town)).state is State.REHANDLING
    lin = town.person(LIN)
    await lin.reads("请评价提案办理", "财政局")
    await rates(town, "满意")
    assert [task.state for task in await rows(town, Assignment)] == [Handling.REDO, Handling.DONE]
    assert [(kept.unit, kept.round) for kept in await rows(town, Rating)] == [("u10", 1), ("u06", 1)]
    assert (await proposal(town)).state is State.REHANDLING
