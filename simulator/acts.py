"""A person in a rehearsal reads what the bot asks, answers it, and presses the card that is about the right thing."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator import cards
from simulator.doors import numbered
from simulator.person import Person
from simulator.platform import Platform
from simulator.records import Shown

RECEIPT = "回复“完”"  # what the bot says between the pieces of a long answer
END = "完"
COMPLAINTS = (  # what the bot says when it could do nothing with an answer
    "没有听懂", "已经过时", "没能处理好", "您不用操作", "这个问题已经答过", "已经不用了", "现在没有可以", "还没有您的账号",
    "没有读到文字", "没有叫“", "没有找到", "没看懂日期", "请回复 1", "不能再“", "先协商、后答复", "不能跳过", "这一步不用",
)  # fmt: skip


class Trouble(Exception):
    """Something did not happen as it must; in words for whoever runs the rehearsal."""


@dataclass(frozen=True)
class Patience:
    """How many real seconds people wait: for an answer, and for news, which may queue behind the member's limit."""

    answer: float = 90.0
    news: float = 300.0


@dataclass(frozen=True)
class Answer:
    """What is said, or pressed, when a question holds every fragment of `to`."""

    to: tuple[str, ...]
    says: tuple[str | Callable[[str], str], ...] = ()  # several messages; a function makes them from the question
    presses: str = ""


@dataclass(frozen=True)
class Press:
    """A button on a card that is there."""

    label: str
    card: Shown


@dataclass(frozen=True)
class Choose:
    """Selectors of a card, chosen and handed in."""

    choices: Mapping[str, str]
    submit: str
    card: Shown


Opening = str | Press | Choose


class Phone:
    """One person at their phone: one conversation at a time, however many proposals concern them."""

    def __init__(self, person: Person, patience: Patience) -> None:
        self.person, self.patience = person, patience
        self.hand = asyncio.Lock()
        self.acts = self.pushed = 0  # of the last conversation: what was said and pressed, what was sent to it in bytes
        self._news = asyncio.Event()

    def rings(self) -> None:
        """Something has changed on this phone."""
        self._news.set()

    def quiet(self) -> None:
        """What has come so far is about to be looked at."""
        self._news.clear()

    @property
    def here(self) -> int:
        """The place in the chat up to which everything is old."""
        return len(self.person.inbox)

    # --- reading -----------------------------------------------------------------------------------------------------

    async def reads(self, *fragments: str, since: int = 0) -> Shown:
        """Wait for words from the app that hold every fragment."""
        return await self._first(
            lambda shown: _holds(shown, fragments), since, self.patience.news, "、".join(fragments)
        )

    async def card(self, label: str, *fragments: str, since: int = 0) -> Shown:
        """Wait for a living card (in words: a message) with this choice and every fragment; the newest if there are several."""

        def fits(shown: Shown) -> bool:
            return _holds(shown, fragments) and self._offers(shown, label)

        what = f"带“{label}”的卡片（{'、'.join(fragments)}）"
        return await self._first(fits, since, self.patience.news, what, newest=True)

    def _offers(self, shown: Shown, label: str) -> bool:
        if self.person.in_words:
            return label in numbered(shown.text)
        return shown.live and any(tap.label == label for tap in cards.taps(shown.card or {}))

    async def _first(
        self, fits: Callable[[Shown], bool], since: int, within: float, what: str, newest: bool = False
    ) -> Shown:
        ends = time.monotonic() + within
        while True:
            self.quiet()
            there = self.person.inbox[since:]
            found = next((s for s in (reversed(there) if newest else there) if not s.from_me and fits(s)), None)
            if found is not None:
                return found
            await self.waits(ends, f"{self.person.name}等了{within:g}秒，没有等到{what}", since)

    async def waits(self, ends: float, complaint: str, since: int) -> None:
        """Until something comes; the complaint, with what was read last, when time has run out."""
        try:
            async with asyncio.timeout(max(0.0, ends - time.monotonic())):
                await self._news.wait()
        except TimeoutError:
            told = [s.text.replace("\n", " ")[:80] for s in self.person.inbox[since:] if not s.from_me][-3:]
            raise Trouble(f"{complaint}；最后读到的是：{' ｜ '.join(told) or '什么都没有'}") from None

    # --- talking -----------------------------------------------------------------------------------------------------

    async def does(
        self, opening: Opening, *answers: Answer, until: Callable[[str], bool], what: str, by_hand: bool = False
    ) -> Shown:
        """Say or press something, and answer whatever is asked because of it, until the bot says that it is done.

        What it says then (`what`, in a complaint) is returned. Nobody else's business comes in between: this person's hand is full until then.
        """
        async with self.hand:
            talk = Talk(self, answers, until, what, by_hand)
            begun = self.here
            shown = await talk.through(opening)
            self.acts = talk.acts
            self.pushed = sum(size(one) for one in self.person.inbox[begun:] if not one.from_me)
            return shown


