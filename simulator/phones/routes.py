"""The page, what the people in it do, and the calendar one can turn."""

import asyncio
import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as day_time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from simulator.person import NotDelivered, Person
from simulator.phones import view
from simulator.phones.browser import Browser
from simulator.phones.doors import PICTURE, Trouble, asked, manners, words
from simulator.phones.panel import add_panel
from simulator.phones.stream import Stream
from simulator.platform import Platform
from simulator.refusal import Refusal

STATIC = Path(__file__).parent / "static"
SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = day_time(9, 30)
FARTHEST = 200  # days the calendar is turned at most in search of the next message
FIRST = ("m013", "pc_staff1", "dispatch_gov", "u10_liaison")  # 委员, 政协提案委, 交办, 承办单位
PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
LONGEST = 20_000  # characters of one message


def add_phones(
    app: web.Application,
    platform: Platform,
    *,
    public_url: str = "",
    bot_url: str = "",
    links: Mapping[str, str] | None = None,
    first: Sequence[str] = FIRST,
    at: str = "/phones",
) -> "Phones":
    """Show the town of `platform` under `at`. Call it before `app` starts.

    `public_url` is the bot's origin as its links have it, `bot_url` where it is reached if elsewhere; both may be set
    later on `.browser` of what is returned. `links` (label -> address) stand in the page's head. `first` are the people
    whose phones lie on the table at the start.
    """
    phones = Phones(platform, Browser(platform, at, public_url, bot_url), dict(links or {}), tuple(first))
    inner = web.Application(middlewares=[manners])
    inner.add_routes(
        [
            web.get("/", phones.page),
            web.get("/api/state", phones.state),
            web.get("/api/events", phones.stream.serve),
            web.get("/api/chat/{userid}", phones.chat),
            web.get("/api/media/{media_id}", phones.medium),
            web.post("/api/act/{userid}/{action}", phones.act),
            web.post("/api/calendar", phones.turn),
        ]
    )
    add_panel(inner, platform)
    inner.router.add_static("/static", STATIC)
    inner.add_routes(
        [
            web.get("/{userid}/open", phones.browser.open),
            web.get("/{userid}/web/{path:.*}", phones.browser.page, allow_head=False),
            web.post("/{userid}/web/{path:.*}", phones.browser.page),
        ]
    )
    inner.cleanup_ctx.append(phones.browser.session)
    inner.on_startup.append(phones.begin)
    inner.on_shutdown.append(phones.end)

    async def to_the_page(_: web.Request) -> web.Response:
        raise web.HTTPFound(f"{at}/")

    app.router.add_get(at, to_the_page)
    app.add_subapp(f"{at}/", inner)
    return phones


