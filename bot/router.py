"""The first handler that fits: commands, open dialogue, buttons, numbers, and at last a word of help."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from sqlmodel import col, select

from bot.dialogue import Dialogues
from bot.numbers import is_number, number_of, offered
from bot.payload import Payload, read
from bot.questions import Exchange, bare
from bot.turn import Turn
from bot.wecom import updates
from models.conversation import Listed
from models.errors import Refused
from models.people import Holding, Person

Handler = Callable[[Any, Turn], None]
Worded = Callable[[str, Turn], bool]  # says whether it understood
Matched = Callable[[re.Match[str], Turn], None]


class Router:
    """What one file of handlers answers to."""

    def __init__(self) -> None:
        self.commands: dict[str, Callable[[Turn], None]] = {}
        self.presses: dict[type[Payload], Handler] = {}
        self.patterns: list[tuple[re.Pattern[str], Matched]] = []
        self.texts: list[Worded] = []
        self.pasting: list[Worded] = []
        self.entering: list[Callable[[Turn], None]] = []

    def command(self, *words: str) -> Callable[[Callable[[Turn], None]], Callable[[Turn], None]]:
        """Register what is done when somebody types exactly one of these words, or taps the menu entry so named."""

        def register(handler: Callable[[Turn], None]) -> Callable[[Turn], None]:
            self.commands.update(dict.fromkeys(words, handler))
            return handler

        return register

    def pattern(self, words: str) -> Callable[[Matched], Matched]:
        """Register what is done when somebody types a command with something behind it: 继续 2."""

        def register(handler: Matched) -> Matched:
            self.patterns.append((re.compile(words), handler))
            return handler

        return register

    def press(self, kind: type[Payload]) -> Callable[[Handler], Handler]:
        """Register what is done when a button with this payload is pressed."""

        def register(handler: Handler) -> Handler:
            self.presses[kind] = handler
            return handler

        return register

    def text(self, handler: Worded) -> Worded:
        """Register a last try at words that nobody else understood."""
        self.texts.append(handler)
        return handler

    def pasted(self, handler: Worded) -> Worded:
        """Register who takes in a text that no dialogue asked for, exactly as it was written."""
        self.pasting.append(handler)
        return handler

    def enter(self, handler: Callable[[Turn], None]) -> Callable[[Turn], None]:
        """Register what is done when somebody opens the app's chat."""
        self.entering.append(handler)
        return handler


