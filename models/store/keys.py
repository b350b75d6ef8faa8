"""What proposals are found by, on either engine: the few questions that each asks in its own words, side by side.

SQLite has an FTS5 table without content, PostgreSQL a table of arrays with a GIN index; both are called `wording_keys`.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlmodel import col

from models.wording import Mark, Wording, keys_of, marks_of

KEYS = "wording_keys"
ROOM, USUAL_ROOM = 128 * 1024, 2_000  # KiB of memory for SQLite's pages, the second as it is unless told


class Dialect(Protocol):
    """What the engines say differently."""

    make: tuple[str, ...]
    sharing: sa.TextClause  # the ids of what shares most of some marks; of each mark only the newest are looked at

    def brace(self, connection: sa.Connection) -> None:
        """Before very many changes."""

    def put(self, connection: sa.Connection, new: Sequence[Wording]) -> None:
        """Let these be found."""

    def drop(self, connection: sa.Connection, wording: Wording) -> None:
        """Let it be found no more."""

    def clear(self, connection: sa.Connection) -> None:
        """Forget everything."""

    def matching(self, keys: Sequence[int], before: int, among: Any, most: int) -> Any:
        """A statement: the ids, newest first, of what has all of these keys."""

    def tidy(self, connection: sa.Connection) -> None:
        """After them."""


class _SQLite:
    make: tuple[str, ...] = (
        f"CREATE VIRTUAL TABLE {KEYS} USING fts5(keys, content='', detail=none, columnsize=0, tokenize='ascii')",
    )

    def brace(self, connection: sa.Connection) -> None:
        connection.execute(sa.text(f"PRAGMA cache_size = -{ROOM}"))  # else every mark writes a page

    def put(self, connection: sa.Connection, new: Sequence[Wording]) -> None:
        if marks := _all_marks(new):
            connection.execute(sa.insert(Mark), [{"gram": mark, "proposal_id": number} for mark, number in marks])
        self._tell(connection, f"INSERT INTO {KEYS} (rowid, keys) VALUES (:id, :keys)", new)  # noqa: S608

    def drop(self, connection: sa.Connection, wording: Wording) -> None:
        gone = sa.and_(col(Mark.gram).in_(marks_of(wording)), col(Mark.proposal_id) == wording.proposal_id)
        connection.execute(sa.delete(Mark).where(gone))
        # a table without content has to be told what it forgets
        self._tell(connection, f"INSERT INTO {KEYS} ({KEYS}, rowid, keys) VALUES ('delete', :id, :keys)", [wording])  # noqa: S608

    def _tell(self, connection: sa.Connection, statement: str, wordings: Sequence[Wording]) -> None:
        rows = [{"id": w.proposal_id, "keys": " ".join(map(_token, keys_of(w.whole)))} for w in wordings]
        connection.execute(sa.text(statement), rows)

    def clear(self, connection: sa.Connection) -> None:
        connection.execute(sa.text(f"INSERT INTO {KEYS} ({KEYS}) VALUES ('delete-all')"))  # noqa: S608

    def matching(self, keys: Sequence[int], before: int, among: Any, most: int) -> Any:
        number = sa.column("rowid", sa.Integer)
        found = sa.select(number).select_from(sa.table(KEYS)).where(sa.text(f"{KEYS} MATCH :keys"), number < before)
        if among is not None:  # the plus: read in order and sifted, not asked for one by one
            found = found.where(sa.literal_column("+rowid").in_(among))
        return found.order_by(number.desc()).limit(most).params(keys=" AND ".join(map(_token, keys)))

    sharing = sa.text("""
        SELECT shared.proposal_id
        FROM json_each(:marks) AS wanted JOIN mark AS shared ON shared.gram = wanted.value AND shared.proposal_id > coalesce(
            (SELECT proposal_id FROM mark WHERE gram = wanted.value ORDER BY proposal_id DESC LIMIT 1 OFFSET :each), -1)
        GROUP BY shared.proposal_id ORDER BY count(*) DESC, shared.proposal_id DESC LIMIT :most
    """)

    def tidy(self, connection: sa.Connection) -> None:
        connection.execute(sa.text(f"INSERT INTO {KEYS} ({KEYS}) VALUES ('optimize')"))  # noqa: S608
        connection.execute(sa.text(f"PRAGMA cache_size = -{USUAL_ROOM}"))


class _PostgreSQL:
    make: tuple[str, ...] = (
        # the arrays are for the index alone: they are kept out of the way of its readers
        f"CREATE TABLE {KEYS} (proposal_id integer PRIMARY KEY, keys integer[] NOT NULL) WITH (toast_tuple_target = 128)",
        f"ALTER TABLE {KEYS} ALTER COLUMN keys SET STORAGE EXTERNAL",
        f"CREATE INDEX ix_{KEYS} ON {KEYS} USING gin (keys)",
    )

    def brace(self, connection: sa.Connection) -> None:
        if not connection.scalar(sa.text(f"SELECT EXISTS (SELECT 1 FROM {KEYS})")):  # noqa: S608
            connection.execute(sa.text(f"DROP INDEX ix_{KEYS}"))  # made at once at the end: nobody looks yet

    def put(self, connection: sa.Connection, new: Sequence[Wording]) -> None:
        marks = _all_marks(new)
        pairs = "unnest(CAST(:marks AS integer[])), unnest(CAST(:ids AS integer[]))"
        ids = {"marks": _array(mark for mark, _ in marks), "ids": _array(number for _, number in marks)}
        connection.execute(sa.text(f"INSERT INTO mark (gram, proposal_id) SELECT {pairs}"), ids)
        keys = sa.text(f"INSERT INTO {KEYS} (proposal_id, keys) VALUES (:id, CAST(:keys AS integer[]))")  # noqa: S608
        connection.execute(keys, [{"id": w.proposal_id, "keys": _array(keys_of(w.whole))} for w in new])

    def drop(self, connection: sa.Connection, wording: Wording) -> None:
        marks = sa.text("DELETE FROM mark WHERE gram = ANY(CAST(:marks AS integer[])) AND proposal_id = :id")
        connection.execute(marks, {"id": wording.proposal_id, "marks": _array(marks_of(wording))})
        connection.execute(sa.text(f"DELETE FROM {KEYS} WHERE proposal_id = :id"), {"id": wording.proposal_id})  # noqa: S608

    def clear(self, connection: sa.Connection) -> None:
        connection.execute(sa.text(f"TRUNCATE {KEYS}"))

    def matching(self, keys: Sequence[int], before: int, among: Any, most: int) -> Any:
        number = sa.column("proposal_id", sa.Integer)
        # written out, so that the planner sees how common they are: a plan for any words would read all that there is
        has = sa.text(f"keys @> CAST('{_array(keys)}' AS integer[])")
        found = sa.select(number).select_from(sa.table(KEYS)).where(has, number < before)
        if among is not None:
            found = found.where(number.in_(among))
        return found.order_by(number.desc()).limit(most)

    sharing = sa.text("""
        SELECT newest.proposal_id
        FROM json_array_elements_text(CAST(:marks AS json)) AS wanted, LATERAL (
            SELECT proposal_id FROM mark WHERE gram = CAST(wanted.value AS integer) ORDER BY proposal_id DESC LIMIT :each
        ) AS newest
        GROUP BY newest.proposal_id ORDER BY count(*) DESC, newest.proposal_id DESC LIMIT :most
    """)

    def tidy(self, connection: sa.Connection) -> None:
        connection.execute(sa.text(f"CREATE INDEX IF NOT EXISTS ix_{KEYS} ON {KEYS} USING gin (keys)"))
        connection.execute(sa.text(f"ANALYZE wording, mark, {KEYS}"))


def _all_marks(new: Sequence[Wording]) -> list[tuple[int, int]]:
    """In the order of the index."""
    return sorted((mark, wording.proposal_id) for wording in new for mark in marks_of(wording))


def _token(key: int) -> str:
    return f"{key + 2**31:x}"


def _array(numbers: Iterable[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"


_DIALECTS: dict[str, Dialect] = {"sqlite": _SQLite(), "postgresql": _PostgreSQL()}


def keys_in(connection: sa.Connection) -> Dialect:
    """As this engine keeps them."""
    return _DIALECTS[connection.dialect.name]
