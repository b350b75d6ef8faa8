"""Settings, answers, pages and jobs become a running application: the door, the workers, the clock."""

import asyncio
import errno
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any, Protocol

import structlog
from aiohttp import web
from sqlmodel import Session, col, func, select

from bot.acting import ACTING, Acting
from bot.assistant import Assistant, tell
from bot.bell import Bell
from bot.config import Settings
from bot.dialogue import WITH_WORDS, Dialogues
from bot.fetcher import Fetcher
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.questions import Dialogue
from bot.router import Answers, Router
from bot.turn import Turn
from bot.wecom import Clock
from bot.wecom.callback import add_callback
from bot.wecom.client import WeComClient
from bot.wecom.errors import WeComError
from bot.wecom.messages import Words
from bot.wecom.oauth import add_oauth
from bot.wecom.updates import parse
from models import access, store
from models.advice import Advice
from models.attachment import Attachment
from models.errors import Refused
from models.messages import PARKED, Incoming, Lane, Outgoing
from models.people import Person
from models.rules import Rules
from models.store import Store, StoreDown

log = structlog.get_logger()

RULES = web.AppKey("rules", Rules)  # for the pages
NO_SUCH_ADDRESS = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}
MENU = {
    "button": [
        {
            "name": "提案",
            "sub_button": [{"type": "click", "name": word, "key": word} for word in ("我要提案", "我的提案", "待办")],
        },
        {"type": "click", "name": "帮助", "key": "帮助"},
    ]
}
MENU_PAUSE = 600.0  # seconds between tries, at most: an administrator may still have to trust our address
MOST_ROUNDS = 2_000  # of one job in one tick

Work = Callable[[Turn], bool]  # whether there is more to do


@dataclass(frozen=True)
class Job:
    """Something that is due by itself: done in small transactions until nothing is left."""

    name: str
    work: Work


class Ticking(Protocol):
    """The clock, as the application sees it."""

    def start(self) -> None:
        """Begin to tick."""

    async def stop(self) -> None:
        """Tick no more; what runs is finished."""

    @property
    def alive(self) -> bool:
        """Whether it still ticks."""


Pages = Callable[[web.Application, Store], None]


