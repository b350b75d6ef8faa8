"""One choice, three doors: a tap on a card, a number typed, a page. What one door has done the others know."""

import gzip
from pathlib import Path

import pytest

import handlers.pages
from models.audit import Audit
from models.handling import Rating
from models.joint import Signature
from models.messages import Incoming
from models.states import Handling, Sign, State, Verdict
from simulator.doors import numbered
from tests.browser import Handset
from tests.doors import ByPage, Sheet
from tests.stories.acts import (
    ANSWERS,
    CHENG,
    GONG,
    HE,
    LIN,
    LU,
    SU,
    TITLE,
    WEI,
    WEN,
    all_have_read,
    assigned,
    assignment,
    delivered,
    everybody_is_at_rest,
    forges,
    invited,
    proposal,
    rates,
    rows,
    submitted,
    taps,
    tells,
)
from tests.stories.pages import browser, browsing, form_of, logged_in, opens
from tests.town import Town

ITSELF = "tells of its door by itself"


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.cards_only(ITSELF)
async def test_a_number_means_one_thing_and_typed_twice_it_is_too_late(town: Town) -> None:
    await town.everybody_types()
    await submitted(town)
    wen = town.person(WEN)
    first = await wen.reads("有新提案待受理", TITLE)
    await submitted(town, SU, "关于社区食堂的提案")
    second = await wen.reads("有新提案待受理", "社区食堂")
    numbers = [*numbered(first.text).values(), *numbered(second.text).values()]
    assert numbers == list(range(1, len(numbers) + 1))
    await tells(town, WEN, str(numbered(second.text)["受理"]))
    answer = await wen.reads("已受理", "社区食堂")
    assert not set(numbered(answer.text).values()) & set(numbers)
    await tells(town, WEN, str(numbered(second.text)["受理"]))
    await wen.reads("这个数字已经过时", "初审中")
    await tells(town, WEN, str(numbered(answer.text)["通过"]), str(numbered(first.text)["受理"]))
    await wen.reads("已通过")
    await wen.reads("已受理", TITLE)
    assert [entry.event for entry in await rows(town, Audit, Audit.actor == WEN)] == ["accept", "pass", "accept"]


@pytest.mark.cards_only(ITSELF)
async def test_what_was_chosen_frees_its_numbers_after_a_while(town: Town) -> None:
    await town.everybody_types()
    await invited(town, "苏婉宁")
    su = town.person(SU)
    asked = await su.reads("邀请您联名", "请回复数字")
    assert numbered(asked.text) == {"同意联名": 1, "谢绝联名": 2}
    await tells(town, SU, "1")
    await su.reads("已同意联名")
    await town.calendar.turn(hours=1)
    await taps(town, LIN, "修改")
    await tells(town, LIN, "修改", "案由", "关于既有住宅加装电梯的提案", "提交")
    again = await su.reads("正文有修改，请重新确认")
    assert numbered(again.text) == {"同意联名": 1, "谢绝联名": 2}


@pytest.mark.cards_only(ITSELF)
async def test_news_between_a_question_and_its_answer_have_numbers_of_their_own(town: Town) -> None:
    await town.everybody_types()
    su = await tells(town, SU, "我要提案", "关于社区食堂的提案")
    question = await su.reads("属于哪个类别")
    await invited(town, "苏婉宁")
    asked = await su.reads("邀请您联名", "请回复数字")
    agree = numbered(asked.text)["同意联名"]
    assert agree > max(numbered(question.text).values())
    await tells(town, SU, str(agree))
    await su.reads("已同意联名")
    await tells(town, SU, "4")
    await su.reads("情况分析")
    assert [row.category for row in await rows(town, type(await proposal(town)))] == ["社会建设", "社会建设"]


@pytest.mark.cards_only(ITSELF)
async def test_a_list_one_asked_for_begins_at_one(town: Town) -> None:
    await town.everybody_types()
    await submitted(town)
    await all_have_read(town)
    wen = await tells(town, WEN, "待办")
    listed = await wen.reads("有1件等您办", "1 《", "也可以点开网页办理")
    assert listed.text.count("\n1 ") == 1
    await tells(town, WEN, "1")
    opened = await wen.reads(TITLE, "请回复数字")
    await tells(town, WEN, str(numbered(opened.text)["受理"]))
    await wen.reads("已受理")
    await tells(town, WEN, "99")
    await wen.reads("没有第99项")


@pytest.mark.cards_only(ITSELF)
async def test_somebody_elses_number_is_nothing(town: Town) -> None:
    await town.everybody_types()
    await assigned(town)
    await all_have_read(town)
    gong = await tells(town, GONG, "1")
    await gong.reads("没有听懂")
    assert (await assignment(town)).state is Handling.PENDING_ACK


