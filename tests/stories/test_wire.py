"""The wire between: repetitions, replicas, cards that tell what became of them, limits, and people who see no cards."""

from itertools import pairwise

import aiohttp
import psycopg
import pytest
import sqlalchemy as sa
from sqlmodel import Session

from bot.app import MENU
from models.audit import Audit
from models.handling import Assignment, Rating, Reply
from models.messages import Incoming, Outgoing, Wait
from models.people import Person as Listed
from models.proposal import Proposal
from models.states import Handling, State, Verdict
from simulator.records import Shown
from tests.stories.acts import (
    ANSWERS,
    CHENG,
    GONG,
    LEI,
    LIN,
    LU,
    MENG,
    SHEN,
    TITLE,
    WEI,
    WEN,
    YAN,
    YAO,
    acknowledged,
    all_have_read,
    assigned,
    assignment,
    filed,
    forges,
    proposal,
    rates,
    rows,
    submitted,
    tap_on,
    taps,
    tells,
    the_menu_is_there,
)
from tests.town import Town

LIFE = ["submit", "accept", "pass", "pass", "file", "assign", "acknowledge", "record", "confirm", "record", "confirm"]
LIFE += ["write", "send_up", "agree", "issue", "rate"]


async def lives(town: Town) -> None:
    """A proposal's whole life, pressed where one can press."""
    await town.does(
        LIN,
        lambda lin: lin.says("我要提案"),
        lambda lin: lin.says(TITLE),
        lambda lin: lin.presses("社会建设"),
        *(lambda lin, words=words: lin.says(words) for words in ANSWERS[2:7]),
        lambda lin: lin.presses("是"),
        lambda lin: lin.presses("同意"),
        lambda lin: lin.presses("不涉密"),
        lambda lin: lin.presses("提交"),
    )
    await taps(town, WEN, "受理", "通过")
    await taps(town, SHEN, "通过")
    await taps(town, CHENG, "立案")
    await taps(town, MENG, "交办", "独办")
    await tells(town, MENG, "住建局")
    await taps(town, MENG, "交办")
    await taps(town, WEI, "签收")
    for stage in ("办前", "办中"):
        await taps(town, WEI, "登记沟通", stage)
        await tells(town, WEI, "1", "今天", f"{stage}谈过了。")
        await taps(town, LIN, "属实")
    await taps(town, WEI, "写答复")
    await tells(town, WEI, "A", "已办。", "完")
    await taps(town, WEI, "送审")
    await taps(town, LEI, "同意")
    await taps(town, YAN, "签发")
    await rates(town, "满意")


def heard(town: Town) -> dict[str, list[str]]:
    """Everything that everybody was told."""
    return {
        userid: [shown.text for shown in town.person(userid).inbox if not shown.from_me]
        for userid in town.platform.people
    }


async def lived_properly(town: Town) -> None:
    """Each step was done once, everything said was delivered, and nothing broke the platform's rules."""
    moves = [entry.event for entry in await rows(town, Audit) if entry.actor != "clock" and entry.event != "follow"]
    assert [move for move in moves if move in LIFE] == LIFE
    assert len(await rows(town, Proposal)) == len(await rows(town, Reply)) == len(await rows(town, Rating)) == 1
    assert (await proposal(town)).state is State.CLOSED
    assert all(row.state is Wait.DONE for row in await rows(town, Incoming))
    assert all(row.state is Wait.DONE for row in await rows(town, Outgoing))
    assert town.platform.violations == []
    assert not town.platform.dropped


@pytest.mark.parametrize(("replicas", "at_once"), [(1, False), (2, True)])
async def test_a_whole_life_with_every_callback_delivered_three_times(town: Town, at_once: bool, replicas: int) -> None:
    await town.restart(replicas)
    switches = town.platform.switches
    switches.duplicates, switches.duplicates_at_once = 2, at_once
    if replicas > 1:
        _alternate(town)
    await lives(town)
    await lived_properly(town)
    for userid, texts in heard(town).items():
        assert all(one != other for one, other in pairwise(texts)), userid
    for shown in town.person(LIN).inbox:
        assert "过时" not in shown.text


def _alternate(town: Town) -> None:
    """Every callback goes to another replica than the one before."""
    turns = iter(range(1, 10_000))
    town.platform.on_change.append(
        lambda change: town.turn_to_replica(next(turns)) if change["kind"] == "callback" else None
    )


