"""/p/messages: what the bot has lately said to somebody, with the buttons of its cards, and a place to answer.

Where no card shows, what a message has printed beside its numbers are buttons here; and whatever can be typed in the chat can
be written here. What has been overtaken meanwhile answers so, as a card or a number would.
"""

from typing import Any

from aiohttp import web
from sqlmodel import col, select

from bot.numbers import still_offered
from bot.payload import Payload, read
from bot.questions import Pick
from bot.turn import Turn
from bot.wecom.messages import Button, Card, CardNow, from_json
from handlers.cards.buttons import Do, Rate, row_named
from handlers.cards.told import minute
from handlers.pages.looking import as_told, looks
from handlers.pages.seen import Seen
from models import access
from models.conversation import Listed
from models.handling import Assignment
from models.messages import Outgoing
from models.states import Role
from models.store import Store

SHOWN = 20  # messages on the page
READ = 3 * SHOWN  # of the outbox, in which cards that change stand, too


def add_messages(app: web.Application, store: Store) -> None:
    """Open the page; what is tapped or written on it goes through the door of the to-do page."""

    async def page(request: web.Request) -> web.Response:
        return await looks(request, store, "messages.html", messages_of)

    app.router.add_get("/p/messages", page, allow_head=False)


def messages_of(turn: Turn) -> Seen:
    """The newest messages first, each with what of it can still be chosen."""
    sent = select(Outgoing).where(Outgoing.person == turn.actor.userid, col(Outgoing.sent_at).is_not(None))
    newest = turn.session.exec(sent.order_by(col(Outgoing.sent_at).desc(), col(Outgoing.id).desc()).limit(READ))
    listed = turn.session.get(Listed, turn.actor.userid)
    entries = [entry for row in newest if (entry := _entry(turn, row, listed))]
    return Seen(200, {"entries": entries[:SHOWN]})


def _entry(turn: Turn, row: Outgoing, listed: Listed | None) -> dict[str, Any] | None:
    say = from_json(row.body)
    if isinstance(say, CardNow):
        return None
    told = as_told(turn, say)
    if not isinstance(say, Card):
        told["buttons"] = [Button(label, key, style=2) for key, label in still_offered(listed, row.key)]
    elif not row.response_code or (say.submit and not _is_open(turn, read(say.submit.key))):
        told |= {"buttons": (), "selects": (), "submit": None}
    told["buttons"] = [button for button in told["buttons"] if _is_open(turn, read(button.key))]
    return {"at": minute(row.sent_at), "say": told}


def _is_open(turn: Turn, payload: Payload | None) -> bool:
    """Whether what a button stands for has not been overtaken: the question answered, the case gone on, the rating given."""
    match payload:
        case Pick(conversation=number, step=step):
            exchange = turn.dialogues.current(turn)
            return exchange is not None and (exchange.conversation.id, exchange.conversation.step) == (number, step)
        case Do(kind=kind, id=number, stamp=stamp):
            row = row_named(turn.session, kind, number)
            return row is not None and row.stamp == stamp
        case Rate(assignment=number, stamp=stamp):
            task = turn.session.get(Assignment, number)
            return task is not None and task.stamp == stamp and access.holds(turn.session, turn.actor, Role.RATER, task)
    return True
