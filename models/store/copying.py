"""An office carried from one database into another, table by table, in batches: backup, restore and move come here.

Both sides are bare connections in a transaction of their own; the caller commits the target when all has come out even.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError

from models import schema, search
from models.store import WrongSchema, triggers
from models.trouble import Trouble

BATCH = 500
HEAVY = 4  # rows that carry a file
TABLES: Sequence[sa.Table] = [  # what others point to comes first; what follows from the rest is made anew
    table for table in schema.METADATA.sorted_tables if not table.info.get("derived")
]

Heard = Callable[[str, int, int], None]  # the table at hand, rows done, rows there are


class NotEmpty(Trouble):
    """The target has something in it that would be lost; the text says what."""


class BadRow(Trouble):
    """A row that cannot be read, or that the target does not take; the text names it by table and key."""


class Uneven(Trouble):
    """Not everything has arrived; the text names the table."""


@dataclass(frozen=True)
class Counted:
    """How many rows a table has on both sides."""

    table: str
    source: int
    target: int


# --- before -----------------------------------------------------------------------------------------------------------


def check_version(connection: sa.Connection) -> None:
    """WrongSchema unless there are tables of this program's version."""
    have, want = schema.version(connection), schema.newest()
    if have != want:
        raise WrongSchema(f"它的结构版本是 {have or '空'}，本程序需要 {want}。")


def hold(connection: sa.Connection) -> None:
    """Let nobody write until the transaction ends: what were written now would stay behind. (SQLite does so anyway.)"""
    if connection.dialect.name == "postgresql":
        _be_patient(connection)
        connection.execute(sa.text(f"LOCK TABLE {_names(connection)} IN SHARE MODE"))


def prepare(target: sa.Connection, *, replace: bool = False) -> dict[str, int]:
    """Make the target ready: tables of this version with nothing in them. Returns the last ids it has given out.

    NotEmpty when there is something, unless it may be replaced; WrongSchema when the tables are of another version.
    """
    if target.dialect.name == "postgresql":
        _be_patient(target)
    there = set(sa.inspect(target).get_table_names())
    if not there:
        schema.upgrade(target)
        return {}
    if not schema.version(target):
        raise NotEmpty(f"里面已有别的表（{min(there)}），请另建一个空的数据库。")
    check_version(target)
    filled = [table for table in TABLES if target.scalar(sa.select(sa.exists(sa.select(table))))]
    if not filled:
        return {}
    if not replace:
        raise NotEmpty(f"里面已有数据（{filled[0].name}）。")
    given_out = last_ids(target)
    _empty(target)
    return given_out


def _empty(target: sa.Connection) -> None:
    triggers.lift(target)
    if target.dialect.name == "postgresql":
        target.execute(sa.text(f"TRUNCATE {_names(target)}"))
    else:
        for table in reversed(TABLES):
            target.execute(sa.delete(table))
    search.clear(target)
    triggers.protect(target)


def _be_patient(connection: sa.Connection) -> None:
    """Reading one side may leave the other idle for a while."""
    connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def _names(connection: sa.Connection) -> str:
    return ", ".join(_quoted(connection, table.name) for table in TABLES)


