"""What the database itself refuses: to change or delete an audit entry, whoever asks."""

import sqlalchemy as sa

GUARDED = "audit"
_GUARDS = {
    "sqlite": {
        "audit_keeps_entries": "BEFORE DELETE ON audit",
        "audit_keeps_words": "BEFORE UPDATE ON audit",
        # INSERT OR REPLACE deletes without firing the trigger above
        "audit_keeps_places": "BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id "
        "OR (proposal_id = NEW.proposal_id AND place = NEW.place))",
    },
    "postgresql": {"audit_keeps_all": "BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"},
}
_REFUSES = "audit entries are append-only"
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{_REFUSES}' USING ERRCODE = 'restrict_violation'; END $$
"""


def protect(connection: sa.Connection) -> None:
    """Guard the audit entries; to be called as often as one likes, in any migration that has touched their table."""
    if not sa.inspect(connection).has_table(GUARDED):
        return
    engine = connection.dialect.name
    if engine == "postgresql":
        connection.execute(sa.text(_FUNCTION))
    for name, when in _GUARDS[engine].items():
        if name in guards(connection):
            continue
        if engine == "sqlite":
            connection.execute(sa.text(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{_REFUSES}'); END"))
        else:
            connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {name} ON {GUARDED}"))  # it may have been put to sleep
            connection.execute(
                sa.text(f"CREATE TRIGGER {name} {when} FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()")
            )
            connection.execute(sa.text(f"ALTER TABLE {GUARDED} ENABLE ALWAYS TRIGGER {name}"))


def lift(connection: sa.Connection) -> None:
    """Take the guards away until `protect` in the same transaction: only to put another office's books in place."""
    for name in guards(connection):
        of_table = f" ON {GUARDED}" if connection.dialect.name == "postgresql" else ""
        connection.execute(sa.text(f"DROP TRIGGER {name}{of_table}"))


def guards(connection: sa.Connection) -> set[str]:
    """The guards that are in place and awake."""
    if connection.dialect.name == "sqlite":
        there = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
    else:
        there = (
            "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relname = :table "
            "AND pg_table_is_visible(c.oid) AND NOT t.tgisinternal AND t.tgenabled = 'A'"
        )
    return set(connection.scalars(sa.text(there), {"table": GUARDED})) & set(_GUARDS[connection.dialect.name])


def is_protected(connection: sa.Connection) -> bool:
    """Whether every guard is in place."""
    return guards(connection) == set(_GUARDS[connection.dialect.name])
