"""The outbox: what was said arrives, in order, once, whatever the platform answers and wherever the process dies."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count
from typing import Any

import httpx
import pytest
from sqlmodel import Session, col, select

from bot.outbox import ADMIN_PAUSES, LEASE, PER_MINUTE, Outbox
from bot.wecom.client import Sent
from bot.wecom.errors import TryLater
from bot.wecom.messages import Button, Card, CardNow, Say
from models.messages import Lane, Outgoing, Wait
from models.people import Person
from tests.bot.held import holds_what_is_sent
from tests.databases import Server
from tests.handlers.office import FANG, LIN, SU, WEI, WEN
from tests.town import Town, prepare, settings_for

CARD = Card(title="新的承办任务", text="请先签收", buttons=(Button("签收", key="do|assignment|1|ACKNOWLEDGE|0"),))
LONG = "第一条建议已经采纳并列入今年的计划。" * 240  # seven messages
_causes = count()


async def say(
    town: Town, who: str, *whats: Say | str, lane: Lane = Lane.ANSWER, subject: str = "", key: str = ""
) -> None:
    """Somebody is to be told something."""

    def work(session: Session) -> None:
        turn = town.app.turn(session, f"test:{next(_causes)}")
        for what in whats:
            turn.say(what, to=session.get_one(Person, who), lane=lane, subject=subject, key=key)
        turn.write_down()

    await town.change(work)
    town.app.outbox.bell.ring()


async def rows(town: Town, who: str = LIN) -> list[Outgoing]:
    """What is to be said to a person, oldest first."""
    wanted = select(Outgoing).where(Outgoing.person == who).order_by(col(Outgoing.id))
    return await town.look(lambda session: list(session.exec(wanted)))


def texts(town: Town, who: str = LIN) -> list[str]:
    """What a person has on the phone."""
    return [shown.text for shown in town.person(who).inbox if not shown.from_me]


def calls(town: Town, path: str) -> int:
    return sum(call.path == path for call in town.platform.calls)


@pytest.fixture
async def still(town: Town) -> AsyncIterator[Town]:
    """A town in which time stands still while people type."""
    town.platform.on_change.clear()
    yield town
    town.platform.switches.repair()


# --- tokens -----------------------------------------------------------------------------------------------------------


async def test_a_dead_token_is_renewed_once_for_all_that_wait(still: Town) -> None:
    await say(still, LIN, "一")
    await still.quiet()
    before = calls(still, "gettoken")
    still.platform.kill_token()
    for who in (LIN, SU, WEN, WEI):
        await say(still, who, "二")
    await still.quiet()
    assert calls(still, "gettoken") == before + 1
    assert [texts(still, who)[-1] for who in (LIN, SU, WEN, WEI)] == ["二"] * 4
    assert still.platform.violations == []


async def test_a_token_that_stays_dead_is_no_reason_to_ask_for_ever(still: Town) -> None:
    before = calls(still, "gettoken")
    still.platform.switches.break_down("message/send", errcode=42001)
    await say(still, LIN, "一")
    await still.quiet()
    assert calls(still, "gettoken") - before <= 2
    [row] = await rows(still)
    assert (row.state, row.attempts, row.errcode) == (Wait.WAITING, 1, 42001)
    still.platform.switches.repair()
    await still.calendar.turn(seconds=10)
    assert texts(still) == ["一"]


# --- trouble ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [{"errcode": -1}, {"errcode": 6000}, {"errcode": 45009}, {"status": 502}, {"status": 429}, {"refuse": True}],
    ids=["busy", "conflict", "too often", "502", "429", "cut"],
)
async def test_what_may_pass_is_tried_again_later_each_time(still: Town, trouble: dict[str, Any]) -> None:
    outage = still.platform.switches.break_down("message/send", **trouble)
    await say(still, LIN, "一")
    waits = []
    for tries in range(1, 4):
        await still.quiet()
        [row] = await rows(still)
        assert (row.state, row.attempts) == (Wait.WAITING, tries)
        assert outage.hits == tries
        assert row.not_before is not None
        waits.append((row.not_before - still.calendar.now()).total_seconds())
        await still.calendar.turn(seconds=waits[-1] - 0.5)
        assert outage.hits == tries, "not before its time"
        if tries == 3:
            outage.clear()
        await still.calendar.turn(seconds=1)
    assert waits == ([60, 60, 60] if trouble.get("errcode") == 45009 else [2, 4, 8])
    assert texts(still) == ["一"]
    assert [row.state for row in await rows(still)] == [Wait.DONE]


async def test_the_order_is_kept_when_the_first_fails(still: Town) -> None:
    still.platform.switches.break_down("message/send", status=503, times=1)
    await say(still, LIN, "一", "二", CARD, "三")
    await still.quiet()
    assert texts(still) == []
    await still.calendar.turn(seconds=6)
    assert [text[:2] for text in texts(still)] == ["一", "二", "新的", "三"]


async def test_nobody_waits_for_another_who_cannot_be_reached(still: Town) -> None:
    still.platform.switches.out_of_range.add(LIN)
    await say(still, LIN, "一")
    await say(still, SU, "二")
    await still.quiet()
    assert texts(still, SU) == ["二"]
    assert [row.state for row in await rows(still)] == [Wait.PARKED]


async def test_one_message_that_fails_alone_holds_nobody_else_up(still: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    really, tried = still.app.client.send, count()

    async def send(body: dict[str, Any]) -> Sent:
        if body["touser"] == LIN:
            next(tried)
            raise TryLater(-1, "message/send")
        return await really(body)

    monkeypatch.setattr(still.app.client, "send", send)
    await say(still, LIN, "一")
    await still.quiet()
    for n in range(8):
        await say(still, SU, f"第{n}条")
        await still.calendar.turn(seconds=16)
        assert texts(still, SU) == [f"第{n}条" for n in range(n + 1)]
    assert next(tried) > 4


async def test_a_platform_in_trouble_is_asked_by_one_at_a_time(still: Town) -> None:
    outage = still.platform.switches.break_down("message/send", status=503)
    people = list(still.platform.people)[:40]
    for who in people:
        await say(still, who, "一")
    await still.quiet()
    before = outage.hits
    assert before <= len(people)
    for _ in range(20):
        await still.calendar.turn(seconds=3)
    assert outage.hits - before <= 8
    outage.clear()
    await still.calendar.turn(seconds=16)
    await still.calendar.turn(seconds=16)
    assert [texts(still, who) for who in people] == [["一"]] * len(people)


async def test_a_clock_set_back_is_no_hour_of_silence(still: Town) -> None:
    """Neither the pause after a failure nor what a dead replica had in hand lasts until the hour has come again."""
    still.platform.switches.break_down("message/send", status=503, times=1)
    await say(still, LIN, "一")
    await still.quiet()

    def lease(session: Session) -> None:
        [row] = session.exec(select(Outgoing).where(Outgoing.person == SU)).all()
        row.lease, row.leased_until = "a dead one", still.calendar.now() + LEASE
        session.add(row)

    await say(still, SU, "二")  # which waits, for the platform has just failed
    await still.change(lease)
    still.calendar.let_pass(-3600)
    await say(still, WEN, "三")
    await still.settle()
    assert (texts(still, SU), texts(still, WEN)) == (["二"], ["三"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_a_dead_process_held_is_taken_over_before_a_living_one_can_hold_anything(still: Town) -> None:
    await still.app.outbox.stop()
    await say(still, LIN, "一")

    def lease(session: Session) -> None:
        [row] = session.exec(select(Outgoing).where(Outgoing.person == LIN)).all()
        row.lease, row.leased_until = "a living one", still.calendar.now() + LEASE
        session.add(row)

    other = Outbox(still.app.store, still.app.client, still.settings.wecom.agent_id, still.calendar.now)
    await other.start()
    await still.change(lease)
    other.bell.ring()
    await other.bell.quiet()
    assert [(row.state, row.lease) for row in await rows(still)] == [(Wait.WAITING, "a living one")]
    await other.stop()
    assert texts(still) == []


async def test_what_is_rejected_is_parked_with_its_code_and_shown_to_who_can_help(still: Town) -> None:
    still.platform.switches.break_down("message/send", errcode=40058, times=1)
    await say(still, LIN, "一", "二")
    await still.quiet()
    one, two = await rows(still)
    assert (one.state, one.errcode, one.trouble) == (Wait.PARKED, 40058, "Rejected")
    assert two.state is Wait.DONE
    assert texts(still) == ["二"]
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{still.address}/healthz")
    assert answer.status_code == 200
    assert "40058" in str(answer.json()["parked"])
    await still.person(FANG).says("待办")
    await still.person(FANG).reads("林知夏", "没有送到", "40058")
    await still.person(WEN).says("待办")
    shown = await still.person(WEN).reads("没有等您办的事")
    assert "40058" not in shown.text


async def test_what_an_administrator_may_still_mend_is_tried_for_days_and_then_parked(still: Town) -> None:
    outage = still.platform.switches.break_down("message/send", errcode=60020)
    await say(still, LIN, "一")
    for tries, pause in enumerate(ADMIN_PAUSES, 1):
        await still.quiet()
        assert outage.hits == tries
        await still.calendar.turn(seconds=pause + 1)
    [row] = await rows(still)
    assert (row.state, row.errcode) == (Wait.PARKED, 60020)
    assert sum(ADMIN_PAUSES) >= 2 * 86_400 - 43_200


async def test_what_is_mended_in_time_arrives(still: Town) -> None:
    still.platform.switches.trusted_caller = False
    await say(still, LIN, "一")
    await still.quiet()
    still.platform.switches.trusted_caller = True
    await still.calendar.turn(seconds=ADMIN_PAUSES[0] + 1)
    assert texts(still) == ["一"]


async def test_a_card_that_can_no_longer_be_changed_is_left_in_peace(still: Town) -> None:
    await say(still, LIN, CardNow("a code of long ago", "已签收", None), "二")
    await still.quiet()
    one, two = await rows(still)
    assert (one.state, one.errcode, one.trouble) == (Wait.DONE, None, "")
    assert two.state is Wait.DONE


async def test_what_the_platform_would_not_take_never_leaves(still: Town) -> None:
    """A message with nothing in it is parked, and what comes after it arrives."""
    await say(still, LIN, " ", "二")
    await still.quiet()
    one, two = await rows(still)
    assert (one.state, one.trouble, two.state) == (Wait.PARKED, "BadBody", Wait.DONE)
    assert still.platform.violations == []


# --- not too much at once ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lane", list(Lane))
async def test_more_than_a_phone_may_get_in_a_minute_waits_until_the_minute_has_passed(still: Town, lane: Lane) -> None:
    most = PER_MINUTE[lane]
    words = [f"第{n:02}条" for n in range(40)]
    await say(still, LIN, *words, lane=lane)
    await still.quiet()
    assert texts(still) == words[:most]
    await still.calendar.turn(seconds=30)
    assert texts(still) == words[:most]
    await still.calendar.turn(seconds=31)
    assert texts(still) == words
    assert list(still.platform.dropped) == []


async def test_a_long_message_counts_as_often_as_it_is_cut(still: Town) -> None:
    await say(still, LIN, *(f"第{n:02}条" for n in range(26)), LONG)
    await still.quiet()
    await still.calendar.turn(seconds=61)
    assert list(still.platform.dropped) == []
    got = "".join(texts(still))
    assert got.count("第一条建议") == 240


async def test_an_answer_overtakes_what_nobody_is_waiting_for(still: Town) -> None:
    outage = still.platform.switches.break_down("message/send", status=503, times=1)
    await say(still, LIN, *(f"通知{n}" for n in range(3)), lane=Lane.NOTICE)
    await asyncio.wait_for(outage.struck.wait(), 5)
    await say(still, LIN, "答复", lane=Lane.ANSWER)
    await still.quiet()
    await still.calendar.turn(seconds=6)
    assert texts(still) == ["答复", "通知0", "通知1", "通知2"]


# --- once -------------------------------------------------------------------------------------------------------------


async def test_a_key_of_one_s_own_is_said_once(still: Town) -> None:
    await say(still, LIN, "一", key="remind:1")
    await say(still, LIN, "二", key="remind:1")
    await still.quiet()
    assert texts(still) == ["一"]


async def crash_after_sending(town: Town) -> None:
    """The next message goes out, and the process dies before it can write that down."""
    app, gone = town.app, asyncio.Event()
    really = app.client.send

    async def send(body: dict[str, Any]) -> Sent:
        await really(body)
        gone.set()
        await asyncio.Event().wait()
        raise AssertionError

    app.client.send = send  # type: ignore[method-assign]
    app.outbox.bell.ring()
    await asyncio.wait_for(gone.wait(), 5)
    dying = [task for task in asyncio.all_tasks() if task is app.outbox.task or "_deliver" in repr(task.get_coro())]
    for task in dying:
        task.cancel()
    await asyncio.gather(*dying, return_exceptions=True)
    app.outbox.task = None


async def test_a_crash_between_sending_and_marking_shows_no_card_twice(still: Town) -> None:
    crashing = asyncio.create_task(crash_after_sending(still))
    await asyncio.sleep(0)
    await say(still, WEI, CARD)
    await crashing
    assert len(texts(still, WEI)) == 1
    [row] = await rows(still, WEI)
    assert row.state is Wait.WAITING
    await still.restart()
    await still.quiet()
    if not still.app.store.is_sqlite:  # there another replica may be sending it: the lease of the dead has to run out
        assert [row.state for row in await rows(still, WEI)] == [Wait.WAITING]
        await still.calendar.turn(seconds=61)
    assert [row.state for row in await rows(still, WEI)] == [Wait.DONE]
    assert len(texts(still, WEI)) == 1
    assert still.platform.violations == []


async def test_an_answer_that_was_lost_shows_no_card_twice(still: Town) -> None:
    still.platform.switches.break_down("message/send", lose_answer=True, times=1)
    await say(still, WEI, CARD, "二")
    await still.quiet()
    await still.calendar.turn(seconds=6)
    assert len(texts(still, WEI)) == 2
    assert [row.state for row in await rows(still, WEI)] == [Wait.DONE] * 2


async def test_answers_that_are_lost_again_and_again_show_no_text_a_third_time(still: Town) -> None:
    outage = still.platform.switches.break_down("message/send", lose_answer=True)
    await say(still, LIN, "一")
    for _ in range(5):
        await still.quiet()
        await still.calendar.turn(minutes=2)
    assert texts(still) == ["一", "一"]
    outage.clear()
    await still.calendar.turn(minutes=6)
    assert texts(still) == ["一", "一"]
    assert [row.state for row in await rows(still)] == [Wait.DONE]


async def test_the_same_words_asked_for_several_times_come_as_often_after_an_outage(still: Town) -> None:
    """They are no repetition of each other, although every one of them was tried before."""
    outage = still.platform.switches.break_down("message/send", status=503)
    await say(still, LIN, "一", "一", "一")
    await still.quiet()
    await still.calendar.turn(seconds=10)
    outage.clear()
    for _ in range(3):
        outage = still.platform.switches.break_down("message/send", status=503, times=1)
        await still.calendar.turn(minutes=2)
    await still.calendar.turn(minutes=6)
    assert texts(still) == ["一", "一", "一"]


async def test_a_card_settled_while_its_fate_is_unknown_is_no_error(still: Town) -> None:
    """It went out, the answer was lost, and before the next try the case was settled by somebody else."""
    still.platform.switches.break_down("message/send", lose_answer=True, times=1)
    await say(still, WEI, replace(CARD, link="http://127.0.0.1:2/p/proposals/1"), subject="assignment:1:0")
    await still.quiet()

    def settle(session: Session) -> None:
        turn = still.app.turn(session, "settle")
        turn.settle_cards("assignment:1:0", "已签收 · 3月2日")
        turn.write_down()

    await still.change(settle)
    await still.calendar.turn(seconds=6)
    assert [row.state for row in await rows(still, WEI)] == [Wait.DONE]
    assert still.platform.violations == []


async def test_a_long_message_goes_on_where_it_was_broken_off(still: Town) -> None:
    still.platform.switches.break_down("message/send", status=503, times=0)
    await say(still, LIN, LONG)
    await still.quiet()
    whole = texts(still)
    assert len(whole) == 7
    really, sent = still.app.client.send, count()

    async def send(body: dict[str, Any]) -> Sent:
        if next(sent) == 3:
            still.platform.switches.break_down("message/send", status=503, times=1)
        return await really(body)

    still.app.client.send = send  # type: ignore[method-assign]
    await say(still, SU, LONG)
    await still.quiet()
    assert texts(still, SU) == whole[:3]
    await still.calendar.turn(seconds=6)
    assert texts(still, SU) == whole


async def test_a_long_message_on_a_slow_platform_is_given_up_within_its_lease(
    still: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else another would take it over while it is still being sent: all its pieces count against one time limit."""
    monkeypatch.setattr("bot.outbox.SEND_WITHIN", 0.3)
    await say(still, SU, LONG)
    await still.quiet()
    really, slow = still.app.client.send, True

    async def send(body: dict[str, Any]) -> Sent:
        if slow:
            taken = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(0.1, taken.set_result, None)
            await taken
        return await really(body)

    still.app.client.send = send  # type: ignore[method-assign]
    await say(still, LIN, LONG)
    await still.quiet()
    [row] = await rows(still)
    assert (row.state, row.attempts) == (Wait.WAITING, 1)
    assert 1 <= row.pieces_sent <= 3
    slow = False
    await still.calendar.turn(seconds=10)
    assert texts(still) == texts(still, SU)


