"""撤案: asked for with a reason, agreed to by all who signed, decided by the committee; what is open ends, and all are told."""

import pytest
from sqlmodel import Session, select

from models.attachment import Attachment
from models.audit import Audit
from models.handling import Assignment, Communication
from models.joint import Signature, Withdrawal
from models.proposal import Proposal
from models.states import Handling, Sign, State, Talk, Wish
from tests.stories.acts import (
    CHENG,
    GONG,
    HE,
    LEI,
    LIN,
    LU,
    MENG,
    SHEN,
    SU,
    TITLE,
    WEI,
    WEN,
    YAN,
    YAO,
    acknowledged,
    all_have_read,
    delivered,
    drafted,
    everybody_is_at_rest,
    filed,
    first_passed,
    forges,
    gives,
    invited,
    jointly_assigned,
    jointly_filed,
    jointly_submitted,
    proposal,
    rows,
    second_passed,
    submitted,
    taps,
    tells,
)
from tests.town import Town

WHY = "市里已出台实施方案，内容已涵盖。"


async def wish(town: Town) -> Withdrawal:
    """The newest wish to withdraw."""
    return (await rows(town, Withdrawal))[-1]


async def asks(town: Town, why: str = WHY) -> None:
    """The first proposer asks for it."""
    await all_have_read(town)
    await tells(town, LIN, "申请撤案", why)


async def test_a_member_asks_and_the_director_grants(town: Town) -> None:
    await submitted(town)
    await all_have_read(town)
    lin = await tells(town, LIN, "申请撤案")
    await lin.reads("申请撤案", TITLE, "请写明理由")
    await tells(town, LIN, WHY)
    await lin.reads("已申请撤案")
    cheng = town.person(CHENG)
    card = await cheng.reads("请决定是否准予撤案", WHY, "准予撤案", "不准撤案")
    for staff in (WEN, LU):
        await town.person(staff).reads("林知夏申请撤案", WHY)
    await everybody_is_at_rest(town)
    await tells(town, CHENG, "待办")
    await cheng.reads("准予撤案／不准撤案", "3月4日")
    await tells(town, LIN, "我的提案")
    await lin.reads("已申请撤案，等提案委负责人决定")
    await all_have_read(town)
    await taps(town, CHENG, "准予撤案")
    await cheng.reads("已准予撤案")
    await lin.reads("您的提案", TITLE, "S20260001", "已准予撤案，不再办理")
    for told in (WEN, LU, MENG, YAO):
        await town.person(told).reads("林知夏的提案", "已准予撤案")
    await everybody_is_at_rest(town)
    row = await proposal(town)
    assert (row.state, row.reason, row.due_on, row.serial_no) == (State.WITHDRAWN, WHY, None, "S20260001")
    assert (await wish(town)).state is Wish.GRANTED
    books = await rows(town, Audit, Audit.after == "withdrawn")
    assert [(entry.actor, entry.event, entry.before) for entry in books] == [(CHENG, "follow", "submitted")]
    await forges(town, CHENG, card, "准予撤案")
    await cheng.reads("已经过时", "已准予撤案")
    await tells(town, WEN, "受理")
    await town.person(WEN).reads("现在没有可以“受理”的事")
    await tells(town, LIN, "我的提案")
    await lin.reads("已撤案", "撤案理由", WHY)


async def test_what_was_withdrawn_while_it_was_open_keeps_its_attachments(town: Town) -> None:
    lin = await drafted(town)
    await lin.sends_picture()
    await tells(town, LIN, "提交")
    await all_have_read(town)
    await taps(town, WEN, "受理", "退回修改")
    await tells(town, WEN, "请写明补贴标准。")
    await asks(town)
    await all_have_read(town)
    await tells(town, LIN, "修改")
    await lin.sends_picture()
    await lin.reads("图片收到", "共2个")
    await taps(town, CHENG, "准予撤案")
    await all_have_read(town)
    await lin.sends_picture()
    await lin.reads("这里只能读文字")
    await tells(town, LIN, "继续")
    await lin.reads("没有写到一半的内容")
    assert len(await rows(town, Attachment)) == 2


async def test_what_ends_while_it_still_lies_open_keeps_its_attachments(town: Town) -> None:
    lin = await drafted(town)
    await lin.sends_picture()
    await town.quiet()

    def ends(session: Session) -> None:
        session.exec(select(Proposal)).one().state = State.WITHDRAWN

    await town.change(ends)
    await all_have_read(town)
    for words in ("删除附件 1", "撤回"):
        await tells(town, LIN, words)
        await lin.reads("现在是“已撤案”，附件不能再改", "取消")
    await lin.sends_picture()
    await lin.reads("现在是“已撤案”，附件不能再改")
    assert len(await rows(town, Attachment)) == 1


