"""Finding proposals by what they say. How each engine keeps what they are found by is in models/store/keys.py.

`wording`, `mark` and those keys follow from the proposals: they are written with them (see the listeners below), never
copied, and made anew by `catch_up` wherever they are missing.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Session, col

from models import access
from models.proposal import Proposal
from models.store.keys import keys_in
from models.wording import Mark, Wording, keys_to_ask, worded

BATCH = 2_000
TEXTS = ("title", "analysis", "suggestions")


@event.listens_for(Wording.__table__, "after_create")  # type: ignore[attr-defined]
def _make(target: sa.Table, connection: sa.Connection, **_: Any) -> None:
    for statement in keys_in(connection).make:
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
        keys_in(connection).drop(connection, old)
        connection.execute(sa.delete(Wording).where(col(Wording.proposal_id) == new.proposal_id))
    connection.execute(sa.insert(Wording), [new.model_dump()])
    keys_in(connection).put(connection, [new])


def catch_up(connection: sa.Connection) -> int:
    """Take in what was handed in and is not found yet: at an upgrade, after a restore. Returns how many there were."""
    dialect, done, last = keys_in(connection), 0, 0
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
    keys_in(connection).clear(connection)


# --- asking -----------------------------------------------------------------------------------------------------------


def matching(session: Session, runs: Sequence[str], before: int, among: Any, most: int) -> Sequence[Wording]:
    """The newest proposals older than `before` that have every letter and pair of letters of these runs."""
    session.flush()
    found = keys_in(session.connection()).matching(keys_to_ask(runs), before, among, most)
    ids = session.connection().scalars(found).all()
    return sorted(wordings(session, ids), key=lambda one: -one.proposal_id)


def sharing(session: Session, marks: Sequence[int], each: int, most: int) -> Sequence[Wording]:
    """The proposals that share most of these marks; of each mark only the newest so many are looked at."""
    session.flush()
    connection = session.connection()
    asked = {"marks": f"[{','.join(map(str, marks))}]", "each": each, "most": most}
    return wordings(session, connection.scalars(keys_in(connection).sharing, asked).all())


def wordings(session: Session, ids: Sequence[int]) -> Sequence[Wording]:
    """What these say."""
    wanted = sa.select(Wording.__table__).where(col(Wording.proposal_id).in_(ids))  # type: ignore[attr-defined]
    return [
        Wording(proposal_id=number, title=title, body=body)
        for number, title, body in session.connection().execute(wanted)
    ]
