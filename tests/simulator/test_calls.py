"""The calls besides messages: tokens, menu, media, login, address book, limits, and what may go wrong with any call."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import pytest

from simulator.media import PICTURE
from simulator.refusal import Refusal
from tests.simulator.conftest import AGENT, CORP, SECRET, Town, buttons, text

MENU = {
    "button": [
        {"name": "提案", "sub_button": [{"type": "click", "name": "我的提案", "key": "mine"}]},
        {"type": "view", "name": "网页", "url": "https://desk.example.org/p"},
    ]
}


# --- token -----------------------------------------------------------------------------------------------------------


async def test_a_token_lives_two_hours_and_is_the_same_meanwhile(town: Town) -> None:
    first = await town.log_in()
    assert first["expires_in"] == 7200
    await town.calendar.turn(hours=1)
    again = await town.get("gettoken", corpid=CORP, corpsecret=SECRET)
    assert (again["access_token"], again["expires_in"]) == (first["access_token"], 3600)
    await town.calendar.turn(minutes=59)
    assert (await town.text("wang"))["errcode"] == 0
    await town.calendar.turn(minutes=1)
    assert (await town.text("wang"))["errcode"] == 42001
    await town.log_in()
    assert (await town.text("wang"))["errcode"] == 0
    assert town.platform.violations == []


async def test_a_token_may_be_killed_early(town: Town) -> None:
    await town.log_in()
    town.platform.kill_token()
    assert (await town.text("wang"))["errcode"] == 40014
    town.switches.killed_token_errcode = 42001
    assert (await town.text("wang"))["errcode"] == 42001
    await town.log_in()
    assert (await town.text("wang"))["errcode"] == 0


async def test_an_expired_token_may_be_called_bad(town: Town) -> None:
    town.switches.expired_token_errcode = 40014
    await town.log_in()
    await town.calendar.turn(hours=2)
    assert (await town.text("wang"))["errcode"] == 40014


@pytest.mark.parametrize("dies", [True, False])
async def test_each_gettoken_may_give_a_new_token(town: Town, dies: bool) -> None:
    town.switches.token, town.switches.old_token_dies = "new", dies
    old = (await town.log_in())["access_token"]
    assert (await town.log_in())["access_token"] != old
    assert (await town.post("message/send", text("wang"), access_token=old))["errcode"] == (40014 if dies else 0)


async def test_wrong_credentials(town: Town) -> None:
    assert (await town.get("gettoken", corpid=CORP, corpsecret="no"))["errcode"] == 40001
    assert (await town.get("gettoken", corpid="no", corpsecret=SECRET))["errcode"] == 40013
    assert (await town.get("gettoken", corpid=CORP))["errcode"] == 41004
    assert (await town.get("menu/get", agentid=AGENT, access_token="no"))["errcode"] == 40014
    assert (await town.get("menu/get", agentid=AGENT, access_token=None))["errcode"] == 41001


async def test_wrong_secrets_may_lock_the_caller_out_for_an_hour(town: Town) -> None:
    town.switches.wrong_secrets_until_lock = 2
    for _ in range(2):
        await town.get("gettoken", corpid=CORP, corpsecret="no")
    assert (await town.get("gettoken", corpid=CORP, corpsecret=SECRET))["errcode"] == 45009
    await town.calendar.turn(hours=1)
    assert (await town.get("gettoken", corpid=CORP, corpsecret=SECRET))["errcode"] == 0


async def test_a_token_in_the_body_is_a_breach(town: Town) -> None:
    assert (await town.text("wang", access_token="x"))["errcode"] == 41001
    assert town.platform.violations == ["message/send: 41001 access_token belongs into the query"]


async def test_secrets_and_tokens_stay_out_of_the_log(town: Town) -> None:
    await town.text("wang")
    assert [call.path for call in town.platform.calls] == ["gettoken", "message/send"]
    logged = repr(list(town.platform.calls))
    assert SECRET not in logged
    assert town.token not in logged


# --- the door --------------------------------------------------------------------------------------------------------


async def test_method_and_name_of_a_call(town: Town) -> None:
    assert (await town.get("message/send"))["errcode"] == 40058
    assert (await town.get("message/sent"))["errcode"] == 404
    assert (await town.get("menu/get", agentid=AGENT, debug=1))["errcode"] == 46003
    assert len(town.platform.violations) == 3


async def test_escapes_in_a_body(town: Town) -> None:
    raw = b'{"touser": "wang", "agentid": %d, "msgtype": "text", "text": {"content": "\\u60a8"}}' % AGENT
    assert (await town.post("message/send", raw))["errcode"] == 40033
    assert town.platform.violations == ["message/send: 40033 the body holds \\uXXXX escapes"]


async def test_base_limit_of_each_call_but_not_of_sending(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.api._PER_MINUTE", 3)
    town.switches.member_limits = False
    codes = [(await town.get("user/get", userid="wang"))["errcode"] for _ in range(4)]
    assert codes == [0, 0, 0, 45009]
    assert [(await town.text("wang"))["errcode"] for _ in range(4)] == [0] * 4
    await town.calendar.turn(minutes=1)
    assert (await town.get("user/get", userid="wang"))["errcode"] == 0
    monkeypatch.setattr("simulator.api._PER_HOUR", 6)
    codes = [(await town.get("user/get", userid="wang"))["errcode"] for _ in range(3)]
    assert codes == [0, 0, 45009]  # four were counted before, the refused one is not among them
    town.switches.call_limits = False
    assert (await town.get("user/get", userid="wang"))["errcode"] == 0


async def test_untrusted_caller_and_suspended_app(town: Town) -> None:
    town.switches.trusted_caller = False
    assert (await town.text("wang"))["errcode"] == 60020
    town.switches.suspended = True
    assert (await town.text("wang"))["errcode"] == 48006
    town.switches.trusted_caller, town.switches.suspended = True, False
    assert (await town.text("wang"))["errcode"] == 0


# --- outages ---------------------------------------------------------------------------------------------------------


async def test_a_call_may_fail_with_an_errcode_for_some_times(town: Town) -> None:
    await town.log_in()
    town.switches.break_down("message/send", errcode=-1, times=2)
    assert [(await town.text("wang"))["errcode"] for _ in range(3)] == [-1, -1, 0]
    assert len(town.wang.inbox) == 1


async def test_a_call_may_fail_with_a_status_until_repaired(town: Town) -> None:
    await town.log_in()
    town.switches.break_down(status=502)
    for call in ("message/send", "gettoken"):
        async with town.session.get(f"{town.platform.api_base}/cgi-bin/{call}") as response:
            assert response.status == 502
    town.switches.repair()
    assert (await town.text("wang"))["errcode"] == 0


async def test_a_connection_may_be_cut_before_or_after_the_work(town: Town) -> None:
    await town.log_in()
    town.switches.break_down("message/send", refuse=True, times=1)
    with pytest.raises(aiohttp.ClientError):
        await town.text("wang")
    assert town.wang.inbox == []
    town.switches.break_down("message/send", lose_answer=True, times=1)
    with pytest.raises(aiohttp.ClientError):
        await town.text("wang")
    assert len(town.wang.inbox) == 1
    assert (await town.text("wang"))["errcode"] == 0


async def test_a_call_may_hang(town: Town) -> None:
    await town.log_in()
    outage = town.switches.break_down("message/send", hang=True)
    asking = asyncio.create_task(town.text("wang"))
    await outage.struck.wait()
    outage.clear()
    with pytest.raises(aiohttp.ClientError):
        await asking
    assert (await town.text("wang"))["errcode"] == 0


# --- menu ------------------------------------------------------------------------------------------------------------


async def test_menu(town: Town) -> None:
    assert (await town.get("menu/get", agentid=AGENT))["errcode"] == 46003
    assert (await town.post("menu/create", MENU, agentid=AGENT))["errcode"] == 0
    assert (await town.get("menu/get", agentid=AGENT))["button"] == MENU["button"]
    assert (await town.post("menu/create", {"button": []}, agentid=AGENT))["errcode"] == 40016
    assert town.platform.menu == MENU
    assert (await town.post("menu/create", MENU))["errcode"] == 41011
    assert (await town.post("menu/create", MENU, agentid=1))["errcode"] == 301002
    assert (await town.get("menu/delete", agentid=AGENT))["errcode"] == 0
    assert town.platform.menu is None


# --- media -----------------------------------------------------------------------------------------------------------


def form(data: bytes, disposition: str = 'form-data; name="media"; filename="图 片.png"') -> dict[str, Any]:
    head = f"--b0\r\nContent-Disposition: {disposition}\r\nContent-Type: application/octet-stream\r\n\r\n"
    return {
        "data": head.encode() + data + b"\r\n--b0--\r\n",
        "headers": {"Content-Type": "multipart/form-data; boundary=b0"},
    }


async def upload(town: Town, kind: str, data: bytes, *disposition: str) -> dict[str, Any]:
    query = {"access_token": town.token or (await town.log_in())["access_token"], "type": kind}
    url = f"{town.platform.api_base}/cgi-bin/media/upload"
    async with town.session.post(url, params=query, **form(data, *disposition)) as response:
        answer: dict[str, Any] = await response.json()
    return answer


async def test_a_file_goes_up_and_comes_back_for_three_days(town: Town) -> None:
    answer = await upload(town, "image", PICTURE)
    assert answer["errcode"] == 0
    assert answer["created_at"] == str(int(town.calendar.now().timestamp()))
    image = {"touser": "wang", "agentid": AGENT, "msgtype": "image", "image": {"media_id": answer["media_id"]}}
    assert (await town.post("message/send", image))["errcode"] == 0
    query = {"access_token": town.token, "media_id": answer["media_id"]}
    url = f"{town.platform.api_base}/cgi-bin/media/get"
    async with town.session.get(url, params=query) as response:
        assert response.content_type == "image/png"
        assert "Content-Disposition" in response.headers
        assert await response.read() == PICTURE
    async with town.session.get(url, params=query, headers={"Range": "bytes=1-3"}) as response:
        assert (response.status, await response.read()) == (206, b"PNG")
    async with town.session.get(url, params=query, headers={"Range": "bytes=99999-"}) as response:
        assert (await response.json())["errcode"] == 40146
    voice = {"touser": "wang", "agentid": AGENT, "msgtype": "voice", "voice": {"media_id": answer["media_id"]}}
    assert (await town.post("message/send", voice))["errcode"] == 40007
    await town.calendar.turn(days=3)
    await town.log_in()
    assert (await town.post("message/send", image))["errcode"] == 40007
    assert (await town.get("media/get", media_id=answer["media_id"]))["errcode"] == 40007
    assert (await town.get("media/get"))["errcode"] == 41006


@pytest.mark.parametrize(
    ("errcode", "kind", "data", "disposition"),
    [
        (44001, "image", PICTURE, "form-data; name=\"media\"; filename*=UTF-8''a.png"),
        (44001, "image", PICTURE, 'form-data; name="file"; filename="a.png"'),
        (44001, "image", PICTURE, 'form-data; name="media"'),
        (40005, "picture", PICTURE, 'form-data; name="media"; filename="a.png"'),
        (40006, "file", b"12345", 'form-data; name="media"; filename="a.txt"'),
        (40123, "image", b"GIF89a....", 'form-data; name="media"; filename="a.png"'),
        (40004, "voice", b"RIFF......", 'form-data; name="media"; filename="a.amr"'),
        (40004, "video", b"RIFF......", 'form-data; name="media"; filename="a.mp4"'),
        (45001, "voice", b"#!AMR" + bytes(2 * 1024 * 1024), 'form-data; name="media"; filename="a.amr"'),
    ],
)
async def test_upload_refuses_with(town: Town, errcode: int, kind: str, data: bytes, disposition: str) -> None:
    assert (await upload(town, kind, data, disposition))["errcode"] == errcode
    assert len(town.platform.violations) == 1


async def test_files_may_live_shorter(town: Town) -> None:
    town.switches.media_days = 0.04
    answer = await upload(town, "image", PICTURE)
    await town.calendar.turn(hours=1)
    assert (await town.get("media/get", media_id=answer["media_id"]))["errcode"] == 40007


async def test_names_in_the_newer_form_pass_if_the_switch_is_off(town: Town) -> None:
    town.switches.rfc2231_names_refused = False
    assert (await upload(town, "image", PICTURE, "form-data; name=\"media\"; filename*=UTF-8''a.png"))["errcode"] == 0


# --- login -----------------------------------------------------------------------------------------------------------


def authorize(town: Town, *, fragment: str = "#wechat_redirect", **changes: str) -> str:
    query = {
        "appid": CORP,
        "redirect_uri": "https://desk.example.org/p/login?next=%2Fp%2F1",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "abc123",
        **changes,
    }
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    return f"{town.platform.api_base}/connect/oauth2/authorize?{pairs}{fragment}"


def code_in(address: str) -> str:
    return parse_qs(urlsplit(address).query)["code"][0]


async def test_a_code_tells_once_who_is_looking(town: Town) -> None:
    target = town.platform.oauth_redirect("Zhao.L", authorize(town))
    assert target.startswith("https://desk.example.org/p/login?next=%2Fp%2F1&code=")
    assert target.endswith("&state=abc123")
    answer = await town.get("auth/getuserinfo", code=code_in(target))
    assert answer == {"errcode": 0, "errmsg": "ok", "userid": "zhao.l"}
    assert (await town.get("auth/getuserinfo", code=code_in(target)))["errcode"] == 42022
    assert (await town.get("auth/getuserinfo", code="wrong"))["errcode"] == 40029
    assert (await town.get("auth/getuserinfo"))["errcode"] == 41008


async def test_a_code_is_good_for_five_minutes(town: Town) -> None:
    target = town.platform.oauth_redirect("wang", authorize(town))
    await town.calendar.turn(minutes=5)
    assert (await town.get("auth/getuserinfo", code=code_in(target)))["errcode"] == 42003


async def test_an_outsider_has_only_an_openid(town: Town) -> None:
    target = town.platform.oauth_redirect("passer-by", authorize(town))
    answer = await town.get("auth/getuserinfo", code=code_in(target))
    assert "userid" not in answer
    assert answer["openid"]


async def test_private_details_need_the_scope_and_the_agent(town: Town) -> None:
    with_agent = authorize(town, scope="snsapi_privateinfo", agentid=str(AGENT))
    for address, ticket in ((with_agent, True), (authorize(town, scope="snsapi_privateinfo"), False)):
        answer = await town.get("auth/getuserinfo", code=code_in(town.platform.oauth_redirect("wang", address)))
        assert ("user_ticket" in answer) is ticket


@pytest.mark.parametrize(
    ("errcode", "changes"),
    [
        (40013, {"appid": "ww0"}),
        (50001, {"redirect_uri": "https://evil.example.org/"}),
        (50001, {"redirect_uri": "desk.example.org"}),
        (84025, {"state": "a-b"}),
        (40058, {"scope": "all"}),
        (40058, {"response_type": "token"}),
        (40058, {"fragment": ""}),
    ],
)
async def test_the_authorize_page_refuses_with(town: Town, errcode: int, changes: dict[str, str]) -> None:
    town.platform.trusted_domain = "desk.example.org"
    town.platform.oauth_redirect("wang", authorize(town))
    with pytest.raises(Refusal) as refused:
        town.platform.oauth_redirect("wang", authorize(town, **changes))
    assert refused.value.errcode == errcode


async def test_the_authorize_page_opens_only_in_a_client(town: Town) -> None:
    async with town.session.get(authorize(town, fragment=""), allow_redirects=False) as response:
        assert "请在企业微信客户端打开" in await response.text()
    headers = {"X-Simulated-Member": "li"}
    async with town.session.get(authorize(town, fragment=""), headers=headers, allow_redirects=False) as response:
        assert response.status == 302
        answer = await town.get("auth/getuserinfo", code=code_in(response.headers["Location"]))
    assert answer["userid"] == "li"
    bad = authorize(town, fragment="", appid="ww0")
    async with town.session.get(bad, headers=headers, allow_redirects=False) as response:
        assert response.status == 400


# --- address book ----------------------------------------------------------------------------------------------------


async def test_the_address_book(town: Town) -> None:
    answer = await town.get("user/get", userid="ZHAO.l")
    assert (answer["userid"], answer["name"], answer["position"]) == ("zhao.l", "赵联络", "办公室联络员")
    assert "mobile" not in answer
    town.switches.fields_withheld = False
    assert (await town.get("user/get", userid="zhao.l"))["mobile"] == "13800000000"
    assert (await town.get("user/get", userid="nobody"))["errcode"] == 60111
    assert (await town.get("user/get"))["errcode"] == 41009
    departments = {row["name"]: row for row in (await town.get("department/list"))["department"]}
    assert departments["市发改委"]["parentid"] == departments["承办单位"]["id"]
    rows = await town.get("user/list", department_id=departments["市发改委"]["id"])
    assert [row["userid"] for row in rows["userlist"]] == ["zhao.l"]
    assert (await town.get("user/simplelist", department_id=departments["承办单位"]["id"]))["userlist"] == []
    assert (await town.get("user/list", department_id=99))["errcode"] == 60003
    below = await town.get("department/list", id=departments["承办单位"]["id"])
    assert [row["name"] for row in below["department"]] == ["承办单位", "市发改委"]


async def test_somebody_out_of_range_is_not_shown(town: Town) -> None:
    town.switches.out_of_range = {"li"}
    assert (await town.get("user/get", userid="li"))["errcode"] == 60011
    assert (await town.text("li"))["errcode"] == 81013
    agent = await town.get("agent/get", agentid=AGENT)
    assert {"userid": "li"} not in agent["allow_userinfos"]["user"]
    assert {"userid": "wang"} in agent["allow_userinfos"]["user"]


async def test_watchers_hear_of_everything(town: Town) -> None:
    heard: list[tuple[str, str]] = []
    town.platform.on_change.append(lambda event: heard.append((event["kind"], event["person"])))
    await town.post("menu/create", MENU, agentid=AGENT)
    answer = await town.card("wang", buttons())
    await town.update(answer["response_code"], atall=1, button={"replace_name": "已签收"})
    await town.wang.says("好")
    await town.platform.set_on_plugin("wang", True)
    await town.calendar.turn(days=1)
    assert {kind for kind, _ in heard} == {"call", "menu", "message", "card", "callback", "people", "calendar"}
    assert ("card", "wang") in heard
