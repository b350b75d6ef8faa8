"""What becomes of messages and cards: receivers, limits, repetitions, response codes, updates, recall."""

from typing import Any

import pytest

from simulator import cards
from tests.simulator.conftest import AGENT, Town, buttons, selectors, text


async def test_a_text_arrives_and_has_a_msgid(town: Town) -> None:
    answer = await town.text("wang|LI", "您好")
    assert set(answer) == {"errcode", "errmsg", "msgid"}
    for person in (town.wang, town.li):
        assert (await person.reads("您好")).kind == "text"
        person.reads_nothing_more()
    assert town.platform.violations == []


async def test_bad_receivers_are_named_in_lower_case_and_the_rest_is_sent(town: Town) -> None:
    answer = await town.text("wang|NoBody|Zhao.L", toparty="99", totag="7")
    assert (answer["invaliduser"], answer["invalidparty"], answer["invalidtag"]) == ("nobody", "99", "7")
    assert len(town.wang.inbox) == len(town.zhao.inbox) == 1
    answer = await town.text("NoBody")
    assert (answer["errcode"], answer["invaliduser"]) == (81013, "nobody")
    assert "msgid" not in answer


async def test_members_without_licence(town: Town) -> None:
    town.switches.unlicensed = {"Li"}
    assert (await town.text("wang|li"))["unlicenseduser"] == "li"
    assert town.li.inbox == []
    assert (await town.text("li"))["errcode"] == 81013


async def test_empty_lists_may_be_there_or_not(town: Town) -> None:
    town.switches.empty_lists = "empty"
    assert (await town.text("wang"))["invaliduser"] == ""


async def test_parties_and_everybody(town: Town) -> None:
    ids = {room.name: room.id for room in town.platform.directory.departments.values()}
    body = text("", toparty=str(ids["委员"]))
    del body["touser"]
    assert (await town.post("message/send", body))["errcode"] == 0
    assert [len(p.inbox) for p in (town.wang, town.li, town.zhao)] == [1, 1, 0]
    assert (await town.text("@all"))["errcode"] == 0
    assert [len(p.inbox) for p in (town.wang, town.li, town.zhao, town.chen)] == [2, 2, 1, 1]


async def test_another_agent_is_refused(town: Town) -> None:
    assert (await town.text("wang", agentid=7))["errcode"] == 301002
    assert town.platform.violations


async def test_over_long_text_is_cut_and_noted(town: Town) -> None:
    await town.text("wang", "字" * 700)
    assert len(town.wang.last.text) == 682
    assert town.platform.violations == ["message/send: text.content: too long, cut"]
    town.switches.byte_truncation = False
    assert (await town.text("wang", "字" * 700))["errcode"] == 45002


async def test_a_repetition_is_swallowed_inside_its_interval(town: Town) -> None:
    more = {"enable_duplicate_check": 1, "duplicate_check_interval": 600}
    first = await town.card("wang", buttons("T-1"), **more)
    again = await town.card("wang", buttons("T-1"), **more)
    assert again == {"errcode": 0, "errmsg": "ok", "msgid": first["msgid"]}
    assert len(town.wang.inbox) == 1
    town.switches.duplicate_answer = "whole"
    assert (await town.card("wang", buttons("T-1"), **more)) == first
    assert (await town.card("li", buttons("T-1"), **more))["errcode"] == 42014  # not the same JSON
    await town.calendar.turn(minutes=10)
    assert (await town.card("wang", buttons("T-1"), **more))["errcode"] == 42014  # no longer a repetition
    assert [(await town.text("wang", "同"))["errcode"] for _ in range(2)] == [0, 0]
    assert len(town.wang.inbox) == 3


async def test_a_member_gets_thirty_a_minute_and_a_thousand_an_hour(town: Town) -> None:
    codes = [(await town.text("wang|li" if n < 5 else "wang"))["errcode"] for n in range(33)]
    assert codes == [0] * 33
    assert (len(town.wang.inbox), len(town.li.inbox)) == (30, 5)
    assert [(drop.person, drop.reason) for drop in town.platform.dropped] == [("wang", "minute")] * 3
    await town.calendar.turn(minutes=1)
    await town.text("wang")
    assert len(town.wang.inbox) == 31
    town.switches.member_limits = False
    for _ in range(31):
        await town.text("wang")
    assert len(town.wang.inbox) == 62


async def test_the_hour_of_a_member(town: Town) -> None:
    post = town.platform.post
    for minute in range(35):
        for _ in range(30):
            post.send(text("wang"), text("wang"), callback_url="")
        if minute < 34:
            await town.calendar.turn(minutes=1)
    assert len(town.wang.inbox) == 1000
    assert {drop.reason for drop in town.platform.dropped} == {"hour"}
    await town.calendar.turn(hours=1)
    await town.text("wang")
    assert len(town.wang.inbox) == 1001


async def test_the_day_of_the_app(town: Town) -> None:
    town.switches.accounts_limit = 1  # 200 person-messages
    town.switches.member_limits = False
    for _ in range(100):
        town.platform.post.send(text("wang|li"), text("wang|li"), callback_url="")
    assert (await town.text("wang"))["errcode"] == 45009
    await town.calendar.turn(days=1)
    await town.log_in()
    assert (await town.text("wang"))["errcode"] == 0


