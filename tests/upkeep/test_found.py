"""What is carried over is found where it has gone, and what was replaced is found no more: the index is made anew."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from models import finding
from models.people import Person
from models.wording import Mark, Wording
from tests.handlers.office import WEN, Office
from tests.upkeep.hands import PAIRS, backed_up, moved, restored, store_of

Make = Callable[[str], str]
Kept = tuple[list[tuple[int, str, str]], list[tuple[int, int]], list[int]]


def kept(url: str) -> Kept:
    """All that is kept for finding, and what is found."""

    def look(session: Session) -> Kept:
        wordings = session.exec(select(Wording).order_by(col(Wording.proposal_id))).all()
        marks = session.exec(select(Mark).order_by(col(Mark.gram), col(Mark.proposal_id))).all()
        return (
            [(w.proposal_id, w.title, w.body) for w in wordings],
            [(m.gram, m.proposal_id) for m in marks],
            [p.id or 0 for p in finding.find(session, session.get_one(Person, WEN), "老旧小区").proposals],
        )

    with store_of(url) as store:
        return store.write(look)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_what_is_restored_is_found(one: str, other: str, lived: Make, empty: Make, tmp_path: Path) -> None:
    source, target, out = lived(one), empty(other), tmp_path / "out.db"
    backed_up(source, out)
    restored(target, out)
    assert kept(target) == kept(source)
    assert len(kept(target)[2]) >= 2


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_what_has_moved_is_found(one: str, other: str, lived: Make, empty: Make) -> None:
    source, target = lived(one), empty(other)
    moved(source, target)
    assert kept(target) == kept(source)
    assert kept(source)[2]


def test_what_was_replaced_is_found_no_more(url: str, tmp_path: Path) -> None:
    out = tmp_path / "out.db"
    backed_up(url, out)
    before = kept(url)
    office = Office(url)
    office._causes = 6_000
    try:
        office.submitted(title="关于老旧小区增设长椅的提案")
    finally:
        office.close()
    assert len(kept(url)[2]) == len(before[2]) + 1
    restored(url, out, replace=True)
    assert kept(url) == before
