"""A small bot for the phones: says back what it hears, sends every kind of card, has a page behind the login."""

import asyncio
import html
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web

from simulator import town, wire
from simulator.calendar import Calendar
from simulator.phones import Phones, add_phones
from simulator.platform import Platform
from simulator.switches import Switches

CORP, AGENT, SECRET = "ww0a1b2c3d4e5f6071", 1000021, "a-secret-of-the-echo"
TOKEN, KEY = "kQ7vTn2wLx", "d9KfR2mXqB7sLwZ0uVhT4yNcE8gPaJ1oI6tQ3xU5rYe"
START = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)  # 09:30 in Shanghai, a Saturday
MENU = {
    "button": [
        {"name": "我要提案", "sub_button": [
            {"type": "click", "name": "开始撰写", "key": "draft"},
            {"type": "click", "name": "继续草稿", "key": "resume"},
        ]},
        {"type": "click", "name": "我的事项", "key": "mine"},
        {"name": "查询统计", "sub_button": [
            {"type": "click", "name": "提案检索", "key": "search"},
            {"type": "view", "name": "统计页面", "url": "PUBLIC/p/statistics"},
        ]},
    ]
}  # fmt: skip
_PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="static/page.css"></head><body><h1>{title}</h1>{body}</body></html>"""


class EchoBot:
    """Hears callbacks, answers by message/send, never by a passive reply."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.seal = wire.Envelope(TOKEN, KEY, CORP)
        self.platform: Platform | None = None
        self.url = ""
        self.heard: list[dict[str, Any]] = []
        self.seen: list[web.Request] = []  # requests for pages
        self.submitted: list[dict[str, str]] = []
        self.deaf = False  # answers 503 to every callback
        self.due: dict[str, tuple[str, str]] = {}  # date -> (userid, words): said when the day has come
        self._tasks: set[asyncio.Task[None]] = set()
        self._token, self._number = "", 0

    # -- the platform's door

    async def post(self, request: web.Request) -> web.Response:
        if self.deaf:
            return web.Response(status=503)
        query, outer = request.query, wire.parse(await request.text())
        fields = wire.parse(
            self.seal.open(query["msg_signature"], query["timestamp"], query["nonce"], outer["Encrypt"])
        )
        self.heard.append(fields)
        task = asyncio.create_task(self.answer(fields))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return web.Response()

    async def verify(self, request: web.Request) -> web.Response:
        query = request.query
        return web.Response(
            text=self.seal.open(query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"])
        )

    async def settle(self) -> None:
        """Wait until everything that was heard is answered."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def turned(self) -> None:
        """A day has come: say what is due."""
        self._token = ""  # grown old over night
        for date in [date for date in self.due if date <= f"{self.calendar.now():%Y-%m-%d}"]:
            userid, words = self.due.pop(date)
            await self.says(userid, words)

    async def answer(self, fields: dict[str, Any]) -> None:
        who = fields["FromUserName"]
        if fields["MsgType"] == "text":
            await self.answer_words(who, fields["Content"])
        elif fields["MsgType"] == "image":
            await self.says(who, "收到一张图片")
        elif fields.get("Event") == "click":
            await self.says(who, f"您点了菜单 {fields['EventKey']}")
        elif fields.get("Event") == "enter_agent":
            await self.says(who, "您好，这里是提案通。")
        elif fields.get("Event") == "template_card_menu_event":
            await self.update(fields, {"template_card": notice(self.url, self.task(), "已静音", replaced=True)})
        elif fields.get("Event") == "template_card_event":
            await self.answer_tap(who, fields)

    async def answer_words(self, who: str, words: str) -> None:
        cards = {"签收": receipt, "评价": rating, "投票": vote, "提醒": notice, "选择": selection}
        if words in cards:
            await self.send(who, "template_card", cards[words](self.url, self.task()))
        elif words == "链接":
            login = (
                f"{self.platform.api_base}/connect/oauth2/authorize?appid={CORP}&redirect_uri=" if self.platform else ""
            )
            address = (
                f"{login}{quote(f'{self.url}/p/login', safe='')}"
                f"&response_type=code&scope=snsapi_base&state=abc#wechat_redirect"
            )
            await self.says(
                who,
                f'请打开<a href="{html.escape(address)}">办理页面</a>，或直接访问 {self.url}/p/form。\n'
                '<script>alert(1)</script><b>不加粗</b> <a href="javascript:alert(1)">假链接</a> https://www.example.org/a。',
            )
        elif words == "文卡":
            card = {
                "title": "提案办理周报",
                "description": '<div class="gray">11月21日</div>本周答复 11 件，逾期 <div class="highlight">2 件</div>',
                "url": f"{self.url}/p/form",
                "btntxt": "查看",
            }
            await self.send(who, "textcard", card)
        elif words == "标记":
            await self.send(
                who,
                "markdown",
                {
                    "content": f'# 本周\n**11 件**已答复，<font color="warning">2 件逾期</font>\n> 请尽快\n[查看]({self.url}/p/form)'
                },
            )
        else:
            await self.says(who, f"收到：{words}")

    async def answer_tap(self, who: str, fields: dict[str, Any]) -> None:
        key = fields["EventKey"]
        if key == "sign":
            await self.update(fields, {"button": {"replace_name": "已签收 · 11月21日"}})
        elif key == "adjust":
            card = receipt(self.url, "", title="申请调整：已受理") | {"replace_text": "已申请调整"}
            card.pop("task_id")
            await self.update(fields, {"template_card": card})
        elif key in ("rate", "vote", "assign"):
            items = wire.as_list(fields["SelectedItems"]["SelectedItem"])
            chosen = {item["QuestionKey"]: wire.as_list((item["OptionIds"] or {}).get("OptionId")) for item in items}
            await self.update(fields, {"button": {"replace_name": "已提交"}})
            await self.says(who, "您选择了：" + json.dumps(chosen, ensure_ascii=False))
        # "nothing": no answer at all

    # -- speaking

    def task(self) -> str:
        self._number += 1
        return f"echo-{self._number}"

    async def says(self, who: str, words: str) -> None:
        await self.send(who, "text", {"content": words})

    async def send(self, who: str, kind: str, content: dict[str, Any]) -> None:
        await self.call("message/send", {"touser": who, "agentid": AGENT, "msgtype": kind, kind: content})

    async def update(self, fields: dict[str, Any], what: dict[str, Any]) -> None:
        body = {"userids": [fields["FromUserName"]], "agentid": AGENT, "response_code": fields["ResponseCode"], **what}
        await self.call("message/update_template_card", body)

    async def call(self, name: str, body: dict[str, Any], **query: Any) -> None:
        assert self.platform is not None
        base = f"{self.platform.api_base}/cgi-bin"
        async with aiohttp.ClientSession() as session:
            if not self._token:
                async with session.get(f"{base}/gettoken", params={"corpid": CORP, "corpsecret": SECRET}) as answer:
                    self._token = (await answer.json())["access_token"]
            data = json.dumps(body, ensure_ascii=False).encode()
            async with session.post(
                f"{base}/{name}", params={"access_token": self._token, **query}, data=data
            ) as answer:
                said = await answer.json()
        assert said["errcode"] == 0, said

    # -- pages

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/wecom/callback", self.post),
            web.get("/wecom/callback", self.verify),
            web.get("/p/login", self.login),
            web.get("/p/form", self.form),
            web.post("/p/form", self.submit),
            web.get("/p/statistics", self.statistics),
            web.get("/p/static/page.css", self.css),
            web.get("/p/away", self.away),
        ]

    async def login(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        assert self.platform is not None
        userid, _ = self.platform.codes.spend(request.query["code"])
        response = web.Response(status=302, headers={"Location": "form"})
        response.set_cookie("who", userid, httponly=True, path="/p")
        return response

    async def form(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        who = request.cookies.get("who")
        if who is None:
            assert self.platform is not None
            target = quote(f"{self.url}/p/login", safe="")
            raise web.HTTPFound(
                f"{self.platform.api_base}/connect/oauth2/authorize?appid={CORP}&redirect_uri={target}"
                "&response_type=code&scope=snsapi_base&state=abc#wechat_redirect"
            )
        body = (
            f"<p>当前：<b id=who>{html.escape(who)}</b></p><form method=post action=form><label>答复意见"
            f'<input name="words"></label><button>提交答复</button></form>'
            f'<a id=full href="{self.url}/p/statistics">统计</a> <a id=rooted href="/p/statistics">统计</a> '
            '<a id=away href="https://www.example.org/">别处</a>'
        )
        return _page("办理页面", body)

    async def submit(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        if request.headers.get("Origin") != self.url:
            return web.Response(status=403, text="origin")
        self.submitted.append({"who": request.cookies["who"], **{k: str(v) for k, v in (await request.post()).items()}})
        return _page("已提交", "<p id=thanks>谢谢，已收到您的答复</p>")

    async def statistics(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        response = _page("统计", "<p id=numbers>共 18 件</p>")
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
        return response

    async def css(self, _: web.Request) -> web.Response:
        return web.Response(
            text="body{font:16px/1.7 sans-serif;margin:20px}button{padding:8px 20px}", content_type="text/css"
        )

    async def away(self, _: web.Request) -> web.Response:
        raise web.HTTPFound("http://127.0.0.1:9/elsewhere")


def _page(title: str, body: str) -> web.Response:
    return web.Response(text=_PAGE.format(title=title, body=body), content_type="text/html")


def receipt(url: str, task_id: str, title: str = "新的提案等待签收") -> dict[str, Any]:
    return {
        "card_type": "button_interaction",
        "source": {"desc": "提案通 · 交办", "desc_color": 0},
        "main_title": {"title": title, "desc": "关于在老旧小区增设社区长者食堂的建议"},
        "quote_area": {
            "type": 1,
            "url": f"{url}/p/form",
            "title": "案由",
            "quote_text": "社区老年人就餐不便，现有助餐点覆盖不足三成。",
        },
        "sub_title_text": "请在 5 个工作日内签收；不属于本单位职责的，请申请调整并说明理由。",
        "horizontal_content_list": [
            {"keyname": "提案编号", "value": "第 0137 号"},
            {"keyname": "提案人", "value": "林知夏", "type": 3, "userid": "m013"},
            {"keyname": "签收期限", "value": "11月27日（周五）"},
            {"keyname": "全文", "value": "查看", "type": 1, "url": f"{url}/p/form"},
        ],
        "task_id": task_id,
        "action_menu": {"desc": "更多", "action_list": [{"text": "不再提醒", "key": "mute"}]},
        "button_list": [
            {"text": "签收", "style": 1, "key": "sign"},
            {"text": "申请调整", "style": 2, "key": "adjust"},
            {"text": "没有反应", "style": 3, "key": "nothing"},
            {"text": "看全文", "style": 4, "type": 1, "url": f"{url}/p/form"},
        ],
    }


def rating(url: str, task_id: str) -> dict[str, Any]:
    def select(key: str, title: str) -> dict[str, Any]:
        options = [{"id": f"{key}{i}", "text": words} for i, words in enumerate(("满意", "基本满意", "不满意"))]
        return {"question_key": key, "title": title, "option_list": options}

    return {
        "card_type": "multiple_interaction",
        "source": {"desc": "提案通 · 评价"},
        "main_title": {"title": "请评价办理情况", "desc": "第 0137 号 · 市民政局"},
        "select_list": [select("attitude", "办理态度"), select("result", "办理结果")],
        "submit_button": {"text": "提交评价", "key": "rate"},
        "task_id": task_id,
    }


def vote(url: str, task_id: str) -> dict[str, Any]:
    options = [
        {"id": f"v{i}", "text": words, "is_checked": False} for i, words in enumerate(("及时", "到位", "态度好"))
    ]
    return {
        "card_type": "vote_interaction",
        "source": {"desc": "提案通 · 评价"},
        "main_title": {"title": "办理中哪些方面好？", "desc": "可多选"},
        "checkbox": {"question_key": "good", "mode": 1, "option_list": options},
        "submit_button": {"text": "提交", "key": "vote"},
        "task_id": task_id,
    }


def notice(url: str, task_id: str, title: str = "办理期限临近", replaced: bool = False) -> dict[str, Any]:
    card: dict[str, Any] = {
        "card_type": "text_notice",
        "source": {"desc": "提案通 · 提醒", "desc_color": 2},
        "main_title": {"title": title, "desc": "第 0137 号提案"},
        "emphasis_content": {"title": "2 天", "desc": "剩余时间"},
        "sub_title_text": "请尽快与提案人沟通并答复。",
        "horizontal_content_list": [{"keyname": "主办", "value": "市民政局"}],
        "card_action": {"type": 1, "url": f"{url}/p/form"},
    }
    return card if replaced else card | {"task_id": task_id}


def selection(url: str, task_id: str) -> dict[str, Any]:
    units = [{"id": "u10", "text": "市民政局"}, {"id": "u01", "text": "市发改委"}]
    return {
        "card_type": "button_interaction",
        "main_title": {"title": "请确定主办单位"},
        "button_selection": {"question_key": "unit", "title": "主办单位", "option_list": units, "selected_id": "u10"},
        "button_list": [{"text": "确定交办", "style": 1, "key": "assign"}],
        "task_id": task_id,
    }


@dataclass
class Rehearsal:
    """A platform, the echo, and the phones on the table."""

    bot: EchoBot
    platform: Platform
    phones: Phones
    url: str  # of the page


@asynccontextmanager
async def rehearsal() -> AsyncIterator[Rehearsal]:
    """The town of the product with the echo for a bot, everything over HTTP on this machine."""
    calendar = Calendar(START)
    bot = EchoBot(calendar)
    platform = Platform(
        CORP, AGENT, SECRET, TOKEN, KEY, "", calendar, town.people(), Switches(retries=1, retry_spacing=0)
    )
    pages, table = web.Application(), web.Application()
    pages.add_routes(bot.routes())
    phones = add_phones(table, platform, links={"使用说明": "https://www.example.org/"})
    await platform.start()
    bot.platform = platform
    runners = [web.AppRunner(app, access_log=None, shutdown_timeout=0.2) for app in (pages, table)]
    urls = []
    for runner in runners:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
    bot.url = phones.browser.public_url = urls[0]
    platform.callback_url = f"{bot.url}/wecom/callback"
    calendar.listeners.append(bot.turned)
    await bot.call("menu/create", json.loads(json.dumps(MENU).replace("PUBLIC", bot.url)), agentid=AGENT)
    try:
        yield Rehearsal(bot, platform, phones, f"{urls[1]}/phones")
    finally:
        await bot.settle()
        for runner in reversed(runners):
            await runner.cleanup()
        await platform.close()
