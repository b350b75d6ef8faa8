"""The inbox: every update once, in order, and a bug in one handler holds nobody else up."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from bot.app import App, Office
from bot.inbox import BACK_OFF
from bot.router import Router
from bot.turn import Turn
from bot.wecom.callback import Arrival, Unavailable
from handlers import DIALOGUES, PAGES, ROUTERS
from handlers.cards.buttons import do
from models.audit import Audit
from models.errors import Refused
from models.messages import Incoming, Outgoing, Wait
from models.states import Event
from models.store import Store, count_up, put_all
from scheduler import JOBS
from tests.databases import Server
from tests.handlers.office import FANG, LIN, LU, SU, WEN
from tests.handlers.office import Office as Offices
from tests.town import Town, prepare, settings_for


class Bug(Exception):
    """Of a handler."""


class Workshop(Town):
    """A town whose office answers a few words more, some of them badly."""

    def __init__(self, url: str) -> None:
        super().__init__(settings_for(url))
        self.platform.on_change.clear()  # time stands still while people type
        self.heard: list[tuple[str, str]] = []  # what the words below were said, as they were worked out
        self.fails = 0  # so many times 炸 goes wrong
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.router = Router()
        self.router.text(self._listen)

    def _listen(self, words: str, turn: Turn) -> bool:
        if words[0] not in "记炸拒等错":
            return False
        self.heard.append((turn.actor.userid, words))
        turn.session.add(Incoming(key=f"proof:{len(self.heard)}", person="", fields={}, received_at=turn.now))
        count_up(turn.session, "proof")
        turn.say(f"记下{words}")
        if words[0] == "炸" and self.fails > 0:
            self.fails -= 1
            turn.session.flush()
            raise Bug("of the handler")
        if words[0] == "错":
            turn.session.connection().execute(text("SELECT nothing FROM nowhere"))
        if words[0] == "拒":
            raise Refused("现在不行，请明天再来。")
        if words[0] == "等":
            self.begun.set()
            assert self.go_on.wait(20)
        return True

    async def _start(self, replicas: int) -> None:
        office = Office((*ROUTERS, self.router), DIALOGUES, PAGES, JOBS)
        for _ in range(replicas):
            app = App(self.settings, office, now=self.calendar.now)
            await app.start()
            self.apps.append(app)
        self.turn_to_replica(0)

    async def incoming(self, person: str = LIN) -> list[Incoming]:
        """What came from a person, oldest first."""
        wanted = select(Incoming).where(Incoming.person == person).order_by(col(Incoming.id))
        return await self.look(lambda session: list(session.exec(wanted)))

    async def proofs(self) -> list[str]:
        """What handlers have left in the store."""
        wanted = select(Incoming.key).where(col(Incoming.key).startswith("proof"))
        return await self.look(lambda session: list(session.exec(wanted)))


@pytest.fixture
async def workshop(database_url: str) -> AsyncIterator[Workshop]:
    workshop = Workshop(database_url)
    await workshop.open()
    try:
        yield workshop
    finally:
        workshop.go_on.set()
        await workshop.close()


def arrival(person: str, words: str, number: int) -> Arrival:
    fields = {"FromUserName": person, "CreateTime": "1772416800", "MsgType": "text", "MsgId": str(number)}
    return Arrival(f"m{number}", person, {**fields, "Content": words})


# --- once -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [False, True], ids=["one after another", "together"])
async def test_what_is_delivered_four_times_is_worked_once(workshop: Workshop, at_once: bool) -> None:
    workshop.platform.switches.duplicates_at_once = at_once
    lin = workshop.person(LIN)
    await lin.says("记一", deliveries=4)
    await lin.reads("记下记一")
    await workshop.quiet()
    lin.reads_nothing_more()
    assert workshop.heard == [(LIN, "记一")]
    assert [row.state for row in await workshop.incoming()] == [Wait.DONE]


async def test_the_same_words_said_twice_are_two_messages(workshop: Workshop) -> None:
    lin = workshop.person(LIN)
    await lin.says("记一")
    await lin.says("记一")
    await workshop.quiet()
    assert workshop.heard == [(LIN, "记一")] * 2


async def test_a_press_delivered_four_times_is_worked_once(workshop: Workshop) -> None:
    lin = workshop.person(LIN)
    for words in ("我要提案", "关于增设社区长者食堂的提案"):
        await lin.says(words)
        await workshop.quiet()
    await lin.presses("社会建设", deliveries=4)
    await workshop.quiet()
    await lin.reads("3/8")
    lin.reads_nothing_more()


async def test_what_is_delivered_again_to_a_replica_just_started_is_worked_once(workshop: Workshop) -> None:
    app = workshop.app
    await app.inbox.accept(arrival(LIN, "记一", 1))
    await workshop.quiet()
    await workshop.restart()
    await workshop.app.inbox.accept(arrival(LIN, "记一", 1))
    await workshop.quiet()
    assert workshop.heard == [(LIN, "记一")]


# --- in order ---------------------------------------------------------------------------------------------------------


async def test_what_one_person_says_is_worked_in_order_by_two_replicas(postgres: Server) -> None:
    workshop = Workshop(postgres.fresh(prepare))
    await workshop.open(replicas=2)
    try:
        people = (LIN, SU, WEN)
        for n in range(60):
            person = people[n % 3]
            await workshop.apps[n % 2].inbox.accept(arrival(person, f"记{n:02}", n))
        await workshop.quiet()
        for app in workshop.apps:
            assert app.inbox.alive
        for person in people:
            wanted = select(Outgoing).where(Outgoing.person == person).order_by(col(Outgoing.id))
            said = [row.body["text"] for row in await workshop.look(lambda s, wanted=wanted: list(s.exec(wanted)))]
            assert said == [f"记下记{n:02}" for n in range(60) if people[n % 3] == person]
        assert len(await workshop.proofs()) == 60
    finally:
        await workshop.close()


async def test_two_who_press_at_once_on_two_replicas_do_it_once(postgres: Server) -> None:
    """Two of the staff accept the same proposal in the same moment: one does, the other is told."""
    url = postgres.fresh(prepare)
    office = Offices(url)
    proposals = [office.submitted() for _ in range(5)]
    office.close()
    workshop = Workshop(url)
    await workshop.open(replicas=2)
    try:
        for number, proposal in enumerate(proposals):
            key = do(proposal, Event.ACCEPT).key
            await asyncio.gather(
                workshop.apps[0].inbox.accept(press(WEN, key, 2 * number)),
                workshop.apps[1].inbox.accept(press(LU, key, 2 * number + 1)),
            )
        await workshop.quiet()
        wanted = select(Audit).where(Audit.event == "accept").order_by(col(Audit.id))
        entries = await workshop.look(lambda session: list(session.exec(wanted)))
        assert sorted(entry.row_id for entry in entries) == [proposal.id for proposal in proposals]
        said = {who: [s.text for s in workshop.person(who).inbox] for who in (WEN, LU)}
        late = sum("过时" in text for texts in said.values() for text in texts)
        assert late == len(proposals)
    finally:
        await workshop.close()


def press(person: str, key: str, number: int) -> Arrival:
    fields = {"FromUserName": person, "CreateTime": "1772416800", "MsgType": "event", "Event": "template_card_event"}
    return Arrival(f"e{number}", person, {**fields, "EventKey": key, "TaskId": "t", "ResponseCode": f"c{number}"})


async def test_people_are_not_held_up_by_each_other(workshop: Workshop) -> None:
    """One replica, one person whose last message failed: the others are answered."""
    workshop.fails = 1
    await workshop.person(LIN).says("炸")
    await workshop.person(SU).says("记一")
    await workshop.person(SU).reads("记下记一")
    await workshop.quiet()
    workshop.person(LIN).reads_nothing_more()


# --- a bug ------------------------------------------------------------------------------------------------------------


async def test_a_bug_is_tried_again_later_each_time_and_then_parked(workshop: Workshop) -> None:
    workshop.fails = 99
    lin, su, fang = workshop.person(LIN), workshop.person(SU), workshop.person(FANG)
    await lin.says("炸")
    await workshop.quiet()
    await lin.says("记二")
    for tries, seconds in enumerate(BACK_OFF, 1):
        await workshop.quiet()
        [bad, waiting] = await workshop.incoming()
        assert (bad.attempts, bad.state, bad.trouble) == (tries, Wait.WAITING, "Bug")
        assert waiting.state is Wait.WAITING
        assert len(workshop.heard) == tries
        lin.reads_nothing_more()
        fang.reads_nothing_more()
        await workshop.calendar.turn(seconds=seconds + 1)
    [bad, waiting] = await workshop.incoming()
    assert (bad.attempts, bad.state) == (len(BACK_OFF) + 1, Wait.PARKED)
    assert waiting.state is Wait.DONE, "the lane is free"
    await lin.reads("抱歉", "管理员")
    await lin.reads("记下记二")
    await fang.reads("消息处理失败", f"编号 {bad.id}", LIN)
    for person in (lin, su, fang):
        person.reads_nothing_more()
    assert len(await workshop.proofs()) == 1, "what failed has left nothing"
    answer = await _healthz(workshop)
    assert answer.status_code == 200
    assert answer.json()["parked"]["incoming"] == 1


async def test_a_bug_that_heals_is_worked_once_and_nobody_hears_of_it(workshop: Workshop) -> None:
    workshop.fails = 2
    lin = workshop.person(LIN)
    await lin.says("炸")
    for seconds in BACK_OFF[:2]:
        await workshop.quiet()
        await workshop.calendar.turn(seconds=seconds + 1)
    await lin.reads("记下炸")
    lin.reads_nothing_more()
    workshop.person(FANG).reads_nothing_more()
    assert len(await workshop.proofs()) == 1


async def test_a_statement_that_is_wrong_is_a_bug_too(workshop: Workshop) -> None:
    """And no trouble of the database, which would be waited for."""
    await workshop.person(LIN).says("错")
    for seconds in BACK_OFF:
        await workshop.quiet()
        await workshop.person(SU).says("记一")
        await workshop.person(SU).reads("记下记一")
        await workshop.calendar.turn(seconds=seconds + 1)
    [bad] = await workshop.incoming()
    assert (bad.attempts, bad.state) == (len(BACK_OFF) + 1, Wait.PARKED)
    await workshop.person(LIN).reads("抱歉", "管理员")


async def test_a_bug_survives_a_restart_with_its_count(workshop: Workshop) -> None:
    workshop.fails = 1
    await workshop.person(LIN).says("炸")
    await workshop.quiet()
    await workshop.restart()
    assert [row.attempts for row in await workshop.incoming()] == [1]
    await workshop.calendar.turn(seconds=2)
    await workshop.person(LIN).reads("记下炸")


async def test_a_bug_in_giving_up_stops_nobody_else(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even the words of regret may fail: the workers live on."""
    workshop.fails = 99

    def give_up(session: Session, row: Incoming) -> None:
        raise Bug("of our own")

    monkeypatch.setattr(workshop.app, "give_up", give_up)
    await workshop.person(LIN).says("炸")
    for seconds in BACK_OFF:
        await workshop.quiet()
        workshop.calendar.let_pass(seconds + 1)
        workshop.app.inbox.bell.ring()
    await workshop.person(SU).says("记一")
    await workshop.person(SU).reads("记下记一")
    assert workshop.app.inbox.alive