async def test_repetitions_come_late_and_in_another_order(town: Town) -> None:
    """The platform repeats a press minutes later, when the case has moved on: it is still the same press."""
    await submitted(town)
    await taps(town, WEN, "受理", "通过")
    again = [delivery for delivery in town.platform.callbacks if delivery.person == WEN]
    await all_have_read(town)
    for delivery in reversed(again):
        town.calendar.let_pass(60)
        fields = {k: v for k, v in delivery.fields.items() if k not in {"ToUserName", "FromUserName", "AgentID"}}
        await town.platform.callback(WEN, fields)
    await town.quiet()
    town.person(WEN).reads_nothing_more()
    town.person(SHEN).reads_nothing_more()
    assert (await proposal(town)).state is State.SECOND_REVIEW


# --- cards ------------------------------------------------------------------------------------------------------------


async def cards_of(town: Town, who: str, words: str) -> Shown:
    return await town.person(who).sees(words)


@pytest.mark.cards_only("what becomes of a card on the phone")
async def test_a_card_tells_what_became_of_it(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", TITLE)
    card = await lin.reads("（2/8）")
    await tells(town, LIN, *ANSWERS[1:], "提交")
    assert card.replaced_text == "已答：社会建设"  # answered by typing
    mine, colleagues = await cards_of(town, WEN, "有新提案待受理"), await cards_of(town, LU, "有新提案待受理")
    await taps(town, WEN, "受理")
    assert mine.replaced_text == colleagues.replaced_text == "已受理 · 温以宁 · 3月2日"
    assert not mine.live
    assert not colleagues.live
    await tells(town, LIN, "我要提案", "关于公厕的提案")
    question = await lin.sees("（2/8）", "类别")
    await lin.presses("文化建设")
    await town.quiet()
    assert question.replaced_text == "已选：文化建设"


@pytest.mark.cards_only("what becomes of a card on the phone")
async def test_the_cards_of_everybody_who_could_have_acted_are_settled(town: Town) -> None:
    await filed(town)
    meng, yao = await cards_of(town, MENG, "有提案待交办"), await cards_of(town, YAO, "有提案待交办")
    await town.calendar.turn(days=1)
    await tells(town, YAO, "交办", "独办", "住建局", "交办")
    assert meng.replaced_text == yao.replaced_text == "已交办 · 姚思齐 · 3月3日"
    wei = await cards_of(town, WEI, "新的承办任务")
    await town.calendar.turn(days=1)
    await taps(town, WEI, "签收")
    assert wei.replaced_text == "已签收 · 危听澜 · 3月4日"


@pytest.mark.cards_only("what becomes of a card on the phone")
async def test_a_card_too_old_to_be_changed_does_no_harm(town: Town) -> None:
    await submitted(town)
    lu = await cards_of(town, LU, "有新提案待受理")
    await town.calendar.turn(days=4)  # the platform takes a change for 72 hours
    await taps(town, WEN, "受理")
    assert lu.live  # nobody can change that any more
    await all_have_read(town)
    person = await forges(town, LU, lu, "受理")
    await person.reads("已经过时", "初审中")
    fang = await tells(town, "admin1", "待办")
    told = await fang.reads("没有等您办的事")
    assert "没有送到" not in told.text
    assert town.platform.violations == []


@pytest.mark.cards_only("three taps with their response codes")
async def test_an_answer_comes_to_whoever_presses_before_the_card_has_changed(town: Town) -> None:
    await assigned(town)
    wei = town.person(WEI)
    card = await wei.sees("新的承办任务")
    elements = tap_on(card, "签收", code=town.platform.code_for_tap(WEI, card))
    for _ in range(3):  # an impatient thumb: three presses, each with its own code
        town.calendar.let_pass(1)
        await wei.causes("template_card_event", elements | {"ResponseCode": town.platform.code_for_tap(WEI, card)})
    await town.quiet()
    assert (await assignment(town)).state is Handling.WORKING
    assert [entry.event for entry in await rows(town, Audit)].count("acknowledge") == 1
    assert card.replaced_text
    assert town.platform.violations == []


# --- health, menu, keys -----------------------------------------------------------------------------------------------


async def health(town: Town) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession() as session, session.get(f"{town.address}/healthz") as answer:
        return answer.status, await answer.json()


async def test_health_is_told_in_detail(town: Town) -> None:
    status, told = await health(town)
    assert status == 200
    assert told == {
        "ok": True,
        "database": True,
        "inbox": True,
        "outbox": True,
        "fetcher": True,
        "clock": True,
        "parked": {"incoming": 0, "outgoing": 0, "errcodes": {}},
    }
    town.platform.switches.out_of_range.add(LIN)
    await tells(town, LIN, "帮助")
    status, told = await health(town)
    assert (status, told["ok"]) == (200, True)
    assert told["parked"] == {"incoming": 0, "outgoing": 1, "errcodes": {"81013": 1}}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_health_tells_when_the_database_is_gone(town: Town) -> None:
    url = sa.engine.make_url(town.settings.database.url)
    others = url.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(others, autocommit=True) as other:
        other.execute(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false')
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.database])
        status, told = await health(town)
        assert (status, told["ok"], told["database"]) == (503, False, False)
        other.execute(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true')
    status, told = await health(town)
    assert (status, told["ok"]) == (200, True)
    await tells(town, LIN, "帮助")
    await town.person(LIN).reads("我要提案")


async def test_the_menu_is_made_once(town: Town) -> None:
    await the_menu_is_there(town)
    assert town.platform.menu == MENU
    await town.restart(replicas=2)
    await tells(town, LIN, "帮助")
    made = [call for call in town.platform.calls if call.path == "menu/create"]
    assert len(made) == 1


async def test_the_administrator_saves_the_address_of_the_callback(town: Town) -> None:
    assert await town.platform.verify_callback()
    town.platform.switches.strict_verification = False
    assert await town.platform.verify_callback()


@pytest.mark.parametrize("errcode", [40014, 42001])
async def test_the_token_dies_before_its_time(town: Town, errcode: int) -> None:
    town.platform.switches.killed_token_errcode = errcode  # type: ignore[assignment]
    for word in ("帮助", "待办", "我的提案"):
        town.platform.kill_token()
        await tells(town, LIN, word)
    lin = town.person(LIN)
    await lin.reads("我要提案——")
    await lin.reads("没有等您办的事")
    await lin.reads("还没有提案")
    assert town.platform.violations == []


async def test_forty_reminders_on_one_morning_are_all_delivered(town: Town) -> None:
    """A member may get thirty messages a minute; what is more the platform drops without a word."""
    await acknowledged(town)
    task, about = await assignment(town), await proposal(town)

    def many(session: Session) -> None:
        for number in range(2, 42):
            copy = about.model_dump(exclude={"id", "serial_no", "proposal_no"})
            row = Proposal(**copy, serial_no=f"S2026{number:04}", proposal_no=f"2026{number:04}")
            session.add(row)
            session.flush()
            session.add(Assignment(**task.model_dump(exclude={"id", "proposal_id"}), proposal_id=row.id))

    await town.change(many)
    await all_have_read(town)
    await town.calendar.turn(days=14)
    wei = town.person(WEI)
    wei.skips_to_the_end()
    await tells(town, WEI, "帮助")  # an answer overtakes what nobody waits for
    await wei.reads("待办——")
    for _ in range(4):
        await town.calendar.turn(minutes=1)
    told = {shown.text for shown in wei.inbox if "办前沟通剩5个工作日" in shown.text}
    assert len(told) == 41
    assert not town.platform.dropped


# --- people who see no cards ------------------------------------------------------------------------------------------


async def everybody_reads_in_wechat(town: Town) -> None:
    """Cards and markdown do not show there: everybody is marked so in the roster."""

    def work(session: Session) -> None:
        for userid in town.platform.people:
            person = session.get(Listed, userid)
            if person:
                person.plain = True
                session.add(person)

    await town.change(work)
    for userid in town.platform.people:
        await town.platform.set_on_plugin(userid, True)


@pytest.mark.cards_only("tells of words by itself")
async def test_people_without_cards_live_a_whole_life_with_typed_words(town: Town) -> None:
    await everybody_reads_in_wechat(town)
    lin = await tells(town, LIN, "我要提案", TITLE)
    await lin.reads("类别", "1 经济建设", "6 其他")
    await tells(town, LIN, "4", *ANSWERS[2:7])
    await lin.reads("是否调研", "1 是", "2 否")
    await tells(town, LIN, "1", "1", "1")
    await lin.reads("请看一遍", "1 提交", "2 修改", "3 存草稿")
    await tells(town, LIN, "1")
    await lin.reads("提交成功")
    wen = town.person(WEN)
    await wen.reads("【有新提案待受理】", TITLE, "请回复数字", " 受理", "查看")
    await tells(town, WEN, "受理")
    await lin.reads("已受理")
    await wen.reads("请回复数字", " 通过", " 退回修改")
    await tells(town, WEN, "通过")
    await town.person(SHEN).reads("【请复审】", "请回复数字", " 通过", " 退回修改")
    await tells(town, SHEN, "通过")
    await town.person(CHENG).reads("【请终审】", "请回复数字", " 立案", " 退回修改", " 不予立案", " 并案")
    await tells(town, CHENG, "立案")
    await lin.reads("已立案", "第20260001号")
    meng = town.person(MENG)
    await meng.reads("【有提案待交办】", "请回复数字", " 交办")
    await tells(town, MENG, "交办")
    await meng.reads("1 独办", "2 主办会办", "3 分办")
    await tells(town, MENG, "2", "住建局、财政局")
    await meng.reads("请核对", "1 交办", "2 修改", "3 取消")
    await tells(town, MENG, "1")
    wei, gong = town.person(WEI), town.person(GONG)
    await gong.reads("【新的承办任务】", "会办", "请回复数字", " 签收", " 申请调整")
    await tells(town, GONG, "签收", "写会办意见", "同意。", "完")
    await wei.reads("【新的承办任务】", "请回复数字", " 签收", " 申请调整")
    await tells(town, WEI, "签收")
    await lin.reads("已签收", "请回复数字", " 免予沟通")
    for stage in ("1", "2"):
        await tells(town, WEI, "登记沟通", stage, "6", "今天", "谈过了。")
        await lin.reads("沟通】", "谈过了。", "请回复数字", " 属实", " 不属实")
        await tells(town, LIN, "属实")
    await tells(town, WEI, "写答复")
    await wei.reads("1 A 已解决", "4 D 留作参考")
    await tells(town, WEI, "1", "已办。", "完", "送审")
    await town.person(LEI).reads("【答复待复核】", "请回复数字", " 同意", " 退回")
    await tells(town, LEI, "同意")
    await town.person(YAN).reads("【答复待签发】", "请回复数字", " 签发", " 同意", " 退回")
    await tells(town, YAN, "签发")
    await lin.reads("云住建提〔2026〕1号")
    await lin.reads("请评价提案办理", "办理态度：满意／基本满意／不满意", " 提交评价")
    await tells(town, LIN, "提交评价", "1", "2", "3")
    await lin.reads("原因是什么")
    await tells(town, LIN, "没有我们小区。")
    await town.person(YAN).reads("【二次办理通知】", "没有我们小区。")
    [kept] = await rows(town, Rating)
    assert (kept.process, kept.result) == (Verdict.BASICALLY_SATISFIED, Verdict.DISSATISFIED)
    assert [person for person in town.platform.people if town.person(person).hidden] == []
    assert town.platform.violations == []


@pytest.mark.cards_only("tells of words by itself")
async def test_reminders_and_lists_without_cards(town: Town) -> None:
    await everybody_reads_in_wechat(town)
    for who, words in (
        (LIN, ("我要提案", *ANSWERS, "提交")),
        (WEN, ("受理", "通过")),
        (SHEN, ("通过",)),
        (CHENG, ("立案",)),
        (MENG, ("交办", "1", "住建局", "1")),
        (WEI, ("签收",)),
    ):
        await tells(town, who, *words)
    await town.calendar.turn(days=14)
    wei = town.person(WEI)
    await wei.reads("【办前沟通剩5个工作日】", "请回复数字", " 登记沟通", " 写答复")
    await tells(town, WEI, "待办")
    await wei.reads("有1件等您办", "1 ")
    await tells(town, WEI, "1")
    await wei.reads("办理中", "请回复数字", " 登记沟通")
    assert wei.hidden == []


@pytest.mark.cards_only("tells of both by itself")
async def test_people_with_and_without_cards_work_on_the_same_case(town: Town) -> None:
    await submitted(town)
    person = await tells(town, LU, "待办")
    await person.reads("有1件等您办")

    def work(session: Session) -> None:
        listed = session.get_one(Listed, LU)
        listed.plain = True
        session.add(listed)

    await town.change(work)
    await town.platform.set_on_plugin(LU, True)
    card = await cards_of(town, WEN, "有新提案待受理")
    await tells(town, LU, "受理")
    await person.reads("已受理", "请回复数字", " 通过", " 退回修改")
    assert card.replaced_text == "已受理 · 鲁知行 · 3月2日"
