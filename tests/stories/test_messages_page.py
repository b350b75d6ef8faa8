"""/p/messages: what the bot has said lately, with what of it can still be chosen, and a place to write."""

import pytest

from models.audit import Audit
from models.conversation import Conversation, Listed
from models.handling import Rating
from models.joint import Signature
from models.messages import Incoming
from models.proposal import Proposal
from models.states import Sign, State
from models.store import Store, StoreDown
from tests.browser import Handset
from tests.doors import ByPage, Sheet
from tests.stories.acts import (
    ANSWERS,
    HE,
    LIN,
    LU,
    SU,
    TITLE,
    WEI,
    WEN,
    all_have_read,
    invited,
    jointly_delivered,
    jointly_submitted,
    rows,
    submitted,
    taps,
    tells,
)
from tests.stories.pages import Phone, browsing, opens
from tests.town import Town

pytestmark = pytest.mark.cards_only("tells of its door by itself")


def can_press(phone: Phone) -> list[str]:
    """What the page offers to press, beside the place to write."""
    return [label for form in Sheet(phone.text).forms for label in form.buttons if label != "发送"]


async def presses(phone: Phone, label: str) -> str:
    """Tap the first button of this name; the page that follows."""
    form = next(form for form in Sheet(phone.text).forms if label in form.buttons)
    return await phone.sends("/p/todo", [*form.hidden.items(), form.buttons[label]])


async def writes(phone: Phone, words: str) -> str:
    """Write into the first place there is; the page that follows."""
    return await phone.sends("/p/todo", [*Sheet(phone.text).forms[0].hidden.items(), ("words", words)])


async def test_the_messages_are_a_page_with_the_buttons_that_are_still_alive(town: Town) -> None:
    await submitted(town)
    status, text = await opens(town, WEN, "/p/messages")
    assert (status, "有新提案待受理" in text, TITLE in text, ">受理</button>" in text) == (200, True, True, True)
    await taps(town, LU, "受理")
    status, text = await opens(town, WEN, "/p/messages")
    assert (status, "有新提案待受理" in text, ">受理</button>" in text) == (200, True, False)
    status, text = await opens(town, WEI, "/p/messages")
    assert (status, "还没有消息" in text, TITLE in text) == (200, True, False)
    status, text = await opens(town, "nobody", "/p/messages")
    assert (status, TITLE in text) == (403, False)


async def test_a_question_that_was_answered_has_no_buttons_any_more(town: Town) -> None:
    await tells(town, LIN, "我要提案", TITLE)
    async with browsing(town, LIN, "/p/messages") as phone:
        assert "社会建设" in can_press(phone)
        await presses(phone, "社会建设")
        await phone.opens("/p/messages")
        assert can_press(phone) == []
    await tells(town, LIN, *ANSWERS[2:8])
    async with browsing(town, LIN, "/p/messages") as phone:
        assert "不同意" in can_press(phone)
        await taps(town, LIN, "同意")
        await phone.opens("/p/messages")
        assert ("不同意" in can_press(phone), "不涉密" in can_press(phone)) == (False, True)


async def test_a_rating_that_was_given_is_not_asked_for_any_more(town: Town) -> None:
    await jointly_delivered(town)
    async with browsing(town, SU, "/p/messages") as phone:
        assert "提交评价" in can_press(phone)
        form = next(form for form in Sheet(phone.text).forms if "提交评价" in form.buttons)
        chosen = [(name, options["满意"]) for name, options in form.selects.values()]
        await phone.sends("/p/todo", [*form.hidden.items(), *chosen, form.buttons["提交评价"]])
        assert "已提交评价" in phone.text
        await phone.opens("/p/messages")
        assert "提交评价" not in can_press(phone)
    assert len(await rows(town, Rating)) == 1


