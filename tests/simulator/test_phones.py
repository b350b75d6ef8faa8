"""The phones over HTTP: what the page is told, what people may do, and what nobody may."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiohttp import web

from simulator.media import PICTURE
from simulator.phones.panel import NAMES
from simulator.phones.stream import WAITING, Stream
from simulator.switches import Switches
from tests.simulator.echo import SECRET, Rehearsal, rehearsal

LIAISON, MEMBER = "u10_liaison", "m013"


class Page:
    """What the page's scripts do, without a browser."""

    def __init__(self, rehearsed: Rehearsal, session: aiohttp.ClientSession) -> None:
        self.bot, self.platform, self.phones, self.url = (
            rehearsed.bot,
            rehearsed.platform,
            rehearsed.phones,
            rehearsed.url,
        )
        self.session = session

    async def get(self, path: str) -> dict[str, Any]:
        async with self.session.get(f"{self.url}/api/{path}") as response:
            assert response.status == 200, await response.text()
            found: dict[str, Any] = await response.json()
            return found

    async def post(self, path: str, data: object = None, status: int = 200, **headers: str) -> dict[str, Any]:
        async with self.session.post(f"{self.url}/api/{path}", json=data or {}, headers=headers) as response:
            assert response.status == status, await response.text()
            found: dict[str, Any] = await response.json()
        await self.bot.settle()
        return found

    async def act(self, userid: str, action: str, status: int = 200, **data: object) -> dict[str, Any]:
        return await self.post(f"act/{userid}/{action}", data, status)

    async def entries(self, userid: str) -> list[dict[str, Any]]:
        return list((await self.get(f"chat/{userid}"))["entries"])

    async def last(self, userid: str) -> dict[str, Any]:
        return (await self.entries(userid))[-1]

    async def surf(self, method: str, path: str, **more: Any) -> tuple[int, str, Any]:
        async with self.session.request(method, f"{self.url}/{path}", **more) as response:
            return response.status, await response.text(), response


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with rehearsal() as rehearsed, aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Page(rehearsed, session)
        assert not list(jar)  # a person's cookies never reach the browser of the office


async def test_the_page_and_its_parts_are_served(page: Page) -> None:
    status, html, response = await page.surf("GET", "")
    assert (status, str(response.url)) == (200, f"{page.url}/")
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    for part in ("static/js/main.js", "static/css/card.css", "static/icon.svg"):
        assert part in html
        assert (await page.surf("GET", part))[0] == 200
    assert (await page.surf("GET", "static/../routes.py"))[0] == 404


async def test_the_state_names_people_phones_menu_and_day(page: Page) -> None:
    state = await page.get("state")
    people = {person["userid"]: person for person in state["people"]}
    assert state["app"] == "提案通"
    assert state["first"] == ["m013", "pc_staff1", "dispatch_gov", "u10_liaison"]
    assert people[MEMBER]["name"] == "林知夏"
    assert {person["group"] for person in state["people"]} >= {"委员", "政协机关", "交办", "承办单位"}
    assert [top["name"] for top in state["menu"]["button"]] == ["我要提案", "我的事项", "查询统计"]
    assert state["now"] == "2026-11-21T01:30:00+00:00"
    assert state["inside"] == page.bot.url
    assert state["links"] == [{"label": "使用说明", "url": "https://www.example.org/"}]


async def test_words_go_there_and_come_back(page: Page) -> None:
    await page.act(MEMBER, "says", text="您好 <b>")
    mine, answer = await page.entries(MEMBER)
    assert (mine["from_me"], mine["text"]) == (True, "您好 <b>")
    assert (answer["from_me"], answer["text"]) == (False, "收到：您好 <b>")
    assert (await page.get("chat/M013"))["arrived"] == 1  # case does not matter
    assert (await page.act(MEMBER, "says", 400, text="  "))["error"] == "请先写点内容"
    await page.act(MEMBER, "dances", 404)
    await page.act("nobody", "says", 404, text="您好")


async def test_a_press_changes_the_card_and_a_dead_card_says_so(page: Page) -> None:
    await page.act(LIAISON, "says", text="签收")
    card = await page.last(LIAISON)
    assert card["live"]
    await page.act(LIAISON, "presses", card=card["id"], label="签收")
    changed = await page.last(LIAISON)
    assert (changed["id"], changed["live"], changed["replaced_text"]) == (card["id"], False, "已签收 · 11月21日")
    refused = await page.act(LIAISON, "presses", 409, card=card["id"], label="签收")
    assert refused["error"] == "这里已经不能再点了，请看最新的消息"
    assert (await page.act(LIAISON, "presses", 404, card=0, label="签收"))["error"] == "这张卡片已经不在了"


