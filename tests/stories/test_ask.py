"""待办, 我的提案, 帮助: questions that change nothing, and who may see what."""

from sqlmodel import Session, select

from models.people import Holding
from models.proposal import Proposal
from models.states import Event, State
from simulator.person import Person
from tests.stories.acts import (
    CHENG,
    FANG,
    GONG,
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
    assigned,
    dissatisfied,
    drafted,
    filed,
    first_passed,
    proposal,
    submitted,
    taps,
    tells,
    written,
)
from tests.town import Town


async def asks_to_see(town: Town, who: str, key: int = 1) -> Person:
    """Somebody sends what a row of a list would send."""
    person = town.person(who)
    elements = {"EventKey": f"show|proposal|{key}", "TaskId": "x", "CardType": "button_interaction"}
    await person.causes("template_card_event", elements | {"ResponseCode": "x"})
    await town.quiet()
    return person


async def has_to_do(town: Town, who: str, *words: str) -> Person:
    """待办 names exactly one case, with these words."""
    person = await tells(town, who, "待办")
    await person.reads("有1件等您办", TITLE, *words)
    return person


async def has_nothing_to_do(town: Town, *people: str) -> None:
    for who in people:
        person = await tells(town, who, "待办")
        await person.reads("现在没有等您办的事")


async def test_whoever_has_to_act_sees_it_in_the_list_and_nobody_else(town: Town) -> None:
    await submitted(town)
    await has_to_do(town, WEN, "受理", "3月4日（还有2天）")
    await has_to_do(town, LU, "受理")
    await has_nothing_to_do(town, LIN, SU, SHEN, CHENG, MENG, WEI)
    await taps(town, WEN, "受理", "通过")
    await has_to_do(town, SHEN, "通过")
    await has_nothing_to_do(town, WEN, LU, CHENG)
    await taps(town, SHEN, "通过")
    await has_to_do(town, CHENG, "立案")
    await has_nothing_to_do(town, SHEN)
    await taps(town, CHENG, "立案")
    await has_to_do(town, MENG, "交办", "3月9日（还有7天）")
    await has_to_do(town, YAO, "交办")
    await tells(town, MENG, "交办", "独办", "住建局", "交办")
    await has_to_do(town, WEI, "签收", "3月5日（还有3天）")
    await has_nothing_to_do(town, MENG, YAO, GONG, YAN, LEI, LIN)


async def test_who_acts_on_a_reply_sees_it_in_the_list(town: Town) -> None:
    await acknowledged(town)
    await has_to_do(town, WEI, "登记沟通", "3月23日")
    await taps(town, WEI, "登记沟通")
    await tells(town, WEI, "办前", "1", "今天", "谈过了。")
    lin = await has_to_do(town, LIN, "属实", "云岭市住房和城乡建设局", "3月9日（还有7天）")
    await tells(town, LIN, "1")
    await lin.reads("谈过了。", "属实", "不属实")
    await lin.presses("属实")
    await has_nothing_to_do(town, LIN, YAN, LEI)


async def test_who_signs_a_reply_sees_it_in_the_list(town: Town) -> None:
    await written(town)
    await has_to_do(town, WEI, "送审")
    await taps(town, WEI, "送审")
    await has_to_do(town, LEI, "同意")
    await has_nothing_to_do(town, WEI, YAN)
    await taps(town, LEI, "同意")
    await has_to_do(town, YAN, "签发")
    await taps(town, YAN, "签发")
    await has_to_do(town, LIN, "提交评价", "3月23日")
    await has_to_do(town, WEI, "登记沟通", "3月9日")


async def test_overdue_says_so(town: Town) -> None:
    await submitted(town)
    await town.calendar.turn(days=4)
    await has_to_do(town, WEN, "受理", "3月4日（已逾期2天）")


async def test_the_number_opens_the_case_with_its_buttons(town: Town) -> None:
    await assigned(town)
    await all_have_read(town)
    wei = await has_to_do(town, WEI, "签收")
    await tells(town, WEI, "1")
    await wei.reads("第20260001号", "待签收", TITLE)
    await tells(town, WEI, "99")
    await wei.reads("没有第99项")
    await taps(town, WEI, "签收")
    await wei.reads("已签收")


async def test_the_oldest_deadline_comes_first_and_ten_are_shown(town: Town) -> None:
    await submitted(town)
    row = await proposal(town)

    def many(session: Session) -> None:
        for number in range(2, 14):
            copy = row.model_dump(exclude={"id", "serial_no", "title", "due_on"})
            due = row.due_on.replace(day=32 - number) if row.due_on else None
            title = f"关于第{number}件事的提案"
            session.add(Proposal(**copy, serial_no=f"S2026{number:04}", title=title, due_on=due))

    await town.change(many)
    wen = await tells(town, WEN, "待办")
    told = await wen.reads("有13件等您办", f"1 《{TITLE}》", "2 《关于第13件事的提案》", "还有3件")
    assert "11 " not in told.text
    await tells(town, WEN, "2")
    await wen.reads("关于第13件事的提案", "受理")


async def test_a_member_sees_where_each_proposal_stands(town: Town) -> None:
    lin = await tells(town, LIN, "我的提案")
    await lin.reads("还没有提案", "我要提案")
    for act, state, more in (
        (drafted, "草稿", "继续"),
        (None, "已提交", "提案委工作人员"),
    ):
        if act:
            await act(town)
        else:
            await tells(town, LIN, "提交")
        await all_have_read(town)
        await tells(town, LIN, "我的提案")
        await lin.reads("您有1件提案", TITLE, state, more)
    await tells(town, LIN, "1")
    await lin.reads("S20260001", "已提交", TITLE, "社会建设")


