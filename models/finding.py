"""查: proposals that contain some words, within what the asker may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from models import access, search
from models.people import Person
from models.proposal import Proposal
from models.similar import words_of
from models.wording import Wording, letters

READ = 40  # at once
MOST_READ = 1_500  # then the words are too common, and none of them together: a person should say more
NEWEST = 2**31 - 1


@dataclass(frozen=True)
class Found:
    """Some of what was found, newest first."""

    proposals: Sequence[Proposal]
    more: bool  # there are older ones
    gave_up: bool = False  # too much was read in vain


def runs_of(words: str) -> list[str]:
    """What is looked for: every run of letters in the words."""
    return list(dict.fromkeys(run for run in letters(words).split("\n") if run))


def find(session: Session, person: Person, words: str, before: int = NEWEST, most: int = 10) -> Found:
    """The newest proposals, older than `before`, that contain all of these words and that this person may see."""
    runs = runs_of(words)
    if not runs:
        return Found((), more=False)
    there, gave_up = _handed_in(session, person, runs, before, most + 1)
    found = sorted([*there, *_drafts(session, person, runs, before)], key=lambda p: -(p.id or 0))
    return Found(found[:most], more=len(found) > most, gave_up=gave_up and not found)


def _handed_in(
    session: Session, person: Person, runs: Sequence[str], before: int, most: int
) -> tuple[list[Proposal], bool]:
    """The newest so many; and whether it gave up looking."""
    found: list[Proposal] = []
    among, read = access.reach(session, person), 0
    while read < MOST_READ:
        size = READ if read else most  # mostly that is enough
        there = search.matching(session, runs, before, among, size)
        ids = [wording.proposal_id for wording in there if _has(wording, runs)]
        of_ids = select(Proposal).where(col(Proposal.id).in_(ids), access.submitted())
        for proposal in session.exec(of_ids.order_by(col(Proposal.id).desc())).all():
            if access.may_see(session, person, proposal):
                found.append(proposal)
                if len(found) == most:
                    return found, False
        if len(there) < size:
            return found, False
        read, before = read + len(there), there[-1].proposal_id
    return found, True


def _has(wording: Wording, runs: Sequence[str]) -> bool:
    return all(run in wording.title or run in wording.body for run in runs)


def _drafts(session: Session, person: Person, runs: Sequence[str], before: int) -> list[Proposal]:
    """What is not handed in is its writer's own, and is not kept for searching."""
    own = select(Proposal).where(Proposal.proposer == person.userid, ~access.submitted(), col(Proposal.id) < before)
    return [p for p in session.exec(own) if _has(words_of(p), runs) and access.may_see(session, person, p)]