async def test_choices_go_by_question_and_option(page: Page) -> None:
    await page.act(MEMBER, "says", text="评价")
    card = await page.last(MEMBER)
    choices = {"attitude": ["attitude2"], "result": ["result1"]}
    await page.act(MEMBER, "chooses", card=card["id"], submit="提交评价", choices=choices)
    changed, answer = (await page.entries(MEMBER))[-2:]
    assert changed["selected"] == choices
    assert answer["text"] == '您选择了：{"attitude": ["attitude2"], "result": ["result1"]}'
    await page.act(MEMBER, "chooses", 400, card=card["id"], submit="提交评价", choices="满意")


async def test_menu_picture_entering_and_the_wechat_plugin(page: Page) -> None:
    assert (await page.act(MEMBER, "clicks", name="我的事项"))["url"] == ""
    assert (await page.last(MEMBER))["text"] == "您点了菜单 mine"
    assert (await page.act(MEMBER, "clicks", name="统计页面"))["url"] == f"{page.bot.url}/p/statistics"
    await page.act(MEMBER, "clicks", 409, name="没有这一项")

    await page.act(MEMBER, "picture", data=base64.b64encode(PICTURE).decode())
    media_id = (await page.entries(MEMBER))[-2]["content"]["media_id"]
    async with page.session.get(f"{page.url}/api/media/{media_id}") as response:
        assert (response.content_type, await response.read()) == ("image/png", PICTURE)
    assert (await page.surf("GET", "api/media/unknown"))[0] == 404
    await page.act(MEMBER, "picture", 400, data=base64.b64encode(b"<svg>").decode())
    await page.act(MEMBER, "picture", 400, data="not base64!")

    await page.act(MEMBER, "enters")
    assert (await page.last(MEMBER))["text"] == "您好，这里是提案通。"
    await page.act(MEMBER, "plugin", on=True)
    await page.act(MEMBER, "says", text="签收")
    assert (await page.get(f"chat/{MEMBER}"))["on_plugin"]
    assert (await page.last(MEMBER))["from_me"]  # the card is not shown in WeChat


async def test_a_deaf_bot_is_told_to_the_person(page: Page) -> None:
    page.bot.deaf = True
    assert (await page.act(MEMBER, "says", 502, text="在吗"))["error"].startswith("没有送达")


async def test_requests_from_elsewhere_are_refused(page: Page) -> None:
    path, said = f"act/{MEMBER}/says", {"text": "您好"}
    own = page.url.removesuffix("/phones")
    await page.post(path, said, 403, Origin="http://evil.example")
    await page.post(path, said, 403, Origin="null")
    await page.post(path, said, 403, **{"Sec-Fetch-Site": "cross-site", "Origin": own})
    for other in ("calendar", "switches", "outages", "repair", "token/kill", "callback/verify"):
        await page.post(other, {}, 403, Origin="http://evil.example")
    async with page.session.post(f"{page.url}/api/{path}", data=json.dumps(said)) as response:
        assert response.status == 415
    async with page.session.post(f"{page.url}/api/{path}", json=["您好"]) as response:
        assert response.status == 400
    await page.post(path, {"text": "字" * 40_000}, 413)
    assert not page.bot.heard
    await page.post(path, said, 200, Origin=own)
    await page.post(path, said, 200, **{"Sec-Fetch-Site": "same-origin", "Origin": "null"})


async def test_a_body_without_a_length_is_bounded_too(page: Page) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 16_384

    kind = {"Content-Type": "application/json"}
    status = 413
    try:
        async with page.session.post(f"{page.url}/api/calendar", data=endless(), headers=kind) as response:
            status = response.status
    except aiohttp.ClientError:
        pass  # the door was shut in the middle of it
    assert status == 413


# -- the calendar


