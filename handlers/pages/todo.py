"""/p/todo: what awaits somebody, to be done by tapping on a page. A press goes the way of a tap on a card, and of a number."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlmodel import Session, col, select

from bot.acting import ACTING
from bot.asking import text_of
from bot.payload import read
from bot.questions import Exchange, Pick
from bot.turn import Turn
from bot.wecom.callback import Arrival, Unavailable
from bot.wecom.messages import Card, Words, from_json, tidy
from bot.wecom.oauth import form_cause, viewer
from handlers.ask import may_open, shown, task_line
from handlers.cards.buttons import Do, Rate, Show, buttons_for, row_named
from handlers.cards.told import minute, named
from handlers.pages.forms import Fields, digest, fields_of, one, page, sorry
from handlers.pages.looking import as_told, lines_of, looks, rendered
from handlers.pages.seen import Seen
from models.handling import Assignment
from models.lifecycle import NAMES
from models.messages import Incoming, Outgoing, Wait
from models.proposal import Proposal
from models.step import Row
from models.store import Store, StoreDown
from models.tasks import in_hand, tasks_for

SHOWN = 30  # cases in one list
ANSWERED_WITHIN = 6.0  # seconds until a page says that it takes longer
DONE = ("EventKey", "SelectedItems", "Content")  # what of a press or a message makes it this one
LOOKS = (0.01, 0.2)  # seconds until the first look, and between two at most
MOST_SAID = 30  # messages of one cause to one person
LONGEST = 20_000  # characters of one answer, as in the chat
GONE = Seen(404, {"title": "没有找到这一件", "words": "可能已经办完，或不由您办理。"})
OLD = Seen(
    400, {"title": "页面已过期", "words": "这一页放得太久，或不是您打开的，什么都没有改变。请回到待办重新打开。"}
)
BUSY = Seen(503, {"title": "暂时收不下", "words": "什么都没有改变，请稍候再按一次。"})


def add_todo(app: web.Application, store: Store) -> None:
    """Open the list, the cases, and the one door through which something is done."""

    async def listed(request: web.Request) -> web.Response:
        return await looks(request, store, "todo.html", list_of)

    async def case(request: web.Request) -> web.Response:
        kind, number = request.match_info["kind"], int(request.match_info["number"])
        return await looks(request, store, "case.html", lambda turn: case_of(turn, kind, number))

    async def said(request: web.Request) -> web.Response:
        cause, again = request.match_info["cause"], "again" in request.query
        return await looks(request, store, "said.html", lambda turn: said_of(turn, cause, again=again))

    async def pressed(request: web.Request) -> web.StreamResponse:
        userid = await viewer(request)
        if userid is None:
            return rendered(request, "sorry.html", "", OLD)
        form = await fields_of(request)
        cause = form_cause(request, userid, one(form, "token"))
        fields = _fields(userid, request.app[ACTING].now(), form)
        if not cause or fields is None:
            return rendered(request, "sorry.html", userid, OLD)
        cause = f"{cause}-{digest([fields.get(name) for name in DONE])}"
        again = "?again=1" if await store.read(lambda session: _is_known(session, cause)) else ""
        try:
            await request.app[ACTING].accept(Arrival(cause, userid, fields))
        except Unavailable:
            return rendered(request, "sorry.html", userid, BUSY)
        await _worked_out(store, cause)
        raise web.HTTPSeeOther(f"said/{cause}{again}")

    app.router.add_get("/p/todo", listed, allow_head=False)
    app.router.add_post("/p/todo", page(pressed))
    app.router.add_get(r"/p/todo/{kind:[a-z]{1,20}}/{number:\d{1,9}}", case, allow_head=False)
    app.router.add_get(r"/p/said/{cause:page:[0-9a-f]{24}-[0-9a-f]{12}}", said, allow_head=False)


# --- looking ----------------------------------------------------------------------------------------------------------


def list_of(turn: Turn) -> Seen:
    """The open question, what is waited for, and what else one may do with one's own cases."""
    tasks = tasks_for(turn.session, turn.actor, turn.rules)
    waiting = {(type(task.row), task.row.id) for task in tasks}
    others = [row for row in in_hand(turn.session, turn.actor) if (type(row), row.id) not in waiting]
    able = [row for row in others[-SHOWN:] if buttons_for(turn.session, row, turn.actor)]
    values = {
        "question": question_of(turn),
        "tasks": [(_path(task.row), task_line(turn, task)) for task in tasks[:SHOWN]],
        "more": max(len(tasks) - SHOWN, 0),
        "others": [(_path(row), _called(turn, row)) for row in reversed(able)],
    }
    return Seen(200, values)


def _path(row: Row) -> str:
    return f"todo/{NAMES[type(row)]}/{row.id}"


def _called(turn: Turn, row: Row) -> str:
    acts = "／".join(button.label for button in buttons_for(turn.session, row, turn.actor))
    proposal = row if isinstance(row, Proposal) else turn.session.get_one(Proposal, row.proposal_id)
    return f"{named(proposal)} {acts}"


