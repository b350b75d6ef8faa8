"""The client against a small server that misbehaves as the platform does."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.wecom.check import BadBody
from bot.wecom.client import WeComClient
from bot.wecom.errors import Rejected, TokenExpired, TryLater, WeComError
from tests.wecom.conftest import NOW, settings

SECRET = "s3cretOfTheApp"
BODY = {"touser": "chen_b07", "agentid": 1000021, "msgtype": "text", "text": {"content": "提案😀已送达"}}
UPDATE = {"userids": ["chen_b07"], "agentid": 1000021, "response_code": "rC-1", "button": {"replace_name": "已签收"}}
MENU = {"button": [{"type": "click", "name": "提案", "key": "new"}]}
OK = {"errcode": 0, "errmsg": "ok"}


class Watch:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


class Api:
    """Answers as told: `answers[call]` is a list used up one by one, its last item again and again."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.asked: list[tuple[str, dict[str, str], bytes, str]] = []
        self.answers: dict[str, list[Any]] = {}
        self.good = "token-1"  # the only token taken
        self.given = "token-1"  # the one gettoken hands out
        self.released = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        call = request.path.removeprefix("/cgi-bin/")
        self.count[call] += 1
        self.asked.append((call, dict(request.query), await request.read(), request.headers.get("Content-Type", "")))
        told = self.answers.get(call, [])
        answer = (told.pop(0) if len(told) > 1 else told[0]) if told else None
        if answer is None and call == "gettoken":
            answer = OK | {"access_token": self.given, "expires_in": 7200}
        elif answer is None and request.query.get("access_token") != self.good:
            answer = {"errcode": 42001, "errmsg": "expired"}
        elif answer is None:
            answer = OK | {"msgid": "m1"}
        return await self._answered(answer)

    async def _answered(self, answer: Any) -> web.StreamResponse:
        if answer == "hang":
            await self.released.wait()
            return web.json_response(OK)
        if isinstance(answer, tuple):
            status, text = answer
            return web.Response(status=status, text=text, headers={"Retry-After": "7"})
        return web.json_response(answer)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def api() -> Api:
    return Api()


@pytest.fixture
async def client(api: Api, watch: Watch) -> AsyncIterator[WeComClient]:
    app = web.Application(client_max_size=32 << 20)
    app.router.add_route("*", "/cgi-bin/{call:.+}", api.handle)
    async with TestServer(app) as server:
        client = WeComClient(settings(api_base=f"http://127.0.0.1:{server.port}"), watch)
        await client.start()
        try:
            yield client
        finally:
            api.released.set()
            await client.close()


async def test_a_message_is_sent_in_raw_characters(client: WeComClient, api: Api) -> None:
    sent = await client.send(BODY)
    assert (sent.msgid, sent.response_code, sent.unreachable) == ("m1", "", ())
    call, query, content, kind = api.asked[-1]
    assert (call, query, kind) == ("message/send", {"access_token": "token-1"}, "application/json")
    assert json.loads(content) == BODY
    assert "提案😀已送达".encode() in content


async def test_fifty_tasks_fetch_one_token_and_renew_it_once(client: WeComClient, api: Api) -> None:
    await asyncio.gather(*(client.send(BODY) for _ in range(50)))
    assert api.count == {"gettoken": 1, "message/send": 50}
    api.good = api.given = "token-2"  # the platform ends the token early
    await asyncio.gather(*(client.send(BODY) for _ in range(50)))
    assert api.count["gettoken"] == 2
    assert api.count["message/send"] <= 150


async def test_a_renewed_token_may_look_the_same(client: WeComClient, api: Api) -> None:
    api.answers["message/send"] = [{"errcode": 40014, "errmsg": ""}] * 20 + [OK]
    await asyncio.gather(*(client.send(BODY) for _ in range(20)))
    assert api.count == {"gettoken": 2, "message/send": 40}


async def test_a_token_is_given_up_before_its_end(client: WeComClient, api: Api, watch: Watch) -> None:
    await client.send(BODY)
    watch.time += timedelta(seconds=7200 - 301)
    await client.send(BODY)
    assert api.count["gettoken"] == 1
    watch.time += timedelta(seconds=2)
    await client.send(BODY)
    assert api.count["gettoken"] == 2


@pytest.mark.parametrize(("errcode", "error"), [(42001, TokenExpired), (40014, TokenExpired), (40001, Rejected)])
async def test_a_renewal_that_does_not_help_is_not_repeated(
    client: WeComClient, api: Api, errcode: int, error: type[WeComError]
) -> None:
    api.answers["message/send"] = [{"errcode": errcode, "errmsg": ""}]
    with pytest.raises(error) as caught:
        await client.send(BODY)
    assert (caught.value.errcode, caught.value.call) == (errcode, "message/send")
    assert api.count == {"gettoken": 2, "message/send": 2}


