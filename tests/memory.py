"""What stories begin with is lived once in every worker and then remembered: the database, the phones, the time.

The bot is started anew on what is put back, and knows nothing but its rows; the platform keeps its address.
"""

import functools
import inspect
import io
import pickle
import sqlite3
import zlib
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import psycopg
from psycopg import sql

from models import schema
from models.store import triggers
from simulator.person import Person
from simulator.platform import Platform

if TYPE_CHECKING:
    from tests.town import Town

P = ParamSpec("P")
R = TypeVar("R")


# --- the database -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tables:
    """What PostgreSQL gives out: rows by table, as COPY writes them, and the last number of each sequence."""

    rows: dict[str, bytes]
    given: Sequence[tuple[str, int]]


def rows_of(url: str) -> bytes | Tables:
    """All that is in a database now, whoever is at work in it: SQLite's file, packed, or PostgreSQL's tables."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(_file(url))) as source, closing(sqlite3.connect(":memory:")) as copy:
            source.backup(copy)
            return zlib.compress(copy.serialize(), 1)
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        rows = {name: _out(connection, name) for name in _filled(connection)}
        given = connection.execute("SELECT sequencename, last_value FROM pg_sequences WHERE last_value > 0").fetchall()
        return Tables(rows, given)


def put_rows(url: str, kept: bytes | Tables) -> None:
    """Let a database of the same kind and version hold these rows and no others. Nobody is connected to it."""
    if isinstance(kept, bytes):
        for rest in ("-wal", "-shm"):
            Path(_file(url) + rest).unlink(missing_ok=True)
        Path(_file(url)).write_bytes(zlib.decompress(kept))
        return
    with psycopg.connect(url) as connection:
        for name in triggers.GUARDED:
            _say(connection, "ALTER TABLE {} DISABLE TRIGGER USER", name)
        for name in reversed(_in_order(_filled(connection))):
            _say(connection, "DELETE FROM {}", name)
        for name in _in_order(kept.rows):
            with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))) as copy:
                copy.write(kept.rows[name])
        for name, last in kept.given:
            connection.execute("SELECT setval(%s::regclass, %s)", [f'"{name}"', last])
        for name in triggers.GUARDED:
            _say(connection, f"ALTER TABLE {{}} ENABLE ALWAYS TRIGGER {name}_keeps_all", name)


def _file(url: str) -> str:
    return url.removeprefix("sqlite:///")


def _say(connection: psycopg.Connection, statement: str, name: str) -> None:
    connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _filled(connection: psycopg.Connection) -> list[str]:
    """The tables with rows in them."""
    there = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    looks = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(name), sql.Identifier(name))
        for (name,) in there
        if name != "alembic_version"
    )
    return [name for (name,) in connection.execute(looks)]


def _in_order(names: Iterable[str]) -> list[str]:
    """What others point to comes first."""
    known = [table.name for table in schema.METADATA.sorted_tables]
    return sorted(names, key=lambda name: known.index(name) if name in known else len(known))


def _out(connection: psycopg.Connection, name: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))) as copy:
        return b"".join(bytes(block) for block in copy)


# --- the platform -----------------------------------------------------------------------------------------------------


def _parts(platform: Platform) -> dict[str, Any]:
    """What of the platform refers to itself, by name: kept as a name, so that it fits another platform."""
    own = ("calendar", "switches", "directory", "tokens", "codes", "media", "post")
    return {"": platform} | {name: getattr(platform, name) for name in own}


_OF_PLATFORM = ("calls", "callbacks", "violations", "advice", "menu", "_message_id")
_OF_PERSON = ("inbox", "hidden", "on_plugin", "_read")
_WHOLE = ("tokens", "codes", "media", "post")


def phones_of(platform: Platform) -> bytes:
    """What the platform knows and what stands on its people's phones."""
    parts = {id(part): name for name, part in _parts(platform).items()}

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: object) -> str | None:
            return parts.get(id(obj))

    kept = io.BytesIO()
    Pickler(kept, pickle.HIGHEST_PROTOCOL).dump(
        (
            {name: getattr(platform, name) for name in _OF_PLATFORM},
            {
                userid: {name: getattr(platform.person(userid), name) for name in _OF_PERSON}
                for userid in platform.people
            },
            {name: vars(getattr(platform, name)) for name in _WHOLE},
        )
    )
    return kept.getvalue()


def put_phones(platform: Platform, phones: bytes) -> None:
    """Let the platform know this and nothing else."""
    parts = _parts(platform)

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, name: str) -> object:
            return parts[name]

    own, people, whole = Unpickler(io.BytesIO(phones)).load()
    vars(platform).update(own)
    for userid, person in people.items():
        vars(platform.person(userid)).update(person)
    for name, values in whole.items():
        vars(parts[name]).update(values)


# --- a past -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Past:
    """A town at some moment."""

    rows: bytes | Tables
    phones: bytes
    moment: datetime
    who: str | None  # whose phone the act has returned


Memory = dict[Hashable, Past]


def lived_once(act: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """An act with which stories begin: in a town to which nothing has happened yet it is remembered if it was lived before.

    It returns a person or nothing.
    """
    signature = inspect.signature(act)

    @functools.wraps(act)
    async def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        town: Town = bound.arguments.pop("town")
        if not town.is_untouched:
            return await act(*args, **kwargs)
        key = (f"{act.__module__}.{act.__qualname__}", repr(bound.arguments), town.kind)
        if key not in town.memory:
            person = await act(*args, **kwargs)
            assert person is None or isinstance(person, Person)
            who = person.userid if isinstance(person, Person) else None
            await town.quiet()
            rows, phones = rows_of(town.settings.database.url), phones_of(town.platform)
            town.memory[key] = Past(rows, phones, town.calendar.now(), who)
        past = town.memory[key]
        await town.returns_to(past)
        return cast(R, town.person(past.who) if past.who else None)

    return remembered
