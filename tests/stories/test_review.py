"""受理, 初审, 复审, 终审: three different people look, and one of five things comes of it."""

from typing import Any

import pytest

from models.audit import Audit
from models.states import State
from tests.stories.acts import (
    ANSWERS,
    CHENG,
    LIN,
    LU,
    MENG,
    SHEN,
    SU,
    TITLE,
    WEI,
    WEN,
    all_have_read,
    cannot_press,
    everybody_is_at_rest,
    filed,
    first_passed,
    gives,
    proposal,
    rows,
    second_passed,
    submitted,
    taps,
    tells,
    tells_what_became_of_it,
)
from tests.town import Town


async def test_three_people_review_and_the_proposal_is_filed(town: Town) -> None:
    await submitted(town)
    lin, wen = town.person(LIN), town.person(WEN)
    await wen.reads("有新提案待受理", TITLE, "林知夏", "社会建设")
    await town.person(LU).reads("有新提案待受理")
    await wen.presses("受理")
    await lin.reads("已受理", "正在初审")
    await wen.reads("已受理", "初审中")
    await wen.presses("通过")
    await wen.reads("已通过", "复审中", "提案委复审人")
    shen = town.person(SHEN)
    await shen.reads("请复审", TITLE, "共1条建议")
    await shen.presses("通过")
    await shen.reads("已通过", "终审中")
    cheng = town.person(CHENG)
    await cheng.reads("请终审", TITLE)
    await all_have_read(town)
    await cheng.presses("立案")
    await cheng.reads("已立案", "交办")
    await lin.reads("已立案", "提案号：第20260001号", "接下来交办")
    for dispatcher in (MENG, "dispatch_party"):
        await town.person(dispatcher).reads("有提案待交办", TITLE, "委员建议的承办单位：云岭市住房和城乡建设局")
    await everybody_is_at_rest(town)
    row = await proposal(town)
    assert (row.state, row.proposal_no, row.serial_no) == (State.FILED, "20260001", "S20260001")
    assert (row.first_reviewer, row.second_reviewer, row.final_reviewer) == (WEN, SHEN, CHENG)
    events = [(entry.actor, entry.event) for entry in await rows(town, Audit)]
    assert events == [(LIN, "submit"), (WEN, "accept"), (WEN, "pass"), (SHEN, "pass"), (CHENG, "file")]


async def test_the_words_do_what_the_buttons_do(town: Town) -> None:
    await submitted(town)
    await tells(town, WEN, "受理", "通过")
    await tells(town, SHEN, "通过")
    await tells(town, CHENG, "立案。")
    assert (await proposal(town)).state is State.FILED


async def test_whoever_did_the_second_review_does_not_do_the_final_one(town: Town) -> None:
    await gives(town, SHEN, "pc_director")
    await second_passed(town)
    shen = town.person(SHEN)
    await shen.reads("请终审")
    await shen.presses("立案")
    await shen.reads("您已经做过这件提案的复审", "不同的人")
    assert (await proposal(town)).state is State.FINAL_REVIEW
    await taps(town, CHENG, "立案")
    assert (await proposal(town)).final_reviewer == CHENG


async def test_whoever_did_the_first_review_does_not_do_the_second_one(town: Town) -> None:
    await gives(town, WEN, "pc_reviewer")
    await first_passed(town)
    wen = town.person(WEN)
    await wen.reads("请复审")
    await wen.presses("退回修改")
    await wen.reads("您已经做过这件提案的初审", "不同的人")
    await taps(town, SHEN, "通过")
    assert (await proposal(town)).second_reviewer == SHEN


async def test_nobody_reviews_a_proposal_of_their_own(town: Town) -> None:
    await first_passed(town, SHEN)
    shen = town.person(SHEN)
    await shen.reads("请复审")
    await shen.presses("通过")
    await shen.reads("您本人的提案", "其他同事")
    assert (await proposal(town)).state is State.SECOND_REVIEW


