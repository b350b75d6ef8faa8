"""/p/drafts/12: a draft whole, to be written on a page; it saves as one types, and works as a plain form as well."""

from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web

from bot.acting import ACTING
from bot.questions import Exchange
from bot.turn import Turn
from bot.wecom.oauth import form_token
from handlers.attached import names_of
from handlers.draft import whole
from handlers.draft.parts import proposal_of
from handlers.draft.preview import advice
from handlers.draft.steps import submit
from handlers.draft.whole import NAMES, Clash, change, held_draft, mark, parts_of
from handlers.pages.forms import (
    ODD,
    Fields,
    Sorry,
    cause_of,
    fields_of,
    is_script,
    json_of,
    one,
    page,
    plain,
    reader,
    shown,
    sorry,
    writer,
)
from handlers.pages.seen import MISSING, STRANGER
from models import access
from models.attachment import attachments_of
from models.errors import Refused
from models.proposal import Proposal
from models.rules import SHANGHAI
from models.store import Store

MOVES = {"up": -1, "down": 1}
YES_NO = {"researched": "research_note", "public": "no_public_reason"}  # the field of the remark beside it


def add_drafts(app: web.Application, store: Store) -> None:
    """Open the page."""
    app.router.add_get(r"/p/drafts/{number:\d{1,9}}", page(_show), allow_head=False)
    app.router.add_post(r"/p/drafts/{number:\d{1,9}}", page(_post))


async def _show(request: web.Request) -> web.StreamResponse:
    userid, number = await reader(request), int(request.match_info["number"])
    values = await request.app[ACTING].look(userid, lambda turn: _values(draft_at(turn, number)))
    return shown(request, "draft.html", {"token": form_token(request, userid), **values})


async def _post(request: web.Request) -> web.StreamResponse:
    userid, number = await writer(request), int(request.match_info["number"])
    return await (_save_one if is_script(request) else _save_all)(request, userid, number)


# --- what there is ----------------------------------------------------------------------------------------------------


def draft_at(turn: Turn, number: int) -> Exchange:
    """The draft, for whoever has it in hand; Sorry for anybody else, and when it is no draft any more."""
    if turn.person is None:
        raise Sorry(STRANGER)
    proposal = turn.session.get(Proposal, number)
    if proposal is None or not access.may_see(turn.session, turn.person, proposal):
        raise Sorry(MISSING)
    exchange = whole.draft_of(turn, number)
    if exchange is None:
        if turn.person.userid not in {proposal.proposer, proposal.entered_by}:
            raise Sorry(MISSING)
        raise _over(proposal, turn.person.userid)
    if why := whole.wait_for_chat(exchange):
        raise sorry(409, "聊天里还有一个问题等您", why)
    return exchange


def _over(proposal: Proposal, userid: str) -> Sorry:
    how = "要修改，请在聊天里发送“我的提案”，打开这一件点“修改”。"
    return sorry(
        409,
        f"这件提案现在是“{proposal.state.value}”",
        f"现在不能在本页修改。{how}",
        kept=_key(userid, proposal.id),
        **_whole_text(proposal),
    )


def _key(userid: str, number: int | None) -> str:
    """Under which name the browser keeps what is not saved yet."""
    return f"draft:{userid}:{number}"


def _draft_to_change(turn: Turn, number: int) -> Exchange:
    draft_at(turn, number)
    exchange = held_draft(turn, number)
    if exchange is None:
        raise Sorry(MISSING)
    return exchange


def _values(exchange: Exchange) -> dict[str, Any]:
    """What the page shows."""
    parts, proposal, turn = parts_of(exchange), proposal_of(exchange), exchange.turn
    return {
        "number": proposal.id,
        "key": _key(turn.actor.userid, proposal.id),
        "parts": parts,
        "marks": {name: mark(value) for name, value in parts.items()},
        "rules": turn.rules,
        "advice": advice(exchange),
        "said_before": proposal.reason if proposal.reason and proposal.state.name in {"RETURNED", "DRAFT"} else "",
        "state": proposal.state.value,
        "attachments": names_of(turn.session, attachments_of(turn.session, proposal.id)),
        "errors": {},
        "theirs": {},
        "saved": "",
    }


# --- saving -----------------------------------------------------------------------------------------------------------


async def _save_one(request: web.Request, userid: str, number: int) -> web.StreamResponse:
    """One part, from the page's script."""
    found = await json_of(request)
    name, value, known, token = (found.get(key) for key in ("part", "value", "mark", "token"))
    if name not in NAMES or not isinstance(known, str) or not isinstance(token, str) or not _is_whole(name, value):
        raise Sorry(ODD)
    cause = cause_of(request, userid, token)

    def save(turn: Turn) -> dict[str, Any]:
        exchange = _draft_to_change(turn, number)
        before = mark(parts_of(exchange)[name])
        change(exchange, name, _plain(value), known)
        kept = parts_of(exchange)[name]
        others = before != known and before == mark(kept)  # what stands there is not from this page
        told = {"value": kept, "mark": mark(kept), "others": others}
        return {"saved": _clock(turn.now), "advice": advice(exchange), **told}

    try:
        return web.json_response(await request.app[ACTING].act(userid, cause, save))
    except Clash as clash:
        told = {"error": clash.words, "theirs": clash.theirs, "mark": mark(clash.theirs)}
        return web.json_response(told, status=409)


