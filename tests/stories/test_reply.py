"""写答复, 送审, 复核, 签发: no reply before two talks, no reply past fewer than three people."""

from datetime import date

import pytest

from models.handling import Assignment, Reply
from models.states import Handling, State
from tests.stories.acts import (
    FANG,
    GONG,
    LEI,
    LIN,
    TITLE,
    WEI,
    YAN,
    acknowledged,
    all_have_read,
    assigned,
    assignment,
    cannot_press,
    consulted,
    everybody_is_at_rest,
    gives,
    proposal,
    reviewed,
    rows,
    sent_up,
    talks,
    taps,
    tells,
    writes,
    written,
)
from tests.town import Town


async def test_no_reply_before_both_talks(town: Town) -> None:
    await acknowledged(town)
    wei = town.person(WEI)
    await wei.presses("写答复")
    await wei.reads("先协商、后答复", "办前沟通还没有登记", "办中沟通还没有登记", "登记沟通")
    await taps(town, WEI, "登记沟通")
    await tells(town, WEI, "办前", "1", "今天", "谈过了。")
    await tells(town, WEI, "写答复")
    await wei.reads("办前沟通已登记，正等委员确认", "办中沟通还没有登记")
    await taps(town, LIN, "属实")
    await tells(town, WEI, "写答复")
    await wei.reads("先协商、后答复：办中沟通还没有登记")
    await talks(town, "办中")
    await all_have_read(town)
    await tells(town, WEI, "写答复")
    await wei.reads("办理结果是哪一类")
    assert await rows(town, Reply) == []


async def test_a_reply_of_class_a_goes_up_and_out(town: Town) -> None:
    await consulted(town)
    wei, lei, yan, lin = (town.person(who) for who in (WEI, LEI, YAN, LIN))
    await wei.presses("写答复")
    await wei.reads("1 A 已解决", "4 D 留作参考")
    await tells(town, WEI, "1")
    await wei.reads("答复正文", "写完回复“完”")
    await tells(town, WEI, "一、已排出清单。", "二、已落实资金。")
    await wei.reads("收到，共16字")
    await tells(town, WEI, "完")
    await wei.reads("已写答复", "送审")
    await all_have_read(town)
    await wei.presses("送审")
    await wei.reads("已送审", "承办单位复核人")
    await lei.reads("答复待复核", TITLE, "【A】", "一、已排出清单。")
    await lei.presses("同意")
    await lei.reads("已同意", "承办单位领导")
    await yan.reads("答复待签发", "二、已落实资金。", "雷素秋已复核")
    await everybody_is_at_rest(town)
    await yan.presses("签发")
    await yan.reads("已签发")
    await lin.reads("住房和城乡建设局对您的提案", "云住建提〔2026〕1号", "一、已排出清单。", "二、已落实资金。")
    await lin.reads("请评价提案办理", "3月23日前")
    await wei.reads("答复已送达", "办后沟通")
    await everybody_is_at_rest(town)
    [reply] = await rows(town, Reply)
    assert (reply.result, reply.document_no) == ("A", "云住建提〔2026〕1号")
    assert (reply.drafted_by, reply.reviewed_by, reply.signed_by) == (WEI, LEI, YAN)
    assert (await proposal(town)).state is State.APPRAISING


async def test_a_reply_of_class_b_promises_something_by_a_day_and_by_somebody(town: Town) -> None:
    await consulted(town)
    wei = await taps(town, WEI, "写答复")
    await tells(town, WEI, "b", "正在逐步解决。", "完")
    await wei.reads("B类要写承诺")
    await tells(town, WEI, "跳过")
    await wei.reads("承诺事项不能跳过")
    await tells(town, WEI, "完")
    await wei.reads("承诺")
    await tells(town, WEI, "年内完成二十个单元加装")
    await wei.reads("哪一天")
    for bad, told in (("2026年3月1日", "今天之后"), ("今天", "今天之后"), ("年底", "没看懂日期")):
        await tells(town, WEI, bad)
        await wei.reads(told)
    await tells(town, WEI, "12月31日")
    await wei.reads("由谁负责")
    await tells(town, WEI, "阎书闻局长")
    await wei.reads("已写答复")
    [reply] = await rows(town, Reply)
    assert (reply.result, reply.promise, reply.promise_owner) == ("B", "年内完成二十个单元加装", "阎书闻局长")
    assert reply.promise_due == date(2026, 12, 31)
    await taps(town, WEI, "送审")
    await taps(town, LEI, "同意")
    await taps(town, YAN, "签发")
    await town.person(LIN).reads("【B】正在解决", "承诺：年内完成二十个单元加装", "12月31日前", "阎书闻局长")


