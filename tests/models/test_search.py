"""查: what is found is what a plain look at every text would find, newest first; and it follows every change at once."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from models import finding, schema, search, similar
from models.finding import find
from models.people import Person
from models.proposal import Proposal
from models.rules import Rules
from models.states import State
from models.store import Store, keys
from models.wording import Mark, Wording, letters
from tests.models import corpus

WORDS = (
    "电梯",
    "老旧小区",
    "加装电梯",
    "住建部门",
    "的",
    "补",
    "鑫",
    "电梯 维保",
    "一窗受理",
    "“一窗受理”、并联",
    "2000年",
    "xyz",
)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    yield store
    store.close()


def office(session: Session) -> Person:
    return session.get_one(Person, "pc_staff1")


def numbers(session: Session, words: str, **more: int) -> list[int]:
    return [p.id or 0 for p in find(session, office(session), words, **more).proposals]


@pytest.mark.parametrize("words", WORDS)
def test_it_finds_what_a_plain_look_finds(store: Store, words: str) -> None:
    def work(session: Session) -> None:
        corpus.fill(session)
        runs = letters(words).split("\n")
        everything = session.exec(select(Proposal).order_by(col(Proposal.id).desc())).all()
        texts = {p.id or 0: letters("\n".join([p.title, p.analysis, *p.suggestions])) for p in everything}
        plain = [number for number, text in texts.items() if all(run in text for run in runs)]
        assert numbers(session, words, most=100) == plain
        assert bool(plain) is (words not in {"鑫", "xyz"})

    store.write(work)


def test_ten_at_a_time_to_the_end(store: Store) -> None:
    def work(session: Session) -> None:
        ids = sorted(corpus.fill(session), reverse=True)
        found, before = [], finding.NEWEST
        while True:
            page = find(session, office(session), "的", before)
            found += [p.id for p in page.proposals]
            if not page.more:
                break
            assert len(page.proposals) == 10
            before = found[-1] or 0
        assert found == ids

    store.write(work)


def test_it_follows_the_text_in_the_same_transaction(store: Store) -> None:
    def work(session: Session) -> None:
        session.add(p := corpus.row("P001", state=State.DRAFT, serial_no=None, proposal_no=None))
        session.flush()
        assert numbers(session, "电梯") == []
        p.state = State.SUBMITTED
        session.flush()
        assert numbers(session, "电梯") == [p.id]
        p.state, p.stamp = State.RETURNED, 3
        session.flush()
        p.title, p.analysis, p.suggestions = "关于托育的提案", "婴幼儿照护不足。", ["每个街道建一处。"]
        session.flush()
        assert numbers(session, "电梯") == []
        assert numbers(session, "托育") == numbers(session, "婴幼儿") == numbers(session, "街道建一") == [p.id]
        near = similar.by_text(session, similar.words_of(corpus.row("P001")), office(session), Rules())
        assert near == []

    store.write(work)


def test_what_is_taken_back_is_not_found(store: Store) -> None:
    def fails(session: Session) -> None:
        session.add(corpus.row("P001"))
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write(fails)
    assert store.write(lambda session: numbers(session, "电梯")) == []


def test_another_replica_finds_it_at_once(store: Store, database_url: str) -> None:
    other = Store(database_url)
    try:
        store.write(lambda session: session.add(corpus.row("P001")))
        assert len(other.write(lambda session: numbers(session, "电梯"))) == 1
    finally:
        other.close()


def test_moving_on_writes_nothing_anew(store: Store) -> None:
    store.write(corpus.fill)

    def work(session: Session) -> None:
        statements: list[str] = []
        sa.event.listen(session.connection(), "before_cursor_execute", lambda *args: statements.append(args[2].lower()))
        for p in session.exec(select(Proposal)).all():
            p.state, p.stamp, p.title = State.REHANDLING, p.stamp + 1, str(p.title)
        session.flush()
        assert statements
        assert not [one for one in statements if "wording" in one or "mark" in one]

    store.write(work)


def test_what_was_put_in_past_the_application_is_caught_up_with(store: Store) -> None:
    """By a version before this one, or by a restore."""
    store.write(corpus.fill)
    before = store.write(_kept)
    with store.connection() as connection:
        search.clear(connection)
    assert store.write(_kept) == ([], [])
    assert store.write(lambda session: numbers(session, "电梯")) == []
    with store.connection() as connection:
        assert search.catch_up(connection) == len(corpus.PROPOSALS)
        assert search.catch_up(connection) == 0
    assert store.write(_kept) == before
    assert store.write(lambda session: len(numbers(session, "电梯", most=100))) == 2


def test_very_many_are_taken_in_as_well(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BATCH", 7)
    store.write(corpus.fill)
    before = store.write(_kept)
    for clearing in (True, False):  # into nothing, and beside what is there
        with store.connection() as connection:
            if clearing:
                search.clear(connection)
            else:
                late = sorted(number for number, _, _ in before[0])[-9:]
                connection.execute(sa.delete(Wording).where(col(Wording.proposal_id).in_(late)))
                connection.execute(sa.delete(Mark).where(col(Mark.proposal_id).in_(late)))
                if not store.is_sqlite:
                    connection.execute(sa.text(f"DELETE FROM {keys.KEYS} WHERE proposal_id >= :it"), {"it": late[0]})  # noqa: S608
            assert search.catch_up(connection) == (40 if clearing else 9)
        assert store.write(_kept) == before
        assert store.write(lambda session: len(numbers(session, "电梯", most=100))) == 2
    with store.connection() as connection:
        if store.is_sqlite:
            assert connection.scalar(sa.text("PRAGMA cache_size")) == -2_000
        else:
            assert connection.scalar(sa.text(f"SELECT to_regclass('ix_{keys.KEYS}') IS NOT NULL"))


def test_an_upgrade_takes_in_what_is_missing(store: Store) -> None:
    store.write(corpus.fill)
    before = store.write(_kept)
    with store.connection() as connection:
        search.clear(connection)
    schema.migrate(store)
    assert store.write(_kept) == before


def _kept(session: Session) -> tuple[list[tuple[int, str, str]], list[tuple[int, int]]]:
    wordings = session.exec(select(Wording).order_by(col(Wording.proposal_id))).all()
    marks = session.exec(select(Mark).order_by(col(Mark.gram), col(Mark.proposal_id))).all()
    return [(w.proposal_id, w.title, w.body) for w in wordings], [(m.gram, m.proposal_id) for m in marks]


def test_common_letters_that_never_stand_together_are_given_up_after_a_while(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "READ", 5)
    monkeypatch.setattr(finding, "MOST_READ", 20)

    def work(session: Session) -> None:
        for number in range(30):
            text = {"title": "甲乙和乙丙", "analysis": "", "suggestions": [], "proposal_no": f"{number}"}
            text["serial_no"] = f"S{number}"
            session.add(corpus.row("P001", **text))
        session.flush()
        found = find(session, office(session), "甲乙丙")
        assert (list(found.proposals), found.gave_up) == ([], True)
        assert len(find(session, office(session), "甲乙").proposals) == 10

    store.write(work)