# --- 退回修改 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "who", "name"),
    [(submitted, WEN, "温以宁"), (first_passed, SHEN, "沈禾清"), (second_passed, CHENG, "程亦川")],
)
async def test_it_goes_back_to_the_member_who_mends_it(town: Town, before: Any, who: str, name: str) -> None:
    await before(town)
    if who == WEN:
        await taps(town, WEN, "受理")
    reviewer, lin = town.person(who), town.person(LIN)
    await all_have_read(town)
    await reviewer.presses("退回修改")
    await reviewer.reads("怎么修改", "200字")
    await reviewer.says("请把建议写成三条，各有牵头单位。")
    await reviewer.reads("已退回修改")
    card = await lin.reads("提案退回修改", "请把建议写成三条", "3月9日前", name)
    await lin.presses("修改", card=card)
    await lin.reads("请看一遍", TITLE, ANSWERS[4])
    await tells(town, LIN, "修改", "4", "住建局牵头。", "财政局出资。", "街道协商。", "完")
    await lin.reads("请看一遍", "3. 街道协商。")
    await all_have_read(town)
    await lin.presses("提交")
    await lin.reads("已重新提交", "S20260001")
    await town.person(WEN).reads("有新提案待受理", "修改后重新提交")
    row = await proposal(town)
    assert (row.state, row.serial_no, row.first_reviewer) == (State.SUBMITTED, "S20260001", "")
    assert row.suggestions == ["住建局牵头。", "财政局出资。", "街道协商。"]
    await taps(town, WEN, "受理", "通过")  # and it is reviewed from the start
    assert (await proposal(town)).state is State.SECOND_REVIEW


async def test_a_returned_proposal_may_be_handed_in_as_it_is(town: Town) -> None:
    await submitted(town)
    await taps(town, WEN, "受理", "退回修改")
    await tells(town, WEN, "请再想想。")
    lin = town.person(LIN)
    await lin.reads("提案退回修改", "请再想想。")
    await all_have_read(town)
    await lin.presses("提交")
    await lin.reads("请看一遍", TITLE)
    await tells(town, LIN, "提交")
    await lin.reads("已重新提交")


async def test_the_reviewer_thinks_better_of_it(town: Town) -> None:
    await submitted(town)
    wen = await taps(town, WEN, "受理", "退回修改")
    await all_have_read(town)
    await tells(town, WEN, "👍👍")
    await wen.reads("没有读到文字")
    await tells(town, WEN, "长" * 201)
    await wen.reads("太长了（201字）", "200字以内")
    await tells(town, WEN, "取消")
    await wen.reads("已取消", "什么都没有改变")
    town.person(LIN).reads_nothing_more()
    assert (await proposal(town)).state is State.FIRST_REVIEW
    await tells(town, WEN, "通过")
    assert (await proposal(town)).state is State.SECOND_REVIEW


async def test_the_member_sees_what_to_mend_in_the_list(town: Town) -> None:
    await submitted(town)
    await taps(town, WEN, "受理", "退回修改")
    await tells(town, WEN, "案由太宽。")
    await all_have_read(town)
    lin = await tells(town, LIN, "待办")
    await lin.reads("有1件等您办", TITLE, "修改", "3月9日（还有7天）")
    await tells(town, LIN, "我的提案")
    await lin.reads("已退回修改", "案由太宽")
    await tells(town, LIN, "1")
    await lin.reads("已退回修改", "需要修改：案由太宽。")
    await lin.presses("修改")
    await lin.reads("请看一遍")


# --- 不予立案 ----------------------------------------------------------------------------------------------------------


async def test_a_proposal_is_not_filed_and_the_member_learns_why(town: Town) -> None:
    await second_passed(town)
    cheng, lin = town.person(CHENG), town.person(LIN)
    await all_have_read(town)
    await cheng.presses("不予立案")
    await cheng.reads("事由是哪一项", "1 涉及党和国家秘密", "10 内容空泛", "18 一案多事")
    await tells(town, CHENG, "19")
    await cheng.reads("回复前面的数字")
    await tells(town, CHENG, "10")
    await cheng.reads("请写明理由")
    await tells(town, CHENG, "没有写明由谁来做。")
    await cheng.reads("转到哪里", "社情民意信息", "委员来信")
    await cheng.presses("社情民意信息")
    await cheng.reads("不予立案")
    await lin.reads("经审查不予立案", "内容空泛、没有具体建议", "没有写明由谁来做。", "去向：社情民意信息", "不同意见")
    await everybody_is_at_rest(town)
    row = await proposal(town)
    assert (row.state, row.reject_code, row.redirect_to) == (State.REJECTED, "R10_vague", "社情民意信息")
    assert row.proposal_no is None
    await tells(town, LIN, "我的提案")
    await lin.reads("不予立案", "去向：社情民意信息")


async def test_the_director_thinks_better_of_it(town: Town) -> None:
    await second_passed(town)
    cheng = await taps(town, CHENG, "不予立案")
    await tells(town, CHENG, "5", "已经起诉。", "取消")
    await cheng.reads("已取消")
    assert (await proposal(town)).state is State.FINAL_REVIEW
    await taps(town, CHENG, "立案")
    assert (await proposal(town)).state is State.FILED


# --- 立案 --------------------------------------------------------------------------------------------------------------


