"""Many rows at once, past the ORM: executemany on SQLite, COPY on PostgreSQL. What a row does not name has its default."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from models import schema
from models.people import Holding, Person, Unit
from models.store import Store

Row = Sequence[Any]


def empty(database: str) -> None:
    """A new office without anybody in it."""
    store = Store(database)
    try:
        schema.migrate(store)
    finally:
        store.close()


def fill(database: str, kind: type[SQLModel], names: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert rows of a table in their order; `names` are the columns that the rows have."""
    rest = {name: field for name, field in kind.model_fields.items() if name not in names and name != "id"}
    blank = tuple(
        plain(None if field.is_required() else field.get_default(call_default_factory=True)) for field in rest.values()
    )
    table, columns = str(kind.__tablename__), (*names, *rest)
    whole = ((*row, *blank) for row in rows)
    url = make_url(database)
    if url.drivername == "sqlite":
        assert url.database
        with closing(sqlite3.connect(url.database)) as connection:
            connection.execute("PRAGMA synchronous=OFF")
            marks = ", ".join("?" * len(columns))
            connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", whole)  # noqa: S608
            connection.commit()
        return
    copy = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with psycopg.connect(database) as server, server.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # our own rows need no looking up of every foreign key
        with cursor.copy(copy) as stream:
            for row in whole:
                stream.write_row(row)


def plain(value: Any) -> Any:
    """As both engines keep it: enums by name, lists as JSON, moments as text in UTC."""
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    if isinstance(value, date):
        return value.isoformat()
    return value


def now() -> str:
    """This moment, as a row keeps it."""
    return str(plain(datetime.now(UTC)))


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


def size(database: str) -> float:
    """Megabytes on disk."""
    url = make_url(database)
    if url.drivername == "sqlite":
        return (
            sum(
                file.stat().st_size
                for file in Path(url.database or "").parent.glob(f"{Path(url.database or '').name}*")
            )
            / 1e6
        )
    return int(ask(database, "SELECT pg_database_size(current_database())")[0][0]) / 1e6


def tidied(database: str) -> None:
    """What an engine does by itself within minutes: the log folded in, statistics for the planner; and the next ids."""
    if make_url(database).drivername == "sqlite":
        ask(database, "PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with_id = "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'id'"
    for (table,) in ask(database, f"{with_id} AND column_default LIKE 'nextval%'"):
        ask(database, f"SELECT setval('{table}_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM {table}))")  # noqa: S608
    ask(database, "VACUUM ANALYZE")


# --- people -----------------------------------------------------------------------------------------------------------


def member(number: int) -> str:
    """The userid of a member."""
    return f"member{number:06d}"


def unit(number: int) -> str:
    """The id of a unit."""
    return f"unit{number:04d}"


def liaison(number: int) -> str:
    """The userid of a unit's liaison."""
    return f"liaison{number:06d}"


def members(database: str, number: int, first: int = 0) -> None:
    """So many members of the committee."""
    people(database, [(member(n), f"委员{n}", "member", None) for n in range(first, first + number)])


def units(database: str, number: int) -> None:
    """So many handling units, each with a liaison and a reviewer."""
    fill(database, Unit, ("id", "name"), [(unit(n), f"第{n}单位") for n in range(number)])
    people(database, [(liaison(n), f"联络员{n}", "unit_liaison", unit(n)) for n in range(number)])
    people(database, [(f"reviewer{n:06d}", f"复核{n}", "unit_reviewer", unit(n)) for n in range(number)])


def people(database: str, some: Sequence[tuple[str, str, str, str | None]]) -> None:
    """(userid, name, role, unit) for each."""
    fill(database, Person, ("userid", "name"), [(userid, name) for userid, name, _, _ in some])
    fill(database, Holding, ("person", "role", "unit"), [(userid, role, unit) for userid, _, role, unit in some])
