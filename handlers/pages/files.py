"""/p/drafts/new and a draft's …/file: a .docx or .txt becomes a draft, once its writer has seen what was read of it."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web
from sqlmodel import select

from bot.acting import ACTING
from bot.app import RULES
from bot.questions import Exchange
from bot.turn import Turn
from handlers.draft import paste, whole
from handlers.draft.begin import is_member
from handlers.draft.parts import called, new_draft, number_in
from handlers.pages.drafts import draft_at
from handlers.pages.forms import (
    Fields,
    Sorry,
    cause_of,
    digest,
    fields_of,
    handed_in,
    one,
    page,
    reader,
    shown,
    sorry,
    token_for,
    writer,
)
from handlers.pages.seen import MISSING, STRANGER
from models import store as rows
from models.conversation import Conversation
from models.documents import LONGEST, text_of
from models.errors import Refused
from models.messages import Incoming, Wait
from models.paste import Parts, is_whole, read
from models.people import Person
from models.store import Store

AT_ONCE = 2  # files that are read at the same time


def add_files(app: web.Application, store: Store) -> None:
    """Open the pages."""
    reading = asyncio.Semaphore(AT_ONCE)

    async def take(request: web.Request) -> web.StreamResponse:
        """A file is handed in: shown as it was read, nothing is kept."""
        userid, number = await writer(request), _number(request)
        acting, rules = request.app[ACTING], request.app[RULES]
        await acting.look(userid, lambda turn: _allowed(turn, number))
        async with handed_in(request, userid, rules.file_max_mb) as (name, file), reading:
            text = (await asyncio.to_thread(text_of, file, name, rules)).strip()
        found = await acting.look(userid, lambda turn: _as_read(turn, text, number))
        return shown(request, "handed.html", {"token": token_for(request, userid), "name": name, "text": text, **found})

    app.router.add_get("/p/drafts/new", page(_new), allow_head=False)
    app.router.add_post("/p/drafts/new", page(_begin))
    app.router.add_post("/p/drafts/new/file", page(take))
    app.router.add_post(r"/p/drafts/{number:\d{1,9}}/file", page(take))
    app.router.add_post(r"/p/drafts/{number:\d{1,9}}/text", page(_fill))


def _number(request: web.Request) -> int | None:
    number = request.match_info.get("number")
    return int(number) if number else None


def _allowed(turn: Turn, number: int | None) -> None:
    """A draft is its writer's alone; a new one is begun by members."""
    if number is not None:
        draft_at(turn, number)
    elif turn.person is None:
        raise Sorry(STRANGER)
    elif not is_member(turn):
        raise sorry(403, "这里只能由委员新建提案", "您的账号不是委员。发送“待办”可以看等您办的事。")


async def _new(request: web.Request) -> web.StreamResponse:
    userid = await reader(request)
    await request.app[ACTING].look(userid, lambda turn: _allowed(turn, None))
    rules = request.app[RULES]
    return shown(request, "new.html", {"token": token_for(request, userid), "rules": rules})


# --- what was read ----------------------------------------------------------------------------------------------------


def _proposals_in(text: str) -> list[Parts]:
    """As if it had been pasted; what is no whole proposal is taken for its analysis."""
    return read(text) if is_whole(text) else [Parts(analysis=text, source=text)]


def _as_read(turn: Turn, text: str, number: int | None) -> dict[str, Any]:
    """What each proposal in the text holds, and what of the draft it would replace."""
    nobody = Conversation(person=turn.actor.userid, dialogue="draft", step="title", updated_at=turn.now)
    found = [
        (parts, paste.filled(Exchange(turn, nobody), parts, {}).noted.split("\n")) for parts in _proposals_in(text)
    ]
    have = whole.parts_of(draft_at(turn, number)) if number is not None else {}
    labels = {"title": "案由", "analysis": "情况分析", "suggestions": "具体建议"}
    gone = [label for name, label in labels.items() if have.get(name) and any(getattr(p, name) for p, _ in found)]
    return {
        "number": number,
        "found": [(p, [line for line in lines if line]) for p, lines in found],
        "gone": gone,
        "most": paste.MOST_AT_ONCE,
    }


