"""Other ways to do what a tap on a card does: here by typing the number that a message prints beside the choice."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from simulator.records import Shown

if TYPE_CHECKING:
    from simulator.person import Person

_CHOICE = re.compile(r"^(\d{1,3}) (\S[^\n]*)$", re.MULTILINE)
_TITLE = re.compile(r"《(.+?)》")
LIST = "回复序号"  # how a list says that its numbers may be typed

Choices = Mapping[str, str | Sequence[str]]


class Door(Protocol):
    """How a person makes a choice."""

    async def presses(self, person: "Person", label: str, deliveries: int, card: Shown | None) -> str:
        """What a tap on the button does."""

    async def chooses(
        self, person: "Person", choices: Choices, submit: str | None, deliveries: int, card: Shown | None
    ) -> None:
        """What choosing on a card and handing it in does."""

    def labels(self, person: "Person") -> list[str]:
        """What can be chosen, newest first."""


def numbered(text: str) -> dict[str, int]:
    """The choices that a message prints with their numbers: `1 满意` on a line of its own."""
    return {label.strip(): int(number) for number, label in _CHOICE.findall(text)}


class ByNumber:
    """For somebody who sees no cards: every choice is a number in a message that this person got."""

    def __init__(self, patience: float = 10.0) -> None:
        self.patience = patience  # seconds for the next question

    async def presses(self, person: "Person", label: str, deliveries: int, card: Shown | None) -> str:
        """Type the number that the newest message (or `card`) prints beside this choice.

        Where a list that was asked for has printed the number since, it opens a case of the list, and that one's number
        is typed; for a message of one's own choice (`card`) that case is looked for under 待办.
        """
        shown = self.message_with(person, label, card)
        number = numbered(shown.text)[label]
        if self.is_overtaken(person, shown, number):
            case = number if card is None else await self._place_of(person, shown)
            opened = await self._answer(person, str(case))
            number = numbered(opened.text)[label]
        await person.says(str(number), deliveries)
        return ""

    def is_overtaken(self, person: "Person", shown: Shown, number: int) -> bool:
        """Whether a list has printed this number since."""
        later = person.inbox[person.inbox.index(shown) + 1 :]
        return any(_is_told(one) and LIST in one.text and number in numbered(one.text).values() for one in later)

    async def chooses(
        self, person: "Person", choices: Choices, submit: str | None, deliveries: int, card: Shown | None
    ) -> None:
        """Type the number of `submit`, and then, question by question, those of the choices.

        What is asked and not named is answered with its first choice, as a selector stands that nobody touches. News of
        something else that comes in between is left alone: it offers none of what is wanted.
        """
        assert submit is not None, "without a card there is no only button"
        place, left = len(person.inbox), {name: str(wanted) for name, wanted in choices.items()}
        await self.presses(person, submit, deliveries, card)
        while left:
            asked = await self._next(person, place)
            place = person.inbox.index(asked) + 1
            offered = numbered(asked.text)
            if not any(name in asked.text or {wanted} & offered.keys() for name, wanted in left.items()):
                continue
            title = next((name for name in left if name in asked.text), None)
            wanted = left.pop(title) if title else next(iter(offered))
            if wanted not in offered:
                raise AssertionError(f"{person.name} finds no choice {wanted!r} in {asked.text!r}")
            await person.says(str(offered[wanted]), deliveries)

    def labels(self, person: "Person") -> list[str]:
        """Everything that messages print with a number."""
        return [label for shown in reversed(person.inbox) if _is_told(shown) for label in numbered(shown.text)]

    def message_with(self, person: "Person", label: str, card: Shown | None = None) -> Shown:
        """The newest message that prints this choice with a number."""
        for shown in [card] if card is not None else reversed(person.inbox):
            if _is_told(shown) and label in numbered(shown.text):
                return shown
        there = list(numbered(card.text)) if card is not None else self.labels(person)
        raise AssertionError(f"{person.name} finds no number for {label!r}; there are {there}")

    async def _place_of(self, person: "Person", shown: Shown) -> int:
        """Under which number 待办 lists what this message is about."""
        listed = await self._answer(person, "待办")
        titles = set(_TITLE.findall(shown.text))
        lines = numbered(listed.text)
        found = [number for line, number in lines.items() if titles & set(_TITLE.findall(line))]
        if len(found) != 1:
            raise AssertionError(f"{person.name} finds not one case of {titles} but {found}: {list(lines)}")
        return found[0]

    async def _answer(self, person: "Person", words: str) -> Shown:
        """What the bot says to these words, where it prints numbers."""
        place = len(person.inbox)
        await person.says(words)
        return await self._next(person, place)

    async def _next(self, person: "Person", place: int) -> Shown:
        """The next message with numbers, from this place of the inbox on."""
        async with asyncio.timeout(self.patience):
            while True:
                news = person.news
                for shown in person.inbox[place:]:
                    if _is_told(shown) and numbered(shown.text):
                        return shown
                await news.wait()


def _is_told(shown: Shown) -> bool:
    return not shown.from_me and not shown.recalled
