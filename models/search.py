"""Finding proposals by what they say, on either database: the two dialects of the same few questions, side by side.

SQLite has an FTS5 table without content, PostgreSQL a table of arrays with a GIN index; both are called `wording_keys`.
They, `wording` and `mark` follow from the proposals: they are written with them (see the listeners below), never copied,
and made anew by `catch_up` wherever they are missing.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Session, col

from models import access
from models.proposal import Proposal
from models.wording import Mark, Wording, keys_of, keys_to_ask, marks_of, worded

BATCH = 2_000
TEXTS = ("title", "analysis", "suggestions")
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


def _dialect(connection: sa.Connection) -> Dialect:
    return _DIALECTS[connection.dialect.name]


@event.listens_for(Wording.__table__, "after_create")  # type: ignore[attr-defined]
def _make(target: sa.Table, connection: sa.Connection, **_: Any) -> None:
    for statement in _dialect(connection).make:
        connection.execute(sa.text(statement))


# --- keeping ----------------------------------------------------------------------------------------------------------


@event.listens_for(Proposal, "after_insert")
def _added(mapper: Any, connection: sa.Connection, proposal: Proposal) -> None:
    if access.was_submitted(proposal):
        _keep(connection, proposal)


@event.listens_for(Proposal, "after_update")
def _changed(mapper: Any, connection: sa.Connection, proposal: Proposal) -> None:
    if not access.was_submitted(proposal):
        return
    seen = sa.inspect(proposal).attrs
    moved = seen.state.history.has_changes() and not any(map(access.is_submitted, seen.state.history.deleted))
    if moved or any(seen[name].history.has_changes() for name in TEXTS):
        _keep(connection, proposal)


def _keep(connection: sa.Connection, p: Proposal) -> None:
    new = worded(p.id or 0, p.title, p.analysis, p.suggestions)
    row = connection.execute(sa.select(Wording).where(col(Wording.proposal_id) == new.proposal_id)).mappings().first()
    old = Wording(**row) if row else None
    if old and (old.title, old.body) == (new.title, new.body):
        return
    if old:
        _dialect(connection).drop(connection, old)
        connection.execute(sa.delete(Wording).where(col(Wording.proposal_id) == new.proposal_id))
    connection.execute(sa.insert(Wording), [new.model_dump()])
    _dialect(connection).put(connection, [new])


def catch_up(connection: sa.Connection) -> int:
    """Take in what was handed in and is not found yet: at an upgrade, after a restore. Returns how many there were."""
    dialect, done, last = _dialect(connection), 0, 0
    while rows := _missing(connection, last):
        if done == 0 and len(rows) == BATCH:
            dialect.brace(connection)
        new = [worded(row.id, row.title, row.analysis, row.suggestions) for row in rows]
        connection.execute(sa.insert(Wording), [wording.model_dump() for wording in new])
        dialect.put(connection, new)
        done, last = done + len(rows), rows[-1].id
    if done >= BATCH:
        dialect.tidy(connection)
    return done


def _missing(connection: sa.Connection, last: int) -> Sequence[Any]:
    has = sa.exists().where(col(Wording.proposal_id) == col(Proposal.id))
    wanted = sa.select(*(getattr(Proposal, name) for name in ("id", *TEXTS)))
    wanted = wanted.where(col(Proposal.id) > last, access.submitted(), ~has)
    return connection.execute(wanted.order_by(col(Proposal.id)).limit(BATCH)).all()


def clear(connection: sa.Connection) -> None:
    """Forget everything: the proposals are about to be replaced."""
    connection.execute(sa.delete(Mark))
    connection.execute(sa.delete(Wording))
    _dialect(connection).clear(connection)


# --- asking -----------------------------------------------------------------------------------------------------------


def matching(session: Session, runs: Sequence[str], before: int, among: Any, most: int) -> Sequence[Wording]:
    """The newest proposals older than `before` that have every letter and pair of letters of these runs."""
    session.flush()
    found = _dialect(session.connection()).matching(keys_to_ask(runs), before, among, most)
    ids = session.connection().scalars(found).all()
    return sorted(wordings(session, ids), key=lambda one: -one.proposal_id)


def sharing(session: Session, marks: Sequence[int], each: int, most: int) -> Sequence[Wording]:
    """The proposals that share most of these marks; of each mark only the newest so many are looked at."""
    session.flush()
    connection = session.connection()
    asked = {"marks": f"[{','.join(map(str, marks))}]", "each": each, "most": most}
    return wordings(session, connection.scalars(_dialect(connection).sharing, asked).all())


def wordings(session: Session, ids: Sequence[int]) -> Sequence[Wording]:
    """What these say."""
    wanted = sa.select(Wording.__table__).where(col(Wording.proposal_id).in_(ids))  # type: ignore[attr-defined]
    return [
        Wording(proposal_id=number, title=title, body=body)
        for number, title, body in session.connection().execute(wanted)
    ]