async def test_the_calendar_turns_to_mornings(page: Page) -> None:
    await page.platform.calendar.turn(hours=5)
    turned = await page.post("calendar", {"step": "day"})
    assert (turned["days"], turned["now"], turned["receivers"]) == (1, "2026-11-22T01:30:00+00:00", [])
    days: list[datetime] = []

    async def count() -> None:
        days.append(page.platform.calendar.now())

    page.platform.calendar.listeners.append(count)
    assert (await page.post("calendar", {"step": "week"}))["now"] == "2026-11-29T01:30:00+00:00"
    shanghai = ZoneInfo("Asia/Shanghai")
    assert [f"{day.astimezone(shanghai):%d %H:%M}" for day in days] == [f"{d} 09:30" for d in range(23, 30)]
    await page.post("calendar", {"step": "year"}, 400)


async def test_the_calendar_turns_to_the_next_message(page: Page) -> None:
    page.bot.due = {"2026-12-03": (LIAISON, "提案还有 2 天到期"), "2026-12-04": (MEMBER, "以后再说")}
    turned = await page.post("calendar", {"step": "next"})
    assert (turned["days"], turned["receivers"]) == (12, [{"userid": LIAISON, "count": 1}])
    assert turned["now"] == "2026-12-03T01:30:00+00:00"
    assert (await page.last(LIAISON))["text"] == "提案还有 2 天到期"
    assert (await page.post("calendar", {"step": "next"}))["days"] == 1
    quiet = await page.post("calendar", {"step": "next"})
    assert (quiet["days"], quiet["receivers"]) == (200, [])


async def test_the_calendar_is_turned_by_one_at_a_time(page: Page) -> None:
    turning, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        turning.set()
        await go_on.wait()

    page.platform.calendar.listeners.append(slowly)
    first = asyncio.create_task(page.post("calendar", {"step": "day"}))
    await turning.wait()
    assert (await page.post("calendar", {"step": "day"}, 409))["error"] == "日历正在翻动，请稍候"
    go_on.set()
    assert (await first)["days"] == 1


# -- the browser inside


def oauth(page: Page, target: str, **more: str) -> str:
    query = {"appid": "ww0a1b2c3d4e5f6071", "redirect_uri": target, "state": "abc", **more}
    asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    return f"{page.platform.api_base}/connect/oauth2/authorize?{asked}&response_type=code&scope=snsapi_base#wechat_redirect"


def opened(userid: str, address: str) -> str:
    return f"{userid}/open?url={quote(address, safe='')}"


async def test_a_link_opens_the_page_as_that_person(page: Page) -> None:
    status, html, response = await page.surf("GET", opened(MEMBER, oauth(page, f"{page.bot.url}/p/login")))
    assert (status, str(response.url)) == (200, f"{page.url}/{MEMBER}/web/p/form")
    assert f"<b id=who>{MEMBER}</b>" in html
    assert "Set-Cookie" not in response.headers
    # without a session the page itself leads through OAuth; everybody has cookies of their own
    _, html, response = await page.surf("GET", opened(LIAISON, f"{page.bot.url}/p/form?x=%E4%B8%80#part"))
    assert f"<b id=who>{LIAISON}</b>" in html
    assert f"<b id=who>{MEMBER}</b>" in (await page.surf("GET", f"{MEMBER}/web/p/form"))[1]
    agent = page.bot.seen[-1].headers["User-Agent"]
    assert "wxwork" in agent
    await page.act(MEMBER, "plugin", on=True)
    await page.surf("GET", f"{MEMBER}/web/p/form")
    assert "wxwork" not in page.bot.seen[-1].headers["User-Agent"]


async def test_addresses_in_a_page_stay_in_the_phone(page: Page) -> None:
    _, html, _ = await page.surf("GET", opened(MEMBER, f"{page.bot.url}/p/form"))
    assert f'id=full href="/phones/{MEMBER}/web/p/statistics"' in html
    assert f'id=rooted href="/phones/{MEMBER}/web/p/statistics"' in html
    assert 'href="https://www.example.org/"' in html
    assert 'href="static/page.css"' in html
    status, _, response = await page.surf("GET", f"{MEMBER}/web/p/static/page.css")
    assert (status, response.content_type) == (200, "text/css")
    _, _, response = await page.surf("GET", f"{MEMBER}/web/p/statistics")
    assert "X-Frame-Options" not in response.headers
    assert response.headers["Content-Security-Policy"] == "default-src 'self'; frame-ancestors 'self'"