# --- pages ------------------------------------------------------------------------------------------------------------


async def test_what_awaits_one_is_a_page(town: Town) -> None:
    await submitted(town)
    status, text = await opens(town, WEN, "/p/todo")
    assert status == 200
    assert f"《{TITLE}》 受理" in text
    status, text = await opens(town, WEN, "/p/todo/proposal/1")
    assert (status, "受理" in text, TITLE in text) == (200, True, True)
    assert (await proposal(town)).state is State.SUBMITTED
    for who in (SU, WEI):
        status, text = await opens(town, who, "/p/todo")
        assert "现在没有等您办的事" in text
        status, text = await opens(town, who, "/p/todo/proposal/1")
        assert (status, TITLE in text) == (404, False)
    for path in ("/p/todo/proposal/99", "/p/todo/town/1", f"/p/said/page:{'0' * 24}-{'0' * 12}"):
        status, text = await opens(town, WEN, path)
        assert (status, "没有找到" in text, "回到待办</a>" in text) == (404, True, True)


@pytest.mark.cards_only(ITSELF)
async def test_a_typed_address_opens_only_what_one_has_a_part_in(town: Town) -> None:
    """The unit may read the proposal, but the wish to withdraw it lies with the director until it is granted."""
    await assigned(town)
    await all_have_read(town)
    await tells(town, LIN, "申请撤案", "家里的事已经解决。")
    for who, seen in ((CHENG, 200), (LIN, 200), (WEI, 404)):
        status, text = await opens(town, who, "/p/todo/withdrawal/1")
        assert (status, "家里的事" in text) == (seen, seen == 200)
        async with browsing(town, who, "/p/messages") as phone:  # nor by a form of one's own making
            said = await phone.sends("/p/todo", phone.form("todo"), words="", key="show|withdrawal|1")
            assert ("家里的事" in said, "没有查看的权限" in said) == (seen == 200, seen != 200)


@pytest.mark.cards_only(ITSELF)
async def test_a_press_on_a_page_is_a_press_and_counts_once(town: Town) -> None:
    await submitted(town)
    wen, lin, lu = town.person(WEN), town.person(LIN), town.person(LU)
    card, colleagues = await wen.reads("有新提案待受理"), await lu.reads("有新提案待受理")
    await all_have_read(town)
    async with browser() as phone:
        data = await form_of(town, phone, WEN, "/p/todo/proposal/1", "受理")
        for _ in range(3):
            async with phone.post(f"{town.address}/p/todo", data=data) as answer:
                assert answer.status == 200
                assert "已受理" in await answer.text()
    await town.quiet()
    await wen.reads("已受理", "通过")
    await lin.reads("已受理")
    await everybody_is_at_rest(town)
    assert card.replaced_text == colleagues.replaced_text == "已受理 · 温以宁 · 3月2日"
    assert [entry.event for entry in await rows(town, Audit, Audit.actor == WEN)] == ["accept"]
    await forges(town, WEN, card, "受理")
    await wen.reads("已经过时")


async def test_a_page_of_yesterday_says_what_a_card_of_yesterday_says(town: Town) -> None:
    await submitted(town)
    async with browser() as phone:
        data = await form_of(town, phone, WEN, "/p/todo/proposal/1", "受理")
        await taps(town, LU, "受理")
        await all_have_read(town)
        async with phone.post(f"{town.address}/p/todo", data=data) as answer:
            assert "已经过时" in await answer.text()
    await town.person(WEN).reads("已经过时", "初审中")


async def test_a_form_is_for_whoever_opened_it(town: Town) -> None:
    await submitted(town)
    await all_have_read(town)
    before = len(await rows(town, Incoming))
    async with browser() as mine, browser() as stranger, browser() as nobody:
        data = await form_of(town, mine, WEN, "/p/todo/proposal/1", "受理")
        await logged_in(town, stranger, LU, "/p/todo")
        for phone, sent in (
            (stranger, data),
            (nobody, data),
            (mine, {**data, "token": data["token"][:-2]}),
            (mine, {**data, "token": ""}),
            (mine, {"token": data["token"]}),
        ):
            async with phone.post(f"{town.address}/p/todo", data=sent) as answer:
                assert answer.status == 400
                assert "页面已过期" in await answer.text()
        town.calendar.let_pass(9 * 3600)
        async with mine.post(f"{town.address}/p/todo", data=data) as answer:
            assert answer.status == 400
    await town.quiet()
    assert len(await rows(town, Incoming)) == before
    await everybody_is_at_rest(town)
    assert (await proposal(town)).state is State.SUBMITTED