class Talk:
    """One conversation with the bot."""

    def __init__(
        self, phone: Phone, answers: Sequence[Answer], until: Callable[[str], bool], what: str, by_hand: bool
    ) -> None:
        self._phone, self._answers, self._until, self._what, self._by_hand = phone, answers, until, what, by_hand
        self._place = 0  # in the chat: what comes from here on is new
        self.acts = 0

    async def through(self, opening: Opening) -> Shown:
        """From the first word to the last."""
        person = self._phone.person
        self._place = self._phone.here
        self.acts = 1
        if isinstance(opening, Press):
            await person.presses(opening.label, card=opening.card)
        elif isinstance(opening, Choose):
            await person.chooses(opening.choices, submit=opening.submit, card=opening.card)
        else:
            await person.says(opening)
        while True:
            shown = await self._news(self._what, lambda s: self._answer(s) is not None or self._until(s.text))
            if answer := self._answer(shown):
                await self._give(answer, shown)
            else:
                return shown

    def _answer(self, shown: Shown) -> Answer | None:
        return next((answer for answer in self._answers if _holds(shown, answer.to)), None)

    async def _give(self, answer: Answer, question: Shown) -> None:
        person = self._phone.person
        self.acts += len(answer.says) + bool(answer.presses)
        if answer.presses and self._by_hand:
            await person.says(answer.presses)
        elif answer.presses:
            await person.presses(answer.presses, card=question)
        for place, words in enumerate(answer.says):
            if place:
                await self._news(RECEIPT, lambda shown: _holds(shown, (RECEIPT,)))
            await person.says(words(question.text) if callable(words) else words)

    async def _news(self, what: str, fits: Callable[[Shown], bool]) -> Shown:
        """The next thing that concerns this conversation; a complaint of the bot ends it."""
        phone = self._phone
        ends = time.monotonic() + phone.patience.answer
        began = self._place
        while True:
            phone.quiet()
            while self._place < phone.here:
                shown = phone.person.inbox[self._place]
                self._place += 1
                if shown.from_me:
                    continue
                if fits(shown):
                    return shown
                if shown.kind == "text" and (wrong := next((c for c in COMPLAINTS if c in shown.text), "")):
                    raise Trouble(f"{phone.person.name}等“{what}”，机器人却说：{_excerpt(shown.text, wrong)}")
            await phone.waits(ends, f"{phone.person.name}等了{phone.patience.answer:g}秒，没有等到“{what}”", began)


class Phones:
    """Everybody's phones."""

    def __init__(self, platform: Platform, patience: Patience) -> None:
        self.platform, self.patience = platform, patience
        self._phones: dict[str, Phone] = {}

    def of(self, userid: str) -> Phone:
        """This person's phone, always the same."""
        userid = userid.lower()
        if userid not in self._phones:
            self._phones[userid] = Phone(self.platform.person(userid), self.patience)
        return self._phones[userid]

    def notice(self, change: dict[str, Any]) -> None:
        """A watcher of the platform."""
        if change["kind"] in ("message", "card") and (phone := self._phones.get(change["person"])):
            phone.rings()


def size(shown: Shown) -> int:
    """The bytes of one thing the bot has pushed."""
    return len(json.dumps(shown.content, ensure_ascii=False).encode())


def _holds(shown: Shown, fragments: tuple[str, ...]) -> bool:
    return not shown.recalled and all(part in shown.text for part in fragments)


def _excerpt(text: str, around: str, most: int = 120) -> str:
    begin = max(0, text.index(around) - most // 2)
    return " ".join(text[begin : begin + most].split())