async def test_a_member_sees_the_state_of_every_stage(town: Town) -> None:
    lin = town.person(LIN)
    await filed(town)
    await tells(town, LIN, "我的提案")
    await lin.reads("第20260001号", "已立案待交办", "交办员")
    await tells(town, MENG, "交办", "主办会办", "住建局、财政局", "交办")
    await tells(town, LIN, "我的提案")
    await lin.reads("办理中", "住房和城乡建设局（主办）待签收", "财政局（会办）待签收")
    await tells(town, WEI, "签收")
    await tells(town, LIN, "我的提案", "1")
    await lin.reads("住房和城乡建设局（主办）办理中", "登记沟通")


async def test_a_member_sees_that_it_is_being_handled_again(town: Town) -> None:
    await dissatisfied(town)
    lin = await tells(town, LIN, "我的提案")
    await lin.reads("二次办理中", "住房和城乡建设局（独办）重办中")


async def test_nobody_sees_a_draft_but_its_author(town: Town) -> None:
    await drafted(town)
    await all_have_read(town)
    for who in (SU, WEN, CHENG, MENG, WEI, FANG):
        person = await asks_to_see(town, who)
        await person.reads("没有查看的权限")
    lin = await asks_to_see(town, LIN)
    await lin.reads("草稿", TITLE)


async def test_a_submitted_proposal_is_seen_by_the_office_and_its_units(town: Town) -> None:
    await filed(town)
    await all_have_read(town)
    for who in (WEN, LU, SHEN, CHENG, MENG, "leader_cppcc1"):
        person = await asks_to_see(town, who)
        await person.reads("第20260001号", TITLE)
    for who in (SU, WEI, YAN, GONG):
        person = await asks_to_see(town, who)
        await person.reads("没有查看的权限")
    await tells(town, MENG, "交办", "独办", "住建局", "交办")
    await all_have_read(town)
    for who in (WEI, LEI, YAN):
        person = await asks_to_see(town, who)
        await person.reads("第20260001号", TITLE)
    gong = await asks_to_see(town, GONG)
    await gong.reads("没有查看的权限")


async def test_a_unit_that_was_released_sees_it_no_longer(town: Town) -> None:
    await assigned(town)
    await tells(town, WEI, "申请调整", "不属我局职责。")
    await tells(town, MENG, "同意", "财政局")
    await all_have_read(town)
    wei = await asks_to_see(town, WEI)
    await wei.reads("没有查看的权限")
    gong = await asks_to_see(town, GONG)
    await gong.reads(TITLE)


async def test_a_proposal_that_does_not_exist(town: Town) -> None:
    lin = await asks_to_see(town, LIN, 4711)
    await lin.reads("没有找到这一件", "待办")


async def test_help_fits_the_role(town: Town) -> None:
    lin, wei = await tells(town, LIN, "帮助"), await tells(town, WEI, "帮助")
    await lin.reads("我要提案", "我的提案", "待办", "继续", "取消")
    told = await wei.reads("待办", "签收")
    assert "我要提案" not in told.text
    for word in ("？", "?"):
        await tells(town, LIN, word)
        await lin.reads("我要提案——")


async def test_whoever_opens_the_chat_is_greeted_once(town: Town) -> None:
    lin = town.person(LIN)
    await lin.enters()
    await lin.reads("林知夏，您好", "提案通", "我要提案")
    for _ in range(2):
        await town.quiet()
        await town.calendar.turn(days=1)
        await town.restart()
        await lin.enters()
    await town.quiet()
    lin.reads_nothing_more()
    await assigned(town)
    wei = town.person(WEI)
    wei.skips_to_the_end()
    await wei.enters()
    await wei.reads("危听澜，您好", "有1件事等您办", "待办")


async def test_words_nobody_understands(town: Town) -> None:
    for said in ("你好", "明天下雨吗", "5", "12345678901234567890"):
        lin = await tells(town, LIN, said)
        await lin.reads("没有听懂", "帮助")


async def test_every_button_may_be_typed(town: Town) -> None:
    """Nobody who has nothing to do is left without an answer, whatever they type."""
    await submitted(town)
    await all_have_read(town)
    for event in Event:
        if event not in {Event.LAPSE}:
            su = await tells(town, SU, event.value)
            await su.reads("没有", "待办")
    assert (await proposal(town)).state is State.SUBMITTED


async def test_the_administrator_hears_of_an_empty_desk(town: Town) -> None:
    def nobody_reviews(session: Session) -> None:
        for held in session.exec(select(Holding).where(Holding.role == "pc_reviewer")):
            session.delete(held)

    await town.change(nobody_reviews)
    await first_passed(town)
    await town.person(FANG).reads(TITLE, "提案委复审人", "名单里没有", "补上名单")


async def test_the_administrator_sees_what_could_not_be_delivered(town: Town) -> None:
    town.platform.switches.out_of_range.add(LIN)
    await submitted(town)
    fang = await tells(town, FANG, "待办")
    await fang.reads("需要您处理", "林知夏", "没有送到", "可见范围")
    lu = await tells(town, LU, "待办")
    told = await lu.reads("有1件等您办")
    assert "没有送到" not in told.text
