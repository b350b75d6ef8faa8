"""Fetches what people attached: the platform hands a picture out for three days, we keep it for good.

Two replicas may fetch the same thing; the second finds it done. What cannot be fetched is told to its owner.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Protocol

import structlog
from sqlmodel import Session, col, or_, select

from bot.bell import Bell
from bot.wecom import Clock
from bot.wecom.client import Medium
from bot.wecom.errors import Rejected, WeComError
from models.attachment import Attachment, AttachmentContent
from models.messages import WAITING, Wait
from models.store import Store, StoreDown, locked

log = structlog.get_logger()

STOP_WITHIN = 6.0  # seconds for what is being fetched
PAUSE = 0.2  # seconds between tries while the database does not answer
AT_ONCE = 4
BACK_OFF = (5, 60, 600, 3_600, 14_400, 43_200)  # seconds before the next try; then it is given up


class Client(Protocol):
    """What the fetcher needs of the WeCom client."""

    async def download(self, media_id: str) -> Medium:
        """media/get."""


class Office(Protocol):
    """Who tells the owner."""

    def lose(self, session: Session, attachment: Attachment) -> None:
        """It could not be fetched: say so."""


class Fetcher:
    """One replica's fetching."""

    def __init__(
        self, store: Store, client: Client, office: Office, now: Clock, *, wake_outbox: Callable[[], None]
    ) -> None:
        self._store, self._client, self._office, self._now = store, client, office, now
        self._wake_outbox = wake_outbox
        self.bell = Bell()
        self._stopping = False
        self.task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to fetch."""
        self.task = asyncio.create_task(self._run(), name="fetcher")

    async def stop(self) -> None:
        """Finish what is being fetched; the rest waits for the next start."""
        self._stopping = True
        self.bell.ring()
        if self.task:
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_WITHIN):
                    await self.task
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.task is not None and not self.task.done()

    async def _run(self) -> None:
        while not self._stopping:
            self.bell.begin()
            if not await self._step():
                await self.bell.listen(self._store.poll)

    async def _step(self) -> bool:
        """Fetch a few; whether there was anything to do."""
        try:
            rows = await self._store.read(self._due)
            if rows:
                await asyncio.gather(*(self._fetch(row) for row in rows))
                self._wake_outbox()  # what was lost is told
        except StoreDown as down:
            log.warning("fetcher_waits_for_store", cause=str(down))
            await asyncio.sleep(PAUSE)
            return not self._stopping
        except Exception:
            log.exception("fetcher_step_failed")
            return False
        return bool(rows)

    def _due(self, session: Session) -> Sequence[tuple[int, str]]:
        ready = or_(col(Attachment.not_before).is_(None), col(Attachment.not_before) <= self._now())
        wanted = select(Attachment.id, Attachment.media_id).where(col(Attachment.state) == WAITING, ready)
        return [(key or 0, media) for key, media in session.exec(wanted.order_by(col(Attachment.id)).limit(AT_ONCE))]

    async def _fetch(self, row: tuple[int, str]) -> None:
        key, media_id = row
        try:
            medium = await self._client.download(media_id)
        except Rejected as error:
            log.warning("attachment_lost", attachment=key, errcode=error.errcode)
            await self._store.run(partial(self._give_up, key))
        except WeComError as error:
            log.info("attachment_waits", attachment=key, errcode=error.errcode)
            await self._store.run(partial(self._put_off, key))
        else:
            await self._store.run(partial(_keep, key, medium))
            log.info("attachment_kept", attachment=key, size=len(medium.data))

    def _put_off(self, key: int, session: Session) -> None:
        row = locked(session, Attachment, key)
        if row is None or row.state is not Wait.WAITING:
            return
        if row.attempts >= len(BACK_OFF):
            self._give_up(key, session)
            return
        row.not_before = self._now() + timedelta(seconds=BACK_OFF[row.attempts])
        row.attempts += 1
        session.add(row)

    def _give_up(self, key: int, session: Session) -> None:
        row = locked(session, Attachment, key)
        if row is None or row.state is not Wait.WAITING:
            return  # taken back meanwhile, or another replica was quicker
        row.state = Wait.PARKED
        session.add(row)
        self._office.lose(session, row)


def _keep(key: int, medium: Medium, session: Session) -> None:
    row = locked(session, Attachment, key)
    if row is None or row.state is not Wait.WAITING:
        return
    row.state, row.size, row.mime = Wait.DONE, len(medium.data), medium.mime[:100]
    if row.kind == "file":
        row.name = row.name or medium.name[:200]
    session.add_all((row, AttachmentContent(attachment_id=key, data=medium.data)))