async def test_forms_are_handed_on_from_our_own_pages_only(page: Page) -> None:
    await page.surf("GET", opened(MEMBER, f"{page.bot.url}/p/form"))
    form, own = f"{MEMBER}/web/p/form", page.url.removesuffix("/phones")
    status, html, _ = await page.surf("POST", form, data={"words": "同意 & 谢谢"}, headers={"Origin": own})
    assert (status, "id=thanks" in html) == (200, True)
    assert page.bot.submitted == [{"who": MEMBER, "words": "同意 & 谢谢"}]
    for headers in ({"Origin": "http://evil.example"}, {"Origin": own, "Sec-Fetch-Site": "cross-site"}):
        status, html, _ = await page.surf("POST", form, data={"words": "x"}, headers=headers)
        assert (status, "别的网站" in html) == (403, True)
    assert (await page.surf("POST", form, data={"words": "x" * 5_000_000}, headers={"Origin": own}))[0] == 413
    assert len(page.bot.submitted) == 1
    assert (await page.surf("PUT", form, data=b"x"))[0] == 405


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/",
        "https://www.example.org/p/form",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//www.example.org/",
        "http://[bad",
        "http://127.0.0.1:notaport/",
        "",
    ],
)
async def test_nothing_but_the_bot_is_opened(page: Page, address: str) -> None:
    status, html, _ = await page.surf("GET", opened(MEMBER, address))
    assert status in (400, 403)
    assert "页面打不开" in html


async def test_the_proxy_cannot_be_talked_into_other_places(page: Page) -> None:
    status, html, _ = await page.surf("GET", f"{MEMBER}/web/p/away")  # the bot redirects to another origin
    assert (status, "不属于本应用" in html) == (403, True)
    status, html, _ = await page.surf("GET", opened(MEMBER, oauth(page, "http://127.0.0.1:9/steal")))
    assert (status, "不属于本应用" in html) == (403, True)
    status, html, _ = await page.surf("GET", opened(MEMBER, oauth(page, f"{page.bot.url}/p/login", appid="other")))
    assert (status, "网页授权没有通过" in html) == (403, True)
    host = page.bot.url.removeprefix("http://")
    for path in ("//127.0.0.1:9/x", "/@127.0.0.1:9/x", f"/http://{host}/p/form", "/%2F127.0.0.1:9/x"):
        seen = len(page.bot.seen)
        assert (await page.surf("GET", f"{MEMBER}/web{path}"))[0] == 404  # asked of the bot, which has no such page
        assert len(page.bot.seen) == seen
    assert (await page.surf("GET", f"{MEMBER}/web/phones/api/state"))[0] == 403
    assert (await page.surf("GET", "nobody/web/p/form"))[0] == 404
    page.phones.browser.public_url = ""
    assert (await page.surf("GET", f"{MEMBER}/web/p/form"))[0] == 403


async def test_a_bot_that_is_reached_elsewhere_or_not_at_all(page: Page) -> None:
    page.phones.browser.bot_url, page.phones.browser.public_url = page.bot.url, "https://tian.example.cn"
    status, _, response = await page.surf("GET", opened(MEMBER, "https://tian.example.cn/p/statistics"))
    assert (status, str(response.url)) == (200, f"{page.url}/{MEMBER}/web/p/statistics")
    assert page.bot.seen[-1].headers["Host"] == "tian.example.cn"
    page.phones.browser.bot_url = "http://127.0.0.1:9"
    status, html, _ = await page.surf("GET", f"{MEMBER}/web/p/statistics")
    assert (status, "机器人没有应答" in html) == (502, True)


# -- the developer's panel


async def test_calls_are_shown_without_secrets(page: Page) -> None:
    await page.act(MEMBER, "says", text="您好")
    calls = (await page.get("calls"))["calls"]
    assert [(call["path"], call["errcode"]) for call in calls[:1]] == [("message/send", 0)]
    whole = [await page.get(f"calls/{call['key']}") for call in calls]
    assert whole[0]["request"]["text"] == {"content": "收到：您好"}
    assert SECRET not in str(whole)
    token = page.bot._token
    assert token
    assert token not in str(whole)
    assert (await page.surf("GET", "api/calls/0"))[0] == 404


async def test_callbacks_and_violations_are_shown(page: Page) -> None:
    await page.act(MEMBER, "says", text="您好")
    line = (await page.get("callbacks"))["callbacks"][0]
    assert (line["person"], line["what"], line["about"], line["accepted"]) == ("林知夏", "text", "您好", True)
    assert "<Content><![CDATA[您好]]></Content>" in (await page.get(f"callbacks/{line['key']}"))["xml"]
    page.platform.breach("said too much")
    found = await page.get("violations")
    assert (found["count"], found["violations"]) == (1, ["said too much"])
    assert (await page.get("state"))["violations"] == 1


