"""The other side of the API at its leanest: answers what the bot sends at once, checks nothing, tells who was told what.

The real simulator holds every request against the protocol; here it would cost more than the bot. The outbox row uses it.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from benchmarks.office import HOST

Heard = Callable[[str, str], None]  # (userid, every word of the message)


class Platform:
    """Everything the bot calls, on one port, in this process."""

    def __init__(self) -> None:
        self.heard: Heard = lambda person, words: None
        self.sent = self.updated = 0
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> None:
        """Listen."""
        self._server = await asyncio.get_running_loop().create_server(lambda: _Call(self), HOST, port)

    async def close(self) -> None:
        """Listen no more."""
        if self._server:
            self._server.close()

    def answer(self, target: bytes, body: bytes) -> dict[str, Any]:
        """What the platform says to one call."""
        call = target.partition(b"?")[0].removeprefix(b"/cgi-bin/")
        match call:
            case b"message/send":
                asked = json.loads(body)
                self.sent += 1
                answer = {"msgid": f"m{self.sent}", "response_code": f"r{self.sent}"}
                asyncio.get_running_loop().call_soon(self.heard, asked["touser"].lower(), _words(asked))
                return answer
            case b"message/update_template_card":
                self.updated += 1
                return {}
            case b"gettoken":
                return {"access_token": "a-token", "expires_in": 7200}
            case b"menu/get":
                return {"errcode": 46003, "errmsg": "no menu"}
        return {}


def _words(asked: dict[str, Any]) -> str:
    content = asked[asked["msgtype"]]
    return str(content["content"]) if "content" in content else json.dumps(content, ensure_ascii=False)


class _Call(asyncio.Protocol):
    """One connection of the bot."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            body, self._buffer = self._buffer[end + 4 : end + 4 + length], self._buffer[end + 4 + length :]
            answer = {"errcode": 0, "errmsg": "ok", **self._platform.answer(head.split(b" ", 2)[1], body)}
            said = json.dumps(answer).encode()
            assert self._transport is not None
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said)
            )
