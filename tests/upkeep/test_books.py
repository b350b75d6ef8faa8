"""The books: chained by hash, alike on both databases, guarded by them, and whatever was done to them is found."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from models import audit, books
from models.audit import BEGINNING, Audit, Chain, digest
from models.books import Books
from models.proposal import Proposal
from models.store import locked, triggers
from tests.upkeep.hands import ODD, bot, complaint, config, fine, proposal_ids, refused, store_of, tampered, well

FACTS: dict[str, Any] = {
    "proposal_id": 7,
    "place": 1,
    "assignment_id": None,
    "kind": "proposal",
    "row_id": 7,
    "actor": "m013",
    "role": "proposer",
    "event": "submit",
    "before": "draft",
    "after": "submitted",
    "reason": ODD,
    "at": datetime(2026, 3, 2, 10, tzinfo=UTC),
    "cause": "m1",
    "previous": BEGINNING,
}


def verified(url: str) -> Books:
    with store_of(url) as store, store.snapshot() as now:
        return books.verify(now)


# --- the hash ---------------------------------------------------------------------------------------------------------


def test_the_hash_of_an_entry_is_what_it_will_be_for_ever() -> None:
    """Whoever changes how it is made breaks every chain in the country."""
    assert digest(FACTS) == "d0771a6c1daa63e9ebd60c7260a40d1a81cb04d4e3862fb39f546e33f1086082"


def test_a_moment_hashes_the_same_in_every_time_zone() -> None:
    shanghai = FACTS["at"].astimezone(timezone(timedelta(hours=8)))
    assert digest(FACTS | {"at": shanghai}) == digest(FACTS)
    assert digest(FACTS | {"at": FACTS["at"] + timedelta(microseconds=1)}) != digest(FACTS)


@pytest.mark.parametrize("name", audit.FACTS)
def test_every_fact_counts(name: str) -> None:
    other = FACTS["at"] + timedelta(days=1) if name == "at" else "x"
    assert digest(FACTS | {name: other}) != digest(FACTS)


def test_every_column_but_the_id_and_the_hash_itself_is_hashed() -> None:
    assert set(Audit.model_fields) == {*audit.FACTS, "id", "hash"}


# --- writing ----------------------------------------------------------------------------------------------------------


def test_every_move_carries_the_hash_of_the_one_before(url: str) -> None:
    with store_of(url) as store:
        entries = store.write(lambda s: s.exec(select(Audit).order_by(col(Audit.proposal_id), col(Audit.place))).all())
        heads = store.write(lambda s: {chain.proposal_id: chain for chain in s.exec(select(Chain))})
    assert {entry.reason for entry in entries} >= {ODD}
    assert {entry.at.microsecond for entry in entries} == {0, 123_456}
    for proposal in proposal_ids(url):
        chain = [entry for entry in entries if entry.proposal_id == proposal]
        assert [entry.place for entry in chain] == list(range(1, len(chain) + 1))
        assert [entry.previous for entry in chain] == [BEGINNING, *(entry.hash for entry in chain[:-1])]
        assert (heads[proposal].entries, heads[proposal].head) == (len(chain), chain[-1].hash)
    found = verified(url)
    assert (found.chains, found.entries, found.whole) == (3, len(entries), True)


def test_both_databases_hash_the_same(lived: Any) -> None:
    def hashes(url: str) -> list[tuple[int, int, str]]:
        with store_of(url) as store:
            chosen = select(Audit.proposal_id, Audit.place, Audit.hash).order_by(col(Audit.id))
            return store.write(lambda session: list(session.exec(chosen).all()))

    assert hashes(lived("sqlite")) == hashes(lived("postgresql"))


def test_a_server_in_another_time_zone_changes_nothing(lived: Any) -> None:
    url = lived("postgresql")
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        connection.execute(sa.text("SET TIME ZONE 'Asia/Kathmandu'"))
        assert books.verify(connection).whole
    engine.dispose()


def test_replicas_that_write_at_the_same_time_make_one_chain(url: str) -> None:
    proposal = proposal_ids(url)[0]
    before = verified(url).entries

    def replica(number: int) -> None:
        with store_of(url) as store:
            for turn in range(12):
                store.write(lambda session, turn=turn: _moves(session, proposal, f"{number}:{turn}"))  # type: ignore[misc]

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(replica, range(3)))
    found = verified(url)
    assert found.whole, found.broken
    assert found.entries == before + 3 * 12 * 2


def _moves(session: Session, proposal: int, cause: str) -> None:
    """As perform() does: the row is held, an entry for the unit's move, one for the proposal that follows."""
    row = locked(session, Proposal, proposal)
    assert row is not None
    for event in ("write", "follow"):
        facts = FACTS | {"proposal_id": proposal, "row_id": proposal, "event": event, "cause": cause}
        audit.write(session, Audit(**{name: facts[name] for name in facts if name not in {"place", "previous"}}))


