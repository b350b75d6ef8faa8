"""The platform's API over httpx: one token, calls, and errors sorted by how we react.

httpx puts the whole address, token and secret in it, into its log lines and its exceptions. The log lines are turned
away below; the exceptions never leave this file: only their class name does.
"""

import asyncio
import json
import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import structlog
from httpx_aiohttp import AiohttpTransport

from bot.wecom import Clock
from bot.wecom.check import BadBody, check
from bot.wecom.errors import NO_MENU, WRONG_TOKEN, Rejected, TryLater, WeComError, error_of

if TYPE_CHECKING:
    from bot.config import WeComSettings

MARGIN = timedelta(minutes=5)  # a token is given up this long before its end
SECRET_PAUSE = timedelta(seconds=30)  # repeated wrong secrets lock our address out for an hour
TIMEOUT = httpx.Timeout(10, connect=3)
LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=10)
MOST_MEDIA = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}
LEAST_MEDIA = 6
_FILENAME = re.compile(r'filename="?([^";]+)')

logging.getLogger("httpx").addFilter(lambda record: record.levelno >= logging.WARNING)

log = structlog.get_logger()


@dataclass(frozen=True)
class Sent:
    """Accepted by the platform, which is not shown to anybody yet; `unreachable` userids will certainly get nothing."""

    msgid: str
    response_code: str
    unreachable: tuple[str, ...]


@dataclass(frozen=True)
class Medium:
    """A file the platform has handed out."""

    name: str
    mime: str
    data: bytes


@dataclass(frozen=True)
class _Token:
    value: str
    until: datetime
    serial: int  # a renewed token may have the same value


