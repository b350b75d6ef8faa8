"""What people do reaches the bot as the protocol writes it; and what they read."""

import asyncio
from typing import Any

import pytest

from tests.simulator.conftest import AGENT, CORP, START, Town, buttons, selectors

MENU = {
    "button": [
        {"name": "提案", "sub_button": [{"type": "click", "name": "我的提案", "key": "mine"}]},
        {"type": "view", "name": "网页", "url": "https://desk.example.org/p"},
        {
            "name": "更多",
            "sub_button": [
                {"type": "scancode_push", "name": "扫码", "key": "scan"},
                {"type": "pic_weixin", "name": "照片", "key": "pic"},
                {"type": "location_select", "name": "位置", "key": "place"},
            ],
        },
    ]
}


# --- what arrives ----------------------------------------------------------------------------------------------------


async def test_words_arrive_as_the_protocol_writes_them(town: Town) -> None:
    await town.zhao.says("甲]]>乙\n丙")
    assert town.bot.heard == [
        {
            "ToUserName": CORP,
            "FromUserName": "Zhao.L",
            "CreateTime": str(int(START.timestamp())),
            "MsgType": "text",
            "Content": "甲]]>乙\n丙",
            "MsgId": "7501000000000000001",
            "AgentID": str(AGENT),
        }
    ]
    shown = town.zhao.inbox[0]
    assert (shown.from_me, shown.text) == (True, "甲]]>乙\n丙")
    town.zhao.reads_nothing_more()


async def test_the_same_callback_may_come_several_times_newly_sealed(town: Town) -> None:
    await town.wang.says("一", deliveries=3)
    await town.wang.says("二")
    assert [fields["MsgId"][-1] for fields in town.bot.heard] == ["1", "1", "1", "2"]
    assert len({query["nonce"] for query, _ in town.bot.envelopes}) == 4
    town.switches.duplicates, town.switches.duplicates_at_once = 1, True
    await town.wang.says("三")
    assert len(town.bot.heard) == 6


async def test_a_press(town: Town) -> None:
    await town.card("wang", buttons())
    assert await town.wang.presses("申请调整", deliveries=2) == ""
    first, second = town.bot.heard
    assert first == second
    assert {name: first[name] for name in ("MsgType", "Event", "EventKey", "TaskId", "CardType")} == {
        "MsgType": "event",
        "Event": "template_card_event",
        "EventKey": "do.申请调整",
        "TaskId": "T-1",
        "CardType": "button_interaction",
    }
    assert "SelectedItems" not in first
    assert "MsgId" not in first
    town.switches.selected_items = "empty"
    await town.wang.presses("签收")
    assert town.bot.heard[-1]["SelectedItems"] == ""
    assert town.bot.heard[-1]["ResponseCode"] != first["ResponseCode"]


async def test_a_card_may_take_one_tap_only(town: Town) -> None:
    town.switches.tap_again = False
    await town.card("wang", buttons())
    await town.wang.presses("签收")
    with pytest.raises(AssertionError):
        await town.wang.presses("签收")


async def test_the_newest_card_is_pressed_unless_one_is_named(town: Town) -> None:
    for n in (1, 2):
        await town.card("wang", buttons(f"T-{n}"))
    await town.wang.presses("签收")
    await town.wang.presses("签收", card=town.wang.inbox[0])
    assert [fields["TaskId"] for fields in town.bot.heard] == ["T-2", "T-1"]
    with pytest.raises(AssertionError, match=r"'立案'.*\['签收', '申请调整', '签收', '申请调整'\]"):
        await town.wang.presses("立案")
    with pytest.raises(AssertionError, match="立案"):
        town.wang.card_with("立案")
    assert town.wang.card_with("签收") is town.wang.inbox[1]


async def test_link_buttons_and_the_corner_menu(town: Town) -> None:
    link = {"text": "网页办理", "type": 1, "url": "https://desk.example.org/p/1"}
    menu = {"action_list": [{"text": "不再提醒", "key": "mute"}]}
    await town.card("wang", buttons(button_list=[link], action_menu=menu))
    assert await town.wang.presses("网页办理") == link["url"]
    assert town.bot.heard == []
    await town.wang.presses("不再提醒")
    heard = town.bot.heard[-1]
    assert (heard["Event"], heard["EventKey"]) == ("template_card_menu_event", "mute")
    assert "SelectedItems" not in heard


def selected(fields: dict[str, Any]) -> dict[str, Any]:
    items = fields["SelectedItems"]["SelectedItem"]
    return {
        item["QuestionKey"]: item["OptionIds"]["OptionId"] for item in (items if isinstance(items, list) else [items])
    }


async def test_choosing(town: Town) -> None:
    await town.card("wang", selectors())
    await town.wang.chooses({"办理态度": "不满意", "r": "基本满意"}, submit="提交评价")
    assert selected(town.bot.heard[-1]) == {"a": "a1", "r": "r1"}
    assert town.bot.heard[-1]["EventKey"] == "rate"
    assert town.wang.last.selected == {"a": ("a1",), "r": ("r1",)}
    await town.wang.chooses({"办理结果": "不满意"})  # the other stays as it was
    assert selected(town.bot.heard[-1]) == {"a": "a1", "r": "r2"}
    for choices, submit in (({"办理速度": "快"}, None), ({"办理态度": "很好"}, None), ({"办理态度": "满意"}, "签收")):
        with pytest.raises(AssertionError):
            await town.wang.chooses(choices, submit=submit)
    with pytest.raises(AssertionError):
        await town.wang.chooses({"办理态度": ["满意", "不满意"]})