@pytest.mark.cards_only(ITSELF)
async def test_a_member_who_sees_no_cards_rates_on_the_page(town: Town, handset: Handset) -> None:
    await delivered(town)
    await tells(town, LIN, "文字版")
    await town.platform.set_on_plugin(LIN, True)
    await all_have_read(town)
    lin = await tells(town, LIN, "待办", "1")
    await lin.reads("请评价提案办理", "也可以点开网页填写")
    lin.door = ByPage(town, handset)
    await rates(town, "不满意")
    await lin.reads("原因是什么")
    await lin.reads("已提交评价")
    [kept] = await rows(town, Rating)
    assert (kept.process, kept.result) == (Verdict.BASICALLY_SATISFIED, Verdict.DISSATISFIED)


async def test_a_question_is_answered_on_the_page_and_goes_on_in_the_chat(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", TITLE)
    async with browser() as phone:
        data = await form_of(town, phone, LIN, "/p/todo", "社会建设")
        async with phone.post(f"{town.address}/p/todo", data=data) as answer:
            text = await answer.text()
        sheet = Sheet(text)
        assert "情况分析" in text
        written = {**sheet.forms[0].hidden, "words": "老人下楼难。<b>"}
        async with phone.post(f"{town.address}/p/todo", data=written) as answer:
            assert "老人下楼难。&lt;b&gt;" in await answer.text()
    await tells(town, LIN, "完", *ANSWERS[4:], "提交")
    await lin.reads("提交成功")
    row = await proposal(town)
    assert (row.category, row.analysis) == ("社会建设", "老人下楼难。<b>")


@pytest.mark.cards_only(ITSELF)
async def test_an_invitation_is_read_and_answered_on_the_page(town: Town, handset: Handset) -> None:
    await invited(town, "苏婉宁")
    su = town.person(SU)
    status, text = await opens(town, SU, "/p/todo/signature/1")
    assert (status, "老人下楼难" in text, "谢绝联名" in text) == (200, True, True)
    status, _ = await opens(town, WEN, "/p/todo/signature/1")
    assert status == 404
    su.door = ByPage(town, handset)
    await taps(town, SU, "同意联名")
    await su.reads("已同意联名")
    assert [place.state for place in await rows(town, Signature)] == [Sign.SIGNED]


# --- what the pages look like -----------------------------------------------------------------------------------------


@pytest.mark.cards_only(ITSELF)
async def test_the_style_is_fetched_packed_and_kept(town: Town) -> None:
    style = Path(handlers.pages.__file__).parent / "static" / "weui.min.css"
    assert gzip.decompress(style.with_suffix(".css.gz").read_bytes()) == style.read_bytes()
    async with browser() as phone, phone.get(f"{town.address}/p/static/weui.min.css") as answer:
        assert (answer.status, answer.headers["Content-Encoding"]) == (200, "gzip")
        assert (answer.headers["Cache-Control"], answer.headers["Content-Type"]) == ("no-cache", "text/css")
        assert await answer.read() == style.read_bytes()
        known = {"If-None-Match": answer.headers["ETag"]}
    async with browser() as phone, phone.get(f"{town.address}/p/static/weui.min.css", headers=known) as answer:
        assert answer.status == 304
    for path, status in (("/p/", 200), ("/p/static/nothing.css", 404)):
        async with browser() as phone, phone.get(f"{town.address}{path}") as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (status, "no-store")


@pytest.mark.cards_only(ITSELF)
async def test_a_form_of_ones_own_making_tells_nothing_of_what_is_no_business_of_ones(town: Town) -> None:
    await assigned(town)
    await tells(town, LIN, "申请撤案", "家里的事已经解决。")
    await tells(town, SU, "我要提案", "关于社区食堂的提案")
    await all_have_read(town)
    for who, key, words in (
        (HE, "do|proposal|2|SUBMIT|0", "不由您办理"),
        (HE, "do|proposal|2|SUBMIT|7", "不由您办理"),
        (HE, "desk|2", "不在这件集体提案的执笔人之列"),
        (WEI, "do|withdrawal|1|GRANT|0", "“准予撤案”由"),
        (HE, "rate|1|0", "评价只能由提案人本人"),
    ):
        async with browsing(town, who, "/p/messages") as phone:
            said = await phone.sends("/p/todo", phone.form("todo"), words="", key=key)
        assert words in said, (key, said)
        assert not any(state in said for state in ("草稿”", "社区食堂", "决定撤案", "待签收")), (key, said)
    assert (await assignment(town)).state is Handling.PENDING_ACK
