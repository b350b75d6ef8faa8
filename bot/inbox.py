"""Every update once, one at a time per person, in order.

Callbacks that arrive together share one commit. Working one out and marking it as done is one transaction, so there is
nothing to lease: a process that dies lets go of its row, and what it had not committed has not happened.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

import structlog
from sqlalchemy import bindparam, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from bot.bell import Bell
from bot.wecom import Clock
from bot.wecom.callback import Arrival, Unavailable
from models.columns import UtcDateTime
from models.errors import Refused
from models.messages import WAITING, Incoming, Wait
from models.store import Store, StoreDown, is_passing, notify, put_all

log = structlog.get_logger()

ACCEPT_WITHIN = 4.5  # seconds; the platform hangs up after 5
STOP_WITHIN = 6.0  # seconds for what is in hand
STORE_DOWN = 0.2  # seconds between tries while the database does not answer
TOGETHER = 200  # callbacks that share a commit
LOOK_AGAIN = 1.0  # seconds between looks while something waits for its next try
HANDFUL = {True: 32, False: 4}  # turns that share a commit: SQLite (one writer), PostgreSQL (several share the rows)
OVERHEARD = 0.05  # seconds before we look at what another replica has accepted
BACK_OFF = (1, 3, 10)  # seconds before the next try of a row that failed; then it is parked


class Office(Protocol):
    """Who works an update out, in the transaction it is given."""

    def work(self, session: Session, row: Incoming) -> None:
        """Work it out; Refused for the person, anything else is a bug."""

    def refuse(self, session: Session, row: Incoming, refused: Refused) -> None:
        """Say why not."""

    def give_up(self, session: Session, row: Incoming) -> None:
        """It has failed for the last time: say so."""


@dataclass(frozen=True)
class Waiting:
    """An update on its way into the store, and the platform's door that waits for it."""

    arrival: Arrival
    written: asyncio.Future[None]
    until: float  # the event loop's time at which the platform will hang up