async def test_wechat_shows_neither_cards_nor_markdown(town: Town) -> None:
    markdown = {"touser": "chen|wang", "agentid": AGENT, "msgtype": "markdown", "markdown": {"content": "**a**"}}
    assert (await town.post("message/send", markdown))["errcode"] == 0
    assert (await town.card("chen|wang", buttons()))["errcode"] == 0
    await town.text("chen|wang", "纯文字")
    assert [shown.kind for shown in town.chen.inbox] == ["text"]
    assert [shown.kind for shown in town.chen.hidden] == ["markdown", "template_card"]
    assert len(town.wang.inbox) == 3


async def test_ids_become_names_when_asked(town: Town) -> None:
    words = "$userName=WANG$ 与 $userName=nobody$"
    await town.text("li", words, enable_id_trans=1)
    assert town.li.last.text == "王委员 与 $userName=nobody$"
    await town.text("li", words)
    assert town.li.last.text == words
    card = buttons(
        main_title={"title": "$userName=li$"}, horizontal_content_list=[{"keyname": "人", "value": "$userName=li$"}]
    )
    await town.card("li", card, enable_id_trans=1)
    assert "人：李委员" in (await town.li.reads("李委员\n")).text


# --- cards -----------------------------------------------------------------------------------------------------------


async def test_only_cards_that_call_back_get_a_response_code(town: Town) -> None:
    notice: dict[str, Any] = {
        "card_type": "text_notice",
        "main_title": {"title": "已立案"},
        "card_action": {"type": 1, "url": "https://desk.example.org/p/1"},
    }
    assert "response_code" not in await town.card("wang", notice)
    assert not town.wang.last.live
    notice |= {"task_id": "N-1", "action_menu": {"action_list": [{"text": "不再提醒", "key": "mute"}]}}
    assert "response_code" in await town.card("wang", notice)
    assert "response_code" in await town.card("wang", selectors())


async def test_a_card_needs_a_callback_url(town: Town) -> None:
    town.platform.callback_url = ""
    assert (await town.card("wang", buttons()))["errcode"] == 43012
    town.switches.callback_needed = False
    assert (await town.card("wang", buttons()))["errcode"] == 0


async def test_a_task_id_is_used_once_for_ever(town: Town) -> None:
    assert (await town.card("nobody", buttons()))["errcode"] == 81013  # not sent: not used
    assert (await town.card("wang", buttons()))["errcode"] == 0
    await town.calendar.turn(days=400)
    await town.log_in()
    assert (await town.card("wang", buttons()))["errcode"] == 42014
    town.switches.task_id_once = False
    assert (await town.card("wang", buttons()))["errcode"] == 0


async def test_rows_must_point_to_somebody_and_something(town: Town) -> None:
    for errcode, row in (
        (42050, {"keyname": "人", "type": 3, "userid": "nobody"}),
        (40007, {"keyname": "附件", "type": 2, "value": "a.pdf", "media_id": "none"}),
        (0, {"keyname": "人", "type": 3, "userid": "LI"}),
    ):
        card = buttons(f"T-{errcode}", horizontal_content_list=[row])
        assert (await town.card("wang", card))["errcode"] == errcode


async def test_a_button_goes_grey_for_those_named(town: Town) -> None:
    code = (await town.card("wang|li", buttons()))["response_code"]
    answer = await town.update(code, userids=["WANG", "sun"], button={"replace_name": "已签收 · 王委员"})
    assert answer == {"errcode": 0, "errmsg": "ok", "invaliduser": ["sun"]}
    assert (town.wang.last.live, town.wang.last.replaced_text) == (False, "已签收 · 王委员")
    assert (await town.wang.sees("已签收 · 王委员")) is town.wang.last
    assert town.li.last.live
    with pytest.raises(AssertionError, match="已签收"):
        await town.wang.presses("签收")
    await town.li.presses("签收")


async def test_a_response_code_serves_once(town: Town) -> None:
    code = (await town.card("wang", buttons()))["response_code"]
    assert (await town.update(code, atall=1, button={"replace_name": "已签收"}))["errcode"] == 0
    assert (await town.update(code, atall=1, button={"replace_name": "已签收"}))["errcode"] == 60140
    assert (await town.update("none", atall=1, button={"replace_name": "已签收"}))["errcode"] == 60140
    town.switches.response_code_once = False
    assert (await town.update(code, atall=1, button={"replace_name": "又签收"}))["errcode"] == 0
    assert town.platform.violations == []


async def test_a_response_code_lives_72_hours(town: Town) -> None:
    codes = [(await town.card("wang", buttons(f"T-{n}")))["response_code"] for n in range(2)]
    await town.calendar.turn(hours=71, minutes=59)
    await town.log_in()
    assert (await town.update(codes[0], atall=1, button={"replace_name": "已签收"}))["errcode"] == 0
    await town.wang.presses("签收")
    await town.calendar.turn(minutes=1)
    assert (await town.update(codes[1], atall=1, button={"replace_name": "已签收"}))["errcode"] == 60140
    pressed = town.bot.heard[-1]["ResponseCode"]  # has its own 72 hours
    assert (await town.update(pressed, userids=["wang"], button={"replace_name": "已签收"}))["errcode"] == 0


