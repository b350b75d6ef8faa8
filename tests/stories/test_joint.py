"""联名: others are asked by name, read the whole text, and agree or not; only who agreed is shown, hears of it and rates."""

import pytest
from sqlmodel import Session, select

from models.audit import Audit
from models.handling import Assignment, Rating
from models.joint import Signature
from models.people import Holding, Person
from models.proposal import Proposal
from models.states import Handling, Sign, State, Verdict
from tests.stories.acts import (
    HE,
    LIN,
    SHEN,
    SU,
    TITLE,
    WEI,
    WEN,
    YAN,
    all_have_read,
    answers_again,
    assignment,
    cosigned,
    drafted,
    edit,
    everybody_is_at_rest,
    forges,
    invited,
    jointly_delivered,
    jointly_filed,
    jointly_submitted,
    leaves_office,
    page,
    proposal,
    rates,
    rows,
    sees_the_way_forward,
    tap_on,
    taps,
    tells,
)
from tests.town import Town

S = Sign
ZHOU = "m020"  # 周衡之, a member who signs nothing


async def places(town: Town) -> dict[str, Sign]:
    """Who stands how."""
    return {place.person: place.state for place in await rows(town, Signature)}


async def enrols(town: Town, userid: str, name: str, sector: str) -> None:
    """One more member, who has no telephone."""

    def work(session: Session) -> None:
        session.add(Person(userid=userid, name=name, sector=sector))
        session.flush()
        session.add(Holding(person=userid, role="member"))

    await town.change(work)


# --- inviting ---------------------------------------------------------------------------------------------------------


async def test_two_colleagues_are_asked_read_the_whole_text_agree_and_it_is_handed_in(town: Town) -> None:
    await drafted(town)
    lin = town.person(LIN)
    await sees_the_way_forward(lin)
    await all_have_read(town)
    await tells(town, LIN, "邀请 苏婉宁、何静姝")
    await lin.reads("已邀请苏婉宁、何静姝联名", "等苏婉宁、何静姝（3月3日 10:0", "延长期限", "撤回联名")
    su, he = town.person(SU), town.person(HE)
    for asked in (su, he):
        await asked.reads(
            "林知夏委员请您联名", "我市主城区老旧小区多，老人下楼难。", "1. 由住建部门牵头制定分步实施清单。"
        )
        await asked.reads("林知夏邀请您联名", TITLE, "同意联名", "谢绝联名", "查看全文")
    row = await proposal(town)
    assert (row.state, row.serial_no) == (State.COSIGNING, None)
    await taps(town, SU, "同意联名")
    await su.reads("已同意联名", TITLE)
    await lin.reads("苏婉宁同意联名", "已同意1人，还在等何静姝")
    await tells(town, HE, "同意联名，建议补充适老化改造的数据")
    await he.reads("已同意联名")
    await lin.reads("何静姝同意联名", "意见：建议补充适老化改造的数据", "已同意2人", "“提交”")
    await taps(town, LIN, "提交")
    await lin.reads("提交成功", "S20260001")
    for signer in (su, he):
        await signer.reads("您联名的提案", TITLE, "已提交", "S20260001", "林知夏等3人")
    await town.person(WEN).reads("有新提案待受理", "林知夏等3人")
    assert (await proposal(town)).state is State.SUBMITTED
    assert await places(town) == {SU: S.SIGNED, HE: S.SIGNED}


async def test_the_button_of_the_preview_asks_for_the_names(town: Town) -> None:
    await drafted(town)
    lin = await taps(town, LIN, "邀请联名")
    await lin.reads("请哪几位委员联名", "各自同意后才署名")
    await tells(town, LIN, "婉宁")
    await lin.reads("已邀请苏婉宁联名")
    await tells(town, LIN, "继续")
    await lin.reads("没有写到一半的内容")
    await tells(town, LIN, "邀请 何静姝委员和沈禾清")
    await lin.reads("已邀请何静姝、沈禾清联名")
    assert await places(town) == {SU: S.INVITED, HE: S.INVITED, SHEN: S.INVITED}


