"""The platform's door: verify, decrypt, have it written down, and only then answer.

A replayed body is harmless here: the time stamp, which is signed, must be of the last minutes, and within them
`accept` writes under a key made from the inner fields, which is unique in the inbox; so it is stored once and
answered again. No store of nonces is needed, and a platform that repeats itself byte for byte is not turned away.
"""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web

from bot.wecom import Clock, updates
from bot.wecom.crypto import CannotOpen, NotForUs, Seal
from bot.wecom.envelope import MOST_BYTES, Malformed, fields_of, sealed

if TYPE_CHECKING:
    from bot.config import WeComSettings

READ_SECONDS = 5  # the platform itself gives up after as long
LONGEST_ECHO = 1024

log = structlog.get_logger()


@dataclass(frozen=True)
class Arrival:
    """One verified update, ready for the inbox; `fields` is the decrypted inner XML and fit for JSON."""

    key: str
    person: str
    fields: dict[str, Any]


class Unavailable(Exception):
    """Raised by `accept` when it cannot write now: the platform is asked (503) to come again."""


Accept = Callable[[Arrival], Awaitable[None]]


class _No(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def add_callback(
    app: web.Application, wecom: "WeComSettings", *, accept: Accept, now: Clock, path: str = "/wecom/callback"
) -> None:
    """Opens the door at `path`: GET when the admin saves the URL, POST for every message and event."""
    door = _Door(wecom, accept, now)
    app.router.add_get(path, door.get, allow_head=False)
    app.router.add_post(path, door.post)


class _Door:
    def __init__(self, wecom: "WeComSettings", accept: Accept, now: Clock) -> None:
        self._seal = Seal(wecom.token.get_secret_value(), wecom.encoding_aes_key.get_secret_value(), wecom.corp_id)
        self._corp, self._agent, self._stale = wecom.corp_id, wecom.agent_id, wecom.stale_after_seconds
        self._accept, self._now = accept, now

    async def get(self, request: web.Request) -> web.Response:
        """Proves to the platform that we hold the key: the bare decrypted bytes, nothing around them."""
        try:
            # '+' read as a blank is put right: base64 has no blanks
            echo = request.query.get("echostr", "").replace(" ", "+")
            words = self._open(request.query, echo)
            if words.lstrip().startswith("<") or len(words) > LONGEST_ECHO:
                # a captured POST bears the same kind of signature: this door must not read it aloud
                raise _No(403, "not an echo")
        except _No as no:
            return _refused(no)
        log.info("callback_accepted", kind="verification")
        return web.Response(body=words.encode("utf-8"), content_type="text/plain", charset="utf-8")

    async def post(self, request: web.Request) -> web.StreamResponse:
        """200 with an empty body once it is written down, and not a moment earlier."""
        try:
            arrival, kind = self._read(request.query, await _body(request))
            await self._accept(arrival)
        except _No as no:
            return await _closed(request, no) if no.status in (408, 413) else _refused(no)
        except Unavailable:
            return _refused(_No(503, "unavailable"))
        except Exception as error:  # a bug of ours: the platform learns nothing of it and will come again
            where = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-3:]]
            log.error("callback_refused", reason="bug", status=503, error=type(error).__name__, where=where)
            return web.Response(status=503)
        log.info("callback_accepted", key=arrival.key, kind=kind)
        return web.Response()

    def _read(self, query: Mapping[str, str], body: bytes) -> tuple[Arrival, str]:
        try:
            fields = fields_of(self._open(query, sealed(body)))
            update, agent = updates.parse(fields), updates.agent_of(fields)
        except Malformed as error:
            raise _No(400, str(error)) from None
        except ValueError:
            raise _No(400, "fields") from None
        if fields.get("ToUserName") != self._corp:
            raise _No(403, "another corp")
        if agent is not None and agent != self._agent:
            raise _No(403, "another agent")
        return Arrival(update.key, update.person, fields), type(update).__name__

    def _open(self, query: Mapping[str, str], encrypted: str) -> str:
        """Signature, then time, then cipher: nothing of a stranger's is deciphered or parsed."""
        signature, timestamp, nonce = (query.get(name, "") for name in ("msg_signature", "timestamp", "nonce"))
        if not (signature and timestamp and nonce and encrypted):
            raise _No(400, "parameters")
        try:
            self._seal.verify(signature, timestamp, nonce, encrypted)
            if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
                raise _No(400, "timestamp")
            if abs(self._now().timestamp() - int(timestamp)) > self._stale:
                raise _No(403, "stale")
            return self._seal.decipher(encrypted)
        except NotForUs as error:
            raise _No(403, str(error)) from None
        except CannotOpen:
            raise _No(400, "cipher") from None


async def _body(request: web.Request) -> bytes:
    """At most 64 KiB, also of a body that does not say how long it is; what lies beyond is never read."""
    if (request.content_length or 0) > MOST_BYTES:
        raise _No(413, "too big")
    if request.content.is_eof():  # it came whole with its head, as the platform's do: no clock is needed
        return await _whole(request)
    body = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for piece in request.content.iter_any():
                body += piece
                if len(body) > MOST_BYTES:
                    raise _No(413, "too big")
    except TimeoutError:
        raise _No(408, "slow") from None
    except _No:
        raise
    except Exception:  # aiohttp's several errors for a body that breaks off or is wrongly encoded
        raise _No(400, "body") from None
    return bytes(body)


async def _whole(request: web.Request) -> bytes:
    try:
        body = await request.content.read()
    except Exception:  # aiohttp's several errors for a body that is wrongly encoded
        raise _No(400, "body") from None
    if len(body) > MOST_BYTES:
        raise _No(413, "too big")
    return body


def _refused(no: _No) -> web.Response:
    log.warning("callback_refused", reason=no.reason, status=no.status)
    return web.Response(status=no.status)


async def _closed(request: web.Request, no: _No) -> web.Response:
    """Answers and hangs up: aiohttp would otherwise go on reading the rest for ten seconds."""
    response = _refused(no)
    response.force_close()
    await response.prepare(request)
    await response.write_eof()
    request.protocol.force_close()
    return response
