"""Who is looking at this page: WeCom's OAuth, and after it a signed cookie of our own for one working day.

A page asks `viewer(request)`; when nobody is known it calls `login_redirect(request)`, which sends the browser to the
platform and has it come back to /p/login. The way back is bound to this browser: `state` is a random number that also
lies, signed, in a cookie of a few minutes together with the page that was wanted; only paths below /p/ are wanted
pages. All addresses we give the browser are relative, so the pages may live behind any proxy.
"""

import hashlib
import hmac
import html
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote, urlencode, urlsplit

import structlog
from aiohttp import web
from itsdangerous import BadSignature, URLSafeSerializer

from bot.wecom import Clock
from bot.wecom.client import WeComClient
from bot.wecom.errors import WRONG_CODE, Rejected, WeComError

if TYPE_CHECKING:
    from bot.config import WeComSettings

SESSION = "tiantong_viewer"
SESSION_SECONDS = 8 * 3600
LOGIN = "tiantong_login_"
LOGIN_SECONDS = 600
FORM = "form"
PAGES = "/p/"
LONGEST_PATH = 1000

_PATH = re.compile(r"/p/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*(?:\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?")
_STATE = re.compile(r"[0-9a-f]{32}")

log = structlog.get_logger()


@dataclass(frozen=True)
class _Oauth:
    wecom: "WeComSettings"
    client: WeComClient
    public_url: str
    now: Clock
    seals: URLSafeSerializer

    def put(self, response: web.StreamResponse, name: str, value: dict[str, str], seconds: int) -> None:
        until = int(self.now().timestamp()) + seconds
        parts = urlsplit(self.public_url)
        response.set_cookie(
            name,
            self.seals.dumps({**value, "for": name, "until": until}),
            max_age=seconds,
            path=parts.path.rstrip("/") + PAGES,
            httponly=True,
            samesite="Lax",
            secure=parts.scheme == "https",
        )

    def read(self, request: web.Request, name: str) -> dict[str, Any]:
        """What we once put into this cookie; empty when it is not ours, not this one, or too old."""
        try:
            value = self.seals.loads(request.cookies.get(name, ""))
        except BadSignature:
            return {}
        if not isinstance(value, dict) or value.get("for") != name or value["until"] <= self.now().timestamp():
            return {}
        return value


_OAUTH = web.AppKey("oauth", _Oauth)


def add_oauth(app: web.Application, wecom: "WeComSettings", client: WeComClient, public_url: str, now: Clock) -> None:
    """Opens /p/login, to which the platform sends the browser back."""
    secret = wecom.secret.get_secret_value().encode()
    key = hmac.new(secret, f"tiantong pages {wecom.corp_id} {wecom.agent_id}".encode(), hashlib.sha256).digest()
    signing = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    seals = URLSafeSerializer(key, salt="tiantong.pages", signer_kwargs=signing)
    app[_OAUTH] = _Oauth(wecom, client, public_url.rstrip("/"), now, seals)
    app.router.add_get(PAGES + "login", _login, allow_head=False)


def authorize_url(wecom: "WeComSettings", redirect_uri: str, state: str) -> str:
    """Where WeCom's own browser says, without a question, who is holding the phone."""
    query = {
        "appid": wecom.corp_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": "snsapi_base",
        "state": state,
        "agentid": str(wecom.agent_id),
    }
    return (
        f"{wecom.oauth_base.rstrip('/')}/connect/oauth2/authorize?{urlencode(query, quote_via=quote)}#wechat_redirect"
    )


async def viewer(request: web.Request) -> str | None:
    """The userid (lower case) of whoever looks at the page, None when we do not know."""
    person = request.app[_OAUTH].read(request, SESSION).get("person")
    return person if isinstance(person, str) else None


def form_token(request: web.Request, person: str) -> str:
    """For a form on a page that this person looks at: whoever sends it has seen the page, and sends it once."""
    oauth = request.app[_OAUTH]
    until = int(oauth.now().timestamp()) + SESSION_SECONDS
    return oauth.seals.dumps({"for": FORM, "person": person, "until": until, "once": secrets.token_hex(8)})