async def test_a_name_that_two_members_have_is_asked_about(town: Town) -> None:
    await enrols(town, "m901", "苏婉宁", "教育")
    await drafted(town)
    await all_have_read(town)
    lin = await tells(town, LIN, "邀请 苏婉宁、何静姝")
    await lin.reads("您请的是哪一位", "1 苏婉宁（妇联）", "2 苏婉宁（教育）")
    assert await rows(town, Signature) == []
    await tells(town, LIN, "3")
    await lin.reads("您请的是哪一位")
    await tells(town, LIN, "2")
    await lin.reads("已邀请何静姝、苏婉宁联名")
    assert await places(town) == {HE: S.INVITED, "m901": S.INVITED}


async def test_the_sector_tells_two_of_a_name_apart(town: Town) -> None:
    await enrols(town, "m901", "苏婉宁", "教育")
    await invited(town, "苏婉宁（教育界）")
    assert await places(town) == {"m901": S.INVITED}


async def test_who_cannot_be_asked_is_refused_in_words_and_nothing_is_lost(town: Town) -> None:
    await leaves_office(town, HE)
    await drafted(town)
    await all_have_read(town)
    lin = town.person(LIN)
    for names, why in (
        ("林知夏", "第一提案人，不用邀请"),
        ("何静姝", "不是现任委员"),
        ("温以宁", "不是现任委员"),
        ("苏晚宁", "没有“苏晚宁”"),
        ("苏", "没有“苏”"),
        ("、", "请写委员姓名"),
    ):
        await tells(town, LIN, f"邀请 {names}")
        await lin.reads(why)
    assert await rows(town, Signature) == []
    assert (await proposal(town)).state is State.DRAFT
    await tells(town, LIN, "邀请 苏婉宁、苏婉宁")
    await lin.reads("已邀请苏婉宁联名")
    await tells(town, LIN, "邀请 苏婉宁")
    await lin.reads("苏婉宁已经邀请过，正等答复")
    await taps(town, SU, "同意联名")
    await all_have_read(town)
    await tells(town, LIN, "邀请 苏婉宁")
    await lin.reads("苏婉宁已经同意联名")
    assert await places(town) == {SU: S.SIGNED}


