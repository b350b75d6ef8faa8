"""How callbacks travel: retries, order, repetitions, and what the bot may answer them with."""

import asyncio
from typing import Any

import pytest

from simulator.person import NotDelivered
from tests.simulator.conftest import CORP, Town, buttons

# --- delivery --------------------------------------------------------------------------------------------------------


async def test_a_callback_is_repeated_until_it_is_taken(town: Town) -> None:
    town.bot.statuses = [503, 500]
    await town.wang.says("一")
    delivery = town.platform.callbacks[-1]
    assert (delivery.answers, delivery.accepted, delivery.person) == (["503", "500", "200"], True, "wang")
    assert len({query["nonce"] for query, _ in town.bot.envelopes}) == 3
    town.switches.reencrypt_retries = False
    town.bot.statuses = [503]
    await town.wang.says("二")
    assert town.bot.envelopes[-1] == town.bot.envelopes[-2]


async def test_after_three_retries_the_platform_gives_up(town: Town) -> None:
    town.bot.statuses = [503] * 4
    with pytest.raises(NotDelivered):
        await town.wang.says("一")
    assert len(town.bot.envelopes) == 4
    await town.wang.says("二")
    assert [fields["Content"] for fields in town.bot.heard] == ["二"]


async def test_statuses_may_count_as_final(town: Town) -> None:
    town.switches.retry_on_status = False
    town.bot.statuses = [503]
    with pytest.raises(NotDelivered, match="503"):
        await town.wang.says("一")


async def test_a_slow_bot_is_asked_again(town: Town) -> None:
    town.switches.deadline, town.switches.retries = 0.05, 1
    town.bot.hold = asyncio.Event()
    with pytest.raises(NotDelivered, match="timeout, timeout"):
        await town.wang.says("一")


async def test_an_absent_bot(town: Town) -> None:
    town.platform.callback_url = "http://127.0.0.1:9/"
    with pytest.raises(NotDelivered, match="connection"):
        await town.wang.says("一")
    town.platform.callback_url = ""
    with pytest.raises(NotDelivered, match="no callback URL"):
        await town.wang.says("一")


@pytest.mark.parametrize(("order", "arrived"), [("kept", "一二三"), ("reversed", "三二一"), ("shuffled", "")])
async def test_the_order_of_what_one_person_does(town: Town, order: Any, arrived: str) -> None:
    town.switches.order = order
    await asyncio.gather(*(town.wang.says(word) for word in "一二三"))
    heard = "".join(fields["Content"] for fields in town.bot.heard)
    assert sorted(heard) == sorted("一二三")
    assert not arrived or heard == arrived


async def test_people_do_not_wait_for_each_other(town: Town) -> None:
    town.bot.hold = asyncio.Event()
    acting = [asyncio.create_task(person.says("好")) for person in (town.wang, town.li)]
    for _ in acting:
        await town.bot.arrivals.get()
    town.bot.hold.set()
    await asyncio.gather(*acting)


async def test_closing_lets_nobody_wait(town: Town) -> None:
    town.bot.hold = asyncio.Event()
    acting = [asyncio.create_task(town.wang.says(word)) for word in "一二"]
    await town.bot.arrivals.get()
    await town.platform.close()
    for failure in await asyncio.gather(*acting, return_exceptions=True):
        assert isinstance(failure, NotDelivered)


@pytest.mark.parametrize("body", [b"ok", b"<xml/>", b"\xff"])
async def test_an_answer_that_is_no_envelope_is_a_breach(town: Town, body: bytes) -> None:
    town.bot.answer = lambda fields: body
    await town.wang.says("一")
    assert len(town.platform.violations) == 1
    town.bot.answer = lambda fields: b"success"
    await town.wang.says("二")
    assert len(town.platform.violations) == 1


# --- passive replies -------------------------------------------------------------------------------------------------