async def test_what_is_refused_is_taken_back_and_said(workshop: Workshop) -> None:
    lin = workshop.person(LIN)
    await lin.says("拒")
    await lin.reads("现在不行，请明天再来。")
    await workshop.quiet()
    lin.reads_nothing_more()
    assert await workshop.proofs() == []
    assert [(row.state, row.attempts) for row in await workshop.incoming()] == [(Wait.DONE, 0)]


# --- the end and bad weather ------------------------------------------------------------------------------------------


async def test_stopping_finishes_what_is_in_hand_and_takes_nothing_new(workshop: Workshop) -> None:
    await workshop.person(LIN).says("等一等")
    assert await asyncio.to_thread(workshop.begun.wait, 10)
    stopping = asyncio.create_task(workshop.app.inbox.stop())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await workshop.app.inbox.accept(arrival(SU, "记一", 2))
    workshop.go_on.set()
    await stopping
    assert [row.state for row in await workshop.incoming()] == [Wait.DONE]
    await workshop.restart()
    await workshop.person(LIN).reads("记下等一等")


async def test_what_waits_when_the_process_ends_is_worked_by_the_next(workshop: Workshop) -> None:
    await workshop._stop()
    one = arrival(LIN, "记一", 1)
    row = {"key": one.key, "person": one.person, "fields": one.fields, "received_at": workshop.calendar.now()}
    store = Store(workshop.settings.database.url)
    store.write(lambda s: put_all(s, Incoming, [{**row, "state": Wait.WAITING, "attempts": 0, "trouble": ""}]))
    store.close()
    await workshop._start(1)
    await workshop.person(LIN).reads("记下记一")