class WeComClient:
    """One app's side of the API; `api_base` without /cgi-bin. Safe for any number of tasks of one loop."""

    def __init__(self, wecom: "WeComSettings", now: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._wecom, self._now, self._transport = wecom, now, transport
        self._http: httpx.AsyncClient | None = None
        self._lock = asyncio.Lock()
        self._token: _Token | None = None
        self._fetches = 0
        self._failure: WeComError | None = None  # of the last fetch
        self._ask_after: datetime | None = None

    async def start(self) -> None:
        """Opens the connection pool; nothing is sent yet."""
        self._http = httpx.AsyncClient(
            base_url=self._wecom.api_base.rstrip("/").removesuffix("/cgi-bin") + "/cgi-bin/",
            timeout=TIMEOUT,
            limits=LIMITS,
            transport=self._transport or _transport(),
            http2=False,
            trust_env=False,
            follow_redirects=False,
        )

    async def close(self) -> None:
        """Let the connections go."""
        if self._http:
            await self._http.aclose()
            self._http = None

    async def send(self, body: dict[str, Any]) -> Sent:
        """message/send. BadBody before anything leaves, Rejected when nobody can be reached."""
        check(body, "message_send")
        answer = await self._call("message/send", body)
        lost = [str(answer.get(name) or "") for name in ("invaliduser", "unlicenseduser")]
        people = dict.fromkeys(userid.lower() for names in lost for userid in names.split("|") if userid)
        return Sent(str(answer.get("msgid") or ""), str(answer.get("response_code") or ""), tuple(people))

    async def update_card(self, body: dict[str, Any]) -> None:
        """message/update_template_card: spends the response_code; Rejected.spent when that was done before."""
        check(body, "update_template_card")
        await self._call("message/update_template_card", body)

    async def menu(self) -> dict[str, Any] | None:
        """The app's menu as the platform has it, None if there is none."""
        try:
            answer = await self._call("menu/get", agentid=self._wecom.agent_id)
        except Rejected as error:
            if error.errcode == NO_MENU:
                return None
            raise
        return {"button": answer.get("button") or []}

    async def create_menu(self, menu: dict[str, Any]) -> None:
        """Set the app's menu, as menu/create takes it."""
        check(menu, "menu_create")
        await self._call("menu/create", menu, agentid=self._wecom.agent_id)

    async def userid_of(self, code: str) -> str | None:
        """The member behind an OAuth code, None for an outsider; Rejected (WRONG_CODE) for a code of no use."""
        answer = await self._call("auth/getuserinfo", code=code)
        userid = answer.get("userid")
        if not isinstance(userid, str) or not userid or "/" in userid:  # CorpId/userid: a member of another corp
            return None
        return userid.lower()

    async def names(self) -> dict[str, str]:
        """userid -> name of everybody in the app's visible range."""
        found: dict[str, str] = {}
        for department in _rows(await self._call("department/list"), "department"):
            try:
                answer = await self._call("user/list", department_id=department.get("id"))
            except Rejected as error:
                if not error.unreachable:  # a department outside the range is passed over
                    raise
                continue
            for member in _rows(answer, "userlist"):
                if isinstance(userid := member.get("userid"), str):
                    found[userid.lower()] = str(member.get("name") or userid)
        return found

    async def name_of(self, userid: str) -> str | None:
        """The member's name, None when the app may not see them."""
        try:
            answer = await self._call("user/get", userid=userid)
        except Rejected as error:
            if error.unreachable:
                return None
            raise
        return str(answer.get("name") or userid)

    async def upload(self, kind: str, filename: str, data: bytes) -> str:
        """media/upload: the media_id, good for three days.

        Multipart by hand: a library writes a Chinese name as `filename*=UTF-8''…`, which the platform answers with
        44001; it wants raw UTF-8.
        """
        if kind not in MOST_MEDIA or not LEAST_MEDIA <= len(data) <= MOST_MEDIA[kind]:
            raise BadBody("media_upload", "media", "size" if kind in MOST_MEDIA else "type")
        edge = "--------tiantong-5c1b9e0f7a"
        while edge.encode() in data:
            edge += "0"
        name = "".join("_" if letter in '"\\' or not letter.isprintable() else letter for letter in filename) or "file"
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="media"; filename="{name}"; filelength={len(data)}\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        content = head.encode("utf-8", "replace") + data + f"\r\n--{edge}--\r\n".encode()
        answer = await self._call("media/upload", content, f"multipart/form-data; boundary={edge}", type=kind)
        return str(answer.get("media_id") or "")

    async def download(self, media_id: str) -> Medium:
        """media/get: what somebody has sent, within three days; Rejected when it is gone."""
        call = "media/get"
        token = await self._fresh()
        response = await self._exchange(call, access_token=token.value, media_id=media_id)
        if "content-disposition" not in response.headers and _read(response, call)[1] in WRONG_TOKEN:
            token = await self._fresh(than=token)
            response = await self._exchange(call, access_token=token.value, media_id=media_id)
        if "content-disposition" not in response.headers:  # a refusal comes as JSON, with status 200 like everything
            if errcode := _read(response, call)[1]:
                raise error_of(errcode, call)
            raise TryLater(0, call, "no file in the answer")
        named = _FILENAME.search(response.headers["content-disposition"])
        mime = response.headers.get("content-type", "").split(";")[0].strip()
        return Medium(named[1] if named else "", mime, response.content)

    async def _call(
        self, call: str, body: dict[str, Any] | bytes | None = None, kind: str = "application/json", **query: Any
    ) -> dict[str, Any]:
        """One call with the shared token, repeated once with a new one when the platform refuses the old."""
        content = _json(body, call) if isinstance(body, dict) else body
        token = await self._fresh()
        answer, errcode = await self._ask(call, content, kind, access_token=token.value, **query)
        if errcode in WRONG_TOKEN:
            token = await self._fresh(than=token)
            answer, errcode = await self._ask(call, content, kind, access_token=token.value, **query)
        if errcode:
            raise error_of(errcode, call)
        return answer

    async def _fresh(self, than: _Token | None = None) -> _Token:
        """The cached token, or a new one: whoever comes while it is being fetched waits for the same."""
        if token := self._good(than):
            return token
        before = self._fetches
        async with self._lock:
            if token := self._good(than):
                return token
            if self._failure and self._fetches > before:
                raise self._failure  # what we waited for has failed; one by one we would wait for ever
            if self._failure and self._ask_after and self._now() < self._ask_after:
                raise Rejected(self._failure.errcode, self._failure.call, "not asked again yet")
            try:
                self._token = await self._fetch()
            except WeComError as error:
                self._failure = error
                self._ask_after = self._now() + SECRET_PAUSE if isinstance(error, Rejected) else None
                raise
            else:
                self._failure = None
            finally:
                self._fetches += 1
            return self._token

    async def _fetch(self) -> _Token:
        asked = self._now()
        secret = self._wecom.secret.get_secret_value()
        answer, errcode = await self._ask("gettoken", corpid=self._wecom.corp_id, corpsecret=secret)
        if errcode:
            raise error_of(errcode, "gettoken")
        value, seconds = answer.get("access_token"), answer.get("expires_in")
        if not (isinstance(value, str) and value and isinstance(seconds, int)):
            raise TryLater(0, "gettoken", "no token in the answer")
        life = max(timedelta(seconds=seconds) - MARGIN, timedelta(seconds=seconds) / 2)
        log.info("token_renewed", seconds=seconds)
        return _Token(value, asked + life, self._token.serial + 1 if self._token else 1)

    def _good(self, than: _Token | None) -> _Token | None:
        token = self._token
        newer = token and (than is None or token.serial > than.serial)
        return token if token and newer and self._now() < token.until else None

    async def _ask(
        self, call: str, content: bytes | None = None, kind: str = "application/json", **query: Any
    ) -> tuple[dict[str, Any], int]:
        """One HTTP exchange; the answer and its errcode, TryLater when there is neither."""
        return _read(await self._exchange(call, content, kind, **query), call)

    async def _exchange(
        self, call: str, content: bytes | None = None, kind: str = "application/json", **query: Any
    ) -> httpx.Response:
        """One HTTP exchange that came to an answer of some kind."""
        if self._http is None:
            raise RuntimeError("the client has not been started")
        headers = {} if content is None else {"Content-Type": kind}
        trouble = ""
        try:
            method = "GET" if content is None else "POST"
            response = await self._http.request(method, call, params=query, content=content, headers=headers)
        except httpx.HTTPError as error:
            trouble = type(error).__name__
        if trouble:  # raised out here, so that no cause with the address in it hangs on to the error
            raise TryLater(0, call, trouble)
        status = response.status_code
        if status >= 500 or status == 429:
            raise TryLater(0, call, f"HTTP {status}", _seconds(response.headers.get("Retry-After", "")))
        if status != 200:
            raise Rejected(0, call, f"HTTP {status}")
        return response


def _read(response: httpx.Response, call: str) -> tuple[dict[str, Any], int]:
    try:
        answer = json.loads(response.content)
        errcode = int(answer.get("errcode", 0)) if isinstance(answer, dict) else None
    except (ValueError, TypeError):
        errcode = None
    if errcode is None:
        raise TryLater(0, call, "no JSON answer")
    return answer, errcode


def _transport() -> httpx.AsyncBaseTransport:
    """aiohttp below httpx: the same client for a third of the cost of a request. Takes and keeps no cookies."""

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=LIMITS.max_connections or 0, keepalive_timeout=LIMITS.keepalive_expiry)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)

    return AiohttpTransport(trust_env=False, limits=LIMITS, client=session)


def _json(body: dict[str, Any], call: str) -> bytes:
    """Raw characters: a \\u escape may bring 40033."""
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError):
        raise BadBody(call, "", "not JSON") from None


def _rows(answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = answer.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None
