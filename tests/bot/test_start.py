"""How a process begins: the port first, then what a dead one held, then the door."""

import asyncio

import httpx
import pytest
from sqlmodel import Session

from bot.__main__ import assemble
from bot.app import App
from models.people import Person
from tests.bot.held import holds_what_is_sent
from tests.faults.fleet import free_ports
from tests.handlers.office import LIN
from tests.town import Town


def another(town: Town, port: int) -> App:
    """A second process on the same database."""
    server = town.settings.server.model_copy(update={"port": port})
    return assemble(town.settings.model_copy(update={"server": server}), now=town.calendar.now, ticking=False)


async def test_one_started_by_mistake_on_a_port_that_is_taken_touches_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is sending; with SQLite a second took that for a dead process' rows, and sent them once more."""
    begun, go_on = holds_what_is_sent(town.app, monkeypatch)

    def work(session: Session) -> None:
        turn = town.app.turn(session, "test")
        turn.say("一", to=session.get_one(Person, LIN))
        turn.write_down()

    await town.change(work)
    town.app.outbox.bell.ring()
    await asyncio.wait_for(begun.wait(), 5)
    second = another(town, town.app.port)
    with pytest.raises(OSError, match="in use"):
        await second.start()
    go_on.set()
    await town.quiet()
    await asyncio.to_thread(second.store.close)
    assert (second.outbox.alive, second.inbox.alive) == (False, False)
    assert [shown.text for shown in town.person(LIN).inbox] == ["一"]


async def test_nobody_is_answered_before_the_outbox_is_ready(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    [port] = free_ports(1)
    app = another(town, port)
    taking_over, go_on, really = asyncio.Event(), asyncio.Event(), app.outbox.start

    async def start() -> None:
        taking_over.set()
        await go_on.wait()
        await really()

    monkeypatch.setattr(app.outbox, "start", start)
    starting = asyncio.create_task(app.start())
    await asyncio.wait_for(taking_over.wait(), 5)
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        asked = asyncio.create_task(client.get(f"http://127.0.0.1:{port}/healthz"))
        done, _ = await asyncio.wait({asked}, timeout=0.3)
        assert not done
        go_on.set()
        answer = await asked
    await starting
    assert (answer.status_code, answer.json()["outbox"]) == (200, True)
    await app.stop()
