"""The door: what is let in, what is turned away with which answer, and that nobody ever sees it fall over."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from yarl import URL

from bot.wecom.callback import Unavailable
from bot.wecom.envelope import DEEPEST, MOST_BYTES
from tests.wecom.conftest import PATH, STAMP, VECTORS, Door, Letter, inner, opened, the_seal

Client = TestClient[web.Request, web.Application]
EVENTS = {"callback_accepted", "callback_refused"}


async def knock(client: Client, letter: Letter, **changes: Any) -> tuple[int, bytes]:
    async with client.post(
        PATH, params=letter.query | changes.pop("query", {}), data=changes.pop("data", letter.body)
    ) as got:
        return got.status, await got.read()


async def test_the_admin_saves_the_url(client: Client) -> None:
    [vector] = [vector for vector in VECTORS["vectors"] if vector["kind"] == "GET"]
    got = await client.get(f"{PATH}?{vector['query']}")
    assert (got.status, await got.read()) == (200, vector["expected_body"].encode())


async def test_a_plus_that_nobody_escaped_is_still_a_plus(client: Client) -> None:
    [vector] = [vector for vector in VECTORS["vectors"] if vector["kind"] == "GET"]
    assert "+" in vector["encrypt"]
    got = await client.get(URL(f"{PATH}?{vector['query'].replace('%2B', '+')}", encoded=True))
    assert (got.status, await got.text()) == (200, vector["expected_body"])


async def test_the_door_does_not_read_a_captured_message_aloud(client: Client, logs: list[Any]) -> None:
    letter = Letter(inner(Content="机密"))
    got = await client.get(PATH, params=letter.query | {"echostr": letter.encrypt})
    assert (got.status, await got.read()) == (403, b"")
    assert [line["reason"] for line in logs] == ["not an echo"]


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS["vectors"] if v["kind"] == "POST" and v["receiveid"]], ids=lambda v: v["name"]
)
async def test_every_vector_comes_in(client: Client, door: Door, vector: dict[str, Any]) -> None:
    query = {name: vector[name] for name in ("msg_signature", "timestamp", "nonce")}
    got = await client.post(PATH, params=query, data=vector["body"].encode())
    assert (got.status, await got.read()) == (200, b"")
    assert json.loads(json.dumps(door.arrived[0].fields)) == door.arrived[0].fields


async def test_an_arrival_is_known_by_its_inner_fields(client: Client, door: Door, logs: list[Any]) -> None:
    for nonce in ("n1", "n2"):  # a repetition may be sealed anew
        assert await knock(client, Letter(inner(), nonce=nonce)) == (200, b"")
    first, second = door.arrived
    assert first == second
    assert (first.person, first.fields["Content"], first.fields["FromUserName"]) == ("chen_b07", "我的提案", "Chen_B07")
    assert [line["event"] for line in logs] == ["callback_accepted"] * 2
    assert "提案" not in repr(logs)
    assert "hen_" not in repr(logs)


async def test_a_plain_encrypt_and_a_pretty_body_are_read(client: Client, door: Door) -> None:
    letter = Letter(
        "<xml>\n  <ToUserName>"
        + VECTORS["corpid"]
        + "</ToUserName>\n"
        + inner(ToUserName=None, Content=" 两  格 \n")[5:]
    )
    body = f"\n<xml>\n <AgentID>\n9</AgentID><Encrypt>\n {letter.encrypt}\n</Encrypt>\n</xml>\n".encode()
    assert (await knock(client, letter, data=body))[0] == 200
    assert door.arrived[0].fields["Content"] == " 两  格 \n"
    assert "#text" not in door.arrived[0].fields


async def test_what_a_member_pastes_need_not_be_legal_xml(client: Client, door: Door) -> None:
    assert (await knock(client, Letter(inner(Content="甲\x0b乙\x00😀"))))[0] == 200
    assert door.arrived[0].fields["Content"] == "甲乙😀"


REFUSED: list[tuple[str, Letter, dict[str, Any], int, str]] = [
    ("no signature", Letter(inner()), {"query": {"msg_signature": ""}}, 400, "parameters"),
    ("wrong signature", Letter(inner()), {"query": {"msg_signature": "0" * 40}}, 403, "signature"),
    ("another nonce", Letter(inner()), {"query": {"nonce": "n2"}}, 403, "signature"),
    ("another time", Letter(inner()), {"query": {"timestamp": str(STAMP + 1)}}, 403, "signature"),
    ("signature of letters", Letter(inner()), {"query": {"msg_signature": "签" * 40}}, 403, "signature"),
    ("too old", Letter(inner(), at=STAMP - 601), {}, 403, "stale"),
    ("too new", Letter(inner(), at=STAMP + 601), {}, 403, "stale"),
    ("another corp's receive id", Letter(inner(), corp="ww_other"), {}, 403, "receiveid"),
    ("another corp inside", Letter(inner(ToUserName="ww_other")), {}, 403, "another corp"),
    ("another agent", Letter(inner(AgentID="1000022")), {}, 403, "another agent"),
    ("another agent, old spelling", Letter(inner(AgentID=None, AgentId="7")), {}, 403, "another agent"),
    ("agent of letters", Letter(inner(AgentID="x")), {}, 400, "fields"),
    ("no sender", Letter(inner(FromUserName=None)), {}, 400, "fields"),
    ("no time", Letter(inner(CreateTime="now")), {}, 400, "fields"),
    ("no kind", Letter(inner(MsgType="")), {}, 400, "fields"),
    ("empty body", Letter(inner()), {"data": b""}, 400, "no Encrypt"),
    ("two Encrypts", Letter(inner()), {"data": Letter(inner()).body * 2}, 400, "no Encrypt"),
    ("JSON", Letter(inner()), {"data": b'{"encrypt":"x"}'}, 400, "no Encrypt"),
    ("no XML inside", Letter("hello"), {}, 400, "not well-formed"),
    ("crossed tags", Letter("<xml><a></xml></a>"), {}, 400, "not well-formed"),
    ("cut off inside", Letter(inner()[:-1]), {}, 400, "cut off"),
    ("two roots", Letter("<a/><b/>"), {}, 400, "not well-formed"),
    ("another root", Letter("<a><b/></a>"), {}, 400, "no <xml>"),
    ("empty root", Letter("<xml></xml>"), {}, 400, "no <xml>"),
    ("an open mark", Letter("<xml><![CDATA["), {}, 400, "cut off"),
    ("entities", Letter('<!DOCTYPE x [<!ENTITY a "b">]>' + inner()), {}, 400, "declaration"),
    ("a comment", Letter("<xml><!-- --></xml>"), {}, 400, "declaration"),
    ("deep", Letter("<xml>" + "<a>" * DEEPEST + "</a>" * DEEPEST + "</xml>"), {}, 400, "too deep"),
    ("wide", Letter("<xml>" + "<a/>" * 10_000 + "</xml>"), {}, 400, "too many elements"),
]


@pytest.mark.parametrize(
    ("letter", "changes", "status", "reason"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
async def test_who_is_turned_away(
    client: Client, door: Door, logs: list[Any], letter: Letter, changes: dict[str, Any], status: int, reason: str
) -> None:
    assert await knock(client, letter, **changes) == (status, b"")
    assert door.arrived == []
    assert [(line["event"], line["reason"], line["status"]) for line in logs] == [("callback_refused", reason, status)]


async def test_a_stranger_never_reaches_the_parser(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(xml: str) -> dict[str, Any]:
        raise AssertionError("parsed before verified")

    monkeypatch.setattr("bot.wecom.callback.fields_of", never)
    assert (await knock(client, Letter(inner()), query={"msg_signature": "0" * 40}))[0] == 403


@pytest.mark.parametrize(
    ("trouble", "reason"), [(Unavailable("full"), "unavailable"), (RuntimeError("张三的提案"), "bug")]
)
async def test_what_cannot_be_written_down_is_asked_for_again(
    client: Client, door: Door, logs: list[Any], trouble: Exception, reason: str
) -> None:
    door.trouble = trouble
    assert await knock(client, Letter(inner())) == (503, b"")
    assert [(line["event"], line["reason"]) for line in logs] == [("callback_refused", reason)]
    assert "张三" not in repr(logs)


async def test_200_only_once_it_is_written_down() -> None:
    writing, written = asyncio.Event(), asyncio.Event()

    class Slow(Door):
        async def accept(self, arrival: Any) -> None:
            writing.set()
            await written.wait()

    async with opened(Slow()) as client:
        answer = asyncio.create_task(knock(client, Letter(inner())))
        await writing.wait()
        assert not answer.done()
        written.set()
        assert await answer == (200, b"")


async def test_64_kib_and_not_a_byte_more(client: Client, logs: list[Any]) -> None:
    letter = Letter(inner())
    full = letter.body[:-6].ljust(MOST_BYTES - 6) + b"</xml>"
    assert (await knock(client, letter, data=full))[0] == 200
    assert (await knock(client, letter, data=full + b" "))[0] == 413
    assert [line["event"] for line in logs] == ["callback_accepted", "callback_refused"]


Say = Callable[[asyncio.StreamWriter], Awaitable[None]]


async def declared(writer: asyncio.StreamWriter) -> None:
    writer.write(b"Content-Length: 10485760\r\n\r\n" + b"x" * 1000)  # and then never another byte


async def chunked(writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"2000\r\n" + b"x" * 0x2000 + b"\r\n" for _ in range(9))
    )


@pytest.mark.parametrize("say", [declared, chunked])
async def test_ten_megabytes_are_not_waited_for(client: Client, logs: list[Any], say: Say) -> None:
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(f"POST {PATH}?msg_signature=a&timestamp=1&nonce=1 HTTP/1.1\r\nHost: x\r\n".encode())
    await say(writer)
    async with asyncio.timeout(3):
        answer = await reader.read()  # to the very end: the door hangs up
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert [line["reason"] for line in logs] == ["too big"]


async def test_a_body_that_never_ends_is_not_waited_for(
    client: Client, logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.wecom.callback.READ_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc".encode())
    async with asyncio.timeout(3):
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
    writer.close()
    assert [line["reason"] for line in logs] == ["slow"]


def test_garbage_never_brings_the_door_down() -> None:
    """Unsigned bytes of any kind, and rightly signed nonsense of any kind."""
    door = Door()
    with asyncio.Runner() as runner:
        context = opened(door)
        client = runner.run(context.__aenter__())

        @settings(max_examples=60, deadline=None)
        @given(st.binary(max_size=300), st.text(max_size=40), st.text(max_size=12))
        def unsigned(body: bytes, signature: str, nonce: str) -> None:
            query = {"msg_signature": signature, "timestamp": str(STAMP), "nonce": nonce}
            with capture_logs() as lines:
                status, _ = runner.run(knock(client, Letter("x"), query=query, data=body))
            assert status in (400, 403)
            assert [line["event"] for line in lines] == ["callback_refused"]

        @settings(max_examples=60, deadline=None)
        @given(st.one_of(st.text(max_size=200), st.text(max_size=60).map(lambda text: inner(Content=text))))
        def signed(plain: str) -> None:
            with capture_logs() as lines:
                status, _ = runner.run(knock(client, Letter(plain)))
            assert status in (200, 400, 403)
            assert len(lines) == 1
            assert lines[0]["event"] in EVENTS

        @settings(max_examples=60, deadline=None)
        @given(st.binary(max_size=120))
        def ciphered(cipher: bytes) -> None:
            letter = Letter("x")
            letter.encrypt = base64.b64encode(cipher).decode()
            letter.query["msg_signature"] = the_seal().signature(str(STAMP), "n1", letter.encrypt)
            assert runner.run(knock(client, letter))[0] in (400, 403)

        try:
            unsigned()
            signed()
            ciphered()
        finally:
            runner.run(context.__aexit__(None, None, None))