class TestNumbers:
    """The city writes its numbers its own way."""

    @pytest.fixture
    def rules(self) -> dict[str, Any]:
        return {"numbering_template": "{term}{session:2}-{seq:3}", "serial_template": "收{yyyy}-{seq}"}

    async def test_numbers_follow_the_template_without_gaps(self, town: Town) -> None:
        await second_passed(town)
        await tells(town, CHENG, "不予立案", "10", "空泛。", "仅留存")  # takes no number
        for who, title in ((LIN, "关于公厕的提案"), (SU, "关于路灯的提案")):
            await filed(town, who, title)
        await town.person(SU).reads("提案号：第503-002号")
        numbers = [(row.serial_no, row.proposal_no) for row in await rows(town, type(await proposal(town)))]
        assert numbers == [("收2026-1", None), ("收2026-2", "503-001"), ("收2026-3", "503-002")]


# --- 并案 --------------------------------------------------------------------------------------------------------------


async def test_two_proposals_become_one_matter(town: Town) -> None:
    await filed(town)
    await second_passed(town, SU, "关于既有住宅加装电梯的提案")
    cheng, su = town.person(CHENG), town.person(SU)
    await all_have_read(town)
    await cheng.presses("并案")
    await cheng.reads("并入哪一件")
    await tells(town, CHENG, "20269999")
    await cheng.reads("没有找到编号“20269999”", "例如")
    await tells(town, CHENG, "S20260002")
    await cheng.reads("不能并入它自己")
    await cheng.presses("并案")
    await tells(town, CHENG, "第20260001号")
    await cheng.reads("已并案")
    await su.reads("合并办理", "第20260001号", TITLE)
    row = await proposal(town)
    assert (row.state, row.merged_into, row.proposal_no) == (State.MERGED, 1, None)


async def test_whose_proposal_was_merged_hears_of_the_main_one(town: Town) -> None:
    await filed(town)
    await second_passed(town, SU, "关于既有住宅加装电梯的提案")
    await tells(town, CHENG, "并案", "20260001")
    await all_have_read(town)
    await tells(town, MENG, "交办", "独办", "住建局", "交办")
    lin, su = town.person(LIN), town.person(SU)
    for member in (lin, su):
        await member.reads("已交办", "独办：云岭市住房和城乡建设局")
    await tells(town, WEI, "签收", "登记沟通", "办前", "1", "今天", "谈过了。")
    await lin.reads("请确认办前沟通")
    await cannot_press(town, SU, "属实")  # to be told is not to decide
    await tells(town, SU, "属实")
    await su.reads("现在没有可以“属实”的事")
    await tells(town, SU, "我的提案")
    await su.reads("已并案", "第20260001号")


async def test_nothing_is_merged_into_what_has_ended(town: Town) -> None:
    await second_passed(town)
    await tells(town, CHENG, "不予立案", "10", "空泛。", "仅留存")
    await second_passed(town, SU, "关于既有住宅加装电梯的提案")
    cheng = await taps(town, CHENG, "并案")
    await tells(town, CHENG, "S20260001")
    await cheng.reads("不能作为主案")
    assert (await proposal(town)).state is State.FINAL_REVIEW


# --- who may ----------------------------------------------------------------------------------------------------------


async def test_who_does_not_review_finds_nothing_to_review(town: Town) -> None:
    await submitted(town)
    await all_have_read(town)
    for who in (LIN, MENG, WEI):
        for word in ("受理", "通过", "立案", "退回修改", "并案"):
            person = await tells(town, who, word)
            await person.reads(f"现在没有可以“{word}”的事", "待办")
    assert (await proposal(town)).state is State.SUBMITTED


async def test_the_second_of_two_staff_comes_too_late(town: Town) -> None:
    await submitted(town)
    lu = town.person(LU)
    card = await lu.reads("有新提案待受理")
    await taps(town, WEN, "受理")
    tells_what_became_of_it(card, "已受理 · 温以宁 · 3月2日")
    await tells(town, LU, "受理")
    await lu.reads("现在没有可以“受理”的事")


async def test_two_cases_wait_and_one_is_chosen_by_number(town: Town) -> None:
    await submitted(town)
    await submitted(town, SU, "关于社区食堂的提案")
    await all_have_read(town)
    wen = await tells(town, WEN, "受理")
    await wen.reads("有2件可以“受理”", f"1 《{TITLE}》", "2 《关于社区食堂的提案》")
    await tells(town, WEN, "99")
    await wen.reads("没有第99项", "1 到 2")
    await tells(town, WEN, "2")
    await wen.reads("已受理", "关于社区食堂的提案")
    await town.person(SU).reads("已受理")
    town.person(LIN).reads_nothing_more()