def test_what_is_taken_back_leaves_no_gap(url: str) -> None:
    proposal = proposal_ids(url)[0]
    before = verified(url)

    def half(session: Session) -> None:
        _moves(session, proposal, "kept")
        try:
            with session.begin_nested():
                _moves(session, proposal, "taken back")
                raise LookupError
        except LookupError:
            pass
        _moves(session, proposal, "kept too")

    with store_of(url) as store:
        store.write(half)
    found = verified(url)
    assert found.whole, found.broken
    assert found.entries == before.entries + 4


# --- tampering --------------------------------------------------------------------------------------------------------

REASON = "UPDATE audit SET reason = '另有原因' WHERE proposal_id = :p AND place = 3"
CHANGES = {
    "a reason": REASON,
    "an actor": "UPDATE audit SET actor = 'm099' WHERE proposal_id = :p AND place = 3",
    "a moment": "UPDATE audit SET at = '2026-03-02 02:00:00.123457+00:00' WHERE proposal_id = :p AND place = 3",
    "a unit": "UPDATE audit SET assignment_id = NULL, row_id = row_id + 1 WHERE proposal_id = :p AND place = 3",
    "a hash": "UPDATE audit SET hash = previous WHERE proposal_id = :p AND place = 3",
    "a place": "UPDATE audit SET place = 999 WHERE proposal_id = :p AND place = 4",
    "one in the middle gone": "DELETE FROM audit WHERE proposal_id = :p AND place = 3",
    "the first gone": "DELETE FROM audit WHERE proposal_id = :p AND place = 1",
    "the last gone": "DELETE FROM audit WHERE proposal_id = :p AND place = (SELECT entries FROM chain WHERE proposal_id = :p)",
    "all gone": "DELETE FROM audit WHERE proposal_id = :p",
    "one more": "INSERT INTO audit (proposal_id, kind, row_id, actor, role, event, before, after, reason, at, cause, place,"
    " previous, hash) SELECT proposal_id, kind, row_id, actor, role, event, before, after, reason, at, cause,"
    " place + 1, hash, hash FROM audit WHERE proposal_id = :p AND place = (SELECT max(place) FROM audit"
    " WHERE proposal_id = :p)",
    "another's": "UPDATE audit SET proposal_id = (SELECT max(id) FROM proposal) WHERE proposal_id = :p AND place = 5",
    "the head": "UPDATE chain SET head = 'x' WHERE proposal_id = :p",
    "the length": "UPDATE chain SET entries = entries - 1 WHERE proposal_id = :p",
    "no head": "DELETE FROM chain WHERE proposal_id = :p",
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_whatever_was_changed_is_found(change: str, url: str) -> None:
    first = proposal_ids(url)[0]
    tampered(url, CHANGES[change], p=first)
    found = verified(url)
    assert found.broken is not None
    assert found.broken.proposal == first
    assert (found.chains, found.entries) == (0, 0)


def test_a_chain_that_was_wiped_out_with_its_head_is_missed(url: str) -> None:
    second = proposal_ids(url)[1]
    tampered(url, CHANGES["all gone"], p=second)
    tampered(url, CHANGES["no head"], p=second)
    found = verified(url)
    assert found.broken is not None
    assert found.broken.proposal == second
    assert found.chains == 1


def test_a_draft_has_no_entries_and_misses_none(url: str) -> None:
    with store_of(url) as store:
        store.write(lambda s: s.add(Proposal(proposer="m013", created_at=FACTS["at"])))
    assert verified(url).whole


# --- the database refuses ---------------------------------------------------------------------------------------------

REFUSED = {
    "update": "UPDATE audit SET reason = ''",
    "update of nothing new": "UPDATE audit SET id = id",
    "delete": "DELETE FROM audit WHERE place = 1",
    "another text": "UPDATE version SET analysis = ''",
    "no text": "DELETE FROM version",
}
ONLY = {
    "sqlite": {
        "replace": "INSERT OR REPLACE INTO audit SELECT * FROM audit",
        "replace by place": "REPLACE INTO audit SELECT 900, proposal_id, assignment_id, kind, row_id, actor, role, event,"
        " before, after, '', at, cause, place, previous, hash FROM audit WHERE id = 1",
        "upsert": "INSERT INTO audit SELECT * FROM audit WHERE true ON CONFLICT DO UPDATE SET reason = ''",
    },
    "postgresql": {
        "truncate": "TRUNCATE audit",
        "truncate above": "TRUNCATE proposal CASCADE",
        "as a replica": "SET session_replication_role = replica; DELETE FROM audit",
        "upsert": "INSERT INTO audit SELECT * FROM audit ON CONFLICT (id) DO UPDATE SET reason = ''",
    },
}


def test_the_database_refuses_to_change_entries_whoever_asks(url: str) -> None:
    kept = verified(url)
    with store_of(url) as store:
        for name, statement in (REFUSED | ONLY["sqlite" if store.is_sqlite else "postgresql"]).items():
            with pytest.raises(DBAPIError, match="append-only"), store.connection() as connection:
                connection.execute(sa.text(statement))
            assert verified(url) == kept, name


def test_guards_that_somebody_took_away_are_missed_and_put_back_by_migrate(url: str, tmp_path: Path) -> None:
    path = config(tmp_path, url)
    with store_of(url) as store, store.connection() as connection:
        triggers.lift(connection)
    assert "触发器" in refused("verify", "--config", path, code=1)
    fine("migrate", "--config", path)
    assert "完好" in fine("verify", "--config", path)


def test_a_guard_that_was_put_to_sleep_is_missed(lived: Any) -> None:
    url = lived("postgresql")
    with store_of(url) as store:
        with store.connection() as connection:
            connection.execute(sa.text("ALTER TABLE audit DISABLE TRIGGER USER"))
        assert not verified(url).guarded
        with store.connection() as connection:
            triggers.protect(connection)
        assert verified(url).guarded


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_counts_what_is_well(url: str, tmp_path: Path) -> None:
    found = verified(url)
    said = well(bot("verify", "--config", config(tmp_path, url)))
    assert said == f"审计链完好：3 条链，{found.entries} 条记录。\n"


def test_the_command_names_the_first_that_is_broken(url: str, tmp_path: Path) -> None:
    first, second, _ = proposal_ids(url)
    tampered(url, REASON, p=second)
    tampered(url, CHANGES["the last gone"], p=second + 1)
    line = complaint(bot("verify", "--config", config(tmp_path, url)), code=1)
    assert f"提案 {second} " in line
    assert "第 3 条记录" in line
    assert "另有原因" not in line
    tampered(url, CHANGES["the last gone"], p=first)
    assert f"提案 {first} " in refused("verify", "--config", config(tmp_path, url), code=1)
