"""The browser inside each phone: opens pages of the bot, and only of the bot, with the cookies of that person."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import quote

import aiohttp
from aiohttp import CookieJar, DummyCookieJar, hdrs, web
from yarl import URL

from simulator.phones.doors import PICTURE, Trouble, body, from_our_page
from simulator.platform import Platform
from simulator.refusal import Refusal

AUTHORIZE = "/connect/oauth2/authorize"
PAGE = 2 * 1024 * 1024  # bytes of an HTML page, read whole because its addresses are rewritten
DOWNLOAD = 64 * 1024 * 1024  # bytes of anything else
PATIENCE = aiohttp.ClientTimeout(total=30)
REDIRECTS = {301, 302, 303, 307, 308}
FORWARDED = ("Accept", "Accept-Language", "Content-Type")
KEPT = ("Content-Type", "Content-Disposition", "Content-Language", "Cache-Control", "X-Content-Type-Options")
ADDRESS = re.compile(rb"""(\s(?:href|src|action|formaction)\s*=\s*["'])(https?://[^/"'\s]+)?/(?!/)""", re.IGNORECASE)
FRAMES = re.compile(r"frame-ancestors[^;]*;?", re.IGNORECASE)

WECOM = " wxwork/4.1.36 MicroMessenger/7.0.1"
WECHAT = " MicroMessenger/8.0.50"

APOLOGY = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>页面打不开</title><body style="font:16px/1.7 sans-serif;margin:3rem 1.5rem;color:#1f2329;text-align:center">
<p style="font-size:20px">页面打不开</p><p>{text}</p></body></html>"""


class Browser:
    """What the people of the town see when they open a link of the bot."""

    def __init__(self, platform: Platform, at: str, public_url: str, bot_url: str) -> None:
        self._platform, self._at = platform, at
        self.public_url = public_url  # what the bot calls itself in links; may be set later
        self.bot_url = bot_url  # where it is reached, if elsewhere
        self._jars: dict[str, CookieJar] = {}
        self._session: aiohttp.ClientSession | None = None

    async def session(self, _: web.Application) -> AsyncIterator[None]:
        """Hold the connections as long as the application runs."""
        async with aiohttp.ClientSession(cookie_jar=DummyCookieJar(), timeout=PATIENCE) as self._session:
            yield

    def place(self, userid: str, address: str) -> str:
        """Where the phone of `userid` finds `address`: a path of ours. Trouble if it is no page of the bot's."""
        url = _url(address)
        if url.path.endswith(AUTHORIZE):
            try:
                url = _url(self._platform.oauth_redirect(userid, str(url)))
            except Refusal as refusal:
                raise Trouble(f"网页授权没有通过（错误码 {refusal.errcode}）", 403) from refusal
        if not self.public_url or url.origin() != _url(self.public_url).origin():
            raise Trouble("这个网址不属于本应用，手机里打不开", 403)
        fragment = f"#{url.raw_fragment}" if url.raw_fragment else ""
        return f"{self._web(userid)}{url.raw_path_qs}{fragment}"

    async def open(self, request: web.Request) -> web.StreamResponse:
        """GET {at}/{userid}/open?url=…: a link of the chat."""
        try:
            userid = self._userid(request)
            place = self.place(userid, request.query.get("url", ""))
        except Trouble as trouble:
            return _sorry(trouble)
        return web.Response(status=302, headers={"Location": place})

    async def page(self, request: web.Request) -> web.StreamResponse:
        """GET or POST {at}/{userid}/web/…: the bot's page behind it."""
        try:
            return await self._page(request)
        except Trouble as trouble:
            return _sorry(trouble)
        except (aiohttp.ClientError, TimeoutError):
            return _sorry(Trouble("机器人没有应答，请确认它正在运行，然后重新打开", 502))

    async def _page(self, request: web.Request) -> web.StreamResponse:
        userid = self._userid(request)
        # the path as the phone has sent it, still encoded; whatever it holds, it is put behind the bot's own origin
        path = "/" + request.rel_url.raw_path.removeprefix(f"{self._at}/").split("/", 2)[2]
        if path.startswith(f"{self._at}/") or not self.public_url:
            raise Trouble("这个网址不属于本应用，手机里打不开", 403)
        url = URL(f"{_url(self.public_url).origin()}{path}", encoded=True)
        if request.rel_url.raw_query_string:
            url = URL(f"{url}?{request.rel_url.raw_query_string}", encoded=True)
        form = None
        if request.method == hdrs.METH_POST:
            if not from_our_page(request):
                raise Trouble("请求来自别的网站，已拒绝", 403)
            form = await body(request, PICTURE)
        there = url
        if self.bot_url:
            there = URL(f"{_url(self.bot_url).origin()}{url.raw_path_qs}", encoded=True)
        assert self._session is not None
        jar = self._jar(userid)
        async with self._session.request(
            request.method, there, headers=self._headers(request, userid, url, jar), data=form, allow_redirects=False
        ) as answer:
            jar.update_cookies(answer.cookies, url)
            if answer.status in REDIRECTS and (location := answer.headers.get("Location")):
                return self._redirect(userid, url, answer.status, location)
            return await self._pass_on(request, userid, answer)

    def _headers(self, request: web.Request, userid: str, url: URL, jar: CookieJar) -> dict[str, str]:
        """What the bot gets to see: a client of WeCom (or WeChat) that has come from the bot's own pages."""
        headers = {name: request.headers[name] for name in FORWARDED if name in request.headers}
        on_plugin = self._platform.person(userid).on_plugin
        headers["User-Agent"] = request.headers.get("User-Agent", "Mozilla/5.0") + (WECHAT if on_plugin else WECOM)
        headers["Host"] = url.raw_authority.rpartition("@")[2]
        if request.method == hdrs.METH_POST:
            headers["Origin"] = str(url.origin())
        with suppress(ValueError):
            came_from = URL(request.headers.get("Referer", "")).raw_path_qs
            if came_from.startswith(f"{self._web(userid)}/"):
                headers["Referer"] = f"{url.origin()}{came_from.removeprefix(self._web(userid))}"
        cookies = jar.filter_cookies(url)
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={cookie.coded_value}" for name, cookie in cookies.items())
        return headers

    def _redirect(self, userid: str, url: URL, status: int, location: str) -> web.StreamResponse:
        """Lead the frame on: within the bot, or through OAuth back into it. So its address is always the page's own."""
        return web.Response(status=status, headers={"Location": self.place(userid, str(_url(location, url)))})

    async def _pass_on(self, request: web.Request, userid: str, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        headers = {name: answer.headers[name] for name in KEPT if name in answer.headers}
        policy = FRAMES.sub("", answer.headers.get("Content-Security-Policy", "")).strip("; ")
        headers["Content-Security-Policy"] = f"{policy}; frame-ancestors 'self'".lstrip("; ")
        headers["Referrer-Policy"] = "same-origin"
        if answer.content_type in ("text/html", "application/xhtml+xml"):
            page = await answer.content.read(PAGE + 1)
            while len(page) <= PAGE and (more := await answer.content.read(PAGE + 1)):
                page += more
            if len(page) > PAGE:
                raise Trouble("页面太大，手机里打不开", 502)
            return web.Response(status=answer.status, headers=headers, body=self._rewritten(userid, page))
        response = web.StreamResponse(status=answer.status, headers=headers)
        await response.prepare(request)
        sent = 0
        async for piece in answer.content.iter_chunked(64 * 1024):
            sent += len(piece)
            if sent > DOWNLOAD:
                break
            await response.write(piece)
        return response

    def _rewritten(self, userid: str, page: bytes) -> bytes:
        """The page with addresses from the bot's root, or with its full origin, led through this phone."""
        own = str(_url(self.public_url).origin()).encode()
        prefix = f"{self._web(userid)}/".encode()

        def led(match: re.Match[bytes]) -> bytes:
            start, origin = match.groups()
            return start + prefix if origin in (None, own) else match[0]

        return ADDRESS.sub(led, page)

    def _web(self, userid: str) -> str:
        return f"{self._at}/{quote(userid)}/web"

    def _userid(self, request: web.Request) -> str:
        try:
            return self._platform.person(request.match_info["userid"]).userid.lower()
        except KeyError:
            raise Trouble("通讯录里没有这个人", 404) from None

    def _jar(self, userid: str) -> CookieJar:
        if userid not in self._jars:
            own = _url(self.public_url).origin()
            self._jars[userid] = CookieJar(unsafe=True, quote_cookie=False, treat_as_secure_origin=own)
        return self._jars[userid]


def _url(address: str, base: URL | None = None) -> URL:
    """An address of the web, taken from `base` if it is only a path; Trouble for anything else."""
    try:
        url = URL(address, encoded=True)
        url = base.join(url) if base else url
        if url.scheme not in ("http", "https") or not url.host or not url.port:
            raise ValueError(address)
    except ValueError as error:
        raise Trouble("网址不合格，打不开", 400) from error
    return url


def _sorry(trouble: Trouble) -> web.Response:
    page = APOLOGY.format(text=html.escape(trouble.text))
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"}
    return web.Response(status=trouble.status, text=page, content_type="text/html", headers=policy)