def _chosen(fields: Fields) -> tuple[Parts, list[Parts]]:
    """The one proposal that was confirmed, and, where all were, the others."""
    text, place = one(fields, "text").strip(), one(fields, "place") or "0"
    if not text or len(text) > LONGEST:
        raise Refused("没有收到文件里的文字，请重新交一次。")
    found = _proposals_in(text)
    if one(fields, "all") and len(found) > paste.MOST_AT_ONCE:
        raise Refused(f"这里有{len(found)}个案由，一次最多存{paste.MOST_AT_ONCE}份，没有保存。请分成几个文件再交。")
    if one(fields, "all"):
        return found[0], found[1:]
    chosen = {str(at): parts for at, parts in enumerate(found)}.get(place)
    if chosen is None:
        raise Refused("请先选放进哪一件。")
    return chosen, []


# --- keeping it -------------------------------------------------------------------------------------------------------


async def _begin(request: web.Request) -> web.StreamResponse:
    """A new draft: of the text that was confirmed, or empty."""
    userid = await writer(request)
    fields = await fields_of(request)

    def begin(turn: Turn) -> int:
        _allowed(turn, None)
        chosen = _chosen(fields) if one(fields, "act") == "text" else None
        return _once(turn, lambda: _start(turn, chosen))

    number = await request.app[ACTING].act(userid, _cause(request, userid, fields), begin)
    raise web.HTTPSeeOther(f"{number}")


def _cause(request: web.Request, userid: str, fields: Fields) -> str:
    """The form, and what was chosen in it: another choice after going back is another act."""
    chosen = [one(fields, name) for name in ("act", "all", "place", "text")]
    return f"{cause_of(request, userid, one(fields, 'token'))}-{digest(chosen)}"


def _once(turn: Turn, work: Callable[[], int]) -> int:
    """The draft that this act has led to: a double tap makes no second one."""
    rows.locked(turn.session, Person, turn.actor.userid)  # the two taps one after the other
    known = turn.session.exec(select(Incoming).where(Incoming.key == turn.cause)).first()
    if known is not None:
        return int(known.fields["Draft"])
    number = work()
    fields = {"MsgType": "page", "Draft": number}
    row = Incoming(key=turn.cause, person=turn.actor.userid, fields=fields, received_at=turn.now, state=Wait.DONE)
    turn.session.add(row)
    turn.session.flush()
    return number


def _start(turn: Turn, chosen: tuple[Parts, list[Parts]] | None) -> int:
    turn.dialogues.open(turn, "draft", str(new_draft(turn).id), silent=True)
    exchange = turn.dialogues.current(turn)
    assert exchange is not None
    beside = _kept(exchange, *chosen) if chosen else ""
    turn.say(f"页面上新建了{called(exchange)}。可以在页面上写，也可以在这里回复“再说一遍”接着答。{beside}")
    return number_in(exchange.subject)


def _put_in(exchange: Exchange, chosen: tuple[Parts, list[Parts]]) -> int:
    if told := _kept(exchange, *chosen):
        exchange.turn.say(told)
    return number_in(exchange.subject)


def _kept(exchange: Exchange, parts: Parts, others: list[Parts]) -> str:
    """The one is in the draft, the others are drafts beside it; what there is to say of these."""
    whole.fill_in(exchange, parts)
    if others:
        paste.begin_beside(exchange, others)
    return f"另外{len(others)}件也各存了一份，回复“我的草稿”可以看到。" if others else ""


async def _fill(request: web.Request) -> web.StreamResponse:
    """The text that was confirmed, into the draft at hand."""
    userid, number = await writer(request), int(request.match_info["number"])
    fields = await fields_of(request)

    def fill(turn: Turn) -> None:
        draft_at(turn, number)
        exchange = whole.held_draft(turn, number)
        if exchange is None:
            raise Sorry(MISSING)
        chosen = _chosen(fields)
        _once(turn, lambda: _put_in(exchange, chosen))

    await request.app[ACTING].act(userid, _cause(request, userid, fields), fill)
    raise web.HTTPSeeOther(f"../{number}")