async def test_the_director_says_no_and_it_goes_on(town: Town) -> None:
    await first_passed(town)
    await asks(town)
    cheng = await taps(town, CHENG, "不准撤案")
    await cheng.reads("请决定是否准予撤案")
    await cheng.reads("为什么不准撤案")
    await tells(town, CHENG, "事关群众出行，建议继续办理。")
    await cheng.reads("已定不准撤案")
    lin = town.person(LIN)
    await lin.reads("未获准，继续办理", "事关群众出行")
    assert (await proposal(town)).state is State.SECOND_REVIEW
    await taps(town, SHEN, "通过")
    await asks(town, "再次申请。")
    assert [w.state for w in await rows(town, Withdrawal)] == [Wish.DENIED, Wish.ASKED]


async def test_the_member_thinks_again(town: Town) -> None:
    await second_passed(town)
    await asks(town)
    card = await town.person(CHENG).sees("请决定是否准予撤案")
    await all_have_read(town)
    lin = await tells(town, LIN, "申请撤案")
    await lin.reads("已经申请撤案", "不再撤案")
    await tells(town, LIN, "不再撤案")
    await lin.reads("已收回撤案申请")
    cheng = town.person(CHENG)
    await cheng.reads("林知夏不再申请撤案")
    await forges(town, CHENG, card, "准予撤案")
    await cheng.reads("已经过时")
    assert (await proposal(town)).state is State.FINAL_REVIEW
    assert (await wish(town)).state is Wish.DROPPED


@pytest.mark.cards_only("forged: nobody can type a number out of somebody else's message")
async def test_nobody_else_asks_and_nobody_else_decides(town: Town) -> None:
    await submitted(town)
    await all_have_read(town)
    for who in (SU, WEN, CHENG):
        person = await tells(town, who, "申请撤案")
        await person.reads("现在没有可以“申请撤案”的事")
    await asks(town)
    card = await town.person(CHENG).sees("请决定是否准予撤案")
    await all_have_read(town)
    for who in (LIN, SU, WEN, SHEN):
        person = await forges(town, who, card, "准予撤案")
        await person.reads("由提案委负责人来办")
    assert (await wish(town)).state is Wish.ASKED


async def test_a_director_does_not_grant_their_own(town: Town) -> None:
    await gives(town, LIN, "pc_director")
    await submitted(town)
    await asks(town)
    lin = await tells(town, LIN, "准予撤案")
    await lin.reads("您本人的提案")
    await taps(town, CHENG, "准予撤案")
    assert (await proposal(town)).state is State.WITHDRAWN


@pytest.mark.parametrize("way", [drafted, delivered])
async def test_neither_before_it_is_handed_in_nor_after_the_reply(town: Town, way: object) -> None:
    await way(town)  # type: ignore[operator]
    if way is drafted:
        await tells(town, LIN, "存草稿")
    await all_have_read(town)
    lin = await tells(town, LIN, "申请撤案")
    await lin.reads("现在没有可以“申请撤案”的事")


async def test_a_reply_overtakes_the_wish(town: Town) -> None:
    """The units went on while the director thought: there is nothing left to withdraw."""
    await acknowledged(town)
    await asks(town)
    card = await town.person(CHENG).sees("请决定是否准予撤案", "已交办，准予后会告知承办单位")
    await tells(town, LIN, "免予沟通", "办前")
    await tells(town, LIN, "免予沟通", "办中")
    await tells(town, WEI, "写答复", "A", "已在全市排出实施清单。", "完", "送审")
    await tells(town, LEI, "同意")
    await tells(town, YAN, "签发")
    assert (await proposal(town)).state is State.APPRAISING
    assert (await wish(town)).state is Wish.MOOT
    await all_have_read(town)
    cheng = await forges(town, CHENG, card, "准予撤案")
    await cheng.reads("已经过时", "已不必撤案")
    await tells(town, CHENG, "待办")
    await cheng.reads("现在没有等您办的事")


async def test_a_rejection_overtakes_the_wish(town: Town) -> None:
    await second_passed(town)
    await asks(town)
    await tells(town, CHENG, "不予立案", "R10", "没有具体建议。", "1")
    assert (await proposal(town)).state is State.REJECTED
    assert (await wish(town)).state is Wish.MOOT


# --- after the assignment ---------------------------------------------------------------------------------------------


async def test_after_the_assignment_the_units_are_told_and_nothing_stays_open(town: Town) -> None:
    await acknowledged(town, "主办会办", "住建局、财政局")
    await taps(town, WEI, "登记沟通")
    await tells(town, WEI, "办前", "上门走访", "今天", "谈了实施清单。")
    question = await town.person(LIN).sees("请确认办前沟通")
    await asks(town)
    await taps(town, CHENG, "准予撤案")
    for ours in (WEI, YAN, GONG, "u06_leader"):
        await town.person(ours).reads("已由提案人撤案", TITLE, "不用再办理", WHY)
    await town.person(MENG).reads("已准予撤案")
    assert {a.state for a in await rows(town, Assignment)} == {Handling.RELEASED}
    assert [talk.state for talk in await rows(town, Communication)] == [Talk.ENDED]
    await all_have_read(town)
    lin = await forges(town, LIN, question, "属实")
    await lin.reads("已经过时", "随撤案终止")
    for who, word in ((WEI, "写答复"), (GONG, "签收"), (LIN, "免予沟通")):
        person = await tells(town, who, word)
        await person.reads("现在没有可以")
    await all_have_read(town)
    await town.calendar.turn(days=100)
    await everybody_is_at_rest(town)
    followed = await rows(town, Audit, Audit.event == "follow")
    assert sorted({entry.kind for entry in followed}) == ["assignment", "communication", "proposal"]


