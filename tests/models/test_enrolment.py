"""A roster written down: again and again, in both databases, what it speaks of becomes as it says."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from sqlmodel import Session, SQLModel, col, select

from bot.roster_files import read_folder
from models.collective import begin
from models.enrolment import Counts, Tally, apply_roster
from models.people import Holding, Organisation, Person, Unit
from models.proposal import Proposal
from models.roster import Member, OrganisationEntry, Roster, Staff, UnitEntry
from models.store import Store
from tests.databases import sqlite_url

TOWN = Path(__file__).parents[2] / "simulator" / "town"
T = TypeVar("T")
Do = Callable[[Callable[[Session], T]], T]

UNIT = UnitEntry(
    id="u1",
    name="教育局",
    liaison="a1",
    liaison_name="甲",
    reviewer="a2",
    reviewer_name="乙",
    leader="a3",
    leader_name="丙",
)
MEMBER = Member(userid="m1", name="沈禾清", title="教师", sector="教育")
STAFF = Staff(userid="m1", name="沈禾清", title="副主任", roles=("pc_reviewer",))
WHOLE = Roster(members=(MEMBER,), units=(UNIT,), staff=(STAFF,))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    kept = Store(
        sqlite_url(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgres").fresh(), threads=1
    )
    with kept.connection() as connection:
        SQLModel.metadata.create_all(connection)
    yield kept
    kept.close()


def enrol(store: Store, roster: Roster) -> Counts:
    return store.write(lambda session: apply_roster(session, roster))


def roles(store: Store, userid: str) -> set[tuple[str, str | None]]:
    held = store.write(lambda session: session.exec(select(Holding).where(col(Holding.person) == userid)).all())
    assert len(held) == len({(one.role, one.unit) for one in held})
    return {(one.role, one.unit) for one in held}


def person(store: Store, userid: str) -> Person:
    return store.write(lambda session: session.get_one(Person, userid))


def test_a_member_who_is_also_staff_is_one_person_with_several_roles(store: Store) -> None:
    assert enrol(store, WHOLE) == Counts(Tally(new=4), Tally(new=1), 0)
    assert roles(store, "m1") == {("member", None), ("pc_reviewer", None)}
    assert roles(store, "a1") == {("unit_liaison", "u1")}
    assert person(store, "m1").title == "教师"
    assert person(store, "m1").active


def test_the_same_roster_again_changes_nothing(store: Store) -> None:
    enrol(store, WHOLE)
    assert enrol(store, WHOLE) == Counts(Tally(unchanged=4), Tally(unchanged=1), 0)


def test_what_has_changed_is_counted(store: Store) -> None:
    enrol(store, WHOLE)
    changed = Roster(
        members=(MEMBER.model_copy(update={"title": "校长"}), Member(userid="m2", name="陆观海")),
        units=(UNIT.model_copy(update={"keywords": ("学校",), "major": True}),),
        staff=(STAFF.model_copy(update={"roles": ("pc_staff",)}),),
    )
    assert enrol(store, changed) == Counts(Tally(new=1, changed=1, unchanged=3), Tally(changed=1), 0)
    assert roles(store, "m1") == {("member", None), ("pc_staff", None)}
    assert person(store, "m1").title == "校长"
    assert store.write(lambda session: session.get_one(Unit, "u1")).keywords == ["学校"]


def test_only_a_role_has_changed(store: Store) -> None:
    enrol(store, WHOLE)
    changed = WHOLE.model_copy(update={"staff": (STAFF.model_copy(update={"roles": ("pc_staff",)}),)})
    assert enrol(store, changed).people == Tally(changed=1, unchanged=3)


def test_people_no_longer_listed_are_left_alone(store: Store) -> None:
    enrol(store, WHOLE)
    counts = enrol(store, Roster(members=(Member(userid="m2", name="陆观海"),)))
    assert counts == Counts(Tally(new=1), Tally(), 0)
    assert person(store, "m1").active
    assert roles(store, "m1") == {("member", None), ("pc_reviewer", None)}
    assert roles(store, "a1") == {("unit_liaison", "u1")}


def test_a_units_new_liaison_takes_the_old_ones_place(store: Store) -> None:
    enrol(store, WHOLE)
    unit = UNIT.model_copy(update={"liaison": "a4", "liaison_name": "丁"})
    counts = enrol(store, WHOLE.model_copy(update={"units": (unit,)}))
    assert counts == Counts(Tally(new=1, unchanged=3), Tally(unchanged=1), 1)
    assert roles(store, "a4") == {("unit_liaison", "u1")}
    assert roles(store, "a1") == set()
    assert person(store, "a1").active


def test_a_second_liaison_stands_among_the_staff(store: Store) -> None:
    second = Staff(userid="a4", name="丁", roles=("unit_liaison", "inspector"), unit="u1")
    enrol(store, WHOLE.model_copy(update={"staff": (STAFF, second)}))
    assert roles(store, "a4") == {("unit_liaison", "u1"), ("inspector", None)}
    assert roles(store, "a1") == {("unit_liaison", "u1")}


@pytest.mark.parametrize(
    ("member_stays", "staff_stays", "active", "held"),
    [
        (True, True, True, {("member", None), ("pc_reviewer", None)}),
        (False, True, True, {("pc_reviewer", None)}),
        (True, False, True, {("member", None)}),
        (False, False, False, set()),
    ],
)
def test_whoever_leaves_an_office_loses_its_role(
    store: Store, member_stays: bool, staff_stays: bool, active: bool, held: set[tuple[str, str | None]]
) -> None:
    enrol(store, WHOLE)
    left = WHOLE.model_copy(
        update={
            "members": (MEMBER.model_copy(update={"active": member_stays}),),
            "staff": (STAFF.model_copy(update={"active": staff_stays}),),
        }
    )
    enrol(store, left)
    assert person(store, "m1").active is active
    assert roles(store, "m1") == held


def test_plain_stays_as_it_was_unless_the_roster_says(store: Store) -> None:
    enrol(store, WHOLE)

    def choose_plain(session: Session) -> None:
        session.get_one(Person, "m1").plain = True

    store.write(choose_plain)
    enrol(store, WHOLE)
    assert person(store, "m1").plain is True
    enrol(store, Roster(members=(MEMBER.model_copy(update={"plain": False}),)))
    assert person(store, "m1").plain is False


def test_who_reads_in_another_way_from_now_on(store: Store) -> None:
    assert enrol(store, WHOLE).reading == []
    large = Roster(members=(MEMBER.model_copy(update={"large": True}),))
    assert [one.userid for one in enrol(store, large).reading] == ["m1"]
    assert (person(store, "m1").large, person(store, "m1").plain) == (True, False)
    assert enrol(store, large).reading == []
    assert enrol(store, WHOLE).reading == []
    assert person(store, "m1").large is True


def test_the_rehearsal_city_is_enrolled(store: Store) -> None:
    roster = read_folder(TOWN)
    first = enrol(store, roster)
    assert first == Counts(
        Tally(new=40 + 75 + 10), Tally(new=25), 0, Tally(new=42)
    )  # m001 is a member and among the 11 of the staff
    assert roles(store, "m001") == {("member", None), ("pc_reviewer", None)}
    assert roles(store, "u02_leader") == {("unit_leader", "u02")}
    assert person(store, "u02_leader").name == "汤沛文"
    again = enrol(store, roster)
    assert again == Counts(Tally(unchanged=125), Tally(unchanged=25), 0, Tally(unchanged=42))


def test_what_an_organisation_has_proposed_goes_with_its_heads_office(store: Store) -> None:
    body = OrganisationEntry(id="s1", name="教育界别", kind="sector", head="m1")
    enrol(store, WHOLE.model_copy(update={"organisations": (body,)}))
    assert ("collective_contact", None) in roles(store, "m1")

    def begins(session: Session) -> None:
        begin(session, session.get_one(Organisation, "s1"), datetime(2026, 3, 2, tzinfo=UTC), "五届三次会议")
        session.add(Proposal(proposer="m1", created_at=datetime(2026, 3, 2, tzinfo=UTC)))

    store.write(begins)
    another = body.model_copy(update={"head": "m2", "head_name": "陆观海", "contact": "m1"})
    counted = enrol(store, Roster(members=(MEMBER,), organisations=(another,)))
    assert counted.organisations == Tally(changed=1)
    heads = store.write(lambda session: session.exec(select(Proposal.proposer).order_by(col(Proposal.id))).all())
    assert heads == ["m2", "m1"]
    assert ("collective_contact", None) in roles(store, "m2") & roles(store, "m1")
    enrol(store, Roster(members=(MEMBER,), organisations=(another.model_copy(update={"contact": None}),)))
    assert ("collective_contact", None) not in roles(store, "m1")
