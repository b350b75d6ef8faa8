"""What the database itself refuses, whoever asks: to change or delete an audit entry, or a text that was handed in."""

import sqlalchemy as sa

GUARDED = ("audit", "version")  # each has an id, and one place per proposal
_FUNCTION = """
CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% entries are append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$
"""


def _guards_of(table: str, engine: str) -> dict[str, str]:
    if engine == "postgresql":
        return {f"{table}_keeps_all": f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"}
    return {
        f"{table}_keeps_entries": f"BEFORE DELETE ON {table}",
        f"{table}_keeps_words": f"BEFORE UPDATE ON {table}",
        # INSERT OR REPLACE deletes without firing the trigger above
        f"{table}_keeps_places": f"BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id "  # noqa: S608
        "OR (proposal_id = NEW.proposal_id AND place = NEW.place))",
    }


def protect(connection: sa.Connection) -> None:
    """Guard what is never changed; to be called as often as one likes, in any migration that has touched their tables."""
    engine = connection.dialect.name
    for table in _there(connection):
        if engine == "postgresql":
            connection.execute(sa.text(_FUNCTION))
        for name, when in _guards_of(table, engine).items():
            if name not in guards(connection):
                _put_up(connection, table, name, when)


def _there(connection: sa.Connection) -> list[str]:
    known = sa.inspect(connection)
    return [table for table in GUARDED if known.has_table(table)]


def _put_up(connection: sa.Connection, table: str, name: str, when: str) -> None:
    if connection.dialect.name == "sqlite":
        refuses = f"{table} entries are append-only"
        connection.execute(sa.text(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{refuses}'); END"))
        return
    connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {name} ON {table}"))  # it may have been put to sleep
    connection.execute(
        sa.text(f"CREATE TRIGGER {name} {when} FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()")
    )
    connection.execute(sa.text(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"))


def lift(connection: sa.Connection) -> None:
    """Take the guards away until `protect` in the same transaction: only to put another office's books in place."""
    for name in guards(connection):
        of_table = f" ON {name.partition('_')[0]}" if connection.dialect.name == "postgresql" else ""
        connection.execute(sa.text(f"DROP TRIGGER {name}{of_table}"))


def guards(connection: sa.Connection) -> set[str]:
    """The guards that are in place and awake."""
    if connection.dialect.name == "sqlite":
        there = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN :tables"
    else:
        there = (
            "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relname IN :tables "
            "AND pg_table_is_visible(c.oid) AND NOT t.tgisinternal AND t.tgenabled = 'A'"
        )
    named = sa.text(there).bindparams(sa.bindparam("tables", expanding=True))
    return set(connection.scalars(named, {"tables": list(GUARDED)})) & _wanted(connection)


def _wanted(connection: sa.Connection) -> set[str]:
    return {name for table in GUARDED for name in _guards_of(table, connection.dialect.name)}


def is_protected(connection: sa.Connection) -> bool:
    """Whether every guard is in place."""
    return guards(connection) == _wanted(connection)