class Inbox:
    """Writes updates down, and has them worked out."""

    def __init__(self, store: Store, office: Office, now: Clock, *, wake_outbox: Callable[[], None]) -> None:
        self._store, self._office, self._now, self._wake_outbox = store, office, now, wake_outbox
        self._arrived: asyncio.Queue[Waiting] = asyncio.Queue(maxsize=5_000)
        self._handful = HANDFUL[store.is_sqlite]
        self.bell = Bell(store.writers)
        self._overheard: asyncio.TimerHandle | None = None
        self._stopping = False
        self._late_until = 0.0  # an update may wait until then for its next try, at which no bell rings
        self.tasks: list[asyncio.Task[None]] = []

    # --- accepting ----------------------------------------------------------------------------------------------------

    async def accept(self, arrival: Arrival) -> None:
        """Return once the update is written down for good; Unavailable when it cannot be."""
        if self._stopping:
            raise Unavailable("stopping")
        loop = asyncio.get_running_loop()
        waiting = Waiting(arrival, loop.create_future(), loop.time() + ACCEPT_WITHIN)
        try:
            self._arrived.put_nowait(waiting)
            await waiting.written
        except (asyncio.QueueFull, StoreDown) as error:
            raise Unavailable(type(error).__name__) from error

    async def _write_down(self) -> None:
        while True:
            batch = [await self._arrived.get()]
            while len(batch) < TOGETHER and not self._arrived.empty():
                batch.append(self._arrived.get_nowait())
            if not await self._written(batch) and len(batch) > 1:  # one odd update must not take the others with it
                for waiting in batch:
                    await self._written([waiting])

    async def _written(self, batch: Sequence[Waiting]) -> bool:
        """Write a batch in one commit and answer; False when something in it cannot be kept at all."""
        rows = [_row(waiting.arrival, self._now()) for waiting in batch]
        failure: StoreDown | None = None
        try:
            async with asyncio.timeout_at(min(waiting.until for waiting in batch)):
                await self._store.run(partial(_keep, rows))
        except (StoreDown, TimeoutError) as error:  # written all the same, perhaps: it will come again, and be known
            failure = StoreDown(type(error).__name__)
        except Exception:
            log.exception("inbox_write_failed")
            if len(batch) > 1:
                return False
            failure = StoreDown("cannot be kept")
        for waiting in batch:
            if not waiting.written.done():
                if failure:
                    waiting.written.set_exception(failure)
                else:
                    waiting.written.set_result(None)
        if not failure:
            self.bell.ring(-(-len(batch) // self._handful))
        return True

    def overhear(self) -> None:
        """Another replica has written something down. It works on that itself; soon we take what it has left."""
        if self._overheard is None or self._overheard.when() <= asyncio.get_running_loop().time():
            self._overheard = asyncio.get_running_loop().call_later(OVERHEARD, self.bell.ring, 1)

    # --- working ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to accept and to work."""
        self.tasks = [asyncio.create_task(self._write_down(), name="inbox-accept")]
        self.tasks += [
            asyncio.create_task(self._worker(), name=f"inbox-worker-{n}") for n in range(self._store.writers)
        ]

    async def stop(self) -> None:
        """Finish what is in hand; what is written down waits for the next start."""
        self._stopping = True
        self.bell.ring()
        if self.tasks[1:]:
            await asyncio.wait(self.tasks[1:], timeout=STOP_WITHIN)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _worker(self) -> None:
        while not self._stopping:
            self.bell.begin()
            if not await self._step():
                late = time.monotonic() < self._late_until
                await self.bell.listen(LOOK_AGAIN if late else self._store.poll)

    async def _step(self) -> bool:
        """Work a handful of updates out; whether there was any."""
        try:
            worked = await self._store.run(self._several)
        except StoreDown as down:
            log.warning("inbox_waits_for_store", cause=str(down))
            await asyncio.sleep(STORE_DOWN)
            return not self._stopping
        except Exception:  # whatever it was, the next update must not wait for a restart
            log.exception("inbox_step_failed")
            await asyncio.sleep(STORE_DOWN)
            return not self._stopping
        if worked:
            self._wake_outbox()
        if worked == self._handful:  # there may be more than we can carry
            self.bell.ring(1)
        return bool(worked)

    def _several(self, session: Session) -> int:
        """One transaction: the oldest update of each of several people, each in a savepoint of its own."""
        now, back = self._now(), timedelta(seconds=2 * BACK_OFF[-1])
        asked = {"now": now, "set_back": now + back, "most": self._handful}
        rows = session.exec(_HEADS, params=asked).all()
        done = [row.id for row in rows if self._worked(session, row)]
        if done:
            session.connection().execute(_DONE, {"ids": done})
        return len(rows)

    def _worked(self, session: Session, row: Incoming) -> bool:
        try:
            with session.begin_nested():
                self._office.work(session, row)
            return True
        except Refused as refused:  # what the handler did is taken back, and this is said instead
            self._office.refuse(session, row, refused)
            return True
        except Exception as error:
            if is_passing(error):
                raise  # the database, not the handler: the store says what it means
            log.exception("turn_failed", row=row.id)
            self._failed(session, row, error)
            return False

    def _failed(self, session: Session, row: Incoming, cause: Exception) -> None:
        row.attempts += 1
        row.trouble = type(cause).__name__
        if row.attempts > len(BACK_OFF):
            row.state = Wait.PARKED
            try:
                with session.begin_nested():
                    self._office.give_up(session, row)
            except Exception:
                log.exception("giving_up_failed", row=row.id)
        else:
            row.not_before = self._now() + timedelta(seconds=BACK_OFF[row.attempts - 1])
            self._late_until = time.monotonic() + 2 * BACK_OFF[-1]
        session.add(row)

    # --- watching -----------------------------------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        """Whether every task still runs."""
        return bool(self.tasks) and not any(task.done() for task in self.tasks)


def _keep(rows: Sequence[dict[str, Any]], session: Session) -> None:
    put_all(session, Incoming, rows)
    notify(session)


def _row(arrival: Arrival, now: datetime) -> dict[str, Any]:
    return {
        "key": arrival.key,
        "person": arrival.person,
        "fields": arrival.fields,
        "received_at": now,
        "state": Wait.WAITING,
        "attempts": 0,
        "trouble": "",
    }


def _heads() -> Any:
    """The oldest waiting update of each person, unless it waits after a failure; oldest first."""
    earlier: Any = aliased(Incoming)
    blocked = (
        select(earlier.id)
        .where(earlier.person == Incoming.person, earlier.state == WAITING, earlier.id < col(Incoming.id))
        .exists()
    )
    now, set_back = (bindparam(name, type_=UtcDateTime()) for name in ("now", "set_back"))
    later = col(Incoming.not_before)
    ready = or_(later.is_(None), later <= now, later > set_back)  # so far ahead: the clock was set back meanwhile
    waiting = select(Incoming).where(col(Incoming.state) == WAITING, ready, ~blocked)
    return waiting.order_by(col(Incoming.id)).limit(bindparam("most")).with_for_update(skip_locked=True)


_HEADS = _heads()
_DONE = (
    update(Incoming)
    .where(col(Incoming.id).in_(bindparam("ids", expanding=True)))
    .values(state=Wait.DONE)
    .execution_options(synchronize_session=False)
)