class Answers:
    """All routers and dialogues together: one update in, words out."""

    def __init__(self, routers: Iterable[Router], dialogues: Dialogues) -> None:
        self.dialogues = dialogues
        self.commands: dict[str, Callable[[Turn], None]] = {}
        self.presses: dict[type[Payload], Handler] = {dialogues.pick_kind: dialogues.pick}
        self.patterns: list[tuple[re.Pattern[str], Matched]] = []
        self.texts: list[Worded] = []
        self.pasting: list[Worded] = []
        self.entering: list[Callable[[Turn], None]] = []
        for router in routers:
            for known, new in ((self.commands, router.commands), (self.presses, router.presses)):
                if twice := known.keys() & new.keys():
                    raise ValueError(f"answered twice: {twice}")
                known.update(new)  # type: ignore[arg-type]  # both sides are of the same pair
            self.patterns.extend(router.patterns)
            self.texts.extend(router.texts)
            self.pasting.extend(router.pasting)
            self.entering.extend(router.entering)

    def answer(self, update: updates.Update, turn: Turn) -> None:
        """Work out one update; Refused, for the person, where it cannot be done."""
        if turn.person is None:
            if not isinstance(update, updates.Enter | updates.Leave | updates.Unknown):
                self._stranger(update.person, turn)
            return
        match update:
            case updates.Text(text=text):
                self._text(text, turn)
            case updates.Press():
                turn.response_code = update.response_code
                self._press(update, turn)
            case updates.Menu(event_key=key):
                self._text(key, turn)
            case (
                updates.Picture()
                | updates.Voice()
                | updates.Video()
                | updates.File()
                | updates.Location()
                | updates.Link()
            ):
                self.dialogues.hear_other(update, turn)
            case updates.Enter():
                for entering in self.entering:
                    entering(turn)
            case _:
                pass  # leaving, unknown events: nothing to say

    def _text(self, text: str, turn: Turn) -> None:
        words = bare(text)
        if (command := self.commands.get(words)) and not self.dialogues.offers(words, turn):
            command(turn)
        elif matched := self._matched(words):
            matched(turn)
        elif (
            self._offered(words, turn)
            or self.dialogues.hear(text, turn)
            or self._number(words, turn)
            or any(handler(text, turn) for handler in self.pasting)
        ):
            return
        elif not any(handler(words, turn) for handler in self.texts):
            turn.say("没有听懂。发送“待办”看等您办的事，“我要提案”写提案，“帮助”看能做什么。")

    def _matched(self, words: str) -> Callable[[Turn], None] | None:
        for pattern, handler in self.patterns:
            if match := pattern.fullmatch(words):
                return partial(handler, match)
        return None

    def _offered(self, words: str, turn: Turn) -> bool:
        """The number printed beside a choice does what its button does, unless something newer prints it, too."""
        if not (turn.actor.in_words and is_number(words)):
            return False
        row, number = turn.session.get(Listed, turn.actor.userid), int(words)
        offer = offered(row, number)
        if row is None or offer is None:
            return False
        exchange = self.dialogues.current(turn)
        if exchange and offer.at <= exchange.conversation.updated_at and self._answers(number, exchange):
            return False
        if exchange is None and number <= len(row.payloads) and row.shown_at >= offer.at:
            return False
        turn.printing(turn.actor).chosen = number
        self._payload(offer.key, None, turn)
        return True

    def _answers(self, number: int, exchange: Exchange) -> bool:
        """Whether a number that was printed elsewhere before may be meant for the open question."""
        ask = self.dialogues.by_name[exchange.conversation.dialogue].step(exchange.conversation.step)
        return ask.numbers or bool(exchange.so_far) or number <= len(ask.choices_for(exchange))

    def _number(self, words: str, turn: Turn) -> bool:
        if not is_number(words):
            return False
        listed = turn.session.get(Listed, turn.actor.userid)
        if listed is None:
            return False
        place = int(words)
        if not 1 <= place <= len(listed.payloads):
            raise Refused(f"没有第{place}项，请回复 1 到 {len(listed.payloads)}。")
        self._payload(listed.payloads[place - 1], None, turn)
        return True

    def _press(self, press: updates.Press, turn: Turn) -> None:
        """A tap on a card; on a page, somebody who sees no cards has by it chosen what a number stands for, too."""
        if turn.actor.in_words:
            turn.printing(turn.actor).chosen = number_of(turn.session.get(Listed, turn.actor.userid), press.event_key)
        self._payload(press.event_key, press, turn)

    def _payload(self, key: str, press: updates.Press | None, turn: Turn) -> None:
        payload = read(key)
        handler = self.presses.get(type(payload)) if payload else None
        if handler is None:
            raise Refused("这个按钮已经不用了。发送“待办”可以看现在等您办的事。")
        handler((payload, press.selected if press else {}), turn)

    def _stranger(self, userid: str, turn: Turn) -> None:
        admins = turn.session.exec(
            select(Person.name)
            .join(Holding, col(Holding.person) == Person.userid)
            .where(Holding.role == "sysadmin")
            .order_by(col(Person.userid))
        ).all()
        ask = "、".join(admins) or "政协机关的系统管理员"
        guest = Person(userid=userid, name=userid)
        if turn.session.get(Person, userid.lower()):
            turn.say(f"您好，您的账号（{userid}）已停用，这条没有收下；以前写的都还保留着。请联系{ask}。", to=guest)
            return
        turn.say(f"您好，名单里还没有您的账号（{userid}），暂时不能使用。请联系{ask}把您加入名单。", to=guest)


def listed(turn: Turn, payloads: Sequence[Payload]) -> None:
    """Remember the numbered list just shown: a number typed next does what its row would do."""
    if turn.actor.in_words:
        turn.printing(turn.actor).listed = [payload.key for payload in payloads]
        return
    row = turn.session.get(Listed, turn.actor.userid) or Listed(
        person=turn.actor.userid, payloads=[], shown_at=turn.now
    )
    row.payloads = [payload.key for payload in payloads]
    row.shown_at = turn.now
    turn.session.add(row)
