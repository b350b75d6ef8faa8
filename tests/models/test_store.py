"""The store: all or nothing, once, in order, and patient with a busy database, on both kinds."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, StatementError
from sqlmodel import Session, col, func, select

from models import store as stores
from models.messages import Incoming, Wait
from models.people import Person
from models.store import Counter, Store, StoreDown, claimed, count_up, database_url, locked, put_all
from tests.databases import sqlite_url

SHANGHAI = timezone(timedelta(hours=8))
NOON = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    yield store
    store.close()


def arrival(key: str, person: str = "m013", **more: Any) -> Incoming:
    return Incoming(key=key, person=person, fields={"Content": "词"}, received_at=NOON, **more)


def how_many(store: Store, kind: Any = Incoming) -> int:
    return store.write(lambda session: session.exec(select(func.count()).select_from(kind)).one())


# --- all or nothing ---------------------------------------------------------------------------------------------------


def test_what_fails_leaves_nothing(store: Store) -> None:
    def half(session: Session) -> None:
        session.add(arrival("m1"))
        session.flush()
        count_up(session, "serial:2026")
        put_once(session, "m2")
        raise LookupError("in the middle")

    with pytest.raises(LookupError):
        store.write(half)
    assert how_many(store) == 0
    assert store.write(lambda session: count_up(session, "serial:2026")) == 1


async def test_what_fails_in_a_thread_tells_its_caller(store: Store) -> None:
    def half(session: Session) -> None:
        session.add(arrival("m1"))
        raise LookupError("in the middle")

    with pytest.raises(LookupError):
        await store.run(half)
    assert await store.read(lambda session: session.exec(select(func.count()).select_from(Incoming)).one()) == 0


def put_once(session: Session, *keys: str, person: str = "m013") -> None:
    kept = {"person": person, "fields": {"Content": "词"}, "received_at": NOON, "state": Wait.WAITING}
    put_all(session, Incoming, [{"key": key, **kept, "attempts": 0, "trouble": ""} for key in keys])


def test_a_key_is_put_once(store: Store) -> None:
    store.write(lambda session: put_once(session, "m1", "m2", "m1"))
    store.write(lambda session: put_once(session, "m2", "m3", person="m015"))
    rows = store.write(lambda session: session.exec(select(Incoming).order_by(col(Incoming.id))).all())
    assert [(row.key, row.person) for row in rows] == [("m1", "m013"), ("m2", "m013"), ("m3", "m015")]
    assert (rows[0].fields, rows[0].received_at, rows[0].state) == ({"Content": "词"}, NOON, Wait.WAITING)


def test_a_key_is_put_once_by_many_at_once(store: Store) -> None:
    keys = [f"m{n}" for n in range(10)]
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda n: store.write(lambda session: put_once(session, *keys[:: 1 - n % 2 * 2])), range(16)):
            pass
    assert how_many(store) == 10


def test_counting_has_no_gap_and_no_repetition_under_threads(store: Store) -> None:
    def count(turn: int) -> int | None:
        def work(session: Session) -> int:
            number = count_up(session, "serial:2026")
            if turn % 5 == 4:
                raise LookupError(number)  # what is given back is given again
            return number

        try:
            return store.write(work)
        except LookupError:
            return None

    with ThreadPoolExecutor(6) as pool:
        given = [number for number in pool.map(count, range(40)) if number is not None]
    assert sorted(given) == list(range(1, 33))


def test_series_are_counted_apart(store: Store) -> None:
    def work(session: Session) -> list[int]:
        return [count_up(session, name) for name in ("reply:u10:2026", "reply:u10:2026", "reply:u06:2026")]

    assert store.write(work) == [1, 2, 1]


# --- patience ---------------------------------------------------------------------------------------------------------


@contextmanager
def held(store: Store) -> Iterator[Callable[[], None]]:
    """Another program holds what a writer needs; call what you are given to let go."""
    connection: Any
    if store.is_sqlite:
        connection = sqlite3.connect(str(store.url.database), check_same_thread=False, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
    else:
        plain = store.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg.connect(plain)
        connection.execute("SELECT * FROM person WHERE userid = 'm013' FOR UPDATE")
    try:
        yield connection.rollback
    finally:
        connection.rollback()
        connection.close()


def rename(session: Session) -> str:
    person = locked(session, Person, "m013")
    assert person is not None
    person.title = "委员"
    session.add(person)
    return person.title


def test_a_lock_of_two_seconds_is_waited_for(store: Store) -> None:
    with held(store) as let_go:
        timer = threading.Timer(2, let_go)
        timer.start()
        begun = time.monotonic()
        assert store.write(rename) == "委员"
        assert time.monotonic() - begun > 1.5
        timer.join()


def test_a_lock_without_end_is_given_up_before_the_platform_hangs_up(store: Store) -> None:
    with held(store):
        begun = time.monotonic()
        with pytest.raises(StoreDown):
            store.write(rename)
        assert 3 < time.monotonic() - begun < 5
    assert store.write(rename) == "委员"


async def test_reading_goes_on_beside_a_writer(store: Store) -> None:
    writing, go_on = threading.Event(), threading.Event()

    def slow(session: Session) -> None:
        session.add(arrival("m1"))
        session.flush()
        writing.set()
        assert go_on.wait(10)

    writer = asyncio.create_task(store.run(slow))
    await asyncio.to_thread(writing.wait, 10)
    assert await store.read(lambda session: session.exec(select(func.count()).select_from(Incoming)).one()) == 0
    assert await store.read(stores.answers)
    go_on.set()
    await writer
    assert await store.read(lambda session: session.exec(select(func.count()).select_from(Incoming)).one()) == 1


def test_two_who_wait_for_each_other_are_both_served(store: Store) -> None:
    """PostgreSQL ends one of them: it is tried again. SQLite lets them in one after the other."""
    together = threading.Barrier(2)
    tries: list[str] = []

    def both(first: str, second: str) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            tries.append(first)
            locked(session, Person, first)
            if not store.is_sqlite and tries.count(first) == 1:
                together.wait(10)
            person = locked(session, Person, second)
            assert person is not None
            person.title = first
            session.add(person)

        return work

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(store.write, both("m013", "m015"))
        two = pool.submit(store.write, both("m015", "m013"))
        one.result(20)
        two.result(20)
    titles = store.write(lambda s: [s.get_one(Person, who).title for who in ("m013", "m015")])
    assert titles == ["m015", "m013"]
    assert len(tries) >= (2 if store.is_sqlite else 3)


def test_a_row_somebody_has_claimed_is_passed_over(store: Store) -> None:
    if store.is_sqlite:  # its writer is alone: nobody else can have claimed anything
        assert store.writers == 1
        return
    store.write(lambda session: put_once(session, "m1", "m2"))
    wanted = select(Incoming).order_by(col(Incoming.id)).limit(1)
    with Session(store._writing) as first, Session(store._writing) as second:
        assert claimed(first, wanted).one().key == "m1"
        assert claimed(second, wanted).one().key == "m2"


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_a_database_that_is_not_there_is_down() -> None:
    nowhere = Store("postgresql://postgres@127.0.0.1:9/none")
    with pytest.raises(StoreDown):
        nowhere.write(stores.answers)
    nowhere.close()


def test_a_file_that_cannot_be_opened_is_down(tmp_path: Path) -> None:
    (tmp_path / "tiantong.db").mkdir()
    nowhere = Store(sqlite_url(tmp_path))
    with pytest.raises(StoreDown):
        nowhere.write(stores.answers)
    nowhere.close()


def test_a_connection_that_was_cut_is_down_once_and_then_well(store: Store) -> None:
    if store.is_sqlite:
        return

    def cut(session: Session) -> None:
        mine = session.connection().execute(sa.text("SELECT pg_backend_pid()")).scalar()
        plain = store.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (mine,))
        session.connection().execute(sa.text("SELECT 1"))

    with pytest.raises(StoreDown):
        store.write(cut)
    assert store.write(stores.answers)


def test_a_wrong_statement_is_a_bug_and_not_bad_weather(store: Store) -> None:
    with pytest.raises(DBAPIError):
        store.write(lambda session: session.connection().execute(sa.text("SELECT nothing FROM nowhere")))


def test_a_broken_rule_of_the_schema_is_a_bug(store: Store) -> None:
    store.write(lambda session: session.add(arrival("m1")))
    with pytest.raises(sa.exc.IntegrityError):
        store.write(lambda session: session.add(arrival("m1")))


async def test_a_closed_store_is_down(store: Store) -> None:
    store.close()
    with pytest.raises(StoreDown):
        await store.run(stores.answers)
    with pytest.raises(StoreDown):
        await store.read(stores.answers)


@pytest.mark.parametrize("url", ["mysql://root@localhost/x", "oracle://x", "sqlite+aiosqlite:///x.db"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:/// or postgresql://"):
        database_url(url)


# --- columns ----------------------------------------------------------------------------------------------------------


def test_a_moment_comes_back_in_utc(store: Store) -> None:
    store.write(lambda session: session.add(arrival("m1")))
    [row] = store.write(lambda session: session.exec(select(Incoming)).all())
    assert row.received_at == NOON
    assert row.received_at.utcoffset() == timedelta(0)
    found = store.write(lambda session: session.exec(select(Incoming).where(Incoming.received_at <= NOON)).all())
    assert len(found) == 1
    earlier = NOON.astimezone(UTC) - timedelta(seconds=1)
    assert not store.write(lambda s: s.exec(select(Incoming).where(Incoming.received_at <= earlier)).all())


def test_a_moment_without_a_zone_is_refused(store: Store) -> None:
    naive = datetime(2026, 3, 2)  # noqa: DTZ001
    with pytest.raises(StatementError, match="time zone"):
        store.write(lambda session: session.add(arrival("m1", not_before=naive)))


def test_an_enum_is_kept_by_its_name(store: Store) -> None:
    store.write(lambda session: session.add(arrival("m1", state=Wait.PARKED)))
    kept = store.write(lambda session: session.connection().execute(sa.text("SELECT state FROM incoming")).scalar())
    assert kept == "parked"
    [row] = store.write(lambda session: session.exec(select(Incoming).where(Incoming.state == Wait.PARKED)).all())
    assert row.state is Wait.PARKED


def test_a_day_is_a_day(store: Store) -> None:
    assert store.write(lambda s: s.connection().execute(sa.select(sa.literal(date(2026, 3, 2)))).scalar())
    assert how_many(store, Counter) == 0
