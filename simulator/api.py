"""The platform's HTTP door: tokens, limits, outages, and one function for each call of the bot."""

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from simulator import strict, uploads
from simulator.media import cut_range
from simulator.refusal import Refusal
from simulator.switches import Outage

if TYPE_CHECKING:
    from simulator.platform import Platform

Answer = dict[str, Any] | web.Response
_PER_MINUTE, _PER_HOUR = 10_000, 150_000
_HIDDEN = ("access_token", "corpsecret", "debug")
_CLOSED_PAGE = "<!doctype html><meta charset=utf-8><title>提案通</title><p>请在企业微信客户端打开"


def application(platform: "Platform") -> web.Application:
    """Everything the platform answers over HTTP."""
    door = Door(platform)
    app = web.Application(client_max_size=32 * 1024 * 1024)
    app.router.add_route("*", "/cgi-bin/{call:.+}", door.answer)
    app.router.add_get("/connect/oauth2/authorize", door.authorize)
    app.router.add_get("/pictures/{media_id}", door.picture)
    return app


class Door:
    """Takes calls, in the order of the real one: outage, limit, token, body, work."""

    def __init__(self, platform: "Platform") -> None:
        self._platform = platform
        self._counts: dict[str, tuple[int, int]] = {}  # "call/minute" -> window, calls in it
        work = Work(platform)
        self._calls: dict[str, tuple[str, Callable[[Asked], Awaitable[Answer]]]] = {
            "gettoken": ("GET", work.gettoken),
            "message/send": ("POST", work.send),
            "message/update_template_card": ("POST", work.update),
            "message/recall": ("POST", work.recall),
            "menu/create": ("POST", work.menu_create),
            "menu/get": ("GET", work.menu_get),
            "menu/delete": ("GET", work.menu_delete),
            "media/upload": ("POST", work.media_upload),
            "media/get": ("GET", work.media_get),
            "auth/getuserinfo": ("GET", work.getuserinfo),
            "user/get": ("GET", work.user_get),
            "user/list": ("GET", work.user_list),
            "user/simplelist": ("GET", work.user_simplelist),
            "department/list": ("GET", work.department_list),
            "agent/get": ("GET", work.agent_get),
        }

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One call of the bot, logged."""
        begun = time.perf_counter()
        call = request.match_info["call"].strip("/")
        asked = Asked(self._platform, call, request)
        outage = self._platform.switches.strike(call)
        if outage is not None and not outage.lose_answer:
            response = await self._struck(outage)
            logged: Any = {"outage": response.status if response is not None else "cut off"}
        else:
            answer = await self._worked(call, asked)
            if isinstance(answer, web.Response):
                response, logged = answer, {"bytes": answer.content_length}
            else:
                response, logged = web.json_response(answer, dumps=_dumps), answer
            if outage is not None:
                response, logged = None, {**logged, "outage": "answer lost"}
        self._log(asked, logged, (time.perf_counter() - begun) * 1000)
        if response is None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        return response

    async def _struck(self, outage: Outage) -> web.Response | None:
        if outage.hang:
            try:
                async with asyncio.timeout(outage.hang_seconds):
                    await outage.cleared.wait()
            except TimeoutError:
                return None
            return None
        if outage.status is not None:
            return web.Response(status=outage.status, text="<html><body>error</body></html>", content_type="text/html")
        if outage.errcode is not None:
            return web.json_response({"errcode": outage.errcode, "errmsg": "injected"})
        return None

    async def _worked(self, call: str, asked: "Asked") -> Answer:
        platform, switches = self._platform, self._platform.switches
        try:
            if call not in self._calls:
                asked.breach("no such call")
                raise Refusal(404, "no such call")
            method, work = self._calls[call]
            if asked.request.method != method:
                asked.breach(f"{asked.request.method} instead of {method}")
                raise Refusal(40058, f"{method} is needed")
            if "debug" in asked.query:
                asked.breach("debug in the query")
            self._count(call)
            if call != "gettoken":
                token = asked.query.get("access_token")
                if not token:
                    asked.breach("access_token is missing in the query")
                platform.tokens.check(token)
                if switches.suspended:
                    raise Refusal(48006, "rights withdrawn")
                if not switches.trusted_caller:
                    raise Refusal(60020, "not allow to access from your ip")
            answer = await work(asked)
        except Refusal as error:
            return {"errcode": error.errcode, "errmsg": error.hint, **error.extra}
        return answer if isinstance(answer, web.Response) else {"errcode": 0, "errmsg": "ok", **answer}

    def _count(self, call: str) -> None:
        """The base limit for each API; message/send is not in it."""
        if not self._platform.switches.call_limits or call == "message/send":
            return
        now = self._platform.calendar.now().timestamp()
        for name, length, most in (("minute", 60, _PER_MINUTE), ("hour", 3600, _PER_HOUR)):
            window, used = self._counts.get(f"{call}/{name}", (0, 0))
            if window != now // length:
                window, used = int(now // length), 0
            self._counts[f"{call}/{name}"] = (window, used + 1)
            if used >= most:
                raise Refusal(45009, "api freq out of limit")

    def _log(self, asked: "Asked", answer: Any, ms: float) -> None:
        if asked.call == "gettoken":
            answer = {name: value for name, value in answer.items() if name != "access_token"}
        self._platform.note_call(asked.request.method, asked.call, asked.logged(), answer, ms)

    async def authorize(self, request: web.Request) -> web.Response:
        """The login page: only inside a client, which says so with X-Simulated-Member."""
        userid = request.headers.get("X-Simulated-Member", "")
        if not userid:
            return web.Response(text=_CLOSED_PAGE, content_type="text/html")
        try:
            target = self._platform.oauth_redirect(userid, str(request.url), fragment_seen=False)
        except Refusal as error:
            return web.Response(text=f"错误 {error.errcode}", content_type="text/html", status=400)
        return web.Response(status=302, headers={"Location": target, "Cache-Control": "no-store"})

    async def picture(self, request: web.Request) -> web.Response:
        """The PicUrl of a picture a person sent."""
        try:
            medium = self._platform.media.get(request.match_info["media_id"])
        except Refusal:
            return web.Response(status=404)
        return web.Response(body=medium.data, content_type=medium.mime)


def _dumps(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False)


class Asked:
    """One call with its query and body."""

    def __init__(self, platform: "Platform", call: str, request: web.Request) -> None:
        self._platform = platform
        self.call, self.request, self.query = call, request, request.query
        self.body: Any = None

    async def json(self, shape: str) -> dict[str, Any]:
        """The body as it may go on, held against its shape; a breach is noted."""
        raw = await self.request.read()
        try:
            self.body = strict.read_json(raw)
            if "access_token" in self.body:
                raise Refusal(41001, "access_token belongs into the query")
            checked = strict.check(shape, self.body, cut=self._platform.switches.byte_truncation)
        except Refusal as error:
            self.breach(f"{error.errcode} {error.hint}")
            raise
        for where in checked.cut:
            self.breach(f"{where}: too long, cut")
        for words in checked.clipped:
            self._platform.advice.append(f"{self.call}: {words}")
        return checked.body

    def breach(self, what: str) -> None:
        """Note a breach of the protocol in this call."""
        self._platform.breach(f"{self.call}: {what}")

    def agent(self, value: Any) -> None:
        """Refuse an agentid that does not belong to the token."""
        if value is None or value == "":
            self.breach("agentid is missing")
            raise Refusal(41011, "agentid missing")
        if str(value) != str(self._platform.agent_id):
            self.breach("agentid is not that of the token")
            raise Refusal(301002, "agentid does not match the token")

    def logged(self) -> dict[str, Any]:
        """What the log keeps of the request: no token, no secret."""
        query = {name: value for name, value in self.query.items() if name not in _HIDDEN}
        if isinstance(self.body, dict):
            return {**query, **self.body} if query else self.body
        return query


class Work:
    """What each call does."""

    def __init__(self, platform: "Platform") -> None:
        self._platform = platform

    async def gettoken(self, asked: Asked) -> Answer:
        corp_id, secret = asked.query.get("corpid"), asked.query.get("corpsecret")
        if not corp_id or not secret:
            asked.breach("corpid or corpsecret is missing")
            raise Refusal(41004 if corp_id else 41002, "corpid or corpsecret missing")
        if corp_id != self._platform.corp_id:
            raise Refusal(40013, "invalid corpid")
        token, seconds = self._platform.tokens.issue(secret == self._platform.secret)
        return {"access_token": token, "expires_in": seconds}

    async def send(self, asked: Asked) -> Answer:
        body = await asked.json("message_send.request")
        asked.agent(body["agentid"])
        return self._platform.post.send(asked.body, body, callback_url=self._platform.callback_url)

    async def update(self, asked: Asked) -> Answer:
        return self._platform.post.update(await asked.json("update_template_card.request"))

    async def recall(self, asked: Asked) -> Answer:
        body = await asked.json("message_recall.request")
        return self._platform.post.recall(body["msgid"], lambda userid: self._platform.person(userid).on_plugin)

    async def menu_create(self, asked: Asked) -> Answer:
        asked.agent(asked.query.get("agentid"))
        self._platform.menu = await asked.json("menu_create.request")
        self._platform.tell("menu")
        return {}

    async def menu_get(self, asked: Asked) -> Answer:
        asked.agent(asked.query.get("agentid"))
        if self._platform.menu is None:
            raise Refusal(46003, "no menu")
        return dict(self._platform.menu)

    async def menu_delete(self, asked: Asked) -> Answer:
        asked.agent(asked.query.get("agentid"))
        self._platform.menu = None
        self._platform.tell("menu")
        return {}

    async def media_upload(self, asked: Asked) -> Answer:
        try:
            name, data = await uploads.read(asked.request, self._platform.switches)
            medium = self._platform.media.upload(asked.query.get("type", ""), name, data)
        except Refusal as error:
            asked.breach(f"{error.errcode} {error.hint}")
            raise
        created = str(int(medium.at.timestamp()))
        return {"type": medium.kind, "media_id": medium.media_id, "created_at": created}

    async def media_get(self, asked: Asked) -> Answer:
        if not asked.query.get("media_id"):
            raise Refusal(41006, "media_id missing")
        medium = self._platform.media.get(asked.query["media_id"])
        headers = {"Content-Disposition": f'attachment; filename="{medium.name}"'}
        if "Range" not in asked.request.headers:
            return web.Response(body=medium.data, content_type=medium.mime, headers=headers)
        first, last = cut_range(asked.request.headers["Range"], len(medium.data))
        headers["Content-Range"] = f"bytes {first}-{last}/{len(medium.data)}"
        return web.Response(body=medium.data[first : last + 1], status=206, content_type=medium.mime, headers=headers)

    async def getuserinfo(self, asked: Asked) -> Answer:
        userid, private = self._platform.codes.spend(asked.query.get("code", ""))
        if userid not in self._platform.people:
            return {"openid": f"o{userid}"}
        ticket = {"user_ticket": secrets.token_urlsafe(30)} if private else {}
        return {"userid": userid, **ticket}

    async def user_get(self, asked: Asked) -> Answer:
        if not asked.query.get("userid"):
            raise Refusal(41009, "userid missing")
        return self._platform.directory.shown(asked.query["userid"])

    async def user_list(self, asked: Asked) -> Answer:
        return {"userlist": [self._platform.directory.shown(userid) for userid in self._in_department(asked)]}

    async def user_simplelist(self, asked: Asked) -> Answer:
        book = [self._platform.directory.shown(userid) for userid in self._in_department(asked)]
        return {"userlist": [{name: row[name] for name in ("userid", "name", "department")} for row in book]}

    def _in_department(self, asked: Asked) -> list[str]:
        number = asked.query.get("department_id", "")
        if not number.isdigit():
            raise Refusal(40066, "department_id")
        directory = self._platform.directory
        return [userid for userid in directory.members(int(number), deep=False) if directory.reachable(userid)]

    async def department_list(self, asked: Asked) -> Answer:
        directory, number = self._platform.directory, asked.query.get("id", "1")
        if not number.isdigit() or int(number) not in directory.departments:
            raise Refusal(60003, "department unknown")
        below = directory.below(int(number))
        return {"department": [one.shown() for one in directory.departments.values() if one.id in below]}

    async def agent_get(self, asked: Asked) -> Answer:
        asked.agent(asked.query.get("agentid"))
        platform = self._platform
        return {
            "agentid": platform.agent_id,
            "name": platform.app_name,
            "square_logo_url": "",
            "description": "",
            "allow_userinfos": {"user": [{"userid": u} for u in platform.people if platform.directory.reachable(u)]},
            "allow_partys": {"partyid": []},
            "allow_tags": {"tagid": []},
            "close": 0,
            "redirect_domain": platform.trusted_domain,
            "report_location_flag": 0,
            "isreportenter": int(platform.switches.reports_enter),
            "home_url": "",
        }