async def test_switches_are_flipped_within_their_kind(page: Page) -> None:
    async def flip(name: str, value: object, status: int = 200) -> None:
        await page.post("switches", {"name": name, "value": value}, status)

    await flip("suspended", True)
    await flip("order", "shuffled")
    await flip("duplicates", 2)
    await flip("media_days", 1.5)
    await flip("killed_token_errcode", 42001)
    await flip("unlicensed", [" M013 ", ""])
    switches = page.platform.switches
    assert (switches.suspended, switches.order, switches.duplicates, switches.media_days) == (True, "shuffled", 2, 1.5)
    assert (switches.killed_token_errcode, switches.unlicensed) == (42001, {"m013"})
    for name, value in (("suspended", 1), ("order", "x"), ("duplicates", 1.5), ("duplicates", -1), ("unlicensed", "a")):
        await flip(name, value, 400)
    await flip("outages", [], 404)
    await flip("__class__", "x", 404)
    listed = {one["name"]: one for one in (await page.get("switches"))["switches"]}
    assert (listed["suspended"]["value"], listed["suspended"]["usual"]) == (True, False)


async def test_every_switch_has_a_name_in_chinese() -> None:
    assert {field.name for field in fields(Switches)} - {"outages"} == set(NAMES)


async def test_failures_on_demand(page: Page) -> None:
    shown = await page.post("outages", {"call": "message/send", "how": "errcode", "number": -1, "times": 1})
    assert [(one["call"], one["errcode"], one["times"]) for one in shown["outages"]] == [("message/send", -1, 1)]
    await page.post("outages", {"call": "*", "how": "hang"})
    assert len(page.platform.switches.outages) == 2
    for wrong in ({"how": "dance"}, {"how": "status", "number": 200}, {"how": "errcode"}, {"how": "status"}):
        await page.post("outages", wrong, 400)
    assert (await page.post("repair"))["outages"] == []
    assert (await page.post("token/kill"))["said"].startswith("access_token 已作废")
    assert (await page.post("callback/verify"))["said"] == "回调地址验证通过"


# -- the stream


async def test_open_pages_are_told_at_once(page: Page) -> None:
    async with page.session.get(f"{page.url}/api/events") as stream:
        assert stream.content_type == "text/event-stream"

        async def heard(kind: str) -> dict[str, Any]:
            async for line in stream.content:
                if line.startswith(b"data: ") and (event := json.loads(line[6:]))["kind"] == kind:
                    return dict(event)
            raise AssertionError("the stream has ended")

        await heard("hello")
        await page.act(LIAISON, "says", text="签收")
        mine, card = await heard("message"), await heard("message")
        assert (mine["person"], mine["entry"]["from_me"], mine["arrived"]) == (LIAISON, True, 0)
        assert (card["entry"]["kind"], card["arrived"]) == ("template_card", 1)
        await page.act(LIAISON, "presses", card=card["entry"]["id"], label="签收")
        assert (await heard("card"))["entry"]["replaced_text"] == "已签收 · 11月21日"
        await page.act(MEMBER, "plugin", on=True)
        assert (await heard("people"))["on_plugin"] is True
        await page.platform.calendar.turn(days=1)
        assert (await heard("calendar"))["now"] == datetime(2026, 11, 22, 1, 30, tzinfo=UTC).isoformat()
        await page.phones.stream.close()
        assert await stream.content.read() is not None  # to its end
        assert (await page.surf("GET", "api/events"))[0] == 503


async def test_a_page_that_does_not_listen_is_told_to_read_anew() -> None:
    stream = Stream()
    app = web.Application()
    app.router.add_get("/", stream.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        await response.content.readuntil(b"hello")
        for number in range(WAITING + 3):  # all at once: nothing can be written in between
            stream.tell({"kind": "call", "number": number})
        await stream.close()
        kinds = [json.loads(line[6:]) for line in (await response.read()).split(b"\n") if line[:6] == b"data: "]
    await runner.cleanup()
    assert kinds[0] == {"kind": "reload"}
    assert kinds[-1] == {"kind": "call", "number": WAITING + 2}
    assert len(kinds) < 10
