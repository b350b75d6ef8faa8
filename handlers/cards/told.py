"""What a card is made from: the rows, the reader, and the few phrases that all cards share."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from sqlmodel import Session

from bot.wecom.messages import Button
from handlers.cards.buttons import buttons_for
from models.handling import Assignment, Communication, Reply
from models.people import Person, Unit
from models.proposal import Proposal
from models.rules import Rules
from models.step import Row, reply_of


@dataclass
class Told:
    """One notice to one reader. `answers` is what was said with the move that caused it."""

    session: Session
    row: Row
    reader: Person
    actor: Person | None
    today: date
    full_text: str  # link to the proposal's page
    answers: dict[str, Any] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)

    @cached_property
    def proposal(self) -> Proposal:
        """What it is all about."""
        return self.row if isinstance(self.row, Proposal) else self.session.get_one(Proposal, self.row.proposal_id)

    @cached_property
    def assignment(self) -> Assignment:
        """The unit's task."""
        if isinstance(self.row, Communication):
            return self.session.get_one(Assignment, self.row.assignment_id)
        assert isinstance(self.row, Assignment)
        return self.row

    @property
    def communication(self) -> Communication:
        """The recorded communication."""
        assert isinstance(self.row, Communication)
        return self.row

    @cached_property
    def unit(self) -> Unit:
        """The unit that has the task."""
        return self.session.get_one(Unit, self.assignment.unit)

    @property
    def reply(self) -> Reply | None:
        """This round's reply."""
        return reply_of(self.session, self.assignment)

    @cached_property
    def buttons(self) -> tuple[Button, ...]:
        """What the reader may do now."""
        return buttons_for(self.session, self.row, self.reader)

    @property
    def proposer(self) -> str:
        """The first proposer's name."""
        return self.name_of(self.proposal.proposer)

    def name_of(self, userid: str) -> str:
        """A person's name."""
        person = self.session.get(Person, userid)
        return person.name if person else userid

    @property
    def by(self) -> str:
        """Who did it."""
        return self.actor.name if self.actor else "系统"


def day(value: date | None) -> str:
    """11月21日; a dash when there is none."""
    return f"{value.month}月{value.day}日" if value else "—"


def gist(text: str, most: int = 90) -> str:
    """The beginning of a long text."""
    words = " ".join(text.split())
    return words if len(words) <= most else words[:most].rstrip("，、；。") + "……"


def named(proposal: Proposal) -> str:
    """How a proposal is called in a sentence."""
    return f"《{proposal.title or '未写案由'}》"


def left(due: date | None, today: date) -> str:
    """3月2日（还有5天）, 3月2日（已逾期2天）."""
    if due is None:
        return "—"
    days = (due - today).days
    note = f"还有{days}天" if days > 0 else "今天到期" if days == 0 else f"已逾期{-days}天"
    year = f"{due.year}年" if due.year != today.year else ""
    return f"{year}{day(due)}（{note}）"
