"""What a card is made from: the rows, the reader, and the few phrases that all cards share."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlmodel import Session

from bot.wecom.messages import Button
from handlers.cards.buttons import buttons_for
from models.collective import author
from models.handling import Assignment, Communication, Reply
from models.joint import Signature, Withdrawal, signatures_of, signers
from models.lifecycle import NAMES
from models.people import Person, Unit
from models.proposal import Proposal
from models.rules import SHANGHAI, Rules
from models.states import Sign
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

    def about(self, row: Row) -> "Told":
        """The same to the same reader, about another row: a card bears that one's buttons."""
        return replace(self, row=row)

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

    @property
    def signature(self) -> Signature:
        """The place among the co-signers."""
        assert isinstance(self.row, Signature)
        return self.row

    @property
    def withdrawal(self) -> Withdrawal:
        """The wish to withdraw it."""
        assert isinstance(self.row, Withdrawal)
        return self.row

    @cached_property
    def unit(self) -> Unit:
        """The unit that has the task."""
        return self.session.get_one(Unit, self.assignment.unit)

    @property
    def reply(self) -> Reply | None:
        """This round's reply."""
        return reply_of(self.session, self.assignment)

    @property
    def todo(self) -> str:
        """Link to the page where the same can be done by tapping."""
        return f"{self.full_text.rpartition('proposals/')[0]}todo/{NAMES[type(self.row)]}/{self.row.id}"

    @cached_property
    def buttons(self) -> tuple[Button, ...]:
        """What the reader may do now."""
        return buttons_for(self.session, self.row, self.reader)

    @property
    def proposer(self) -> str:
        """Whose proposal it is: the organisation's name, else the first proposer's."""
        return author(self.session, self.proposal)

    @property
    def proposers(self) -> str:
        """The first proposer, and how many stand beside: 林知夏等3人; an organisation with its head."""
        if self.proposal.organisation:
            return f"{self.proposer}（负责人{self.name_of(self.proposal.proposer)}）"
        others = len(signers(self.session, self.proposal))
        return f"{self.proposer}等{others + 1}人" if others else self.proposer

    @property
    def is_first(self) -> bool:
        """Whether the reader is the first proposer."""
        return self.reader.userid == self.proposal.proposer

    @property
    def yours(self) -> str:
        """您的提案; for the head of an organisation 农业界别的提案; for a co-signer 您联名的提案."""
        if self.proposal.organisation:
            return f"{self.proposer}的提案"
        return "您的提案" if self.is_first else "您联名的提案"

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


def minute(value: datetime | None) -> str:
    """11月21日 15:30, in Shanghai; a dash when there is none."""
    if value is None:
        return "—"
    there = value.astimezone(SHANGHAI)
    return f"{day(there.date())} {there:%H:%M}"


def who_is_asked(session: Session, proposal: Proposal) -> str:
    """苏婉宁、沈禾清（11月22日 15:30前）: who has not said yet whether to co-sign; empty when nobody is waited for."""
    waiting = signatures_of(session, proposal, Sign.INVITED)
    if not waiting:
        return ""
    names = [session.get_one(Person, place.person).name for place in waiting]
    shown = "、".join(names[:3]) + (f"等{len(names)}人" if len(names) > 3 else "")
    return f"{shown}（{minute(max(place.lapses_at for place in waiting if place.lapses_at))}前）"


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
