"""Verifying the books: every chain of audit entries is walked from its first entry to its last."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from models.audit import BEGINNING, Audit, Chain, digest
from models.proposal import Proposal
from models.store import triggers

BATCH = 1_000

Entry = sa.RowMapping


@dataclass(frozen=True)
class Broken:
    """Where a chain breaks first, in words for the administrator: ids, never what was said."""

    proposal: int
    words: str


@dataclass(frozen=True)
class Books:
    """What the walk has found; `broken` is the first of the broken chains, which ends the walk."""

    chains: int
    entries: int
    broken: Broken | None
    guarded: bool  # whether the database refuses to change entries

    @property
    def whole(self) -> bool:
        """Whether all is as it was written."""
        return self.broken is None and self.guarded


def verify(connection: sa.Connection) -> Books:
    """Walk the chains of a database, in the order of their proposals, up to the first that is broken."""
    missing, chains, entries = _without_entries(connection), 0, 0
    for proposal, chain in groupby(_entries(connection), key=lambda entry: entry["proposal_id"]):
        if missing is not None and missing < proposal:
            break
        length = 0
        wrong, last = "", BEGINNING
        for entry in chain:
            length += 1
            if wrong := _wrong(entry, length, last):
                break
            last, end = entry["hash"], (entry["entries"], entry["head"])
        else:
            if end != (length, last):
                wrong = f"应有 {end[0] or 0} 条，只找到 {length} 条，末尾对不上"
        if wrong:
            return Books(chains, entries, Broken(proposal, wrong), triggers.is_protected(connection))
        chains, entries = chains + 1, entries + length
    broken = None if missing is None else Broken(missing, "它办过手续，却一条记录也没有")
    return Books(chains, entries, broken, triggers.is_protected(connection))


def _entries(connection: sa.Connection) -> Iterator[Entry]:
    with_end = (
        sa.select(Audit.__table__, Chain.entries, Chain.head)  # type: ignore[attr-defined, call-overload]
        .outerjoin(Chain, col(Chain.proposal_id) == col(Audit.proposal_id))
        .order_by(col(Audit.proposal_id), col(Audit.place), col(Audit.id))
        .execution_options(yield_per=BATCH)
    )
    yield from connection.execute(with_end).mappings()


def _wrong(entry: Entry, place: int, last: str) -> str:
    """What is wrong with an entry; empty when nothing is."""
    name = f"第 {place} 条记录（编号 {entry['id']}）"
    if entry["place"] != place:
        return f"{name}的序号是 {entry['place']}，中间有缺失或重复"
    if entry["previous"] != last:
        return f"{name}与前一条接不上"
    if entry["hash"] != digest(entry):
        return f"{name}的内容与校验值不符，被改动过"
    return ""


def _without_entries(connection: sa.Connection) -> int | None:
    """The first proposal that has moved, or has a chain, and yet no entry."""
    moved: Any = sa.or_(col(Proposal.stamp) > 0, sa.exists().where(col(Chain.proposal_id) == col(Proposal.id)))
    written = sa.exists().where(col(Audit.proposal_id) == col(Proposal.id))
    return connection.scalar(sa.select(sa.func.min(col(Proposal.id))).where(moved, ~written))