async def test_an_unfinished_text_is_not_sent_round(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", TITLE, "存草稿")
    await tells(town, LIN, "邀请 苏婉宁")
    await lin.reads("还差", "情况分析")
    assert await rows(town, Signature) == []


class TestAFewAtMost:
    """Here the city allows one co-signer."""

    @pytest.fixture
    def rules(self) -> dict[str, object]:
        return {"max_co_signers": 1, "co_signers_hint": 0, "cosigned_hint": 0}

    async def test_no_more_than_the_city_allows(self, town: Town) -> None:
        lin = await invited(town)
        await lin.reads("最多1位联名人")
        await tells(town, LIN, "邀请 苏婉宁")
        await lin.reads("已邀请苏婉宁联名", "贵在真正参与")
        assert await places(town) == {SU: S.INVITED}

    async def test_who_has_signed_much_is_told_so(self, town: Town) -> None:
        await invited(town, "苏婉宁")
        await taps(town, SU, "同意联名")
        await taps(town, LIN, "提交")
        await all_have_read(town)
        await invited(town, "苏婉宁", who=HE, title="关于社区食堂的提案")
        await town.person(SU).reads("何静姝委员请您联名", "本次会议您已联名1件")


# --- the word of whoever is asked -------------------------------------------------------------------------------------


async def test_who_declines_is_never_shown_and_it_goes_on_without(town: Town) -> None:
    await invited(town)
    await all_have_read(town)
    await tells(town, HE, "谢绝联名，近期出差，未能参与调研")
    lin = town.person(LIN)
    await lin.reads("何静姝谢绝联名", "近期出差", "还在等苏婉宁")
    await tells(town, LIN, "提交")
    await lin.reads("苏婉宁还没有答复")
    await taps(town, SU, "同意联名")
    await all_have_read(town)
    await taps(town, LIN, "提交")
    await lin.reads("提交成功")
    await town.person(SU).reads("林知夏等2人")
    town.person(HE).reads_nothing_more()
    assert await places(town) == {SU: S.SIGNED, HE: S.DECLINED}
    he = await tells(town, HE, "我的提案")
    await he.reads("您还没有提案")


async def test_when_nobody_agrees_it_may_go_in_alone(town: Town) -> None:
    await invited(town, "苏婉宁")
    await taps(town, SU, "谢绝联名")
    await all_have_read(town)
    lin = await tells(town, LIN, "待办")
    await lin.reads("提交")
    await taps(town, LIN, "提交")
    await lin.reads("提交成功")
    await town.person(WEN).reads("有新提案待受理", "提案人：林知夏\n")


async def test_the_list_of_the_invited_and_of_the_proposer(town: Town) -> None:
    await invited(town, "苏婉宁")
    await all_have_read(town)
    su = await tells(town, SU, "待办")
    await su.reads("同意联名／谢绝联名", "3月3日")
    await tells(town, SU, "1")
    await su.reads("情况分析")
    await su.reads("待确认联名", "同意联名", "谢绝联名")
    lin = await tells(town, LIN, "待办")
    await lin.reads("现在没有等您办的事")
    await tells(town, LIN, "我的提案")
    await lin.reads("联名确认中", "等苏婉宁（3月3日")
    await tells(town, LIN, "1")
    await lin.reads("联名确认中", "等答复")
    await taps(town, SU, "同意联名")
    await all_have_read(town)
    await tells(town, LIN, "待办")
    await lin.reads("提交")


async def test_agreeing_twice_and_after_declining(town: Town) -> None:
    await invited(town)
    card = await town.person(SU).sees("邀请您联名")
    su = await taps(town, SU, "同意联名")
    await all_have_read(town)
    await forges(town, SU, card, "同意联名")
    await su.reads("已经过时", "已同意联名")
    await forges(town, SU, card, "谢绝联名")
    await su.reads("已经过时")
    await tells(town, SU, "同意联名")
    await su.reads("现在没有可以“同意联名”的事")
    await tells(town, SU, "同意联名，再说一句")
    await su.reads("现在没有请您联名的提案")
    assert (await places(town))[SU] is S.SIGNED
    assert len(await rows(town, Audit, Audit.event == "cosign")) == 1


@pytest.mark.cards_only("forged: nobody can type a number out of somebody else's message")
async def test_nobody_answers_for_another(town: Town) -> None:
    await invited(town, "苏婉宁")
    card = await town.person(SU).sees("邀请您联名")
    await all_have_read(town)
    for who in (LIN, HE, WEN):
        person = await forges(town, who, card, "同意联名")
        await person.reads("由受邀委员来办")
    assert await places(town) == {SU: S.INVITED}


async def test_two_invitations_at_once_are_told_apart(town: Town) -> None:
    await invited(town, "苏婉宁")
    await invited(town, "苏婉宁", who=HE, title="关于社区食堂的提案")
    await all_have_read(town)
    su = await tells(town, SU, "同意联名，很好")
    await su.reads("有2件提案请您联名")
    await tells(town, SU, "同意联名")
    await su.reads("1 《关于分步推进", "2 《关于社区食堂的提案》")
    await tells(town, SU, "2")
    await su.reads("已同意联名", "社区食堂")
    assert [place.state for place in await rows(town, Signature)] == [S.INVITED, S.SIGNED]


# --- time -------------------------------------------------------------------------------------------------------------


async def test_the_time_is_over_and_may_be_extended(town: Town) -> None:
    await invited(town, "苏婉宁")
    card = await town.person(SU).sees("邀请您联名")
    await all_have_read(town)
    lin, su = town.person(LIN), town.person(SU)
    await town.calendar.turn(hours=22)
    su.reads_nothing_more()
    await town.calendar.turn(hours=1)
    await su.reads("联名邀请即将到期", "林知夏邀请您联名", "逾期未答复即不署名")
    assert await places(town) == {SU: S.INVITED}
    await town.calendar.turn(hours=1)
    await lin.reads("苏婉宁逾期未确认", "没有人联名")
    await su.reads("联名期限已过，您没有署名")
    await everybody_is_at_rest(town)
    await forges(town, SU, card, "同意联名")
    await su.reads("已经过时", "逾期未确认")
    assert await places(town) == {SU: S.EXPIRED}
    await taps(town, LIN, "延长期限")
    await lin.reads("已延长期限", "等苏婉宁（3月4日")
    await su.reads("情况分析")
    await su.reads("邀请您联名")
    await taps(town, SU, "同意联名")
    await lin.reads("苏婉宁同意联名")
    assert await places(town) == {SU: S.SIGNED}
    await taps(town, LIN, "延长期限")
    await lin.reads("没有等答复的邀请")


async def test_the_reminder_of_an_invitation_is_said_once_and_can_be_answered(town: Town) -> None:
    await invited(town)
    await taps(town, HE, "同意联名")
    await all_have_read(town)
    await town.calendar.turn(hours=23)
    await town.app.tick()
    await town.quiet()
    su = town.person(SU)
    reminder = await su.reads("联名邀请即将到期")
    await everybody_is_at_rest(town)
    await su.presses("同意联名", card=reminder)
    await town.quiet()
    await su.reads("已同意联名")
    assert await places(town) == {SU: S.SIGNED, HE: S.SIGNED}


async def test_agreeing_after_the_time_but_before_the_clock_has_looked(town: Town) -> None:
    await invited(town, "苏婉宁")
    await all_have_read(town)
    town.calendar.let_pass(25 * 3600)
    su = await taps(town, SU, "同意联名")
    await su.reads("联名的期限已过", "延长期限")
    assert await places(town) == {SU: S.INVITED}


class TestInSession:
    """The session sits: three hours."""

    @pytest.fixture
    def rules(self) -> dict[str, object]:
        return {"in_session_deadline": "2026-03-04T12:00:00"}

    async def test_three_hours_while_the_session_sits(self, town: Town) -> None:
        lin = await invited(town, "苏婉宁")
        await lin.reads("等苏婉宁（3月2日 13:0")
        await town.calendar.turn(hours=3)
        assert await places(town) == {SU: S.EXPIRED}


# --- taking back ------------------------------------------------------------------------------------------------------


async def test_an_invitation_is_taken_back_and_a_signature_is_not(town: Town) -> None:
    await invited(town)
    card = await town.person(HE).sees("邀请您联名")
    await taps(town, SU, "同意联名")
    await all_have_read(town)
    lin = await tells(town, LIN, "收回 苏婉宁")
    await lin.reads("苏婉宁已经同意联名，不能收回")
    await tells(town, LIN, "收回 沈禾清")
    await lin.reads("没有等“沈禾清”答复的邀请", "何静姝")
    await tells(town, LIN, "收回 何静姝")
    await lin.reads("已收回对何静姝的邀请")
    he = town.person(HE)
    await he.reads("林知夏已收回", "不用再操作")
    await forges(town, HE, card, "同意联名")
    await he.reads("已经过时", "邀请已收回")
    await taps(town, LIN, "提交")
    await lin.reads("提交成功")
    assert await places(town) == {SU: S.SIGNED, HE: S.TAKEN_BACK}


async def test_everything_is_called_off_and_the_draft_is_there_again(town: Town) -> None:
    await invited(town)
    await taps(town, SU, "同意联名")
    await all_have_read(town)
    lin = await taps(town, LIN, "撤回联名")
    await lin.reads("已撤回联名", "草稿")
    await lin.reads("请看一遍", "情况分析")
    for who in (SU, HE):
        await town.person(who).reads("已收回", "您没有署名")
    assert (await proposal(town)).state is State.DRAFT
    assert await places(town) == {SU: S.TAKEN_BACK, HE: S.TAKEN_BACK}
    await tells(town, LIN, "修改", "案由", "关于既有住宅加装电梯的提案", "邀请 苏婉宁")
    await lin.reads("已邀请苏婉宁联名")
    assert await places(town) == {SU: S.INVITED, HE: S.TAKEN_BACK}
    assert (await proposal(town)).title == "关于既有住宅加装电梯的提案"


async def test_everything_is_called_off_and_it_goes_in_alone(town: Town) -> None:
    await invited(town)
    await taps(town, LIN, "撤回联名")
    await all_have_read(town)
    lin = await tells(town, LIN, "存草稿", "继续", "提交")
    await lin.reads("提交成功", "S20260001")
    assert await places(town) == {SU: S.TAKEN_BACK, HE: S.TAKEN_BACK}


async def test_more_time_while_they_think(town: Town) -> None:
    await invited(town, "苏婉宁")
    await all_have_read(town)
    await town.calendar.turn(hours=20)
    await taps(town, LIN, "延长期限")
    await town.person(SU).reads("联名期限延长到3月4日 06:0")
    await town.calendar.turn(hours=20)
    await taps(town, SU, "同意联名")
    assert await places(town) == {SU: S.SIGNED}


async def test_what_was_being_mended_is_forgotten_once_it_is_handed_in(town: Town) -> None:
    await cosigned(town)
    await taps(town, LIN, "修改")
    await tells(town, LIN, "存草稿")
    await all_have_read(town)
    lin = await tells(town, LIN, "提交")
    await lin.reads("提交成功")
    await tells(town, LIN, "继续")
    await lin.reads("没有写到一半的内容")


async def test_a_co_signer_leaves_before_it_is_handed_in(town: Town) -> None:
    lin = await cosigned(town)
    he = await tells(town, HE, "退出联名")
    await he.reads("为什么退出联名")
    await tells(town, HE, "与本人另一件提案重复")
    await he.reads("已退出联名")
    await lin.reads("何静姝已退出", "与本人另一件提案重复")
    town.person(WEN).reads_nothing_more()
    await taps(town, LIN, "提交")
    await town.person(SU).reads("林知夏等2人")
    he.reads_nothing_more()


# --- the text changes -------------------------------------------------------------------------------------------------


async def test_a_change_of_substance_voids_the_signatures(town: Town) -> None:
    await cosigned(town)
    lin = await taps(town, LIN, "修改")
    await lin.reads("请看一遍")
    await tells(town, LIN, "修改", "情况分析", "我市有老旧小区八百个，老人下楼难。", "完")
    await all_have_read(town)
    await tells(town, LIN, "提交")
    await lin.reads("正文有实质修改", "原有签名作废", "等苏婉宁、何静姝")
    su = town.person(SU)
    await su.reads("我市有老旧小区八百个")
    await su.reads("邀请您联名", "正文有修改，请重新确认")
    assert await places(town) == {SU: S.INVITED, HE: S.INVITED}
    voids = await rows(town, Audit, Audit.kind == "signature", Audit.event == "follow")
    assert [(entry.before, entry.after) for entry in voids] == [("signed", "invited")] * 2
    await tells(town, LIN, "提交")
    await lin.reads("还没有答复")
    for who in (SU, HE):
        await taps(town, who, "同意联名")
    await all_have_read(town)
    await taps(town, LIN, "提交")
    await lin.reads("提交成功")


async def test_white_space_and_other_parts_are_no_change_of_substance(town: Town) -> None:
    await cosigned(town)
    await taps(town, LIN, "修改")
    lin = await tells(town, LIN, "修改", "情况分析", "我市主城区老旧小区多，\n老人下楼难。 ", "完")
    await tells(town, LIN, "修改", "类别", "经济建设")
    await all_have_read(town)
    await tells(town, LIN, "提交")
    await lin.reads("提交成功")
    assert await places(town) == {SU: S.SIGNED, HE: S.SIGNED}


async def test_who_has_not_answered_yet_sees_the_new_text_and_cannot_sign_the_old(town: Town) -> None:
    await invited(town, "苏婉宁")
    card = await town.person(SU).sees("邀请您联名")
    await all_have_read(town)
    await taps(town, LIN, "修改")
    await tells(town, LIN, "修改", "案由", "关于既有住宅加装电梯的提案", "提交")
    su = town.person(SU)
    await su.reads("关于既有住宅加装电梯的提案")
    await su.reads("正文有修改，请重新确认")
    await forges(town, SU, card, "同意联名")
    await su.reads("已经过时")
    await taps(town, SU, "同意联名")
    await su.reads("已同意联名")


# --- people who come and go, and two machines -------------------------------------------------------------------------


async def test_who_leaves_office_while_invited_cannot_sign_and_is_no_obstacle(town: Town) -> None:
    await invited(town)
    card = await town.person(HE).sees("邀请您联名")
    await leaves_office(town, HE)
    await taps(town, SU, "同意联名")
    await all_have_read(town)
    he = await forges(town, HE, card, "同意联名")
    await he.reads("已停用")
    await tells(town, LIN, "收回 何静姝")
    lin = await taps(town, LIN, "提交")
    await lin.reads("提交成功")
    assert await places(town) == {SU: S.SIGNED, HE: S.TAKEN_BACK}


async def test_who_is_staff_and_no_longer_a_member_cannot_sign(town: Town) -> None:
    await invited(town, "沈禾清")

    def work(session: Session) -> None:
        session.delete(session.exec(select(Holding).where(Holding.person == SHEN, Holding.role == "member")).one())

    await town.change(work)
    shen = await taps(town, SHEN, "同意联名")
    await shen.reads("您现在不是委员，不能联名")
    assert await places(town) == {SHEN: S.INVITED}


async def test_who_leaves_office_after_signing_is_struck_out_first(town: Town) -> None:
    lin = await cosigned(town)
    await leaves_office(town, HE)
    await taps(town, LIN, "提交")
    await lin.reads("何静姝已不是现任委员", "收回 何静姝")
    await tells(town, LIN, "收回 何静姝")
    await taps(town, LIN, "提交")
    await lin.reads("提交成功")
    await town.person(SU).reads("林知夏等2人")


async def test_two_replicas_and_three_deliveries_make_one_signature(town: Town) -> None:
    await town.restart(replicas=2)
    await invited(town)
    town.turn_to_replica(1)
    await town.person(SU).presses("同意联名", deliveries=3)
    town.turn_to_replica(0)
    await town.person(HE).presses("同意联名", deliveries=2)
    await town.quiet()
    await all_have_read(town)
    lin = town.person(LIN)
    town.turn_to_replica(1)
    await lin.presses("提交", deliveries=3)
    await town.quiet()
    await lin.reads("提交成功", "S20260001")
    lin.reads_nothing_more()
    assert len(await rows(town, Audit, Audit.event == "cosign")) == 2
    assert [p.serial_no for p in await rows(town, Proposal)] == ["S20260001"]


@pytest.mark.cards_only("a tap on a card that changes at that moment")
async def test_one_takes_back_while_the_other_agrees(town: Town) -> None:
    await town.restart(replicas=2)
    await invited(town, "苏婉宁")
    press = tap_on(await town.person(SU).sees("邀请您联名"), "同意联名")
    await town.person(LIN).says("收回 苏婉宁")
    town.turn_to_replica(1)
    await town.person(SU).causes("template_card_event", press)
    await town.quiet()
    state = (await places(town))[SU]
    assert state in {S.SIGNED, S.TAKEN_BACK}
    assert len(await rows(town, Audit, Audit.kind == "signature")) == 1


# --- afterwards -------------------------------------------------------------------------------------------------------


async def test_co_signers_hear_how_it_goes_on_and_see_it(town: Town) -> None:
    await jointly_filed(town)
    su = town.person(SU)
    await su.reads("您联名的提案", "已立案", "第20260001号")
    await tells(town, SU, "我的提案")
    await su.reads("您有1件提案", "（联名）", "已立案待交办")
    await tells(town, SU, "1")
    await su.reads("联名人", "苏婉宁、何静姝")


async def test_a_co_signer_may_not_do_what_is_the_first_proposers(town: Town) -> None:
    await jointly_submitted(town)
    await all_have_read(town)
    for word in ("申请撤案", "提交", "修改", "邀请联名"):
        su = await tells(town, SU, word)
        await su.reads(f"现在没有可以“{word}”的事")


# --- rating -----------------------------------------------------------------------------------------------------------


async def test_all_who_signed_get_the_reply_and_rate_and_then_it_is_closed(town: Town) -> None:
    await jointly_delivered(town)
    for who in (LIN, SU, HE):
        person = town.person(who)
        await person.reads("答复如下", "云住建提〔2026〕1号", "已在全市排出实施清单。")
        await person.reads("请评价提案办理")
    await all_have_read(town)
    await rates(town, "满意")
    lin, su, he = (town.person(who) for who in (LIN, SU, HE))
    await lin.reads("已提交评价", "联名人苏婉宁、联名人何静姝")
    await town.person(WEN).reads("林知夏评价")
    town.person(WEI).reads_nothing_more()
    assert (await assignment(town)).state is Handling.DELIVERED
    await tells(town, LIN, "待办")
    await lin.reads("现在没有等您办的事")
    await tells(town, SU, "待办")
    await su.reads("提交评价")
    await rates(town, "基本满意", who=SU)
    await town.person(WEN).reads("苏婉宁评价")
    await rates(town, "满意", who=HE)
    await he.reads("已办结")
    for who in (LIN, SU):
        await town.person(who).reads("已办结")
    for ours in (WEI, YAN):
        await town.person(ours).reads("委员已评价", "林知夏满意、苏婉宁基本满意、何静姝满意")
    assert (await proposal(town)).state is State.CLOSED
    assert [(r.person, r.result) for r in await rows(town, Rating)] == [
        (LIN, Verdict.SATISFIED),
        (SU, Verdict.BASICALLY_SATISFIED),
        (HE, Verdict.SATISFIED),
    ]


async def test_any_one_who_is_dissatisfied_opens_a_second_handling(town: Town) -> None:
    await jointly_delivered(town)
    await all_have_read(town)
    await rates(town, "满意")
    await all_have_read(town)
    await rates(town, "不满意", who=SU, why="没有写明日期。")
    for who in (YAN, WEI):
        await town.person(who).reads("二次办理通知", "没有写明日期。")
    for who in (LIN, HE):
        await town.person(who).reads("因有提案人", "将重新办理", "4月2日前重新答复")
    task = await assignment(town)
    assert (task.state, task.round) == (Handling.REDO, 2)
    await answers_again(town)
    await all_have_read(town)
    for who in (LIN, SU, HE):
        await rates(town, "满意", who=who)
    assert (await proposal(town)).state is State.CLOSED
    assert len(await rows(town, Rating)) == 5


@pytest.mark.cards_only("forged: nobody can type a number out of somebody else's message")
async def test_nobody_rates_twice_and_who_did_not_sign_not_at_all(town: Town) -> None:
    await jointly_delivered(town)
    card = await town.person(LIN).sees("请评价提案办理")
    await rates(town, "满意")
    await all_have_read(town)
    chosen = {"attitude": "SATISFIED", "process": "SATISFIED", "result": "DISSATISFIED"}
    lin = await forges(town, LIN, card, "提交评价", chosen)
    await lin.reads("您已经评价过了")
    shen = await forges(town, SHEN, card, "提交评价", chosen)
    await shen.reads("只能由提案人本人、联名人本人填写")
    [kept] = await rows(town, Rating)
    assert (kept.person, kept.result) == (LIN, Verdict.SATISFIED)


async def test_who_did_not_rate_in_time_is_not_waited_for(town: Town) -> None:
    await jointly_delivered(town)
    await rates(town, "满意", who=SU)
    await all_have_read(town)
    await town.calendar.turn(days=22)
    for ours in (WEI, YAN):
        await town.person(ours).reads("委员已评价", "办理结果满意")
    assert (await assignment(town)).state is Handling.DONE
    assert (await proposal(town)).state is State.CLOSED


async def test_two_who_never_said_why_count_once_for_the_handling(town: Town) -> None:
    await jointly_delivered(town)
    for who in (SU, HE):
        await town.person(who).chooses({"办理结果": "不满意"}, submit="提交评价")
        await town.quiet()
    await all_have_read(town)
    await town.calendar.turn(days=22)
    task = await assignment(town)
    assert (task.state, task.round) == (Handling.REDO, 2)
    assert [r.person for r in await rows(town, Rating)] == [SU]


class TestTheFirstProposerDecides:
    """Here the first proposer's word opens a second handling."""

    @pytest.fixture
    def rules(self) -> dict[str, object]:
        return {"dissatisfied_trigger": "first"}

    async def test_a_co_signers_word_is_kept_and_opens_nothing(self, town: Town) -> None:
        await jointly_delivered(town)
        await all_have_read(town)
        for who in (SU, HE):
            await rates(town, "不满意", who=who)
        assert (await assignment(town)).state is Handling.DELIVERED
        await rates(town, "满意")
        assert (await proposal(town)).state is State.CLOSED


class TestTheMajorityDecides:
    """Here more than half open a second handling."""

    @pytest.fixture
    def rules(self) -> dict[str, object]:
        return {"dissatisfied_trigger": "majority"}

    async def test_two_of_three(self, town: Town) -> None:
        await jointly_delivered(town)
        await all_have_read(town)
        await rates(town, "不满意", who=SU, why="没有写明日期。")
        assert (await assignment(town)).state is Handling.DELIVERED
        await rates(town, "不满意", who=HE, why="没有我们小区。")
        await town.person(YAN).reads("二次办理通知", "没有写明日期。；没有我们小区。")
        assert (await assignment(town)).state is Handling.REDO

    async def test_of_those_who_answered_in_time(self, town: Town) -> None:
        await jointly_delivered(town)
        await all_have_read(town)
        await rates(town, "不满意", who=SU, why="没有写明日期。")
        await town.calendar.turn(days=22)
        await town.person(YAN).reads("二次办理通知", "没有写明日期。")
        assert (await assignment(town)).state is Handling.REDO


async def test_who_left_does_not_rate(town: Town) -> None:
    await jointly_filed(town)
    await tells(town, HE, "退出联名", "另有安排")
    await town.person(WEN).reads("何静姝已退出")
    assert await places(town) == {SU: S.SIGNED, HE: S.LEFT}
    he = await tells(town, HE, "退出联名")
    await he.reads("现在没有可以“退出联名”的事")
    assert len(await rows(town, Assignment)) == 0


# --- 附议 -------------------------------------------------------------------------------------------------------------


async def test_seconding_is_shown_and_gives_no_right(town: Town) -> None:
    await jointly_filed(town)
    zhou = await tells(town, ZHOU, "附议 20260001")
    await zhou.reads("已附议", TITLE)
    await town.person(LIN).reads("周衡之附议了您的提案", "不参与办理和评价")
    await tells(town, ZHOU, "附议 第20260001号")
    await zhou.reads("您已经附议过")
    for who in (LIN, SU):
        person = await tells(town, who, "附议 20260001")
        await person.reads("您已经是这件提案的提案人")
    for who, number, why in ((ZHOU, "20260009", "没有提案号是"), (WEI, "20260001", "由委员来办")):
        person = await tells(town, who, f"附议 {number}")
        await person.reads(why)
    assert await places(town) == {SU: S.SIGNED, HE: S.SIGNED}
    seen = await page(town, LIN)
    assert "附议（不参与办理和评价）：周衡之" in seen
    assert "联名人：苏婉宁、何静姝" in seen
    await tells(town, ZHOU, "我的提案")
    await zhou.reads("您还没有提案")


async def test_what_is_not_public_is_not_seconded(town: Town) -> None:
    await jointly_filed(town)
    await edit(town, Proposal, 1, lambda row: setattr(row, "consent_public", False))
    zhou = await tells(town, ZHOU, "附议 20260001")
    await zhou.reads("没有同意公开")


# --- the page ---------------------------------------------------------------------------------------------------------


async def test_the_page_is_for_who_is_asked_while_asked_and_for_who_has_signed(town: Town) -> None:
    await invited(town)
    for who in (SU, HE):
        seen = await page(town, who)
        assert "我市主城区老旧小区多" in seen
        assert "还没有答复" not in seen
    assert "已邀请、还没有答复：苏婉宁、何静姝" in await page(town, LIN)
    await taps(town, SU, "同意联名")
    await taps(town, HE, "谢绝联名")
    assert "联名人：苏婉宁" in await page(town, SU)
    for who in (HE, WEN, SHEN):
        assert "没有找到这件提案" in await page(town, who)
    await taps(town, LIN, "提交")
    assert "联名人：苏婉宁" in await page(town, WEN)


async def test_a_rating_is_shown_to_who_gave_it(town: Town) -> None:
    await jointly_delivered(town)
    await rates(town, "基本满意", who=SU)
    assert "结果基本满意" in await page(town, SU)
    for who in (LIN, HE, WEI):
        assert "结果基本满意" not in await page(town, who)
