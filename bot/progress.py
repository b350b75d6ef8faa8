"""From an answer to the next question: what was said is kept, and the dialogue goes on, comes back, or ends."""

from typing import Any

from bot.asking import put
from bot.questions import Ask, Dialogue, Exchange, NotYet, Several, pieces
from bot.shelf import Shelf
from bot.turn import Turn
from models.conversation import Conversation


class Progress(Shelf):
    """The way through a dialogue, for `Dialogues`, which hears what is said."""

    def _take(self, exchange: Exchange, dialogue: Dialogue, ask: Ask, value: Any) -> None:
        if ask.settle:
            value = ask.settle(exchange, value)
        if isinstance(value, NotYet):
            exchange.put(pieces(ask.name), value.so_far)
            exchange.turn.say(value.words)
            self.touch(exchange)
            return
        if isinstance(value, Several):
            self._take_several(exchange, dialogue, value)
            return
        self._put(exchange, {ask.name: value})
        dialogue.keep(exchange)
        exchange.note = dialogue.noted(exchange, ask)
        self._advance(exchange, dialogue)

    @staticmethod
    def _put(exchange: Exchange, answers: dict[str, Any]) -> None:
        """Keep answers; what their questions had half heard is part of them now."""
        halves = {pieces(name) for name in answers}
        kept = {name: value for name, value in exchange.answers.items() if name not in halves}
        exchange.conversation.answers = kept | answers

    def _take_several(self, exchange: Exchange, dialogue: Dialogue, value: Several) -> None:
        self._put(exchange, value.answers)
        dialogue.keep(exchange)
        exchange.note = value.noted
        target = dialogue.step(value.then) if value.then else self._first_missing(exchange, dialogue)
        if not value.then and dialogue.has_preview and target is not dialogue.steps[-1]:
            exchange.conversation.back_to = dialogue.steps[-1].name
        self._go(exchange, dialogue, target)
        self.ask(exchange)

    def _first_missing(self, exchange: Exchange, dialogue: Dialogue) -> Ask:
        return next(iter(dialogue.missing(exchange)), dialogue.steps[-1])

    def _advance(self, exchange: Exchange, dialogue: Dialogue) -> None:
        target = self._after(exchange, dialogue)
        if target is None:
            self._finish(exchange, dialogue)
            return
        self._go(exchange, dialogue, target)
        self.ask(exchange)

    def _finish(self, exchange: Exchange, dialogue: Dialogue) -> None:
        """`done` may have ended, laid aside or gone on with the dialogue; what is still at its last question is over."""
        conversation, last = exchange.conversation, exchange.conversation.step
        dialogue.done(exchange)
        still = exchange.turn.session.get(Conversation, conversation.id)
        if still and still.open and still.step == last and still.dialogue == dialogue.name:
            self.drop(exchange)
        self._remind_of_the_rest(exchange.turn)

    def _after(self, exchange: Exchange, dialogue: Dialogue) -> Ask | None:
        conversation = exchange.conversation
        if conversation.back_to and conversation.back_to != conversation.step:
            target = dialogue.step(conversation.back_to)
            if target.name == "preview":
                return self._first_missing(exchange, dialogue)
            return target if target.when(exchange) else dialogue.steps[-1]
        names = [ask.name for ask in dialogue.steps]
        rest = dialogue.steps[names.index(conversation.step) + 1 :]
        return next((ask for ask in rest if ask.when(exchange)), None)

    def _go(self, exchange: Exchange, dialogue: Dialogue, ask: Ask) -> None:
        conversation = exchange.conversation
        conversation.step = ask.name
        if conversation.back_to == ask.name:
            conversation.back_to = ""
        if not ask.several:  # what was half written stays (撤回 takes it back)
            conversation.answers = {k: v for k, v in conversation.answers.items() if k != pieces(ask.name)}
        self.touch(exchange)

    def _remind_of_the_rest(self, turn: Turn) -> None:
        if self.current(turn) is None and (rest := self.laid_aside(turn)):
            turn.say(f"您还有没写完的{self.title(rest[0])}，回复“继续”接着写。")

    def ask(self, exchange: Exchange, *, first: bool = False) -> None:
        """Put the present question."""
        put(exchange, self.by_name[exchange.conversation.dialogue], first=first)
