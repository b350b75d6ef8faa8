"""我要提案: a member writes a proposal, in as many messages and days as they like."""

import pytest

from models.audit import Audit
from models.proposal import Proposal
from models.states import State
from tests.stories.acts import (
    ANSWERS,
    LIN,
    SHEN,
    TITLE,
    WEI,
    WEN,
    all_have_read,
    drafted,
    forges,
    proposal,
    rows,
    sees_the_way_forward,
    submitted,
    taps,
    tells,
    the_menu_is_there,
)
from tests.town import Town


async def test_a_proposal_is_handed_in_and_gets_its_serial_number(town: Town) -> None:
    lin = await drafted(town)
    await lin.reads("请看一遍", TITLE, "社会建设", "由住建部门牵头", "云岭市住房和城乡建设局", "涉密自查：不涉密")
    await sees_the_way_forward(lin)
    await tells(town, LIN, "提交")
    await lin.reads("提交成功", "流水号：S20260001")
    lin.reads_nothing_more()
    await town.person(WEN).reads("有新提案待受理", TITLE, "S20260001", "林知夏")
    row = await proposal(town)
    assert (row.state, row.serial_no, row.proposal_no) == (State.SUBMITTED, "S20260001", None)
    [entry] = await rows(town, Audit)
    assert (entry.actor, entry.event, entry.before, entry.after) == (LIN, "submit", "draft", "submitted")


async def test_the_next_proposal_gets_the_next_serial_number(town: Town) -> None:
    await submitted(town)
    await submitted(town, "m015", "关于社区食堂的提案")
    await town.person("m015").reads("提交成功", "S20260002")


async def test_every_question_is_answered_by_its_number(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", TITLE)
    await lin.reads("（2/8）", "1 经济建设", "6 其他")
    await tells(town, LIN, "5", "山上的步道坏了。", "完", "修好它。", "完", "跳过")
    await lin.reads("（6/8）", "1 是", "2 否")
    await tells(town, LIN, "2")
    await lin.reads("（7/8）", "1 同意", "2 不同意")
    await tells(town, LIN, "2")
    await lin.reads("不同意公开的原因")
    await tells(town, LIN, "还在商量，先不公开")
    await lin.reads("涉密自查", "1 不涉密")
    await tells(town, LIN, "1")
    await lin.reads("请看一遍", "生态文明建设", "建议承办单位：未写", "是否调研：否", "是否同意公开：不同意", "1 提交")
    await tells(town, LIN, "1")
    await lin.reads("提交成功")
    row = await proposal(town)
    assert (row.category, row.researched, row.consent_public) == ("生态文明建设", False, False)
    assert row.no_public_reason == "还在商量，先不公开"


async def test_the_category_is_pressed_or_numbered_or_named(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", TITLE)
    await lin.presses("社会建设")
    await lin.reads("（3/8）")
    assert (await proposal(town)).category == "社会建设"
    for said, meant in (("5", "生态文明建设"), ("文化", "文化建设"), ("经济建设", "经济建设")):
        await tells(town, LIN, "上一步")
        await lin.reads("（2/8）")
        await tells(town, LIN, said)
        await lin.reads("（3/8）")
        assert (await proposal(town)).category == meant


async def test_a_category_that_does_not_exist_is_asked_again(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", TITLE)
    await lin.reads("（2/8）")
    for nonsense in ("第八类", "7", "0", "建设"):
        await tells(town, LIN, nonsense)
        await lin.reads("类别", "数字")
    await tells(town, LIN, "4")
    await lin.reads("（3/8）")


async def test_units_are_found_by_part_of_their_names(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:6])
    await lin.reads("建议承办单位")
    await tells(town, LIN, "住建、卫健委，城管局 财政")
    await lin.reads("（6/8）")
    assert (await proposal(town)).suggested_units == [
        "云岭市住房和城乡建设局",
        "云岭市卫生健康委员会",
        "云岭市城市管理和综合执法局",
        "云岭市财政局",
    ]


async def test_a_unit_that_does_not_exist_is_met_with_the_nearest_names(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:6])
    await tells(town, LIN, "教育和体育局")
    await lin.reads("没有叫“教育和体育局”的单位", "云岭市教育局")
    await tells(town, LIN, "保障")
    await lin.reads("“保障”可能是", "人力资源和社会保障局", "医疗保障局", "再完整一些")
    await tells(town, LIN, "教育局")
    await lin.reads("（6/8）")
    assert (await proposal(town)).suggested_units == ["云岭市教育局"]


async def test_a_remark_may_follow_yes(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:7], "是，去年9月走访两个社区")
    await lin.reads("（7/8）")
    row = await proposal(town)
    assert (row.researched, row.research_note) == (True, "去年9月走访两个社区")