async def test_two_replicas_say_everything_once_and_in_order(postgres: Server) -> None:
    town = Town(settings_for(postgres.fresh(prepare)))
    town.platform.on_change.clear()
    await town.open(replicas=2)
    try:
        people = [f"m{n:03}" for n in range(2, 22)]
        for n in range(4):
            for who in people:
                await say(town, who, f"第{n}条")
            for app in town.apps:
                app.outbox.bell.ring()
        await town.quiet()
        for who in people:
            assert texts(town, who) == [f"第{n}条" for n in range(4)]
    finally:
        await town.close()


# --- the end ----------------------------------------------------------------------------------------------------------


async def test_stopping_finishes_what_is_being_sent_and_leaves_the_rest(
    still: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = holds_what_is_sent(still.app, monkeypatch)
    await say(still, LIN, "一", "二")
    await asyncio.wait_for(begun.wait(), 5)
    stopping = asyncio.create_task(still.app.outbox.stop())
    await asyncio.sleep(0)
    go_on.set()
    await stopping
    states = [row.state for row in await rows(still)]
    assert states == [Wait.DONE, Wait.WAITING]
    await still.restart()
    await still.quiet()
    assert texts(still) == ["一", "二"]


async def test_an_outbox_that_died_is_seen_from_outside(still: Town) -> None:
    task = still.app.outbox.task
    assert task is not None
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{still.address}/healthz")
    assert (answer.status_code, answer.json()["outbox"]) == (503, False)
    still.app.outbox.task = None
