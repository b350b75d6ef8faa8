"""The calendar one can turn, and the rehearsal city."""

import pytest

from simulator import town as rehearsal
from simulator.calendar import Calendar
from simulator.platform import Platform
from tests.simulator.conftest import AGENT, CORP, KEY, SECRET, START, TOKEN


async def test_the_calendar_stands_still_runs_and_turns() -> None:
    calendar, heard = Calendar(START), []

    async def listener() -> None:
        heard.append(calendar.now())

    calendar.listeners.append(listener)
    assert calendar.now() == calendar.now() == START
    assert heard == []
    assert await calendar.turn(days=1, hours=2) == heard[0]
    assert await calendar.turn_to(START.replace(day=30)) == START.replace(day=30)
    with pytest.raises(ValueError, match="backwards"):
        await calendar.turn(days=-1)
    with pytest.raises(ValueError, match="time zone"):
        Calendar(START.replace(tzinfo=None))
    running = Calendar(START, running=True)
    assert running.running
    assert START <= running.now() <= running.now()


async def test_the_rehearsal_city() -> None:
    people = rehearsal.people()
    assert {one.group for one in people.values()} == {"委员", "政协机关", "交办", "承办单位", "领导", "第三方"}
    assert people["m001"].name == "沈禾清"
    assert len(people) == 125
    assert len(rehearsal.read("proposals")["proposals"]) == 40
    platform = Platform(CORP, AGENT, SECRET, TOKEN, KEY, "", Calendar(START), people)
    assert platform.person("u01_liaison").someone.unit == "云岭市发展和改革委员会"
