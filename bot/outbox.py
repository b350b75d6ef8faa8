"""Delivers what was said, as often as it takes, in order per person.

A row is leased, sent, marked. Whatever went out and may have arrived (the process died, the answer was lost) is sent
again: a card carries a task_id made from its row and the platform's duplicate check, so the repetition is dropped; a text
may arrive twice, and at most once more (PROTOCOL §5.1). docs/guarantees.md says what that means for people.
"""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

import structlog
from sqlalchemy import bindparam, func, tuple_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from bot.bell import Bell
from bot.wecom import Clock
from bot.wecom.check import BadBody
from bot.wecom.client import Sent
from bot.wecom.errors import Rejected, TokenExpired, TryLater, WeComError
from bot.wecom.messages import LONGEST_CHECK, CardNow, bodies, from_json
from bot.wecom.words import render, split
from models.columns import UtcDateTime
from models.messages import WAITING, Lane, Outgoing, Wait
from models.store import Store, StoreDown

log = structlog.get_logger()

STOP_WITHIN = 6.0  # seconds for what is being sent
STORE_DOWN = 0.2  # seconds between tries while the database does not answer
AT_ONCE = 50  # being sent at the same time
SHORT = 500  # characters of which a text is surely one message
TASK_ID_USED = 42014
SEND_WITHIN = 12.0  # seconds for one row, well below its lease
LEASE = timedelta(seconds=45)  # what a dead replica had in hand; the clocks of two may be half a minute apart
AHEAD = 2 * LEASE  # what lies further in the future was written before somebody set the clock back
PER_MINUTE = {Lane.ANSWER: 28, Lane.CARD: 28, Lane.NOTICE: 25}  # the platform drops what exceeds 30 (PROTOCOL §18)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_SILENCE = 15.0  # seconds between probes of a platform in trouble, at most
LONGEST_PAUSE = 300.0  # seconds
LOOK_AGAIN = 1.0  # seconds between looks while something waits for its moment
ADMIN_PAUSES = (60.0, 300.0, 1800.0, 7200.0, 21600.0, 43200.0, 86400.0)  # seconds


Result = Exception | Sent | None


class Client(Protocol):
    """What the outbox needs of the WeCom client."""

    async def send(self, body: dict[str, Any]) -> Sent:
        """message/send."""

    async def update_card(self, body: dict[str, Any]) -> None:
        """message/update_template_card."""