async def test_what_is_pressed_after_going_back_is_something_new(town: Town) -> None:
    """A browser that goes back shows the page it had, token and all: another button on it is another press."""
    await submitted(town)
    await submitted(town, SU, "关于社区食堂的提案")
    async with browsing(town, WEN, "/p/messages") as phone:
        forms = [form for form in Sheet(phone.text).forms if "受理" in form.buttons]
        assert len(forms) == 2
        for form in forms:
            sent = [("token", forms[0].hidden["token"]), form.buttons["受理"]]
            assert "已受理" in await phone.sends("/p/todo", sent)
    assert {row.state for row in await rows(town, Proposal)} == {State.FIRST_REVIEW}


async def test_the_same_words_sent_once_more_from_the_same_page_are_said_to_have_come(town: Town) -> None:
    async with browsing(town, WEN, "/p/messages") as phone:
        before = phone.text
        assert "现在没有等您办的事" in await writes(phone, "待办")
        assert "已经收到过" not in phone.text
        await submitted(town)
        phone.text = before
        again = await writes(phone, "待办")
        assert ("已经收到过，没有重复办" in again, "现在没有等您办的事" in again) == (True, True)
        await phone.opens("/p/messages")
        assert "有1件等您办" in await writes(phone, "待办")
    assert len(await rows(town, Incoming, Incoming.person == WEN)) == 2


# --- who sees no cards ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before",
    [
        pytest.param((), id="at_rest"),
        pytest.param(("我要提案", "关于社区食堂的提案"), id="a_question_with_choices"),
        pytest.param(("我要提案", "关于社区食堂的提案", *ANSWERS[1:4]), id="a_question_for_several"),
        pytest.param(("待办",), id="a_list"),
    ],
)
async def test_a_choice_on_the_page_is_that_choice_whatever_else_its_number_may_mean(
    town: Town, before: tuple[str, ...]
) -> None:
    await town.everybody_types()
    await invited(town, "苏婉宁")
    await tells(town, SU, *before)
    asked = [(row.step, row.answers) for row in await rows(town, Conversation, Conversation.person == SU)]
    async with browsing(town, SU, "/p/messages") as phone:
        assert can_press(phone) == ["同意联名", "谢绝联名"]
        assert "已同意联名" in await presses(phone, "同意联名")
        await phone.opens("/p/messages")
        assert can_press(phone) == []
    assert [place.state for place in await rows(town, Signature)] == [Sign.SIGNED]
    assert [(row.step, row.answers) for row in await rows(town, Conversation, Conversation.person == SU)] == asked


async def test_a_text_that_looks_like_a_choice_is_none(town: Town) -> None:
    await town.everybody_types()
    looks_so = "老人下楼难：\n1 谢绝联名，以后再说\n2 停车位不够"
    await tells(town, LIN, "我要提案", *ANSWERS[:2], looks_so, *ANSWERS[3:], "邀请 苏婉宁")
    async with browsing(town, SU, "/p/messages") as phone:
        assert "1 谢绝联名，以后再说" in phone.text
        assert can_press(phone) == ["同意联名", "谢绝联名"]


async def test_a_number_that_was_typed_is_not_on_the_page_any_more(town: Town, handset: Handset) -> None:
    await town.everybody_types()
    await submitted(town, title="关于<b>老旧</b>小区的提案")
    await submitted(town, SU, "关于社区食堂的提案")
    await all_have_read(town)
    async with browsing(town, WEN, "/p/messages") as phone:
        assert "关于&lt;b&gt;老旧&lt;/b&gt;小区的提案" in phone.text
        assert can_press(phone).count("受理") == 2
        sent = [*Sheet(phone.text).forms[0].hidden.items(), ("words", "1")]
        for _ in range(2):
            assert "已受理" in await phone.sends("/p/todo", sent), "sent twice it is one"
        await phone.opens("/p/messages")
        assert (can_press(phone).count("受理"), can_press(phone).count("通过")) == (1, 1)
        town.person(WEN).door = ByPage(town, handset)
        await taps(town, WEN, "通过")
        await phone.opens("/p/messages")
        assert (can_press(phone).count("受理"), can_press(phone).count("通过")) == (1, 0)
    assert [row.event for row in await rows(town, Audit, Audit.actor == WEN)] == ["accept", "pass"]
    listed = await town.look(lambda session: session.get_one(Listed, WEN).offered)
    taken = {entry["label"] for entry in (listed or {})["given"].values() if "done" in entry}
    assert {"受理", "通过"} <= taken, "a number that was tapped on is free after a while, as one that was typed"


