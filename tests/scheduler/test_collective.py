"""Organisations are reminded of their quota: on the days of the rule, once each, and only those that still owe something."""

from datetime import datetime
from typing import Any

import pytest

from models.deadlines import day_of
from models.joint import Withdrawal
from models.people import Organisation
from models.states import Event
from tests.handlers.office import Heard, Office, to, whole

JIA, LI, YUE = "m032", "m033", "m030"  # head and contact of 社会福利和社会保障界别; head of 医药卫生界别


@pytest.fixture
def rules() -> dict[str, Any]:
    """Collected until a Sunday: seven days before is one too."""
    return {
        "collective_deadline": datetime.fromisoformat("2026-03-29T12:00:00+08:00"),
        "collective_marks_days": (15, 7),
    }


def lives(office: Office, who: str, days: int) -> list[tuple[str, str]]:
    """What somebody is told of the quota, and how much time is left then."""
    diary = []
    for _ in range(days):
        told: list[Heard] = [one for one in to(who, office.passes(days=1)) if "集体提案" in one.text]
        diary += [(f"{day_of(office.now):%m-%d}", one.text.split("（")[-1].split("）")[0]) for one in told]
    return diary


def test_a_mark_on_a_day_off_is_told_on_the_next_working_day(office: Office) -> None:
    assert lives(office, YUE, 30) == [("03-16", "还有13天"), ("03-23", "还有6天")]


def test_the_head_and_the_contact_are_told_and_nobody_twice(office: Office) -> None:
    office.passes(days=13)
    heard = office.passes(days=1)
    assert [one.text.split("今年")[0] for one in to(JIA, heard) + to(LI, heard)] == ["社会福利和社会保障界别"] * 2
    for _ in range(3):
        assert office.passes(minutes=5) == []


def test_whoever_has_handed_in_or_is_gone_or_owes_nothing_is_left_alone(office: Office) -> None:
    office.does(JIA, office.add(whole(JIA, organisation="s14", term_session="五届三次会议")), Event.SEAL)
    [yue] = office.rows(Organisation, Organisation.head == YUE)
    office.change(yue, active=False)
    [bai] = office.rows(Organisation, Organisation.head == "m010")
    office.change(bai, quota=0)
    heard = office.passes(days=14)
    for nobody in (JIA, LI, YUE, "m010"):
        assert [one for one in to(nobody, heard) if "集体提案" in one.text] == []
    assert to("m039", heard) != []


def test_a_withdrawn_one_is_owed_again(office: Office) -> None:
    proposal = office.add(whole(JIA, organisation="s14", term_session="五届三次会议"))
    office.does(JIA, proposal, Event.SEAL)
    office.does(JIA, office.fresh(proposal), Event.WITHDRAW, reason="另有安排。")
    [wish] = office.rows(Withdrawal)
    office.does("pc_director", wish, Event.GRANT)
    heard = office.passes(days=14)
    assert any("已交0件" in one.text for one in to(JIA, heard))