async def test_a_letter_that_does_not_exist(town: Town) -> None:
    await consulted(town)
    wei = await taps(town, WEI, "写答复")
    await tells(town, WEI, "E")
    await wei.reads("办理结果的字母（A、B、C、D）")
    for letter in ("C类", "Ｃ", "c", "3", "３"):
        await tells(town, WEI, letter)
        await wei.reads("答复正文")
        await tells(town, WEI, "上一步")
    await all_have_read(town)
    await tells(town, WEI, "c", "条件不够。", "完")
    await wei.reads("已写答复")
    [reply] = await rows(town, Reply)
    assert reply.result == "C"


async def test_a_reply_is_laid_aside_and_finished_after_lunch(town: Town) -> None:
    await consulted(town)
    await taps(town, WEI, "写答复")
    wei = await tells(town, WEI, "A", "写了一半。", "存草稿")
    await wei.reads("已存好", "继续")
    await town.restart()
    await town.calendar.turn(hours=3)
    await tells(town, WEI, "继续")
    await wei.reads("答复正文")
    await tells(town, WEI, "写完了。", "完")
    await wei.reads("已写答复")
    [reply] = await rows(town, Reply)
    assert reply.text == "写了一半。\n写完了。"


async def test_the_reply_is_written_anew_before_it_goes_up(town: Town) -> None:
    await written(town)
    wei = await tells(town, WEI, "写答复", "D", "另写一份。", "完")
    await wei.reads("已写答复")
    [reply] = await rows(town, Reply)
    assert (reply.result, reply.text) == ("D", "另写一份。")
    await taps(town, WEI, "送审")
    await town.person(LEI).reads("答复待复核", "【D】", "另写一份。")


# --- 退回 --------------------------------------------------------------------------------------------------------------


async def test_the_reviewer_sends_it_back(town: Town) -> None:
    await sent_up(town)
    lei, wei = town.person(LEI), town.person(WEI)
    await lei.presses("退回")
    await lei.reads("为什么退回")
    await tells(town, LEI, "第二条没有回应。")
    await lei.reads("已退回")
    await wei.reads("答复被退回", "雷素秋", "第二条没有回应。", "送审")
    assert (await assignment(town)).state is Handling.DRAFTING
    await writes(town, "A", "逐条回应。")
    await all_have_read(town)
    await taps(town, WEI, "送审")
    await lei.reads("答复待复核", "逐条回应。")


async def test_the_leader_sends_it_back(town: Town) -> None:
    await reviewed(town)
    yan, wei = town.person(YAN), town.person(WEI)
    await yan.presses("退回")
    await tells(town, YAN, "口气太硬。")
    await wei.reads("答复被退回", "阎书闻", "口气太硬。")
    await taps(town, WEI, "送审")  # as it is: the reviewer looks again
    await town.person(LEI).reads("答复待复核")
    await taps(town, LEI, "同意")
    await yan.reads("答复待签发")
    await yan.presses("签发")
    await town.person(LIN).reads("请评价提案办理")


async def test_the_leader_agrees_and_the_liaison_issues(town: Town) -> None:
    await reviewed(town)
    yan, wei = town.person(YAN), town.person(WEI)
    await yan.presses("同意")
    await yan.reads("已同意")
    await wei.reads("答复已审定，请签发", "阎书闻已同意")
    await all_have_read(town)
    await wei.presses("签发")
    await town.person(LIN).reads("云住建提〔2026〕1号")
    await yan.reads("答复已送达")
    [reply] = await rows(town, Reply)
    assert (reply.signed_by, reply.issued_on) == (YAN, date(2026, 3, 2))


async def test_the_leader_agrees_and_issues_later(town: Town) -> None:
    await reviewed(town)
    await tells(town, YAN, "同意")
    await all_have_read(town)
    await tells(town, YAN, "签发")
    await town.person(LIN).reads("云住建提〔2026〕1号")
    await town.person(WEI).reads("答复已送达")


# --- three people -----------------------------------------------------------------------------------------------------


async def test_nobody_reviews_a_draft_of_their_own(town: Town) -> None:
    await gives(town, WEI, "unit_reviewer", "u10")
    await sent_up(town)
    wei = town.person(WEI)
    await wei.reads("答复待复核")
    await wei.presses("同意")
    await wei.reads("您起草或送审的", "另一位同事复核")
    assert (await assignment(town)).state is Handling.REVIEW_L2
    await taps(town, LEI, "同意")
    assert (await assignment(town)).state is Handling.REVIEW_L3


async def test_nobody_signs_what_they_reviewed(town: Town) -> None:
    await gives(town, LEI, "unit_leader", "u10")
    await reviewed(town)
    lei = town.person(LEI)
    await lei.reads("答复待签发")
    for word in ("签发", "同意"):
        await lei.presses(word)
        await lei.reads("三位不同的人", "另一位领导")
    assert (await assignment(town)).state is Handling.REVIEW_L3
    await taps(town, YAN, "签发")
    assert (await assignment(town)).state is Handling.DELIVERED