class Outbox:
    """One replica's delivery; leases keep several from sending the same row."""

    def __init__(self, store: Store, client: Client, agent_id: int, now: Clock) -> None:
        self._store, self._client, self._agent_id, self._now = store, client, agent_id, now
        self._name = secrets.token_hex(8)
        self.bell = Bell()
        self._stopping = False
        self._orphans = store.is_sqlite  # it has one process: whoever leased rows before us is dead
        self._sending: set[asyncio.Task[None]] = set()
        self._sent: list[tuple[Outgoing, Result]] = []  # and not marked yet
        self._failures = 0  # in a row; then one row at a time probes whether the platform is well again
        self._pause_until: datetime | None = None
        self._late_until = 0.0  # something may wait until then for a moment at which no bell rings
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to deliver; what a dead process held is taken over first, so that nobody alive loses what they hold."""
        with suppress(StoreDown):
            await self._take_over()
        self.task = asyncio.create_task(self._run(), name="outbox")

    async def stop(self) -> None:
        """Finish what is being sent; the rest waits for the next start."""
        self._stopping = True
        self.bell.ring()
        if self.task:
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_WITHIN):
                    await self.task
            for task in (self.task, *self._sending):
                task.cancel()
            await asyncio.gather(self.task, *self._sending, return_exceptions=True)
            with suppress(StoreDown):
                await self._store.run(partial(_set_free, of=self._name))

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.task is not None and not self.task.done()

    # --- the loop -----------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while not self._stopping or self._sending or self._sent:
            self.bell.begin()
            if not await self._step():
                late = time.monotonic() < self._late_until
                await self.bell.listen(LOOK_AGAIN if late else self._store.poll, busy=bool(self._sending))

    async def _step(self) -> bool:
        """Mark what has been sent, begin to send more; whether there was anything to do."""
        try:
            await self._take_over()
            marked = await self._mark_sent()
            claimed_rows = await self._claim_some()
        except StoreDown as down:
            log.warning("outbox_waits_for_store", cause=str(down))
            await asyncio.sleep(STORE_DOWN)
            return True
        except Exception:
            log.exception("outbox_step_failed")
            return False
        for row in claimed_rows:
            task = asyncio.create_task(self._deliver(row))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return marked or bool(claimed_rows)

    async def _take_over(self) -> None:
        if self._orphans:
            await self._store.run(partial(_set_free, of=None))
            self._orphans = False

    async def _mark_sent(self) -> bool:
        if not self._sent:
            return False
        sent = list(self._sent)
        await self._store.run(lambda session: self._mark_all(session, sent))
        self._weigh([result for _, result in sent])
        del self._sent[: len(sent)]
        return True

    async def _claim_some(self) -> Sequence[Outgoing]:
        room = (1 if self._failures else AT_ONCE) - len(self._sending)
        if self._stopping or self._paused or room <= 0:
            return []
        return await self._store.run(lambda session: self._claim(session, room))

    @property
    def _paused(self) -> bool:
        """Whether the platform is left alone for a while; a clock set back must not make it an hour."""
        left = (self._pause_until - self._now()).total_seconds() if self._pause_until else 0.0
        return 0 < left <= LONGEST_SILENCE

    # --- claiming -----------------------------------------------------------------------------------------------------

    def _claim(self, session: Session, room: int) -> Sequence[Outgoing]:
        heads = _PROBES if self._failures else _HEADS
        rows = session.exec(heads, params={"now": self._now(), "set_back": self._now() + AHEAD, "room": room}).all()
        if not rows:
            return []
        sent = self._sent_lately(session, {row.person for row in rows})
        ours = []
        for row in rows:
            count, oldest = sent.get(row.person, (0, None))
            if oldest and count + _pieces_left(row) > PER_MINUTE[Lane(row.lane)]:
                self._comes_later(row, oldest + timedelta(seconds=60))
            else:
                if row.lease:  # its sender died before it could tell
                    row.attempts += 1
                row.leased_until, row.lease = self._now() + LEASE, self._name
                ours.append(row)
            session.add(row)
        return ours

    def _comes_later(self, row: Outgoing, moment: datetime) -> None:
        row.not_before = moment
        self._late_until = time.monotonic() + LONGEST_PAUSE

    def _sent_lately(self, session: Session, people: set[str]) -> dict[str, tuple[int, datetime]]:
        """How many messages each may have got within a minute (every try counts), and when the oldest went out."""
        since, until = self._now() - timedelta(seconds=60), self._now() + AHEAD
        counted = (
            select(Outgoing.person, func.sum(Outgoing.pieces_sent + Outgoing.attempts), func.min(Outgoing.sent_at))
            .where(col(Outgoing.person).in_(people), col(Outgoing.sent_at).between(since, until))
            .group_by(col(Outgoing.person))
        )
        return {person: (int(count or 0), oldest) for person, count, oldest in session.exec(counted) if oldest}

    # --- sending ------------------------------------------------------------------------------------------------------

    async def _deliver(self, row: Outgoing) -> None:
        self._sent.append((row, await self._send(row)))
        self.bell.ring()

    async def _send(self, row: Outgoing) -> Exception | Sent | None:
        """Send what is left of a row; the error is looked at when it is marked."""
        try:
            say = from_json(row.body)
            again = _once_more(row) if row.attempts else {}
            sent = None
            async with asyncio.timeout(SEND_WITHIN):
                for body in bodies(say, to=row.person, agent_id=self._agent_id, task_id=_task_id(row))[
                    row.pieces_sent :
                ]:
                    if isinstance(say, CardNow):
                        await self._client.update_card(body)
                    else:
                        sent = await self._client.send(again | body)
                        row.pieces_sent += 1
            return sent
        except TimeoutError:
            return TryLater(0, "message/send", "slow")
        except (WeComError, BadBody) as error:
            return error
        except Exception as error:
            log.exception("message_broken", row=row.id)
            return error

    def _mark_all(self, session: Session, sent: Sequence[tuple[Outgoing, Result]]) -> None:
        ids = [ours.id for ours, _ in sent]
        rows = {row.id: row for row in session.exec(select(Outgoing).where(col(Outgoing.id).in_(ids)))}
        for ours, result in sent:
            if row := rows.get(ours.id):
                self._mark(session, row, ours.pieces_sent, result)

    def _weigh(self, results: Sequence[Result]) -> None:
        """After a failure the platform is left in peace for a while, then probed by one row at a time: no herd."""
        failed = any(isinstance(result, TryLater | TokenExpired) or _blocked(result) for result in results)
        if failed and not self._paused:
            self._failures += 1
            silence = min(2.0 ** min(self._failures, 10), LONGEST_SILENCE)
            self._pause_until = self._now() + timedelta(seconds=silence)
        elif not failed and any(result is None or isinstance(result, Sent | Rejected) for result in results):
            self._failures = 0

    def _mark(self, session: Session, row: Outgoing, pieces_sent: int, result: Result) -> None:
        if row.lease != self._name or row.state is not Wait.WAITING:
            return  # the lease ran out and somebody else went on
        row.pieces_sent, row.leased_until, row.lease = pieces_sent, None, ""
        if isinstance(result, Sent) and result.unreachable:
            row.state, row.trouble = Wait.PARKED, "Unreachable"
            log.error("message_parked", row=row.id, trouble=row.trouble)
        elif not isinstance(result, Exception) or (isinstance(result, Rejected) and _has_arrived(result)):
            row.state, row.sent_at, row.trouble = Wait.DONE, self._now(), ""
            if isinstance(result, Sent):
                row.msgid, row.response_code = result.msgid, result.response_code
            log.info("message_delivered", row=row.id, attempts=row.attempts)
        elif isinstance(result, WeComError) and (wait := _wait(result, row.attempts)):
            row.attempts += 1
            row.errcode, row.trouble = result.errcode, type(result).__name__
            self._comes_later(row, self._now() + timedelta(seconds=wait))
            log.warning("message_delayed", row=row.id, errcode=result.errcode, wait=wait)
        else:
            row.state = Wait.PARKED
            row.errcode = getattr(result, "errcode", None)
            row.trouble = type(result).__name__
            log.error("message_parked", row=row.id, errcode=row.errcode, trouble=row.trouble)
        session.add(row)


def _wait(error: WeComError, attempts: int) -> float:
    """Seconds until another try is worth it; 0 for never.

    What only an administrator can mend (address not trusted, app suspended) is tried for two days: nobody should lose
    words because a console was set up late.
    """
    if isinstance(error, Rejected):
        return ADMIN_PAUSES[attempts] if error.admin and attempts < len(ADMIN_PAUSES) else 0.0
    after: float | None = getattr(error, "after", None)
    return after or min(2.0 ** (attempts + 1), LONGEST_PAUSE)


def _blocked(result: Result) -> bool:
    """Whether nothing at all will go out until an administrator has been there."""
    return isinstance(result, Rejected) and result.admin


def _once_more(row: Outgoing) -> dict[str, int]:
    """Ask the platform to drop what it has seen already; cards ask so by themselves, and for longer.

    Words go without this at first, for one question may rightly be asked twice. A further try goes with it: if the first
    has arrived, this one is shown once more, and no other after it. The platform compares whole requests: the odd number
    of seconds keeps the same words of another row from being taken for these.
    """
    return {"enable_duplicate_check": 1, "duplicate_check_interval": LONGEST_CHECK - (row.id or 0) % 3600}


def _has_arrived(error: Rejected) -> bool:
    """The card was changed before (60140), or this very card was taken before and only the answer was lost (42014)."""
    return error.spent or error.errcode == TASK_ID_USED


def _pieces_left(row: Outgoing) -> int:
    """How many messages a row still is: a long text goes out in pieces."""
    text = row.body.get("text", "") if row.body.get("say") == "Words" else ""
    return max(1, len(split(render(text))) - row.pieces_sent) if len(text) > SHORT else 1


def _task_id(row: Outgoing) -> str:
    """The same for every try of this row, and never used again, not even by a new database of the same app."""
    return "t-" + hashlib.sha256(f"{row.key}\n{row.created_at.isoformat()}".encode()).hexdigest()[:40]


def _set_free(session: Session, of: str | None) -> None:
    """What somebody (None: anybody) holds may be taken now; that it was held is kept, for it may have been sent.

    A card among it must go out as it was, or the platform does not know it again (see Turn.settle_cards).
    """
    held = update(Outgoing).where(col(Outgoing.state) == WAITING, col(Outgoing.leased_until).is_not(None))
    whose = held if of is None else held.where(col(Outgoing.lease) == of)
    session.connection().execute(whose.values(leased_until=LONG_AGO))


def _heads(*first: Any) -> Any:
    """The first waiting row of each person, in the order of `first`."""
    earlier: Any = aliased(Outgoing)
    blocked = (
        select(earlier.id)
        .where(
            earlier.person == Outgoing.person,
            earlier.state == WAITING,
            tuple_(earlier.lane, earlier.id) < tuple_(col(Outgoing.lane), col(Outgoing.id)),
        )
        .exists()
    )
    now = bindparam("now", type_=UtcDateTime())
    ready = or_(col(Outgoing.not_before).is_(None), col(Outgoing.not_before) <= now)
    set_back = bindparam("set_back", type_=UtcDateTime())
    leased = col(Outgoing.leased_until)
    free = or_(leased.is_(None), leased < now, leased > set_back)
    waiting = select(Outgoing).where(col(Outgoing.state) == WAITING, ready, free, ~blocked)
    return waiting.order_by(*first).limit(bindparam("room")).with_for_update(skip_locked=True)


_OLDEST = (col(Outgoing.lane), col(Outgoing.id))
_HEADS = _heads(*_OLDEST)
_PROBES = _heads(col(Outgoing.attempts), *_OLDEST)  # that one message alone is refused must hold nobody else up
