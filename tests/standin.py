"""A language model's server played by us: it keeps what it was sent, and answers as it is told."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


class StandIn:
    """POST /v1/chat/completions on loopback."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.write: Callable[[str], Any] = lambda text: f"{text}（已理顺）"
        self.on_asked: Callable[[], None] = lambda: None
        self.status = 200
        self.raw: bytes | None = None  # instead of an answer
        self._asked = asyncio.Condition()
        self.go_on = asyncio.Event()  # cleared: it hangs
        self.go_on.set()
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        self._server = TestServer(app, host="127.0.0.1")

    @property
    def base_url(self) -> str:
        """As it is written into the configuration."""
        return f"http://127.0.0.1:{self._server.port}/v1"

    async def start(self) -> None:
        await self._server.start_server(shutdown_timeout=0.1)

    async def close(self) -> None:
        self.go_on.set()
        await self._server.close()

    async def is_asked(self, times: int, within: float = 5.0) -> None:
        """Wait until it has been asked so often."""
        async with asyncio.timeout(within), self._asked:
            await self._asked.wait_for(lambda: len(self.heard) >= times)

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.keys.append(request.headers.get("Authorization", ""))
        self.on_asked()
        async with self._asked:
            self.heard.append(body)
            self._asked.notify_all()
        await self.go_on.wait()
        if self.raw is not None:
            return web.Response(status=self.status, body=self.raw, content_type="application/json")
        text = body["messages"][-1]["content"].split("\n\n", 1)[1]
        said = {"choices": [{"index": 0, "message": {"role": "assistant", "content": self.write(text)}}]}
        return web.json_response(said, status=self.status)