async def test_a_wrong_secret_is_not_tried_again_and_again(client: WeComClient, api: Api, watch: Watch) -> None:
    api.answers["gettoken"] = [{"errcode": 40001, "errmsg": f"invalid secret {SECRET}"}]
    results = await asyncio.gather(*(client.send(BODY) for _ in range(10)), return_exceptions=True)
    assert {type(result) for result in results} == {Rejected}
    assert all(isinstance(result, Rejected) and result.admin for result in results)
    with pytest.raises(Rejected):
        await client.send(BODY)
    assert api.count == {"gettoken": 1}
    watch.time += timedelta(seconds=31)
    api.answers.clear()
    await client.send(BODY)
    assert api.count == {"gettoken": 2, "message/send": 1}


async def test_a_platform_in_trouble_is_asked_for_a_token_once_by_all(client: WeComClient, api: Api) -> None:
    api.answers["gettoken"] = [(502, "")]
    results = await asyncio.gather(*(client.send(BODY) for _ in range(10)), return_exceptions=True)
    assert {type(result) for result in results} == {TryLater}
    assert api.count == {"gettoken": 1}
    api.answers.clear()
    assert (await client.send(BODY)).msgid == "m1"


LATER: list[tuple[Any, int, str, float | None]] = [
    ({"errcode": -1, "errmsg": "busy"}, -1, "", None),
    ({"errcode": 45009, "errmsg": ""}, 45009, "", 60.0),
    ({"errcode": 2000111, "errmsg": ""}, 2000111, "", None),
    ((503, "<html>"), 0, "HTTP 503", 7.0),
    ((429, ""), 0, "HTTP 429", 7.0),
    ((200, "<html>"), 0, "no JSON answer", None),
    ((200, "[]"), 0, "no JSON answer", None),
    ((200, '{"errcode": null}'), 0, "no JSON answer", None),
    ("hang", 0, "ReadTimeout", None),
]


@pytest.mark.parametrize(("answer", "errcode", "note", "after"), LATER, ids=[str(case[0])[:20] for case in LATER])
async def test_what_will_pass_is_tried_later(
    client: WeComClient,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    answer: Any,
    errcode: int,
    note: str,
    after: float | None,
) -> None:
    await client.send(BODY)
    if answer == "hang":
        await client.close()
        monkeypatch.setattr("bot.wecom.client.TIMEOUT", httpx.Timeout(0.05))
        await client.start()
    api.answers["message/send"] = [answer]
    with pytest.raises(TryLater) as caught:
        await client.send(BODY)
    assert (caught.value.errcode, caught.value.note, caught.value.after) == (errcode, note, after)
    assert api.count["message/send"] == 2


async def test_nobody_at_the_other_end(watch: Watch) -> None:
    client = WeComClient(settings(api_base="http://127.0.0.1:9"), watch)
    with pytest.raises(RuntimeError):
        await client.send(BODY)
    await client.start()
    with pytest.raises(TryLater) as caught:
        await client.send(BODY)
    await client.close()
    error = caught.value
    assert error.call == "gettoken"
    assert error.note in {"ConnectError", "ConnectTimeout"}  # as the transport calls a refused connection
    assert error.__cause__ is None
    assert error.__context__ is None


async def test_some_get_nothing_although_it_is_accepted(client: WeComClient, api: Api) -> None:
    api.answers["message/send"] = [
        OK | {"invaliduser": "Li_3|wang", "unlicenseduser": "zhao|li_3", "msgid": "m2", "response_code": "rC-9"}
    ]
    sent = await client.send(BODY)
    assert (sent.msgid, sent.response_code, sent.unreachable) == ("m2", "rC-9", ("li_3", "wang", "zhao"))


@pytest.mark.parametrize(
    ("errcode", "unreachable", "spent", "admin"),
    [
        (81013, True, False, False),
        (60111, True, False, False),
        (60140, False, True, False),
        (60020, False, False, True),
        (42014, False, False, False),
    ],
)
async def test_what_is_refused_for_good_says_why(
    client: WeComClient, api: Api, errcode: int, unreachable: bool, spent: bool, admin: bool
) -> None:
    api.answers["message/update_template_card"] = [{"errcode": errcode, "errmsg": "from ip: 1.2.3.4"}]
    with pytest.raises(Rejected) as caught:
        await client.update_card(UPDATE)
    assert (caught.value.unreachable, caught.value.spent, caught.value.admin) == (unreachable, spent, admin)
    assert str(caught.value) == f"message/update_template_card: errcode {errcode}"
    assert api.count["message/update_template_card"] == 1


