"""/p/messages: what the bot has lately said to somebody, with the buttons of its cards, and a place to answer.

Where no card shows, the numbers that a message prints are buttons here; and whatever can be typed in the chat can be written
here. What has been overtaken answers so, as a card or a number would.
"""

from typing import Any

from aiohttp import web
from sqlmodel import col, select

from bot.numbers import still_offered
from bot.turn import Turn
from bot.wecom.messages import Card, CardNow, Words, from_json
from handlers.cards.told import minute
from handlers.pages.looking import as_told, looks
from handlers.pages.proposals import Seen
from handlers.pages.todo import LONGEST
from models.conversation import Listed
from models.messages import Outgoing
from models.store import Store

SHOWN = 20  # messages on the page
READ = 3 * SHOWN  # of the outbox, in which cards that change stand, too


def add_messages(app: web.Application, store: Store) -> None:
    """Open the page; what is tapped or written on it goes through the door of the to-do page."""

    async def page(request: web.Request) -> web.Response:
        return await looks(request, store, "messages.html", messages_of)

    app.router.add_get("/p/messages", page, allow_head=False)


def messages_of(turn: Turn) -> Seen:
    """The newest messages first. A card that was told that it is done has no buttons, nor has a number that was typed."""
    sent = select(Outgoing).where(Outgoing.person == turn.actor.userid, col(Outgoing.sent_at).is_not(None))
    newest = turn.session.exec(sent.order_by(col(Outgoing.sent_at).desc(), col(Outgoing.id).desc()).limit(READ))
    listed = turn.session.get(Listed, turn.actor.userid)
    entries = [entry for row in newest if (entry := _entry(turn, row, listed))]
    return Seen(200, {"entries": entries[:SHOWN], "longest": LONGEST})


def _entry(turn: Turn, row: Outgoing, listed: Listed | None) -> dict[str, Any] | None:
    say = from_json(row.body)
    if isinstance(say, CardNow):
        return None
    dead = {} if isinstance(say, Card) and row.response_code else {"buttons": (), "selects": (), "submit": None}
    numbers = still_offered(listed, say.text, row.created_at) if isinstance(say, Words) else []
    return {"at": minute(row.sent_at), "say": as_told(turn, say) | dead, "numbers": numbers}