async def test_long_parts_come_in_several_messages(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:2], "老人下楼难。", "电梯装不起来。")
    await lin.reads("收到，共6字")
    await lin.reads("收到，共13字")
    await tells(town, LIN, "完", "第一条建议。", "第二条建议。")
    await lin.reads("记下第2条")
    await tells(town, LIN, "完")
    await lin.reads("（5/8）")
    row = await proposal(town)
    assert row.analysis == "老人下楼难。\n电梯装不起来。"
    assert row.suggestions == ["第一条建议。", "第二条建议。"]


# --- the words that steer ---------------------------------------------------------------------------------------------


async def test_one_step_back_and_what_was_written_stays(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:4])
    await lin.reads("（4/8）")
    await tells(town, LIN, "上一步")
    await lin.reads("（3/8）", "情况分析")
    await tells(town, LIN, "完")  # nothing new: what was written stays
    await lin.reads("（4/8）")
    await tells(town, LIN, "上一步", "上一步", "上一步")
    await lin.reads("（1/8）", "案由")
    await tells(town, LIN, "上一步")
    await lin.reads("已经是第一步了", "案由")
    await tells(town, LIN, "关于加装电梯的提案")
    await lin.reads("（2/8）")
    row = await proposal(town)
    assert (row.title, row.analysis) == ("关于加装电梯的提案", ANSWERS[2])


async def test_the_preview_too_early_tells_what_is_missing(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:4])
    await tells(town, LIN, "预览")
    await lin.reads("请看一遍", TITLE, "还差：具体建议、是否调研、是否同意公开、涉密自查")
    await lin.reads("（4/8）", "具体建议")
    await tells(town, LIN, *ANSWERS[4:6])
    await lin.reads("（5/8）")


async def test_handing_in_too_early_tells_what_is_missing(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:4])
    await tells(town, LIN, "提交")
    await lin.reads("还差", "具体建议", "涉密自查")
    await tells(town, LIN, *ANSWERS[4:])
    await lin.reads("请看一遍")
    row = await proposal(town)
    assert (row.state, row.suggestions) == (State.DRAFT, [ANSWERS[4]])


async def test_a_draft_is_laid_aside_and_taken_up_again_days_later(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:3])
    await tells(town, LIN, "存草稿")
    await lin.reads(f"提案《{TITLE}》已存好", "继续")
    await town.calendar.turn(days=4)
    await tells(town, LIN, "继续")
    await lin.reads("（3/8）", "情况分析")
    await tells(town, LIN, *ANSWERS[3:], "提交")
    await lin.reads("提交成功")
    assert ANSWERS[2] in (await proposal(town)).analysis


async def test_cancelling_loses_nothing(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:2], "取消")
    await lin.reads("已停下并存为草稿", "继续")
    await tells(town, LIN, "您好")
    await lin.reads("没有听懂", "帮助")
    await tells(town, LIN, "继续")
    await lin.reads("（3/8）")


async def test_the_draft_is_kept_at_the_preview(town: Town) -> None:
    lin = await drafted(town)
    await taps(town, LIN, "存草稿")
    await lin.reads("已存好")
    await tells(town, LIN, "继续")
    await lin.reads("请看一遍")
    await lin.presses("提交")
    await lin.reads("提交成功")