async def test_links_lead_where_the_words_say(town: Town) -> None:
    await town.everybody_types()
    await tells(town, LIN, "我要提案", *ANSWERS)
    async with browsing(town, LIN, "/p/messages") as phone:
        links = {link for link in Sheet(phone.text).links if link.startswith("./") and "static" not in link}
        assert links == {"./todo", "./proposals/1", "./drafts/1"}
        assert '<a href="./drafts/1">在页面上改</a>' in phone.text
        for link in links:
            await phone.opens(f"/p/{link.removeprefix('./')}")
            assert phone.status == 200, link


# --- where to go on, and where not ------------------------------------------------------------------------------------


async def test_no_answer_leads_to_a_page_that_is_not_there(town: Town) -> None:
    """Whoever has just acted may still look at it; whoever has declined may not, and is not sent there."""
    await jointly_submitted(town)
    await tells(town, LIN, "申请撤案", "家里的事已经解决。")
    await invited(town, "苏婉宁", HE, "关于社区食堂的提案")
    for kind, number, label, leads_on in (("withdrawal", 1, "同意撤案", True), ("signature", 3, "谢绝联名", False)):
        async with browsing(town, SU, f"/p/todo/{kind}/{number}") as phone:
            await presses(phone, label)
            if Sheet(phone.text).forms:  # a word to go with it
                await writes(phone, "跳过")
            on = f"/p/todo/{kind}/{number}"
            links = [f"/p/{link.removeprefix('../')}" for link in Sheet(phone.text).links if link.startswith("../")]
            assert (on in links) == leads_on
            for link in links:
                await phone.opens(link)
                assert phone.status == 200, link


# --- bad input, bad days ----------------------------------------------------------------------------------------------


async def test_a_long_text_is_taken_whole_or_not_at_all(town: Town) -> None:
    await tells(town, LIN, "我要提案", *ANSWERS[:2])
    async with browsing(town, LIN, "/p/todo") as phone:
        page = phone.text
        too_long = await writes(phone, "难" * 20_001)
        assert (phone.status, "一共20001字，一次最多20000字，没有收下" in too_long) == (413, True)
        phone.text = page
        assert "共4500字" in await writes(phone, "难" * 4500)
        phone.text = page
        await writes(phone, "难" * 400_000)
        assert (phone.status, "内容太大" in phone.text) == (413, True)


async def test_while_the_store_is_away_the_pages_say_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(store: Store, work: object) -> None:
        raise StoreDown("away")

    async with browsing(town, WEN, "/p/messages") as phone:
        page = phone.text
        shown = (
            "messages",
            "todo",
            "todo/proposal/1",
            "proposals/1",
            "proposals/1/similar",
            "collective",
            "attachments/1",
        )
        for path in (f"/p/{name}" for name in shown):
            with monkeypatch.context() as patched:
                patched.setattr(Store, "read", away)
                await phone.opens(path)
            assert (phone.status, "系统正忙" in phone.text, "回到待办" in phone.text) == (503, True, True), path
        phone.text = page
        with monkeypatch.context() as patched:
            patched.setattr(Store, "read", away)
            await writes(phone, "待办")
        assert (phone.status, "没有保存" in phone.text) == (503, True)
        phone.text = page
        assert "现在没有等您办的事" in await writes(phone, "待办")
