"""A callback door over real HTTP, the vectors' own keys, and a watch that stands still."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from structlog.testing import capture_logs
from wechatpy.enterprise.crypto import PrpCrypto

from bot.config import WeComSettings
from bot.wecom.callback import Arrival, add_callback
from bot.wecom.crypto import Seal

hypothesis.settings.register_profile("calm", deadline=None)  # a machine may be busy
hypothesis.settings.load_profile("calm")

PROTOCOL = Path(__file__).parents[1] / "protocol"
VECTORS: dict[str, Any] = json.loads((PROTOCOL / "callback" / "crypto_vectors.json").read_text("utf-8"))
STAMP = int(VECTORS["vectors"][0]["timestamp"])
NOW = datetime.fromtimestamp(STAMP, UTC)
PATH = "/wecom/callback"


def settings(**changes: Any) -> WeComSettings:
    given = {
        "corp_id": VECTORS["corpid"],
        "agent_id": VECTORS["agentid"],
        "secret": SecretStr("s3cretOfTheApp"),
        "token": SecretStr(VECTORS["token"]),
        "encoding_aes_key": SecretStr(VECTORS["encoding_aes_key"]),
    }
    return WeComSettings(**(given | changes))


def the_seal() -> Seal:
    return Seal(VECTORS["token"], VECTORS["encoding_aes_key"], VECTORS["corpid"])


class Letter:
    """Something sealed as the platform seals it; each part can be spoilt."""

    def __init__(self, plain: str, *, at: int = STAMP, corp: str = VECTORS["corpid"], nonce: str = "n1") -> None:
        key = base64.b64decode(VECTORS["encoding_aes_key"] + "=")
        self.encrypt = PrpCrypto(key).encrypt(plain, corp).decode()
        self.query = {"timestamp": str(at), "nonce": nonce}
        self.query["msg_signature"] = the_seal().signature(str(at), nonce, self.encrypt)

    @property
    def body(self) -> bytes:
        return f"<xml><ToUserName>x</ToUserName><Encrypt><![CDATA[{self.encrypt}]]></Encrypt></xml>".encode()


def inner(**changes: str | None) -> str:
    """The inner XML of a text from a member; None leaves an element out."""
    fields: dict[str, str | None] = {
        "ToUserName": VECTORS["corpid"],
        "FromUserName": "Chen_B07",
        "CreateTime": str(STAMP),
        "MsgType": "text",
        "Content": "我的提案",
        "MsgId": "7501",
        "AgentID": str(VECTORS["agentid"]),
    }
    named = {name: value for name, value in (fields | changes).items() if value is not None}
    return "<xml>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in named.items()) + "</xml>"


class Door:
    """What arrived, and what accept() is to do about it."""

    def __init__(self) -> None:
        self.arrived: list[Arrival] = []
        self.trouble: Exception | None = None

    async def accept(self, arrival: Arrival) -> None:
        if self.trouble:
            raise self.trouble
        self.arrived.append(arrival)


@asynccontextmanager
async def opened(door: Door, **changes: Any) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application()
    add_callback(app, settings(**changes), accept=door.accept, now=lambda: NOW, path=PATH)
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
async def client(door: Door) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    async with opened(door) as client:
        yield client


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines
