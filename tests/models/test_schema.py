"""The schema: migrations from nothing give exactly what the models say, and a program of another version is told so."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, select

from models import schema
from models.joint import Version
from models.store import Store, WrongSchema
from tests.databases import Server, sqlite_url

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
COLUMNS = """SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
CONSTRAINTS = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store on a database with nothing in it."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        store = Store(server.fresh())
    else:
        store = Store(sqlite_url(tmp_path))
    yield store
    store.close()


@pytest.fixture
def other(empty: Store, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Another one of the same kind."""
    if empty.is_sqlite:
        store = Store(sqlite_url(tmp_path / "other"))
    else:
        server: Server = request.getfixturevalue("postgres")
        store = Store(server.fresh())
    yield store
    store.close()


def shape(store: Store) -> Any:
    """Everything the engine knows of columns, keys, indexes and their conditions."""
    if store.is_sqlite:
        return _shape_of_file(str(store.url.database))
    with psycopg.connect(_plain(store)) as connection:
        found = [connection.execute(question).fetchall() for question in (COLUMNS, INDEXES, CONSTRAINTS)]
    return [[row for row in rows if "alembic" not in row[0]] for rows in found]


def _plain(store: Store) -> str:
    return store.url.set(drivername="postgresql").render_as_string(hide_password=False)


def _shape_of_file(path: str) -> Any:
    with sqlite3.connect(path) as connection:

        def ask(question: str) -> list[tuple[Any, ...]]:
            return connection.execute(question).fetchall()

        found: dict[str, Any] = {}
        for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'alembic%'"):
            indexes = []
            for _, index, unique, origin, partial in ask(f"PRAGMA index_list('{name}')"):
                columns = tuple(column for _, _, column in ask(f"PRAGMA index_info('{index}')"))
                sql = next((sql for (sql,) in ask(f"SELECT sql FROM sqlite_master WHERE name = '{index}'")), "")  # noqa: S608
                written = " ".join((sql or "").split())
                indexes.append((origin, unique, partial, columns, written))
            columns = sorted(row[1:] for row in ask(f"PRAGMA table_info('{name}')"))
            keys = sorted(row[2:] for row in ask(f"PRAGMA foreign_key_list('{name}')"))
            found[name] = (columns, keys, sorted(indexes))
    connection.close()
    return found


def create_all(store: Store) -> None:
    """The tables as the models say."""
    with store.connection() as connection:
        SQLModel.metadata.create_all(connection)


def test_migrations_lead_where_the_models_are(empty: Store, other: Store) -> None:
    schema.migrate(empty)
    create_all(other)
    assert shape(empty) == shape(other)


def test_the_shape_has_what_matters(empty: Store) -> None:
    """So that the comparison above compares something: unique keys, and conditions of partial indexes."""
    schema.migrate(empty)
    told = str(shape(empty))
    assert told.count("waiting") >= 3
    assert "ux_conversation_open" in told
    assert "ux_rating_once" in told or "('u', 1, 0, ('assignment_id', 'round', 'person'), '')" in told


def test_the_foreign_keys_hold(empty: Store) -> None:
    schema.migrate(empty)
    with pytest.raises(sa.exc.IntegrityError), empty.connection() as connection:
        connection.execute(sa.text("INSERT INTO holding (person, role) VALUES ('nobody', 'member')"))


def test_migrating_tells_from_where_to_where_and_twice_does_no_harm(empty: Store) -> None:
    newest = schema.newest()
    assert schema.migrate(empty) == ("", newest)
    assert schema.migrate(empty) == (newest, newest)
    schema.check(empty)


def test_migrating_is_all_or_nothing(empty: Store) -> None:
    with empty.connection() as connection:
        connection.execute(sa.text("CREATE TABLE reply (id INTEGER)"))  # stands in the way of the last table
    with pytest.raises(DBAPIError):
        schema.migrate(empty)
    assert schema.current(empty) == ""
    with empty.connection() as connection:
        assert set(sa.inspect(connection).get_table_names()) - {"alembic_version"} == {"reply"}


def test_what_was_handed_in_before_there_were_versions_is_kept_as_the_first(empty: Store) -> None:
    config = schema._config()
    with empty.connection() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        tables = sa.MetaData()
        tables.reflect(connection)
        rows = {"state": "submitted", "stamp": 1, "term_session": "", "in_session": False, "researched": True}
        rows |= dict.fromkeys(("research_note", "no_public_reason", "accepted_by", "first_reviewer"), "")
        rows |= dict.fromkeys(("second_reviewer", "final_reviewer", "reason", "reject_code", "redirect_to"), "")
        rows |= {"not_secret": True, "closed_with_dissent": False, "proposer": "m013", "created_at": NOW}
        text = {
            "title": "关于社区食堂的提案",
            "category": "社会建设",
            "analysis": "老人吃饭难。",
            "suggestions": ["一", "二"],
        }
        connection.execute(
            tables.tables["person"]
            .insert()
            .values(
                **dict.fromkeys(("title", "sector", "party", "committee", "duty", "liaison_area"), ""),
                **{"userid": "m013", "name": "林知夏", "active": True, "plain": False},
            )
        )
        proposals = tables.tables["proposal"]
        for number, submitted_at in ((1, NOW), (2, None)):
            values = rows | text | {"id": number, "submitted_at": submitted_at, "suggested_units": []}
            connection.execute(proposals.insert().values(**values))
    schema.migrate(empty)
    kept = empty.write(lambda session: [v.model_dump() for v in session.exec(select(Version))])
    [first] = kept
    assert {name: first[name] for name in text} == text
    assert (first["proposal_id"], first["place"], first["handed_in_by"], first["signers"]) == (1, 1, "m013", [])
    assert first["handed_in_at"] == NOW


def test_the_way_back_leaves_nothing(empty: Store) -> None:
    schema.migrate(empty)
    config = schema._config()
    with empty.connection() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with empty.connection() as connection:
        assert set(sa.inspect(connection).get_table_names()) == {"alembic_version"}


@pytest.mark.parametrize("version", ["", "0000", "9999"], ids=["none", "older", "newer"])
def test_another_version_is_refused_with_what_to_type(empty: Store, version: str) -> None:
    schema.migrate(empty)
    with empty.connection() as connection:
        connection.execute(sa.text("DELETE FROM alembic_version"))
        if version:
            connection.execute(sa.text("INSERT INTO alembic_version VALUES (:it)"), {"it": version})
    with pytest.raises(WrongSchema) as refused:
        schema.check(empty)
    assert version in str(refused.value)
    assert schema.newest() in str(refused.value)
    assert "python -m bot migrate" in str(refused.value)


def test_an_empty_database_is_refused(empty: Store) -> None:
    with pytest.raises(WrongSchema):
        schema.check(empty)


def test_what_was_closed_before_0002_is_marked(empty: Store) -> None:
    """An office that upgrades has its old cases off the lists at once, and keeps on them those that still owe a talk."""
    config = schema._config()
    with empty.connection() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        tables = sa.MetaData()
        tables.reflect(connection)

        def put(table: str, **values: Any) -> None:
            columns = tables.tables[table].columns
            blank = {c.name: BLANK[c.type.python_type] for c in columns if not c.nullable and not c.primary_key}
            connection.execute(tables.tables[table].insert().values(blank | values))

        put("person", userid="m1")
        put("unit", id="u1")
        put("proposal", id=1, proposer="m1", state="handling")
        for number, state, part in (
            (1, "released", "sole"),
            (2, "done", "lead"),
            (3, "done", "lead"),
            (4, "done", "co"),
            (5, "working", "parallel"),
            (6, "done", "lead"),
        ):
            put("assignment", id=number, proposal_id=1, unit="u1", state=state, part=part, round=1)
        put("communication", proposal_id=1, assignment_id=3, round=1, stage="after", state="auto_confirmed")
        put("communication", proposal_id=1, assignment_id=6, round=1, stage="after", state="disputed")
    schema.migrate(empty)
    with empty.connection() as connection:
        marked = connection.execute(sa.text("SELECT id FROM assignment WHERE settled ORDER BY id")).scalars().all()
    assert marked == [1, 3, 4]


BLANK: dict[type, Any] = {
    str: "",
    int: 0,
    bool: False,
    date: date(2026, 3, 2),
    datetime: datetime(2026, 3, 2, tzinfo=UTC),
    object: [],  # JSON
}