def reply(town: Town, kind: str, **elements: Any) -> None:
    inner = {"ToUserName": "wang", "FromUserName": CORP, "CreateTime": 1, "MsgType": kind, **elements}
    town.bot.answer = lambda fields: town.bot.sealed(inner)


async def test_a_message_may_be_answered_at_once(town: Town) -> None:
    reply(town, "text", Content="收到")
    await town.wang.says("一", deliveries=2)
    await town.wang.reads("收到")
    town.wang.reads_nothing_more()
    item = {"Title": "甲", "Description": "乙", "Url": "https://a.example"}
    reply(town, "news", ArticleCount=1, Articles={"item": item})
    await town.wang.enters()
    await town.wang.reads("甲", "乙")
    assert town.platform.violations == []


@pytest.mark.parametrize("honour", [True, False])
async def test_a_card_event_may_be_answered_only_if_the_platform_honours_it(town: Town, honour: bool) -> None:
    town.switches.passive_card_reply = "honour" if honour else "ignore"
    await town.card("wang|li", buttons())
    reply(town, "update_button", Button={"ReplaceName": "已签收"})
    await town.wang.presses("签收")
    assert town.wang.last.live is not honour
    assert town.li.last.live
    assert bool(town.platform.violations) is not honour


async def test_a_menu_event_may_be_answered_with_a_new_card(town: Town) -> None:
    await town.card("wang", buttons(action_menu={"action_list": [{"text": "不再提醒", "key": "mute"}]}))
    card = {
        "CardType": "text_notice",
        "MainTitle": {"Title": "不再提醒您"},
        "CardAction": {"Type": 1, "Url": "https://a.example"},
    }
    reply(town, "update_template_card", TemplateCard=card)
    await town.wang.presses("不再提醒")
    await town.wang.sees("不再提醒您")
    reply(town, "update_template_card", TemplateCard={"CardType": "text_notice"})
    await town.card("wang", buttons("T-2", action_menu={"action_list": [{"text": "不再提醒", "key": "mute"}]}))
    await town.wang.presses("不再提醒")
    assert town.platform.violations == ["passive reply update_template_card: main_title.title: missing"]


@pytest.mark.parametrize(
    ("kind", "elements"),
    [
        ("markdown", {"Content": "x"}),
        ("text", {}),
        ("image", {"Image": ""}),
        ("news", {"ArticleCount": 2, "Articles": {"item": {"Title": "x"}}}),
        ("update_button", {"Button": {"ReplaceName": "x"}}),
        ("text", {"Content": "x", "ToUserName": CORP}),
        ("text", {"Content": "x", "CreateTime": "now"}),
    ],
)
async def test_a_bad_reply_is_a_breach(town: Town, kind: str, elements: dict[str, Any]) -> None:
    reply(town, kind, **elements)
    await town.wang.says("一")
    assert len(town.platform.violations) == 1
    town.wang.reads_nothing_more()


async def test_some_events_take_no_reply(town: Town) -> None:
    reply(town, "text", Content="x")
    await town.wang.causes("location_select", {"EventKey": "k"})
    assert town.platform.violations == ["passive reply to location_select: ignored by the platform"]


# --- verification ----------------------------------------------------------------------------------------------------


async def test_the_address_is_verified_strictly(town: Town) -> None:
    assert await town.platform.verify_callback()
    town.bot.echo = lambda plain: f'"{plain}"\n'.encode()
    assert not await town.platform.verify_callback()
    assert town.platform.violations == ["URL verification: the answer is not the plain echostr"]
    town.switches.strict_verification = False
    town.bot.echo = lambda plain: f'"{plain}"'.encode()
    assert await town.platform.verify_callback()
    town.platform.callback_url = ""
    assert not await town.platform.verify_callback()


async def test_a_slow_verification_fails(town: Town) -> None:
    town.bot.hold, town.switches.verification_deadline = asyncio.Event(), 0.02
    assert not await town.platform.verify_callback()
    assert town.platform.violations == ["URL verification: no answer in time"]
