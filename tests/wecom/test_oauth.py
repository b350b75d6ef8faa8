"""Who is looking at this page: the round trip, and everything that must not pass for one."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from yarl import URL

from bot.wecom import oauth
from bot.wecom.client import WeComClient
from bot.wecom.errors import Rejected, TryLater
from tests.wecom.conftest import NOW, settings

Client = TestClient[web.Request, web.Application]
PAGE = "/p/proposals/7?tab=%E7%AD%94&x=a%2Bb"


class Platform(WeComClient):
    """Knows one code."""

    def __init__(self) -> None:
        self.time = NOW
        super().__init__(settings(), lambda: self.time)
        self.answer: str | Exception | None = "chen_b07"
        self.codes: list[str] = []

    async def userid_of(self, code: str) -> str | None:
        self.codes.append(code)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def page(request: web.Request) -> web.Response:
    person = await oauth.viewer(request)
    if person is None:
        oauth.login_redirect(request)
    return web.Response(text=person)


@asynccontextmanager
async def pages(platform: Platform, public_url: str = "http://city.example", **changes: Any) -> AsyncIterator[Client]:
    app = web.Application()
    oauth.add_oauth(app, settings(**changes), platform, public_url, lambda: platform.time)
    app.router.add_route("*", "/p/{rest:.*}", page)
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def client(platform: Platform) -> AsyncIterator[Client]:
    async with pages(platform) as client:
        yield client


async def get(client: Client, path: str, **more: Any) -> ClientResponse:
    return await client.get(URL(path, encoded=True), allow_redirects=False, **more)


async def begun(client: Client, path: str = PAGE) -> dict[str, str]:
    """Asks for a page; what the browser is sent to the platform with."""
    got = await get(client, path)
    assert got.status == 302
    parts = urlsplit(got.headers["Location"])
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


async def test_a_page_asks_and_the_browser_comes_back_to_it(client: Client, platform: Platform) -> None:
    got = await get(client, PAGE)
    where = got.headers["Location"]
    assert where.startswith("https://open.weixin.qq.com/connect/oauth2/authorize?appid=ww0a1b2c3d4e5f6071&")
    assert where.endswith("#wechat_redirect")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}
    assert asked["redirect_uri"] == "http://city.example/p/login"
    assert (asked["response_type"], asked["scope"], asked["agentid"]) == ("code", "snsapi_base", "1000021")
    assert re.fullmatch(r"[a-zA-Z0-9]{1,128}", asked["state"])

    back = await get(client, f"/p/login?code=c0de&state={asked['state']}")
    assert (back.status, platform.codes) == (302, ["c0de"])
    assert "/p/" + back.headers["Location"].removeprefix("./") == PAGE
    assert await (await get(client, PAGE)).text() == "chen_b07"


async def test_the_cookie_is_locked_up_and_lasts_a_working_day(client: Client, platform: Platform) -> None:
    asked = await begun(client)
    back = await get(client, f"/p/login?code=c&state={asked['state']}")
    cookie = back.cookies[oauth.SESSION]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["max-age"]) == (True, "Lax", "/p/", "28800")
    assert not cookie["secure"]
    assert "chen_b07" not in cookie.value.split(".")[-1]
    platform.time += timedelta(hours=8) - timedelta(seconds=1)
    assert (await get(client, PAGE)).status == 200
    platform.time += timedelta(seconds=1)
    assert (await get(client, PAGE)).status == 302


async def test_behind_https_and_a_prefix(platform: Platform) -> None:
    async with pages(platform, "https://city.example/tiantong/") as client:
        got = await get(client, PAGE)
        [cookie] = got.cookies.values()
        assert (cookie["secure"], cookie["httponly"], cookie["path"]) == (True, True, "/tiantong/p/")
        asked = parse_qs(urlsplit(got.headers["Location"]).query)
        assert asked["redirect_uri"] == ["https://city.example/tiantong/p/login"]


async def test_two_pages_may_be_opened_at_once(client: Client) -> None:
    first, second = await begun(client, "/p/a"), await begun(client, "/p/b")
    for asked, place in ((first, "./a"), (second, "./b")):
        back = await get(client, f"/p/login?code=c&state={asked['state']}")
        assert (back.status, back.headers["Location"]) == (302, place)


async def test_a_state_from_elsewhere_logs_nobody_in(client: Client, platform: Platform) -> None:
    asked = await begun(client)
    for state in ("", "0" * 32, asked["state"][:8] + "0" * 24, asked["state"] + "0", "签", "../x"):
        got = await client.get("/p/login", params={"code": "c", "state": state}, allow_redirects=False)
        assert got.status == 400
        assert "重新打开" in await got.text()
    assert platform.codes == []


async def test_another_browser_cannot_use_the_state(client: Client, platform: Platform) -> None:
    asked = await begun(client)
    client.session.cookie_jar.clear()
    assert (await get(client, f"/p/login?code=c&state={asked['state']}")).status == 400
    assert platform.codes == []


async def test_a_login_begun_is_good_for_ten_minutes_and_one_use(client: Client, platform: Platform) -> None:
    asked = await begun(client)
    platform.time += timedelta(seconds=600)
    assert (await get(client, f"/p/login?code=c&state={asked['state']}")).status == 400
    asked = await begun(client)
    assert (await get(client, f"/p/login?code=c&state={asked['state']}")).status == 302
    assert (await get(client, f"/p/login?code=c&state={asked['state']}")).status == 400


@pytest.mark.parametrize("code", ["", "x" * 513])
async def test_a_member_who_declines_may_try_again(client: Client, platform: Platform, code: str) -> None:
    asked = await begun(client)
    got = await get(client, f"/p/login?code={code}&state={asked['state']}")
    assert (got.status, platform.codes) == (400, [])
    assert 'href="./proposals/7?tab=%E7%AD%94&amp;x=a%2Bb"' in await got.text()


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (Rejected(40029, "auth/getuserinfo"), 400, "登录已过期"),
        (Rejected(42022, "auth/getuserinfo"), 400, "登录已过期"),
        (Rejected(42003, "auth/getuserinfo"), 400, "登录已过期"),
        (Rejected(60020, "auth/getuserinfo"), 502, "联系管理员"),
        (TryLater(-1, "auth/getuserinfo"), 503, "暂时没有回应"),
        (None, 403, "只向本单位成员开放"),
    ],
)
async def test_every_failure_is_a_page_with_a_way_back(
    client: Client, platform: Platform, answer: Any, status: int, words: str
) -> None:
    platform.answer = answer
    asked = await begun(client)
    got = await get(client, f"/p/login?code=c&state={asked['state']}")
    text = await got.text()
    assert (got.status, got.content_type) == (status, "text/html")
    assert words in text
    assert "重新打开" in text
    assert "no-store" in got.headers["Cache-Control"]
    assert (await get(client, PAGE)).status == 302


@pytest.mark.parametrize("spoilt", ["", "x", "chen_b07", "e30.e30", "=" * 40, "签"])
async def test_a_made_up_cookie_is_nobody(client: Client, spoilt: str) -> None:
    got = await get(client, PAGE, headers={"Cookie": f"{oauth.SESSION}={spoilt}"})
    assert got.status == 302


async def test_cookies_do_not_stand_in_for_one_another(client: Client, platform: Platform) -> None:
    got = await get(client, PAGE)
    [login] = got.cookies.values()
    assert (await get(client, PAGE, headers={"Cookie": f"{oauth.SESSION}={login.value}"})).status == 302
    async with pages(platform, secret=SecretStr("another")) as other:
        asked = await begun(client)
        mine = (await get(client, f"/p/login?code=c&state={asked['state']}")).cookies[oauth.SESSION].value
        assert (await get(other, PAGE, headers={"Cookie": f"{oauth.SESSION}={mine}"})).status == 302
        assert (await get(client, PAGE, headers={"Cookie": f"{oauth.SESSION}={mine}"})).status == 200


@pytest.mark.parametrize(
    "path", ["/p/", "/p/a/b?c=d", "/p/%E6%8F%90", "/p/javascript:alert(1)", "/p/a?next=//evil.example", "/p/a?b=../c"]
)
def test_pages_of_ours_are_gone_back_to(path: str) -> None:
    assert oauth._below_pages(path) == path
    assert oauth._relative(path).startswith("./")


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/x", "/p", "p/a", "//evil.example/p/", "https://evil.example/p/", "/p//evil.example", "/p/../x", "/p/a/..",
        "/p/%2e%2e/x", "/p/%2E./x", "/p/..%2fx", "/p/%2f%2fevil.example", "/p/a\\b", "/p/a\r\nb", "/p/ a", "/p/#x", "/p/login", "/p/login?code=1", "/p/" + "x" * 1000,
    ],
)  # fmt: skip
def test_anything_else_leads_to_the_front_door(path: str) -> None:
    assert oauth._below_pages(path) == "/p/"


async def test_a_form_comes_back_as_its_page(client: Client) -> None:
    got = await client.post("/p/proposals/7/edit?step=2", data={"title": "x"}, allow_redirects=False)
    state = parse_qs(urlsplit(got.headers["Location"]).query)["state"][0]
    back = await get(client, f"/p/login?code=c&state={state}")
    assert back.headers["Location"] == "./proposals/7/edit"