async def test_a_worker_that_died_is_seen_from_outside(workshop: Workshop) -> None:
    assert (await _healthz(workshop)).json()["inbox"] is True
    task = workshop.app.inbox.tasks[0]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    answer = await _healthz(workshop)
    assert (answer.status_code, answer.json()["ok"], answer.json()["inbox"]) == (503, False, False)


async def test_a_store_that_is_busy_refuses_now_and_takes_it_later(workshop: Workshop) -> None:
    """The platform is told to come again before it hangs up; nothing is taken twice."""
    connection = _busy(workshop)
    begun = time.monotonic()
    try:
        with pytest.raises(Unavailable):
            await workshop.app.inbox.accept(arrival(LIN, "记一", 1))
        assert time.monotonic() - begun < 5
    finally:
        connection.rollback()
        connection.close()
    await workshop.app.inbox.accept(arrival(LIN, "记一", 1))
    await workshop.quiet()
    assert workshop.heard == [(LIN, "记一")]
    assert len(await workshop.incoming()) == 1


def _busy(workshop: Workshop) -> Any:
    """Somebody else holds the inbox."""
    store = workshop.app.store
    if store.is_sqlite:
        connection: Any = sqlite3.connect(str(store.url.database), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        return connection
    connection = psycopg.connect(store.url.set(drivername="postgresql").render_as_string(hide_password=False))
    connection.execute("LOCK TABLE incoming IN EXCLUSIVE MODE")
    return connection


async def test_one_update_that_cannot_be_kept_does_not_take_others_with_it(workshop: Workshop) -> None:
    """A userid longer than any the platform gives, in the same moment as an honest one."""
    odd, honest = arrival("x" * 100, "记一", 1), arrival(LIN, "记二", 2)
    accepted = await asyncio.gather(
        workshop.app.inbox.accept(odd), workshop.app.inbox.accept(honest), return_exceptions=True
    )
    assert accepted[1] is None
    await workshop.quiet()
    assert (LIN, "记二") in workshop.heard


async def _healthz(workshop: Workshop) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"{workshop.address}/healthz")
