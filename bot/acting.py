"""What a page has at hand to act: a turn for whoever looks at it, in one transaction, as a message of theirs would have."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web
from sqlmodel import Session

from bot.turn import Turn
from bot.wecom import Clock
from bot.wecom.callback import Arrival
from models import access
from models.people import Person
from models.store import Store

T = TypeVar("T")


@dataclass(frozen=True)
class Acting:
    """Turns for the pages. Refused comes through to the page, and takes back what was done."""

    store: Store
    turn: Callable[[Session, str, Person | None], Turn]
    wake: Callable[[], None]
    accept: Callable[[Arrival], Awaitable[None]]
    now: Clock

    async def look(self, userid: str, work: Callable[[Turn], T]) -> T:
        """Read something for this person; nothing is kept."""
        return await self.store.read(lambda session: work(self.turn(session, "", access.active(session, userid))))

    async def act(self, userid: str, cause: str, work: Callable[[Turn], T]) -> T:
        """Let this person do something; what is said with it is delivered afterwards."""

        def act(session: Session) -> T:
            turn = self.turn(session, cause, access.active(session, userid))
            done = work(turn)
            turn.write_down()
            return done

        done = await self.store.run(act)
        self.wake()
        return done


ACTING = web.AppKey("acting", Acting)