@dataclass(frozen=True)
class Office:
    """What the other rooms bring: who answers what, what is asked, what is shown, what falls due."""

    routers: Sequence[Router]
    dialogues: Iterable[Dialogue]
    pages: Sequence[Pages]
    jobs: Sequence[Job]
    clock: Callable[[Callable[[], Awaitable[None]]], Ticking] | None = None


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class App:
    """One replica."""

    def __init__(self, settings: Settings, office: Office, *, now: Clock = utc_now) -> None:
        self.settings, self.now = settings, now
        self.store = Store(settings.database.url)
        self.client = WeComClient(settings.wecom, now)
        self.answers = Answers(office.routers, Dialogues(office.dialogues))
        self.outbox = Outbox(self.store, self.client, settings.wecom.agent_id, now)
        self.inbox = Inbox(self.store, self, now, wake_outbox=self._wake)
        self.fetcher = Fetcher(self.store, self.client, self, now, wake_outbox=self.outbox.bell.ring)
        self.assistant = Assistant(self.store, settings.assistant, self, now, wake_outbox=self.outbox.bell.ring)
        self._asked_model = False
        self._attached = False  # something has come that may have to be fetched
        self.jobs = office.jobs
        self.clock: Ticking | None = None
        self._clock_of = office.clock
        self._pages = office.pages
        self._runner: web.AppRunner | None = None
        self._beside: list[asyncio.Task[None]] = []
        self._ticking = asyncio.Lock()
        self.port = settings.server.port

    # --- life ---------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the door; ready when this returns.

        OSError when the port is taken, before anything is touched: with SQLite, what another process holds is taken over
        next, and one that still lives and sends has this very port.
        """
        sockets = await _listening_at(self.settings.server.host, self.settings.server.port)
        await self.client.start()
        self.inbox.start()
        await self.outbox.start()
        self.fetcher.start()
        if self.settings.assistant.is_on:
            await self.assistant.start()
        web_app = web.Application(client_max_size=64 * 1024)
        add_callback(web_app, self.settings.wecom, accept=self.inbox.accept, now=self.now)
        add_oauth(web_app, self.settings.wecom, self.client, self.settings.server.public_url, self.now)
        web_app[RULES] = self.settings.rules
        web_app[ACTING] = Acting(self.store, self.turn, self.outbox.bell.ring, self.inbox.accept, self.now)
        for add in self._pages:
            add(web_app, self.store)
        web_app.router.add_get("/healthz", self._healthz)
        self._runner = web.AppRunner(web_app, access_log=None, handle_signals=False, shutdown_timeout=2)
        await self._runner.setup()
        for sock in sockets:
            await web.SockSite(self._runner, sock).start()
        self.port = self._runner.addresses[0][1]
        if self._clock_of:
            self.clock = self._clock_of(self.tick)
            self.clock.start()
        self._beside = [
            asyncio.create_task(self._set_menu(), name="menu"),
            asyncio.create_task(self.store.listen(self.inbox.overhear), name="listen"),
        ]
        log.info("started", port=self.port)

    async def stop(self) -> None:
        """Finish what is in hand and let go; nothing written down is lost."""
        if self.clock:
            await self.clock.stop()
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        if self._runner:
            await self._runner.cleanup()
        await asyncio.gather(self.inbox.stop(), self.outbox.stop(), self.fetcher.stop(), self.assistant.stop())
        await self.client.close()
        await asyncio.to_thread(self.store.close)
        log.info("stopped")

    async def _set_menu(self) -> None:
        """The platform keeps the menu: create it if it differs."""
        for attempt in count():
            try:
                if await self.client.menu() != MENU:
                    await self.client.create_menu(MENU)
                    log.info("menu_created")
                return
            except WeComError as error:
                log.warning("menu_failed", errcode=error.errcode, attempt=attempt)
                await asyncio.sleep(min(2.0**attempt, MENU_PAUSE))

    # --- turns --------------------------------------------------------------------------------------------------------

    def turn(self, session: Session, cause: str, person: Person | None = None) -> Turn:
        """A turn of this office, now."""
        return Turn(
            session=session,
            rules=self.settings.rules,
            now=self.now(),
            cause=cause,
            public_url=self.settings.server.public_url,
            dialogues=self.answers.dialogues,
            person=person,
            has_model=self.settings.assistant.is_on,
        )

    def work(self, session: Session, row: Incoming) -> None:
        """Work one update out."""
        update = parse(row.fields)
        self._attached = self._attached or isinstance(update, WITH_WORDS)
        person = access.active(session, row.person)
        turn = self.turn(session, row.key, person)
        with structlog.contextvars.bound_contextvars(row=row.id, person=row.person):
            self.answers.answer(update, turn)
        self._asked_model = self._asked_model or turn.asks_model
        turn.write_down()

    def refuse(self, session: Session, row: Incoming, refused: Refused) -> None:
        """Say why not."""
        turn = self.turn(session, row.key, access.active(session, row.person))
        turn.say(refused.words)
        turn.write_down()

    def lose(self, session: Session, attachment: Attachment) -> None:
        """An attachment could not be fetched: its owner is asked for it again."""
        if person := access.active(session, attachment.person):
            turn = self.turn(session, f"lost:{attachment.id}", person)
            turn.say("抱歉，您发来的一个附件没能从企业微信取到，请重新发一次。", lane=Lane.NOTICE)
            turn.write_down()

    def advise(self, session: Session, advice: Advice) -> None:
        """The model has answered, or will not: whoever asked is told, in a turn of their own."""
        if person := access.active(session, advice.person):
            turn = self.turn(session, f"advice:{advice.id}", person)
            tell(turn, advice)
            turn.write_down()

    def _wake(self) -> None:
        self.outbox.bell.ring()
        if self._asked_model:
            self._asked_model = False
            self.assistant.bell.ring()
        if self._attached:
            self._attached = False
            self.fetcher.bell.ring()

    def give_up(self, session: Session, row: Incoming) -> None:
        """The person is told in words, the sysadmins once; the lane is free."""
        turn = self.turn(session, f"parked:{row.key}", access.active(session, row.person))
        if turn.person:
            turn.say("抱歉，刚才这条消息没能处理好，已告诉管理员。请换个说法再试，或发送“待办”。")
        for admin in access.with_role(session, access.SYSADMIN):
            words = f"有一条来自 {row.person} 的消息处理失败（编号 {row.id}，{row.trouble}），已搁置，请查看运行日志。"
            turn.say(Words(words), to=admin, lane=Lane.NOTICE)
        turn.write_down()

    # --- time ---------------------------------------------------------------------------------------------------------

    async def tick(self) -> None:
        """Do everything that is due now. Ticking late, twice or on several replicas does no harm."""
        async with self._ticking:
            for job in self.jobs:
                try:
                    for _ in range(MOST_ROUNDS):
                        if not await self.store.run(partial(self._do, job)):
                            break
                except StoreDown as down:
                    log.warning("job_waits_for_store", job=job.name, cause=str(down))
                except Exception:
                    log.exception("job_failed", job=job.name)
        self.inbox.bell.ring()
        self.outbox.bell.ring()
        self.fetcher.bell.ring()
        if self.settings.assistant.is_on:
            self.assistant.bell.ring()

    def _do(self, job: Job, session: Session) -> bool:
        turn = self.turn(session, job.name)
        more = job.work(turn)
        turn.write_down()
        return more

    async def settled(self, within: float = 10.0) -> bool:
        """Wait until nothing is left that could be worked on or sent now; False when time runs out."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not self.is_settled:
                    for bell in self._bells:
                        await bell.quiet()
                return True
        return False

    @property
    def is_settled(self) -> bool:
        """Whether nothing that could be worked on or sent now is left to this process, or in its hands."""
        return all(bell.is_quiet for bell in self._bells)

    @property
    def _bells(self) -> tuple[Bell, ...]:
        asking = (self.assistant.bell,) if self.settings.assistant.is_on else ()
        return self.inbox.bell, self.fetcher.bell, *asking, self.outbox.bell

    # --- health -------------------------------------------------------------------------------------------------------

    async def _healthz(self, request: web.Request) -> web.Response:
        checks = {
            "database": await self._database(),
            "inbox": self.inbox.alive,
            "outbox": self.outbox.alive,
            "fetcher": self.fetcher.alive,
            "clock": self.clock is None or self.clock.alive,
            **({"assistant": self.assistant.alive} if self.settings.assistant.is_on else {}),
        }
        healthy = all(checks.values())
        parked = await self._parked() if checks["database"] else {}
        return web.json_response({"ok": healthy, **checks, "parked": parked}, status=200 if healthy else 503)

    async def _database(self) -> bool:
        with suppress(StoreDown, TimeoutError):
            async with asyncio.timeout(3):
                return await self.store.read(store.answers)
        return False

    async def _parked(self) -> dict[str, Any]:
        """What was given up: how many updates, how many messages by the platform's errcode."""

        def parked(session: Session) -> dict[str, Any]:
            updates = select(func.count()).select_from(Incoming).where(col(Incoming.state) == PARKED)
            by_errcode = select(Outgoing.errcode, Outgoing.trouble, func.count()).where(col(Outgoing.state) == PARKED)
            messages = session.exec(by_errcode.group_by(col(Outgoing.errcode), col(Outgoing.trouble))).all()
            return {
                "incoming": session.exec(updates).one(),
                "outgoing": sum(number for _, _, number in messages),
                "errcodes": {str(errcode or trouble): number for errcode, trouble, number in messages},
            }

        with suppress(StoreDown):
            return await self.store.read(parked)
        return {}


async def _listening_at(host: str, port: int) -> list[socket.socket]:
    """Every address of this host, ours from now on; who connects is answered once there is a site."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses = dict.fromkeys((family, address) for family, _, _, _, address in found)
    sockets: list[socket.socket] = []
    for place, (family, address) in enumerate(addresses, 1):
        try:
            sockets.append(socket.create_server(address, family=family))
        except OSError as error:
            if error.errno in NO_SUCH_ADDRESS and (sockets or place < len(addresses)):
                continue  # localhost, on a machine without IPv6
            for sock in sockets:
                sock.close()
            raise
    return sockets


async def run_until(app: App, stop: asyncio.Event) -> float:
    """Serve until told to stop; returns how many seconds stopping took."""
    await app.start()
    await stop.wait()
    begun = time.monotonic()
    await app.stop()
    return time.monotonic() - begun
