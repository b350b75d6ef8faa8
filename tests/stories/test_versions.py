"""退回修改: the reviewer's words stand beside the old text, every text handed in is kept, and what changed can be read."""

import html
import re

import pytest

from handlers.versions import changes, in_words, pieces_between
from models.conversation import Conversation
from models.joint import Signature, Version
from models.states import Sign, State
from tests.stories.acts import (
    HE,
    LIN,
    SU,
    TITLE,
    WEI,
    WEN,
    all_have_read,
    jointly_submitted,
    page,
    proposal,
    rows,
    submitted,
    taps,
    tells,
)
from tests.town import Town

OLD, NEW = "我市主城区老旧小区多，老人下楼难。", "我市主城区二〇〇〇年前的小区八百个，老人下楼难。"


def plain(page_: str) -> str:
    """What one reads on it."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page_)))


async def returned(town: Town, why: str = "请补充数据。") -> None:
    """It comes back from the first review."""
    await taps(town, WEN, "受理")
    await taps(town, WEN, "退回修改")
    await tells(town, WEN, why)


async def mended(town: Town, text: str = NEW) -> None:
    """The member mends the analysis and hands it in again."""
    await taps(town, LIN, "修改")
    await tells(town, LIN, "修改", "情况分析", text, "完")
    await all_have_read(town)
    await tells(town, LIN, "提交")


async def test_the_reviewers_words_stand_above_the_old_text(town: Town) -> None:
    await submitted(town)
    await returned(town)
    lin = await taps(town, LIN, "修改")
    await lin.reads("审查意见：请补充数据。\n请看一遍：", OLD)
    seen = await page(town, LIN)
    assert plain(seen).index("审查意见 请补充数据。") < plain(seen).index(OLD)


async def test_it_is_the_proposers_turn_and_a_stranger_hears_so(town: Town) -> None:
    await submitted(town)
    await returned(town)
    lin = await tells(town, LIN, "我的提案")
    await lin.reads("需要修改：请补充数据。下一步：提案人“修改”")
    su = await tells(town, SU, "修改")
    await su.reads("现在没有可以“修改”的事")


async def test_what_was_mended_and_laid_aside_is_taken_up_again_not_begun_anew(town: Town) -> None:
    await submitted(town)
    await returned(town)
    await taps(town, LIN, "修改")
    await tells(town, LIN, "修改", "情况分析", NEW, "完", "存草稿")
    lin = await tells(town, LIN, "删除草稿")
    await lin.reads("现在是“已退回修改”，不能当草稿删除")
    await tells(town, LIN, "待办", "1")
    await all_have_read(town)
    await taps(town, LIN, "修改")
    await lin.reads("请看一遍", NEW[:20])
    assert len(await rows(town, Conversation, Conversation.person == LIN)) == 1
    await tells(town, LIN, "提交")
    await lin.reads("已重新提交")
    assert (await proposal(town)).analysis == NEW
    assert await rows(town, Conversation, Conversation.person == LIN) == []


async def test_every_text_handed_in_is_kept_with_what_it_answers(town: Town) -> None:
    await submitted(town)
    await returned(town)
    await mended(town)
    lin = town.person(LIN)
    await lin.reads("已重新提交", "S20260001")
    first, second = await rows(town, Version)
    assert (first.place, first.analysis, first.asked_for, first.handed_in_by) == (1, OLD, "", LIN)
    assert (second.place, second.analysis, second.asked_for) == (2, NEW, "请补充数据。")
    await tells(town, LIN, "版本")
    await lin.reads(
        "第1版 3月2日", "第2版", "审查意见：请补充数据。", "情况分析：我市主城区【删：老旧】【增：二〇〇〇年前的】小区"
    )
    await tells(town, LIN, "我的提案")
    await tells(town, LIN, "1")
    await lin.reads("第2版，回复“版本”看修改")


async def test_the_page_marks_what_was_struck_out_and_put_in(town: Town) -> None:
    await submitted(town)
    await returned(town)
    await mended(town, "我市<b>主城区</b>老旧小区多，老人下楼难。")
    for who in (LIN, WEN):
        seen = await page(town, who)
        assert "<ins>&lt;b&gt;</ins>" in seen
        assert "<b>" not in seen
        assert "修改过程" in seen
        assert "审查意见：请补充数据。" in seen
    assert "没有找到这件提案" in await page(town, WEI)
    assert "没有找到这件提案" in await page(town, SU)


async def test_nothing_changed_is_said(town: Town) -> None:
    await submitted(town)
    await returned(town)
    await taps(town, LIN, "修改")
    await tells(town, LIN, "提交")
    lin = await tells(town, LIN, "版本")
    await lin.reads("第2版", "正文没有变化")
    assert len(await rows(town, Version)) == 2


async def test_who_never_changed_anything_is_told_so(town: Town) -> None:
    await submitted(town)
    await all_have_read(town)
    lin = await tells(town, LIN, "版本")
    await lin.reads("只有一个版本")


# --- with co-signers --------------------------------------------------------------------------------------------------


async def test_a_returned_joint_proposal_is_signed_anew_when_it_changes(town: Town) -> None:
    await jointly_submitted(town)
    await returned(town)
    for signer in (SU, HE):
        await town.person(signer).reads("您联名的提案", "退回修改", "由林知夏修改")
    await mended(town)
    lin = town.person(LIN)
    await lin.reads("正文有实质修改", "原有签名作废")
    assert (await proposal(town)).state is State.COSIGNING
    assert len(await rows(town, Version)) == 1
    for signer in (SU, HE):
        await town.person(signer).reads("二〇〇〇年前的小区")
        await town.person(signer).reads("正文有修改，请重新确认")
    await taps(town, SU, "同意联名")
    await taps(town, HE, "谢绝联名")
    await all_have_read(town)
    await taps(town, LIN, "提交")
    await lin.reads("提交成功", "S20260001")
    await town.person(WEN).reads("有新提案待受理（修改后重新提交）", "林知夏等2人")
    first, second = await rows(town, Version)
    assert (first.signers, second.signers) == ([SU, HE], [SU])
    assert second.asked_for == "请补充数据。"


async def test_a_returned_joint_proposal_keeps_its_signatures_when_only_white_space_changes(town: Town) -> None:
    await jointly_submitted(town)
    await returned(town)
    await mended(town, OLD.replace("，", "，\n"))
    await town.person(LIN).reads("已重新提交")
    assert [place.state for place in await rows(town, Signature)] == [Sign.SIGNED] * 2
    assert (await proposal(town)).state is State.SUBMITTED


async def test_a_colleague_is_asked_to_join_when_it_comes_back(town: Town) -> None:
    await jointly_submitted(town)
    await returned(town)
    await taps(town, LIN, "修改")
    await all_have_read(town)
    lin = await tells(town, LIN, "邀请 周衡之")
    await lin.reads("已邀请周衡之联名")
    for signer in (SU, HE):
        town.person(signer).reads_nothing_more()
    await tells(town, "m020", "同意联名")
    await tells(town, LIN, "提交")
    await lin.reads("提交成功", "S20260001")
    assert [place.state for place in await rows(town, Signature)] == [Sign.SIGNED] * 3
    _, second = await rows(town, Version)
    assert second.signers == [SU, HE, "m020"]


async def test_called_off_it_is_where_it_was_returned_to(town: Town) -> None:
    await jointly_submitted(town)
    await returned(town)
    await mended(town)
    await all_have_read(town)
    lin = await taps(town, LIN, "撤回联名")
    await lin.reads("已退回修改")
    row = await proposal(town)
    assert (row.state, row.serial_no) == (State.RETURNED, "S20260001")
    await taps(town, LIN, "修改")
    await tells(town, LIN, "提交")
    await lin.reads("已重新提交", "S20260001")


async def test_while_it_is_signed_anew_the_office_still_sees_what_it_has_reviewed(town: Town) -> None:
    await jointly_submitted(town)
    await returned(town)
    await mended(town)
    assert TITLE in await page(town, WEN)


# --- what changed -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("老旧小区多", "老旧小区很多", "老旧小区【增：很】多"),
        ("老旧小区很多", "老旧小区多", "老旧小区【删：很】多"),
        ("老旧小区", "新建小区", "【删：老旧】【增：新建】小区"),
        ("甲" * 40 + "乙", "甲" * 40 + "丙", "……" + "甲" * 12 + "【删：乙】【增：丙】"),
        ("乙" + "甲" * 40, "丙" + "甲" * 40, "【删：乙】【增：丙】" + "甲" * 12 + "……"),
        ("", "新写的", "【增：新写的】"),
        ("有1300多个", "有1356个", "有【删：1300多】【增：1356】个"),
        ("甲乙丙丁戊己庚", "甲乙寅丁卯己庚", "甲乙【删：丙丁戊】【增：寅丁卯】己庚"),
    ],
)
def test_what_changed_in_words(before: str, after: str, said: str) -> None:
    [change] = changes(version(before), version(after))
    assert in_words(change) == f"情况分析：{said}"
    assert "".join(piece.text for piece in change.pieces if piece.kind != "ins") == before
    assert "".join(piece.text for piece in change.pieces if piece.kind != "del") == after


def version(analysis: str) -> Version:
    """A text."""
    return Version(proposal_id=1, place=1, title=TITLE, analysis=analysis, suggestions=["一"])  # type: ignore[call-arg]


def test_the_same_is_no_change() -> None:
    assert changes(version("甲"), version("甲")) == []
    assert [piece.kind for piece in pieces_between("甲", "甲")] == ["same"]
