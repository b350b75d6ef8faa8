"""Many rows at once, past the ORM: executemany on SQLite, COPY on PostgreSQL. Values are written as both engines keep them."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from models import schema
from models.store import Store

AT_ONCE = 20_000  # rows held in memory

Row = Sequence[Any]


def empty(database: str) -> None:
    """A new office without anybody in it."""
    store = Store(database)
    try:
        schema.migrate(store)
    finally:
        store.close()


def fill(database: str, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert rows, in their order."""
    url = make_url(database)
    if url.drivername == "sqlite":
        assert url.database
        with closing(sqlite3.connect(url.database)) as connection:
            connection.execute("PRAGMA synchronous=OFF")
            names, marks = ", ".join(columns), ", ".join("?" * len(columns))
            connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608  # our names
            connection.commit()
        return
    copy = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with psycopg.connect(database) as server, server.cursor() as cursor, cursor.copy(copy) as stream:
        for row in rows:
            stream.write_row(row)


def ask(database: str, question: str) -> list[tuple[Any, ...]]:
    """The rows of a query, or of nothing for a statement."""
    url = make_url(database)
    if url.drivername == "sqlite":
        assert url.database
        with closing(sqlite3.connect(url.database, timeout=10)) as connection:
            rows = connection.execute(question).fetchall()
            connection.commit()
            return rows
    with psycopg.connect(database, autocommit=True) as server:
        cursor = server.execute(question.encode())
        return cursor.fetchall() if cursor.description else []


def tidied(database: str) -> None:
    """What autovacuum does within minutes: statistics for the planner, the numbers of the next rows."""
    if make_url(database).drivername == "sqlite":
        ask(database, "PRAGMA wal_checkpoint(TRUNCATE)")
        return
    for (table,) in ask(
        database,
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'id' "
        "AND column_default LIKE 'nextval%'",
    ):
        ask(database, f"SELECT setval('{table}_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM {table}))")  # noqa: S608
    ask(database, "VACUUM ANALYZE")


# --- people -----------------------------------------------------------------------------------------------------------


def member(number: int) -> str:
    """The userid of a member."""
    return f"member{number:06d}"


def members(database: str, number: int, first: int = 0) -> None:
    """So many members of the committee."""
    numbers = range(first, first + number)
    people(database, ((member(n), f"委员{n}", "member", None) for n in numbers))


def people(database: str, some: Iterable[tuple[str, str, str, str | None]]) -> None:
    """(userid, name, role, unit) for each."""
    rows = list(some)
    blank = ("title", "sector", "party", "committee", "duty", "liaison_area")
    fill(
        database,
        "person",
        ("userid", "name", *blank, "active", "plain"),
        ((userid, name, *[""] * len(blank), True, False) for userid, name, _, _ in rows),
    )
    fill(database, "holding", ("person", "role", "unit"), ((userid, role, unit) for userid, _, role, unit in rows))


def units(database: str, number: int) -> None:
    """So many handling units, each with a liaison `liaison000001`."""
    fill(
        database,
        "unit",
        ("id", "name", "short_name", "system", "kind", "keywords", "reply_prefix", "major"),
        ((unit(n), f"第{n}单位", f"{n}局", "政府", "局", json.dumps([]), f"局{n}", False) for n in range(number)),
    )
    people(database, ((liaison(n), f"联络员{n}", "unit_liaison", unit(n)) for n in range(number)))


def unit(number: int) -> str:
    """The id of a unit."""
    return f"unit{number:04d}"


def liaison(number: int) -> str:
    """The userid of a unit's liaison."""
    return f"liaison{number:06d}"


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """So many at a time."""
    rest = iter(rows)
    while batch := list(islice(rest, AT_ONCE)):
        yield batch
