"""Proposals that are alike: the nearest of those handed in, how near, and which sentences they share (DOMAIN §5.5).

A proposal is as near to an earlier one as the share of its grams of three that stand there, too. Measured on texts that
were changed, shuffled, halved and mixed, this parts the copies from the honest better than grams of two with weights
(honest texts reach 11 %, copies of a half 49 %), and it needs to know nothing of the other texts: a percentage said today
is the same tomorrow. Titles are compared by their grams of two.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from models import access, search
from models.people import Person
from models.proposal import Proposal
from models.rules import Rules
from models.wording import THREE, TWO, Wording, bare_title, grams, letters, marks_of, marks_of_title, worded

TITLES, TEXTS = 1_000, 200  # of each mark, the newest so many are looked at
CANDIDATES = 20  # compared whole
FEWEST = 12  # grams of a text, fewer say nothing
FEWEST_OF_TITLE = 3
IN_COMMON = 0.6  # of a sentence's grams stand in the other text: it is shared
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]*")


@dataclass(frozen=True)
class Near:
    """One that is near."""

    proposal: Proposal
    percent: int
    whole: bool  # the reader may read it; else only what everybody may know


@dataclass(frozen=True)
class Sentence:
    """A piece of a text, and whether the other text has it too."""

    text: str
    shared: bool


def words_of(proposal: Proposal) -> Wording:
    """What a proposal says now."""
    return worded(proposal.id or 0, proposal.title, proposal.analysis, proposal.suggestions)


def by_title(session: Session, mine: Wording, reader: Person, rules: Rules) -> list[Near]:
    """The nearest by title alone, as far as this reader may know of them."""
    own = grams(bare_title(mine.title), TWO)
    if len(own) < FEWEST_OF_TITLE:
        return []

    def likeness(other: Wording) -> float:
        theirs = grams(bare_title(other.title), TWO)
        return 2 * len(own & theirs) / (len(own) + len(theirs))

    found = search.sharing(session, marks_of_title(mine.title), TITLES, CANDIDATES)
    return _nearest(session, mine, found, likeness, rules.similar_title_percent, reader, rules)


def by_text(session: Session, mine: Wording, reader: Person, rules: Rules) -> list[Near]:
    """The nearest by all they say, as far as this reader may know of them."""
    own = grams(mine.whole, THREE)
    if len(own) < FEWEST:
        return []
    found = search.sharing(session, marks_of(mine), TEXTS, CANDIDATES)
    return _nearest(session, mine, found, lambda other: _share(own, other), rules.similar_percent, reader, rules)


def percent_in(mine: Wording, other: Wording) -> int:
    """How much of one stands in the other."""
    own = grams(mine.whole, THREE)
    return round(100 * _share(own, other)) if own else 0


def _share(own: set[str], other: Wording) -> float:
    return len(own & grams(other.whole, THREE)) / len(own)


def _nearest(
    session: Session,
    mine: Wording,
    found: Iterable[Wording],
    likeness: Callable[[Wording], float],
    least: int,
    reader: Person,
    rules: Rules,
) -> list[Near]:
    percents = {w.proposal_id: round(100 * likeness(w)) for w in found if w.proposal_id != mine.proposal_id}
    likely = [number for number, percent in percents.items() if percent >= least]
    if not likely:
        return []
    there = session.exec(select(Proposal).where(col(Proposal.id).in_(likely), access.submitted())).all()
    perhaps = access.sieved(session, reader, likely)
    near: list[Near] = []
    for proposal in sorted(there, key=lambda p: (-percents[p.id or 0], -(p.id or 0))):
        whole = proposal.id in perhaps and access.may_see(session, reader, proposal)
        if whole or access.is_public(proposal):
            near.append(Near(proposal, percents[proposal.id or 0], whole))
        if len(near) == rules.similar_shown:
            break
    return near


def marked(text: str, other: Wording) -> Sequence[Sentence]:
    """A text sentence by sentence."""
    theirs = grams(other.whole, THREE)

    def is_shared(sentence: str) -> bool:
        own = grams(letters(sentence), THREE)
        return len(own) >= FEWEST // 2 and len(own & theirs) >= IN_COMMON * len(own)

    return [Sentence(piece, is_shared(piece)) for piece in _SENTENCE.findall(text) if piece.strip()]


def shared_sentences(mine: Proposal, other: Wording) -> list[str]:
    """What of a proposal stands in another, in its own words."""
    texts = (mine.analysis, *mine.suggestions)
    return [sentence.text.strip() for text in texts for sentence in marked(text, other) if sentence.shared]