async def test_several_drafts_are_listed_and_one_is_chosen_by_number(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", "关于路灯的提案", "存草稿", "我要提案", "重新开始")
    await tells(town, LIN, "关于公厕的提案", "存草稿", "继续")
    await lin.reads("几份没写完", "1 提案《关于公厕的提案》", "2 提案《关于路灯的提案》")
    await tells(town, LIN, "2")
    await lin.reads("（2/8）")
    await tells(town, LIN, *ANSWERS[1:], "提交")
    await lin.reads("提交成功")
    await lin.reads("没写完的提案《关于公厕的提案》", "继续")
    titles = {row.title: row.state for row in await rows(town, Proposal)}
    assert titles == {"关于路灯的提案": State.SUBMITTED, "关于公厕的提案": State.DRAFT}


@pytest.mark.parametrize("again", ["继续", "1"])
async def test_beginning_again_in_the_middle_may_go_on(town: Town, again: str) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:3])
    await tells(town, LIN, "我要提案")
    await lin.reads("没写完的提案", TITLE, "要接着写吗", "1 继续", "2 重新开始")
    await tells(town, LIN, again)
    await lin.reads("（3/8）", "情况分析")
    await tells(town, LIN, *ANSWERS[3:], "提交")
    await lin.reads("提交成功")
    [row] = await rows(town, Proposal)
    assert ANSWERS[2] in row.analysis


async def test_beginning_again_in_the_middle_may_begin_anew(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:3])
    await tells(town, LIN, "我要提案")
    await lin.presses("重新开始")
    await lin.reads("（1/8）", "案由")
    await tells(town, LIN, "关于公厕的提案", *ANSWERS[1:], "提交")
    await lin.reads("提交成功")
    await lin.reads(f"没写完的提案《{TITLE}》", "继续")  # the first is still there
    await tells(town, LIN, "继续")
    await lin.reads("（3/8）")


async def test_neither_going_on_nor_beginning_anew_is_asked_again(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", TITLE, "我要提案", "好的")
    await lin.reads("1 继续", "2 重新开始")
    await tells(town, LIN, "继续")
    await lin.reads("（2/8）")


async def test_a_question_in_the_middle_does_not_disturb_the_draft(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:2])
    for word, told in (("待办", "现在没有等您办的事"), ("我的提案", TITLE), ("帮助", "我要提案——")):
        await tells(town, LIN, word)
        await lin.reads(told)
    await tells(town, LIN, "老人下楼难。")
    await lin.reads("收到，共6字")
    await tells(town, LIN, "继续")  # see the question again
    await lin.reads("（3/8）", "情况分析")


async def test_the_menu_does_what_the_words_do(town: Town) -> None:
    await the_menu_is_there(town)
    lin = town.person(LIN)
    await lin.clicks("我要提案")
    await lin.reads("（1/8）", "案由")
    await tells(town, LIN, TITLE)
    await lin.clicks("帮助")
    await lin.reads("我要提案——")
    await lin.clicks("待办")
    await lin.reads("没有等您办的事")
    await lin.clicks("我的提案")
    await lin.reads(TITLE, "草稿")


