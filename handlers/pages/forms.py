"""What the pages that change something have in common: who posts, what was posted, how a refusal is shown."""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast
from urllib.parse import parse_qs

import structlog
from aiohttp import BodyPartReader, web

from bot.wecom.oauth import form_cause, form_token, login_redirect, viewer
from handlers.pages.seen import Seen, drawn
from models.errors import Refused
from models.store import StoreDown

log = structlog.get_logger()

MOST_BYTES = 1024 * 1024  # of a form: a long proposal with every letter as %E5%85%B3
MOST_FIELDS = 2_000
IN_MEMORY = 256 * 1024  # bytes of a file; more lie in a temporary file
PIECE = 64 * 1024
SCRIPTED = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'"
)
LOGGED_OUT = Seen(401, {"title": "登录已过期", "words": "没有保存。请点“返回”，写的都还在；重新打开本页登录后再保存。"})
FORGED = Seen(403, {"title": "这一页放得太久了", "words": "没有保存。请点“返回”，刷新本页后再试。"})
TOO_BIG = Seen(413, {"title": "内容太大", "words": "没有保存。请点“返回”，删减后再试。"})
ODD = Seen(400, {"title": "没有看懂这次提交", "words": "没有保存。请点“返回”，刷新本页后再试。"})
BUSY = Seen(503, {"title": "系统正忙", "words": "没有保存。请点“返回”，过一分钟再试。"})

Fields = dict[str, list[str]]


class Sorry(Exception):
    """A page that says why not."""

    def __init__(self, seen: Seen) -> None:
        super().__init__(seen.values.get("title"))
        self.seen = seen


def sorry(status: int, title: str, words: str, **more: Any) -> Sorry:
    """The same, in words."""
    return Sorry(Seen(status, {"title": title, "words": words, **more}))


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def page(handler: Handler) -> Handler:
    """Show a page; what cannot be done is told on one, or in JSON to the page's own script."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Sorry as no:
            seen = no.seen
        except Refused as refused:
            seen = Seen(422, {"title": "没有办成", "words": refused.words})
        except StoreDown:
            seen = BUSY
        if is_script(request):
            return web.json_response({"error": seen.values["words"]}, status=seen.status)
        return shown(request, "sorry.html", seen.values, status=seen.status)

    return answer


def is_script(request: web.Request) -> bool:
    """Whether it is the page's own script that asks."""
    return request.content_type == "application/json"


def shown(request: web.Request, template: str, values: dict[str, Any], *, status: int = 200) -> web.Response:
    """A page from its template, with a script of ours."""
    response = drawn(request, template, values, status)
    response.headers["Content-Security-Policy"] = SCRIPTED
    return response


async def reader(request: web.Request) -> str:
    """Who looks at a page; whoever is not known is sent to the platform first."""
    userid = await viewer(request)
    if userid is None:
        login_redirect(request)
    return userid


async def writer(request: web.Request) -> str:
    """Who posts. Nobody is sent away to log in with a form in hand: it would be lost."""
    userid = await viewer(request)
    if userid is None:
        raise Sorry(LOGGED_OUT)
    return userid


def token_for(request: web.Request, userid: str) -> str:
    """What each form of ours bears."""
    return form_token(request, userid)


def cause_of(request: web.Request, userid: str, token: str) -> str:
    """What this form is the cause of; Sorry for a form that is not ours."""
    cause = form_cause(request, userid, token)
    if cause is None:
        log.info("form_refused", person=userid)
        raise Sorry(FORGED)
    return cause


def digest(done: Any) -> str:
    """What was done on a page: the same done twice counts once, something else does not (a page gone back to is not new)."""
    return hashlib.sha256(json.dumps(done).encode()).hexdigest()[:12]


async def body_of(request: web.Request) -> bytes:
    """What was posted, as long as a form may be."""
    if (request.content_length or 0) > MOST_BYTES:
        raise Sorry(TOO_BIG)
    body = bytearray()
    async for piece in request.content.iter_chunked(PIECE):
        body += piece
        if len(body) > MOST_BYTES:
            raise Sorry(TOO_BIG)
    return bytes(body)


async def fields_of(request: web.Request) -> Fields:
    """The fields of a posted form, with plain line ends."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise Sorry(ODD)
    try:
        text = (await body_of(request)).decode("utf-8")
        fields = parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Sorry(ODD) from error
    return {name: [plain(value) for value in values] for name, values in fields.items()}


async def json_of(request: web.Request) -> dict[str, Any]:
    """The object a script of ours has posted."""
    try:
        found = json.loads(await body_of(request))
    except (ValueError, RecursionError) as error:
        raise Sorry(ODD) from error
    if not isinstance(found, dict):
        raise Sorry(ODD)
    return found


def plain(text: str) -> str:
    """Line ends as everywhere else; no character that a database will not keep."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").encode("utf-8", "ignore").decode()


def one(fields: Fields, name: str) -> str:
    """A field's (first) value; empty when there is none."""
    return next(iter(fields.get(name, [])), "")


# --- a file -----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def handed_in(request: web.Request, userid: str, most_mb: int) -> AsyncIterator[tuple[str, IO[bytes]]]:
    """The file of a posted form, and its name. The token comes first; a file that is too big is refused at once."""
    too_big = sorry(413, "文件太大", f"最大{most_mb}MB，没有收下。图片请删去，只留文字再交；或把文字直接粘贴到聊天里。")
    most = most_mb * 1024 * 1024
    if (request.content_length or 0) > most + PIECE:
        raise too_big
    if request.content_type != "multipart/form-data":
        raise Sorry(ODD)
    with SpooledTemporaryFile(IN_MEMORY) as file:
        try:
            name = await _received(request, userid, file, most, too_big)
        except (ValueError, AssertionError, web.HTTPException, RuntimeError) as error:  # aiohttp's, for a broken form
            raise Sorry(ODD) from error
        yield name, cast(IO[bytes], file)


async def _received(request: web.Request, userid: str, file: IO[bytes], most: int, too_big: Sorry) -> str:
    allowed = False
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise Sorry(ODD)
        if part.name == "token":
            cause_of(request, userid, (await part.read_chunk(4096)).decode("ascii", "replace"))
            allowed = True
        elif part.name == "file" and allowed:
            size = 0
            while piece := await part.read_chunk(PIECE):
                size += len(piece)
                if size > most:
                    raise too_big
                file.write(piece)
            if not part.filename and not size:
                raise sorry(422, "还没有选文件", "请点“返回”，选一个 .docx 或 .txt 文件再交。")
            return plain(part.filename or "")[:200]
        else:
            raise Sorry(ODD)
    raise Sorry(ODD)