async def test_choosing_beside_buttons_and_in_a_vote(town: Town) -> None:
    options = [{"id": "u1", "text": "一处"}, {"id": "u2", "text": "二处"}]
    selection = {"question_key": "q", "title": "主办", "option_list": options, "selected_id": "u2"}
    await town.card("wang", buttons(button_selection=selection))
    await town.wang.presses("签收")
    assert selected(town.bot.heard[-1]) == {"q": "u2"}
    await town.wang.chooses({"主办": "一处"}, submit="签收")
    assert selected(town.bot.heard[-1]) == {"q": "u1"}
    with pytest.raises(AssertionError, match="which button"):
        await town.wang.chooses({"主办": "一处"})
    boxes = [{"id": i, "text": i, "is_checked": i == "a"} for i in "abc"]
    vote = {
        "card_type": "vote_interaction",
        "main_title": {"title": "哪些方面满意"},
        "checkbox": {"question_key": "v", "mode": 1, "option_list": boxes},
        "submit_button": {"text": "提交", "key": "vote"},
        "task_id": "V-1",
    }
    await town.card("wang", vote)
    await town.wang.presses("提交")
    assert selected(town.bot.heard[-1]) == {"v": "a"}
    await town.wang.chooses({"哪些方面满意": ["b", "c"]})
    assert selected(town.bot.heard[-1]) == {"v": ["b", "c"]}


async def test_a_locked_selector_cannot_be_changed(town: Town) -> None:
    code = (await town.card("wang", selectors()))["response_code"]
    new = {**selectors(), "select_list": [{**one, "disable": True} for one in selectors()["select_list"]]}
    del new["task_id"]
    await town.update(code, atall=1, template_card=new)
    with pytest.raises(AssertionError, match="locked"):
        await town.wang.chooses({"办理态度": "满意"})


async def test_the_menu(town: Town) -> None:
    with pytest.raises(AssertionError):
        await town.wang.clicks("我的提案")
    await town.post("menu/create", MENU, agentid=AGENT)
    assert await town.wang.clicks("我的提案") == ""
    assert await town.wang.clicks("网页") == "https://desk.example.org/p"
    for name in ("扫码", "照片", "位置"):
        await town.wang.clicks(name)
    assert [(fields.get("Event", fields["MsgType"]), fields.get("EventKey")) for fields in town.bot.heard] == [
        ("click", "mine"),
        ("view", "https://desk.example.org/p"),
        ("scancode_push", "scan"),
        ("pic_weixin", "pic"),
        ("image", None),
        ("location_select", "place"),
    ]


async def test_entering_pictures_files_and_others(town: Town) -> None:
    await town.wang.enters()
    town.switches.reports_enter = False
    await town.wang.enters()
    await town.wang.sends_picture()
    async with town.session.get(town.bot.heard[-1]["PicUrl"]) as response:
        assert response.content_type == "image/png"
    await town.wang.sends_file("说明.pdf")
    town.switches.inbound_file = "text"
    await town.wang.sends_file("说明.pdf")
    town.switches.inbound_file = "file"
    await town.wang.sends_file("说明.pdf")
    await town.wang.sends("voice", {"MediaId": "m", "Format": "amr"})
    kinds = [fields.get("Event", fields["MsgType"]) for fields in town.bot.heard]
    assert kinds == ["enter_agent", "image", "text", "file", "voice"]
    assert town.bot.heard[-2]["FileName"] == "说明.pdf"


# --- reading ---------------------------------------------------------------------------------------------------------


async def test_reading_waits_goes_on_and_tells_what_was_there(town: Town) -> None:
    waiting = asyncio.create_task(town.wang.reads("第二", "条"))
    await town.text("wang", "第一条")
    await town.text("wang", "第二条")
    assert (await waiting).text == "第二条"
    assert town.wang.unread == []
    await town.text("wang", "第三条")
    with pytest.raises(AssertionError, match="第三条"):
        await town.wang.reads("第二条", within=0.01)
    with pytest.raises(AssertionError, match="第三条"):
        town.wang.reads_nothing_more()
    with pytest.raises(AssertionError, match="第三条"):
        await town.wang.sees("第四条", within=0.01)
    await town.wang.sees("第一条")
    town.wang.skips_to_the_end()
    town.wang.reads_nothing_more()
    assert town.wang.last.text == "第三条"
    with pytest.raises(AssertionError, match="nothing"):
        assert town.li.last


async def test_people_are_found(town: Town) -> None:
    assert town.platform.person("WANG") is town.platform.named("王委员") is town.wang
    assert repr(town.wang) == "<王委员 wang>"
    for find in (town.platform.person, town.platform.named):
        with pytest.raises(KeyError):
            find("nobody")
