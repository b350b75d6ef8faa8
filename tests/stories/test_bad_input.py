"""What people, phones and strangers send that was not asked for: a clear word, and nothing is lost."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator

import aiohttp
import psycopg
import pytest
import sqlalchemy as sa
from sqlmodel import Session

from models.handling import Assignment, Reply
from models.messages import Incoming
from models.proposal import Proposal
from models.states import Handling, State
from simulator import wire
from simulator.person import Person
from simulator.platform import NotDelivered
from simulator.records import Someone
from tests.stories.acts import (
    ANSWERS,
    CHENG,
    GONG,
    LIN,
    MENG,
    SU,
    TITLE,
    WEI,
    WEN,
    YAN,
    all_have_read,
    assigned,
    assignment,
    consulted,
    drafted,
    everybody_is_at_rest,
    forges,
    proposal,
    rows,
    submitted,
    taps,
    tells,
)
from tests.town import Town


def at_the_analysis(said: int = 3) -> tuple[str, ...]:
    return ("我要提案", *ANSWERS[:said])


# --- words ------------------------------------------------------------------------------------------------------------


async def test_a_title_of_two_hundred_characters(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", "长" * 200)
    await lin.reads("案由有200个字", "缩到50个字以内")
    await tells(town, LIN, TITLE)
    await lin.reads("（2/8）")
    assert (await proposal(town)).title == TITLE


async def test_an_end_sign_with_nothing_before_it(town: Town) -> None:
    lin = await tells(town, LIN, *at_the_analysis(2), "完")
    await lin.reads("还没有写情况分析", "再回复“完”")
    await tells(town, LIN, "有了。", "完")
    await lin.reads("（4/8）")
    await tells(town, LIN, "完")
    await lin.reads("还没有写具体建议")


async def test_nothing_to_read(town: Town) -> None:
    lin = await tells(town, LIN, *at_the_analysis(2))
    for said in ("👍👍👍", "🏠", "……", "！！！", "   "):
        await tells(town, LIN, said)
        await lin.reads("没有读到文字")
    await tells(town, LIN, "有了。", "完")
    await lin.reads("（4/8）")
    assert (await proposal(town)).analysis == "有了。"


async def test_words_that_look_like_xml(town: Town) -> None:
    nasty = "]]></Content><X>关于&amp;<b>的提案"
    lin = await tells(town, LIN, "我要提案", nasty)
    await lin.reads("（2/8）")
    assert (await proposal(town)).title == nasty
    await tells(town, LIN, *ANSWERS[1:])
    await lin.reads("请看一遍", "]]>", "的提案")
    await tells(town, LIN, "提交")
    await lin.reads("提交成功")
    await town.person(WEN).reads("有新提案待受理")
    assert town.platform.violations == []


async def test_a_link_smuggled_into_a_proposal_is_shown_as_words(town: Town) -> None:
    link = '<a href="http://evil.example">点这里</a>'
    lin = await tells(town, LIN, *at_the_analysis(2), f"请看{link}", "完", *ANSWERS[4:])
    shown = await lin.reads("请看一遍", "点这里")
    assert '<a href="http://evil.example' not in shown.text


async def test_six_thousand_characters_in_three_messages(town: Town) -> None:
    await consulted(town)
    await taps(town, WEI, "写答复")
    wei = await tells(town, WEI, "A", "一" * 2000, "二" * 2000)
    await wei.reads("收到，共4000字")
    await tells(town, WEI, "三" * 2000)
    await wei.reads("最多5000字", "4000字", "完")
    await tells(town, WEI, "三" * 1000, "完")
    await wei.reads("已写答复")
    [reply] = await rows(town, Reply)
    assert reply.text == "\n".join(("一" * 2000, "二" * 2000, "三" * 1000))
    await taps(town, WEI, "送审")
    await taps(town, "u10_review", "同意")
    await all_have_read(town)
    await taps(town, YAN, "签发")
    read = "".join(shown.text for shown in town.person(LIN).unread)
    assert [read.count(ch) for ch in "一二三"] == [2000, 2000, 1000]
    assert town.platform.violations == []


async def test_six_thousand_characters_of_a_draft_are_all_kept(town: Town) -> None:
    lin = await tells(town, LIN, *at_the_analysis(2), *(ch * 2000 for ch in "一二三"), *ANSWERS[3:])
    await lin.reads("收到，共6000字")
    await lin.reads("请看一遍", "超过2000字")
    assert len("".join((await proposal(town)).analysis.split())) == 6000


async def test_a_suggestion_that_is_too_long(town: Town) -> None:
    lin = await tells(town, LIN, *at_the_analysis(4), "第一条。", "长" * 2501)
    await lin.reads("这一条有2501字", "分成几条")
    await tells(town, LIN, "第二条。", "完")
    await lin.reads("（5/8）")
    assert (await proposal(town)).suggestions == ["第一条。", "第二条。"]


async def test_full_width_digits_and_full_stops(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案。", TITLE, "４")
    await lin.reads("（3/8）")
    assert (await proposal(town)).category == "社会建设"
    await tells(town, LIN, "老人下楼难。", "完。", "修好它。", "完！", "跳过。", "１", "１．", "1、")
    await lin.reads("请看一遍")
    await tells(town, LIN, "提交。")
    await lin.reads("提交成功")
    wen = await tells(town, WEN, "待办！", "１")
    await wen.reads("有1件等您办")
    await wen.reads(TITLE, "受理")


# --- not words --------------------------------------------------------------------------------------------------------


async def test_films_and_places_where_words_are_asked(town: Town) -> None:
    lin = await tells(town, LIN, *at_the_analysis(2))
    await all_have_read(town)
    for kind, elements in (
        ("video", {"MediaId": "m2", "ThumbMediaId": "t2"}),
        ("location", {"Location_X": "25.0", "Location_Y": "102.7", "Scale": "16", "Label": "青溪路"}),
        ("link", {"Title": "新闻", "Description": "。", "Url": "http://x.example", "PicUrl": "http://x.example/p"}),
    ):
        await lin.sends(kind, elements)
        await lin.reads("需要文字", "用文字")
        await lin.reads("（3/8）")
    await tells(town, LIN, "老人下楼难。", "完")
    await lin.reads("（4/8）")
    assert (await proposal(town)).analysis == "老人下楼难。"


async def test_a_picture_out_of_the_blue(town: Town) -> None:
    lin = town.person(LIN)
    await lin.sends_picture()
    await lin.reads("只能读文字", "帮助")


async def test_events_that_ask_nothing_are_met_with_silence(town: Town) -> None:
    lin = town.person(LIN)
    await lin.causes("LOCATION", {"Latitude": "25.0", "Longitude": "102.7", "Precision": "10"})
    await lin.causes("something_new", {"EventKey": "x"})
    await lin.sends("hologram", {"Beam": "1"})
    await town.quiet()
    lin.reads_nothing_more()
    await tells(town, LIN, "帮助")
    await lin.reads("我要提案")


# --- presses ----------------------------------------------------------------------------------------------------------


async def test_a_press_on_yesterdays_card(town: Town) -> None:
    await submitted(town)
    wen = town.person(WEN)
    card = await wen.reads("有新提案待受理")
    await taps(town, WEN, "受理", "通过")
    await town.calendar.turn(days=1)
    await all_have_read(town)
    await forges(town, WEN, card, "受理")
    await wen.reads("已经过时", "复审中", "待办")
    await everybody_is_at_rest(town)
    assert (await proposal(town)).state is State.SECOND_REVIEW


@pytest.mark.cards_only("a number typed answers the question that is open, not an earlier one")
async def test_a_press_on_a_question_of_an_earlier_draft(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", TITLE)
    card = await lin.reads("（2/8）", "类别")
    await tells(town, LIN, *ANSWERS[1:], "提交")
    await tells(town, LIN, "我要提案", "关于公厕的提案")
    await all_have_read(town)
    await forges(town, LIN, card, "经济建设")
    await lin.reads("已经答过了")
    await lin.reads("（2/8）")
    await town.quiet()
    assert (await proposal(town)).category == ""


@pytest.mark.cards_only("forged: nobody can type a number out of somebody else's message")
async def test_a_press_by_somebody_else(town: Town) -> None:
    await submitted(town)
    card = await town.person(WEN).reads("有新提案待受理")
    await all_have_read(town)
    for who in (LIN, SU, CHENG, MENG, WEI):
        person = await forges(town, who, card, "受理")
        await person.reads("由提案委工作人员来办")
    assert (await proposal(town)).state is State.SUBMITTED
    assert (await proposal(town)).accepted_by == ""


@pytest.mark.cards_only("forged: nobody can type a number out of somebody else's message")
async def test_a_press_by_another_unit(town: Town) -> None:
    await assigned(town)
    card = await town.person(WEI).reads("新的承办任务")
    for who in (GONG, YAN, LIN, WEN):
        person = await forges(town, who, card, "签收")
        await person.reads("由承办单位联络员来办")
        await forges(town, who, card, "申请调整")
        await person.reads("由承办单位联络员来办")
    assert (await assignment(town)).state is Handling.PENDING_ACK


@pytest.mark.cards_only("forged: nobody can type a number out of somebody else's message")
async def test_a_press_on_somebody_elses_question(town: Town) -> None:
    await tells(town, LIN, "我要提案", TITLE)
    card = await town.person(LIN).sees("（2/8）", "类别")
    su = await forges(town, SU, card, "经济建设")
    await su.reads("已经答过了")
    await tells(town, LIN, "4")
    assert (await proposal(town)).category == "社会建设"


@pytest.mark.cards_only("events that no card of ours causes")
async def test_a_button_that_is_none_of_ours(town: Town) -> None:
    await submitted(town)
    await all_have_read(town)
    wen = town.person(WEN)
    elements = {"TaskId": "t-1", "CardType": "button_interaction", "ResponseCode": "x"}
    for key in (
        "",
        "do|proposal|1|ACCEPT",
        "do|proposal|x|ACCEPT|1",
        "do|proposal|1|FLY|1",
        "do|town|1|ACCEPT|1",
        "do|proposal|99999999999999999999|ACCEPT|1",
        "show|proposal|99999999999999999999",
        "found|s14%00",
        "开门",
    ):
        await wen.causes("template_card_event", elements | {"EventKey": key})
        await wen.reads("这个按钮已经不用了", "待办")
    await wen.causes("template_card_event", elements | {"EventKey": "rate|1|1"})  # there is no such task
    await wen.reads("待办")
    await everybody_is_at_rest(town)
    assert (await proposal(town)).state is State.SUBMITTED


# --- strangers --------------------------------------------------------------------------------------------------------


@pytest.mark.cards_only("forged: nobody can type a number out of somebody else's message")
async def test_a_person_nobody_imported(town: Town) -> None:
    await submitted(town)
    card = await town.person(WEN).reads("有新提案待受理")
    someone = Someone("NewHere01", "新来的", group="委员")
    town.platform.people["newhere01"] = someone
    town.platform._persons["newhere01"] = Person(town.platform, someone)
    stranger = await tells(town, "NewHere01", "我要提案")
    await stranger.reads("名单里还没有您的账号", "方可期")
    await stranger.enters()
    await town.quiet()
    stranger.reads_nothing_more()
    await forges(town, "NewHere01", card, "受理")
    await stranger.reads("名单里还没有您的账号")
    assert [row.proposer for row in await rows(town, Proposal)] == [LIN]
    assert (await proposal(town)).state is State.SUBMITTED


async def test_a_callback_for_another_agent(town: Town) -> None:
    town.platform.switches.retries = 0
    lin, ours = town.person(LIN), town.platform.agent_id
    town.platform.agent_id = ours + 1
    with pytest.raises(NotDelivered, match="403"):
        await lin.says("我要提案")
    town.platform.agent_id = ours
    await town.quiet()
    lin.reads_nothing_more()
    assert await rows(town, Incoming) == []
    await tells(town, LIN, "我要提案")
    await lin.reads("（1/8）")


async def test_a_callback_for_another_corp(town: Town) -> None:
    town.platform.switches.retries = 0
    lin, ours = town.person(LIN), town.platform.corp_id
    town.platform.corp_id = "wwsomebodyelse0001"
    with pytest.raises(NotDelivered, match="403"):
        await lin.says("我要提案")
    town.platform.corp_id = ours
    assert await rows(town, Incoming) == []


async def test_garbage_half_a_letter_and_ten_megabytes(town: Town) -> None:
    await submitted(town)
    before = len(await rows(town, Incoming))
    encrypt = town.platform.seal.encrypt(wire.xml({"MsgType": "text"}))
    stamp = str(int(town.calendar.now().timestamp()))
    signed = {"timestamp": stamp, "nonce": "1", "msg_signature": town.platform.seal.sign(stamp, "1", encrypt)}
    whole = wire.envelope(town.platform.corp_id, town.platform.agent_id, encrypt)
    url = f"{town.address}/wecom/callback"
    async with aiohttp.ClientSession() as session:
        for query, body, status in (
            ({}, b"", 400),
            ({}, b"\x00\xff" * 500, 400),
            (signed, b"\x00\xff" * 500, 400),
            (signed, whole[: len(whole) // 2].encode(), 400),
            (signed, b"<xml></xml>", 400),
            (signed | {"nonce": "2"}, whole.encode(), 403),
            (signed | {"msg_signature": "0" * 40}, whole.encode(), 403),
            (signed, whole.encode(), 400),  # well sealed, but there is nobody in it
        ):
            async with session.post(url, params=query, data=body) as answer:
                assert answer.status == status, body[:40]
                assert await answer.text() == ""
        with contextlib.suppress(aiohttp.ClientOSError):  # it may hang up before we have sent it all
            async with session.post(url, params=signed, data=b"x" * 10_000_000) as answer:
                assert answer.status == 413
        async with session.post(f"{town.address}/nowhere") as answer:
            assert answer.status in {404, 405}
        async with session.get(f"{town.address}/healthz") as answer:
            assert answer.status == 200
    assert len(await rows(town, Incoming)) == before
    await taps(town, WEN, "受理")
    assert (await proposal(town)).state is State.FIRST_REVIEW


async def test_an_old_letter_sent_again(town: Town) -> None:
    await submitted(town)
    old = town.platform.callbacks[-1]
    encrypt = town.platform.seal.encrypt(old.xml)
    stamp = str(int(town.calendar.now().timestamp()))
    town.calendar.let_pass(20 * 60)
    signed = {"timestamp": stamp, "nonce": "1", "msg_signature": town.platform.seal.sign(stamp, "1", encrypt)}
    body = wire.envelope(town.platform.corp_id, town.platform.agent_id, encrypt)
    url = f"{town.address}/wecom/callback"
    async with aiohttp.ClientSession() as session, session.post(url, params=signed, data=body) as answer:
        assert answer.status == 403


# --- things break -----------------------------------------------------------------------------------------------------


@pytest.mark.not_on_pages("while the platform is down nobody can log in")
async def test_the_platform_is_down_for_ten_minutes(town: Town) -> None:
    await submitted(town)
    await all_have_read(town)
    town.platform.switches.break_down(refuse=True)
    await taps(town, WEN, "受理")
    await tells(town, WEN, "通过")
    await tells(town, LIN, "我的提案")
    for _ in range(10):
        await town.calendar.turn(minutes=1)
    await everybody_is_at_rest(town)
    assert (await proposal(town)).state is State.SECOND_REVIEW
    town.platform.switches.repair()
    for _ in range(6):
        await town.calendar.turn(minutes=1)
    wen, lin = town.person(WEN), town.person(LIN)
    assert lin.unread[0].text.startswith("您有1件提案")  # what somebody waits for overtakes what nobody asked
    await lin.reads("已受理")
    await wen.reads("已通过")
    await town.person("m001").reads("请复审")
    await all_have_read(town)
    await taps(town, "m001", "通过")
    await town.person(CHENG).reads("请终审")
    said = [shown.text for shown in lin.inbox if "已受理，正在初审" in shown.text]
    assert len(said) == 1


@pytest.mark.parametrize("fault", [{"status": 502}, {"errcode": 45009}, {"lose_answer": True}])
async def test_the_platform_stumbles_three_times(town: Town, fault: dict[str, int]) -> None:
    await drafted(town)
    await all_have_read(town)
    town.platform.switches.break_down("message/send", times=3, **fault)  # type: ignore[arg-type]
    lin = await tells(town, LIN, "提交")
    for _ in range(8):
        await town.calendar.turn(minutes=1)
    await lin.reads("提交成功", "S20260001")
    await town.person(WEN).reads("有新提案待受理")
    await taps(town, WEN, "受理")
    assert (await proposal(town)).state is State.FIRST_REVIEW
    shown = sum("有新提案待受理" in shown.text for shown in town.person(WEN).inbox)
    assert shown == 1 or (town.door == "words" and shown == 2)  # a card is never shown twice, a text at most twice


@contextlib.contextmanager
def somebody_holds_the_inbox(town: Town) -> Iterator[None]:
    """Another program has the database to itself."""
    url = sa.engine.make_url(town.settings.database.url)
    if town.app.store.is_sqlite:
        other = sqlite3.connect(str(url.database), isolation_level=None, timeout=0, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()
    else:
        with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
            connection.execute("LOCK TABLE incoming IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()


async def test_the_database_is_locked_for_two_seconds(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案")
    with contextlib.ExitStack() as held:
        held.enter_context(somebody_holds_the_inbox(town))
        asyncio.get_running_loop().call_later(2, held.close)
        await lin.says(TITLE)
    await lin.reads("（2/8）")
    assert town.platform.callbacks[-1].answers == ["200"]
    assert (await proposal(town)).title == TITLE


async def refused(town: Town) -> None:
    """Wait until the bot has turned the platform away with 503."""
    known = len(town.platform.callbacks)
    async with asyncio.timeout(8):
        while len(town.platform.callbacks) == known or not town.platform.callbacks[-1].answers:  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # the platform tells nobody that it was turned away
    assert town.platform.callbacks[-1].answers[0] in {"503", "timeout"}  # on a busy machine its five seconds are over


async def test_the_database_is_locked_longer_than_the_platform_waits(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案")
    town.platform.switches.retry_spacing = 0.1
    with contextlib.ExitStack() as held:
        held.enter_context(somebody_holds_the_inbox(town))
        saying = asyncio.create_task(lin.says(TITLE))
        await refused(town)
        held.close()
        await saying
    await lin.reads("（2/8）")
    await town.quiet()
    assert [row.title for row in await rows(town, Proposal)] == [TITLE]


@contextlib.asynccontextmanager
async def no_room_on_the_disk(town: Town) -> AsyncIterator[None]:
    """SQLite may not grow; a PostgreSQL in the cloud turns read-only when its disk is full."""
    if town.app.store.is_sqlite:

        def size(pages: int) -> None:
            def work(session: Session) -> None:
                session.connection().exec_driver_sql(f"PRAGMA max_page_count={pages}")

            town.app.store.write(work)

        await asyncio.to_thread(size, 1)
        yield
        await asyncio.to_thread(size, 1_000_000)
        return
    url = sa.engine.make_url(town.settings.database.url)

    def read_only(word: str) -> None:
        with psycopg.connect(
            url.set(database="postgres").render_as_string(hide_password=False), autocommit=True
        ) as other:
            other.execute(f'ALTER DATABASE "{url.database}" SET default_transaction_read_only={word}')
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.database])

    await asyncio.to_thread(read_only, "on")
    yield
    await asyncio.to_thread(read_only, "off")


async def test_the_disk_is_full(town: Town) -> None:
    lin = await tells(town, LIN, *at_the_analysis(2))
    town.platform.switches.retry_spacing = 0.1
    async with no_room_on_the_disk(town):
        saying = asyncio.create_task(lin.says("长" * 3000))
        await refused(town)
        await town.app.tick()  # nobody can write: not the clock, not the workers, not the outbox
        await town.look(lambda session: session.get(Proposal, 1))
    await saying
    await lin.reads("收到，共3000字")
    await tells(town, LIN, "完")
    await lin.reads("（4/8）")
    assert len((await proposal(town)).analysis) == 3000
    async with aiohttp.ClientSession() as session, session.get(f"{town.address}/healthz") as answer:
        assert answer.status == 200


async def test_the_database_goes_away_and_comes_back(town: Town) -> None:
    """PostgreSQL ends every connection (a restart, a fail-over); SQLite's file is held for a moment."""
    await submitted(town)
    if town.app.store.is_sqlite:
        with somebody_holds_the_inbox(town):
            await town.look(lambda session: session.get(Proposal, 1))
    else:
        url = sa.engine.make_url(town.settings.database.url)
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    await taps(town, WEN, "受理")
    assert (await proposal(town)).state is State.FIRST_REVIEW
    assert await rows(town, Assignment) == []
