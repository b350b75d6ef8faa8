"""What somebody may see of a page, and the page of it; or why it cannot be shown, and where to go on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp_jinja2
from aiohttp import web
from sqlmodel import Session

from models.store import Store, StoreDown


@dataclass(frozen=True)
class Seen:
    """What one viewer may read; None fields were not theirs to see."""

    status: int
    values: dict[str, Any]


STRANGER = Seen(403, {"title": "还没有您的账号", "words": "请联系政协机关的系统管理员，把您加入名单。"})
MISSING = Seen(404, {"title": "没有找到这件提案", "words": "可能链接不全，或这件提案不由您查看。"})
BUSY = Seen(503, {"title": "系统正忙", "words": "请过一分钟再打开本页。"})


async def seen(store: Store, look: Callable[[Session], Seen]) -> Seen:
    """What this look finds; a word of patience while the store is away."""
    try:
        return await store.read(look)
    except StoreDown:
        return BUSY


def shows(request: web.Request, template: str, found: Seen, **more: Any) -> web.Response:
    """The page of what was found, with `more` beside it; or why there is none."""
    if found.status == 200:
        return drawn(request, template, more | found.values, 200)
    on = {} if found is STRANGER else {"back": "todo", "back_text": "回到待办"}
    return drawn(request, "sorry.html", on | found.values, found.status)


def drawn(request: web.Request, template: str, values: dict[str, Any], status: int) -> web.Response:
    """A page from its template; `up` leads from it to /p/."""
    up = "../" * request.path.removeprefix("/p/").count("/") or "./"
    return aiohttp_jinja2.render_template(template, request, {"up": up, **values}, status=status)