def case_of(turn: Turn, kind: str, number: int) -> Seen:
    """One case, with everything its newest card offers."""
    row = row_named(turn.session, kind, number)
    if row is None or not may_open(turn, row):
        return GONE
    says = shown(turn, row)
    return Seen(200, {"says": [as_told(turn, say) for say in says], "question": question_of(turn)})


def question_of(turn: Turn) -> dict[str, Any] | None:
    """The question that waits for an answer, with its choices and the words that steer."""
    exchange = turn.dialogues.current(turn)
    if exchange is None:
        return None
    dialogue = turn.dialogues.by_name[exchange.conversation.dialogue]
    ask = dialogue.step(exchange.conversation.step)
    choices = ask.choices_for(exchange)
    words = [("完", "都写完了")] if ask.several else []
    words += [("跳过", "跳过")] if ask.optional else []
    return {
        "title": dialogue.title(exchange),
        "label": ask.label,
        "lines": lines_of(turn, text_of(exchange, ask)),
        "choices": [(_pick(exchange, ask.name, choice.value), choice.label) for choice in choices],
        "words": [*words, ("取消", "先不办了")],
        "so_far": exchange.so_far if ask.several else None,
    }


def _pick(exchange: Exchange, step: str, value: str) -> str:
    return Pick(exchange.conversation.id or 0, step, value).key


# --- acting -----------------------------------------------------------------------------------------------------------


def _fields(userid: str, now: datetime, form: Fields) -> dict[str, Any] | None:
    """What the platform would have told us of the same act: a press with what was selected, or words. Sorry for too many."""
    base = {"FromUserName": userid, "CreateTime": str(int(now.timestamp()))}
    if key := one(form, "key"):
        names = [name for name in form if name.startswith("select-")]
        chosen = [(name.removeprefix("select-"), one(form, name)) for name in names]
        items = [{"QuestionKey": name, "OptionIds": {"OptionId": value}} for name, value in chosen]
        press = {"MsgType": "event", "Event": "template_card_event", "EventKey": key, "CardType": "page"}
        return base | press | ({"SelectedItems": {"SelectedItem": items}} if items else {})
    words = tidy(one(form, "words") or one(form, "text")).strip()
    if len(words) > LONGEST:
        told = f"一共{len(words)}字，一次最多{LONGEST}字，没有收下。请点“返回”，写的还在，分几次发。"
        raise sorry(413, "内容太长", told)
    return base | {"MsgType": "text", "Content": words} if words else None


def _is_known(session: Session, cause: str) -> bool:
    return session.exec(select(Incoming.key).where(Incoming.key == cause)).first() is not None


async def _worked_out(store: Store, cause: str) -> None:
    """Wait a while until what was sent has been worked out; the page after it says what came of it."""

    def is_done(session: Session) -> bool:
        state = session.exec(select(col(Incoming.state)).where(Incoming.key == cause)).first()
        return state is not None and state is not Wait.WAITING

    soon, most = LOOKS
    with suppress(TimeoutError, StoreDown):
        async with asyncio.timeout(ANSWERED_WITHIN):
            while not await store.read(is_done):
                await asyncio.sleep(soon)
                soon = min(2 * soon, most)


def said_of(turn: Turn, cause: str, *, again: bool) -> Seen:
    """What came of a press: what was said to this person because of it, and where to go on; `again`: it had come before."""
    row = turn.session.exec(select(Incoming).where(Incoming.key == cause)).first()
    if row is None or row.person != turn.actor.userid:
        return GONE
    keys = [f"{cause}#{place}" for place in range(1, MOST_SAID + 1)]
    mine = select(Outgoing).where(col(Outgoing.key).in_(keys), Outgoing.person == turn.actor.userid)
    says = [from_json(entry.body) for entry in turn.session.exec(mine.order_by(col(Outgoing.id)))]
    values = {
        "waiting": row.state is Wait.WAITING,
        "again": minute(row.received_at) if again else "",
        "said": [_told(turn, say) for say in says if isinstance(say, Card | Words)],
        "question": question_of(turn),
        "case": _case_of_key(turn, str(row.fields.get("EventKey", ""))),
    }
    return Seen(200, values)


def _told(turn: Turn, say: Card | Words) -> list[list[tuple[str, str]]]:
    """The words alone: the buttons are on the case's own page, as they are now."""
    text = f"{say.title}\n{say.text}" if isinstance(say, Card) else say.text.partition("请回复数字：")[0]
    return lines_of(turn, text)


def _case_of_key(turn: Turn, key: str) -> str:
    """The page of the case that a button is about, while it is open to whoever has pressed it."""
    match read(key):
        case Do(kind=kind, id=number) | Show(kind=kind, id=number):
            row = row_named(turn.session, kind, number)
        case Rate(assignment=number):
            row = turn.session.get(Assignment, number)
        case _:
            return ""
    return _path(row) if row and may_open(turn, row) else ""
