"""The office that is measured: one set of credentials, a config file for the bot, and callbacks sealed for it in advance."""

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.config import DatabaseSettings, ServerSettings, Settings, WeComSettings
from simulator import wire

HOST = "127.0.0.1"
CORP = "wwyunlingbench0001"
AGENT = 1000002
SECRET = "a-secret-of-the-benchmarks"  # noqa: S105  # of nobody
TOKEN = "TokenOfTheBenchmarks"  # noqa: S105
AES_KEY = "dGlhbnRvbmcgc2ltdWxhdG9yOiBub3QgYSBzZWNyZXQ"
PATH = "/wecom/callback"
_numbers = itertools.count(7_600_000_000_000_000_001)  # a MsgId is never given twice in one run


@dataclass(frozen=True)
class Place:
    """Where one office lives: its folder, its database, its two ports."""

    folder: Path
    database: str
    port: int
    api_port: int

    @property
    def config(self) -> Path:
        """Its config file."""
        return self.folder / "config.toml"

    def write_config(self) -> None:
        """As an administrator would write it."""
        api = f"http://{HOST}:{self.api_port}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text(
            f"""[wecom]
corp_id = "{CORP}"
agent_id = {AGENT}
secret = "{SECRET}"
token = "{TOKEN}"
encoding_aes_key = "{AES_KEY}"
api_base = "{api}"
oauth_base = "{api}"

[server]
host = "{HOST}"
port = {self.port}
public_url = "http://{HOST}:{self.port}"

[database]
url = "{self.database}"
""",
            encoding="utf-8",
        )

    def settings(self) -> Settings:
        """The same, for what is measured inside a process of ours."""
        api = f"http://{HOST}:{self.api_port}"
        return Settings(
            wecom=WeComSettings(
                corp_id=CORP,
                agent_id=AGENT,
                secret=SecretStr(SECRET),
                token=SecretStr(TOKEN),
                encoding_aes_key=SecretStr(AES_KEY),
                api_base=api,
                oauth_base=api,
            ),
            server=ServerSettings(host=HOST, port=self.port, public_url=f"http://{HOST}:{self.port}"),
            database=DatabaseSettings(url=self.database),
        )


class Sealer:
    """Makes callbacks as the platform would: sealed, signed, each with a MsgId of its own."""

    def __init__(self) -> None:
        self._seal = wire.Envelope(TOKEN, AES_KEY, CORP)

    def text(self, person: str, words: str, path: str = PATH) -> bytes:
        """The whole HTTP request of one text message."""
        fields = {
            "ToUserName": CORP,
            "FromUserName": person,
            "CreateTime": int(time.time()),
            "MsgType": "text",
            "Content": words,
            "MsgId": next(_numbers),
            "AgentID": AGENT,
        }
        query, body = self.sealed(wire.xml(fields))
        return request(query, body, path)

    def sealed(self, xml: str) -> tuple[tuple[str, str, str], bytes]:
        """(signature, time stamp, nonce) and the outer XML."""
        encrypt = self._seal.encrypt(xml)
        stamp, nonce = str(int(time.time())), str(next(_numbers) % 10**10)
        outer = wire.envelope(CORP, AGENT, encrypt).encode()
        return (self._seal.sign(stamp, nonce, encrypt), stamp, nonce), outer


def request(query: tuple[str, str, str], body: bytes, path: str = PATH) -> bytes:
    """A POST as the platform sends it."""
    signature, stamp, nonce = query
    head = (
        f"POST {path}?msg_signature={signature}&timestamp={stamp}&nonce={nonce} HTTP/1.1\r\n"
        f"Host: {HOST}\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\n"
        f"Content-Type: text/xml; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def moved(requests: Sequence[bytes], path: str) -> list[bytes]:
    """The same requests to another path of the same length."""
    assert len(path) == len(PATH)
    return [one.replace(PATH.encode(), path.encode(), 1) for one in requests]