def _quoted(connection: sa.Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


# --- copying ----------------------------------------------------------------------------------------------------------


def copy(
    source: sa.Connection, target: sa.Connection, heard: Heard, given_out: dict[str, int] | None = None
) -> list[Counted]:
    """Copy every table into the empty ones of the target, and set its sequences; Uneven unless both sides have the same.

    `given_out`: ids that the target had given out before; none of them is given out again.
    """
    expected = {table.name: count(source, table) for table in TABLES}
    done, whole = 0, sum(expected.values())
    for table in TABLES:
        heard(table.name, done, whole)
        for rows in _batches(source, table):
            _put(target, table, rows)
            done += len(rows)
            heard(table.name, done, whole)
        _close_circles(source, target, table)
    before = given_out or {}
    set_last_ids(target, {name: max(last, before.get(name, 0)) for name, last in last_ids(source).items()})
    search.catch_up(target)
    if target.dialect.name == "postgresql":
        target.execute(sa.text(f"ANALYZE {_names(target)}"))  # else it plans for empty tables until it notices
    counted = [Counted(table.name, expected[table.name], count(target, table)) for table in TABLES]
    for one in counted:
        if one.source != one.target:
            raise Uneven(f"{one.table} 有 {one.source} 行，只到了 {one.target} 行。")
    return counted


def count(connection: sa.Connection, table: sa.Table) -> int:
    """How many rows a table has."""
    return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def _batches(source: sa.Connection, table: sa.Table) -> Any:
    """The rows in the order of their keys, a batch at a time."""
    heavy = any(isinstance(column.type, sa.LargeBinary) for column in table.columns)
    rows = sa.select(table).order_by(*table.primary_key).execution_options(yield_per=HEAVY if heavy else BATCH)
    try:
        for batch in source.execute(rows).mappings().partitions():
            yield [dict(row) for row in batch]
    except (LookupError, ValueError, TypeError) as error:  # a word or a time that the types do not know
        raise BadRow(f"{table.name} 里有一行读不懂（{type(error).__name__}）。") from error


def _put(target: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    to_itself = _to_itself(table)
    values = [row | dict.fromkeys(to_itself) for row in rows] if to_itself else rows
    if _fits(target, table, values):
        return
    culprit = next((row for row in values if not _fits(target, table, [row])), values[0])
    key = "、".join(str(culprit[column.name]) for column in table.primary_key)
    raise BadRow(f"{table.name} 的 {key} 放不进目标数据库（文字过长，或含有它不接受的字符）。")


def _fits(target: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> bool:
    try:
        with target.begin_nested():
            target.execute(sa.insert(table), rows)
    except (DataError, IntegrityError):
        return False
    return True


def _to_itself(table: sa.Table) -> list[str]:
    """Columns that point to other rows of the same table: to rows, perhaps, that come later."""
    return [key.parent.name for key in table.foreign_keys if key.column.table is table]


def _close_circles(source: sa.Connection, target: sa.Connection, table: sa.Table) -> None:
    """Fill in what `_put` has left out, now that every row is there."""
    [key] = table.primary_key if len(table.primary_key) == 1 else [None]
    for name in _to_itself(table):
        assert key is not None
        column = table.c[name]
        pointing = sa.select(key.label("b_key"), column.label("b_value")).where(column.is_not(None))
        fill = sa.update(table).where(key == sa.bindparam("b_key")).values({name: sa.bindparam("b_value")})
        for batch in source.execute(pointing.execution_options(yield_per=BATCH)).mappings().partitions():
            target.execute(fill, [dict(row) for row in batch])


# --- ids --------------------------------------------------------------------------------------------------------------


def _counting(table: sa.Table) -> Any:
    """The column that the database numbers by itself, if there is one."""
    return table.autoincrement_column


def last_ids(connection: sa.Connection) -> dict[str, int]:
    """The last id that each table has given out, also when its row is gone."""
    last: dict[str, int] = {}
    for table in TABLES:
        if (key := _counting(table)) is not None:
            last[table.name] = connection.scalar(sa.select(sa.func.max(key))) or 0
    if connection.dialect.name == "sqlite":
        kept = connection.execute(sa.text("SELECT name, seq FROM sqlite_sequence"))
        return last | {name: max(last[name], number) for name, number in kept if name in last}
    for name in last:
        asked = sa.text(f"SELECT last_value, is_called FROM {_sequence(connection, name)}")  # noqa: S608 - a name of ours
        value, used = connection.execute(asked).one()
        last[name] = max(last[name], value if used else value - 1)
    return last


def set_last_ids(connection: sa.Connection, last: dict[str, int]) -> None:
    """Let the next id of each table be the one after; on SQLite only where ids must never come back."""
    for table in TABLES:
        if (number := last.get(table.name)) is None:
            continue
        if connection.dialect.name == "postgresql":
            setval = sa.text("SELECT setval(CAST(:sequence AS regclass), :value, :used)")
            values = {"sequence": _sequence(connection, table.name), "value": max(number, 1), "used": number > 0}
            connection.execute(setval, values)
        elif table.dialect_options["sqlite"]["autoincrement"]:
            connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
            row = {"name": table.name, "number": number}
            connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)"), row)


def _sequence(connection: sa.Connection, table: str) -> str:
    key = next(column.name for column in schema.METADATA.tables[table].primary_key)
    named = sa.text("SELECT pg_get_serial_sequence(:table, :column)")
    return str(connection.scalar(named, {"table": _quoted(connection, table), "column": key}))