def _is_whole(name: str, value: Any) -> bool:
    """Whether this is what such a part is made of."""
    if name == "suggestions":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if name in YES_NO:
        fits = isinstance(value, dict) and value.keys() == {"yes", "note"} and isinstance(value["note"], str)
        return fits and value["yes"] in ("", "yes", "no")
    return isinstance(value, str)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else plain(value)


async def _save_all(request: web.Request, userid: str, number: int) -> web.StreamResponse:
    """Every part, from the form; then what its button stands for."""
    fields = await fields_of(request)
    cause, act = cause_of(request, userid, one(fields, "token")), one(fields, "act")
    acting = request.app[ACTING]
    values = await acting.act(userid, cause, partial(_keep_all, number=number, fields=fields))
    problems = values["errors"] or values["theirs"]
    if not problems and act == "preview":
        missing = await acting.act(userid, cause, lambda turn: _preview(turn, number))
        return shown(request, "done.html", _in_chat(number, missing))
    if not problems and act == "submit":
        try:
            return shown(request, "done.html", await acting.act(userid, cause, lambda turn: _submit(turn, number)))
        except Refused as refused:
            values["errors"] = {"submit": refused.words}
    form = {"token": form_token(request, userid), **values}
    return shown(request, "draft.html", form, status=409 if values["theirs"] else 422 if values["errors"] else 200)


def _keep_all(turn: Turn, number: int, fields: Fields) -> dict[str, Any]:
    """Save what was changed on the page, part by part: one that cannot be kept does not take the others with it."""
    exchange = _draft_to_change(turn, number)
    act = one(fields, "act")
    told: dict[str, str] = {}
    theirs: dict[str, Any] = {}
    mine: dict[str, Any] = {}
    for name in NAMES:
        known, value = one(fields, f"mark_{name}"), _posted(name, fields, act)
        if value is None or not known or one(fields, f"take_{name}"):
            continue
        try:
            change(exchange, name, value, known)
        except Clash as clash:
            theirs[name], mine[name], told[name] = clash.theirs, value, clash.words
        except Refused as refused:
            mine[name], told[name] = value, refused.words
    values = _values(exchange)
    values["parts"] |= mine
    if act == "add":
        values["parts"]["suggestions"] = [*values["parts"]["suggestions"], ""]
    return {**values, "errors": told, "theirs": theirs, "saved": "" if told else _clock(turn.now)}


def _posted(name: str, fields: Fields, act: str) -> Any:
    """A part as the form has it; None when the form did not have it at all."""
    if name == "suggestions":
        return _moved(fields.get("suggestions", []), act)
    if name in YES_NO:
        yes = one(fields, name)
        return {"yes": yes if yes in {"yes", "no"} else "", "note": one(fields, YES_NO[name])}
    return one(fields, name) if name in fields or name == "secrecy" else None


def _moved(items: list[str], act: str) -> list[str]:
    """up:2, down:2, remove:2, as the buttons beside each suggestion have it."""
    what, _, where = act.partition(":")
    place = next((at for at in range(1, len(items) + 1) if where == str(at)), 0)
    if not place:
        return items
    rest = [*items[: place - 1], *items[place:]]
    if what == "remove":
        return rest
    if what in MOVES:
        rest.insert(max(0, place - 1 + MOVES[what]), items[place - 1])
        return rest
    return items


# --- and then ---------------------------------------------------------------------------------------------------------


def _preview(turn: Turn, number: int) -> list[str]:
    exchange = _draft_to_change(turn, number)
    turn.cause += f":{exchange.conversation.changes}"  # it may be asked for again, from the same page
    return whole.show_in_chat(exchange)


def _in_chat(number: int, missing: list[str]) -> dict[str, Any]:
    words = f"还差：{'、'.join(missing)}。" if missing else "预览已发到聊天里。"
    then = "请回到聊天接着回答，或回本页补上。" if missing else "请回到聊天看一遍，再点“提交”。"
    return {"title": "都存好了", "words": words + then, "back": f"drafts/{number}", "back_text": "回本页修改"}


def _submit(turn: Turn, number: int) -> dict[str, Any]:
    """Hand it in: the same as in the chat, with the same checks."""
    exchange = _draft_to_change(turn, number)
    proposal = proposal_of(exchange)
    submit(exchange)
    serial = f"流水号：{proposal.serial_no}。" if proposal.serial_no else ""
    return {
        "title": f"现在是“{proposal.state.value}”",
        "words": f"{serial}接下来怎么办，聊天里已经告诉您，本页可以关闭。",
        **_whole_text(proposal),
    }


def _whole_text(proposal: Proposal) -> dict[str, str]:
    return {"back": f"proposals/{proposal.id}", "back_text": "查看全文"}


def _clock(now: datetime) -> str:
    return f"{now.astimezone(SHANGHAI):%H:%M}"
