"""Tells every open page what has changed, one stream of server-sent events for each."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from aiohttp import web

from simulator.phones.doors import Trouble

WAITING = 500  # events a slow page may have waiting; then it is told to read everything anew
PAGES = 64
HEARTBEAT = 15.0  # real seconds


class Stream:
    """The open pages and what each of them has not been told yet."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Queue[str | None]] = set()
        self._closed = False

    def tell(self, event: dict[str, Any]) -> None:
        """Let every open page know."""
        if self._pages:
            data = json.dumps(event, ensure_ascii=False)
            for page in self._pages:
                self._put(page, data)

    def _put(self, page: "asyncio.Queue[str | None]", data: str | None) -> None:
        if page.full():
            while not page.empty():
                page.get_nowait()
            page.put_nowait(json.dumps({"kind": "reload"}))
        page.put_nowait(data)

    async def close(self, _: object = None) -> None:
        """End every stream, so that the server can go."""
        self._closed = True
        for page in self._pages:
            self._put(page, None)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The stream of one page, until it goes away."""
        if self._closed or len(self._pages) >= PAGES:
            raise Trouble("打开的页面太多，请先关掉几个", 503)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        page: asyncio.Queue[str | None] = asyncio.Queue(WAITING)
        self._pages.add(page)
        try:
            with suppress(ConnectionError):
                await response.prepare(request)
                await response.write(b'retry: 1000\n\ndata: {"kind": "hello"}\n\n')
                while (data := await self._next(page)) is not None:
                    await response.write(data)
        finally:
            self._pages.discard(page)
        return response

    async def _next(self, page: "asyncio.Queue[str | None]") -> bytes | None:
        try:
            data = await asyncio.wait_for(page.get(), HEARTBEAT)
        except TimeoutError:
            return b": still here\n\n"
        return None if data is None else f"data: {data}\n\n".encode()
