"""A platform with five people, a bot that only listens, and a client that only calls."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from simulator import strict, wire
from simulator.calendar import Calendar
from simulator.platform import Platform
from simulator.records import Someone
from simulator.switches import Switches

CORP, AGENT, SECRET = "ww0a1b2c3d4e5f6071", 1000021, "s3cret"
TOKEN, KEY = "kQ7vTn2wLx", "d9KfR2mXqB7sLwZ0uVhT4yNcE8gPaJ1oI6tQ3xU5rYe"
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PEOPLE = {
    "wang": Someone("wang", "王委员", "委员", "委员", "经济"),
    "li": Someone("li", "李委员", "委员", "委员", "教育"),
    "Zhao.L": Someone("Zhao.L", "赵联络", "办公室联络员", "承办单位", "市发改委", private={"mobile": "13800000000"}),
    "chen": Someone("chen", "陈主任", "主任", "政协机关", on_plugin=True),
    "sun": Someone("sun", "孙督查", "主任科员", "交办"),
}
_SHAPES = {
    "message/send": "message_send.response",
    "message/update_template_card": "update_template_card.response",
    "gettoken": "gettoken.response",
    "auth/getuserinfo": "getuserinfo.response",
    "media/upload": "media_upload.response",
}


class Bot:
    """Opens every callback and keeps what was inside; answers as told."""

    def __init__(self) -> None:
        self.seal = wire.Envelope(TOKEN, KEY, CORP)
        self.heard: list[dict[str, Any]] = []
        self.envelopes: list[tuple[dict[str, str], str]] = []
        self.arrivals: asyncio.Queue[None] = asyncio.Queue()
        self.statuses: list[int] = []  # answered first, one for each callback; then 200
        self.answer: Callable[[dict[str, Any]], bytes] = lambda fields: b""
        self.hold: asyncio.Event | None = None
        self.echo: Callable[[str], bytes] = lambda plain: plain.encode()

    async def post(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.envelopes.append((dict(request.query), body))
        self.arrivals.put_nowait(None)
        query = request.query
        outer = wire.parse(body)
        assert outer["ToUserName"] == CORP
        assert outer["AgentID"] == str(AGENT)
        xml = self.seal.open(query["msg_signature"], query["timestamp"], query["nonce"], outer["Encrypt"])
        if self.hold is not None:
            await self.hold.wait()
        if self.statuses and (status := self.statuses.pop(0)) != 200:
            return web.Response(status=status)
        self.heard.append(wire.parse(xml))
        return web.Response(body=self.answer(self.heard[-1]))

    async def get(self, request: web.Request) -> web.Response:
        query = request.query
        if self.hold is not None:
            await self.hold.wait()
        plain = self.seal.open(query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"])
        return web.Response(body=self.echo(plain))

    def sealed(self, inner: dict[str, Any]) -> bytes:
        encrypt = self.seal.encrypt(wire.xml(inner))
        sign = self.seal.sign("1795305612", "55512", encrypt)
        return wire.xml({"Encrypt": encrypt, "MsgSignature": sign, "TimeStamp": 1795305612, "Nonce": "55512"}).encode()


class Town:
    """What a test plays with."""

    def __init__(self, platform: Platform, bot: Bot, calendar: Calendar, session: aiohttp.ClientSession) -> None:
        self.platform, self.bot, self.calendar, self.session = platform, bot, calendar, session
        self.switches = platform.switches
        self.wang, self.li, self.zhao = platform.person("wang"), platform.person("li"), platform.person("zhao.l")
        self.chen, self.sun = platform.person("chen"), platform.person("sun")
        self.token = ""

    async def get(self, call: str, **query: Any) -> dict[str, Any]:
        return await self._ask("GET", call, query, None)

    async def post(self, call: str, body: Any, **query: Any) -> dict[str, Any]:
        data = body if isinstance(body, bytes | aiohttp.FormData) else json.dumps(body, ensure_ascii=False).encode()
        return await self._ask("POST", call, query, data)

    async def _ask(self, method: str, call: str, query: dict[str, Any], data: Any) -> dict[str, Any]:
        if call != "gettoken" and "access_token" not in query:
            if not self.token:
                await self.log_in()
            query["access_token"] = self.token
        query = {name: value for name, value in query.items() if value is not None}
        url = f"{self.platform.api_base}/cgi-bin/{call}"
        async with self.session.request(method, url, params=query, data=data) as response:
            assert response.status == 200
            answer: dict[str, Any] = await response.json()
        assert strict.is_valid(_SHAPES.get(call, "common.response"), answer)
        return answer

    async def log_in(self) -> dict[str, Any]:
        answer = await self.get("gettoken", corpid=CORP, corpsecret=SECRET)
        self.token = answer["access_token"]
        return answer

    async def text(self, to: str, words: str = "您好", **more: Any) -> dict[str, Any]:
        return await self.post("message/send", text(to, words, **more))

    async def card(self, to: str, card: dict[str, Any], **more: Any) -> dict[str, Any]:
        body = {"touser": to, "msgtype": "template_card", "agentid": AGENT, "template_card": card, **more}
        return await self.post("message/send", body)

    async def update(self, code: str, **more: Any) -> dict[str, Any]:
        body = {"agentid": AGENT, "response_code": code, **more}
        return await self.post("message/update_template_card", body)


def text(to: str, words: str = "您好", **more: Any) -> dict[str, Any]:
    return {"touser": to, "msgtype": "text", "agentid": AGENT, "text": {"content": words}, **more}


def buttons(task_id: str = "T-1", *labels: str, **more: Any) -> dict[str, Any]:
    names = labels or ("签收", "申请调整")
    return {
        "card_type": "button_interaction",
        "main_title": {"title": "新的提案"},
        "button_list": [{"text": name, "key": f"do.{name}"} for name in names],
        "task_id": task_id,
        **more,
    }


def selectors(task_id: str = "M-1") -> dict[str, Any]:
    def select(key: str, title: str, *options: str) -> dict[str, Any]:
        listed = [{"id": f"{key}{place}", "text": words} for place, words in enumerate(options)]
        return {"question_key": key, "title": title, "option_list": listed}

    return {
        "card_type": "multiple_interaction",
        "main_title": {"title": "请评价"},
        "select_list": [
            select("a", "办理态度", "满意", "不满意"),
            select("r", "办理结果", "满意", "基本满意", "不满意"),
        ],
        "submit_button": {"text": "提交评价", "key": "rate"},
        "task_id": task_id,
    }


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    bot, calendar = Bot(), Calendar(START)
    app = web.Application()
    app.router.add_post("/wecom/callback", bot.post)
    app.router.add_get("/wecom/callback", bot.get)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/wecom/callback"
    platform = Platform(CORP, AGENT, SECRET, TOKEN, KEY, url, calendar, PEOPLE, Switches(retry_spacing=0))
    await platform.start()
    async with aiohttp.ClientSession() as session:
        yield Town(platform, bot, calendar, session)
    if bot.hold is not None:
        bot.hold.set()
    await platform.close()
    await runner.cleanup()
