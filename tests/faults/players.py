"""Many people at once, each living proposals as the rehearsal does, but used to a bot that may repeat itself."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from simulator.acts import Answer, Opening, Patience, Phone, Phones, Press, Talk
from simulator.drafting import Effort
from simulator.lives import Life, Ties
from simulator.platform import Platform
from simulator.records import Shown
from simulator.script import Case, Ending, Turn, cases

UNSAID = 90.0  # seconds


class AttentiveTalk(Talk):
    """A conversation in which a question that comes again is not answered again; how often one does, the account says."""

    def __init__(self, typing: float, *how: Any) -> None:
        super().__init__(*how)
        self._typing = typing
        self._answered: set[str] = set()

    def _answer(self, shown: Shown) -> Answer | None:
        return None if shown.text in self._answered else super()._answer(shown)

    async def _give(self, answer: Answer, question: Shown) -> None:
        self._answered.add(question.text)
        await asyncio.sleep(self._typing)
        await super()._give(answer, question)


class AttentivePhone(Phone):
    """A phone in attentive hands, which take their time."""

    typing = 0.0  # seconds for each answer

    async def does(
        self, opening: Opening, *answers: Answer, until: Callable[[str], bool], what: str, by_hand: bool = False
    ) -> Shown:
        """As any phone, but with such talks."""
        async with self.hand:
            return await AttentiveTalk(self.typing, self, answers, until, what, by_hand).through(opening)


class AttentivePhones(Phones):
    """Everybody's phones."""

    def __init__(self, platform: Platform, patience: Patience, typing: float) -> None:
        super().__init__(platform, patience)
        self._typing = typing

    def of(self, userid: str) -> Phone:
        """This person's phone, always the same."""
        userid = userid.lower()
        if userid not in self._phones:
            self._phones[userid] = phone = AttentivePhone(self.platform.person(userid), self.patience)
            phone.typing = self._typing
        return self._phones[userid]


class ShortLife(Life):
    """Only up to the second review: written, handed in, taken and passed by the office."""

    async def through(self) -> None:
        """From the first word to the second review."""
        with self.steps.step(""):
            await self._proposed()
            accepted = await self._presses(self.staff, "受理", "有新提案待受理")
            await self.member.reads("已受理", self.case.about)
            await self._does(self.staff, Press("通过", accepted))


@dataclass
class Play:
    """So many lives at once; `ended` are those that came to their end, `troubles` is what went wrong."""

    platform: Platform
    at_once: int = 20
    kind: type[Life] = Life
    typing: float = 0.0
    ended: list[Case] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    begun: list[Case] = field(default_factory=list)

    async def through(self, played: Sequence[Case], enough: Callable[[], bool] = lambda: False) -> None:
        """Every life to its end; when it is `enough`, no other is begun."""
        phones = AttentivePhones(self.platform, Patience(UNSAID, 2 * UNSAID), self.typing)
        self.platform.on_change.append(phones.notice)
        ties, slots = Ties.of(played), asyncio.Semaphore(self.at_once)

        async def live(case: Case) -> None:
            async with slots:
                if enough():
                    return
                self.begun.append(case)
                try:
                    await self.kind(case, phones, self, ties, self.platform.calendar).through()
                except Exception as trouble:
                    self.troubles.append(f"{case.id}: {type(trouble).__name__} {trouble}")
                else:
                    self.ended.append(case)

        await asyncio.gather(*(live(case) for case in played))
        self.platform.on_change.remove(phones.notice)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step of one life."""
        yield

    def wrote(self, effort: Effort) -> None:
        """What it took to hand in is counted elsewhere."""


def some_cases(number: int, *, also: Sequence[str] = ()) -> list[Case]:
    """So many proposals, each by another member; those named are among them, and what is merged never is."""
    every = [case for case in cases() if case.ending is not Ending.MERGED]
    wanted = [case for name in also for case in every if case.id == name]
    for case in sorted(every, key=lambda case: len(case.units)):
        if len(wanted) < number and case.proposer not in {one.proposer for one in wanted}:
            wanted.append(case)
    assert len(wanted) == number
    return wanted


# --- what they did, as the books must have it -------------------------------------------------------------------------

_BOOKED = {
    "提交": ("submit",),
    "受理": ("accept",),
    "初审": ("pass",),
    "复审": ("pass",),
    "立案": ("file",),
    "不予立案": ("reject",),
    "退回修改": ("return",),
    "交办": ("assign",),
    "签收": ("acknowledge",),
    "会办意见": ("opine",),
    "沟通": ("record", "confirm"),
    "免予沟通": ("waive",),
    "不属实": ("record", "dispute"),
    "答复": ("write",),
    "复核": ("send_up", "agree"),
    "退回": ("send_back", "send_up"),
    "签发": ("issue",),
    "评价": ("rate",),
    "二次办理": ("rate",),
    "核对": (),
}


def booked(case: Case) -> Counter[str]:
    """How often each move must stand in the books once this life has been lived."""
    moves = Counter(move for step in case.steps if step != Turn.OBJECTED.value for move in _BOOKED[step])
    if case.turn is Turn.OBJECTED:  # the last unit signs by objecting, and is told to go on
        moves += Counter({"object": 1, "send_back": 1})
        moves["acknowledge"] -= 1
    if case.turn is Turn.AGREED:
        moves["agree"] += 1
    moves["rate"] += case.steps.count("评价") * len(case.signers)  # once all is well, the signers rate too
    return +moves + sent_round(case)


def sent_round(case: Case) -> Counter[str]:
    """What a proposal of several stands in the books with before it is handed in."""
    return Counter({"invite": 1, "cosign": len(case.signers)}) if case.signers else Counter()


SHORT = Counter({"submit": 1, "accept": 1, "pass": 1})