async def test_what_is_required_cannot_be_skipped_and_what_is_not_can(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", "跳过")
    await lin.reads("案由不能跳过")
    await tells(town, LIN, *ANSWERS[:6], "跳过")
    await lin.reads("（6/8）")
    assert (await proposal(town)).suggested_units == []


async def test_a_steering_word_with_nothing_to_steer(town: Town) -> None:
    for word in ("完", "上一步", "预览", "存草稿", "取消", "跳过", "提交", "继续", "修改"):
        lin = await tells(town, LIN, word)
        await lin.reads("没有", "待办")
        lin.reads_nothing_more()
    assert await rows(town, Proposal) == []


async def test_the_end_sign_where_none_is_needed(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", "完")
    await lin.reads("不用“完”", "案由")


async def test_only_members_propose(town: Town) -> None:
    wei = await tells(town, WEI, "我要提案")
    await wei.reads("提案由政协委员提出", "待办")
    assert await rows(town, Proposal) == []


# --- preview and corrections ------------------------------------------------------------------------------------------


async def test_one_part_is_corrected_and_the_preview_comes_back(town: Town) -> None:
    lin = await drafted(town)
    await all_have_read(town)
    await lin.presses("修改")
    await lin.reads("要修改哪一项", "1 案由", "8 涉密自查")
    await tells(town, LIN, "1")
    await lin.reads("案由是什么")
    await tells(town, LIN, "关于加装电梯的提案")
    await lin.reads("请看一遍", "关于加装电梯的提案", "社会建设", "由住建部门牵头")
    await tells(town, LIN, "提交")
    await lin.reads("提交成功")
    assert (await proposal(town)).title == "关于加装电梯的提案"


async def test_every_part_can_be_corrected(town: Town) -> None:
    lin = await drafted(town)
    seen = []
    for part, words, shown in (
        ("类别", ["经济建设"], "类别：经济建设"),
        ("3", ["重写的分析。", "完"], "情况分析：重写的分析。"),
        ("具体建议", ["先修。", "再管。", "完"], "2. 再管。"),
        ("5", ["跳过"], "建议承办单位：未写"),
        ("6", ["否"], "是否调研：否"),
        ("7", ["不同意", "暂不公开"], "是否同意公开：不同意"),
        ("8", ["1"], "涉密自查：不涉密"),
    ):
        await tells(town, LIN, "修改")
        await all_have_read(town)
        await tells(town, LIN, part, *words)
        seen.append(shown)
        await lin.reads("请看一遍", TITLE, *seen)  # and what was corrected before stays
    await tells(town, LIN, "提交")
    await lin.reads("提交成功")


async def test_a_correction_thought_better_of_keeps_what_was_there(town: Town) -> None:
    await drafted(town)
    await tells(town, LIN, "修改", "3")
    await all_have_read(town)
    lin = await tells(town, LIN, "完")
    await lin.reads("请看一遍", ANSWERS[2])


async def test_a_correction_of_no_part_is_asked_again(town: Town) -> None:
    await drafted(town)
    lin = await tells(town, LIN, "修改", "12")
    await lin.reads("要修改的那一项前面的数字")
    await tells(town, LIN, "取消")
    await lin.reads("已取消")
    await tells(town, LIN, "继续")
    await lin.reads("请看一遍", TITLE)


async def test_going_back_from_the_preview(town: Town) -> None:
    lin = await drafted(town)
    await all_have_read(town)
    await tells(town, LIN, "上一步")
    await lin.reads("（8/8）", "涉密自查")
    await tells(town, LIN, "预览")
    await lin.reads("请看一遍")
    await tells(town, LIN, "提交")
    await lin.reads("提交成功")


async def test_secrets_are_not_taken(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:9])
    await lin.presses("涉密或拿不准")
    await lin.reads("涉及国家秘密的内容不能在这里提交", "线下")
    await tells(town, LIN, "预览")
    await lin.reads("还差：涉密自查")
    await tells(town, LIN, "不涉密", "提交")
    await lin.reads("提交成功")


async def test_a_body_that_is_too_long_is_refused_and_kept(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:2], *(ch * 500 for ch in "长话要短说"), *ANSWERS[3:])
    await lin.reads("请看一遍", "超过2000字", "精简")
    await tells(town, LIN, "提交")
    await lin.reads("缩到2000字以内", "修改")
    row = await proposal(town)
    assert (row.state, len(row.analysis)) == (State.DRAFT, 2504)
    await all_have_read(town)
    await tells(town, LIN, "修改", "3", "短一些。", "完", "提交")
    await lin.reads("提交成功")


@pytest.mark.cards_only("a number typed answers the question that is open, not an earlier one")
async def test_a_press_on_an_earlier_question_does_not_disturb(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", TITLE)
    card = await lin.reads("（2/8）", "类别")
    await tells(town, LIN, "4")
    await lin.reads("（3/8）")
    assert "已答" in card.replaced_text
    await forges(town, LIN, card, "经济建设")
    await lin.reads("已经答过了")
    await lin.reads("（3/8）", "情况分析")
    await town.quiet()
    assert (await proposal(town)).category == "社会建设"


async def test_a_member_of_the_committee_proposes_as_well(town: Town) -> None:
    await submitted(town, SHEN)
    await town.person(SHEN).reads("提交成功")


STEPS = ("我要提案", *ANSWERS, "提交")


@pytest.mark.parametrize("cut", range(1, len(STEPS)))
async def test_the_process_ends_between_two_messages(town: Town, cut: int) -> None:
    await tells(town, LIN, *STEPS[:cut])
    await town.restart()
    lin = await tells(town, LIN, *STEPS[cut:])
    await lin.reads("请看一遍", TITLE, "社会建设", ANSWERS[2], ANSWERS[4], "住房和城乡建设局", "是否调研：是")
    await lin.reads("提交成功", "S20260001")
    lin.reads_nothing_more()
    [row] = await rows(town, Proposal)
    assert (row.state, row.analysis, row.suggestions) == (State.SUBMITTED, ANSWERS[2], [ANSWERS[4]])
