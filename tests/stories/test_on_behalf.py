"""代录: the office writes down a paper proposal; it is the member's when the member has said so, and not before."""

import pytest

from models.joint import Version
from models.proposal import Proposal
from models.states import State
from tests.memory import lived_once
from tests.stories.acts import (
    ANSWERS,
    LIN,
    LU,
    SU,
    TITLE,
    WEI,
    WEN,
    all_have_read,
    everybody_is_at_rest,
    forges,
    gives,
    proposal,
    rows,
    taps,
    tells,
)
from tests.stories.pages import browsing
from tests.town import Town


@lived_once
async def entered(town: Town) -> None:
    """Written down for 林知夏, up to the preview."""
    await tells(town, WEN, "代录", "林知夏", TITLE, *ANSWERS[1:])
    await all_have_read(town)


@lived_once
async def handed_over(town: Town) -> None:
    """It waits for the member."""
    await entered(town)
    await tells(town, WEN, "提交")


async def test_the_office_writes_and_the_member_confirms(town: Town) -> None:
    wen = await tells(town, WEN, "代录")
    await wen.reads("为哪位委员代录", "确认后才算提交")
    await tells(town, WEN, "林知夏")
    await wen.reads("（1/8）", "案由")
    await tells(town, WEN, TITLE, *ANSWERS[1:])
    await wen.reads("请看一遍", TITLE)
    lin = town.person(LIN)
    lin.reads_nothing_more()
    await tells(town, LIN, "我的提案")
    await lin.reads("您还没有提案")
    await all_have_read(town)
    await tells(town, WEN, "提交")
    await wen.reads("已请林知夏确认")
    await lin.reads("请确认代录的提案", "提案委温以宁", TITLE, "未经您确认，不算提交", "提交", "退回代录")
    town.person(LU).reads_nothing_more()
    row = await proposal(town)
    assert (row.state, row.serial_no, row.proposer, row.entered_by) == (State.CONFIRMING, None, LIN, WEN)
    await tells(town, LIN, "待办")
    await lin.reads("提交")
    await all_have_read(town)
    await taps(town, LIN, "提交")
    await lin.reads("提交成功", "S20260001")
    await wen.reads("有新提案待受理", "林知夏")
    await wen.reads("林知夏已确认您代录的提案", "S20260001")
    [kept] = await rows(town, Version)
    assert (kept.handed_in_by, kept.place) == (LIN, 1)
    assert (await proposal(town)).state is State.SUBMITTED


@pytest.mark.parametrize("door", ["chat", "page"])
async def test_several_on_paper_become_drafts_in_the_members_name(town: Town, door: str) -> None:
    three = "\n".join(f"关于{w}的提案\n情况分析：{w}难。\n建议：\n1. 改善{w}。" for w in ("路灯", "公厕", "公交"))
    await tells(town, WEN, "代录", "林知夏")
    if door == "chat":
        await tells(town, WEN, three, "都要")
    else:
        async with browsing(town, WEN, "/p/drafts/1") as phone:
            await phone.hands_in("/p/drafts/1/file", "三件.txt", three.encode())
            await phone.sends("/p/drafts/1/text", [*phone.form("drafts/1/text"), ("all", "1")])
            assert phone.field("title") == "关于路灯的提案"
    assert [(row.proposer, row.entered_by) for row in await rows(town, Proposal)] == [(LIN, WEN)] * 3
    wen = await tells(town, WEN, "继续 2")
    await tells(town, WEN, "4 否 同意 不涉密", "提交")
    await wen.reads("已请林知夏确认")
    await town.person(LIN).reads("请确认代录的提案", "提案委温以宁")


async def test_the_member_sends_it_back_and_it_is_mended(town: Town) -> None:
    await handed_over(town)
    await taps(town, LIN, "退回代录")
    lin = await tells(town, LIN, "第二条建议漏录了。")
    await lin.reads("已退回代录")
    wen = town.person(WEN)
    await wen.reads("代录的提案被退回", "第二条建议漏录了。", "修改")
    await tells(town, WEN, "待办")
    await wen.reads("修改")
    await tells(town, LIN, "提交")
    await lin.reads("现在没有可以“提交”的事")
    await taps(town, WEN, "修改")
    await wen.reads("委员意见：第二条建议漏录了。")
    await tells(town, WEN, "修改", "具体建议", "由住建部门牵头。", "建立社区协商模板。", "完")
    await all_have_read(town)
    await tells(town, WEN, "提交")
    await wen.reads("已请林知夏确认")
    await lin.reads("请确认代录的提案")
    await taps(town, LIN, "提交")
    await lin.reads("提交成功")
    row = await proposal(town)
    assert (row.state, len(row.suggestions), row.reason) == (State.SUBMITTED, 2, "")
    told = await town.person(LU).reads("有新提案待受理")
    assert "修改后重新提交" not in told.text


async def test_who_may_not_enter_for_others(town: Town) -> None:
    for who in (LIN, WEI):
        person = await tells(town, who, "代录")
        await person.reads("由提案委工作人员办理")
    wen = town.person(WEN)
    for name, why in (("危听澜", "不是现任委员"), ("林知春", "没有“林知春”"), ("林知夏、苏婉宁", "只能写一位")):
        await tells(town, WEN, "代录", name)
        await wen.reads(why)
    assert await rows(town, Proposal) == []


async def test_nobody_enters_for_themselves(town: Town) -> None:
    await gives(town, LIN, "pc_staff")
    lin = await tells(town, LIN, "代录", "林知夏")
    await lin.reads("这是您本人")


@pytest.mark.cards_only("forged: nobody can type a number out of somebody else's message")
async def test_nobody_confirms_for_another_and_nobody_hands_in_alone(town: Town) -> None:
    await handed_over(town)
    card = await town.person(LIN).sees("请确认代录的提案")
    await all_have_read(town)
    for who in (WEN, LU, SU):
        person = await forges(town, who, card, "提交")
        await person.reads("由提案人来办")
    await everybody_is_at_rest(town)
    assert (await proposal(town)).state is State.CONFIRMING


async def test_the_enterer_cannot_ask_for_signatures(town: Town) -> None:
    await entered(town)
    wen = await tells(town, WEN, "邀请 苏婉宁")
    await wen.reads("“邀请联名”由提案人来办")
    assert (await proposal(town)).state is State.DRAFT


async def test_it_outlives_a_restart_and_is_taken_up_again(town: Town) -> None:
    await tells(town, WEN, "代录", "林知夏", TITLE, "存草稿")
    await town.restart()
    wen = await tells(town, WEN, "继续")
    await wen.reads("（2/8）")
    await tells(town, WEN, *ANSWERS[1:], "提交")
    await town.person(LIN).reads("请确认代录的提案")