def cause_of(request: web.Request, person: str, token: str) -> str:
    """The key of what a form causes, the same however often it is sent; "" when it is no form of ours for this person."""
    oauth = request.app[_OAUTH]
    try:
        value = oauth.seals.loads(token)
    except BadSignature:
        return ""
    if not isinstance(value, dict) or value.get("for") != FORM or value.get("person") != person:
        return ""
    if value["until"] <= oauth.now().timestamp():
        return ""
    return "p" + hashlib.sha256(token.encode()).hexdigest()[:40]


def login_redirect(request: web.Request) -> NoReturn:
    """Sends the browser to the platform; it comes back to the very page asked for. Raises web.HTTPFound."""
    oauth = request.app[_OAUTH]
    state = secrets.token_hex(16)
    found = web.HTTPFound(authorize_url(oauth.wecom, f"{oauth.public_url}{PAGES}login", state))
    found.headers["Cache-Control"] = "no-store"
    oauth.put(found, LOGIN + state[:8], {"state": state, "page": _below_pages(_asked(request))}, LOGIN_SECONDS)
    raise found


async def _login(request: web.Request) -> web.StreamResponse:
    oauth = request.app[_OAUTH]
    state, code = request.query.get("state", ""), request.query.get("code", "")
    cookie = LOGIN + state[:8] if _STATE.fullmatch(state) else ""
    begun = oauth.read(request, cookie) if cookie else {}
    page = _below_pages(str(begun.get("page", "")))
    if not begun or not hmac.compare_digest(str(begun["state"]), state) or not 0 < len(code) <= 512:
        log.info("login_refused", reason="state" if not begun else "code")
        return _sorry(400, "登录没有完成，或已过期", "请重新打开页面，稍候片刻即可。", page)
    try:
        person = await oauth.client.userid_of(code)
    except WeComError as error:
        return _failed(error, page)
    if person is None:
        log.info("login_refused", reason="outsider")
        return _sorry(403, "暂时不能为您打开", "这个页面只向本单位成员开放，请联系管理员。", page)
    found = web.HTTPFound(_relative(page))
    found.headers["Cache-Control"] = "no-store"
    oauth.put(found, SESSION, {"person": person}, SESSION_SECONDS)
    found.del_cookie(cookie, path=urlsplit(oauth.public_url).path.rstrip("/") + PAGES)
    log.info("login_done", person=person)
    raise found


def _failed(error: WeComError, page: str) -> web.Response:
    if isinstance(error, Rejected) and error.errcode in WRONG_CODE:
        log.info("login_refused", reason="code", errcode=error.errcode)
        return _sorry(400, "登录已过期", "这次登录用过了或放得太久，请重新打开。", page)
    log.warning("login_refused", reason="platform", error=str(error))
    if isinstance(error, Rejected):
        return _sorry(502, "登录没有成功", "企业微信没有接受这次登录，请联系管理员。", page)
    return _sorry(503, "企业微信暂时没有回应", "请稍候再重新打开。", page)


def _asked(request: web.Request) -> str:
    url = request.rel_url
    return url.raw_path_qs if request.method in ("GET", "HEAD") else url.raw_path


def _below_pages(path: str) -> str:
    """The path if it is one of our pages, else their front door: never another host, never /p/login itself."""
    plain = path.split("?")[0]
    steps = plain.lower().replace("%2e", ".").replace("%2f", "/").split("/")
    fine = _PATH.fullmatch(path) and len(path) <= LONGEST_PATH and ".." not in steps and "." not in steps
    return path if fine and "//" not in "/".join(steps) and plain != PAGES + "login" else PAGES


def _relative(page: str) -> str:
    """As seen from /p/login; `./` keeps a colon from being read as a scheme."""
    return "./" + page.removeprefix(PAGES)


def _sorry(status: int, title: str, words: str, page: str) -> web.Response:
    text = f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title></head>
<body style="font:18px/1.7 sans-serif;max-width:30em;margin:15vh auto 0;padding:0 1.2em;text-align:center;color:#222">
<h1 style="font-size:1.3em">{title}</h1>
<p>{words}</p>
<p><a href="{html.escape(_relative(page))}" style="display:inline-block;padding:.5em 2em;border-radius:.4em;background:#0b63c5;color:#fff;text-decoration:none">重新打开</a></p>
</body></html>
"""
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(status=status, text=text, content_type="text/html", headers=headers)
