"""How a topic of the catalogue is shown: its card, its line in a list, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from bot.payload import Payload
from bot.wecom.messages import Button, Card
from handlers.cards.told import day, gist
from models import access
from models.people import Person
from models.proposal import Proposal
from models.rules import SHANGHAI
from models.topic import NAMED_TO_ALL, Taking, Topic

TITLE = 36  # characters of a title in a line
ON_A_CARD = 100  # characters of a note that a card shows whole
TAKE, RECALL = "选用", "收回选题"  # the buttons' words; they may be typed


@dataclass(frozen=True)
class OpenTopic(Payload, tag="topic"):
    """Show a topic."""

    topic: int


@dataclass(frozen=True)
class TakeTopic(Payload, tag="take"):
    """A member writes on it."""

    topic: int


@dataclass(frozen=True)
class RecallTopic(Payload, tag="recall"):
    """The office withdraws it."""

    topic: int


def subject(topic: Topic) -> str:
    """What its cards are about."""
    return f"topic:{topic.id}"


def taken_by(times: int) -> str:
    """已有2人选用."""
    return f"已有{times}人选用" if times else "还没有人选用"


def line(topic: Topic, times: int) -> str:
    """One line of the catalogue."""
    taken = f"，{taken_by(times)}" if times else ""
    return f"{gist(topic.title, TITLE)}（{topic.kind.value}{taken}）"


def topic_card(topic: Topic, times: int, *, office: bool, takes: bool, recalls: bool) -> Card:
    """The topic for one reader: who may take it gets the button for that, who published it the one for withdrawing."""
    named = topic.said_by and (office or topic.kind in NAMED_TO_ALL)
    buttons = []
    if topic.withdrawn_at is None:
        buttons += [Button(TAKE, TakeTopic(topic.id or 0).key)] if takes else []
        buttons += [Button(RECALL, RecallTopic(topic.id or 0).key, style=2)] if recalls else []
    note = gist(topic.note, ON_A_CARD)
    return Card(
        title=f"{topic.id}号选题 {topic.kind.value}",
        text=note if topic.withdrawn_at is None else f"已收回，不能再选用。{note}",
        facts=(
            ("题目", topic.title),
            *((("出题", topic.said_by),) if named else ()),
            ("发布", day(topic.published_at.astimezone(SHANGHAI).date())),
            ("选用", taken_by(times)),
        ),
        buttons=tuple(buttons),
    )


def came_of(session: Session, reader: Person, takings: Sequence[tuple[Taking, Proposal]]) -> list[str]:
    """林知夏 第20260001号《…》办理中: who took it and how far it is; what is not handed in is its writer's own."""
    return [_came_of(session, reader, taking, proposal) for taking, proposal in takings]


def _came_of(session: Session, reader: Person, taking: Taking, proposal: Proposal) -> str:
    person = session.get(Person, taking.person)
    name = person.name if person else taking.person
    if not is_handed_in(proposal) or not access.may_see(session, reader, proposal):
        return f"{name} 在写"
    return f"{name} {proposal.number}《{gist(proposal.title, TITLE)}》{proposal.state.value}"


def is_handed_in(proposal: Proposal) -> bool:
    """Whether it is known to the office."""
    return access.was_submitted(proposal) or bool(proposal.serial_no)