async def test_a_response_code_may_live_for_24_hours_only(town: Town) -> None:
    town.switches.response_code_hours = 24
    code = (await town.card("wang", buttons()))["response_code"]
    await town.calendar.turn(hours=24)
    await town.log_in()
    assert (await town.update(code, atall=1, button={"replace_name": "已签收"}))["errcode"] == 60140


async def test_whom_an_update_is_for(town: Town) -> None:
    code = (await town.card("wang", buttons()))["response_code"]
    grey = {"button": {"replace_name": "已签收"}}
    answer = await town.update(code, userids=["li"], **grey)
    assert (answer["errcode"], answer["invaliduser"]) == (82102, ["li"])
    assert (await town.update(code, **grey))["errcode"] == 82101
    assert (await town.update(code, atall=1, agentid=7, **grey))["errcode"] == 42015
    ids = {room.name: room.id for room in town.platform.directory.departments.values()}
    assert (await town.update(code, partyids=[ids["委员"]], **grey))["errcode"] == 0  # the refused ones spent nothing
    assert not town.wang.last.live
    town.switches.update_without_receivers = "all"
    code = (await town.card("wang", buttons("T-2")))["response_code"]
    assert (await town.update(code, **grey))["errcode"] == 0


@pytest.mark.parametrize("scope", ["all", "tapper"])
async def test_whom_the_code_of_a_tap_reaches(town: Town, scope: Any) -> None:
    town.switches.event_code_scope = scope
    await town.card("wang|li", buttons())
    await town.wang.presses("签收")
    await town.update(town.bot.heard[-1]["ResponseCode"], atall=1, button={"replace_name": "已签收"})
    assert not town.wang.last.live
    assert town.li.last.live is (scope == "tapper")


async def test_a_card_is_replaced_by_one_of_another_type_that_lives(town: Town) -> None:
    code = (await town.card("wang", buttons("T-1")))["response_code"]
    new = selectors()
    del new["task_id"]
    assert (await town.update(code, atall=1, template_card=new))["errcode"] == 0
    shown = town.wang.last
    assert (shown.live, shown.replaced_text) == (True, "")
    assert town.wang.buttons() == ["提交评价"]
    await town.wang.chooses({"办理态度": "不满意"}, submit="提交评价")
    heard = town.bot.heard[-1]
    assert (heard["TaskId"], heard["CardType"]) == ("T-1", "multiple_interaction")
    done = {**new, "replace_text": "已评价", "select_list": [{**one, "disable": True} for one in new["select_list"]]}
    assert (await town.update(heard["ResponseCode"], userids=["wang"], template_card=done))["errcode"] == 0
    assert (shown.live, shown.replaced_text) == (False, "已评价")
    assert [question.locked for question in cards.questions(shown.card or {})] == [True, True]


async def test_a_grey_button_needs_a_card_with_buttons(town: Town) -> None:
    notice = {
        "card_type": "text_notice",
        "sub_title_text": "已立案",
        "card_action": {"type": 1, "url": "https://desk.example.org/p/1"},
        "task_id": "N-1",
        "action_menu": {"action_list": [{"text": "不再提醒", "key": "mute"}]},
    }
    code = (await town.card("wang", notice))["response_code"]
    assert (await town.update(code, atall=1, button={"replace_name": "好"}))["errcode"] == 40058
    new = {"card_type": "text_notice", "sub_title_text": "已结案", "card_action": notice["card_action"]}
    assert (await town.update(code, atall=1, template_card=new))["errcode"] == 0
    assert town.wang.last.text == "已结案"


async def test_recall_within_a_day_but_not_in_wechat(town: Town) -> None:
    msgid = (await town.text("wang|chen", "错了"))["msgid"]
    late = (await town.text("wang", "太晚了"))["msgid"]
    assert (await town.post("message/recall", {"msgid": msgid}))["errcode"] == 0
    assert (town.wang.inbox[0].recalled, town.chen.last.recalled) == (True, False)
    assert (await town.post("message/recall", {"msgid": "none"}))["errcode"] == 40058
    await town.calendar.turn(hours=24)
    await town.log_in()
    assert (await town.post("message/recall", {"msgid": late}))["errcode"] == 42052


def test_every_valid_card_can_be_read() -> None:
    news = {
        "card_type": "news_notice",
        "source": {"desc": "市政协"},
        "main_title": {"title": "题", "desc": "述"},
        "vertical_content_list": [{"title": "直", "desc": "列"}],
        "jump_list": [{"title": "跳", "type": 1, "url": "https://desk.example.org"}],
    }
    assert cards.words("template_card", news) == "市政协\n题\n述\n直\n列\n跳"
    assert cards.words("template_card", buttons(), "已签收") == "新的提案\n已签收"
    assert cards.words("news", {"articles": [{"title": "甲", "description": "乙"}]}) == "甲\n乙"
    assert cards.words("image", {"media_id": "m"}) == "[image]"