# --- joint proposals --------------------------------------------------------------------------------------------------


async def test_all_who_signed_agree_first(town: Town) -> None:
    await jointly_submitted(town)
    await asks(town)
    su, he, cheng, lin = (town.person(who) for who in (SU, HE, CHENG, LIN))
    await lin.reads("已申请撤案", "等苏婉宁、何静姝表态")
    for signer in (su, he):
        await signer.reads("请表态是否同意撤案", WHY, "同意撤案", "不同意撤案")
    cheng.reads_nothing_more()
    await town.person(WEN).reads("须联名人同意后")
    await tells(town, SU, "待办")
    await su.reads("同意撤案")
    await all_have_read(town)
    card = await su.sees("请表态是否同意撤案")
    await taps(town, SU, "同意撤案")
    await su.reads("已同意撤案")
    await lin.reads("苏婉宁同意撤案", "还在等何静姝")
    cheng.reads_nothing_more()
    await forges(town, SU, card, "同意撤案")
    await su.reads("由未表态的联名人来办")
    await tells(town, SU, "待办")
    await su.reads("现在没有等您办的事")
    await tells(town, HE, "同意撤案")
    await lin.reads("何静姝同意撤案", "联名人均已同意")
    await cheng.reads("请决定是否准予撤案", "联名人2人均已同意")
    await taps(town, CHENG, "准予撤案")
    for signer in (su, he):
        await signer.reads("您联名的提案", "已准予撤案")
    assert (await proposal(town)).state is State.WITHDRAWN
    assert (await wish(town)).consented == [SU, HE]


async def test_one_who_signed_says_no(town: Town) -> None:
    await jointly_submitted(town)
    await asks(town)
    await taps(town, SU, "同意撤案")
    await all_have_read(town)
    await taps(town, HE, "不同意撤案")
    await tells(town, HE, "调研做了半年，建议继续。")
    lin, he = town.person(LIN), town.person(HE)
    await he.reads("已表示不同意撤案")
    await lin.reads("联名人何静姝不同意撤案", "继续办理", "调研做了半年")
    town.person(CHENG).reads_nothing_more()
    assert (await proposal(town)).state is State.SUBMITTED
    assert (await wish(town)).state is Wish.REFUSED
    await tells(town, SU, "同意撤案")
    await town.person(SU).reads("现在没有可以“同意撤案”的事")


async def test_who_leaves_is_not_asked_any_more(town: Town) -> None:
    await jointly_filed(town)
    await asks(town)
    await taps(town, SU, "同意撤案")
    await all_have_read(town)
    await tells(town, HE, "退出联名", "仅退出本人。")
    await town.person(LIN).reads("何静姝已退出", "仅退出本人。")
    await town.person(CHENG).reads("请决定是否准予撤案", "联名人1人均已同意")
    assert (await wish(town)).state is Wish.ASKED


async def test_a_co_signer_leaves_alone_and_the_proposal_goes_on(town: Town) -> None:
    await jointly_assigned(town)
    await all_have_read(town)
    he = await tells(town, HE, "退出联名", "岗位变动。")
    await he.reads("已退出联名")
    await town.person(LIN).reads("何静姝已退出", "岗位变动。")
    await town.person(WEN).reads("何静姝已退出")
    assert [place.state for place in await rows(town, Signature)] == [Sign.SIGNED, Sign.LEFT]
    assert (await proposal(town)).state is State.HANDLING
    await tells(town, HE, "我的提案")
    await he.reads("您还没有提案")


async def test_nobody_is_asked_who_has_not_signed(town: Town) -> None:
    await invited(town)
    await taps(town, SU, "同意联名")
    await taps(town, HE, "谢绝联名")
    await taps(town, LIN, "提交")
    await asks(town)
    await town.person(SU).reads("请表态是否同意撤案")
    town.person(HE).reads_nothing_more()


async def test_what_others_were_merged_into_is_not_withdrawn_alone(town: Town) -> None:
    await filed(town)
    await second_passed(town, SU, "关于既有住宅加装电梯的提案")
    await all_have_read(town)
    await tells(town, CHENG, "并案", "20260001")
    await all_have_read(town)
    lin = await tells(town, LIN, "申请撤案")
    await lin.reads("已并入本件办理，不能单独撤案")
    assert await rows(town, Withdrawal) == []


async def test_two_replicas_grant_it_once(town: Town) -> None:
    await town.restart(replicas=2)
    await submitted(town)
    await asks(town)
    await all_have_read(town)
    town.turn_to_replica(1)
    await town.person(CHENG).presses("准予撤案", deliveries=3)
    await town.quiet()
    lin = town.person(LIN)
    await lin.reads("已准予撤案")
    lin.reads_nothing_more()
    assert len(await rows(town, Audit, Audit.event == "grant")) == 1
