"""Where people's dialogues are kept: the open one, and those laid aside."""

from collections.abc import Iterable

from sqlmodel import col, select

from bot.questions import Dialogue, Exchange
from bot.turn import Turn
from models.conversation import Conversation


class Shelf:
    """Every dialogue of the office by its name, and the rows of those that people are in."""

    def __init__(self, dialogues: Iterable[Dialogue]) -> None:
        self.by_name = {dialogue.name: dialogue for dialogue in dialogues}

    @staticmethod
    def begun(turn: Turn, conversation: Conversation) -> Exchange:
        """A new one, in its row."""
        turn.session.add(conversation)
        turn.session.flush()
        return Exchange(turn, conversation)

    def current(self, turn: Turn) -> Exchange | None:
        """The dialogue the person is in."""
        row = turn.session.exec(
            select(Conversation).where(Conversation.person == turn.actor.userid, Conversation.open)
        ).one_or_none()
        if row is None:
            return None
        exchange = Exchange(turn, row)
        return exchange if self._is_known(exchange) else None

    def _is_known(self, exchange: Exchange) -> bool:
        """After an upgrade: a dialogue that is no more is closed, one whose question is no more begins again."""
        conversation = exchange.conversation
        dialogue = self.by_name.get(conversation.dialogue)
        if dialogue is None:
            conversation.open = False
        elif all(ask.name != conversation.step for ask in dialogue.steps):
            conversation.step, conversation.back_to = dialogue.steps[0].name, ""
        else:
            return True
        exchange.turn.session.add(conversation)
        exchange.turn.session.flush()
        return dialogue is not None

    def laid_aside(self, turn: Turn) -> list[Exchange]:
        """What the person has begun and not ended, newest first."""
        rows = turn.session.exec(
            select(Conversation)
            .where(Conversation.person == turn.actor.userid, col(Conversation.open).is_(False))
            .order_by(col(Conversation.updated_at).desc(), col(Conversation.id).desc())
        ).all()
        return [exchange for exchange in (Exchange(turn, row) for row in rows) if self._is_known(exchange)]

    def begun_about(self, turn: Turn, name: str, subject: str) -> Exchange | None:
        """The person's dialogue of this name about this subject, open or laid aside."""
        current = self.current(turn)
        begun = [*([current] if current else []), *self.laid_aside(turn)]
        about = self.by_name[name].subject
        return next((e for e in begun if e.conversation.dialogue == name and about(e.subject) == subject), None)

    def title(self, exchange: Exchange) -> str:
        """How this dialogue is called."""
        return self.by_name[exchange.conversation.dialogue].title(exchange)

    def drop(self, exchange: Exchange) -> None:
        """Forget a dialogue."""
        exchange.turn.session.delete(exchange.conversation)
        exchange.turn.session.flush()

    def step_aside(self, exchange: Exchange) -> None:
        """Lay it aside, or drop it where that would make no sense."""
        if self.by_name[exchange.conversation.dialogue].parkable:
            exchange.conversation.open = False
            self.touch(exchange)
        else:
            self.drop(exchange)

    @staticmethod
    def touch(exchange: Exchange) -> None:
        """Something has happened in it just now."""
        exchange.conversation.updated_at = exchange.turn.now
        exchange.turn.session.add(exchange.conversation)