class Phones:
    """The phones on the table."""

    def __init__(self, platform: Platform, browser: Browser, links: dict[str, str], first: tuple[str, ...]) -> None:
        self.browser, self.stream = browser, Stream()
        self._platform, self._links, self._first = platform, links, first
        self._turning = asyncio.Lock()
        self._receivers: dict[str, int] = {}  # since the calendar was last touched

    # -- the platform tells us, we tell the pages

    async def begin(self, _: web.Application) -> None:
        """Listen to the platform and the calendar."""
        self._platform.on_change.append(self._changed)
        self._platform.calendar.listeners.append(self._turned)

    async def end(self, _: web.Application) -> None:
        """Listen no more; let the pages go."""
        self._platform.on_change.remove(self._changed)
        self._platform.calendar.listeners.remove(self._turned)
        await self.stream.close()

    def _changed(self, event: dict[str, Any]) -> None:
        kind, userid = event.get("kind"), str(event.get("person") or "")
        told: dict[str, Any] = {"kind": kind, "person": userid}
        if kind in ("message", "card") and userid:
            person = self._platform.person(userid)
            shown = next((s for s in reversed(person.inbox) if s.id == event.get("id")), None)
            if shown is None:
                return
            if kind == "message" and not shown.from_me:
                self._receivers[userid] = self._receivers.get(userid, 0) + 1
            told |= {"entry": view.entry(shown), "arrived": view.arrived(person)}
        elif kind == "people" and userid:
            told |= {"on_plugin": self._platform.person(userid).on_plugin}
        elif kind == "menu":
            told |= {"menu": self._platform.menu}
        elif kind == "call":
            told |= {"violations": len(self._platform.violations)}
        elif kind == "calendar":
            told |= self._today()
        self.stream.tell(told)

    async def _turned(self) -> None:
        self.stream.tell({"kind": "calendar", **self._today()})

    def _today(self) -> dict[str, Any]:
        calendar = self._platform.calendar
        return {"now": calendar.now().isoformat(), "running": calendar.running}

    # -- what the page reads

    async def page(self, _: web.Request) -> web.StreamResponse:
        """The page itself."""
        return web.FileResponse(STATIC / "index.html")

    async def state(self, _: web.Request) -> web.Response:
        """Everything but the chats."""
        platform = self._platform
        people = [view.someone(platform, who) for who in platform.people.values()]
        return web.json_response(
            {
                "app": platform.app_name,
                "inside": self.browser.public_url,
                "links": [{"label": label, "url": url} for label, url in self._links.items()],
                "first": [userid for userid in self._first if userid in platform.people]
                or [person["userid"] for person in people[: len(FIRST)]],
                "people": people,
                "menu": platform.menu,
                "violations": len(platform.violations),
                "turning": self._turning.locked(),
                **self._today(),
            }
        )

    async def chat(self, request: web.Request) -> web.Response:
        """The chat of one person."""
        return web.json_response(view.chat(self._person(request)))

    async def medium(self, request: web.Request) -> web.Response:
        """A picture, to be drawn in a chat."""
        try:
            medium = self._platform.media.get(request.match_info["media_id"])
        except Refusal:
            raise Trouble("图片已过期", 404) from None
        kind = next((mime for start, mime in PICTURES.items() if medium.data.startswith(start)), None)
        if kind is None:
            raise Trouble("不是图片", 404)
        return web.Response(body=medium.data, content_type=kind)

    # -- what people do

    async def act(self, request: web.Request) -> web.Response:
        """Somebody writes, presses, chooses, taps the menu, sends a picture, opens the app, or changes the client."""
        person, action = self._person(request), request.match_info["action"]
        data = await asked(request, PICTURE) if action == "picture" else await asked(request)
        try:
            url = await self._acts(person, action, data)
        except NotDelivered:
            raise Trouble("没有送达：机器人没有应答，请稍后再试", 502) from None
        except AssertionError:  # a Person's way to say that the screen does not show this (any more)
            raise Trouble("这里已经不能再点了，请看最新的消息", 409) from None
        finally:
            self.stream.tell({"kind": "callback", "person": person.userid.lower()})
        return web.json_response({"url": url or ""})

    async def _acts(self, person: Person, action: str, data: dict[str, Any]) -> str | None:
        if action == "says":
            text = words(data, "text").strip()
            if not text or len(text) > LONGEST:
                raise Trouble("请先写点内容" if not text else "内容太长，请分几次发送", 400)
            await person.says(text)
        elif action == "presses":
            return await person.presses(words(data, "label"), card=self._card(person, data))
        elif action == "chooses":
            choices = data.get("choices")
            if not isinstance(choices, dict):
                raise Trouble("请求里缺少 choices", 400)
            await person.chooses(choices, submit=words(data, "submit"), card=self._card(person, data))
        elif action == "clicks":
            return await person.clicks(words(data, "name"))
        elif action == "enters":
            await person.enters()
        elif action == "picture":
            await person.sends_picture(_picture(words(data, "data")))
        elif action == "plugin":
            await self._platform.set_on_plugin(person.userid, data.get("on") is True)
        else:
            raise Trouble("没有这个动作", 404)
        return None

    # -- the calendar

    async def turn(self, request: web.Request) -> web.Response:
        """Turn the calendar: {"step": "day" | "week" | "next"}, always to a morning, day by day."""
        step = words(await asked(request), "step")
        days = {"day": 1, "week": 7, "next": FARTHEST}.get(step)
        if days is None:
            raise Trouble("日历只能往后翻一天、一周，或翻到下一件事", 400)
        if self._turning.locked():
            raise Trouble("日历正在翻动，请稍候")
        async with self._turning:
            self._receivers.clear()
            turned = 0
            while turned < days and not (step == "next" and self._receivers):
                await self._next_morning()
                turned += 1
        receivers = [{"userid": userid, "count": count} for userid, count in self._receivers.items()]
        return web.json_response({"days": turned, "receivers": receivers, **self._today()})

    async def _next_morning(self) -> None:
        calendar = self._platform.calendar
        tomorrow = calendar.now().astimezone(SHANGHAI).date() + timedelta(days=1)
        await calendar.turn_to(datetime.combine(tomorrow, MORNING, SHANGHAI).astimezone(UTC))

    # -- looking up

    def _person(self, request: web.Request) -> Person:
        try:
            return self._platform.person(request.match_info["userid"])
        except KeyError:
            raise Trouble("通讯录里没有这个人", 404) from None

    def _card(self, person: Person, data: dict[str, Any]) -> view.Shown:
        for shown in reversed(person.inbox):
            if shown.id == data.get("card") and shown.card is not None:
                return shown
        raise Trouble("这张卡片已经不在了", 404)


def _picture(encoded: str) -> bytes:
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise Trouble("图片读不出来，请换一张", 400) from None
    if not data.startswith(tuple(PICTURES)):
        raise Trouble("请选择 PNG 或 JPG 图片", 400)
    return data