async def test_a_bad_body_never_leaves(client: WeComClient, api: Api) -> None:
    with pytest.raises(BadBody):
        await client.send(BODY | {"text": {"content": ""}})
    with pytest.raises(BadBody):
        await client.update_card(UPDATE | {"userids": "chen_b07"})
    with pytest.raises(BadBody):
        await client.create_menu({"button": []})
    with pytest.raises(BadBody, match="not JSON"):
        await client._call("message/send", {"text": "\ud800"})
    assert not api.asked


async def test_the_menu_comes_and_goes(client: WeComClient, api: Api) -> None:
    api.answers["menu/get"] = [{"errcode": 46003, "errmsg": ""}, OK | MENU, {"errcode": 48001, "errmsg": ""}]
    assert await client.menu() is None
    await client.create_menu(MENU)
    call, query, content, _ = api.asked[-1]
    assert (call, query["agentid"], json.loads(content)) == ("menu/create", "1000021", MENU)
    assert await client.menu() == MENU
    with pytest.raises(Rejected):
        await client.menu()


async def test_who_stands_behind_a_code(client: WeComClient, api: Api) -> None:
    api.answers["auth/getuserinfo"] = [
        OK | {"userid": "Chen_B07"},
        OK | {"openid": "o1"},
        OK | {"userid": "wwother/chen"},
        {"errcode": 40029, "errmsg": ""},
    ]
    assert [await client.userid_of("c") for _ in range(3)] == ["chen_b07", None, None]
    with pytest.raises(Rejected):
        await client.userid_of("c")


async def test_the_address_book_in_range(client: WeComClient, api: Api) -> None:
    api.answers["department/list"] = [OK | {"department": [{"id": 1}, {"id": 2}, {"id": 3}]}]
    api.answers["user/list"] = [
        OK | {"userlist": [{"userid": "Chen_B07", "name": "陈"}, {"name": "无"}]},
        {"errcode": 60011, "errmsg": ""},
        OK | {"userlist": [{"userid": "lin.qiao"}]},
    ]
    assert await client.names() == {"chen_b07": "陈", "lin.qiao": "lin.qiao"}
    api.answers["user/list"] = [{"errcode": 48001, "errmsg": ""}]
    with pytest.raises(Rejected):
        await client.names()
    api.answers["user/get"] = [OK | {"name": "陈"}, {"errcode": 60111, "errmsg": ""}]
    assert [await client.name_of("chen_b07"), await client.name_of("nobody")] == ["陈", None]


async def test_a_chinese_file_name_travels_as_it_is(client: WeComClient, api: Api) -> None:
    api.answers["media/upload"] = [OK | {"type": "file", "media_id": "up-1", "created_at": "1795305611"}]
    assert await client.upload("file", '提案"附\r\n件.docx', b"123456") == "up-1"
    call, query, content, kind = api.asked[-1]
    assert (call, query["type"], kind.split(";")[0]) == ("media/upload", "file", "multipart/form-data")
    assert 'name="media"; filename="提案_附__件.docx"; filelength=6\r\n'.encode() in content
    assert b"filename*" not in content
    for wrong in (("file", b"12345"), ("image", b"x" * (10 << 20) + b"x"), ("song", b"123456")):
        with pytest.raises(BadBody):
            await client.upload(wrong[0], "x", wrong[1])


TROUBLE: list[Callable[[WeComClient], Awaitable[Any]]] = [
    lambda client: client.send(BODY),
    lambda client: client.userid_of("c0de"),
]


@pytest.mark.parametrize(
    "answer", [None, (404, "token-1"), (502, "token-1"), (301, ""), {"errcode": 40014, "errmsg": "token-1"}, "hang"]
)
async def test_neither_token_nor_secret_is_ever_told(
    client: WeComClient,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    answer: Any,
) -> None:
    caplog.set_level(logging.DEBUG)
    await client.close()
    monkeypatch.setattr("bot.wecom.client.TIMEOUT", httpx.Timeout(0.05))
    await client.start()
    if answer:
        api.answers = {"message/send": [answer], "auth/getuserinfo": [answer]}
    told = ""
    for call in TROUBLE:
        try:
            await call(client)
        except WeComError as error:
            told += f"{error!r} {error} {error.args} {error.__cause__!r} {error.__context__!r}"
    captured = capsys.readouterr()
    ours = [
        record.getMessage() for record in caplog.records if not record.name.startswith("aiohttp")
    ]  # the server's own
    told += "\n".join(ours) + captured.out + captured.err
    assert "token_renewed" in told
    for hidden in ("token-1", SECRET, "c0de"):
        assert hidden not in told
