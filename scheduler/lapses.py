"""What ends by itself when its day has passed: the rows of the table that the clock acts in."""

from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from bot.questions import Exchange
from bot.turn import Turn
from handlers.actions import get_row, perform
from handlers.cards.buttons import do
from handlers.cards.rating import QUESTIONS, labels
from models import access
from models.conversation import Conversation
from models.handling import Assignment, Communication
from models.joint import Signature
from models.lifecycle import NAMES, TABLES
from models.states import Event, Handling, Role, Verdict
from models.step import Row

BATCH = 50

log = structlog.get_logger()


def lapse(turn: Turn) -> bool:
    """Move on what has had its time; whether there is more."""
    worked = 0
    for kind in (Communication, Assignment, Signature):
        states = [state for move in TABLES[kind] if move.who is Role.CLOCK for state in move.while_]
        model: Any = kind
        over = Signature.lapses_at <= turn.now if kind is Signature else col(model.lapses_on) < turn.today  # type: ignore[operator]
        overdue = select(model.id).where(col(model.state).in_(states), over)
        for key in turn.session.exec(overdue.order_by(col(model.id)).limit(BATCH)).all():
            spoken, turn.person = len(turn.words), None
            try:
                with turn.session.begin_nested():
                    worked += _lapse(turn, get_row(turn, kind, key), states)
            except DBAPIError:
                raise  # the database, not the row
            except Exception:  # one row that cannot end must not keep the others from it
                log.exception("lapse_failed", kind=NAMES[kind], row=key)
                del turn.words[spoken:]
    return worked >= BATCH


def _lapse(turn: Turn, row: Row, states: list[Any]) -> bool:
    if row.state not in states:
        return False  # somebody acted while we waited for the row
    turn.cause, turn.said = f"lapse:{NAMES[type(row)]}:{row.id}:{row.stamp}", 0
    if isinstance(row, Signature) and row.lapses_at and row.lapses_at > turn.now:
        return False  # more time was given meanwhile
    if isinstance(row, Assignment):
        _rate_without_reason(turn, row)
    if row.state in states:
        perform(turn, row, Event.LAPSE, {})
    return True


def _rate_without_reason(turn: Turn, a: Assignment) -> None:
    """Who chose 不满意 and never said why has rated all the same, and may open a second handling (hard rule 6)."""
    key = do(a, Event.RATE).key
    pending = turn.session.exec(
        select(Conversation)
        .where(Conversation.dialogue == "rate", Conversation.subject == key)
        .order_by(col(Conversation.updated_at), col(Conversation.id))  # who spoke first is heard first
    ).all()
    for conversation in pending:
        said = {question: conversation.answers.get(question, "") for question in QUESTIONS}
        turn.person = access.active(turn.session, conversation.person)
        whole = all(value in Verdict.__members__ for value in said.values())
        if a.state is Handling.DELIVERED and whole and turn.person and _may_rate(turn, a):
            turn.dialogues.drop(Exchange(turn, conversation))
            perform(turn, a, Event.RATE, {**said, "labels": labels(said), "reason": "（到期未说明原因）"})
        turn.person = None


def _may_rate(turn: Turn, a: Assignment) -> bool:
    return access.holds(turn.session, turn.actor, Role.RATER, a)