async def test_nobody_skips_a_level(town: Town) -> None:
    await written(town)
    for who, word in ((LEI, "同意"), (YAN, "签发"), (WEI, "签发"), (FANG, "同意"), (LIN, "签发")):
        person = await tells(town, who, word)
        await person.reads(f"现在没有可以“{word}”的事")
    await taps(town, WEI, "送审")
    yan = await tells(town, YAN, "签发")
    await yan.reads("现在没有可以“签发”的事")
    assert (await assignment(town)).state is Handling.REVIEW_L2


async def test_another_unit_does_not_sign(town: Town) -> None:
    await sent_up(town)
    for who in ("u06_review", "u06_leader"):
        person = await tells(town, who, "同意")
        await person.reads("现在没有可以“同意”的事")
    assert (await assignment(town)).state is Handling.REVIEW_L2


# --- co-units and several units ---------------------------------------------------------------------------------------


async def test_a_co_unit_gives_its_opinion_to_the_lead(town: Town) -> None:
    await assigned(town, "主办会办", "住建局、财政局")
    gong, wei = town.person(GONG), town.person(WEI)
    await taps(town, WEI, "签收")
    await gong.reads("新的承办任务", "会办")
    await all_have_read(town)
    await gong.presses("签收")
    await everybody_is_at_rest(town, GONG)  # to the member that is no news
    await gong.reads("已签收", "写会办意见")
    await cannot_press(town, GONG, "写答复")
    await all_have_read(town)
    await gong.presses("写会办意见")
    await gong.reads("会办意见", "主办单位", "完")
    await tells(town, GONG, "资金已列入预算。", "请按进度申请。", "完")
    await gong.reads("已写会办意见")
    await wei.reads("云岭市财政局", TITLE, "资金已列入预算。\n请按进度申请。")
    await everybody_is_at_rest(town)
    assert (await assignment(town, "u06")).state is Handling.CO_OPINION_SUBMITTED


async def test_a_co_unit_that_has_not_signed_is_not_told_again_at_every_agreement(town: Town) -> None:
    await acknowledged(town, "主办会办", "住建局、财政局")
    for stage in ("办前", "办中"):
        await talks(town, stage)
    await writes(town)
    await taps(town, WEI, "送审")
    await all_have_read(town)
    await taps(town, LEI, "同意")
    await everybody_is_at_rest(town, LEI, YAN)
    await tells(town, YAN, "同意")
    await everybody_is_at_rest(town, LEI, YAN, WEI)


async def test_a_co_unit_that_types_a_reply_is_refused(town: Town) -> None:
    await assigned(town, "主办会办", "住建局、财政局")
    await taps(town, GONG, "签收")
    gong = await tells(town, GONG, "写答复")
    await gong.reads("会办单位不直接答复", "写会办意见")
    assert await rows(town, Reply) == []


async def test_a_lead_that_types_an_opinion_is_refused(town: Town) -> None:
    await acknowledged(town, "主办会办", "住建局、财政局")
    wei = await tells(town, WEI, "写会办意见")
    await wei.reads("不是会办单位")
    assert (await assignment(town)).co_opinion == ""


class TestOpinionsFirst:
    """A city may want every co-unit's word before the lead's reply goes up."""

    @pytest.fixture
    def rules(self) -> dict[str, object]:
        return {"co_opinion_required": True}

    async def test_the_reply_waits_for_the_co_units(self, town: Town) -> None:
        await consulted(town, "主办会办", "住建局、财政局")
        await writes(town)
        await taps(town, GONG, "签收")
        wei = await taps(town, WEI, "送审")
        await wei.reads("会办单位云岭市财政局的会办意见还没有交", "催交")
        await tells(town, GONG, "写会办意见", "同意。", "完")
        await tells(town, WEI, "送审")
        await town.person(LEI).reads("答复待复核")


async def test_with_several_units_the_proposal_waits_for_the_last_reply(town: Town) -> None:
    await consulted(town, "分办", "住建局、财政局")
    await writes(town)
    await taps(town, WEI, "送审")
    await taps(town, LEI, "同意")
    await taps(town, YAN, "签发")
    assert (await proposal(town)).state is State.HANDLING
    await tells(town, LIN, "提交评价", "1", "1", "1")
    assert (await proposal(town)).state is State.HANDLING
    await tells(town, GONG, "签收")
    for stage in ("办前", "办中"):
        await talks(town, stage, who=GONG)
    await tells(town, GONG, "写答复", "A", "资金已落实。", "完", "送审")
    await tells(town, "u06_review", "同意")
    await all_have_read(town)
    await tells(town, "u06_leader", "签发")
    lin = town.person(LIN)
    await lin.reads("云岭市财政局对您的提案", "云财提〔2026〕1号")
    assert (await proposal(town)).state is State.APPRAISING
    await tells(town, LIN, "提交评价", "1", "1", "1")
    await lin.reads("已办结")
    assert [task.state for task in await rows(town, Assignment)] == [Handling.DONE, Handling.DONE]
