"""What every route keeps to: requests from our own page only, bounded, in JSON; refusals in words for people."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

WORDS = 64 * 1024  # bytes of an ordinary request
PICTURE = 4 * 1024 * 1024  # bytes of a request that carries a picture as base64

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Trouble(Exception):
    """Something cannot be done now; the text is for the person at the screen."""

    def __init__(self, text: str, status: int = 409) -> None:
        super().__init__(text)
        self.text, self.status = text, status


@web.middleware
async def manners(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a Trouble as JSON and keep what is shown from being stored or guessed at."""
    try:
        response = await handler(request)
    except Trouble as trouble:
        response = web.json_response({"error": trouble.text}, status=trouble.status)
    if not response.prepared:
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Content-Security-Policy", POLICY)
    return response


def from_our_page(request: web.Request) -> bool:
    """Whether a POST comes from a page of ours; callers that are no browser send none of these headers."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    if (
        origin == "null"
    ):  # a page with "Referrer-Policy: no-referrer" hides its origin; then the browser's own word counts
        return site == "same-origin"
    return urlsplit(origin).netloc.lower() == request.host.lower()


async def body(request: web.Request, limit: int) -> bytes:
    """The body, or Trouble as soon as it is longer than `limit`."""
    if (request.content_length or 0) > limit:
        raise Trouble("内容太大，请缩小后再试", 413)
    whole = bytearray()
    async for piece in request.content.iter_chunked(16 * 1024):
        whole += piece
        if len(whole) > limit:
            raise Trouble("内容太大，请缩小后再试", 413)
    return bytes(whole)


async def asked(request: web.Request, limit: int = WORDS) -> dict[str, Any]:
    """The JSON object a page of ours has posted."""
    if not from_our_page(request):
        raise Trouble("请求来自别的网站，已拒绝", 403)
    if request.content_type != "application/json":
        raise Trouble("请求必须是 JSON", 415)
    try:
        data = json.loads(await body(request, limit))
    except ValueError as error:
        raise Trouble("请求不是合格的 JSON", 400) from error
    if not isinstance(data, dict):
        raise Trouble("请求不是合格的 JSON", 400)
    return data


def words(data: dict[str, Any], key: str, default: str | None = None) -> str:
    """The text under `key`; Trouble if it is missing or something else."""
    value = data.get(key, default)
    if not isinstance(value, str):
        raise Trouble(f"请求里缺少 {key}", 400)
    return value
