"""Every update once, one at a time per person, in order.

Callbacks that arrive together share one commit. Working one out and marking it as done is one transaction, so there is
nothing to lease: a process that dies lets go of its row, and what it had not committed has not happened.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from bot.bell import Bell
from bot.wecom import Clock
from bot.wecom.callback import Arrival, Unavailable
from models.messages import WAITING, Incoming, Wait
from models.store import Store, StoreDown, claimed, put_once

log = structlog.get_logger()

ACCEPT_WITHIN = 4.5  # seconds; the platform hangs up after 5
STOP_WITHIN = 6.0  # seconds for what is in hand
POLL = 1.0  # seconds: the safety net for what another replica has written down
STORE_DOWN = 0.2  # seconds between tries while the database does not answer
BATCH = 200
BACK_OFF = (1, 3, 10)  # seconds before the next try of a row that failed; then it is parked

Work = Callable[[Session, Incoming], None]
GiveUp = Callable[[Session, Incoming], None]


class TurnFailed(Exception):
    """A handler has a bug: which row it was about."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


class Inbox:
    """Writes updates down, and has them worked out."""

    def __init__(
        self, store: Store, work: Work, give_up: GiveUp, now: Clock, *, wake_outbox: Callable[[], None]
    ) -> None:
        self._store, self._work, self._give_up, self._now, self._wake_outbox = store, work, give_up, now, wake_outbox
        self._arrived: asyncio.Queue[tuple[Arrival, asyncio.Future[None]]] = asyncio.Queue(maxsize=5_000)
        self.bell = Bell(store.writers)
        self._stopping = False
        self.tasks: list[asyncio.Task[None]] = []

    # --- accepting ----------------------------------------------------------------------------------------------------

    async def accept(self, arrival: Arrival) -> None:
        """Return once the update is written down for good; Unavailable when it cannot be."""
        if self._stopping:
            raise Unavailable("stopping")
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            self._arrived.put_nowait((arrival, written))
            async with asyncio.timeout(ACCEPT_WITHIN):
                await written
        except (TimeoutError, asyncio.QueueFull, StoreDown) as error:
            raise Unavailable(type(error).__name__) from error

    async def _write_down(self) -> None:
        while True:
            batch = [await self._arrived.get()]
            while len(batch) < BATCH and not self._arrived.empty():
                batch.append(self._arrived.get_nowait())
            rows = [Incoming(key=a.key, person=a.person, fields=a.fields, received_at=self._now()) for a, _ in batch]
            try:
                await self._store.run(lambda session, rows=rows: [put_once(session, row) for row in rows])  # type: ignore[misc]
            except Exception as error:
                for _, written in batch:
                    if not written.done():
                        written.set_exception(error if isinstance(error, StoreDown) else StoreDown("write"))
                if not isinstance(error, StoreDown):
                    log.exception("inbox_write_failed")
                continue
            for _, written in batch:
                if not written.done():
                    written.set_result(None)
            self.bell.ring()

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
        for task in self.tasks[1:]:
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_WITHIN):
                    await task
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _worker(self) -> None:
        while not self._stopping:
            self.bell.begin()
            if not await self._step():
                await self.bell.listen(POLL)

    async def _step(self) -> bool:
        """Work one update out; whether there was one."""
        try:
            worked = await self._store.run(self._one)
        except StoreDown as down:
            log.warning("inbox_waits_for_store", cause=str(down))
            await asyncio.sleep(STORE_DOWN)
            return not self._stopping
        except TurnFailed as failed:
            log.exception("turn_failed", row=failed.row)
            row, cause = failed.row, failed.__cause__
            with suppress(StoreDown):
                await self._store.run(lambda session: self._failed(session, row, cause))
            worked = True
        if worked:
            self._wake_outbox()
        return worked

    def _one(self, session: Session) -> bool:
        row = claimed(session, self._heads()).first()
        if row is None:
            return False
        try:
            self._work(session, row)
        except OperationalError:
            raise  # the database, not the handler: the store says what it means
        except Exception as error:
            raise TurnFailed(row.id) from error
        row.state = Wait.DONE
        session.add(row)
        return True

    def _heads(self) -> Any:
        """The oldest waiting update of each person who has none in trouble, oldest first."""
        earlier: Any = aliased(Incoming)
        blocked = (
            select(earlier.id)
            .where(earlier.person == Incoming.person, earlier.state == WAITING, earlier.id < col(Incoming.id))
            .exists()
        )
        ready = or_(col(Incoming.not_before).is_(None), col(Incoming.not_before) <= self._now())
        waiting = select(Incoming).where(col(Incoming.state) == WAITING, ready, ~blocked)
        return waiting.order_by(col(Incoming.id)).limit(1)

    def _failed(self, session: Session, row_id: int, cause: BaseException | None) -> None:
        row = session.get_one(Incoming, row_id)
        row.attempts += 1
        row.trouble = type(cause).__name__
        if row.attempts > len(BACK_OFF):
            row.state = Wait.PARKED
            self._give_up(session, row)
        else:
            row.not_before = self._now() + timedelta(seconds=BACK_OFF[row.attempts - 1])
        session.add(row)

    # --- watching -----------------------------------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        """Whether every task still runs."""
        return bool(self.tasks) and not any(task.done() for task in self.tasks)
